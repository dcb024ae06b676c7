/*
 * columns - what metadata states about the columns of a CSV: their names, and the type of each by
 * the values that stand in it.
 *
 *     columns_name(&columns, cells, count);       the header; once
 *     columns_take(&columns, cells);              each row
 *     fields = columns_fields(&columns);          count of them
 *     columns_forget(&columns);                   the next batch states what its own rows are
 *     columns_free(&columns);
 *
 * A column has the narrowest type that all its values have (see stated); one without a value, and
 * an empty cell is none, is of strings.
 */
#ifndef PRODUCER_COLUMNS_H
#define PRODUCER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/csv_rows.h"
#include "common/metadata.h"
#include "common/text.h"
#include "common/value.h"

struct columns {
    size_t count;
    struct text names; /* each with its NUL */
    struct metadata_field *fields;
    unsigned char *types; /* a set each; 0: no value so far */
    struct value_day *days;
};

/* Bytes of all names in a header are bounded by who reads it. False when memory is short. */
bool columns_name(struct columns *columns, const struct csv_cell *cells, size_t count);
void columns_free(struct columns *columns);

/* As many cells as there are columns. */
void columns_take(struct columns *columns, const struct csv_cell *cells);
void columns_forget(struct columns *columns);

/* True when all values of a column so far are of the type with this word of Frictionless's. */
bool columns_are(const struct columns *columns, size_t column, const char *type);

/* Names and types so far; valid until the next call. */
const struct metadata_field *columns_fields(struct columns *columns);

/* The same of types that were copied earlier, `count` bytes. */
const struct metadata_field *columns_fields_of(struct columns *columns, const unsigned char *types);

#endif
