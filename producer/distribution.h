/*
 * distribution - how the values of a column can be spread: one table, from which a schema is
 * parsed and checked, `--schema help` and the messages are made, and docs/schemas.md is tested.
 *
 *     const struct distribution *row = distribution_of_word("normal");
 *     row->parameters[1].name                     "sd"
 *
 * To add one: an enumerator and a row here, and a line in the table of writers in draw.c.
 */
#ifndef PRODUCER_DISTRIBUTION_H
#define PRODUCER_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/column_type.h"

enum distribution_kind {
    DISTRIBUTION_UNIFORM,
    DISTRIBUTION_NORMAL,
    DISTRIBUTION_LOGNORMAL,
    DISTRIBUTION_EXPONENTIAL,
    DISTRIBUTION_PARETO,
    DISTRIBUTION_WALK,
    DISTRIBUTION_SINE,
    DISTRIBUTION_STEP,
    DISTRIBUTION_SEQUENCE,
    DISTRIBUTION_SERIAL,
    DISTRIBUTION_CHOICE,
    DISTRIBUTION_NAME,
    DISTRIBUTION_UUID,
    DISTRIBUTION_TIME,
    DISTRIBUTION_COUNT
};

#define DISTRIBUTION_PARAMETERS_MAX 4

enum distribution_unit {
    DISTRIBUTION_NUMBER,   /* a double */
    DISTRIBUTION_WHOLE,    /* a whole number */
    DISTRIBUTION_DURATION, /* milliseconds, written "1s" */
    DISTRIBUTION_TEXT      /* the column's `prefix`; it has no number and no bounds */
};

struct distribution_parameter {
    const char *name; /* NULL behind the last */
    enum distribution_unit unit;
    double preset;
    double minimum; /* both included */
    double maximum;
};

struct distribution {
    const char *word;
    struct distribution_parameter parameters[DISTRIBUTION_PARAMETERS_MAX + 1];
    bool is_list;          /* instead of parameters: words, with a weight each where one is given */
    bool draws;            /* random numbers, for its values */
    bool upwards;          /* has no values below its bulk, so no outliers there */
    unsigned types;        /* that its columns can have, as COLUMN_TYPE_BIT()s; */
    enum column_type type; /* the one they have where none is stated */
    /* How far values lie apart, roughly; NULL where there are no outliers. */
    double (*spread)(const double *parameters);
    /* What is wrong with the parameters together; NULL for nothing. NULL: each for itself will do.
     */
    const char *(*refuse)(const double *parameters, enum column_type type);
    const char *example; /* a column of a schema, without its name */
    const char *help;
};

extern const struct distribution DISTRIBUTIONS[DISTRIBUTION_COUNT];

/* NULL when there is none of this word. */
const struct distribution *distribution_of_word(const char *word);

/* A parameter's value as a schema writes it: "0.5", "10", "1s". */
#define DISTRIBUTION_VALUE_SIZE 40
void distribution_format_value(char text[DISTRIBUTION_VALUE_SIZE], enum distribution_unit unit,
                               double value);

#endif
