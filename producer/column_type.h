/*
 * column_type - the types that a column can have, in Frictionless's words, and which texts are of
 * them.
 *
 * One table, from narrow to wide: a text that is of several types is of the first of them.
 */
#ifndef PRODUCER_COLUMN_TYPE_H
#define PRODUCER_COLUMN_TYPE_H

#include <stdbool.h>
#include <stddef.h>

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
    const char *word; /* integer, number, boolean, date, datetime, string */
    /* True for a text of the type. */
    bool (*has)(const char *text, size_t length);
    const char *preset; /* what a column follows that states its type alone */
};

extern const struct column_type_row COLUMN_TYPES[COLUMN_TYPE_COUNT];

/* The type of this word, or COLUMN_TYPE_COUNT. */
enum column_type column_type_of_word(const char *word);

/* The narrowest type that both texts of type `so_far` and this one are of. */
enum column_type column_type_widen(enum column_type so_far, const char *text, size_t length);

#endif
