#include "common/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static size_t count_digits(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && is_digit(text[count]))
        count++;
    return count;
}

bool number_parse_u64(const char *text, size_t length, uint64_t *value)
{
    if (length == 0 || count_digits(text, length) != length)
        return false;
    uint64_t result = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (result > (UINT64_MAX - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

bool number_parse_i64(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t sign = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    uint64_t magnitude;
    if (!number_parse_u64(text + sign, length - sign, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* Length of the longest prefix that the grammar in the header allows; 0 for none. */
static size_t decimal_length(const char *text, size_t length)
{
    size_t at = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    size_t whole = count_digits(text + at, length - at);
    size_t fraction = 0;
    at += whole;
    if (at < length && text[at] == '.') {
        fraction = count_digits(text + at + 1, length - at - 1);
        if (fraction == 0)
            return 0;
        at += 1 + fraction;
    }
    if (whole == 0 && fraction == 0)
        return 0;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t sign = at + 1 < length && (text[at + 1] == '-' || text[at + 1] == '+') ? 1 : 0;
        size_t exponent = count_digits(text + at + 1 + sign, length - at - 1 - sign);
        if (exponent > 0)
            at += 1 + sign + exponent;
    }
    return at;
}

/*
 * Rounding turns in the middle between two doubles, which is an odd multiple, below the 2^54th,
 * of 2^-1075 or of a larger power of two: at most 768 significant digits. Of the digits behind
 * these no more counts than whether one is not 0. (For why so many can matter see Clinger 1990,
 * "How to read floating point numbers accurately".)
 */
#define DIGITS_MAX 800
#define EXPONENT_SIZE sizeof "e-9223372036854775808"
/* The sign, the digits, one for those left out, and the exponent with its NUL. */
#define COPY_SIZE (1 + DIGITS_MAX + 1 + EXPONENT_SIZE)

/* More than any text's length could take back; counting on would overflow. */
#define EXPONENT_MAX (INT64_MAX / 100)

/* What stands behind the e; 0 where there is none. */
static int64_t exponent_of(const char *text, const char *end)
{
    if (text == end)
        return 0;
    bool negative = text[1] == '-';
    int64_t exponent = 0;
    for (text += is_digit(text[1]) ? 1 : 2; text < end; text++)
        exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*text - '0') : exponent;
    return negative ? -exponent : exponent;
}

/*
 * A number without its sign as at most DIGITS_MAX digits that count, a 1 where one behind them
 * is not 0, and an exponent.
 */
static void shorten(char *copy, const char *text, const char *end)
{
    size_t kept = 0;
    int64_t shift = 0; /* what digits left out and digits behind the point make of the exponent */
    bool fraction = false;
    bool inexact = false;
    for (; text < end && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') {
            fraction = true;
            continue;
        }
        bool leads = kept == 0 && *text == '0';
        if (!leads && kept < DIGITS_MAX)
            copy[kept++] = *text;
        else if (!leads) {
            inexact = inexact || *text != '0';
            shift++;
        }
        shift -= fraction ? 1 : 0;
    }
    if (kept == 0 || inexact) {
        copy[kept++] = inexact ? '1' : '0';
        shift--;
    }
    (void)snprintf(copy + kept, EXPONENT_SIZE, "e%" PRId64, exponent_of(text, end) + shift);
}

/*
 * strtod wants a NUL and follows LC_NUMERIC; the daemons never call setlocale, so it is the C
 * locale's, correctly rounded by glibc. Nothing is allocated: a number that was refused because
 * memory was short would be profiled as text.
 */
static double convert(const char *text, size_t length)
{
    char copy[COPY_SIZE];
    if (length < sizeof copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        return strtod(copy, NULL);
    }
    size_t sign = is_digit(text[0]) || text[0] == '.' ? 0 : 1;
    memcpy(copy, text, sign);
    shorten(copy + sign, text + sign, text + length);
    return strtod(copy, NULL);
}

bool number_parse_double(const char *text, size_t length, double *value)
{
    if (length == 0 || decimal_length(text, length) != length)
        return false;
    *value = convert(text, length);
    return true;
}

struct unit {
    const char *name;
    double factor;
};

static bool unit_factor(const struct unit *units, size_t count, const char *name, size_t length,
                        double *factor)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0) {
            *factor = units[i].factor;
            return true;
        }
    return false;
}

bool number_parse_duration(const char *text, size_t length, int64_t *value_ns)
{
    static const struct unit UNITS[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                        {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
    if (length == 1 && text[0] == '0') {
        *value_ns = 0;
        return true;
    }
    size_t digits = decimal_length(text, length);
    double factor = 0;
    if (digits == 0 || !is_digit(text[0]))
        return false;
    if (!unit_factor(UNITS, sizeof UNITS / sizeof *UNITS, text + digits, length - digits, &factor))
        return false;
    double number = convert(text, digits);
    if (!(number * factor <= 9e18))
        return false;
    *value_ns = (int64_t)(number * factor + 0.5);
    return true;
}

/* Where "±" or "+-" begins, and how long it is; `length` and 0 when there is neither. */
static size_t find_plus_minus(const char *text, size_t length, size_t *mark_length)
{
    static const char *const MARKS[] = {"\xc2\xb1", "+-"};
    for (size_t at = 0; at + 2 <= length; at++)
        for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++)
            if (memcmp(text + at, MARKS[i], 2) == 0) {
                *mark_length = 2;
                return at;
            }
    *mark_length = 0;
    return length;
}

bool number_parse_period(const char *text, size_t length, int64_t *value_ns, uint64_t *percent)
{
    size_t mark = 0;
    size_t end = find_plus_minus(text, length, &mark);
    uint64_t parts = 0;
    int64_t value = 0;
    if (mark > 0) {
        const char *behind = text + end + mark;
        size_t left = length - end - mark;
        if (left < 2 || behind[left - 1] != '%' || !number_parse_u64(behind, left - 1, &parts))
            return false;
    }
    if (parts > 100 || !number_parse_duration(text, end, &value))
        return false;
    *value_ns = value;
    *percent = parts;
    return true;
}

static const struct unit RATE_UNITS[] = {{"/s", 1e9}, {"/m", 6e10}, {"/h", 3.6e12}};
#define RATE_UNIT_COUNT (sizeof RATE_UNITS / sizeof *RATE_UNITS)

bool number_parse_rate(const char *text, size_t length, uint64_t *count, int64_t *per_ns)
{
    size_t digits = count_digits(text, length);
    double factor = 0;
    if (!unit_factor(RATE_UNITS, RATE_UNIT_COUNT, text + digits, length - digits, &factor))
        return false;
    if (!number_parse_u64(text, digits, count))
        return false;
    *per_ns = (int64_t)factor;
    return true;
}

void number_format_rate(char text[NUMBER_HUMAN_SIZE], uint64_t count, int64_t per_ns)
{
    for (size_t i = 0; i < RATE_UNIT_COUNT; i++)
        if (RATE_UNITS[i].factor == (double)per_ns)
            (void)snprintf(text, NUMBER_HUMAN_SIZE, "%" PRIu64 "%s", count, RATE_UNITS[i].name);
}

bool number_parse_size(const char *text, size_t length, uint64_t *value_bytes)
{
    static const struct unit UNITS[] = {
        {"", 1},         {"B", 1},    {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824},
        {"TiB", 0x1p40}, {"kB", 1e3}, {"MB", 1e6},   {"GB", 1e9},      {"TB", 1e12}};
    size_t digits = count_digits(text, length);
    uint64_t number;
    double factor = 0;
    if (!number_parse_u64(text, digits, &number))
        return false;
    if (!unit_factor(UNITS, sizeof UNITS / sizeof *UNITS, text + digits, length - digits, &factor))
        return false;
    if (number > UINT64_MAX / (uint64_t)factor)
        return false;
    *value_bytes = number * (uint64_t)factor;
    return true;
}

/* As the loop below would write them, at a fraction of its cost: counts and lengths mostly. */
static bool is_short_integer(double value)
{
    return fabs(value) < 1e15 && value == (double)(int64_t)value;
}

void number_format_double(char text[NUMBER_DOUBLE_SIZE], double value)
{
    if (is_short_integer(value)) {
        (void)snprintf(text, NUMBER_DOUBLE_SIZE, "%" PRId64, (int64_t)value);
        return;
    }
    /* Every decimal of up to DBL_DIG digits survives the way through a normal double, so the
       shorter precisions need trying among subnormals alone. */
    int precision = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; precision <= DBL_DECIMAL_DIG; precision++) {
        (void)snprintf(text, NUMBER_DOUBLE_SIZE, "%.*g", precision, value + 0.0);
        if (precision == DBL_DECIMAL_DIG || strtod(text, NULL) == value)
            return; /* so many digits always come back */
    }
}

void number_format_int128(char text[NUMBER_INTEGER_SIZE], number_int128 value)
{
    char digits[NUMBER_INTEGER_SIZE];
    size_t at = sizeof digits;
    bool negative = value < 0;
    digits[--at] = '\0';
    do {
        int digit = (int)(value % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    memcpy(text, digits + at, sizeof digits - at);
}

/* As in 1h05m and 2m30s; 24h alone, so that a whole number is one that can be given back. */
static void format_two_units(char text[NUMBER_HUMAN_SIZE], int64_t value_ns, int64_t unit_ns,
                             char unit, char part)
{
    int length = snprintf(text, NUMBER_HUMAN_SIZE, "%" PRId64 "%c", value_ns / unit_ns, unit);
    int parts = (int)(value_ns % unit_ns / (unit_ns / 60));
    if (parts > 0)
        (void)snprintf(text + length, NUMBER_HUMAN_SIZE - (size_t)length, "%02d%c", parts, part);
}

void number_format_duration(char text[NUMBER_HUMAN_SIZE], int64_t value_ns)
{
    double seconds = (double)value_ns / 1e9;
    if (seconds >= 3600)
        format_two_units(text, value_ns, 3600 * NUMBER_NS_PER_SECOND, 'h', 'm');
    else if (seconds >= 60)
        format_two_units(text, value_ns, 60 * NUMBER_NS_PER_SECOND, 'm', 's');
    else if (seconds >= 0.9995) /* from here on three digits round up to the next unit */
        (void)snprintf(text, NUMBER_HUMAN_SIZE, "%.3gs", seconds);
    else if (seconds >= 0.9995e-3)
        (void)snprintf(text, NUMBER_HUMAN_SIZE, "%.3gms", seconds * 1e3);
    else
        (void)snprintf(text, NUMBER_HUMAN_SIZE, "%.3gus", seconds * 1e6);
}

void number_format_size(char text[NUMBER_HUMAN_SIZE], uint64_t value_bytes)
{
    static const char *const UNITS[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (value_bytes < 1024) {
        (void)snprintf(text, NUMBER_HUMAN_SIZE, "%dB", (int)value_bytes);
        return;
    }
    double amount = (double)value_bytes / 1024;
    size_t unit = 0;
    for (; amount >= 1024 && unit + 1 < sizeof UNITS / sizeof *UNITS; unit++)
        amount /= 1024;
    bool whole = amount >= 99.95 || amount == floor(amount);
    (void)snprintf(text, NUMBER_HUMAN_SIZE, whole ? "%.0f%s" : "%.1f%s", amount, UNITS[unit]);
}
