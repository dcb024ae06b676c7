#include "producer/columns.h"

#include <stdlib.h>
#include <string.h>

#include "producer/stated.h"

#define ONLY_STRING VALUE_TYPE_BIT(VALUE_STRING)

/* The names move while they are collected, so that they are pointed at when all are there. */
static void point_at_names(struct columns *columns)
{
    const char *name = columns->names.bytes;
    for (size_t i = 0; i < columns->count; i++, name += strlen(name) + 1)
        columns->fields[i].name = name;
}

bool columns_name(struct columns *columns, const struct csv_cell *cells, size_t count)
{
    *columns = (struct columns){.count = count};
    for (size_t i = 0; i < count; i++) {
        text_append(&columns->names, cells[i].bytes, cells[i].length);
        text_append(&columns->names, "", 1);
    }
    /* One more, so that none at all does not look like memory that is short. */
    columns->fields = calloc(count + 1, sizeof *columns->fields);
    columns->types = calloc(count + 1, sizeof *columns->types);
    columns->days = calloc(count + 1, sizeof *columns->days);
    if (text_failed(&columns->names) || columns->fields == NULL || columns->types == NULL ||
        columns->days == NULL) {
        columns_free(columns);
        return false;
    }
    point_at_names(columns);
    return true;
}

void columns_free(struct columns *columns)
{
    text_free(&columns->names);
    free(columns->fields);
    free(columns->types);
    free(columns->days);
    *columns = (struct columns){.count = 0};
}

void columns_take(struct columns *columns, const struct csv_cell *cells)
{
    for (size_t i = 0; i < columns->count; i++) {
        unsigned char *types = &columns->types[i];
        if (cells[i].length == 0 || *types == ONLY_STRING)
            continue;
        value_types cell = stated_types(cells[i].bytes, cells[i].length, &columns->days[i]);
        *types = (unsigned char)(*types == 0 ? cell : *types & cell);
    }
}

void columns_forget(struct columns *columns)
{
    if (columns->count > 0)
        memset(columns->types, 0, columns->count);
}

bool columns_are(const struct columns *columns, size_t column, const char *type)
{
    unsigned types = columns->types[column];
    for (int i = 0; i < VALUE_TYPE_COUNT; i++)
        if (strcmp(value_type_word((enum value_type)i), type) == 0)
            return types == 0 || (types & VALUE_TYPE_BIT(i)) != 0;
    return false;
}

const struct metadata_field *columns_fields(struct columns *columns)
{
    return columns_fields_of(columns, columns->types);
}

const struct metadata_field *columns_fields_of(struct columns *columns, const unsigned char *types)
{
    for (size_t i = 0; i < columns->count; i++)
        columns->fields[i].type =
            value_type_word(types[i] == 0 ? VALUE_STRING : value_narrowest(types[i]));
    return columns->fields;
}
