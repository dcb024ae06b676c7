/*
 * generate - the rows of a synthetic batch. Pure: what is in the request is all
 * that the bytes depend on; no clock, no locale, no state between batches.
 *
 *     struct generator generator;
 *     generate_begin(&generator, &request);
 *     while (generate_rows(&generator, &csv, 10000))
 *         ...                                 somewhere to ask whether to go on
 *     if (text_failed(&csv)) ...
 *
 * A batch is RFC 4180 with LF and one header row. The number of rows is the
 * first draw of the batch's own stream of random numbers, the values follow (see draw.h).
 */
#ifndef PRODUCER_GENERATE_H
#define PRODUCER_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "producer/draw.h"
#include "producer/schema.h"

struct generate_request {
    const struct schema *schema;
    uint64_t seed;
    uint64_t batch; /* the stream of the seed */
    uint64_t rows_low;
    uint64_t rows_high;    /* both included */
    int64_t start_seconds; /* since 1970, of the first row; where `start_fixed`, of batch 1 */
    bool start_fixed;      /* see generate_start() */
};

struct generator {
    struct generate_request request;
    uint64_t rows; /* of the whole batch, below the header */
    uint64_t done; /* rows that are written */
    size_t ready;  /* columns that need not be looked ahead in */
    struct draw columns[SCHEMA_COLUMNS_MAX];
};

/*
 * When a batch starts: now, or in a run whose time is fixed at a moment that its number alone
 * decides. Then batch 1 starts at request->start_seconds and each one so much later than the one
 * before as the longest batch may last, which is rows_high times schema_row_ms(), in whole seconds:
 * times ascend from batch to batch and never overlap. What lies beyond 9999 stays at its end.
 */
int64_t generate_start(const struct generate_request *request, uint64_t batch, int64_t now_seconds);

/* Draws the number of rows; writes nothing yet. */
void generate_begin(struct generator *generator, const struct generate_request *request);

/*
 * Appends at most `at_most` rows, and before the first one the header; or none yet, where columns
 * have to be looked ahead in. True while rows are left. How it is cut into calls does not change
 * the bytes.
 */
bool generate_rows(struct generator *generator, struct text *csv, uint64_t at_most);

#endif
