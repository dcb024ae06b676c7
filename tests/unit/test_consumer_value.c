#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "consumer/value.h"
#include "tests/unit/support.h"

#define INTEGER VALUE_TYPE_BIT(VALUE_INTEGER)
#define NUMBER VALUE_TYPE_BIT(VALUE_NUMBER)
#define BOOLEAN VALUE_TYPE_BIT(VALUE_BOOLEAN)
#define DATE VALUE_TYPE_BIT(VALUE_DATE)
#define TIME VALUE_TYPE_BIT(VALUE_TIME)
#define DATETIME VALUE_TYPE_BIT(VALUE_DATETIME)
#define STRING VALUE_TYPE_BIT(VALUE_STRING)

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct value read(const char *cell)
{
    struct value value;
    value_read(cell, strlen(cell), &value);
    return value;
}

/* Every cell of the list is exactly these types, and text besides. */
static void assert_types(const char *const *cells, size_t count, value_types types)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(read(cells[i]).types == (types | STRING), "'%s' is 0x%x, not 0x%x", cells[i],
                      read(cells[i]).types, types | STRING);
}

START_TEST(value_reads_whole_numbers_up_to_the_limits_of_64_bits)
{
    static const struct {
        const char *cell;
        int64_t integer;
    } ROWS[] = {{"7", 7},
                {"-7", -7},
                {"+7", 7},
                {"007", 7},
                {"-0", 0},
                {"9007199254740993", INT64_C(9007199254740993)},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct value value = read(ROWS[i].cell);
        ck_assert_msg((value.types & ~BOOLEAN) == (INTEGER | NUMBER | STRING), "%s", ROWS[i].cell);
        ck_assert_int_eq(value.integer, ROWS[i].integer);
        ck_assert_double_eq(value.number, (double)ROWS[i].integer);
    }
}
END_TEST

START_TEST(value_reads_a_whole_number_beyond_64_bits_as_a_number_only)
{
    static const char *const CELLS[] = {"9223372036854775808", "-9223372036854775809",
                                        "100000000000000000000000000000000000000000"};
    assert_types(CELLS, COUNT(CELLS), NUMBER);
    ck_assert_double_eq(read(CELLS[0]).number, 9223372036854775808.0);
    ck_assert_double_eq(read(CELLS[2]).number, 1e41);
}
END_TEST

START_TEST(value_reads_decimals_and_exponents_as_numbers)
{
    static const struct {
        const char *cell;
        double number;
    } ROWS[] = {{"1.5", 1.5},
                {".5", 0.5},

                {"-2.25e-3", -0.00225},
                {"1E3", 1000},
                {"0.1", 0.1},
                {"4.9e-324", 4.9e-324},
                {"1.7976931348623157e308", 1.7976931348623157e308},
                {"1e-999", 0}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct value value = read(ROWS[i].cell);
        ck_assert_msg(value.types == (NUMBER | STRING), "%s", ROWS[i].cell);
        ck_assert_double_eq(value.number, ROWS[i].number);
    }
}
END_TEST

START_TEST(value_beyond_the_range_of_a_double_is_infinite)
{
    ck_assert_double_eq(read("1e999").number, (double)INFINITY);
    ck_assert_double_eq(read("-1e999").number, -(double)INFINITY);
    ck_assert_uint_eq(read("1e999").types, NUMBER | STRING);
}
END_TEST

START_TEST(value_reads_nan_and_infinity_in_any_case_as_numbers)
{
    static const char *const CELLS[] = {"nan", "NaN",  "NAN",      "+nan",      "-NaN",
                                        "inf", "-Inf", "Infinity", "-INFINITY", "+inf"};
    assert_types(CELLS, COUNT(CELLS), NUMBER);
    for (size_t i = 0; i < 5; i++)
        ck_assert_double_nan(read(CELLS[i]).number);
    for (size_t i = 5; i < COUNT(CELLS); i++)
        ck_assert_double_eq(read(CELLS[i]).number,
                            CELLS[i][0] == '-' ? -(double)INFINITY : (double)INFINITY);
}
END_TEST

START_TEST(value_minus_zero_is_zero)
{
    static const char *const CELLS[] = {"-0", "-0.0", "-0e5", "-1e-999"};
    for (size_t i = 0; i < COUNT(CELLS); i++) {
        ck_assert_double_eq(read(CELLS[i]).number, 0);
        ck_assert_msg(signbit(read(CELLS[i]).number) == 0, "%s keeps its sign", CELLS[i]);
    }
}
END_TEST

START_TEST(value_that_only_looks_like_a_number_is_a_string)
{
    static const char *const CELLS[] = {"1,5",
                                        "1.",
                                        "0x10",
                                        "0x1p3",
                                        "1e",
                                        "e5",
                                        ".",
                                        "-",
                                        "+",
                                        "--1",
                                        "+-1",
                                        "1_000",
                                        "1 000",
                                        "1.2.3",
                                        "1e5.5",
                                        "1e+",
                                        "12abc",
                                        "nanny",
                                        "nan(1)",
                                        "infin",
                                        "infinit",
                                        "infinity!",
                                        "1f",
                                        "1L",
                                        "\xC2\xBD",
                                        ("\xE2\x88\x92"
                                         "1"),
                                        "1\n",
                                        "#1",
                                        "$5",
                                        "50%",
                                        "NULL",
                                        "None"};
    assert_types(CELLS, COUNT(CELLS), 0);
}
END_TEST

START_TEST(value_reads_eight_words_as_booleans)
{
    static const char *const WORDS[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    assert_types(WORDS, COUNT(WORDS), BOOLEAN);
    for (size_t i = 0; i < COUNT(WORDS); i++)
        ck_assert_int_eq(read(WORDS[i]).boolean, i < 3);
    ck_assert_uint_eq(read("1").types, INTEGER | NUMBER | BOOLEAN | STRING);
    ck_assert_uint_eq(read("0").types, INTEGER | NUMBER | BOOLEAN | STRING);
    ck_assert(read("1").boolean);
    ck_assert(!read("0").boolean);
}
END_TEST

START_TEST(value_other_words_and_digits_are_no_booleans)
{
    static const char *const WORDS[] = {"tRUE", "t", "f", "yes", "no", "truee", "fals", "on"};
    static const char *const DIGITS[] = {"2", "01", "00", "+1", "-1", "10"};
    assert_types(WORDS, COUNT(WORDS), 0);
    assert_types(DIGITS, COUNT(DIGITS), INTEGER | NUMBER);
}
END_TEST

START_TEST(value_reads_days_of_the_calendar_as_dates_and_datetimes)
{
    static const struct {
        const char *cell;
        int64_t days;
    } ROWS[] = {{"1970-01-01", 0},       {"1970-01-02", 1},      {"1969-12-31", -1},
                {"2000-02-29", 11016},   {"2024-02-29", 19782},  {"1900-03-01", -25508},
                {"0001-01-01", -719162}, {"9999-12-31", 2932896}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct value value = read(ROWS[i].cell);
        ck_assert_msg(value.types == (DATE | DATETIME | STRING), "%s", ROWS[i].cell);
        ck_assert_msg(value.seconds == ROWS[i].days * 86400, "%s is %" PRId64, ROWS[i].cell,
                      value.seconds);
    }
}
END_TEST

START_TEST(value_refuses_days_that_the_calendar_does_not_have)
{
    static const char *const CELLS[] = {
        "2026-02-29", "1900-02-29", "2100-02-29",  "2024-02-30",  "2026-04-31", "2026-13-01",
        "2026-00-10", "2026-01-00", "2026-01-32",  "2026-1-1",    "26-01-01",   "2026/01/01",
        "20260101",   "2026-01",    "2026-01-01x", "02026-01-01", "-2026-01-01"};
    for (size_t i = 0; i < COUNT(CELLS); i++)
        ck_assert_msg((read(CELLS[i]).types & (DATE | DATETIME)) == 0, "%s is a date", CELLS[i]);
}
END_TEST

START_TEST(value_reads_times_of_day_to_the_nanosecond)
{
    static const struct {
        const char *cell;
        int64_t seconds;
        int32_t nanoseconds;
    } ROWS[] = {{"00:00:00", 0, 0},
                {"10:15", 36900, 0},
                {"10:15:30", 36930, 0},
                {"23:59:59.999999999", 86399, 999999999},
                {"10:15:30.5", 36930, 500000000},
                {"10:15:30.1234567899", 36930, 123456789}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct value value = read(ROWS[i].cell);
        ck_assert_msg(value.types == (TIME | STRING), "%s", ROWS[i].cell);
        ck_assert_int_eq(value.seconds, ROWS[i].seconds);
        ck_assert_int_eq(value.nanoseconds, ROWS[i].nanoseconds);
    }
}
END_TEST

START_TEST(value_refuses_times_that_no_clock_shows)
{
    static const char *const CELLS[] = {"24:00:00", "23:60:00", "10:15:61",   "1:15:00",
                                        "10:15:",   "10:15:3",  "10:15:30.",  "10:15:30Z",
                                        "10:1",     "10:15.5",  "10:15:30,5", "10:15:30 pm"};
    assert_types(CELLS, COUNT(CELLS), 0);
}
END_TEST

START_TEST(value_counts_the_offset_of_a_datetime_into_its_moment)
{
    static const struct {
        const char *cell;
        int64_t seconds;
        int32_t nanoseconds;
    } ROWS[] = {{"2026-11-23T10:15:00Z", 1795428900, 0},
                {"2026-11-23T10:15:00", 1795428900, 0},
                {"2026-11-23 10:15:00", 1795428900, 0},
                {"2026-11-23T10:15Z", 1795428900, 0},
                {"2026-11-23T11:15:00+01:00", 1795428900, 0},
                {"2026-11-23T11:15:00+0100", 1795428900, 0},
                {"2026-11-23T04:45:00-05:30", 1795428900, 0},
                {"2026-11-24T00:15:00.25+14:00", 1795428900, 250000000},
                {"1970-01-01T00:00:00+00:01", -60, 0}};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct value value = read(ROWS[i].cell);
        ck_assert_msg(value.types == (DATETIME | STRING), "%s", ROWS[i].cell);
        ck_assert_msg(value.seconds == ROWS[i].seconds, "%s is %" PRId64, ROWS[i].cell,
                      value.seconds);
        ck_assert_int_eq(value.nanoseconds, ROWS[i].nanoseconds);
    }
}
END_TEST

START_TEST(value_refuses_datetimes_with_anything_left_over_or_missing)
{
    static const char *const CELLS[] = {"2026-11-23T",
                                        "2026-11-23T10",
                                        "2026-11-23T10:15:00ZZ",
                                        "2026-11-23T10:15:00+",
                                        "2026-11-23T10:15:00+1",
                                        "2026-11-23T10:15:00+24:00",
                                        "2026-11-23T10:15:00+01:60",
                                        "2026-11-23T10:15:00 +01:00",
                                        "2026-11-23  10:15:00",
                                        "2026-11-23T24:00:00Z",
                                        "2026-02-30T10:15:00Z",
                                        "2026-11-23Z",
                                        "2026-11-23T10:15:00+01:00x"};
    assert_types(CELLS, COUNT(CELLS), 0);
}
END_TEST

START_TEST(value_of_a_datetime_longer_than_any_is_a_string)
{
    assert_types((const char *const[]){"2026-11-23T10:15:00.00000000000000000000000000000Z"}, 1, 0);
}
END_TEST

START_TEST(value_does_not_mind_spaces_around_all_but_strings)
{
    ck_assert_uint_eq(read(" 7").types, INTEGER | NUMBER | STRING);
    ck_assert_int_eq(read("\t7 \t").integer, 7);
    ck_assert_uint_eq(read(" 1.5 ").types, NUMBER | STRING);
    ck_assert_uint_eq(read(" true ").types, BOOLEAN | STRING);
    ck_assert_uint_eq(read("  2026-11-23 ").types, DATE | DATETIME | STRING);
    ck_assert_uint_eq(read(" 10:15:00 ").types, TIME | STRING);
    ck_assert_uint_eq(read("\n7").types, STRING);
}
END_TEST

START_TEST(value_is_missing_only_in_an_empty_cell)
{
    ck_assert(value_is_missing("", 0));
    ck_assert(!value_is_missing(" ", 1));
    ck_assert_uint_eq(read("   ").types, STRING);
}
END_TEST

START_TEST(value_of_bytes_that_are_no_text_is_a_string)
{
    struct value value;
    value_read("1\0", 2, &value);
    ck_assert_uint_eq(value.types, STRING);
    value_read("\0", 1, &value);
    ck_assert_uint_eq(value.types, STRING);
    value_read("\xFF\xFE", 2, &value);
    ck_assert_uint_eq(value.types, STRING);
}
END_TEST

START_TEST(value_of_a_long_cell_of_digits_is_read_whole)
{
    char digits[400];
    struct value value;
    memset(digits, '9', sizeof digits);
    value_read(digits, 300, &value);
    ck_assert_uint_eq(value.types, NUMBER | STRING);
    ck_assert_double_eq(value.number, 1e300);
    value_read(digits, sizeof digits, &value);
    ck_assert_double_eq(value.number, (double)INFINITY);
}
END_TEST

START_TEST(value_type_of_a_set_is_its_narrowest)
{
    for (int type = VALUE_INTEGER; type < VALUE_TYPE_COUNT; type++) {
        value_types from_here = VALUE_ALL_TYPES & ~(VALUE_TYPE_BIT(type) - 1u);
        ck_assert_int_eq(value_narrowest(from_here), type);
        ck_assert_int_eq(value_narrowest(VALUE_TYPE_BIT(type) | STRING), type);
        ck_assert_int_eq(value_type_is_numeric((enum value_type)type), type <= VALUE_NUMBER);
    }
}
END_TEST

START_TEST(value_type_words_are_those_of_frictionless)
{
    static const char *const WORDS[] = {"integer", "number",   "boolean", "date",
                                        "time",    "datetime", "string"};
    ck_assert_uint_eq(COUNT(WORDS), VALUE_TYPE_COUNT);
    for (int type = 0; type < VALUE_TYPE_COUNT; type++)
        ck_assert_str_eq(value_type_word((enum value_type)type), WORDS[type]);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_value", value_reads_whole_numbers_up_to_the_limits_of_64_bits,
        value_reads_a_whole_number_beyond_64_bits_as_a_number_only,
        value_reads_decimals_and_exponents_as_numbers,
        value_beyond_the_range_of_a_double_is_infinite,
        value_reads_nan_and_infinity_in_any_case_as_numbers, value_minus_zero_is_zero,
        value_that_only_looks_like_a_number_is_a_string, value_reads_eight_words_as_booleans,
        value_other_words_and_digits_are_no_booleans,
        value_reads_days_of_the_calendar_as_dates_and_datetimes,
        value_refuses_days_that_the_calendar_does_not_have,
        value_reads_times_of_day_to_the_nanosecond, value_refuses_times_that_no_clock_shows,
        value_counts_the_offset_of_a_datetime_into_its_moment,
        value_refuses_datetimes_with_anything_left_over_or_missing,
        value_of_a_datetime_longer_than_any_is_a_string,
        value_does_not_mind_spaces_around_all_but_strings, value_is_missing_only_in_an_empty_cell,
        value_of_bytes_that_are_no_text_is_a_string, value_of_a_long_cell_of_digits_is_read_whole,
        value_type_of_a_set_is_its_narrowest, value_type_words_are_those_of_frictionless);
}
