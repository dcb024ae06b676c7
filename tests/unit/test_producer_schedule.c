#include "producer/schedule.h"
#include "tests/unit/support.h"

START_TEST(schedule_is_due_at_once_and_then_at_whole_intervals_from_the_start)
{
    struct schedule schedule;
    schedule_begin(&schedule, 1000, 100);
    ck_assert_int_eq(schedule.due_ns, 1000);
    schedule_next(&schedule, 1003, 1040);
    ck_assert_int_eq(schedule.due_ns, 1100);
    schedule_next(&schedule, 1107, 1199);
    ck_assert_int_eq(schedule.due_ns, 1200);
}
END_TEST

START_TEST(schedule_makes_up_for_missed_points_with_one_batch_and_no_burst)
{
    struct schedule schedule;
    schedule_begin(&schedule, 1000, 100);
    schedule_next(&schedule, 1000, 1750);
    ck_assert_int_eq(schedule.due_ns, 1750);
    schedule_next(&schedule, 1751, 1760);
    ck_assert_int_eq(schedule.due_ns, 1800);
}
END_TEST

START_TEST(schedule_of_a_batch_begun_late_goes_on_at_the_next_point)
{
    struct schedule schedule;
    schedule_begin(&schedule, 1000, 100);
    schedule_pause(&schedule, 1000, 950);
    ck_assert_int_eq(schedule.due_ns, 1950);
    schedule_next(&schedule, 1950, 1960);
    ck_assert_int_eq(schedule.due_ns, 2000);
}
END_TEST

START_TEST(schedule_without_an_interval_is_always_due)
{
    struct schedule schedule;
    schedule_begin(&schedule, 1000, 0);
    schedule_next(&schedule, 1001, 1002);
    ck_assert_int_eq(schedule.due_ns, 1002);
}
END_TEST

START_TEST(schedule_doubles_the_pause_after_trouble_up_to_half_a_minute)
{
    struct schedule schedule;
    schedule_begin(&schedule, 0, 5);
    schedule_retry(&schedule, 7);
    ck_assert_int_eq(schedule.due_ns, 7 + SCHEDULE_RETRY_FIRST_NS);
    schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, 2 * SCHEDULE_RETRY_FIRST_NS);
    for (int i = 0; i < 20; i++)
        schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, INT64_C(30000000000));
}
END_TEST

START_TEST(schedule_begins_with_a_short_pause_again_after_a_success)
{
    struct schedule schedule;
    schedule_begin(&schedule, 0, 5);
    for (int i = 0; i < 5; i++)
        schedule_retry(&schedule, 0);
    schedule_next(&schedule, 0, 1);
    schedule_retry(&schedule, 0);
    ck_assert_int_eq(schedule.due_ns, SCHEDULE_RETRY_FIRST_NS);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_schedule",
                       schedule_is_due_at_once_and_then_at_whole_intervals_from_the_start,
                       schedule_makes_up_for_missed_points_with_one_batch_and_no_burst,
                       schedule_of_a_batch_begun_late_goes_on_at_the_next_point,
                       schedule_without_an_interval_is_always_due,
                       schedule_doubles_the_pause_after_trouble_up_to_half_a_minute,
                       schedule_begins_with_a_short_pause_again_after_a_success);
}
