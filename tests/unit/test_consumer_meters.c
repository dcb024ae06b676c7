#include "common/number.h"
#include "consumer/status/meters.h"
#include "tests/unit/support.h"

START_TEST(meters_put_a_time_below_its_bound_and_one_that_is_the_bound_as_well)
{
    for (size_t i = 0; i < METERS_BOUNDS; i++) {
        struct meters meters = {.rows = 0};
        meters_took(&meters, METERS_DRAW, METERS_BOUNDS_NS[i]);
        ck_assert_uint_eq(meters.times[METERS_DRAW].counts[i], 1);
        meters_took(&meters, METERS_DRAW, METERS_BOUNDS_NS[i] + 1);
        ck_assert_uint_eq(meters.times[METERS_DRAW].counts[i + 1], 1);
        ck_assert_int_eq(meters.times[METERS_DRAW].sum_ns, 2 * METERS_BOUNDS_NS[i] + 1);
        ck_assert_int_eq(meters.times[METERS_READ].sum_ns, 0);
    }
}
END_TEST

START_TEST(meters_have_bounds_from_a_tenth_of_a_millisecond_to_ten_seconds)
{
    ck_assert_int_eq(METERS_BOUNDS_NS[0], NUMBER_NS_PER_MS / 10);
    ck_assert_int_eq(METERS_BOUNDS_NS[METERS_BOUNDS - 1], 10 * NUMBER_NS_PER_SECOND);
    for (size_t i = 1; i < METERS_BOUNDS; i++)
        ck_assert_int_gt(METERS_BOUNDS_NS[i], METERS_BOUNDS_NS[i - 1]);
}
END_TEST

START_TEST(meters_take_rows_and_bytes_of_what_was_processed_alone)
{
    struct meters meters = {.rows = 0};
    meters_decided(&meters, OUTCOME_PROCESSED, 30, 1000);
    meters_decided(&meters, OUTCOME_PROCESSED, 12, 500);
    meters_decided(&meters, OUTCOME_REJECTED, 7, 70);
    meters_decided(&meters, OUTCOME_CHANGED, 0, 90);
    ck_assert_uint_eq(meters.decided[OUTCOME_PROCESSED], 2);
    ck_assert_uint_eq(meters.decided[OUTCOME_REJECTED], 1);
    ck_assert_uint_eq(meters.decided[OUTCOME_CHANGED], 1);
    ck_assert_uint_eq(meters_batches(&meters), 3);
    ck_assert_uint_eq(meters.rows, 42);
    ck_assert_uint_eq(meters.bytes, 1500);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_meters",
                       meters_put_a_time_below_its_bound_and_one_that_is_the_bound_as_well,
                       meters_have_bounds_from_a_tenth_of_a_millisecond_to_ten_seconds,
                       meters_take_rows_and_bytes_of_what_was_processed_alone);
}
