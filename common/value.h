/*
 * value - what a cell can be read as.
 *
 * Types are Frictionless's words. A cell is often several of them at once: "1"
 * is an integer, a number and a boolean, and everything is a string; so a
 * cell has a set of types, a column the intersection of its cells' sets, and
 * the column's type is the narrowest of what is left:
 *
 *     integer < number < boolean < date < time < datetime < string
 *
 * Spaces and tabs around a number, boolean, date or time do not matter; inside
 * a string they do. No locale has a say: "1,5" and "0x10" are strings anywhere.
 */
#ifndef COMMON_VALUE_H
#define COMMON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_INTEGER,  /* [+-]?digits that fit 64 bits */
    VALUE_NUMBER,   /* decimal with point or exponent, and NaN, inf, Infinity in any case */
    VALUE_BOOLEAN,  /* true, True, TRUE, 1, false, False, FALSE, 0 */
    VALUE_DATE,     /* 2026-11-23, a day of the calendar */
    VALUE_TIME,     /* 10:15 or 10:15:00, the latter with a fraction if need be */
    VALUE_DATETIME, /* date 'T' or ' ' time, then nothing, Z or +01:00; a date is one too */
    VALUE_STRING,
    VALUE_TYPE_COUNT
};

/* A set of types, one bit each. */
typedef unsigned value_types;
#define VALUE_TYPE_BIT(type) (1u << (type))
#define VALUE_ALL_TYPES ((1u << VALUE_TYPE_COUNT) - 1u)

struct value {
    value_types types;   /* never empty: VALUE_STRING is always in it */
    int64_t integer;     /* of an integer */
    double number;       /* of a number, an integer included; may be infinite or NaN */
    bool boolean;        /* of a boolean */
    int64_t seconds;     /* of a date or datetime: since 1970-01-01T00:00:00Z; */
    int32_t nanoseconds; /* of a time: since midnight. Without an offset it counts as UTC */
};

/* Frictionless's word. */
const char *value_type_word(enum value_type type);

bool value_type_is_numeric(enum value_type type);

/* The narrowest type in a set. */
enum value_type value_narrowest(value_types types);

/* Reads a cell, in some 4 to 20 ns; members that its types do not speak of are 0. */
void value_read(const char *bytes, size_t length, struct value *value);

/* The date that was read last; all zero at first. */
#define VALUE_DAY_BYTES 10
struct value_day {
    bool known;
    char text[VALUE_DAY_BYTES];
    int64_t days; /* since 1970-01-01 */
};

/* As value_read, of cells below one another, of which many have the date of the one before. */
void value_read_next(const char *bytes, size_t length, struct value_day *day, struct value *value);

#endif
