#include "producer/column_type.h"

#include <string.h>

const struct column_type_row COLUMN_TYPES[COLUMN_TYPE_COUNT] = {
    [COLUMN_INTEGER] = {VALUE_INTEGER, "uniform(0,100)"},
    [COLUMN_NUMBER] = {VALUE_NUMBER, "uniform"},
    [COLUMN_BOOLEAN] = {VALUE_BOOLEAN, "choice(true,false)"},
    [COLUMN_DATE] = {VALUE_DATE, "time"},
    [COLUMN_DATETIME] = {VALUE_DATETIME, "time"},
    [COLUMN_STRING] = {VALUE_STRING, "name"},
};

const char *column_type_word(enum column_type type)
{
    return value_type_word(COLUMN_TYPES[type].value);
}

enum column_type column_type_of_word(const char *word)
{
    enum column_type type = 0;
    while (type < COLUMN_TYPE_COUNT && strcmp(column_type_word(type), word) != 0)
        type++;
    return type;
}

enum column_type column_type_narrowest(value_types types)
{
    enum column_type type = 0;
    while (type < COLUMN_STRING && !column_type_takes(type, types))
        type++;
    return type;
}

bool column_type_takes(enum column_type type, value_types types)
{
    return (types & VALUE_TYPE_BIT(COLUMN_TYPES[type].value)) != 0;
}
