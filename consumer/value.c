#include "consumer/value.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/number.h"

static const char *const TYPE_WORDS[] = {"integer", "number",   "boolean", "date",
                                         "time",    "datetime", "string"};

const char *value_type_word(enum value_type type)
{
    return TYPE_WORDS[type];
}

bool value_type_is_numeric(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_NUMBER;
}

enum value_type value_narrowest(value_types types)
{
    int type = 0;
    while (type < VALUE_STRING && (types & VALUE_TYPE_BIT(type)) == 0)
        type++;
    return (enum value_type)type;
}

bool value_is_missing(const char *bytes, size_t length)
{
    (void)bytes;
    return length == 0;
}

static bool is_word(const char *bytes, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(bytes, word, length) == 0;
}

static bool is_word_in_any_case(const char *bytes, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(bytes, word, length) == 0;
}

static bool read_boolean(const char *bytes, size_t length, struct value *value)
{
    static const char *const TRUE_WORDS[] = {"true", "True", "TRUE", "1"};
    static const char *const FALSE_WORDS[] = {"false", "False", "FALSE", "0"};
    for (size_t i = 0; i < 4; i++) {
        value->boolean = is_word(bytes, length, TRUE_WORDS[i]);
        if (value->boolean || is_word(bytes, length, FALSE_WORDS[i])) {
            value->types |= VALUE_TYPE_BIT(VALUE_BOOLEAN);
            return true;
        }
    }
    return false;
}

static bool read_nonfinite(const char *bytes, size_t length, struct value *value)
{
    bool negative = length > 0 && bytes[0] == '-';
    size_t sign = length > 0 && (bytes[0] == '-' || bytes[0] == '+') ? 1 : 0;
    bytes += sign;
    length -= sign;
    if (is_word_in_any_case(bytes, length, "nan"))
        value->number = (double)NAN;
    else if (is_word_in_any_case(bytes, length, "inf") ||
             is_word_in_any_case(bytes, length, "infinity"))
        value->number = negative ? -(double)INFINITY : (double)INFINITY;
    else
        return false;
    value->types |= VALUE_TYPE_BIT(VALUE_NUMBER);
    return true;
}

static void read_number(const char *bytes, size_t length, struct value *value)
{
    if (number_parse_i64(bytes, length, &value->integer)) {
        value->number = (double)value->integer;
        value->types |= VALUE_TYPE_BIT(VALUE_INTEGER) | VALUE_TYPE_BIT(VALUE_NUMBER);
    } else if (number_parse_double(bytes, length, &value->number)) {
        value->number += 0.0; /* -0 is 0 */
        value->types |= VALUE_TYPE_BIT(VALUE_NUMBER);
    } else {
        (void)read_nonfinite(bytes, length, value);
    }
}

/* Takes exactly `digits` digits off the front. */
static bool take_digits(const char **at, const char *end, size_t digits, int *number)
{
    uint64_t parsed = 0;
    if ((size_t)(end - *at) < digits || !number_parse_u64(*at, digits, &parsed))
        return false;
    *number = (int)parsed;
    *at += digits;
    return true;
}

static bool take_character(const char **at, const char *end, char character)
{
    if (*at == end || **at != character)
        return false;
    (*at)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years from 1 March. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t march_year = year - (month <= 2 ? 1 : 0);
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool take_date(const char **at, const char *end, int64_t *days)
{
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_digits(at, end, 4, &year) || !take_character(at, end, '-') ||
        !take_digits(at, end, 2, &month) || !take_character(at, end, '-') ||
        !take_digits(at, end, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_since_1970(year, month, day);
    return true;
}

/* A fraction of a second; digits beyond nanoseconds are read and not kept. */
static bool take_fraction(const char **at, const char *end, int32_t *nanoseconds)
{
    int32_t unit = 100000000;
    const char *first = *at;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        *nanoseconds += (**at - '0') * unit;
        unit /= 10;
    }
    return *at > first;
}

static bool take_time(const char **at, const char *end, int64_t *seconds, int32_t *nanoseconds)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!take_digits(at, end, 2, &hour) || !take_character(at, end, ':') ||
        !take_digits(at, end, 2, &minute))
        return false;
    bool to_the_second = take_character(at, end, ':');
    if (to_the_second && !take_digits(at, end, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    if (to_the_second && take_character(at, end, '.') && !take_fraction(at, end, nanoseconds))
        return false;
    *seconds += hour * 3600 + minute * 60 + second;
    return true;
}

static bool take_offset(const char **at, const char *end, int64_t *seconds)
{
    int hours = 0;
    int minutes = 0;
    if (*at == end || take_character(at, end, 'Z'))
        return true;
    bool east = take_character(at, end, '+');
    if (!east && !take_character(at, end, '-'))
        return false;
    if (!take_digits(at, end, 2, &hours))
        return false;
    (void)take_character(at, end, ':');
    if (!take_digits(at, end, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    int64_t offset = hours * 3600 + minutes * 60;
    *seconds += east ? -offset : offset;
    return true;
}

static void read_moment(const char *bytes, size_t length, struct value *value)
{
    const char *at = bytes;
    const char *end = bytes + length;
    int64_t days = 0;
    int64_t seconds = 0;
    int32_t nanoseconds = 0;
    value_types types = 0;
    if (length > 2 && bytes[2] == ':') {
        if (!take_time(&at, end, &seconds, &nanoseconds) || at != end)
            return;
        types = VALUE_TYPE_BIT(VALUE_TIME);
    } else {
        if (!take_date(&at, end, &days))
            return;
        types = VALUE_TYPE_BIT(VALUE_DATETIME) | (at == end ? VALUE_TYPE_BIT(VALUE_DATE) : 0);
        if (at != end && !((take_character(&at, end, 'T') || take_character(&at, end, ' ')) &&
                           take_time(&at, end, &seconds, &nanoseconds) &&
                           take_offset(&at, end, &seconds) && at == end))
            return;
    }
    value->types |= types;
    value->seconds = days * 86400 + seconds;
    value->nanoseconds = nanoseconds;
}

static void trim(const char **bytes, size_t *length)
{
    while (*length > 0 && (**bytes == ' ' || **bytes == '\t')) {
        (*bytes)++;
        (*length)--;
    }
    while (*length > 0 && ((*bytes)[*length - 1] == ' ' || (*bytes)[*length - 1] == '\t'))
        (*length)--;
}

/* The longest date with time, fraction and offset is far shorter; a number may be longer. */
#define MOMENT_MAX_BYTES 48

void value_read(const char *bytes, size_t length, struct value *value)
{
    *value = (struct value){.types = VALUE_TYPE_BIT(VALUE_STRING)};
    trim(&bytes, &length);
    if (length == 0)
        return;
    if (strchr("0123456789+-.", bytes[0]) != NULL || strchr("nNiI", bytes[0]) != NULL)
        read_number(bytes, length, value);
    bool number = (value->types & VALUE_TYPE_BIT(VALUE_NUMBER)) != 0;
    if (length <= 5 && strchr("tTfF01", bytes[0]) != NULL)
        (void)read_boolean(bytes, length, value);
    if (!number && length <= MOMENT_MAX_BYTES && bytes[0] >= '0' && bytes[0] <= '9')
        read_moment(bytes, length, value);
}
