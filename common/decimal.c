#include "common/decimal.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "common/digits.h"
#include "common/number.h"
#include "common/power_of_five.h"

__extension__ typedef unsigned __int128 wide;

/* So many digits fit 64 bits, whatever they are. */
#define DIGITS_MAX 19

/* ---- significand and exponent to the nearest double ---- */

/* A bit pattern of a double: 52 bits of fraction below 11 of exponent. */
#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define INFINITY_BITS (UINT64_C(0x7FF) << FRACTION_BITS)

static double double_of(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* The floor of log2(10^exponent), by a fraction that is near enough between -400 and 400. */
static int binary_exponent(int exponent)
{
    return (exponent * 217706) >> 16;
}

/*
 * The leading 128 bits of significand * 5^exponent. Those of the power's second half matter only
 * where all that would be rounded away is ones, so that a carry could reach what stays.
 */
static wide leading_product(uint64_t significand, int exponent)
{
    struct power_of_five power = power_of_five(exponent);
    wide product = (wide)significand * power.high;
    if (((uint64_t)(product >> 64) & 0x1FF) == 0x1FF)
        product += (wide)significand * power.low >> 64;
    return product;
}

/*
 * Halfway between two doubles, so that the even one is meant: the bits that are rounded away are
 * one and then zeros, and the product is exact, which 5^23 is the last power to be in 64 bits
 * with a significand, and 5^-4 the last to divide one of them.
 */
static bool is_tie(wide product, int shift, int exponent)
{
    uint64_t high = (uint64_t)(product >> 64);
    return (uint64_t)product <= 1 && exponent >= -4 && exponent <= 23 && (high >> shift & 3) == 1 &&
           high >> shift << shift == high;
}

/* The significand is not 0 and the exponent one of the table. */
static uint64_t bits_by_product(uint64_t significand, int exponent)
{
    int zeros = __builtin_clzll(significand);
    wide product = leading_product(significand << zeros, exponent);
    uint64_t high = (uint64_t)(product >> 64);
    int carry = (int)(high >> 63);
    int shift = 62 - FRACTION_BITS - 1 + carry; /* one bit more than a double has stays */
    uint64_t doubled = high >> shift;
    if (is_tie(product, shift, exponent))
        doubled &= ~UINT64_C(1);
    int power = binary_exponent(exponent) + 63 + carry - zeros + EXPONENT_BIAS;
    if (power < 1) { /* subnormal; no tie, whose power of five would have to divide 64 bits */
        doubled = power > -63 ? doubled >> (1 - power) : 0;
        power = 1;
    }
    /* The first bit, which a double leaves out, makes up for the 1; a carry counts upwards. */
    uint64_t bits = ((uint64_t)(power - 1) << FRACTION_BITS) + ((doubled + 1) >> 1);
    return bits < INFINITY_BITS ? bits : INFINITY_BITS;
}

#define EXACT_POWER_MAX 22

/* The nearest double to significand * 10^exponent. */
static double nearest(uint64_t significand, int64_t exponent)
{
    static const double TENS[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    /* Where doubles are computed in wider registers, the one operation would round twice. */
    if (FLT_EVAL_METHOD == 0 && significand <= UINT64_C(1) << DBL_MANT_DIG &&
        exponent >= -EXACT_POWER_MAX && exponent <= EXACT_POWER_MAX)
        return exponent < 0 ? (double)(int64_t)significand / TENS[-exponent]
                            : (double)(int64_t)significand * TENS[exponent];
    if (significand == 0 || exponent < POWER_OF_FIVE_MIN)
        return 0;
    return double_of(exponent > POWER_OF_FIVE_MAX ? INFINITY_BITS
                                                  : bits_by_product(significand, (int)exponent));
}

/* ---- text to significand and exponent ---- */

/* A reading stays in registers then; in memory between calls it costs a third more. */
#define INLINED inline __attribute__((always_inline))

/* What has been read of a text, and where it goes on. */
struct reading {
    const char *text;
    const char *at;
    const char *end;
    uint64_t significand; /* of all digits so far, modulo 2^64 */
    int64_t exponent;
    size_t digits;
    bool whole; /* neither point nor exponent */
};

/* The rest of the text, if it is less than eight digits and nothing else. */
static INLINED bool take_last_digits(struct reading *reading)
{
    static const uint32_t TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    size_t count = (size_t)(reading->end - reading->at);
    if (count == 0 || reading->end - reading->text < 4)
        return false;
    uint64_t word = digits_load_last(reading->text, reading->end, count);
    if (!digits_only(word))
        return false;
    reading->significand = reading->significand * TENS[count] + digits_value(word);
    reading->at = reading->end;
    return true;
}

/* Takes the digits off the front, and says how many there were. */
static INLINED size_t take_digits(struct reading *reading)
{
    const char *before = reading->at;
    while (reading->end - reading->at >= 8) {
        uint64_t word = digits_load(reading->at);
        if (!digits_only(word))
            break;
        reading->significand = reading->significand * 100000000 + digits_value(word);
        reading->at += 8;
    }
    if (reading->end - reading->at >= 8 || !take_last_digits(reading))
        for (; reading->at < reading->end && digits_is(*reading->at); reading->at++)
            reading->significand = reading->significand * 10 + (uint64_t)(*reading->at - '0');
    return (size_t)(reading->at - before);
}

/* More than any text's length could take back; counting on would overflow. */
#define EXPONENT_MAX (INT64_MAX / 100)

/* [eE][+-]?digits */
static inline bool take_exponent(struct reading *reading)
{
    const char *at = reading->at;
    if (*at != 'e' && *at != 'E')
        return false;
    at++;
    bool negative = at < reading->end && *at == '-';
    if (at < reading->end && (*at == '-' || *at == '+'))
        at++;
    const char *digits = at;
    int64_t exponent = 0;
    for (; at < reading->end && digits_is(*at); at++)
        exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*at - '0') : exponent;
    reading->exponent += negative ? -exponent : exponent;
    reading->at = at;
    return at > digits;
}

/* True when all of the text is a number without its sign. */
static INLINED bool take_number(struct reading *reading)
{
    reading->digits = take_digits(reading);
    reading->whole = reading->at == reading->end;
    if (reading->at < reading->end && *reading->at == '.') {
        reading->at++;
        size_t fraction = take_digits(reading);
        if (fraction == 0)
            return false;
        reading->digits += fraction;
        reading->exponent = -(int64_t)fraction;
    }
    if (reading->digits == 0)
        return false;
    return reading->at == reading->end || (take_exponent(reading) && reading->at == reading->end);
}

/* ---- more digits than the significand holds ---- */

/*
 * Keeps the first DIGITS_MAX digits that count, and says whether one that was left out is not 0,
 * so that the number lies between this significand and the next.
 */
static bool keep_leading_digits(struct reading *reading)
{
    size_t kept = 0;
    bool inexact = false;
    reading->significand = 0;
    for (const char *at = reading->text; at < reading->end && *at != 'e' && *at != 'E'; at++) {
        if (!digits_is(*at))
            continue;
        if (kept == DIGITS_MAX) {
            inexact = inexact || *at != '0';
            reading->exponent++;
            continue;
        }
        reading->significand = reading->significand * 10 + (uint64_t)(*at - '0');
        kept += reading->significand > 0 ? 1 : 0;
    }
    return inexact;
}

/* The magnitude of what has more digits. */
static double settle_long(struct reading reading)
{
    bool inexact = keep_leading_digits(&reading);
    double number = nearest(reading.significand, reading.exponent);
    if (inexact && nearest(reading.significand + 1, reading.exponent) != number)
        (void)number_parse_double(reading.text, (size_t)(reading.end - reading.text), &number);
    return fabs(number);
}

/* The integer that the text is, if it is one that 64 bits hold. */
static INLINED bool take_integer(const struct reading *reading, bool negative, int64_t *integer)
{
    if (!reading->whole)
        return false;
    if (reading->digits > DIGITS_MAX)
        return number_parse_i64(reading->text, (size_t)(reading->end - reading->text), integer);
    if (reading->significand > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *integer = (int64_t)(negative ? 0 - reading->significand : reading->significand);
    return true;
}

bool decimal_parse(const char *text, size_t length, struct decimal *decimal)
{
    bool negative = length > 0 && text[0] == '-';
    size_t sign = length > 0 && (negative || text[0] == '+') ? 1 : 0;
    struct reading reading = {.text = text, .at = text + sign, .end = text + length};
    if (!take_number(&reading))
        return false;
    double number = reading.digits <= DIGITS_MAX ? nearest(reading.significand, reading.exponent)
                                                 : settle_long(reading);
    decimal->number = negative ? -number : number;
    decimal->integer = 0;
    decimal->is_integer = take_integer(&reading, negative, &decimal->integer);
    return true;
}
