#include "consumer/status/pace.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND

static void assert_near(double value, double expected)
{
    ck_assert_msg(value > expected * 0.99 && value < expected * 1.01, "%g, not %g", value,
                  expected);
}

START_TEST(pace_that_is_even_is_the_mean_from_the_first_note_on)
{
    struct pace pace = pace_from(7 * SECOND);
    for (int i = 1; i <= 200; i++) {
        pace_note(&pace, (uint64_t)i * 30, 7 * SECOND + i * SECOND / 10);
        assert_near(pace.per_second, 300);
    }
    ck_assert_int_eq(pace_left_ns(&pace, 600) / SECOND, 2);
}
END_TEST

START_TEST(pace_at_the_start_is_the_mean_of_all_that_was)
{
    struct pace pace = pace_from(0);
    pace_note(&pace, 0, SECOND);
    pace_note(&pace, 100, 2 * SECOND);
    assert_near(pace.per_second, 50);
    pace_note(&pace, 200, 4 * SECOND);
    assert_near(pace.per_second, 50);
}
END_TEST

START_TEST(pace_follows_a_change_within_seconds_and_not_at_once)
{
    struct pace pace = pace_from(0);
    uint64_t done = 0;
    int64_t now_ns = 0;
    for (int i = 0; i < 600; i++)
        pace_note(&pace, done += 100, now_ns += SECOND / 10);
    assert_near(pace.per_second, 1000);
    pace_note(&pace, done += 10, now_ns += SECOND / 10);
    ck_assert(pace.per_second > 900);
    for (int i = 0; i < 500; i++)
        pace_note(&pace, done += 10, now_ns += SECOND / 10);
    assert_near(pace.per_second, 100);
}
END_TEST

/* Sums of steps are steps, but for the curve of the exponential function. */
START_TEST(pace_does_not_depend_on_how_often_it_is_noted)
{
    struct pace often = pace_from(0);
    struct pace seldom = pace_from(0);
    for (int i = 1; i <= 1000; i++) {
        uint64_t done = i <= 900 ? (uint64_t)i : 900 + (uint64_t)(i - 900) * 10;
        pace_note(&often, done, i * SECOND / 100);
        if (i % 25 == 0)
            pace_note(&seldom, done, i * SECOND / 100);
    }
    ck_assert(seldom.per_second > often.per_second * 0.95);
    ck_assert(seldom.per_second < often.per_second * 1.05);
}
END_TEST

START_TEST(pace_of_what_stands_still_or_takes_days_leaves_the_time_unknown)
{
    struct pace pace = pace_from(0);
    ck_assert_int_eq(pace_left_ns(&pace, 10), PACE_UNKNOWN);
    ck_assert_int_eq(pace_left_ns(&pace, 0), PACE_UNKNOWN);
    pace_note(&pace, 0, SECOND);
    ck_assert_int_eq(pace_left_ns(&pace, 10), PACE_UNKNOWN);
    pace_note(&pace, 1, 2 * SECOND);
    ck_assert_int_gt(pace_left_ns(&pace, 10), 0);
    ck_assert_int_eq(pace_left_ns(&pace, UINT64_MAX), PACE_UNKNOWN);
}
END_TEST

START_TEST(pace_of_work_that_shrinks_or_of_a_clock_that_stands_is_kept)
{
    struct pace pace = pace_from(0);
    pace_note(&pace, 100, SECOND);
    pace_note(&pace, 900, SECOND);
    assert_near(pace.per_second, 100);
    pace_note(&pace, 50, 2 * SECOND);
    assert_near(pace.per_second, 50);
    pace_note(&pace, 200, 3 * SECOND);
    assert_near(pace.per_second, 250.0 / 3);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_pace", pace_that_is_even_is_the_mean_from_the_first_note_on,
                       pace_at_the_start_is_the_mean_of_all_that_was,
                       pace_follows_a_change_within_seconds_and_not_at_once,
                       pace_does_not_depend_on_how_often_it_is_noted,
                       pace_of_what_stands_still_or_takes_days_leaves_the_time_unknown,
                       pace_of_work_that_shrinks_or_of_a_clock_that_stands_is_kept);
}
