#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/number.h"
#include "common/value.h"
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

/* ---- by the grammar, slowly ---- */

#define CELL_MAX 64

static value_types slow_number(const char *text, size_t length, struct value *value)
{
    if (number_parse_i64(text, length, &value->integer)) {
        value->number = (double)value->integer;
        return INTEGER | NUMBER;
    }
    if (number_parse_double(text, length, &value->number)) {
        value->number += 0.0;
        return NUMBER;
    }
    const char *word = text + (text[0] == '-' || text[0] == '+' ? 1 : 0);
    if (strcasecmp(word, "nan") == 0)
        value->number = (double)NAN;
    else if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0)
        value->number = text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
    else
        return 0;
    return NUMBER;
}

static value_types slow_boolean(const char *text, struct value *value)
{
    static const char *const WORDS[] = {"false", "true", "False", "True",
                                        "FALSE", "TRUE", "0",     "1"};
    for (size_t i = 0; i < COUNT(WORDS); i++)
        if (strcmp(text, WORDS[i]) == 0) {
            value->boolean = i % 2 == 1;
            return BOOLEAN;
        }
    return 0;
}

#define TIME_OF_DAY "([0-9]{2}):([0-9]{2})(:([0-9]{2})([.][0-9]+)?)?"
enum { HOUR, MINUTE, SECOND = 3, FRACTION };
static const char TIME_PATTERN[] = "^" TIME_OF_DAY "$";
static const char DATE_PATTERN[] =
    "^([0-9]{4})-([0-9]{2})-([0-9]{2})([T ]" TIME_OF_DAY "(Z|([+-])([0-9]{2}):?([0-9]{2}))?)?$";

static int part(const char *text, regmatch_t match)
{
    int number = 0;
    for (regoff_t at = match.rm_so; at >= 0 && at < match.rm_eo; at++)
        number = number * 10 + (text[at] - '0');
    return number;
}

static int32_t slow_fraction(const char *text, regmatch_t match)
{
    char digits[] = "000000000";
    for (int i = 0; match.rm_so >= 0 && i < 9 && match.rm_so + 1 + i < match.rm_eo; i++)
        digits[i] = text[match.rm_so + 1 + i];
    return (int32_t)strtol(digits, NULL, 10);
}

static bool slow_time(const char *text, const regmatch_t *parts, struct value *value)
{
    int hour = part(text, parts[HOUR]);
    int minute = part(text, parts[MINUTE]);
    int second = part(text, parts[SECOND]);
    value->seconds += hour * 3600 + minute * 60 + second;
    value->nanoseconds = slow_fraction(text, parts[FRACTION]);
    return hour < 24 && minute < 60 && second < 60;
}

/* The calendar is the C library's: a day that is none comes back as another. */
static bool slow_date(const char *text, const regmatch_t *parts, struct value *value)
{
    struct tm day = {.tm_year = part(text, parts[1]) - 1900,
                     .tm_mon = part(text, parts[2]) - 1,
                     .tm_mday = part(text, parts[3])};
    struct tm same = day;
    value->seconds = (int64_t)timegm(&same);
    return same.tm_mday == day.tm_mday && same.tm_mon == day.tm_mon;
}

static value_types slow_moment(const char *text, struct value *value)
{
    static regex_t date;
    static regex_t time;
    static bool ready = false;
    if (!ready && (regcomp(&date, DATE_PATTERN, REG_EXTENDED) != 0 ||
                   regcomp(&time, TIME_PATTERN, REG_EXTENDED) != 0))
        ck_abort_msg("a pattern is wrong");
    ready = true;
    regmatch_t parts[14];
    if (strlen(text) > 48)
        return 0;
    if (regexec(&time, text, COUNT(parts), parts, 0) == 0)
        return slow_time(text, parts + 1, value) ? TIME : 0;
    if (regexec(&date, text, COUNT(parts), parts, 0) != 0 || !slow_date(text, parts, value))
        return 0;
    if (parts[4].rm_so < 0)
        return DATE | DATETIME;
    bool west = parts[11].rm_so >= 0 && text[parts[11].rm_so] == '-';
    int hours = part(text, parts[12]);
    int minutes = part(text, parts[13]);
    value->seconds += (hours * 3600 + minutes * 60) * (west ? 1 : -1);
    return slow_time(text, parts + 5, value) && hours < 24 && minutes < 60 ? DATETIME : 0;
}

static struct value slow_read(const char *bytes, size_t length)
{
    struct value value = {0};
    struct value moment = {0};
    char text[CELL_MAX + 1] = "";
    while (length > 0 && strchr(" \t", bytes[length - 1]) != NULL && bytes[length - 1] != '\0')
        length--;
    for (; length > 0 && (bytes[0] == ' ' || bytes[0] == '\t'); length--)
        bytes++;
    memcpy(text, bytes, length);
    if (length > 0 && strlen(text) == length) {
        value.types = slow_number(text, length, &value) | slow_boolean(text, &value);
        moment.types = slow_moment(text, &moment);
    }
    value.types |= moment.types | STRING;
    value.seconds = moment.types != 0 ? moment.seconds : 0;
    value.nanoseconds = moment.types != 0 ? moment.nanoseconds : 0;
    return value;
}

static bool same_double(double a, double b)
{
    return (a == b && signbit(a) == signbit(b)) || (isnan(a) && isnan(b));
}

/* The cell ends where its memory does, so that a sanitizer sees each byte that is read beyond. */
static void assert_same(const char *cell, size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    if (exact == NULL)
        ck_abort_msg("out of memory");
    memcpy(exact, cell, length);
    struct value expected = slow_read(exact, length);
    struct value value;
    value_read(exact, length, &value);
    if (value.types != expected.types || value.integer != expected.integer ||
        value.boolean != expected.boolean || value.seconds != expected.seconds ||
        value.nanoseconds != expected.nanoseconds || !same_double(value.number, expected.number))
        ck_abort_msg("'%.*s' is 0x%x, not 0x%x, or its value is another", (int)length, cell,
                     value.types, expected.types);
    free(exact);
}

/* xorshift64*, Vigna 2016: the same cells in every run. */
static size_t below(uint64_t *state, size_t limit)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (size_t)((*state * UINT64_C(2685821657736338717) >> 32) % limit);
}

static char put_character(char shape, uint64_t *state)
{
    size_t choices = shape == '#' ? 10 : shape == '1' ? 2 : shape == '2' ? 4 : 0;
    if (choices == 0)
        return shape;
    return "0123456789"[below(state, choices)];
}

/* A cell of some shape: # is any digit, 1 and 2 those that months, days and hours begin with. */
static size_t put_shape(char *cell, uint64_t *state)
{
    static const char *const SHAPES[] = {"####-1#-2#T2#:##:##Z",
                                         "####-1#-2# 2#:##",
                                         "####-1#-2#",
                                         "2#:##:##.###",
                                         "####-1#-2#T2#:##:##.##",
                                         "####-1#-2#T2#:##+2#:##",
                                         "2#:##",
                                         "2#:##:##",
                                         "####-1#-2#T2#:##:##-2###",
                                         "##00-02-29",
                                         "####-02-2#",
                                         "#",
                                         "#.###########",
                                         "-#.##e-##",
                                         "###e-##",
                                         "1.5e-###",
                                         "########",
                                         "################",
                                         "#########.##",
                                         "True",
                                         "FALSE",
                                         "-Infinity",
                                         "nan",
                                         "+inf",
                                         "####-1#-2#T2#:##:##.##############+2#:##",
                                         "###############################",
                                         "####-1#-2#T2#:##:##.################################"};
    const char *shape = SHAPES[below(state, COUNT(SHAPES))];
    size_t length = strlen(shape);
    for (size_t i = 0; i < length; i++)
        cell[i] = put_character(shape[i], state);
    return length;
}

/* One byte becomes another, one more, or none. */
static size_t spoil(char *cell, size_t length, uint64_t *state)
{
    static const char BYTES[] = "0123456789+-.:TZeEtfnia \t\0\xb0/";
    size_t at = below(state, length + 1);
    size_t removed = at < length ? below(state, 2) : 0;
    size_t added = below(state, 2);
    memmove(cell + at + added, cell + at + removed, length - at - removed);
    if (added == 1)
        cell[at] = BYTES[below(state, sizeof BYTES - 1)];
    return length - removed + added;
}

START_TEST(value_of_any_cell_is_what_the_grammar_says)
{
    char cell[CELL_MAX];
    uint64_t state = 20261123;
    for (int i = 0; i < (SUPPORT_SANITIZED ? 100000 : 400000); i++) {
        size_t length = put_shape(cell, &state);
        assert_same(cell, length);
        for (size_t spoilt = below(&state, 4); spoilt > 0; spoilt--)
            length = spoil(cell, length, &state);
        assert_same(cell, length);
    }
}
END_TEST

START_TEST(value_knows_each_day_of_ten_thousand_years)
{
    char cell[32];
    for (unsigned year = 0; year < 10000; year++)
        for (unsigned month = 0; month < 14; month++)
            for (unsigned day = 28; day < 33; day++)
                assert_same(cell, (size_t)snprintf(cell, sizeof cell, "%04u-%02u-%02u", year, month,
                                                   (day + 4) % 33));
}
END_TEST

/* Cells below one another are read as each would be by itself, whatever stood above. */
START_TEST(value_below_another_is_read_as_by_itself)
{
    static const char *const CELLS[] = {"2026-11-23T10:15:00Z",
                                        "2026-11-23T23:59:59Z",
                                        "2026-11-23T24:00:00Z",
                                        "2026-11-23T10:60:00Z",
                                        "2026-11-23T10:15:60Z",
                                        "2026-11-23 10:15:00Z",
                                        "2026-11-23T10:15:00z",
                                        "2026-11-23T10-15-00Z",
                                        "2026-11-23T10:15:00",
                                        "2026-11-23T10:15:001",
                                        "2026-11-24T10:15:00Z",
                                        "2026-02-30T10:15:00Z",
                                        "2026-11-23",
                                        "2026-11-23T10:15:0xZ",
                                        " 2026-11-23T10:15:00Z",
                                        "12",
                                        "",
                                        "2026-11-23T10:15:00+01:00"};
    for (size_t i = 0; i < sizeof CELLS / sizeof *CELLS; i++)
        for (size_t j = 0; j < sizeof CELLS / sizeof *CELLS; j++) {
            struct value_day day = {.known = false};
            struct value above;
            struct value below;
            struct value alone;
            value_read_next(CELLS[i], strlen(CELLS[i]), &day, &above);
            value_read_next(CELLS[j], strlen(CELLS[j]), &day, &below);
            value_read(CELLS[j], strlen(CELLS[j]), &alone);
            ck_assert_msg(below.types == alone.types && below.seconds == alone.seconds &&
                              below.nanoseconds == alone.nanoseconds,
                          "%s below %s", CELLS[j], CELLS[i]);
        }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_value", value_reads_whole_numbers_up_to_the_limits_of_64_bits,
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
        value_does_not_mind_spaces_around_all_but_strings,
        value_of_bytes_that_are_no_text_is_a_string, value_of_a_long_cell_of_digits_is_read_whole,
        value_type_of_a_set_is_its_narrowest, value_type_words_are_those_of_frictionless,
        value_of_any_cell_is_what_the_grammar_says, value_knows_each_day_of_ten_thousand_years,
        value_below_another_is_read_as_by_itself);
}
