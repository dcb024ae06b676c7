/*
 * settled - the processed batches that still lie in the shared directory, 16 bytes each: the
 * number, and a fingerprint of the data file as it was when its content was last compared.
 *
 *     settled_note(&settled, number, fingerprint);     any number of times, in any order,
 *     settled_merge(&settled);                         and they are to be found
 *     struct settled_batch *batch = settled_find(&settled, 7);
 *
 * A listing of the directory marks what it meets; settled_forget() drops the rest.
 */
#ifndef CONSUMER_SETTLED_H
#define CONSUMER_SETTLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/stream/signature.h"

struct settled_batch {
    uint64_t number;
    uint64_t fingerprint : SIGNATURE_FINGERPRINT_BITS; /* 0: not compared since the start */
    uint64_t listed : 1;                               /* met by the listing under way */
    uint64_t sighted : 1;                              /* somebody looks into it: let it be */
};

struct settled {
    struct settled_batch *batches; /* by number */
    size_t count;
    struct settled_batch *fresh; /* noted, and not merged yet */
    size_t fresh_count, fresh_capacity;
};

/* As met by the listing under way. False when memory is short. */
bool settled_note(struct settled *settled, uint64_t number, uint64_t fingerprint);

/* Of doubles the first stays. False when memory is short: to be called again. */
bool settled_merge(struct settled *settled);

/* NULL when it is not among them. Valid until the next merge. */
struct settled_batch *settled_find(const struct settled *settled, uint64_t number);

/* Its content is that of the file with this fingerprint, and nobody looks into it any more. */
void settled_compared(struct settled_batch *batch, uint64_t fingerprint);

void settled_begin_listing(struct settled *settled);

/* Drops what was neither listed nor sighted. */
void settled_forget(struct settled *settled);

void settled_free(struct settled *settled);

#endif
