/*
 * ranking - the values of a tally in the order of the type that their column turned out to have,
 * texts that are one value of it (1 and 01) being joined.
 */
#ifndef CONSUMER_RANKING_H
#define CONSUMER_RANKING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/value.h"
#include "consumer/profile/column_result.h"
#include "consumer/profile/tally.h"

struct ranked {
    struct value value;
    struct tally_entry entry; /* one of its texts, and how often all of them came */
};

/*
 * The different values, ascending; to be freed. Every text in the tally must be one of the type.
 * NULL when memory is short or SIGTERM has come.
 */
struct ranked *rank_values(const struct tally *tally, enum value_type type, size_t *count);

/* The most frequent ones, the first being the most frequent; ties stand in their order. */
size_t ranked_most_frequent(const struct ranked *ranked, size_t count,
                            const struct ranked *top[COLUMN_TOP_MAX]);

/* The value as the summary shows it. False when memory is short. */
bool ranked_show(const struct ranked *ranked, enum value_type type, struct column_scalar *scalar);

#endif
