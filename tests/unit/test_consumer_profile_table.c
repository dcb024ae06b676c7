#include "consumer/profile/profile_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/status/display.h"
#include "tests/unit/support.h"

static struct text table;

static void make_profile_by(const struct csv_rules *rules, const char *csv, struct profile *profile)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(rules, &LIMITS_DEFAULT);
    ck_assert_ptr_nonnull(profiler);
    ck_assert(profiler_feed(profiler, csv, strlen(csv), &rejection));
    ck_assert(profiler_finish(profiler, profile, &rejection));
    profiler_free(profiler);
}

static void make_profile(const char *csv, struct profile *profile)
{
    make_profile_by(&CSV_RULES_AUTO, csv, profile);
}

static const char *write_profile(const struct profile *profile, uint64_t bytes, size_t width)
{
    const struct profile_table_file file = {.name = "x.csv", .bytes = bytes};
    text_clear(&table);
    profile_table_write(&table, &file, profile, width);
    ck_assert(!text_failed(&table));
    return table.bytes;
}

static const char *write_table(const char *csv, size_t width)
{
    struct profile profile;
    make_profile(csv, &profile);
    (void)write_profile(&profile, strlen(csv), width);
    profile_free(&profile);
    return table.bytes;
}

static void assert_says(const char *words)
{
    ck_assert_msg(strstr(table.bytes, words) != NULL, "does not say '%s':\n%s", words, table.bytes);
}

static void assert_says_not(const char *words)
{
    ck_assert_msg(strstr(table.bytes, words) == NULL, "says '%s':\n%s", words, table.bytes);
}

/* No line is wider, and none ends in a space. */
static void assert_within(size_t width)
{
    for (const char *at = table.bytes, *end; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        ck_assert_ptr_nonnull(end);
        ck_assert_msg(display_width(at, (size_t)(end - at)) <= width, "%.*s", (int)(end - at), at);
        ck_assert_msg(end == at || end[-1] != ' ', "%.*s|", (int)(end - at), at);
    }
}

#define CITIES           \
    "city,amount,paid\n" \
    "Rome,1,true\n"      \
    "Rome,2.5,true\n"    \
    "Berlin,,false\n"    \
    "Paris,4,true\n"

START_TEST(a_table_shows_file_columns_and_values)
{
    ck_assert_str_eq(
        write_table(CITIES, DISPLAY_ENDLESS),
        "x.csv  70B  4 rows  3 columns  comma, header, lf\n"
        "\n"
        "column  type     count  missing  distinct     min   max  mean  stddev   p25  p50   p75\n"
        "city    string       4        0         3  Berlin  Rome\n"
        "amount  number       3        1         3       1     4   2.5     1.5  1.75  2.5  3.25\n"
        "paid    boolean      4        0         2   false  true\n"
        "\n"
        "column  length  most frequent\n"
        "city    4-6     Rome ×2  Berlin ×1  Paris ×1\n"
        "paid            true ×3  false ×1\n");
}
END_TEST

START_TEST(a_table_that_is_too_wide_goes_on_below_for_the_columns_that_have_more)
{
    ck_assert_str_eq(write_table(CITIES, 60),
                     "x.csv  70B  4 rows  3 columns  comma, header, lf\n"
                     "\n"
                     "column  type     count  missing  distinct     min   max\n"
                     "city    string       4        0         3  Berlin  Rome\n"
                     "amount  number       3        1         3       1     4\n"
                     "paid    boolean      4        0         2   false  true\n"
                     "\n"
                     "column  mean  stddev   p25  p50   p75\n"
                     "amount   2.5     1.5  1.75  2.5  3.25\n"
                     "\n"
                     "column  length  most frequent\n"
                     "city    4-6     Rome ×2  Berlin ×1  Paris ×1\n"
                     "paid            true ×3  false ×1\n");
}
END_TEST

START_TEST(a_table_fits_a_terminal_of_any_width)
{
    for (size_t width = 50; width < 200; width++) {
        (void)write_table(CITIES "A city of a name that is as long as it is invented,1e300,true\n"
                                 "\"東京都の人口が多いところの長い名前の町\",-1e-300,true\n",
                          width);
        assert_within(width);
        assert_says("Rome ×2");
    }
}
END_TEST

START_TEST(a_table_leaves_out_statistics_that_no_column_has)
{
    (void)write_table("name\na\nb\n", DISPLAY_ENDLESS);
    assert_says("max\n");
    assert_says_not("mean");
    (void)write_table("n\n1\n", DISPLAY_ENDLESS);
    assert_says("mean");
    assert_says_not("stddev"); /* of one value there is none */
    assert_says_not("most frequent");
}
END_TEST

START_TEST(a_table_of_nothing_says_so_in_one_line)
{
    ck_assert_str_eq(write_table("", 80), "x.csv  0B  0 rows  0 columns  comma, no header, lf\n");
}
END_TEST

START_TEST(a_table_of_a_header_alone_shows_its_columns)
{
    ck_assert_str_eq(write_table("a,\n", 80), "x.csv  3B  0 rows  2 columns  comma, header, lf\n"
                                              "\n"
                                              "column  type    count  missing  distinct\n"
                                              "a       string      0        0         0\n"
                                              "        string      0        0         0\n");
}
END_TEST

START_TEST(a_table_says_row_and_column_of_one)
{
    (void)write_table("a\r\n1\r\n", 80);
    assert_says("1 row  1 column  comma, header, crlf\n");
    (void)write_table("\xEF\xBB\xBF"
                      "a\n1\n",
                      80);
    assert_says(", lf, bom\n");
}
END_TEST

START_TEST(a_table_says_how_many_rows_are_ragged)
{
    struct csv_rules rules = CSV_RULES_AUTO;
    struct profile profile;
    rules.accept_ragged = true;
    make_profile_by(&rules, "a,b\n1\n2,3\n4,5,6\n", &profile);
    (void)write_profile(&profile, 18, DISPLAY_ENDLESS);
    assert_says("  3 rows  2 columns  comma, header, lf, 2 rows ragged\n");
    profile_free(&profile);
    make_profile_by(&rules, "a,b\n1\n2,3\n", &profile);
    (void)write_profile(&profile, 10, DISPLAY_ENDLESS);
    assert_says(", lf, 1 row ragged\n");
    profile_free(&profile);
    make_profile_by(&rules, "a,b\n2,3\n", &profile);
    (void)write_profile(&profile, 8, DISPLAY_ENDLESS);
    assert_says(", lf\n");
    profile_free(&profile);
}
END_TEST

START_TEST(a_table_shortens_numbers_and_keeps_whole_ones)
{
    (void)write_table("a,b,c,d\n"
                      "1234567,0.000123456789,1234567.25,123456789012345678\n"
                      "-999999999999,1e300,999999.9,-1\n",
                      DISPLAY_ENDLESS);
    assert_says(" -999999999999 ");
    assert_says(" 1234567 ");
    assert_says(" 0.000123457 ");
    assert_says(" 1e+300 ");
    assert_says(" 1000000 ");
    assert_says(" 1.23457e+17 ");
}
END_TEST

START_TEST(a_table_marks_what_is_approximate)
{
    struct profile profile;
    make_profile("a\n1\n2\n2\n", &profile);
    (void)write_profile(&profile, 8, DISPLAY_ENDLESS);
    assert_says_not("≈");
    profile.columns[0].distinct_error = 0.02;
    profile.columns[0].top_error = 1;
    profile.columns[0].rank_error = 0.01;
    (void)write_profile(&profile, 8, DISPLAY_ENDLESS);
    assert_says("0        ≈2");
    assert_says("≈1.5   ≈2   ≈2\n");
    assert_says("2 ×≈2  1 ×≈1\n");
    profile_free(&profile);
}
END_TEST

START_TEST(a_table_lists_text_and_what_has_few_values)
{
    (void)write_table("id,code,text\n1,7,x\n2,7,y\n3,8,z\n", DISPLAY_ENDLESS);
    assert_says("\ncode            7 ×2  8 ×1\n");
    assert_says("\ntext    1       each value once\n");
    assert_says_not("\nid            ");
}
END_TEST

START_TEST(a_table_shows_at_least_one_value_and_as_many_as_there_is_room_for)
{
    const char *csv = "name\nabcdefgh\nabcdefgh\nabcdefgh\nijklmnop\nijklmnop\nqr\n";
    (void)write_table(csv, 17);
    assert_says("8     abcdefgh ×3\n");
    (void)write_table(csv, 43);
    assert_says("abcdefgh ×3  ijklmnop ×2\n");
    (void)write_table(csv, 49);
    assert_says("abcdefgh ×3  ijklmnop ×2  qr ×1\n");
}
END_TEST

START_TEST(a_table_shows_spaces_at_the_ends_of_a_value)
{
    (void)write_table("name\nnorth\nnorth \n north\nnorth \n", DISPLAY_ENDLESS);
    assert_says("\"north \" ×2  \" north\" ×1  north ×1\n");
    assert_says("  \" north\"  \"north \"\n"); /* min and max */
}
END_TEST

START_TEST(a_table_lets_nothing_through_that_a_terminal_obeys)
{
    (void)write_table("\x1b[2J,\xE2\x80\xAE\n\x1b]0;x\x07,\"a\nb\"\n\xff,\xE2\x80\xAE\n", 100);
    for (const char *at = table.bytes; *at != '\0'; at++)
        ck_assert((unsigned char)*at >= 0x20 || *at == '\n');
    ck_assert(text_is_utf8(table.bytes, table.length));
    assert_says_not("\xE2\x80\xAE");
    assert_says("\\x1b[2J");
    assert_says("a\\nb");
    assert_within(100);
}
END_TEST

START_TEST(a_table_lines_up_wide_characters)
{
    ck_assert_str_eq(write_table("名前,n\n東京,1\n東京,2\n", DISPLAY_ENDLESS),
                     "x.csv  27B  2 rows  2 columns  comma, header, lf\n"
                     "\n"
                     "column  type     count  missing  distinct   min   max  mean    stddev   p25  "
                     "p50   p75\n"
                     "名前    string       2        0         1  東京  東京\n"
                     "n       integer      2        0         2     1     2   1.5  0.707107  1.25  "
                     "1.5  1.75\n"
                     "\n"
                     "column  length  most frequent\n"
                     "名前    2       東京 ×2\n");
}
END_TEST

START_TEST(a_table_of_thousands_of_columns_has_a_line_of_each)
{
    enum { COLUMNS = 5000 };
    struct text csv = {0};
    for (int row = 0; row < 2; row++)
        for (int i = 0; i < COLUMNS; i++)
            text_printf(&csv, "%d%c", i, i + 1 == COLUMNS ? '\n' : ',');
    const char *text = write_table(csv.bytes, 80);
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n' ? 1 : 0;
    ck_assert_uint_gt(lines, COLUMNS);
    assert_says("\n4999    integer");
    assert_within(80);
    text_free(&csv);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_profile_table", a_table_shows_file_columns_and_values,
        a_table_that_is_too_wide_goes_on_below_for_the_columns_that_have_more,
        a_table_fits_a_terminal_of_any_width, a_table_leaves_out_statistics_that_no_column_has,
        a_table_of_nothing_says_so_in_one_line, a_table_of_a_header_alone_shows_its_columns,
        a_table_says_row_and_column_of_one, a_table_says_how_many_rows_are_ragged,
        a_table_shortens_numbers_and_keeps_whole_ones, a_table_marks_what_is_approximate,
        a_table_lists_text_and_what_has_few_values,
        a_table_shows_at_least_one_value_and_as_many_as_there_is_room_for,
        a_table_shows_spaces_at_the_ends_of_a_value,
        a_table_lets_nothing_through_that_a_terminal_obeys, a_table_lines_up_wide_characters,
        a_table_of_thousands_of_columns_has_a_line_of_each);
}
