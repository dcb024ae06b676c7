/*
 * batch_states - what a batch's columns are made of, beyond its profile: to be merged into that of
 * all batches once the batch is decided for good, or dropped.
 */
#ifndef CONSUMER_BATCH_STATES_H
#define CONSUMER_BATCH_STATES_H

#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/column.h"

struct batch_states {
    struct column **columns; /* in the file's order; owned, as is each */
    size_t column_count;
    uint64_t rows;
};

/* What they take in memory. */
size_t batch_states_bytes(const struct batch_states *states);

void batch_states_free(struct batch_states *states);

#endif
