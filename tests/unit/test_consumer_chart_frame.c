#include <math.h>
#include <string.h>

#include "consumer/chart_frame.h"
#include "consumer/chart_time.h"
#include "tests/unit/support.h"

static void assert_rounded(double low, double high, double to_low, double to_high)
{
    chart_frame_round(&low, &high, 6);
    ck_assert_msg(low == to_low && high == to_high, "%.17g to %.17g", low, high);
}

START_TEST(chart_frame_rounds_outwards_to_steps_of_1_2_or_5)
{
    assert_rounded(0, 0.93, 0, 1);
    assert_rounded(0, 30, 0, 30);
    assert_rounded(3, 97, 0, 100);
    assert_rounded(-7, 12, -10, 15);
    assert_rounded(0, 1234567, 0, 1500000);
    assert_rounded(0, 1e-9, 0, 1e-9);
}
END_TEST

START_TEST(chart_frame_moves_equal_ends_apart)
{
    double low = 5;
    double high = 5;
    chart_frame_round(&low, &high, 6);
    ck_assert(low < 5 && high > 5);
    low = high = 0;
    chart_frame_round(&low, &high, 6);
    ck_assert(low == 0 && high == 1);
}
END_TEST

START_TEST(chart_frame_leaves_alone_what_has_no_steps)
{
    assert_rounded(-1e308, 1e308, -1e308, 1e308);
    assert_rounded(1e15, nextafter(1e15, INFINITY), 1e15, nextafter(1e15, INFINITY));
}
END_TEST

static void assert_axis(double low, double high, unsigned steps, const char *expected)
{
    struct text text = {0};
    chart_frame_put_axis(&text, CHART_AXIS_Y, low, high, steps);
    ck_assert_str_eq(text.bytes == NULL ? "" : text.bytes, expected);
    text_free(&text);
}

START_TEST(chart_frame_marks_whole_steps_within_the_axis)
{
    assert_axis(0, 1, 5,
                "set yrange [0:1]\nset ytics (\"0\" 0, \"0.2\" 0.2, \"0.4\" 0.4, \"0.6\" 0.6, "
                "\"0.8\" 0.8, \"1\" 1)\n");
    assert_axis(-0.5, 2.3, 3, "set yrange [-0.5:2.3]\nset ytics (\"0\" 0, \"1\" 1, \"2\" 2)\n");
    assert_axis(-1e308, 1e308, 3, "");
}
END_TEST

START_TEST(chart_frame_has_a_mark_on_every_axis)
{
    assert_axis(0.01, 0.99, 1, "set yrange [0.01:0.99]\nset ytics (\"0.5\" 0.5)\n");
}
END_TEST

START_TEST(chart_frame_writes_large_numbers_by_their_prefix)
{
    assert_axis(0, 1500000, 3,
                "set yrange [0:1500000]\nset ytics (\"0\" 0, \"0.5M\" 500000, \"1M\" 1000000, "
                "\"1.5M\" 1500000)\n");
    assert_axis(0, 200000, 2,
                "set yrange [0:200000]\nset ytics (\"0\" 0, \"100k\" 100000, \"200k\" 200000)\n");
    assert_axis(0, 2e9, 2,
                "set yrange [0:2000000000]\nset ytics (\"0\" 0, \"1G\" 1000000000, \"2G\" "
                "2000000000)\n");
}
END_TEST

START_TEST(chart_frame_cuts_a_title_to_the_width_of_the_picture)
{
    const struct chart_size narrow = {400, 300, 1};
    struct text text = {0};
    char title[500];
    memset(title, 'w', sizeof title);
    title[sizeof title - 1] = '\0';
    chart_frame_put_title(&text, &narrow, title, title);
    ck_assert_ptr_null(strstr(text.bytes, "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "wwwwwwwwww"));
    text_free(&text);
}
END_TEST

/* ---- time ---- */

static void assert_times(double low, double high, unsigned steps, const char *marks)
{
    struct text text = {0};
    chart_time_put_axis(&text, low, high, steps);
    const char *from = strstr(text.bytes, "xtics (");
    ck_assert_ptr_nonnull(from);
    ck_assert_str_eq(from + strlen("xtics "), marks);
    text_free(&text);
}

#define DAY 86400.0

START_TEST(chart_time_marks_whole_units_of_the_calendar)
{
    assert_times(1, 31, 3, "(\"00:00:10\" 10.000, \"00:00:20\" 20.000, \"00:00:30\" 30.000)\n");
    assert_times(3599, 7300, 3, "(\"01:00\" 3600.000, \"01:30\" 5400.000, \"02:00\" 7200.000)\n");
    assert_times(0.09, 0.31, 3,
                 "(\"00:00:00.100\" 0.100, \"00:00:00.200\" 0.200, \"00:00:00.300\" 0.300)\n");
    assert_times(DAY / 2, 2 * DAY, 3,
                 "(\"12:00\" 43200.000, \"01-02\" 86400.000, \"12:00\" 129600.000, \"01-03\" "
                 "172800.000)\n");
    assert_times(31 * DAY, 120 * DAY, 3,
                 "(\"1970-02\" 2678400.000, \"1970-03\" 5097600.000, \"1970-04\" 7776000.000, "
                 "\"1970-05\" 10368000.000)\n");
    assert_times(0, 366 * 3 * DAY, 3, "(\"1970\" 0.000, \"1972\" 63072000.000)\n");
}
END_TEST

START_TEST(chart_time_has_a_mark_on_every_axis)
{
    assert_times(1, 3500, 1, "(\"00:30\" 1800.000)\n");
}
END_TEST

START_TEST(chart_time_marks_weeks_by_their_mondays)
{
    assert_times(0, 22 * DAY, 4,
                 "(\"01-05\" 345600.000, \"01-12\" 950400.000, \"01-19\" 1555200.000)\n");
}
END_TEST

START_TEST(chart_time_before_1970_and_very_long_spans_have_marks)
{
    assert_times(-10, 0, 2, "(\"23:59:50\" -10.000, \"23:59:55\" -5.000, \"00:00:00\" 0.000)\n");
    struct text text = {0};
    chart_time_put_axis(&text, -62135596800.0, 253402300799.0, 8);
    ck_assert_ptr_nonnull(strstr(text.bytes, "\"4000\""));
    ck_assert_uint_lt(text.length, 1000);
    text_free(&text);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_chart_frame", chart_frame_rounds_outwards_to_steps_of_1_2_or_5,
        chart_frame_moves_equal_ends_apart, chart_frame_leaves_alone_what_has_no_steps,
        chart_frame_marks_whole_steps_within_the_axis,
        chart_frame_writes_large_numbers_by_their_prefix,
        chart_frame_cuts_a_title_to_the_width_of_the_picture,
        chart_time_marks_whole_units_of_the_calendar, chart_time_marks_weeks_by_their_mondays,
        chart_time_has_a_mark_on_every_axis, chart_frame_has_a_mark_on_every_axis,
        chart_time_before_1970_and_very_long_spans_have_marks);
}
