/*
 * synthetic - the generator as a source of batches: always ready, without end, and pure, so that a
 * batch is made again from its number and its time.
 *
 *     struct synthetic synthetic;
 *     struct source source = synthetic_open(&synthetic, &request);
 *     synthetic_close(&synthetic);
 *
 * Memory holds one batch at a time, which has SYNTHETIC_BATCH_BYTES_MAX at most: by the rows and
 * the schema that is known before the first (schema_row_bytes).
 */
#ifndef PRODUCER_SYNTHETIC_H
#define PRODUCER_SYNTHETIC_H

#include "common/text.h"
#include "producer/chaos.h"
#include "producer/generate.h"
#include "producer/source.h"

#define SYNTHETIC_BATCH_BYTES_MAX (UINT64_C(4) << 30)

struct synthetic {
    struct generate_request request; /* of every batch, but for its number and its time */
    struct chaos *chaos;
    struct text csv;
    uint64_t rows;
};

/*
 * The source works on `synthetic`, which must stay where it is. `chaos` is borrowed; NULL, as a
 * rule, for batches without faults.
 */
struct source synthetic_open(struct synthetic *synthetic, const struct generate_request *request,
                             struct chaos *chaos);
void synthetic_close(struct synthetic *synthetic);

#endif
