#include "producer/numeral.h"

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "common/contract.h"
#include "common/digits.h"
#include "common/number.h"

#define WORD_DIGITS 8
#define ALL_DIGITS (3 * WORD_DIGITS)
#define WORD_RANGE UINT64_C(100000000)

/*
 * Eight digits of a number below 10^8, as bytes 0 to 9 of a word, the first lowest. Dividing is
 * multiplying by a reciprocal that is exact over the range: 10486 / 2^20 for hundredths of up to
 * 9999, 103 / 2^10 for tenths of up to 99.
 */
static uint64_t split(uint64_t number)
{
    uint64_t fours = number / 10000 | (number % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    uint64_t pairs = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens | (pairs - tens * 10) << 8;
}

static void store(char *at, uint64_t word)
{
    uint64_t bytes = htole64(word);
    memcpy(at, &bytes, sizeof bytes);
}

/* Where the first digit that is not 0 stands among the eight; 8 where there is none. */
static unsigned first_digit(uint64_t word)
{
    return word == 0 ? WORD_DIGITS : (unsigned)__builtin_ctzll(word) / 8;
}

/* Writes all 24 digits, with zeros in front; returns how many zeros these are. */
static unsigned put_all(char digits[ALL_DIGITS], uint64_t number)
{
    uint64_t low = split(number % WORD_RANGE);
    uint64_t upper = number / WORD_RANGE;
    uint64_t middle = 0;
    uint64_t high = 0;
    if (upper != 0) {
        middle = split(upper % WORD_RANGE);
        high = split(upper / WORD_RANGE);
    }
    store(digits, high | DIGITS_EACH('0'));
    store(digits + WORD_DIGITS, middle | DIGITS_EACH('0'));
    store(digits + 2 * WORD_DIGITS, low | DIGITS_EACH('0'));
    if (high != 0)
        return first_digit(high);
    if (middle != 0)
        return WORD_DIGITS + first_digit(middle);
    return 2 * WORD_DIGITS + first_digit(low);
}

/* Of constant length, so that it takes a few instructions; what lies beyond is overwritten later.
 */
static char *put_from(char *at, const char digits[2 * ALL_DIGITS], unsigned first, unsigned end)
{
    memcpy(at, digits + first, ALL_DIGITS);
    return at + (end - first);
}

static char *put_magnitude(char *at, uint64_t number, unsigned decimals)
{
    char digits[2 * ALL_DIGITS] = {0};
    unsigned point = ALL_DIGITS - decimals;
    unsigned first = put_all(digits, number);
    at = put_from(at, digits, first < point ? first : point - 1, point);
    if (decimals == 0)
        return at;
    *at++ = '.';
    return put_from(at, digits, point, ALL_DIGITS);
}

char *numeral_whole(char *at, uint64_t number)
{
    return put_magnitude(at, number, 0);
}

char *numeral_fixed(char *at, int64_t number, unsigned decimals)
{
    if (number >= 0)
        return put_magnitude(at, (uint64_t)number, decimals);
    *at++ = '-';
    return put_magnitude(at, 0 - (uint64_t)number, decimals);
}

uint64_t numeral_power_of_ten(unsigned exponent)
{
    static const uint64_t POWERS[NUMERAL_DECIMALS_MAX + 1] = {1,
                                                              10,
                                                              100,
                                                              1000,
                                                              10000,
                                                              100000,
                                                              1000000,
                                                              10000000,
                                                              100000000,
                                                              1000000000,
                                                              10000000000,
                                                              100000000000,
                                                              1000000000000,
                                                              10000000000000,
                                                              100000000000000,
                                                              1000000000000000,
                                                              10000000000000000,
                                                              100000000000000000,
                                                              1000000000000000000};
    return POWERS[exponent];
}

static char *put_shortest(char *at, double number)
{
    char text[NUMBER_DOUBLE_SIZE];
    number_format_double(text, number);
    size_t length = strlen(text);
    memcpy(at, text, length + 1);
    return at + length;
}

char *numeral_number(char *at, double number, unsigned decimals)
{
    double scaled = floor(number * (double)numeral_power_of_ten(decimals) + 0.5);
    if (fabs(scaled) > (double)CONTRACT_JSON_INTEGER_MAX)
        return put_shortest(at, number);
    return numeral_fixed(at, (int64_t)scaled, decimals);
}

char *numeral_integer(char *at, double number)
{
    const double most = (double)CONTRACT_JSON_INTEGER_MAX;
    double whole = floor(number + 0.5);
    if (fabs(whole) > most)
        whole = number < 0 ? -most : most;
    return numeral_fixed(at, (int64_t)whole, 0);
}
