/*
 * column_state - what a column's state consists of, for column, which keeps it, and column_finish,
 * which concludes from it.
 */
#ifndef CONSUMER_COLUMN_STATE_H
#define CONSUMER_COLUMN_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/value.h"
#include "consumer/profile/cardinality.h"
#include "consumer/profile/extent.h"
#include "consumer/profile/numbers.h"
#include "consumer/profile/quantiles.h"
#include "consumer/profile/tally.h"

/* What stands in for the values once they are too many. */
struct column_sketches {
    struct cardinality *texts;
    struct extent extent;

    /* for as long as the column may be numeric, else NULL */
    struct cardinality *numbers;
    struct quantiles *quantiles;
};

struct column {
    char *name;
    size_t name_length;
    value_types types; /* what every cell so far can be read as */
    uint64_t count;
    uint64_t missing;
    struct tally *tally; /* cells as text: right whatever type the column ends as */

    uint64_t booleans[2];             /* for as long as it may be of booleans: false, true */
    struct numbers numbers;           /* for as long as it may be numeric */
    struct column_sketches *sketches; /* NULL while the tally is exact */
};

#define COLUMN_MOMENTS \
    (VALUE_TYPE_BIT(VALUE_DATE) | VALUE_TYPE_BIT(VALUE_TIME) | VALUE_TYPE_BIT(VALUE_DATETIME))
#define COLUMN_NUMBERS (VALUE_TYPE_BIT(VALUE_INTEGER) | VALUE_TYPE_BIT(VALUE_NUMBER))

/* What it takes in memory, all of it. */
size_t column_bytes(const struct column *column);

#endif
