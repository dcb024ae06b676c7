/*
 * column_type - the types that a schema's column can have: those of value.h that there is something
 * to draw for, with what stands for each where nothing else is said.
 *
 * Which texts are of a type is not said here, but by what metadata may state of them (stated).
 */
#ifndef PRODUCER_COLUMN_TYPE_H
#define PRODUCER_COLUMN_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/value.h"

/* From narrow to wide. */
enum column_type {
    COLUMN_INTEGER,
    COLUMN_NUMBER,
    COLUMN_BOOLEAN,
    COLUMN_DATE,
    COLUMN_DATETIME,
    COLUMN_STRING,
    COLUMN_TYPE_COUNT
};

/* A set of types, as bits. */
#define COLUMN_TYPE_BIT(type) (1U << (type))

struct column_type_row {
    enum value_type value;
    const char *preset; /* what a column follows that states its type alone */
};

extern const struct column_type_row COLUMN_TYPES[COLUMN_TYPE_COUNT];

/* Frictionless's word. */
const char *column_type_word(enum column_type type);

/* The type of this word, or COLUMN_TYPE_COUNT. */
enum column_type column_type_of_word(const char *word);

/* The narrowest that all values have which are of these types; strings where that is a time alone.
 */
enum column_type column_type_narrowest(value_types types);

/* True when values of these types may stand in a column of this one. */
bool column_type_takes(enum column_type type, value_types types);

#endif
