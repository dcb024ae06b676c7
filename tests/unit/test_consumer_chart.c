#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/chart.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define ELLIPSIS "\xE2\x80\xA6"
#define REPLACEMENT "\xEF\xBF\xBD"
#define EMOJI "\xF0\x9F\x98\x80"

static struct profile profile_of(const char *csv, size_t length)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert_msg(profiler_feed(profiler, csv, length, &rejection), "%s", rejection.detail);
    ck_assert_msg(profiler_finish(profiler, &profile, &rejection), "%s", rejection.detail);
    profiler_free(profiler);
    return profile;
}

/* The commands for these bytes; the caller frees them. */
static char *script_of(const char *key, const char *csv, size_t length)
{
    struct text script = {0};
    struct profile profile = profile_of(csv, length);
    chart_write(&script, key, &profile);
    ck_assert(!text_failed(&script));
    profile_free(&profile);
    return script.bytes;
}

static char *script_of_text(const char *csv)
{
    return script_of("7", csv, strlen(csv));
}

static enum chart_kind kind_of(const char *csv)
{
    struct profile profile = profile_of(csv, strlen(csv));
    enum chart_kind kind = chart_choose(&profile);
    profile_free(&profile);
    return kind;
}

#define ASSERT_KIND(csv, kind) \
    ck_assert_str_eq(chart_kind_word(kind_of(csv)), chart_kind_word(kind))

static void assert_has(const char *script, const char *part)
{
    ck_assert_msg(strstr(script, part) != NULL, "no %s in\n%s", part, script);
}

static void assert_has_not(const char *script, const char *part)
{
    ck_assert_msg(strstr(script, part) == NULL, "%s in\n%s", part, script);
}

static void assert_draws(const char *csv, const char *part)
{
    char *script = script_of_text(csv);
    assert_has(script, part);
    free(script);
}

/* ---- a script taken apart as gnuplot does it ---- */

static bool opens_block(const char *line, size_t length)
{
    return length > 7 && line[0] == '$' && memcmp(line + length - 7, " << END", 7) == 0;
}

static bool closes_block(const char *line, size_t length)
{
    return length == 3 && memcmp(line, "END", 3) == 0;
}

/* Only what a number is made of, so that nothing could be meant by it. */
static void assert_is_numbers(const char *line, size_t length)
{
    ck_assert_msg(strspn(line, "0123456789.e+-? ") >= length, "no numbers: %.*s", (int)length,
                  line);
}

static void assert_is_behind_a_sign(const char *line, size_t length)
{
    ck_assert_msg(length > 0 && line[0] == '=', "not behind a sign: %.*s", (int)length, line);
    for (size_t i = 0; i < length; i++)
        ck_assert_msg((unsigned char)line[i] >= 0x20 && line[i] != 0x7F, "byte %d in a block",
                      line[i]);
}

/* What is outside the blocks; each line inside is looked at. The caller frees it. */
static char *commands_of(const char *script)
{
    struct text commands = {0};
    bool inside = false;
    bool numbers = false;
    for (const char *line = script; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        ck_assert_msg(line[length] == '\n', "the last line has no end");
        if (inside && closes_block(line, length)) {
            inside = false;
        } else if (inside && numbers) {
            assert_is_numbers(line, length);
        } else if (inside) {
            assert_is_behind_a_sign(line, length);
        } else {
            inside = opens_block(line, length);
            numbers = inside && strncmp(line, "$data ", 6) == 0;
            text_append(&commands, line, length + 1);
        }
        line += length + 1;
    }
    ck_assert_msg(!inside, "a block without end");
    return commands.bytes;
}

/* ---- which ---- */

START_TEST(chart_of_no_rows_and_of_no_values_is_empty)
{
    ASSERT_KIND("", CHART_EMPTY);
    ASSERT_KIND("a,b\n", CHART_EMPTY);
    ASSERT_KIND("a,b\n,\n,\n", CHART_EMPTY);
    ASSERT_KIND("a\nnan\ninf\n1e999\n", CHART_EMPTY);
    ASSERT_KIND("a,b\nnan,\n-inf,\n", CHART_EMPTY);
}
END_TEST

START_TEST(chart_of_text_and_numbers_is_one_of_bars)
{
    ASSERT_KIND("label,value\nx,1\n", CHART_BARS);
    ASSERT_KIND("value,label\n1,x\n", CHART_BARS);
    ASSERT_KIND("at,label,value\n2026-01-01,x,1.5\n", CHART_BARS);
    ASSERT_KIND("label,value\nx,1\ny,\n,nan\n", CHART_BARS);
    ASSERT_KIND("label,value\nx,0\n", CHART_BARS);
}
END_TEST

static char *labelled_rows(size_t rows)
{
    struct text csv = {0};
    text_put(&csv, "label,value\n");
    for (size_t i = 0; i < rows; i++)
        text_printf(&csv, "item_%zu,%zu.5\n", i, i);
    return csv.bytes;
}

START_TEST(chart_has_sixty_bars_at_most)
{
    char *few = labelled_rows(CHART_BARS_MAX);
    char *many = labelled_rows(CHART_BARS_MAX + 1);
    ASSERT_KIND(few, CHART_BARS);
    ASSERT_KIND(many, CHART_LINES);
    free(few);
    free(many);
}
END_TEST

START_TEST(chart_of_numbers_without_text_is_one_of_lines)
{
    ASSERT_KIND("a\n1\n2\n", CHART_LINES);
    ASSERT_KIND("at,a\n2026-01-01T10:00:00Z,1\n", CHART_LINES);
    ASSERT_KIND("a,flag\n1,true\n", CHART_LINES);
    ASSERT_KIND("a,text\n1,\n", CHART_LINES);
    ASSERT_KIND("a\nnan\n7\n", CHART_LINES);
}
END_TEST

START_TEST(chart_without_numbers_counts_values)
{
    ASSERT_KIND("a\nx\ny\nx\n", CHART_COUNTS);
    ASSERT_KIND("a\ntrue\nfalse\n", CHART_COUNTS);
    ASSERT_KIND("a\n2026-01-01\n", CHART_COUNTS);
    ASSERT_KIND("a\n10:15\n", CHART_COUNTS);
    ASSERT_KIND("a,b\nnan,x\n", CHART_COUNTS);
    ASSERT_KIND("a\n\"1,5\"\n", CHART_COUNTS);
}
END_TEST

/* Of a row, the sample keeps so many cells: what is not kept cannot be drawn. */
START_TEST(chart_looks_at_no_column_beyond_those_that_are_sampled)
{
    struct text csv = {0};
    for (unsigned i = 0; i < SAMPLE_MAX_COLUMNS; i++)
        text_printf(&csv, "c%u,", i);
    text_put(&csv, "label,value\n");
    for (unsigned i = 0; i < SAMPLE_MAX_COLUMNS; i++)
        text_put(&csv, ",");
    text_put(&csv, "x,1\n");
    ASSERT_KIND(csv.bytes, CHART_EMPTY);
    char *script = script_of_text(csv.bytes);
    free(commands_of(script));
    free(script);
    text_free(&csv);
}
END_TEST

START_TEST(chart_kinds_have_the_words_of_the_table)
{
    ck_assert_str_eq(chart_kind_word(CHART_EMPTY), "empty");
    ck_assert_str_eq(chart_kind_word(CHART_BARS), "bars");
    ck_assert_str_eq(chart_kind_word(CHART_LINES), "lines");
    ck_assert_str_eq(chart_kind_word(CHART_COUNTS), "counts");
    ck_assert_int_eq(CHART_KIND_COUNT, 4);
}
END_TEST

/* ---- how it looks ---- */

START_TEST(chart_preambles_say_the_size_and_switch_markup_off)
{
    char size[32];
    (void)snprintf(size, sizeof size, "size %d,%d", CHART_WIDTH_PX, CHART_HEIGHT_PX);
    assert_has(CHART_PREAMBLE_PNG, "set terminal pngcairo noenhanced");
    assert_has(CHART_PREAMBLE_SVG, "set terminal svg noenhanced");
    assert_has(CHART_PREAMBLE_PNG, size);
    assert_has(CHART_PREAMBLE_SVG, size);
    assert_has(CHART_PREAMBLE_PNG, "set encoding utf8\n");
    assert_has(CHART_PREAMBLE_SVG, "set encoding utf8\n");
}
END_TEST

START_TEST(chart_title_tells_the_batch_and_its_rows)
{
    assert_draws("a\n1\n", "$title << END\n=Batch 7: 1 row\nEND\n");
    assert_draws("a\n1\n2\n", "$title << END\n=Batch 7: 2 rows\nEND\n");
    assert_draws("", "$title << END\n=Batch 7: 0 rows\nEND\n");
    assert_draws("a,at\n1,2026-01-03\n2,2026-01-01\n",
                 "=Batch 7: 2 rows, 2026-01-01 to 2026-01-03\n");
}
END_TEST

START_TEST(chart_of_bars_has_a_label_and_a_number_a_row_in_the_order_of_the_file)
{
    char *script = script_of_text("label,value,more\nz,2.50,9\na,-1,9\nm,,9\n,inf,9\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=value\n=label\nEND\n");
    assert_has(script, "$labels << END\n=z\n=a\n=m\n=\nEND\n");
    assert_has(script, "$data << END\n1 2.5\n2 -1\n3 ?\n4 ?\nEND\n");
    assert_has(script, "with boxes");
    free(script);
}
END_TEST

START_TEST(chart_of_bars_starts_at_zero)
{
    assert_draws("l,v\nx,100\ny,101\n", "set yrange [0:*]\n");
    assert_draws("l,v\nx,-100\ny,-101\n", "set yrange [*:0]\n");
    assert_draws("l,v\nx,0\n", "set yrange [0:1]\n");
    char *script = script_of_text("l,v\nx,-1\ny,1\n");
    assert_has_not(script, "set yrange");
    free(script);
}
END_TEST

START_TEST(chart_of_lines_is_drawn_over_the_number_of_the_row)
{
    char *script = script_of_text("a,b\n1,10\n2,\n3,30\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=a\n=b\n=row\nEND\n");
    assert_has(script, "$data << END\n1 1 10\n2 2 ?\n3 3 30\nEND\n");
    assert_has(script, "using 1:2");
    assert_has(script, "using 1:3");
    assert_has_not(script, "using 1:4");
    assert_has_not(script, "set xtics time");
    free(script);
}
END_TEST

START_TEST(chart_of_lines_is_drawn_over_the_first_time)
{
    char *script = script_of_text("v,at,later\n1,1970-01-01T00:00:10Z,2026-01-01\n"
                                  "2,1970-01-01T01:00:20.5+01:00,2026-01-01\n3,,\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=v\n=at\nEND\n");
    assert_has(script, "$data << END\n10 1\n20.5 2\n? 3\nEND\n");
    assert_has(script, "set xtics time format \"%H:%M:%S\"\n");
    free(script);
}
END_TEST

START_TEST(chart_writes_its_times_as_their_span_demands)
{
    assert_draws("v,at\n1,2026-01-01\n2,2026-01-02\n", "time format \"%H:%M:%S\"\n");
    assert_draws("v,at\n1,2026-01-01\n2,2026-01-03\n", "time format \"%m-%d\\n%H:%M\"\n");
    assert_draws("v,at\n1,2026-01-01\n2,2026-06-01\n", "time format \"%Y-%m-%d\"\n");
    assert_draws("v,at\n1,1926-01-01\n2,2026-01-01\n", "time format \"%Y\"\n");
}
END_TEST

START_TEST(chart_draws_six_lines_at_most)
{
    char *script = script_of_text("a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n");
    free(commands_of(script));
    assert_has(script, "$data << END\n1 1 2 3 4 5 6\nEND\n");
    assert_has(script, "using 1:7");
    assert_has_not(script, "using 1:8");
    free(script);
}
END_TEST

START_TEST(chart_of_very_many_rows_draws_some_of_them_and_says_so)
{
    struct text csv = {0};
    text_put(&csv, "v\n");
    for (unsigned i = 0; i < 2 * SAMPLE_MAX_ROWS; i++)
        text_printf(&csv, "%u\n", i);
    char *script = script_of("7", csv.bytes, csv.length);
    free(commands_of(script));
    assert_has(script, "=Batch 7: 4096 rows (one row in 2 drawn)\n");
    assert_has(script, "$data << END\n1 0\n3 2\n5 4\n");
    assert_has(script, "\n4095 4094\nEND\n");
    free(script);
    text_free(&csv);
}
END_TEST

START_TEST(chart_of_counts_shows_the_most_frequent_values_first)
{
    char *script = script_of_text("word\nb\na\nb\nc\n\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=rows\n=word\nEND\n");
    assert_has(script, "$labels << END\n=b\n=a\n=c\nEND\n");
    assert_has(script, "$data << END\n1 2\n2 1\n3 1\nEND\n");
    free(script);
    assert_draws("flag\ntrue\nFALSE\n1\n", "$labels << END\n=true\n=false\nEND\n");
}
END_TEST

START_TEST(chart_of_nothing_says_why)
{
    assert_draws("", "no data: the batch has no rows");
    assert_draws("a\n", "no data: the batch has no rows");
    assert_draws("a\nnan\n", "no data: no cell holds a value to draw");
}
END_TEST

START_TEST(chart_forgets_the_one_before_it)
{
    char *script = script_of_text("a\n1\n");
    ck_assert_int_eq(strncmp(script, "reset\nundefine $*\n", 18), 0);
    free(script);
}
END_TEST

START_TEST(chart_of_the_same_bytes_is_the_same_script)
{
    static const char CSV[] = "label,value\nx,1.5\ny,2\n";
    char *first = script_of_text(CSV);
    char *second = script_of_text(CSV);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

/* ---- text that means harm ---- */

static const char *const HOSTILE[] = {"`touch EVIL`",
                                      "'.system(\"EVIL\").'",
                                      "\".system('EVIL').\"",
                                      "x\n!EVIL",
                                      "x\r!EVIL",
                                      "END",
                                      "\nEND\n!EVIL\n",
                                      "END\r\n!EVIL\r\nEND",
                                      "EOD",
                                      "e",
                                      "=END",
                                      "$data << END",
                                      "{/Symbol a}_1^2",
                                      "@EVIL",
                                      "# EVIL",
                                      "\\",
                                      "\\\n!EVIL",
                                      "; EVIL",
                                      "%n%s%c",
                                      "\x01\x1B[2J\x7F\t\v\f\b",
                                      "\xFF\xFE\xC3",
                                      "\xE2\x80\xAE\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
                                      EMOJI,
                                      "=cmd|'/c calc'!A1"};

static void put_quoted(struct text *csv, const char *cell)
{
    text_put(csv, "\"");
    for (; *cell != '\0'; cell++)
        text_append(csv, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    text_put(csv, "\"");
}

/* A script of that kind, with `name` for a column's name and `cell` for labels. */
static char *script_with(enum chart_kind kind, const char *name, const char *cell)
{
    static const char *const BEHIND[CHART_KIND_COUNT] = {[CHART_EMPTY] = "",
                                                         [CHART_BARS] = ",1\n",
                                                         [CHART_LINES] = ",2\n",
                                                         [CHART_COUNTS] = ",2026-01-01\n"};
    struct text csv = {0};
    put_quoted(&csv, name);
    text_put(&csv, ",");
    put_quoted(&csv, name);
    text_put(&csv, "\n");
    for (int row = 0; row < 3 && BEHIND[kind][0] != '\0'; row++) {
        put_quoted(&csv, kind == CHART_LINES ? "1" : cell);
        text_put(&csv, BEHIND[kind]);
    }
    char *script = script_of(cell, csv.bytes, csv.length);
    text_free(&csv);
    return script;
}

/* As many characters, each an x: the same room, and no harm in it. */
static char *harmless(const char *text)
{
    size_t characters = text_utf8_count(text, strlen(text));
    char *same = malloc(characters + 1);
    ck_assert_ptr_nonnull(same);
    memset(same, 'x', characters);
    same[characters] = '\0';
    return same;
}

START_TEST(chart_commands_are_the_same_whatever_the_file_says)
{
    for (size_t i = 0; i < COUNT(HOSTILE); i++) {
        for (int kind = 0; kind < CHART_KIND_COUNT; kind++) {
            bool in_header = text_is_utf8(HOSTILE[i], strlen(HOSTILE[i]));
            char *tame = harmless(HOSTILE[i]);
            char *bad =
                script_with((enum chart_kind)kind, in_header ? HOSTILE[i] : "a", HOSTILE[i]);
            char *good = script_with((enum chart_kind)kind, in_header ? tame : "a", tame);
            char *commands = commands_of(bad);
            char *expected = commands_of(good);
            ck_assert_str_eq(commands, expected);
            assert_has_not(commands, "EVIL");
            free(commands);
            free(expected);
            free(bad);
            free(good);
            free(tame);
        }
    }
}
END_TEST

static void assert_label(const char *cell, const char *label)
{
    char expected[512];
    char *script = script_with(CHART_BARS, "a", cell);
    (void)snprintf(expected, sizeof expected, "$labels << END\n=%s\n=%s\n=%s\nEND\n", label, label,
                   label);
    assert_has(script, expected);
    free(script);
}

START_TEST(chart_shows_text_as_it_stands)
{
    assert_label("=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1");
    assert_label("`date` \"$x\" \\n", "`date` \"$x\" \\n");
    assert_label("{/Symbol a}_1^2", "{/Symbol a}_1^2");
    assert_label("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D");
    assert_label(EMOJI, EMOJI);
    assert_label("END", "END");
}
END_TEST

START_TEST(chart_puts_a_space_for_a_control_character_and_a_mark_for_damage)
{
    assert_label("a\nb\r\nc\td\x1B"
                 "e\x7F",
                 "a b  c d e ");
    assert_label("a\xFF\xC3"
                 "b",
                 "a" REPLACEMENT REPLACEMENT "b");
}
END_TEST

START_TEST(chart_doubles_percent_signs_where_gnuplot_reads_formats)
{
    assert_label("100%", "100%%");
    assert_label("%s%%n", "%%s%%%%n");
    char *script = script_with(CHART_BARS, "50% off", "x");
    assert_has(script, "=50% off\n");
    free(script);
    assert_draws("share\n5% or so\n", "$labels << END\n=5%% or so\nEND\n");
}
END_TEST

START_TEST(chart_shortens_long_labels)
{
    assert_label("abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx");
    assert_label("abcdefghijklmnopqrstuvwxy", "abcdefghijklmnopqrstuvwx" ELLIPSIS);
    assert_label("%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
                 "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%" ELLIPSIS);
}
END_TEST

/* The sample keeps 63 bytes of a cell, and they end between two characters. */
START_TEST(chart_shows_no_half_character_of_a_long_label)
{
    struct text label = {0};
    for (int i = 0; i < 20; i++)
        text_put(&label, EMOJI);
    char *script = script_with(CHART_BARS, "a", label.bytes);
    assert_has_not(script, REPLACEMENT);
    free(script);
    text_free(&label);
}
END_TEST

START_TEST(chart_stays_small_where_names_labels_and_key_are_endless)
{
    struct text name = {0};
    for (int i = 0; i < 10000; i++)
        text_put(&name, "x`!\n\"");
    for (int kind = 0; kind < CHART_KIND_COUNT; kind++) {
        char *script = script_with((enum chart_kind)kind, name.bytes, name.bytes);
        free(commands_of(script));
        ck_assert_uint_lt(strlen(script), 4096);
        free(script);
    }
    text_free(&name);
}
END_TEST

/* What is left of it would be drawn as another number. */
START_TEST(chart_draws_no_number_whose_cell_was_cut)
{
    struct text csv = {0};
    text_put(&csv, "a,b\n1,1\n2,");
    for (int i = 0; i < 70; i++)
        text_put(&csv, "1");
    text_put(&csv, ".5\n");
    char *script = script_of_text(csv.bytes);
    assert_has(script, "$data << END\n1 1 1\n2 2 ?\nEND\n");
    free(script);
    text_free(&csv);
}
END_TEST

/* More different texts than are kept, each as often as any other. */
START_TEST(chart_of_texts_of_which_none_is_frequent_says_so)
{
    struct text csv = {0};
    text_put(&csv, "name\n");
    for (int i = 0; i < 70000; i++)
        text_printf(&csv, "person %d\n", i);
    char *script = script_of("1", csv.bytes, csv.length);
    ck_assert_int_eq(kind_of(csv.bytes), CHART_EMPTY);
    ck_assert_ptr_nonnull(strstr(script, "no value is frequent"));
    free(script);
    text_free(&csv);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_chart", chart_of_no_rows_and_of_no_values_is_empty,
        chart_of_text_and_numbers_is_one_of_bars, chart_has_sixty_bars_at_most,
        chart_of_numbers_without_text_is_one_of_lines, chart_without_numbers_counts_values,
        chart_looks_at_no_column_beyond_those_that_are_sampled,
        chart_kinds_have_the_words_of_the_table, chart_preambles_say_the_size_and_switch_markup_off,
        chart_title_tells_the_batch_and_its_rows,
        chart_of_bars_has_a_label_and_a_number_a_row_in_the_order_of_the_file,
        chart_of_bars_starts_at_zero, chart_of_lines_is_drawn_over_the_number_of_the_row,
        chart_of_lines_is_drawn_over_the_first_time, chart_writes_its_times_as_their_span_demands,
        chart_draws_six_lines_at_most, chart_of_very_many_rows_draws_some_of_them_and_says_so,
        chart_of_counts_shows_the_most_frequent_values_first, chart_of_nothing_says_why,
        chart_forgets_the_one_before_it, chart_of_the_same_bytes_is_the_same_script,
        chart_commands_are_the_same_whatever_the_file_says, chart_shows_text_as_it_stands,
        chart_puts_a_space_for_a_control_character_and_a_mark_for_damage,
        chart_doubles_percent_signs_where_gnuplot_reads_formats, chart_shortens_long_labels,
        chart_shows_no_half_character_of_a_long_label,
        chart_stays_small_where_names_labels_and_key_are_endless,
        chart_draws_no_number_whose_cell_was_cut, chart_of_texts_of_which_none_is_frequent_says_so);
}
