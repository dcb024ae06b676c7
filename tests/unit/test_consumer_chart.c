#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/chart/chart.h"
#include "consumer/chart/chart_choice.h"
#include "consumer/chart/chart_text.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define ELLIPSIS "\xE2\x80\xA6"
#define REPLACEMENT "\xEF\xBF\xBD"
#define EMOJI "\xF0\x9F\x98\x80"

static const struct chart_format PNG = {.svg = false, .size = {1000, 600, 1}};

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
    chart_write(&script, key, &profile, &PNG);
    ck_assert(!text_failed(&script));
    profile_free(&profile);
    return script.bytes;
}

static char *script_of_text(const char *csv)
{
    return script_of("7", csv, strlen(csv));
}

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
    ck_assert_msg(strspn(line, "0123456789.e+-NaN ") >= length, "no numbers: %.*s", (int)length,
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
            numbers =
                inside && (strncmp(line, "$data ", 6) == 0 || strncmp(line, "$none ", 6) == 0 ||
                           strncmp(line, "$places ", 8) == 0 || strncmp(line, "$alone", 6) == 0);
            text_append(&commands, line, length + 1);
        }
        line += length + 1;
    }
    ck_assert_msg(!inside, "a block without end");
    return commands.bytes;
}

/* ---- how it looks ---- */

static char *script_of_columns(unsigned columns, unsigned rows)
{
    struct text csv = {0};
    text_put(&csv, "at");
    for (unsigned i = 0; i < columns; i++)
        text_printf(&csv, ",c%u", i);
    for (unsigned row = 0; row < rows; row++) {
        text_printf(&csv, "\n2026-01-01T%02u:%02u:%02uZ", row / 3600, row / 60 % 60, row % 60);
        for (unsigned i = 0; i < columns; i++)
            text_printf(&csv, ",%u", row + i);
    }
    text_put(&csv, "\n");
    char *script = script_of_text(csv.bytes);
    text_free(&csv);
    return script;
}

START_TEST(chart_title_tells_the_batch_and_what_is_below_tells_rows_and_times)
{
    assert_draws("a\n1\n", "$title << END\n=Batch 7\n=1 row\nEND\n");
    assert_draws("a\n1\n2\n", "$title << END\n=Batch 7\n=2 rows\nEND\n");
    assert_draws("", "$title << END\n=Batch 7\n=0 rows\nEND\n");
    assert_draws("a,at\n1,2026-01-03\n2,2026-01-01\n", "=2 rows, 2026-01-01 to 2026-01-03\n");
    assert_draws("a,at\n1,2026-01-03\n2,2026-01-03\n",
                 "=2 rows, 2026-01-03, in the order of the file\n");
}
END_TEST

START_TEST(chart_of_bars_has_a_label_and_a_number_a_row_in_the_order_of_the_file)
{
    char *script = script_of_text("label,value,more\nz,2.50,9\na,-1,9\nm,,9\n,inf,9\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=value\n=label\nEND\n");
    assert_has(script, "$labels << END\n=z\n=a\n=m\n=\nEND\n");
    assert_has(script, "$data << END\n1 2.5\n2 -1\nEND\n$none << END\n3 0.0875\n4 0.0875\nEND\n");
    assert_has(script, "=4 rows, 2 without a number, 1 of 2 columns\n");
    assert_has(script, "with boxes");
    free(script);
}
END_TEST

START_TEST(chart_of_bars_starts_at_zero)
{
    assert_draws("l,v\nx,100\ny,101\n", "set yrange [0:120]\n");
    assert_draws("l,v\nx,-100\ny,-101\n", "set yrange [-120:0]\n");
    assert_draws("l,v\nx,0\n", "set yrange [0:1]\n");
    assert_draws("l,v\nx,-1\ny,1\n", "set yrange [-1:1]\n");
}
END_TEST

static char *script_of_labels(unsigned rows, const char *label)
{
    struct text csv = {0};
    text_put(&csv, "label,value\n");
    for (unsigned i = 0; i < rows; i++)
        text_printf(&csv, "%s%u,%u.5\n", label, i, i);
    char *script = script_of_text(csv.bytes);
    text_free(&csv);
    return script;
}

START_TEST(chart_labels_stand_as_they_have_room_for)
{
    static const struct {
        unsigned rows;
        const char *label, *look;
    } CASES[] = {{5, "item_", "norotate center"},
                 {30, "item_", "rotate by 45 right\n"},
                 {55, "item_", "rotate by 90 right\n"},
                 {60, "item_", "rotate by 90 right font ',8'\n"},
                 {20, "a label of some length ", "with boxxyerror"},
                 {60, "a label of some length ", "rotate by 90 right"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char *script = script_of_labels(CASES[i].rows, CASES[i].label);
        assert_has(script, CASES[i].look);
        free(script);
    }
}
END_TEST

START_TEST(chart_of_lines_is_drawn_over_time_and_names_it)
{
    char *script = script_of_text("v,at,later\n1,1970-01-01T00:00:10Z,2026-01-01\n"
                                  "2,1970-01-01T01:00:20.5+01:00,2026-01-01\n3,,\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=v\n=at (UTC)\nEND\n");
    assert_has(script, "$data << END\n10 1\n20.5 2\nEND\n");
    assert_has(script, "set xrange [10:20.5]\n");
    assert_has(script, "\"00:00:16\" 16.000");
    free(script);
}
END_TEST

START_TEST(chart_of_lines_says_utc_only_where_the_file_has_another_offset)
{
    assert_draws("v,at\n1,2026-01-01T10:00:00Z\n2,2026-01-01T11:00:00Z\n", "=at\n");
    assert_draws("v,at\n1,2026-01-01T10:00:00+00:00\n2,2026-01-01T11:00:00+00:00\n", "=at\n");
    assert_draws("v,at\n1,2026-01-01T10:00:00-03:30\n2,2026-01-01T11:00:00-03:30\n", "=at (UTC)\n");
    assert_draws("v,at\n1,2026-01-01\n2,2026-01-02\n", "=at\n");
}
END_TEST

START_TEST(chart_of_times_without_a_day_has_a_midnight_and_no_day)
{
    assert_draws("v,at\n1,00:00:00\n2,08:00:00\n3,16:00:00\n", "set xtics (\"00:00\" 0.000, ");
}
END_TEST

START_TEST(chart_of_one_row_has_no_row_between_two)
{
    assert_draws("v,at\n3,2026-01-01\n", "set xrange [0.5:1.5]\nset xtics (\"1\" 1)\n");
    assert_draws("v,at\n3,2026-01-01\n4,2026-01-01\n",
                 "set xrange [1:2]\nset xtics (\"1\" 1, \"2\" 2)\n");
}
END_TEST

START_TEST(chart_of_a_column_of_one_value_leaves_room_beside_its_bar)
{
    assert_draws("v\n5\n5\n5\n", "$data << END\n4.5 5.5 3\nEND\nset xrange [3.5:6.5]\n");
    assert_draws("v\n0.5\n0.5\n", "$data << END\n0.475 0.525 2\nEND\nset xrange [0.425:0.575]\n");
    assert_draws("v\n9223372036854775000\n9223372036854775003\n", " 2\nEND\nset xrange [9.22337");
}
END_TEST

START_TEST(chart_of_numbers_too_small_for_steps_says_so)
{
    assert_draws("v\n1e-308\n3e-308\n", "nothing to draw: no numbers of a size to draw");
    assert_draws("v\n0\n0\n", "with boxxyerror");
}
END_TEST

START_TEST(chart_of_lines_over_a_time_out_of_order_is_over_the_rows)
{
    char *script = script_of_text("v,at\n1,2026-01-02\n2,2026-01-01\n3,2026-01-03\n");
    assert_has(script, "$names << END\n=v\n=row\nEND\n");
    assert_has(script, "$data << END\n1 1\n2 2\n3 3\nEND\n");
    assert_has(script, "to 2026-01-03, in the order of the file\n");
    assert_has(script, "set xtics (\"1\" 1, \"2\" 2, \"3\" 3)\n");
    free(script);
}
END_TEST

START_TEST(chart_of_lines_draws_a_line_a_column_each_in_its_colour)
{
    char *script = script_of_columns(6, 3);
    free(commands_of(script));
    assert_has(script, "$data << END\n1767225600 0 1 2 3 4 5\n");
    assert_has(script, "using 1:7 with linespoints");
    assert_has(script, "#56b4e9");
    assert_has(script, "title substr($names[6]");
    free(script);
}
END_TEST

START_TEST(chart_of_very_many_rows_draws_where_they_are_smallest_and_largest)
{
    char *all = script_of_columns(1, ENVELOPE_BUCKETS);
    char *some = script_of_columns(1, ENVELOPE_BUCKETS + 1);
    assert_has_not(all, "filledcurves");
    assert_has(all, "=1,024 rows, 2026-01-01T00:00:00Z to 2026-01-01T00:17:03Z\n");
    assert_has(some, "a point stands for 2 rows\n");
    assert_has(some, "$data << END\n1767225600 0 0 1\n1767225601 1 0 1\n1767225602 2 2 3\n");
    assert_has(some, "using 1:3:4 with filledcurves");
    assert_has(some, "using 1:2 with lines");
    free(all);
    free(some);
}
END_TEST

/* What a chart costs is the same from there on. */
START_TEST(chart_of_more_rows_has_no_more_commands)
{
    char *few = script_of_columns(2, 2 * ENVELOPE_BUCKETS);
    char *many = script_of_columns(2, 32 * ENVELOPE_BUCKETS);
    ck_assert_uint_lt(strlen(many), strlen(few) + strlen(few) / 4);
    free(few);
    free(many);
}
END_TEST

START_TEST(chart_of_many_columns_is_twelve_panels_and_says_so)
{
    char *script = script_of_columns(50, 5);
    free(commands_of(script));
    assert_has(script, ", 12 of 50 columns\n");
    assert_has(script, "set multiplot\n");
    assert_has(script, "using 1:13 ");
    assert_has_not(script, "using 1:14 ");
    assert_has(script, "unset multiplot\n");
    free(script);
}
END_TEST

/* In a small picture twelve would be too small to read. */
START_TEST(chart_has_as_many_panels_as_have_room)
{
    const struct chart_format small = {.svg = false, .size = {400, 300, 1}};
    static const char CSV[] = "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n1,2,3,4,5,6,7\n";
    struct text script = {0};
    struct profile profile = profile_of(CSV, sizeof CSV - 1);
    chart_write(&script, "7", &profile, &small);
    assert_has(script.bytes, "=2 rows, 4 of 7 columns\n");
    profile_free(&profile);
    text_free(&script);
}
END_TEST

START_TEST(chart_of_more_bars_than_have_room_for_labels_labels_some)
{
    const struct chart_format small = {.svg = false, .size = {400, 300, 1}};
    struct text csv = {0};
    struct text script = {0};
    text_put(&csv, "label,value\n");
    for (unsigned i = 0; i < 60; i++)
        text_printf(&csv, "item_%u,%u\n", i, i);
    struct profile profile = profile_of(csv.bytes, csv.length);
    chart_write(&script, "7", &profile, &small);
    assert_has(script.bytes, "$places << END\n1\n4\n7\n");
    profile_free(&profile);
    text_free(&script);
    text_free(&csv);
}
END_TEST

START_TEST(chart_counts_rows_by_whole_numbers)
{
    assert_draws("word\nx\ny\n", "set xtics (\"0\" 0, \"1\" 1)\n");
    assert_draws("v\n1.5\n", "set ytics (\"0\" 0, \"1\" 1)\n");
}
END_TEST

START_TEST(chart_of_histograms_has_a_bar_a_bin)
{
    char *script = script_of_text("v\n0.5\n1\n1.5\n2.5\n");
    free(commands_of(script));
    assert_has(script, "$names << END\n=v\n");
    assert_has(script, "$data << END\n0.5 1.1666666666666665 2\n");
    assert_has(script, "set ylabel \"rows\"");
    free(script);
}
END_TEST

/* Two of the ten digits would fall into one bin of Sturges, and none into some. */
START_TEST(chart_of_few_integers_has_a_bar_for_each)
{
    struct text csv = {0};
    text_put(&csv, "v\n");
    for (unsigned i = 0; i < 3000; i++)
        text_printf(&csv, "%u\n", i % 10);
    char *script = script_of_text(csv.bytes);
    for (unsigned i = 0; i < 10; i++) {
        char bar[32];
        (void)snprintf(bar, sizeof bar, "\n%d.5 %u.5 300\n", (int)i - 1, i);
        assert_has(script, i == 0 ? "\n-0.5 0.5 300\n" : bar);
    }
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
    assert_draws("a\n1\n", "reset\nundefine $*\n");
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

/* ---- terminals ---- */

static void assert_terminal(const char *csv, const char *terminal)
{
    char *script = script_of_text(csv);
    bool gd = strncmp(script, "set terminal png notruecolor noenhanced", 39) == 0;
    ck_assert_str_eq(gd ? "gd" : "cairo", terminal);
    ck_assert_int_eq(gd, strstr(script, "set terminal") != NULL);
    free(script);
}

START_TEST(chart_is_drawn_by_gd_where_nothing_slants_and_all_is_plain)
{
    assert_terminal("label,value\nx,1\n", "gd");
    assert_terminal("word\nx\n", "gd");
    assert_terminal("v\n1\n", "gd");
    assert_terminal("", "gd");
    assert_terminal("v,at\n1,2026-01-01\n2,2026-01-02\n", "cairo");
    assert_terminal("label,value\n\xD7\xA9,1\n", "cairo");
    assert_terminal("label,value\n&lt;,1\n", "cairo");
}
END_TEST

START_TEST(chart_terminals_have_their_size_and_take_no_markup)
{
    static const struct {
        struct chart_format format;
        const char *expected;
    } CASES[] = {
        {{false, {1000, 600, 1}},
         "set terminal pngcairo noenhanced font 'DejaVu Sans,11' size 1000,600\n"},
        {{false, {500, 300, 2}}, "size 1000,600 fontscale 2 linewidth 2 pointscale 2\n"},
        {{true, {500, 300, 2}}, "background '#ffffff' size 500,300\n"},
        {{true, {500, 300, 1}}, "bold = 'DejaVu Sans&#44;sans-serif\" font-weight=\"bold'\n"},
        {{false, {500, 300, 1}}, "bold = ':Bold'\n"},
        {{true, {500, 300, 1}}, "set terminal svg noenhanced"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct text preamble = {0};
        chart_terminal_put_preamble(&preamble, &CASES[i].format);
        assert_has(preamble.bytes, CASES[i].expected);
        assert_has(preamble.bytes, "set encoding utf8\n");
        text_free(&preamble);
    }
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

/* What stands behind the hostile cells of a row, for a picture of each kind. */
static const char *const BEHIND[CHART_KIND_COUNT] = {[CHART_MANY] = ",1,2,3,4,5,6,7,8\n",
                                                     [CHART_BARS] = ",1\n",
                                                     [CHART_LINES] = ",2,2026-01-0\n",
                                                     [CHART_UNLIKE] = ",,2026-01-0\n",
                                                     [CHART_HISTOGRAMS] = ",2\n",
                                                     [CHART_COUNTS] = ",2026-01-01\n",
                                                     [CHART_EMPTY] = ""};

static bool has_labels(enum chart_kind kind)
{
    return kind == CHART_BARS || kind == CHART_COUNTS;
}

static void put_cells(struct text *csv, enum chart_kind kind, int row)
{
    static const char DAY[] = "2026-01-0";
    const char *day = strstr(BEHIND[kind], DAY);
    if (day == NULL || kind == CHART_COUNTS) {
        text_put(csv, BEHIND[kind]);
        return;
    }
    if (kind == CHART_UNLIKE) /* a small number beside large ones */
        text_printf(csv, ",%d", row);
    text_append(csv, kind == CHART_UNLIKE ? "," : BEHIND[kind],
                kind == CHART_UNLIKE ? 1 : (size_t)(day - BEHIND[kind]));
    text_printf(csv, "%s%d\n", DAY, row + 1);
}

/* A script of that kind, with `name` for each column's name and `cell` for labels and key. */
static char *script_with(enum chart_kind kind, const char *name, const char *cell)
{
    struct text csv = {0};
    put_quoted(&csv, name);
    for (const char *at = BEHIND[kind]; *at != '\0'; at++)
        if (*at == ',') {
            text_put(&csv, ",");
            put_quoted(&csv, name);
        }
    text_put(&csv, "\n");
    for (int row = 0; row < 3 && BEHIND[kind][0] != '\0'; row++) {
        if (has_labels(kind))
            put_quoted(&csv, cell);
        else
            text_printf(&csv, "%d", row % 2 * 1000);
        put_cells(&csv, kind, row);
    }
    char *script = script_of(cell, csv.bytes, csv.length);
    text_free(&csv);
    return script;
}

/* Commands without their numbers, which tell of nothing but the room that texts need. */
static char *outline_of(const char *script)
{
    char *commands = commands_of(script);
    char *to = commands;
    for (const char *at = commands; *at != '\0'; at++)
        if (strchr("0123456789.e", *at) == NULL)
            *to++ = *at;
    *to = '\0';
    return commands;
}

/* All that may be said in a picture of this kind, by texts of which none means anything. */
static void put_vocabulary(struct text *vocabulary, enum chart_kind kind)
{
    static const char *const WORDS[] = {"x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                        "\xC3\xA9"};
    text_put(vocabulary, "\n");
    for (size_t i = 0; i < COUNT(WORDS); i++) {
        char *script = script_with(kind, WORDS[i], WORDS[i]);
        char *outline = outline_of(script);
        text_put(vocabulary, outline);
        free(outline);
        free(script);
    }
}

static void assert_says_only(const char *outline, const char *vocabulary)
{
    for (const char *line = outline; *line != '\0';) {
        size_t length = strcspn(line, "\n") + 1;
        struct text known = {0};
        text_put(&known, "\n");
        text_append(&known, line, length);
        ck_assert_msg(strstr(vocabulary, known.bytes) != NULL, "a command that is not ours: %s",
                      known.bytes);
        text_free(&known);
        line += length;
    }
}

START_TEST(chart_says_nothing_but_its_own_commands_whatever_the_file_says)
{
    for (int kind = 0; kind < CHART_KIND_COUNT; kind++) {
        struct text vocabulary = {0};
        put_vocabulary(&vocabulary, (enum chart_kind)kind);
        for (size_t i = 0; i < COUNT(HOSTILE); i++) {
            bool in_header = text_is_utf8(HOSTILE[i], strlen(HOSTILE[i]));
            char *bad =
                script_with((enum chart_kind)kind, in_header ? HOSTILE[i] : "a", HOSTILE[i]);
            char *outline = outline_of(bad);
            assert_says_only(outline, vocabulary.bytes);
            free(outline);
            free(bad);
        }
        text_free(&vocabulary);
    }
}
END_TEST

/* Each of them is really a picture of its kind. */
START_TEST(chart_of_hostile_text_is_of_every_kind)
{
    static const char *const SIGNS[CHART_KIND_COUNT] = {
        [CHART_MANY] = "set multiplot",  [CHART_BARS] = "with boxes",
        [CHART_LINES] = "maxrows",       [CHART_UNLIKE] = "set multiplot",
        [CHART_HISTOGRAMS] = "\"rows\"", [CHART_COUNTS] = "with labels",
        [CHART_EMPTY] = "plot NaN"};
    for (int kind = 0; kind < CHART_KIND_COUNT; kind++) {
        char *script = script_with((enum chart_kind)kind, "name", "x");
        assert_has(script, SIGNS[kind]);
        free(script);
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

/* Labels that come with a plot are no formats; tests/e2e/charts.sh sees how they are drawn. */
START_TEST(chart_leaves_percent_signs_as_they_are)
{
    assert_label("100%", "100%");
    assert_label("%s%%n", "%s%%n");
    assert_draws("share\n5% or so\n", "$labels << END\n=5% or so\nEND\n");
}
END_TEST

START_TEST(chart_shortens_labels_that_are_too_wide)
{
    char *script =
        script_with(CHART_BARS, "a", "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
    assert_has(script, "wwwwwwwwwwww" ELLIPSIS);
    assert_has_not(script, "\n=wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
    free(script);
    assert_label("iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
                 "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii");
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
        ck_assert_uint_lt(strlen(script), 16384);
        free(script);
    }
    text_free(&name);
}
END_TEST

/* Of 200 rows, without 51 to 60 and without the neighbours of row 100. */
START_TEST(chart_of_lines_has_a_gap_where_values_are_missing_and_points_where_no_line_leads)
{
    struct text csv = {0};
    text_put(&csv, "at,v,w\n");
    for (int row = 1; row <= 200; row++) {
        bool missing = (row > 50 && row <= 60) || row == 99 || row == 101;
        text_printf(&csv, "2026-01-01T00:%02d:%02dZ,%s,1.5\n", row / 60, row % 60,
                    missing ? "" : "1");
    }
    char *script = script_of_text(csv.bytes);
    free(commands_of(script));
    assert_has(script, " 1 1.5\n1767225651 NaN 1.5\n");
    assert_has(script, "$alone0 << END\n1767225700 1\nEND\n");
    assert_has(script, "$alone0 using 1:2 with points");
    assert_has_not(script, "$alone1");
    free(script);
    text_free(&csv);
}
END_TEST

/* A line of 1,500 buckets' rows would close over 100 that are missing. */
START_TEST(chart_of_more_rows_than_buckets_has_its_gaps_as_well)
{
    struct text csv = {0};
    text_put(&csv, "at,v\n");
    for (int row = 0; row < 1500; row++)
        text_printf(&csv, "2026-01-01T00:%02d:%02dZ,%s\n", row / 60, row % 60,
                    row >= 500 && row < 600 ? "" : "1");
    char *script = script_of_text(csv.bytes);
    assert_has(script, "\n1767226100 NaN NaN NaN\n");
    assert_has(script, "\n1767226198 NaN NaN NaN\n");
    free(script);
    text_free(&csv);
}
END_TEST

START_TEST(chart_of_bars_leaves_the_place_of_a_missing_number_empty_and_marks_it)
{
    assert_draws("l,v\nx,1\ny,\nz,0\n",
                 "$data << END\n1 1\n3 0\nEND\n$none << END\n2 0.025\nEND\n");
    assert_draws("l,v\nx,1\ny,\nz,0\n", ", $none using 1:2 with points");
    struct text csv = {0};
    text_put(&csv, "l,v\n");
    for (int row = 0; row < 12; row++)
        text_put(&csv, row == 5 ? "a label that is long enough to lie,inf\n"
                                : "a label that is long enough to lie,2\n");
    assert_draws(csv.bytes, ", $none using 2:1 with points");
    text_free(&csv);
    char *script = script_of_text("l,v\nx,1\n");
    assert_has_not(script, "$none");
    assert_has_not(script, "without a number");
    free(script);
}
END_TEST

START_TEST(chart_of_counts_takes_a_column_whose_values_repeat_and_says_of_how_many_they_are)
{
    struct text csv = {0};
    text_put(&csv, "id,state\n");
    for (int i = 0; i < 70; i++)
        text_printf(&csv, "u%d,%s\n", i, i % 3 == 0 ? "open" : "paid");
    char *script = script_of_text(csv.bytes);
    assert_has(script, "$labels << END\n=paid\n=open\nEND\n");
    assert_has(script, "=70 rows\n");
    free(script);
    text_clear(&csv);
    text_put(&csv, "id\n");
    for (int i = 0; i < 2000; i++)
        text_printf(&csv, "u%d\n", i);
    script = script_of_text(csv.bytes);
    assert_has(script, "=2,000 rows, 10 of 2,000 different values\n");
    free(script);
    text_free(&csv);
}
END_TEST

/* What is left of it would be drawn as another number. */
START_TEST(chart_draws_no_number_whose_cell_was_cut)
{
    struct text csv = {0};
    text_put(&csv, "a,b\nx,1\ny,");
    for (int i = 0; i < 70; i++)
        text_put(&csv, "1");
    text_put(&csv, ".5\n");
    char *script = script_of_text(csv.bytes);
    assert_has(script, "$data << END\n1 1\nEND\n");
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
    ck_assert_ptr_nonnull(strstr(script, "and no value is frequent"));
    free(script);
    text_free(&csv);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_chart", chart_title_tells_the_batch_and_what_is_below_tells_rows_and_times,
        chart_of_bars_has_a_label_and_a_number_a_row_in_the_order_of_the_file,
        chart_of_bars_starts_at_zero, chart_labels_stand_as_they_have_room_for,
        chart_of_lines_is_drawn_over_time_and_names_it,
        chart_of_lines_says_utc_only_where_the_file_has_another_offset,
        chart_of_times_without_a_day_has_a_midnight_and_no_day,
        chart_of_one_row_has_no_row_between_two,
        chart_of_a_column_of_one_value_leaves_room_beside_its_bar,
        chart_of_numbers_too_small_for_steps_says_so,
        chart_of_lines_over_a_time_out_of_order_is_over_the_rows,
        chart_of_lines_draws_a_line_a_column_each_in_its_colour,
        chart_of_very_many_rows_draws_where_they_are_smallest_and_largest,
        chart_of_more_rows_has_no_more_commands, chart_of_many_columns_is_twelve_panels_and_says_so,
        chart_has_as_many_panels_as_have_room,
        chart_of_more_bars_than_have_room_for_labels_labels_some,
        chart_counts_rows_by_whole_numbers, chart_of_histograms_has_a_bar_a_bin,
        chart_of_few_integers_has_a_bar_for_each,
        chart_of_counts_shows_the_most_frequent_values_first, chart_of_nothing_says_why,
        chart_forgets_the_one_before_it, chart_of_the_same_bytes_is_the_same_script,
        chart_is_drawn_by_gd_where_nothing_slants_and_all_is_plain,
        chart_terminals_have_their_size_and_take_no_markup,
        chart_says_nothing_but_its_own_commands_whatever_the_file_says,
        chart_of_hostile_text_is_of_every_kind, chart_shows_text_as_it_stands,
        chart_puts_a_space_for_a_control_character_and_a_mark_for_damage,
        chart_leaves_percent_signs_as_they_are, chart_shortens_labels_that_are_too_wide,
        chart_shows_no_half_character_of_a_long_label,
        chart_stays_small_where_names_labels_and_key_are_endless,
        chart_of_counts_takes_a_column_whose_values_repeat_and_says_of_how_many_they_are,
        chart_draws_no_number_whose_cell_was_cut,
        chart_of_lines_has_a_gap_where_values_are_missing_and_points_where_no_line_leads,
        chart_of_more_rows_than_buckets_has_its_gaps_as_well,
        chart_of_bars_leaves_the_place_of_a_missing_number_empty_and_marks_it,
        chart_of_texts_of_which_none_is_frequent_says_so);
}
