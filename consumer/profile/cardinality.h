/*
 * cardinality - how many different values there are, from one look at each, in 32 KiB.
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007) over 64-bit hashes, with the estimator of
 * Ertl 2017 ("New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6), which
 * needs no correction for small or large counts. Of 2^15 registers the standard error is
 * 1.04 / sqrt(2^15) = 0.57 %, so that 2 % are three and a half of them: exceeded once in 2,200.
 */
#ifndef CONSUMER_CARDINALITY_H
#define CONSUMER_CARDINALITY_H

#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/pack.h"

/* The relative error that is stated. */
#define CARDINALITY_ERROR 0.02

struct cardinality;

/* NULL when memory is short. */
struct cardinality *cardinality_create(void);
void cardinality_free(struct cardinality *cardinality);

/* Takes in the hashes of `count` values; one that was taken in before changes nothing. */
void cardinality_add(struct cardinality *cardinality, const uint64_t *hashes, size_t count);

/* Afterwards `into` is what it would be had it taken in all that `from` has. */
void cardinality_merge(struct cardinality *into, const struct cardinality *from);

uint64_t cardinality_estimate(const struct cardinality *cardinality);

/* What it takes in memory. */
size_t cardinality_bytes(const struct cardinality *cardinality);

/*
 * What was packed comes back as it was. NULL when the bytes are none, which unpack_failed() says,
 * or memory is short.
 */
void cardinality_pack(const struct cardinality *cardinality, struct text *text);
struct cardinality *cardinality_unpack(struct unpacker *packed);

#endif
