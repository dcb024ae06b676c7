#include "producer/schedule.h"

#include <stdlib.h>

#include "tests/unit/support.h"

#define SECOND INT64_C(1000000000)

static struct schedule schedule;

static void begin(int64_t now_ns, struct schedule_plan plan)
{
    schedule_begin(&schedule, &plan, now_ns);
}

#define INTERVAL(length) ((struct schedule_plan){.interval_ns = (length), .burst = 1})
#define RATE(rows) ((struct schedule_plan){.rate_rows = (rows), .rate_per_ns = SECOND, .burst = 1})

/* A batch that is begun when it is due and takes no time. */
static int64_t pass(uint64_t rows)
{
    int64_t due_ns = schedule.due_ns;
    schedule_next(&schedule, rows, due_ns, due_ns);
    return due_ns;
}

START_TEST(schedule_is_due_at_once_and_then_at_whole_intervals_from_the_start)
{
    begin(1000, INTERVAL(100));
    ck_assert_int_eq(schedule.due_ns, 1000);
    schedule_next(&schedule, 1, 1003, 1040);
    ck_assert_int_eq(schedule.due_ns, 1100);
    schedule_next(&schedule, 1, 1107, 1199);
    ck_assert_int_eq(schedule.due_ns, 1200);
}
END_TEST

START_TEST(schedule_makes_up_for_missed_points_with_one_batch_and_no_burst)
{
    begin(1000, INTERVAL(100));
    schedule_next(&schedule, 1, 1000, 1750);
    ck_assert_int_eq(schedule.due_ns, 1750);
    schedule_next(&schedule, 1, 1751, 1760);
    ck_assert_int_eq(schedule.due_ns, 1800);
}
END_TEST

START_TEST(schedule_of_a_batch_begun_late_goes_on_at_the_next_point)
{
    begin(1000, INTERVAL(100));
    schedule_pause(&schedule, 1000, 950);
    ck_assert_int_eq(schedule.due_ns, 1950);
    schedule_next(&schedule, 1, 1950, 1960);
    ck_assert_int_eq(schedule.due_ns, 2000);
}
END_TEST

START_TEST(schedule_without_an_interval_is_always_due)
{
    begin(1000, INTERVAL(0));
    schedule_next(&schedule, 1, 1001, 1002);
    ck_assert_int_eq(schedule.due_ns, 1002);
}
END_TEST

/* --- jitter ---------------------------------------------------------------------------------- */

static struct schedule_plan with_jitter(uint64_t percent, uint64_t seed)
{
    return (struct schedule_plan){
        .interval_ns = SECOND, .jitter_percent = percent, .burst = 1, .seed = seed};
}

START_TEST(schedule_with_jitter_keeps_every_distance_within_it)
{
    int64_t shortest = 10 * SECOND;
    int64_t longest = 0;
    begin(77, with_jitter(20, 5));
    int64_t before = pass(1);
    for (int i = 0; i < 10000; i++) {
        int64_t due_ns = pass(1);
        int64_t distance = due_ns - before;
        shortest = distance < shortest ? distance : shortest;
        longest = distance > longest ? distance : longest;
        before = due_ns;
    }
    ck_assert_int_ge(shortest, SECOND * 80 / 100);
    ck_assert_int_lt(shortest, SECOND * 82 / 100);
    ck_assert_int_le(longest, SECOND * 120 / 100);
    ck_assert_int_gt(longest, SECOND * 118 / 100);
}
END_TEST

START_TEST(schedule_with_jitter_never_drifts_from_its_points)
{
    begin(0, with_jitter(100, 9));
    for (int64_t k = 0; k < 100000; k++)
        ck_assert_int_le(llabs(pass(1) - k * SECOND), SECOND / 2);
}
END_TEST

START_TEST(schedule_draws_its_jitter_from_the_seed_and_the_point_alone)
{
    int64_t points[100];
    begin(0, with_jitter(50, 1));
    for (size_t i = 0; i < 100; i++)
        points[i] = pass(1);
    begin(0, with_jitter(50, 1));
    schedule_next(&schedule, 1, 0, 0);
    schedule_pause(&schedule, 0, 50 * SECOND); /* a reader was waited for */
    schedule_next(&schedule, 1, points[50], points[50]);
    ck_assert_int_eq(schedule.due_ns, points[51]);
    begin(0, with_jitter(50, 2));
    schedule_next(&schedule, 1, 0, 0);
    ck_assert_int_ne(schedule.due_ns, points[1]);
}
END_TEST

START_TEST(schedule_is_the_same_whenever_the_clock_began)
{
    for (uint64_t percent = 0; percent <= 100; percent += 50) {
        struct schedule early;
        struct schedule late;
        struct schedule_plan plan = with_jitter(percent, 3);
        schedule_begin(&early, &plan, 0);
        schedule_begin(&late, &plan, INT64_C(4000000000000000000));
        for (int i = 0; i < 100; i++) {
            ck_assert_int_eq(late.due_ns - early.due_ns, INT64_C(4000000000000000000));
            schedule_next(&early, 1, early.due_ns, early.due_ns + 7);
            schedule_next(&late, 1, late.due_ns, late.due_ns + 7);
        }
    }
}
END_TEST

START_TEST(schedule_takes_the_longest_interval_the_longest_burst_and_all_jitter)
{
    begin(5, (struct schedule_plan){
                 .interval_ns = 24 * 3600 * SECOND, .jitter_percent = 100, .burst = 10000});
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(pass(1), 5);
    ck_assert_int_ge(schedule.due_ns, 10000 * 12 * 3600 * SECOND);
    ck_assert_int_le(schedule.due_ns, 10000 * 36 * 3600 * SECOND + 5);
}
END_TEST

/* --- bursts ---------------------------------------------------------------------------------- */

START_TEST(schedule_with_bursts_has_as_many_batches_in_the_long_run)
{
    begin(0, (struct schedule_plan){.interval_ns = 100, .burst = 3});
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(pass(1), i / 3 * 300);
}
END_TEST

START_TEST(schedule_with_a_burst_that_runs_over_a_point_makes_up_for_it_with_one_burst)
{
    begin(0, (struct schedule_plan){.interval_ns = 100, .burst = 2});
    schedule_next(&schedule, 1, 0, 90);
    ck_assert_int_eq(schedule.due_ns, 90);
    schedule_next(&schedule, 1, 250, 710);
    ck_assert_int_eq(schedule.due_ns, 710);
    schedule_next(&schedule, 1, 710, 711);
    schedule_next(&schedule, 1, 711, 712);
    ck_assert_int_eq(schedule.due_ns, 800);
}
END_TEST

START_TEST(schedule_goes_on_with_a_burst_behind_a_pause)
{
    begin(0, (struct schedule_plan){.interval_ns = 100, .burst = 3});
    schedule_next(&schedule, 1, 0, 1);
    schedule_pause(&schedule, 1, 9);
    schedule_next(&schedule, 1, 10, 11);
    ck_assert_int_eq(schedule.due_ns, 11);
    schedule_next(&schedule, 1, 11, 12);
    ck_assert_int_eq(schedule.due_ns, 300);
}
END_TEST

/* --- rates ----------------------------------------------------------------------------------- */

START_TEST(schedule_by_rate_gives_each_batch_the_time_of_its_rows)
{
    begin(0, RATE(1000));
    (void)pass(20);
    ck_assert_int_eq(pass(60), SECOND * 20 / 1000);
    ck_assert_int_eq(schedule.due_ns, SECOND * 80 / 1000);
}
END_TEST

/* A third of a nanosecond a row: what is cut off is kept for the next. */
START_TEST(schedule_by_rate_adds_up_no_rounding)
{
    begin(0, RATE(UINT64_C(3000000000)));
    for (int i = 0; i < 300000; i++)
        (void)pass(1);
    ck_assert_int_eq(schedule.due_ns, 100000);
}
END_TEST

START_TEST(schedule_by_rate_makes_up_for_a_slow_moment)
{
    begin(0, RATE(1000));
    schedule_next(&schedule, 100, 0, SECOND * 7 / 10);
    ck_assert_int_eq(schedule.due_ns, SECOND / 10);
    for (int i = 0; i < 9; i++)
        schedule_next(&schedule, 100, SECOND * 7 / 10, SECOND * 7 / 10);
    ck_assert_int_eq(schedule.due_ns, SECOND);
}
END_TEST

START_TEST(schedule_by_rate_makes_up_for_a_second_and_no_more)
{
    begin(0, RATE(1000));
    schedule_next(&schedule, 100, 0, 3600 * SECOND);
    ck_assert_int_eq(schedule.due_ns, 3599 * SECOND);
}
END_TEST

START_TEST(schedule_by_rate_has_bursts_and_then_the_time_of_all_their_rows)
{
    begin(0, (struct schedule_plan){.rate_rows = 1000, .rate_per_ns = SECOND, .burst = 4});
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pass(50), 0);
    ck_assert_int_eq(schedule.due_ns, SECOND * 200 / 1000);
}
END_TEST

START_TEST(schedule_by_rate_takes_millions_of_rows_at_one_an_hour)
{
    begin(SECOND,
          (struct schedule_plan){.rate_rows = 1, .rate_per_ns = 3600 * SECOND, .burst = 10000});
    for (int i = 0; i < 10000; i++)
        schedule_next(&schedule, 10000000, SECOND, SECOND);
    ck_assert_int_gt(schedule.due_ns, 50 * INT64_C(365) * 24 * 3600 * SECOND);
}
END_TEST

/* --- trouble --------------------------------------------------------------------------------- */

START_TEST(schedule_is_crowded_where_batches_may_be_due_at_once)
{
    begin(0, INTERVAL(100));
    ck_assert(!schedule_is_crowded(&schedule));
    begin(0, INTERVAL(0));
    ck_assert(schedule_is_crowded(&schedule));
    begin(0, RATE(1));
    ck_assert(schedule_is_crowded(&schedule));
    begin(0, (struct schedule_plan){.interval_ns = 100, .burst = 2});
    ck_assert(schedule_is_crowded(&schedule));
}
END_TEST

START_TEST(schedule_doubles_the_pause_after_trouble_up_to_half_a_minute)
{
    begin(0, INTERVAL(5));
    schedule_retry(&schedule, 7);
    ck_assert_int_eq(schedule.due_ns, 7 + SCHEDULE_RETRY_FIRST_NS);
    schedule_next(&schedule, 1, 8, 9); /* made anew, and failed once more */
    schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, 2 * SCHEDULE_RETRY_FIRST_NS);
    for (int i = 0; i < 20; i++)
        schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, INT64_C(30000000000));
}
END_TEST

START_TEST(schedule_begins_with_a_short_pause_again_after_a_success)
{
    begin(0, INTERVAL(5));
    for (int i = 0; i < 5; i++)
        schedule_retry(&schedule, 0);
    schedule_succeed(&schedule);
    schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, SCHEDULE_RETRY_FIRST_NS);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_schedule", schedule_is_due_at_once_and_then_at_whole_intervals_from_the_start,
        schedule_makes_up_for_missed_points_with_one_batch_and_no_burst,
        schedule_of_a_batch_begun_late_goes_on_at_the_next_point,
        schedule_without_an_interval_is_always_due,
        schedule_with_jitter_keeps_every_distance_within_it,
        schedule_with_jitter_never_drifts_from_its_points,
        schedule_draws_its_jitter_from_the_seed_and_the_point_alone,
        schedule_is_the_same_whenever_the_clock_began,
        schedule_takes_the_longest_interval_the_longest_burst_and_all_jitter,
        schedule_with_bursts_has_as_many_batches_in_the_long_run,
        schedule_with_a_burst_that_runs_over_a_point_makes_up_for_it_with_one_burst,
        schedule_goes_on_with_a_burst_behind_a_pause,
        schedule_by_rate_gives_each_batch_the_time_of_its_rows,
        schedule_by_rate_adds_up_no_rounding, schedule_by_rate_makes_up_for_a_slow_moment,
        schedule_by_rate_makes_up_for_a_second_and_no_more,
        schedule_by_rate_has_bursts_and_then_the_time_of_all_their_rows,
        schedule_by_rate_takes_millions_of_rows_at_one_an_hour,
        schedule_is_crowded_where_batches_may_be_due_at_once,
        schedule_doubles_the_pause_after_trouble_up_to_half_a_minute,
        schedule_begins_with_a_short_pause_again_after_a_success);
}
