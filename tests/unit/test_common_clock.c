#include "common/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/support.h"

START_TEST(the_epoch_is_the_first_second_of_1970)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    clock_format_seconds(text, 0);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
}
END_TEST

START_TEST(a_leap_day_is_shown_as_one)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    clock_format_seconds(text, INT64_C(1709164800));
    ck_assert_str_eq(text, "2024-02-29T00:00:00Z");
}
END_TEST

START_TEST(seconds_past_2038_do_not_wrap)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    clock_format_seconds(text, INT64_C(1) << 31);
    ck_assert_str_eq(text, "2038-01-19T03:14:08Z");
}
END_TEST

START_TEST(years_without_a_form_in_rfc_3339_are_shown_at_the_edge)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    clock_format_seconds(text, INT64_MAX);
    ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
    clock_format_seconds(text, INT64_MIN);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
}
END_TEST

START_TEST(the_local_time_zone_has_no_say)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    ck_assert_int_eq(setenv("TZ", "Asia/Kathmandu-5:45", 1), 0);
    tzset();
    clock_format_seconds(text, 0);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
}
END_TEST

START_TEST(now_is_shown_with_milliseconds)
{
    char text[CLOCK_TIMESTAMP_SIZE];
    clock_format_now(text);
    ck_assert_uint_eq(strlen(text), strlen("2026-11-23T10:15:00.123Z"));
    for (const char *shape = "dddd-dd-ddTdd:dd:dd.dddZ", *at = text; *shape != '\0'; shape++, at++)
        ck_assert_msg(*shape == 'd' ? *at >= '0' && *at <= '9' : *at == *shape, "%s", text);
}
END_TEST

START_TEST(now_is_the_wall_clock)
{
    char before[CLOCK_TIMESTAMP_SIZE];
    char text[CLOCK_TIMESTAMP_SIZE];
    char after[CLOCK_TIMESTAMP_SIZE];
    clock_format_seconds(before, clock_wall_ns() / 1000000000);
    clock_format_now(text);
    clock_format_seconds(after, clock_wall_ns() / 1000000000);
    const size_t seconds = strlen("2026-11-23T10:15:00");
    ck_assert_int_le(strncmp(before, text, seconds), 0);
    ck_assert_int_le(strncmp(text, after, seconds), 0);
}
END_TEST

START_TEST(the_wall_clock_counts_nanoseconds_since_1970)
{
    int64_t by_time = (int64_t)time(NULL);
    int64_t by_clock = clock_wall_ns() / 1000000000;
    ck_assert_int_ge(by_clock, by_time - 1);
    ck_assert_int_le(by_clock, by_time + 1);
}
END_TEST

START_TEST(the_monotonic_clock_counts_nanoseconds_and_never_steps_back)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int64_t start = clock_now_ns();
    ck_assert_int_eq(nanosleep(&pause, NULL), 0);
    int64_t slept = clock_now_ns() - start;
    ck_assert_int_ge(slept, 20000000);
    ck_assert_int_lt(slept, INT64_C(10000000000));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_clock", the_epoch_is_the_first_second_of_1970,
                       a_leap_day_is_shown_as_one, seconds_past_2038_do_not_wrap,
                       years_without_a_form_in_rfc_3339_are_shown_at_the_edge,
                       the_local_time_zone_has_no_say, now_is_shown_with_milliseconds,
                       now_is_the_wall_clock, the_wall_clock_counts_nanoseconds_since_1970,
                       the_monotonic_clock_counts_nanoseconds_and_never_steps_back);
}
