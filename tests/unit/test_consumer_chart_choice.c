#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "consumer/chart/chart_choice.h"
#include "tests/unit/support.h"

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

static struct chart_choice choice_of(const char *csv)
{
    struct profile profile = profile_of(csv, strlen(csv));
    struct chart_choice choice = chart_choose(&profile);
    profile_free(&profile);
    return choice;
}

#define ASSERT_KIND(csv, expected) ck_assert_int_eq(choice_of(csv).kind, expected)

START_TEST(chart_choice_of_no_rows_and_of_no_values_is_empty)
{
    ASSERT_KIND("", CHART_EMPTY);
    ASSERT_KIND("a,b\n", CHART_EMPTY);
    ASSERT_KIND("a,b\n,\n,\n", CHART_EMPTY);
    ASSERT_KIND("a\nnan\ninf\n1e999\n", CHART_EMPTY);
    ASSERT_KIND("a,b\nnan,\n-inf,\n", CHART_EMPTY);
    ASSERT_KIND("a\n1e301\n-1e301\n", CHART_EMPTY);
}
END_TEST

START_TEST(chart_choice_of_text_and_numbers_is_bars)
{
    ASSERT_KIND("label,value\nx,1\n", CHART_BARS);
    ASSERT_KIND("value,label\n1,x\n", CHART_BARS);
    ASSERT_KIND("at,label,value\n2026-01-01,x,1.5\n", CHART_BARS);
    ASSERT_KIND("label,value\nx,1\ny,\n,nan\n", CHART_BARS);
    ASSERT_KIND("label,value\nx,0\n", CHART_BARS);
}
END_TEST

/* So many rows of label, value and, where wanted, a time. */
static char *labelled_rows(size_t rows, bool with_time)
{
    struct text csv = {0};
    text_put(&csv, with_time ? "label,value,at\n" : "label,value\n");
    for (size_t i = 0; i < rows; i++) {
        text_printf(&csv, "item_%zu,%zu.5", i, i * 7 % 5);
        if (with_time)
            text_printf(&csv, ",2026-01-01T%02zu:%02zu:00Z", i / 60, i % 60);
        text_put(&csv, "\n");
    }
    return csv.bytes;
}

static void assert_rows(size_t rows, bool with_time, enum chart_kind kind)
{
    char *csv = labelled_rows(rows, with_time);
    ASSERT_KIND(csv, kind);
    free(csv);
}

START_TEST(chart_choice_of_more_rows_than_bars_is_lines_over_time_or_a_histogram)
{
    assert_rows(CHART_BARS_MAX, true, CHART_BARS);
    assert_rows(CHART_BARS_MAX + 1, true, CHART_LINES);
    assert_rows(CHART_BARS_MAX, false, CHART_BARS);
    assert_rows(CHART_BARS_MAX + 1, false, CHART_HISTOGRAMS);
}
END_TEST

START_TEST(chart_choice_of_numbers_alone_is_histograms)
{
    ASSERT_KIND("a\n1\n2\n3\n", CHART_HISTOGRAMS);
    ASSERT_KIND("a,flag\n1,true\n", CHART_HISTOGRAMS);
    ASSERT_KIND("a,text\n1,\n", CHART_HISTOGRAMS);
    ASSERT_KIND("a\nnan\n7\n", CHART_HISTOGRAMS);
    ASSERT_KIND("a,b\n3,1\n1,2\n2,3\n", CHART_HISTOGRAMS);
}
END_TEST

START_TEST(chart_choice_draws_over_a_first_column_that_counts_up)
{
    ASSERT_KIND("year,price\n2000,5\n2001,7\n2005,6\n", CHART_LINES);
    ASSERT_KIND("year,price\n2000,5\n2001,7\n2001,6\n", CHART_HISTOGRAMS);
    ASSERT_KIND("year,price\n2000,5\n,7\n2001,6\n", CHART_HISTOGRAMS);
    ASSERT_KIND("year,price\n2000.5,5\n2001,7\n2002,6\n", CHART_HISTOGRAMS);
    ASSERT_KIND("year,price\n2000,5\n2001,7\n", CHART_HISTOGRAMS);
    struct chart_choice choice = choice_of("year,price\n2000,5\n2001,7\n2005,6\n");
    ck_assert_uint_eq(choice.over, 0);
    ck_assert_uint_eq(choice.count, 1);
    ck_assert_uint_eq(choice.numbers[0], 1);
}
END_TEST

START_TEST(chart_choice_leaves_a_counter_out_of_bars)
{
    struct chart_choice choice = choice_of("id,name,value\n1,x,7\n2,y,6\n3,z,9\n");
    ck_assert_int_eq(choice.kind, CHART_BARS);
    ck_assert_uint_eq(choice.numbers[0], 2);
}
END_TEST

START_TEST(chart_choice_draws_over_time_where_that_only_rises_or_only_falls)
{
    struct chart_choice rises = choice_of("v,at\n5,2026-01-01\n7,2026-01-02\n1,2026-01-02\n");
    struct chart_choice falls = choice_of("v,at\n5,10:15\n7,10:10\n1,09:00\n");
    struct chart_choice mixed = choice_of("v,at\n5,2026-01-02\n7,2026-01-01\n1,2026-01-03\n");
    ck_assert_int_eq(rises.kind, CHART_LINES);
    ck_assert_uint_eq(rises.over, 1);
    ck_assert_int_eq(falls.kind, CHART_LINES);
    ck_assert_uint_eq(falls.over, 1);
    ck_assert_int_eq(mixed.kind, CHART_LINES);
    ck_assert_uint_eq(mixed.over, CHART_NO_COLUMN);
}
END_TEST

START_TEST(chart_choice_of_columns_of_unlike_size_is_a_panel_each)
{
    ASSERT_KIND("at,a,b\n2026-01-01,1,90\n2026-01-02,7,10\n", CHART_LINES);
    ASSERT_KIND("at,a,b\n2026-01-01,1,900\n2026-01-02,7,10\n", CHART_UNLIKE);
    ASSERT_KIND("at,a,b\n2026-01-01,1,1005\n2026-01-02,7,1001\n", CHART_UNLIKE);
    /* a limit beside what is to stay below it */
    ASSERT_KIND("at,a,limit\n2026-01-01,1,10\n2026-01-02,7,10\n", CHART_LINES);
}
END_TEST

/* A row of so many columns of numbers, and a second one. */
static struct chart_choice choice_of_columns(unsigned columns)
{
    struct text csv = {0};
    for (unsigned i = 0; i < columns; i++)
        text_printf(&csv, "%sc%u", i == 0 ? "" : ",", i);
    for (unsigned row = 0; row < 2; row++)
        for (unsigned i = 0; i < columns; i++)
            text_printf(&csv, "%s%u", i == 0 ? "\n" : ",", row + i);
    text_put(&csv, "\n");
    struct chart_choice choice = choice_of(csv.bytes);
    text_free(&csv);
    return choice;
}

START_TEST(chart_choice_of_more_than_six_columns_is_panels_and_twelve_of_them_at_most)
{
    ck_assert_int_eq(choice_of_columns(CHART_LINES_MAX).kind, CHART_HISTOGRAMS);
    ck_assert_int_eq(choice_of_columns(CHART_LINES_MAX + 1).kind, CHART_MANY);
    struct chart_choice choice = choice_of_columns(50);
    ck_assert_int_eq(choice.kind, CHART_MANY);
    ck_assert_uint_eq(choice.count, CHART_PANELS_MAX);
    ck_assert_uint_eq(choice.count_of_all, 50);
}
END_TEST

START_TEST(chart_choice_without_numbers_is_counts)
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
START_TEST(chart_choice_looks_at_no_column_beyond_those_that_are_kept)
{
    struct text csv = {0};
    for (unsigned i = 0; i < SAMPLE_MAX_COLUMNS; i++)
        text_printf(&csv, "c%u,", i);
    text_put(&csv, "label,value\n");
    for (unsigned i = 0; i < SAMPLE_MAX_COLUMNS; i++)
        text_put(&csv, ",");
    text_put(&csv, "x,1\n");
    ASSERT_KIND(csv.bytes, CHART_EMPTY);
    text_free(&csv);
}
END_TEST

START_TEST(chart_choice_has_the_words_of_the_table)
{
    static const char *const WORDS[] = {"multiples",  "bars",   "lines", "multiples",
                                        "histograms", "counts", "empty"};
    ck_assert_uint_eq(sizeof WORDS / sizeof *WORDS, CHART_KIND_COUNT);
    for (int kind = 0; kind < CHART_KIND_COUNT; kind++)
        ck_assert_str_eq(chart_kind_word((enum chart_kind)kind), WORDS[kind]);
}
END_TEST

/* The table in the document is the one in the code. */
#define CHART_CONDITION(name, word, condition) "| " word " | " condition " |",
START_TEST(chart_choice_is_documented_as_it_stands)
{
    static const char *const ROWS[] = {CHART_TABLE(CHART_CONDITION)};
    char *document = support_read_file("docs", "charts.md", NULL);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        ck_assert_msg(strstr(document, ROWS[i]) != NULL, "docs/charts.md lacks %s", ROWS[i]);
    free(document);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_chart_choice", chart_choice_of_no_rows_and_of_no_values_is_empty,
                       chart_choice_of_text_and_numbers_is_bars,
                       chart_choice_of_more_rows_than_bars_is_lines_over_time_or_a_histogram,
                       chart_choice_of_numbers_alone_is_histograms,
                       chart_choice_draws_over_a_first_column_that_counts_up,
                       chart_choice_leaves_a_counter_out_of_bars,
                       chart_choice_draws_over_time_where_that_only_rises_or_only_falls,
                       chart_choice_of_columns_of_unlike_size_is_a_panel_each,
                       chart_choice_of_more_than_six_columns_is_panels_and_twelve_of_them_at_most,
                       chart_choice_without_numbers_is_counts,
                       chart_choice_looks_at_no_column_beyond_those_that_are_kept,
                       chart_choice_has_the_words_of_the_table,
                       chart_choice_is_documented_as_it_stands);
}
