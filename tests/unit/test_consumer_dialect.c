#include "consumer/profile/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/config/csv_rules.h"
#include "tests/unit/support.h"

/* ---- delimiter ---- */

struct sample {
    const char *what;
    const char *bytes;
};

static void assert_guess(const struct sample *sample, char expected)
{
    char guess = dialect_guess_delimiter(sample->bytes, strlen(sample->bytes), true);
    ck_assert_msg(guess == expected, "%s: '%c', not '%c'", sample->what, guess, expected);
}

#define ASSERT_ALL(samples, expected)                                 \
    do {                                                              \
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) \
            assert_guess(&samples[i], expected);                      \
    } while (0)

START_TEST(dialect_finds_commas)
{
    static const struct sample SAMPLES[] = {
        {"batch", "label,value,timestamp\nitem_0,0.48,2026-11-23T10:15:00Z\nitem_1,0.9,2026-11-23"
                  "T10:15:01Z\n"},
        {"quoted semicolons", "id,tags\n1,\"a;b;c\"\n2,\"d;e;f\"\n"},
        {"bare semicolons in one column", "id,tags\n1,a;b\n2,c;d\n3,e;f\n"},
        {"pipes in one column", "id,path\n1,a|b\n2,c|d\n"},
        {"a tab in a column", "id,text\n1,a\tb\n2,c\td\n"},
        {"European prose", "id,text\n1,eins; zwei\n2,drei; vier\n"},
        {"a semicolon in the header too", "name,note; more\nx,a; b\ny,c; d\n"},
        {"three columns and a semicolon in each row", "a,b,c;d\n1,2,x;y\n3,4,z;w\n"},
        {"prose without a header", "1,a; b\n2,c; d\n"},
        {"crlf", "a,b\r\n1,2\r\n"},
        {"cr", "a,b\r1,2\r"},
        {"without a last line end", "a,b\n1,2"},
        {"a byte order mark before a quote", "\xEF\xBB\xBF\"a;b\",c\n1,2\n"},
        {"damage in one row of four", "a,b\n1,2\n3,\"4\"x\n5,6\n7,8\n"},
        {"a row of another length", "a,b\n1,2\n3,4,5\n6,7\n"}};
    ASSERT_ALL(SAMPLES, ',');
}
END_TEST

START_TEST(dialect_finds_semicolons)
{
    static const struct sample SAMPLES[] = {
        {"plain", "a;b;c\n1;2;3\n4;5;6\n"},
        {"decimal commas", "Ort;Wert\nBonn;1,5\nKiel;2,5\n"},
        {"decimal commas without a header", "1,5;2,5\n3,5;4,5\n"},
        {"decimal commas and words without a header", "x;1,5\ny;2,5\nz;3,5\n"},
        {"decimal commas in every column", "a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n"},
        {"a comma in the header too", "Zeit;Wert, in EUR\n10:15;1,5\n10:16;2,5\n"},
        {"thousands and decimals", "Konto;Betrag\n1;1.234,56\n2;-7.890,12\n"},
        {"places with a comma", "name;place\nA;Paris, France\nB;Rome, Italy\n"},
        {"quoted commas", "\"a,b\";\"c\"\n\"1,2\";\"3\"\n"},
        {"a quoted line end", "a;b\n\"1\n2,3\";4\n5;6\n"},
        {"quotes twice", "a;b\n\"say \"\"hi, you\"\"\";4\n5;6\n"},
        {"blank lines", "\n\na;b\n\n1,5;2\n\n3,5;4\n"},
        {"empty cells", "a;b;c\n;;\n1,5;;\n"},
        {"crlf", "a;b\r\n1,5;2,5\r\n"},
        {"cr", "a;b\r1,5;2,5\r"},
        {"a byte order mark", "\xEF\xBB\xBF"
                              "a;b\n1,5;2,5\n"},
        {"a byte order mark before a quote", "\xEF\xBB\xBF\"a,b\";c\n1;2\n"},
        {"spaces behind both", "Wert, EUR; Ort\n1, 5; Bonn\n2; Kiel\n3, 5; Ulm\n"},
        {"header alone", "a;b;c\n"},
        {"header alone, without a line end", "a;b;c"},
        {"header alone, with a comma in it", "Betrag, netto;Steuer;Datum\n"},
        {"a row of another length", "a;b\n1,5;2\n3,5;4\n5;6;7\n"}};
    ASSERT_ALL(SAMPLES, ';');
}
END_TEST

START_TEST(dialect_finds_tabs_and_pipes)
{
    static const struct sample TABS[] = {
        {"plain", "a\tb\n1\t2\n"},
        {"prose", "id\ttext\n1\tHello, world; and all\n2\tBye\n3\tWell, well\n"},
        {"prose without a header", "1\tHello, world\n2\tBye, world\n"},

        {"empty cells", "a\tb\tc\n\t\t\n1\t\t\n"}};
    static const struct sample PIPES[] = {{"plain", "a|b\n1|2\n"},
                                          {"decimal commas", "a|b|c\n1,5|x|2,5\n3,5|y|4,5\n"},
                                          {"a table of dashes", "| a | b |\n| 1 | 2 |\n"}};
    ASSERT_ALL(TABS, '\t');
    ASSERT_ALL(PIPES, '|');
}
END_TEST

START_TEST(dialect_falls_to_the_comma_in_doubt)
{
    static const struct sample SAMPLES[] = {
        {"nothing", ""},
        {"line ends alone", "\r\n\n\r"},
        {"a byte order mark alone", "\xEF\xBB\xBF"},
        {"one word", "a"},
        {"one column", "name\nAnna\nBen\n"},
        {"a column of text with commas now and then", "text\nWell, well\nfoo\na, b, c\nx\n"},
        {"a column of text with semicolons now and then", "text\na; b\nfoo\nc; d; e\nx\n"},
        {"a column of text with one semicolon a line", "text\na; b\nc; d\ne; f\n"},
        {"a column of decimal commas", "1,5\n2,5\n"},
        {"both in equal parts", "a,b;c\nx,y;z\n"},
        {"both, a header alone", "a,b;c,d;e\n"},
        {"quotes that no delimiter explains", "a;\"b\"c\n1;2\n"},
        {"a quote inside a bare cell", "a;b\"c\n1;2\n"},
        {"a quote that never closes", "\"a;b;c\n1;2;3\n"},
        {"half of the rows alike", "a;b\n1;2\n3\n4\n"}};
    ASSERT_ALL(SAMPLES, ',');
}
END_TEST

START_TEST(dialect_counts_no_row_that_may_go_on)
{
    static const char bytes[] = "a;b\n1;2\n3,4,5,6";
    ck_assert_int_eq(dialect_guess_delimiter(bytes, sizeof bytes - 1, false), ';');
    /* Two rows that are alike and one that is not, or one and one. */
    static const char shorter[] = "a;b\n1";
    ck_assert_int_eq(dialect_guess_delimiter(shorter, sizeof shorter - 1, false), ';');
    ck_assert_int_eq(dialect_guess_delimiter(shorter, sizeof shorter - 1, true), ',');
}
END_TEST

START_TEST(dialect_reads_a_first_row_that_does_not_end_in_the_sample)
{
    size_t length = DIALECT_SAMPLE_BYTES + 1000;
    char *bytes = malloc(length);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = i % 9 == 8 ? ';' : 'x';
    bytes[6] = ','; /* and a space behind it, as in "Betrag, netto" */
    bytes[7] = ' ';
    ck_assert_int_eq(dialect_guess_delimiter(bytes, length, true), ';');
    ck_assert_int_eq(dialect_guess_delimiter(bytes, DIALECT_SAMPLE_BYTES, false), ';');
    free(bytes);
}
END_TEST

START_TEST(dialect_looks_at_no_more_than_its_sample)
{
    size_t length = 4 * DIALECT_SAMPLE_BYTES;
    char *bytes = malloc(length);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < length; i++) {
        const char row[] = {'1', i < DIALECT_SAMPLE_BYTES ? ';' : ',', '2', '\n'};
        bytes[i] = row[i % sizeof row];
    }
    ck_assert_int_eq(dialect_guess_delimiter(bytes, length, true), ';');
    ck_assert_int_eq(dialect_guess_delimiter(bytes, DIALECT_SAMPLE_BYTES, false), ';');
    free(bytes);
}
END_TEST

/* Where it reads beyond its bytes, the sanitizer tells; each prefix is in memory of its own. */
START_TEST(dialect_reads_any_prefix_of_anything)
{
    static const char bytes[] = "\xEF\xBB\xBF\"a\"\"\";\"b\n\"|\tc,\"\r\n1,2;\"x\"y\n\"\"\"";
    for (size_t length = 0; length < sizeof bytes; length++) {
        char *copy = malloc(length + (length == 0));
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, length);
        char guess = dialect_guess_delimiter(copy, length, length % 2 == 0);
        ck_assert_ptr_nonnull(strchr(",;\t|", guess));
        free(copy);
    }
}
END_TEST

/* ---- header ---- */

#define CELLS_MAX 4

static size_t split(const char *row, struct csv_cell cells[CELLS_MAX])
{
    size_t count = 0;
    for (const char *at = row; at != NULL && count < CELLS_MAX; count++) {
        const char *comma = strchr(at, ',');
        cells[count].bytes = at;
        cells[count].length = comma == NULL ? strlen(at) : (size_t)(comma - at);
        at = comma == NULL ? NULL : comma + 1;
    }
    return count;
}

static bool is_header(const char *first, const char *second)
{
    struct csv_cell above[CELLS_MAX];
    struct csv_cell below[CELLS_MAX];
    size_t count = split(first, above);
    if (second != NULL)
        ck_assert_uint_eq(split(second, below), count);
    return dialect_first_row_is_header(above, second == NULL ? NULL : below, count);
}

START_TEST(dialect_takes_a_row_of_measured_values_above_such_values_for_data)
{
    static const char *const ROWS[][2] = {
        {"1.5", "2.5"},
        {"1.5", "2"},
        {"1e5,7", "2e5,8"},
        {"-0.5,x", "+.5,y"},
        {"7,2026-11-23", "8,2026-11-24"},
        {"10:15,1", "10:16:30,2"},
        {"2026-11-23T10:15:00Z,a", "2026-11-23 10:16:00,b"},
        {"a,1.5,2026-11-23", "b,2.5,2026-11-24"},
        {"3,1.5,,x", "4,2.5,7,y"}, /* an empty cell says nothing */
        {" 1.5 ,x", "2.5,y"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        ck_assert_msg(!is_header(ROWS[i][0], ROWS[i][1]), "%s / %s", ROWS[i][0], ROWS[i][1]);
}
END_TEST

START_TEST(dialect_takes_any_other_row_for_a_header)
{
    static const char *const ROWS[][2] = {
        {"label,value", "item_0,0.5"},
        {"a,b", "c,d"},
        {"1,2,3", "4,5,6"},                      /* whole numbers may be headings */
        {"country,2024,2025", "Chad,1.5,2.5"},   /* and years are */
        {"item,2026-01-01,2026-02-01", "x,3,4"}, /* a pivot table by month */
        {"item,2026-01-01", "x,"},               /* nothing below it is no date */
        {"2026-01-01,1.5", "2026-01-02,x"},      /* one of two is not like what is below */
        {"2026-01-01", "2026-01-01T10:15:00Z"},  /* a date above a moment */
        {"sample,0.1,0.5", "7,3.5,4.5"},         /* text above a number */
        {"NaN", "1.5"},                          /* words that read as numbers */
        {"inf,Infinity", "1.5,2.5"},
        {"12345678901234567890123", "1.5"}, /* whole, however long */
        {"true,false", "true,true"},
        {"", ""},
        {",", ","}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        ck_assert_msg(is_header(ROWS[i][0], ROWS[i][1]), "%s / %s", ROWS[i][0], ROWS[i][1]);
}
END_TEST

START_TEST(dialect_takes_a_row_with_nothing_below_for_a_header)
{
    ck_assert(is_header("1.5,2026-11-23", NULL));
    ck_assert(is_header("a,b", NULL));
    ck_assert(dialect_first_row_is_header(NULL, NULL, 0));
}
END_TEST

START_TEST(dialect_names_columns_by_their_number)
{
    char name[DIALECT_NAME_SIZE];
    dialect_field_name(name, 0);
    ck_assert_str_eq(name, "field1");
    dialect_field_name(name, 9);
    ck_assert_str_eq(name, "field10");
    dialect_field_name(name, SIZE_MAX - 1);
    ck_assert_str_eq(name, "field18446744073709551615");
}
END_TEST

START_TEST(csv_rules_have_a_word_for_each_delimiter)
{
    ck_assert_str_eq(csv_delimiter_word(','), "comma");
    ck_assert_str_eq(csv_delimiter_word(';'), "semicolon");
    ck_assert_str_eq(csv_delimiter_word('\t'), "tab");
    ck_assert_str_eq(csv_delimiter_word('|'), "pipe");
    ck_assert_str_eq(csv_delimiter_word('\0'), "auto");
    ck_assert_ptr_null(csv_delimiter_word(':'));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_dialect", dialect_finds_commas, dialect_finds_semicolons,
        dialect_finds_tabs_and_pipes, dialect_falls_to_the_comma_in_doubt,
        dialect_counts_no_row_that_may_go_on,
        dialect_reads_a_first_row_that_does_not_end_in_the_sample,
        dialect_looks_at_no_more_than_its_sample, dialect_reads_any_prefix_of_anything,
        dialect_takes_a_row_of_measured_values_above_such_values_for_data,
        dialect_takes_any_other_row_for_a_header,
        dialect_takes_a_row_with_nothing_below_for_a_header, dialect_names_columns_by_their_number,
        csv_rules_have_a_word_for_each_delimiter);
}
