#include "producer/column_type.h"

#include <stdint.h>
#include <string.h>

#include "common/number.h"
#include "producer/moment.h"

static bool is_integer(const char *text, size_t length)
{
    int64_t number;
    return number_parse_i64(text, length, &number);
}

static bool is_number(const char *text, size_t length)
{
    double number;
    return number_parse_double(text, length, &number);
}

static bool is_boolean(const char *text, size_t length)
{
    return (length == 4 && memcmp(text, "true", 4) == 0) ||
           (length == 5 && memcmp(text, "false", 5) == 0);
}

static bool is_datetime(const char *text, size_t length)
{
    int64_t milliseconds;
    return moment_parse(text, length, &milliseconds);
}

static bool is_string(const char *text, size_t length)
{
    (void)text;
    (void)length;
    return true;
}

const struct column_type_row COLUMN_TYPES[COLUMN_TYPE_COUNT] = {
    [COLUMN_INTEGER] = {"integer", is_integer, "uniform(0,100)"},
    [COLUMN_NUMBER] = {"number", is_number, "uniform"},
    [COLUMN_BOOLEAN] = {"boolean", is_boolean, "choice(true,false)"},
    [COLUMN_DATE] = {"date", moment_is_date, "time"},
    [COLUMN_DATETIME] = {"datetime", is_datetime, "time"},
    [COLUMN_STRING] = {"string", is_string, "name"},
};

enum column_type column_type_of_word(const char *word)
{
    enum column_type type = 0;
    while (type < COLUMN_TYPE_COUNT && strcmp(COLUMN_TYPES[type].word, word) != 0)
        type++;
    return type;
}

/* Every integer is a number; no other text is of two types, but all are strings. */
enum column_type column_type_widen(enum column_type so_far, const char *text, size_t length)
{
    if (so_far != COLUMN_TYPE_COUNT && COLUMN_TYPES[so_far].has(text, length))
        return so_far;
    enum column_type type = 0;
    while (!COLUMN_TYPES[type].has(text, length))
        type++;
    bool numeric = so_far == COLUMN_INTEGER && type == COLUMN_NUMBER;
    return so_far == COLUMN_TYPE_COUNT || numeric ? type : COLUMN_STRING;
}
