#include "common/value.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/decimal.h"
#include "common/digits.h"

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

static bool is_word_in_any_case(const char *bytes, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(bytes, word, length) == 0;
}

static void read_boolean(const char *bytes, size_t length, struct value *value)
{
    static const struct {
        const char *word;
        size_t length;
        bool truth;
    } WORDS[] = {{"0", 1, false},   {"1", 1, true},      {"true", 4, true}, {"false", 5, false},
                 {"True", 4, true}, {"False", 5, false}, {"TRUE", 4, true}, {"FALSE", 5, false}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (WORDS[i].length == length && memcmp(bytes, WORDS[i].word, length) == 0) {
            value->boolean = WORDS[i].truth;
            value->types |= VALUE_TYPE_BIT(VALUE_BOOLEAN);
            return;
        }
}

static void read_nonfinite(const char *bytes, size_t length, struct value *value)
{
    bool negative = bytes[0] == '-';
    size_t sign = negative || bytes[0] == '+' ? 1 : 0;
    bytes += sign;
    length -= sign;
    if (is_word_in_any_case(bytes, length, "nan"))
        value->number = (double)NAN;
    else if (is_word_in_any_case(bytes, length, "inf") ||
             is_word_in_any_case(bytes, length, "infinity"))
        value->number = negative ? -(double)INFINITY : (double)INFINITY;
    else
        return;
    value->types |= VALUE_TYPE_BIT(VALUE_NUMBER);
}

static bool read_number(const char *bytes, size_t length, struct value *value)
{
    struct decimal decimal;
    if (!decimal_parse(bytes, length, &decimal))
        return false;
    value->integer = decimal.integer;
    value->number = decimal.number + 0.0; /* -0 is 0 */
    value->types |= VALUE_TYPE_BIT(VALUE_NUMBER);
    value->types |= decimal.is_integer ? VALUE_TYPE_BIT(VALUE_INTEGER) : 0;
    return true;
}

/* ---- dates and times ---- */

/* Takes eight characters off the front if they have that shape, with their digits in pairs. */
static inline bool take_shape(const char **at, const char *end, const char shape[9],
                              uint64_t *pairs)
{
    if (end - *at < 8)
        return false;
    uint64_t word = digits_load(*at);
    if (!digits_have_shape(word, shape))
        return false;
    *pairs = digits_pairs(word);
    *at += 8;
    return true;
}

static bool take_pair(const char **at, const char *end, int *number)
{
    if (end - *at < 2 || !digits_is((*at)[0]) || !digits_is((*at)[1]))
        return false;
    *number = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    *at += 2;
    return true;
}

static bool take_character(const char **at, const char *end, char character)
{
    if (*at == end || **at != character)
        return false;
    (*at)++;
    return true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, of the years 0 to 9999. */
static int64_t days_since_1970(int year, int month, int day)
{
    static const int BEFORE[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int leaps = year == 0 ? 0 : 1 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    int leap_day = month > 2 && is_leap(year) ? 1 : 0;
    return year * 365 + leaps + BEFORE[month - 1] + leap_day + day - 1 - 719528;
}

static bool take_date(const char **at, const char *end, int64_t *days)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t pairs = 0;
    int day = 0;
    if (!take_shape(at, end, "0000-00-", &pairs) || !take_pair(at, end, &day))
        return false;
    int year = digits_at(pairs, 0) * 100 + digits_at(pairs, 2);
    int month = digits_at(pairs, 5);
    if (month < 1 || month > 12 || day < 1)
        return false;
    if (day > DAYS[month - 1] + (month == 2 && is_leap(year) ? 1 : 0))
        return false;
    *days = days_since_1970(year, month, day);
    return true;
}

/* As take_date, of a cell that often has the date of the one before. */
static bool take_date_again(const char **at, const char *end, struct value_day *day, int64_t *days)
{
    const char *text = *at;
    if (day->known && (size_t)(end - text) >= VALUE_DAY_BYTES &&
        memcmp(text, day->text, VALUE_DAY_BYTES) == 0) {
        *at += VALUE_DAY_BYTES;
        *days = day->days;
        return true;
    }
    if (!take_date(at, end, days))
        return false;
    memcpy(day->text, text, VALUE_DAY_BYTES);
    day->days = *days;
    day->known = true;
    return true;
}

/* A fraction of a second; digits beyond nanoseconds are read and not kept. */
static bool take_fraction(const char **at, const char *end, int32_t *nanoseconds)
{
    int32_t unit = 100000000;
    const char *first = *at;
    for (; *at < end && digits_is(**at); (*at)++) {
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
    uint64_t pairs = 0;
    if (take_shape(at, end, "00:00:00", &pairs)) {
        hour = digits_at(pairs, 0);
        minute = digits_at(pairs, 3);
        second = digits_at(pairs, 6);
        if (take_character(at, end, '.') && !take_fraction(at, end, nanoseconds))
            return false;
    } else if (!take_pair(at, end, &hour) || !take_character(at, end, ':') ||
               !take_pair(at, end, &minute)) {
        return false;
    }
    *seconds = hour * 3600 + minute * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 59;
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
    if (!take_pair(at, end, &hours))
        return false;
    (void)take_character(at, end, ':');
    if (!take_pair(at, end, &minutes) || hours > 23 || minutes > 59)
        return false;
    int64_t offset = hours * 3600 + minutes * 60;
    *seconds += east ? -offset : offset;
    return true;
}

static bool read_time(const char *bytes, size_t length, struct value *value)
{
    const char *end = bytes + length;
    int64_t seconds = 0;
    int32_t nanoseconds = 0;
    if (!take_time(&bytes, end, &seconds, &nanoseconds) || bytes != end)
        return false;
    value->types |= VALUE_TYPE_BIT(VALUE_TIME);
    value->seconds = seconds;
    value->nanoseconds = nanoseconds;
    return true;
}

static bool read_datetime(const char *bytes, size_t length, struct value_day *day,
                          struct value *value)
{
    const char *end = bytes + length;
    int64_t days = 0;
    int64_t seconds = 0;
    int32_t nanoseconds = 0;
    if (!take_date_again(&bytes, end, day, &days))
        return false;
    if (bytes == end)
        value->types |= VALUE_TYPE_BIT(VALUE_DATE);
    else if (!((take_character(&bytes, end, 'T') || take_character(&bytes, end, ' ')) &&
               take_time(&bytes, end, &seconds, &nanoseconds) &&
               take_offset(&bytes, end, &seconds) && bytes == end))
        return false;
    value->types |= VALUE_TYPE_BIT(VALUE_DATETIME);
    value->seconds = days * 86400 + seconds;
    value->nanoseconds = nanoseconds;
    return true;
}

/* The longest date with time, fraction and offset is far shorter; a number may be longer. */
#define MOMENT_MAX_BYTES 48

/* No number has these bytes in these places, but for 123e-5 and its like, which is no date. */
static bool read_moment(const char *bytes, size_t length, struct value_day *day,
                        struct value *value)
{
    if (length < 5 || length > MOMENT_MAX_BYTES)
        return false;
    return bytes[2] == ':'   ? read_time(bytes, length, value)
           : bytes[4] == '-' ? read_datetime(bytes, length, day, value)
                             : false;
}

/* ---- a cell ---- */

static void trim(const char **bytes, size_t *length)
{
    while (*length > 0 && (**bytes == ' ' || **bytes == '\t')) {
        (*bytes)++;
        (*length)--;
    }
    while (*length > 0 && ((*bytes)[*length - 1] == ' ' || (*bytes)[*length - 1] == '\t'))
        (*length)--;
}

/* What a cell may be, by its first character; 0 is nothing but a string. */
enum beginning { STRING_ONLY, DIGIT, POINT, SIGN, NONFINITE, BOOLEAN };

static const unsigned char BEGINNINGS[256] = {
    ['0'] = DIGIT,     ['1'] = DIGIT,     ['2'] = DIGIT,   ['3'] = DIGIT,     ['4'] = DIGIT,
    ['5'] = DIGIT,     ['6'] = DIGIT,     ['7'] = DIGIT,   ['8'] = DIGIT,     ['9'] = DIGIT,
    ['.'] = POINT,     ['+'] = SIGN,      ['-'] = SIGN,    ['n'] = NONFINITE, ['N'] = NONFINITE,
    ['i'] = NONFINITE, ['I'] = NONFINITE, ['t'] = BOOLEAN, ['T'] = BOOLEAN,   ['f'] = BOOLEAN,
    ['F'] = BOOLEAN};

void value_read(const char *bytes, size_t length, struct value *value)
{
    struct value_day day = {.known = false};
    value_read_next(bytes, length, &day, value);
}

/* A datetime to the second, in UTC, on the day that was read last: the most of a log. */
static bool read_on_same_day(const char *bytes, size_t length, const struct value_day *day,
                             struct value *value)
{
    bool zulu = length == VALUE_DAY_BYTES + 10 && bytes[length - 1] == 'Z';
    if (!day->known || !zulu || bytes[VALUE_DAY_BYTES] != 'T' ||
        memcmp(bytes, day->text, VALUE_DAY_BYTES) != 0)
        return false;
    uint64_t word = digits_load(bytes + VALUE_DAY_BYTES + 1);
    if (!digits_have_shape(word, "00:00:00"))
        return false;
    uint64_t pairs = digits_pairs(word);
    int hour = digits_at(pairs, 0);
    int minute = digits_at(pairs, 3);
    int second = digits_at(pairs, 6);
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *value = (struct value){.types = VALUE_TYPE_BIT(VALUE_STRING) | VALUE_TYPE_BIT(VALUE_DATETIME),
                            .seconds = day->days * 86400 + hour * 3600 + minute * 60 + second};
    return true;
}

void value_read_next(const char *bytes, size_t length, struct value_day *day, struct value *value)
{
    if (read_on_same_day(bytes, length, day, value))
        return;
    *value = (struct value){.types = VALUE_TYPE_BIT(VALUE_STRING)};
    trim(&bytes, &length);
    if (length == 0)
        return;
    switch ((enum beginning)BEGINNINGS[(unsigned char)bytes[0]]) {
    case DIGIT:
        if (!read_moment(bytes, length, day, value) && read_number(bytes, length, value) &&
            length == 1)
            read_boolean(bytes, length, value);
        break;
    case POINT: (void)read_number(bytes, length, value); break;
    case SIGN:
        if (!read_number(bytes, length, value))
            read_nonfinite(bytes, length, value);
        break;
    case NONFINITE: read_nonfinite(bytes, length, value); break;
    case BOOLEAN: read_boolean(bytes, length, value); break;
    case STRING_ONLY: break;
    }
}
