/*
 * processed_repeats - what several indexes say of one key, so that sums over them count it once: of
 * one that was rejected in one and processed in another, that it was processed; of one that was
 * processed in two, where no lock reached, one of them.
 *
 *     struct processed_repeats *repeats = processed_repeats_create();
 *     processed_repeats_join(repeats, index);              each, and what is taken in from then on
 *     count - processed_repeats_count(repeats, OUTCOME_PROCESSED)
 *     processed_repeats_clear(repeats);                    before one of them is freed
 *
 * Shards of one N have no key in common. So a record costs one lookup for each other N that there
 * is, and joining takes as long as there are exceptions, ranges and keys in common.
 */
#ifndef COMMON_PROCESSED_REPEATS_H
#define COMMON_PROCESSED_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/processed_index.h"

struct processed_repeats;

/* NULL when memory is short. */
struct processed_repeats *processed_repeats_create(void);
void processed_repeats_free(struct processed_repeats *repeats);

/* Borrows the index and watches it (see processed_index_watch). False when memory is short. */
bool processed_repeats_join(struct processed_repeats *repeats, struct processed_index *index);

/* Watches none any more. */
void processed_repeats_clear(struct processed_repeats *repeats);

/* By how much a sum over the indexes of keys with this outcome is too high. */
uint64_t processed_repeats_count(const struct processed_repeats *repeats, enum outcome outcome);

/* Whether the index of a shard of another N has the key as processed. */
bool processed_repeats_have_elsewhere(const struct processed_repeats *repeats, struct shard shard,
                                      const char *key);

#endif
