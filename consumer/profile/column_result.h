/*
 * column_result - what is said of a column in the end: plain data, for summary, chart and table.
 */
#ifndef CONSUMER_COLUMN_RESULT_H
#define CONSUMER_COLUMN_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "common/value.h"

enum { COLUMN_P01, COLUMN_P05, COLUMN_P25, COLUMN_P50, COLUMN_P75, COLUMN_P95, COLUMN_P99 };
#define COLUMN_QUANTILES 7
#define COLUMN_TOP_MAX 10
#define COLUMN_BINS_MAX 24
/* Of a longer text so many bytes are shown. */
#define COLUMN_TEXT_BYTES 4096u

/* p of each quantile, and its name in the summary. */
extern const double COLUMN_QUANTILE_P[COLUMN_QUANTILES];
extern const char *const COLUMN_QUANTILE_NAME[COLUMN_QUANTILES];

/* A value as the summary shows it. Not finite numbers are texts. */
struct column_scalar {
    enum { SCALAR_NONE, SCALAR_INTEGER, SCALAR_DOUBLE, SCALAR_BOOLEAN, SCALAR_TEXT } kind;
    number_int128 integer;
    double number;
    bool boolean;
    char *text; /* owned */
    size_t length;
};

struct column_top {
    struct column_scalar value;
    uint64_t count;
};

/* A double that has no value (the mean of nothing, the stddev of one) is NaN. */
struct column_result {
    char *name; /* owned; UTF-8, not NUL-terminated for sure */
    size_t name_length;
    enum value_type type;
    uint64_t count;   /* cells with a value */
    uint64_t missing; /* cells without */
    uint64_t distinct;
    double distinct_error; /* of distinct, as a share of it; 0 is exact */
    struct column_scalar min;
    struct column_scalar max;

    /* numeric columns */
    struct column_scalar sum; /* exact for integers */
    bool sum_overflow;        /* the sum is beyond the largest double */
    double mean;
    double stddev;   /* of a sample: n - 1 */
    double skewness; /* adjusted Fisher-Pearson, G1 (Joanes and Gill 1998) */
    uint64_t zeros;
    uint64_t negatives;
    uint64_t nonfinite;
    double quantiles[COLUMN_QUANTILES];
    double rank_error; /* of a quantile, as a share of all numbers; 0 is exact */
    size_t bins;       /* Sturges 1926, at most COLUMN_BINS_MAX; 0 without finite values */
    double edges[COLUMN_BINS_MAX + 1];
    uint64_t bin_counts[COLUMN_BINS_MAX];

    /* Of values that surely came more often than top_error, the most frequent ones. */
    struct column_top top[COLUMN_TOP_MAX];
    size_t top_count;
    uint64_t top_error; /* a count may be so much too low, and never too high; 0 is exact */

    /* string columns, in characters */
    uint64_t min_length;
    uint64_t max_length;
    double mean_length;
};

void column_result_free(struct column_result *result);

/* Makes the scalar a copy of a text, or of its beginning. False when memory is short. */
bool column_scalar_set_text(struct column_scalar *scalar, const char *bytes, size_t length);

#endif
