#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "consumer/chart/chart.h"
#include "consumer/chart/gnuplot.h"
#include "consumer/stream/trend_chart.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

static const struct chart_format FORMAT = {.size = {.width = 1000, .height = 600, .density = 1}};

/* ---- streams ---- */

static void put_column(struct account *account, const char *name, double median, double spread)
{
    struct account_column *column = &account->columns[account->column_count++];
    strcpy(column->name, name);
    column->count = 40;
    for (int i = 0; i < ACCOUNT_QUANTILES; i++)
        column->quantiles[i] = median + (i - ACCOUNT_P50) * spread;
}

static void add(struct trend *trend, const char *name, double median)
{
    struct account account = {.outcome = OUTCOME_PROCESSED};
    put_column(&account, name, median, 1);
    ck_assert(trend_add(trend, &account));
}

static void add_rejected(struct trend *trend)
{
    const struct account account = {.outcome = OUTCOME_REJECTED};
    ck_assert(trend_add(trend, &account));
}

/* Noise in each of `columns`; now and then one is rejected. */
static struct trend *long_stream(size_t batches, size_t columns)
{
    uint64_t chance = 1;
    struct trend *trend = trend_create();
    for (size_t i = 0; i < batches; i++) {
        struct account account = {.outcome = OUTCOME_PROCESSED};
        for (size_t column = 0; column < columns; column++) {
            char name[32];
            (void)snprintf(name, sizeof name, "column %zu", column);
            put_column(&account, name, chance_share(&chance), chance_share(&chance));
        }
        if (chance_below(&chance, 20) == 0)
            account = (struct account){.outcome = OUTCOME_REJECTED};
        ck_assert(trend_add(trend, &account));
    }
    return trend;
}

/* Frees the trend; the caller frees the commands. */
static char *script_of(struct trend *trend)
{
    struct text script = {0};
    trend_chart_write(&script, &FORMAT, trend);
    ck_assert(!text_failed(&script));
    trend_free(trend);
    return script.bytes;
}

static void assert_has(const char *script, const char *part)
{
    ck_assert_msg(strstr(script, part) != NULL, "no %s in\n%.4000s", part, script);
}

static size_t count_of(const char *script, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(script, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/* ---- what it says ---- */

START_TEST(trend_chart_of_a_stream_without_numbers_says_so)
{
    char *script = script_of(trend_create());
    assert_has(script, "no batch has been decided yet");
    free(script);
    struct trend *trend = trend_create();
    add_rejected(trend);
    script = script_of(trend);
    assert_has(script, "no batch has a column of numbers");
    assert_has(script, "=Trend of 1 batch\n");
    assert_has(script, "=1 rejected\n");
    free(script);
}
END_TEST

START_TEST(trend_chart_says_how_many_batches_there_are_and_what_is_not_drawn)
{
    char *script = script_of(long_stream(10000, TREND_COLUMNS_MAX + 2));
    assert_has(script, "=Trend of 10000 batches\n");
    assert_has(script, " rejected, 8 more columns of numbers, older ones averaged over up to 256 ");
    ck_assert_uint_eq(count_of(script, "\nplot NaN notitle, "), TREND_CHART_PANELS_MAX);
    free(script);
}
END_TEST

START_TEST(trend_chart_too_narrow_for_a_legend_beside_its_title_has_none)
{
    const struct chart_format narrow = {.size = {400, 300, 1}};
    struct trend *trend = trend_create();
    struct text script = {0};
    add(trend, "value", 5);
    trend_chart_write(&script, &narrow, trend);
    ck_assert_ptr_null(strstr(script.bytes, "set key at"));
    text_clear(&script);
    trend_chart_write(&script, &FORMAT, trend);
    assert_has(script.bytes, "set key at");
    text_free(&script);
    trend_free(trend);
}
END_TEST

START_TEST(trend_chart_shows_the_columns_of_now_before_those_that_came_first)
{
    struct trend *trend = trend_create();
    for (unsigned i = 0; i < TREND_CHART_PANELS_MAX; i++)
        add(trend, (const char[]){(char)('a' + i), '\0'}, 5);
    for (unsigned i = 0; i < TREND_CHART_RECENT; i++)
        add(trend, "now", 7);
    char *script = script_of(trend);
    assert_has(script, "$names << END\n=now\n=a\n=b\n");
    assert_has(script, ", 1 more column of numbers\n");
    free(script);
}
END_TEST

/* ---- what it draws ---- */

START_TEST(trend_chart_has_a_batch_as_wide_as_it_is_and_a_gap_where_one_was_rejected)
{
    struct trend *trend = trend_create();
    add(trend, "value", 5);
    add_rejected(trend);
    add(trend, "value", 6.5);
    char *script = script_of(trend);
    assert_has(script, "$figures << END\n"
                       "0.5 3 4 5 6 7\n"
                       "1.5 3 4 5 6 7\n"
                       "\n"
                       "2.5 4.5 5.5 6.5 7.5 8.5\n"
                       "3.5 4.5 5.5 6.5 7.5 8.5\n"
                       "END\n");
    assert_has(script, "$rejected << END\n2.0 1.000\nEND\n");
    free(script);
}
END_TEST

START_TEST(trend_chart_marks_no_batch_where_none_was_rejected)
{
    struct trend *trend = trend_create();
    add(trend, "value", 5);
    char *script = script_of(trend);
    ck_assert_ptr_null(strstr(script, "plot $rejected"));
    ck_assert_ptr_null(strstr(script, "title 'rejected'"));
    assert_has(script, "=none rejected\n");
    free(script);
}
END_TEST

START_TEST(trend_chart_marks_a_step_of_which_some_were_rejected_and_has_no_gap_there)
{
    struct trend *trend = trend_create();
    for (size_t i = 0; i < TREND_NEWEST + 4; i++)
        if (i == 1)
            add_rejected(trend);
        else
            add(trend, "value", 5);
    char *script = script_of(trend);
    assert_has(script, "$figures << END\n0.5 3 4 5 6 7\n4.5 3 4 5 6 7\n4.5 3");
    assert_has(script, "$rejected << END\n2.5 0.475\nEND\n");
    free(script);
}
END_TEST

START_TEST(trend_chart_has_no_more_steps_than_can_be_seen)
{
    const size_t batches[] = {1, 2, 255, 400, 401, 5000, 10000, 100000};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        char *script = script_of(long_stream(batches[i], 1));
        const char *figures = strstr(script, "$figures << END\n");
        const char *end = figures == NULL ? NULL : strstr(figures, "\nEND\n");
        ck_assert_ptr_nonnull(end);
        size_t lines = 0;
        for (const char *at = figures; at < end; at++)
            lines += *at == '\n' ? 1 : 0;
        ck_assert_uint_le(lines, 2 * (TREND_CHART_STEPS_MAX + 1));
        ck_assert_uint_ge(lines, batches[i] < 100 ? batches[i] : 100);
        free(script);
    }
}
END_TEST

/* ---- names of somebody else ---- */

START_TEST(trend_chart_keeps_a_name_from_being_a_command)
{
    struct trend *trend = trend_create();
    add(trend, "END", 1);
    add(trend, "'; system \"touch x\"", 1);
    add(trend, "two\nlines", 1);
    char *script = script_of(trend);
    assert_has(script, "$names << END\n=END\n='; system \"touch x\"\n=two lines\nEND\n");
    ck_assert_uint_eq(count_of(script, "touch"), 1);
    free(script);
}
END_TEST

/* ---- by gnuplot itself ---- */

/* Draws it, and returns the bytes of the picture; `words` is what else gnuplot said of it. */
static size_t drawn_bytes(struct gnuplot *gnuplot, const char *script)
{
    size_t length = 0;
    int64_t now = clock_now_ns();
    ck_assert_msg(gnuplot_submit(gnuplot, script, strlen(script), now, now + GNUPLOT_DEADLINE_NS),
                  "%s", gnuplot_failure(gnuplot));
    while (gnuplot_advance(gnuplot, clock_now_ns()) == GNUPLOT_BUSY) {
        struct pollfd fds[GNUPLOT_FDS];
        gnuplot_fds(gnuplot, fds);
        (void)poll(fds, GNUPLOT_FDS, 100);
    }
    ck_assert_msg(gnuplot_state(gnuplot) == GNUPLOT_DONE, "%s", gnuplot_failure(gnuplot));
    (void)gnuplot_image(gnuplot, &length);
    return length;
}

static struct gnuplot *start_gnuplot(void)
{
    struct text preamble = {0};
    chart_terminal_put_preamble(&preamble, &FORMAT);
    struct gnuplot *gnuplot = gnuplot_create(IMAGE_PNG, preamble.bytes);
    text_free(&preamble);
    return gnuplot;
}

START_TEST(trend_chart_is_drawn_by_gnuplot_in_less_than_100_kilobytes)
{
    const size_t batches[] = {0, 1, 2, 50, 10000};
    const size_t columns[] = {1, 3, 6, 12};
    struct gnuplot *gnuplot = start_gnuplot();
    ck_assert_ptr_nonnull(gnuplot);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
            char *script = script_of(long_stream(batches[i], columns[k]));
            size_t bytes = drawn_bytes(gnuplot, script);
            ck_assert_uint_lt(bytes, 100000);
            ck_assert_uint_gt(bytes, 2000);
            free(script);
        }
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(trend_chart_is_drawn_of_numbers_at_the_ends_of_what_doubles_hold)
{
    const double medians[] = {0, 1e15, -1e16, 1.7e308, -1.7e308, 1e-300};
    struct gnuplot *gnuplot = start_gnuplot();
    for (size_t i = 0; i < sizeof medians / sizeof *medians; i++) {
        struct trend *trend = trend_create();
        struct account account = {.outcome = OUTCOME_PROCESSED};
        put_column(&account, "constant", medians[i], 0);
        put_column(&account, "spread", medians[i], medians[i] * 1e-3);
        ck_assert(trend_add(trend, &account));
        char *script = script_of(trend);
        ck_assert_uint_gt(drawn_bytes(gnuplot, script), 5000);
        free(script);
    }
    gnuplot_free(gnuplot);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_trend_chart", trend_chart_of_a_stream_without_numbers_says_so,
                       trend_chart_says_how_many_batches_there_are_and_what_is_not_drawn,
                       trend_chart_shows_the_columns_of_now_before_those_that_came_first,
                       trend_chart_too_narrow_for_a_legend_beside_its_title_has_none,
                       trend_chart_has_a_batch_as_wide_as_it_is_and_a_gap_where_one_was_rejected,
                       trend_chart_marks_no_batch_where_none_was_rejected,
                       trend_chart_marks_a_step_of_which_some_were_rejected_and_has_no_gap_there,
                       trend_chart_has_no_more_steps_than_can_be_seen,
                       trend_chart_keeps_a_name_from_being_a_command,
                       trend_chart_is_drawn_by_gnuplot_in_less_than_100_kilobytes,
                       trend_chart_is_drawn_of_numbers_at_the_ends_of_what_doubles_hold);
}
