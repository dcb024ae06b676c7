/*
 * totals_result - all processed batches together, as if they were one file: plain data, for
 * totals.json, the page and metrics.
 */
#ifndef CONSUMER_TOTALS_RESULT_H
#define CONSUMER_TOTALS_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/column_result.h"

struct totals_result {
    uint64_t batches;  /* that are in it */
    uint64_t left_out; /* processed batches that are not: their data was gone when it was wanted */
    uint64_t rows;
    uint64_t bytes;

    /* By name, in the order in which they were first met; a batch that lacks one adds nothing to
     * it. Only so many are kept, and what other columns there were is counted. */
    struct column_result *columns;
    uint64_t *column_batches; /* that had each */
    size_t column_count;
    uint64_t columns_left_out;
};

void totals_result_free(struct totals_result *totals);

#endif
