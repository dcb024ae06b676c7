#include <math.h>
#include <string.h>

#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_time.h"
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

START_TEST(chart_frame_leaves_alone_what_no_axis_can_hold)
{
    assert_rounded(-1e308, 1e308, -1e308, 1e308);
}
END_TEST

START_TEST(chart_frame_moves_ends_apart_that_no_step_fits_between)
{
    double low = 1e15;
    double high = nextafter(1e15, INFINITY);
    chart_frame_round(&low, &high, 6);
    ck_assert(low < 1e15 && high > nextafter(1e15, INFINITY));
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

START_TEST(chart_frame_has_two_marks_on_every_axis)
{
    assert_axis(0.01, 0.99, 1, "set yrange [0.01:0.99]\nset ytics (\"0.2\" 0.2, \"0.6\" 0.6)\n");
    assert_axis(-45000, 45000, 2,
                "set yrange [-45000:45000]\nset ytics (\"-40000\" -40000, \"0\" 0, "
                "\"40000\" 40000)\n");
    assert_axis(-10, 25, 2, "set yrange [-10:25]\nset ytics (\"0\" 0, \"20\" 20)\n");
    for (int i = 0; i < 54; i++)
        for (unsigned steps = 1; steps <= 8; steps++) {
            double low = 0.037 * i - 1;
            struct text text = {0};
            chart_frame_put_axis(&text, CHART_AXIS_X, low, low + 1.7, steps);
            ck_assert_ptr_nonnull(strstr(text.bytes, ", "));
            text_free(&text);
        }
}
END_TEST

START_TEST(chart_frame_has_an_axis_around_what_doubles_cannot_tell_apart)
{
    struct text text = {0};
    chart_frame_put_axis(&text, CHART_AXIS_X, 9223372036854775808.0, 9223372036854775808.0, 8);
    ck_assert_ptr_nonnull(strstr(text.bytes, ", \"+5000\" "));
    text_free(&text);
}
END_TEST

START_TEST(chart_frame_writes_one_number_of_many_digits_and_the_others_as_what_they_are_more)
{
    assert_axis(1767225600, 1767225650, 2,
                "set yrange [1767225600:1767225650]\nset ytics (\"1767225600\" 1767225600, \"+50\" "
                "1767225650)\n");
    assert_axis(1e15, 1e15 + 10, 2,
                "set yrange [1e+15:1.00000000000001e+15]\nset ytics (\"1e+15\" 1e+15, \"+5\" "
                "1000000000000005, \"+10\" 1.00000000000001e+15)\n");
    assert_axis(-1000000, -999990, 2,
                "set yrange [-1000000:-999990]\nset ytics (\"-1000000\" -1000000, \"+5\" -999995, "
                "\"+10\" -999990)\n");
    assert_axis(1000000, 1000200, 2,
                "set yrange [1000000:1000200]\nset ytics (\"1M\" 1000000, \"1.0001M\" 1000100, "
                "\"1.0002M\" 1000200)\n");
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
    (void)chart_time_put_axis(&text, low, high, steps, true);
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
                 "(\"00:00:00.1\" 0.100, \"00:00:00.2\" 0.200, \"00:00:00.3\" 0.300)\n");
    assert_times(DAY / 2, 2 * DAY, 3,
                 "(\"12:00\" 43200.000, \"01-02\" 86400.000, \"12:00\" 129600.000, \"01-03\" "
                 "172800.000)\n");
    assert_times(31 * DAY, 120 * DAY, 3,
                 "(\"1970-02\" 2678400.000, \"1970-03\" 5097600.000, \"1970-04\" 7776000.000, "
                 "\"1970-05\" 10368000.000)\n");
    assert_times(0, 366 * 3 * DAY, 3, "(\"1970\" 0.000, \"1972\" 63072000.000)\n");
}
END_TEST

START_TEST(chart_time_has_two_marks_on_every_axis)
{
    assert_times(1, 3500, 1, "(\"00:15\" 900.000, \"00:30\" 1800.000, \"00:45\" 2700.000)\n");
    assert_times(1, 4.7 * DAY, 2, "(\"01-03\" 172800.000, \"01-05\" 345600.000)\n");
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
    (void)chart_time_put_axis(&text, -62135596800.0, 253402300799.0, 8, true);
    ck_assert_ptr_nonnull(strstr(text.bytes, "\"4000\""));
    ck_assert_uint_lt(text.length, 1000);
    text_free(&text);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_chart_frame", chart_frame_rounds_outwards_to_steps_of_1_2_or_5,
        chart_frame_moves_equal_ends_apart, chart_frame_leaves_alone_what_no_axis_can_hold,
        chart_frame_moves_ends_apart_that_no_step_fits_between,
        chart_frame_marks_whole_steps_within_the_axis,
        chart_frame_writes_large_numbers_by_their_prefix,
        chart_frame_cuts_a_title_to_the_width_of_the_picture,
        chart_time_marks_whole_units_of_the_calendar, chart_time_marks_weeks_by_their_mondays,
        chart_time_has_two_marks_on_every_axis, chart_frame_has_two_marks_on_every_axis,
        chart_frame_has_an_axis_around_what_doubles_cannot_tell_apart,
        chart_frame_writes_one_number_of_many_digits_and_the_others_as_what_they_are_more,
        chart_time_before_1970_and_very_long_spans_have_marks);
}
