#include <string.h>

#include "producer/moment.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

static int64_t parse(const char *text)
{
    int64_t milliseconds = -1;
    return moment_parse(text, strlen(text), &milliseconds) ? milliseconds : -1;
}

START_TEST(moment_reads_rfc_3339_with_any_offset)
{
    ck_assert_int_eq(parse("1970-01-01T00:00:00Z"), 0);
    ck_assert_int_eq(parse("2026-11-23T10:15:00Z"), INT64_C(1795428900000));
    ck_assert_int_eq(parse("2026-11-23t11:45:00+01:30"), INT64_C(1795428900000));
    ck_assert_int_eq(parse("2026-11-23T09:15:00.250-01:00"), INT64_C(1795428900250));
    ck_assert_int_eq(parse("2026-11-23T10:15:00.5Z"), INT64_C(1795428900500));
    ck_assert_int_eq(parse("9999-12-31T23:59:59.999Z"), MOMENT_LAST);
    ck_assert_int_eq(parse("2024-02-29T00:00:00Z"), INT64_C(1709164800000));
}
END_TEST

START_TEST(moment_refuses_what_is_none)
{
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T10:15:00",
        "2026-11-23 10:15:00Z",
        "2026-11-23T10:15Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T10:60:00Z",
        "2026-11-23T10:15:60Z",
        "2026-11-23T10:15:00.Z",
        "2026-11-23T10:15:00.1234Z",
        "2026-11-23T10:15:00+1:00",
        "2026-11-23T10:15:00+24:00",
        "2026-11-23T10:15:00ZZ",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:30:00+01:00",
        "9999-12-31T23:30:00-01:00",
        "x026-11-23T10:15:00Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse(bad[i]) == -1, "%s", bad[i]);
}
END_TEST

START_TEST(moment_knows_the_days_of_the_calendar)
{
    ck_assert(moment_is_date("2024-02-29", 10));
    ck_assert(!moment_is_date("2023-02-29", 10));
    ck_assert(!moment_is_date("2024-02-2", 9));
    ck_assert(!moment_is_date("2024/02/29", 10));
}
END_TEST

static const char *write_once(struct moment_writer *writer, int64_t milliseconds)
{
    static char text[2 * CLOCK_TIMESTAMP_SIZE];
    *moment_write(writer, text, milliseconds) = '\0';
    return text;
}

/* In any order, so that each field has to follow. */
START_TEST(moment_writes_what_the_clock_writes)
{
    struct moment_writer writer;
    uint64_t chance = 1;
    moment_begin(&writer, MOMENT_SECONDS);
    for (int i = 0; i < 100000; i++) {
        char expected[CLOCK_TIMESTAMP_SIZE];
        int64_t second = i % 3 == 0 ? (int64_t)chance_below(&chance, 253402300800)
                                    : 1795428900 + (int64_t)i * 61;
        clock_format_seconds(expected, second);
        ck_assert_str_eq(write_once(&writer, second * 1000 + 999), expected);
    }
}
END_TEST

START_TEST(moment_writes_dates_and_milliseconds_where_asked)
{
    struct moment_writer writer;
    moment_begin(&writer, MOMENT_DATE);
    ck_assert_str_eq(write_once(&writer, INT64_C(1795428900007)), "2026-11-23");
    moment_begin(&writer, MOMENT_MILLISECONDS);
    ck_assert_str_eq(write_once(&writer, INT64_C(1795428900007)), "2026-11-23T10:15:00.007Z");
    ck_assert_str_eq(write_once(&writer, INT64_C(1795428959990)), "2026-11-23T10:15:59.990Z");
}
END_TEST

START_TEST(moment_stays_between_1970_and_9999)
{
    struct moment_writer writer;
    moment_begin(&writer, MOMENT_SECONDS);
    ck_assert_str_eq(write_once(&writer, -1), "1970-01-01T00:00:00Z");
    ck_assert_str_eq(write_once(&writer, INT64_MAX), "9999-12-31T23:59:59Z");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_moment", moment_reads_rfc_3339_with_any_offset, moment_refuses_what_is_none,
        moment_knows_the_days_of_the_calendar, moment_writes_what_the_clock_writes,
        moment_writes_dates_and_milliseconds_where_asked, moment_stays_between_1970_and_9999);
}
