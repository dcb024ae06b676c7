/*
 * column - one column's running state, and the plain result it ends as.
 *
 *     struct column *column = column_create(name, length);
 *     column_add(column, cell, length);          once a row
 *     struct column_result result;
 *     column_finish(column, &result);
 *     ... result is plain data ...
 *     column_result_free(&result);
 *     column_free(column);
 *
 * Types are decided by all cells, not by a sample (see value.h). Statistics are
 * over the values that are there; those of a numeric column over the finite
 * ones. Sums of powers are kept in double-double arithmetic (Dekker 1971; Knuth,
 * TAOCP 4.2.2) around the first value, so that neither cancellation nor the
 * order of the rows shows in the last digit.
 */
#ifndef CONSUMER_COLUMN_H
#define CONSUMER_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "consumer/value.h"

#define COLUMN_QUANTILES 7
#define COLUMN_TOP_MAX 10
#define COLUMN_BINS_MAX 24

/* p of each quantile, and its name in the summary. */
extern const double COLUMN_QUANTILE_P[COLUMN_QUANTILES];
extern const char *const COLUMN_QUANTILE_NAME[COLUMN_QUANTILES];

/* Places in the two arrays above. */
enum { COLUMN_P01, COLUMN_P05, COLUMN_P25, COLUMN_P50, COLUMN_P75, COLUMN_P95, COLUMN_P99 };

/* One value of a column, of the column's type; kind NONE where there is none. */
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
    bool distinct_exact;
    struct column_scalar min;
    struct column_scalar max;

    /* numeric columns */
    struct column_scalar sum; /* exact for integers */
    double mean;
    double stddev;   /* of a sample: n - 1 */
    double skewness; /* adjusted Fisher-Pearson, G1 (Joanes and Gill 1998) */
    uint64_t zeros;
    uint64_t negatives;
    uint64_t nonfinite;
    double quantiles[COLUMN_QUANTILES];
    double rank_error;
    size_t bins; /* Sturges 1926, at most COLUMN_BINS_MAX; 0 without finite values */
    double edges[COLUMN_BINS_MAX + 1];
    uint64_t bin_counts[COLUMN_BINS_MAX];

    struct column_top top[COLUMN_TOP_MAX];
    size_t top_count;
    bool top_exact;

    /* string columns, in characters */
    uint64_t min_length;
    uint64_t max_length;
    double mean_length;
};

struct column;

/* NULL when memory is short. */
struct column *column_create(const char *name, size_t length);
void column_free(struct column *column);

/* Takes in one cell. False when memory is short. */
bool column_add(struct column *column, const char *bytes, size_t length);

/* False when memory is short or SIGTERM has come; the result is to be freed all the same. */
bool column_finish(struct column *column, struct column_result *result);
void column_result_free(struct column_result *result);

#endif
