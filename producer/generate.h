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
 * first draw of the batch's own stream of random numbers, the values follow.
 */
#ifndef PRODUCER_GENERATE_H
#define PRODUCER_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "producer/random.h"
#include "producer/schema.h"

struct generate_request {
    const struct schema *schema;
    uint64_t seed;
    uint64_t batch; /* the stream of the seed */
    uint64_t rows_low;
    uint64_t rows_high;    /* both included */
    int64_t start_seconds; /* since 1970, of the first row */
};

struct generator {
    struct generate_request request;
    struct random_state random;
    uint64_t rows; /* of the whole batch, below the header */
    uint64_t done; /* rows that are written */
};

/* Draws the number of rows; writes nothing yet. */
void generate_begin(struct generator *generator, const struct generate_request *request);

/*
 * Appends at most `at_most` rows, and before the first one the header. True
 * while rows are left. How it is cut into calls does not change the bytes.
 */
bool generate_rows(struct generator *generator, struct text *csv, uint64_t at_most);

#endif
