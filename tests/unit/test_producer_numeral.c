#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "producer/numeral.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

static char text[2 * NUMERAL_SIZE];

START_TEST(numeral_writes_whole_numbers_of_every_length)
{
    char expected[32];
    uint64_t chance = 1;
    for (int i = 0; i < 200000; i++) {
        uint64_t number = chance_next(&chance) >> (i % 64);
        *numeral_whole(text, number) = '\0';
        (void)snprintf(expected, sizeof expected, "%" PRIu64, number);
        ck_assert_str_eq(text, expected);
    }
    for (uint64_t power = 1; power <= UINT64_C(1000000000000000000); power *= 10) {
        *numeral_whole(text, power - 1) = '\0';
        (void)snprintf(expected, sizeof expected, "%" PRIu64, power - 1);
        ck_assert_str_eq(text, expected);
    }
    *numeral_whole(text, UINT64_MAX) = '\0';
    ck_assert_str_eq(text, "18446744073709551615");
}
END_TEST

START_TEST(numeral_writes_all_decimals_and_a_zero_in_front_of_the_point)
{
    char expected[64];
    uint64_t chance = 2;
    for (int i = 0; i < 200000; i++) {
        unsigned decimals = 1 + (unsigned)chance_below(&chance, NUMERAL_DECIMALS_MAX);
        uint64_t number = chance_next(&chance) >> (1 + i % 63);
        uint64_t scale = numeral_power_of_ten(decimals);
        bool negative = i % 2 == 0 && number > 0;
        int64_t drawn = negative ? -(int64_t)number : (int64_t)number;
        *numeral_fixed(text, drawn, decimals) = '\0';
        (void)snprintf(expected, sizeof expected, "%s%" PRIu64 ".%0*" PRIu64, negative ? "-" : "",
                       number / scale, (int)decimals, number % scale);
        ck_assert_str_eq(text, expected);
    }
    *numeral_fixed(text, INT64_MIN, 0) = '\0';
    ck_assert_str_eq(text, "-9223372036854775808");
}
END_TEST

static const char *number(double value, unsigned decimals)
{
    *numeral_number(text, value, decimals) = '\0';
    return text;
}

START_TEST(numeral_rounds_a_double_to_its_decimals)
{
    ck_assert_str_eq(number(1.25, 1), "1.3");
    ck_assert_str_eq(number(-1.25, 1), "-1.2");
    ck_assert_str_eq(number(-0.0000001, 3), "0.000");
    ck_assert_str_eq(number(19.999999, 2), "20.00");
    ck_assert_str_eq(number(17.5, 0), "18");
}
END_TEST

START_TEST(numeral_writes_a_double_with_the_digits_it_has_where_decimals_would_be_more)
{
    static const double far[] = {1e300, -2.5e15, 123456789012.5, 0x1p60};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        ck_assert(strtod(number(far[i], 6), NULL) == far[i]);
}
END_TEST

START_TEST(numeral_keeps_integers_within_what_every_reader_keeps)
{
    *numeral_integer(text, 2.5) = '\0';
    ck_assert_str_eq(text, "3");
    *numeral_integer(text, -1e300) = '\0';
    ck_assert_str_eq(text, "-9007199254740991");
    *numeral_integer(text, 1e17) = '\0';
    ck_assert_str_eq(text, "9007199254740991");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_numeral", numeral_writes_whole_numbers_of_every_length,
                       numeral_writes_all_decimals_and_a_zero_in_front_of_the_point,
                       numeral_rounds_a_double_to_its_decimals,
                       numeral_writes_a_double_with_the_digits_it_has_where_decimals_would_be_more,
                       numeral_keeps_integers_within_what_every_reader_keeps);
}
