/*
 * counters - a table of values, each with how often it came: what a tally is made of.
 *
 *     struct counters counters;
 *     counters_open(&counters);
 *     place = counters_find(&counters, bytes, length, hash, &found);
 *     if (place == COUNTERS_NONE)
 *         counters_append(&counters, bytes, length, hash, &found) ...
 *     counters_close(&counters);
 *
 * Open addressing with linear probing, half full at most. A value's first slot is drawn from its
 * hash with a key from the system, since hashes can be foreseen; counters themselves stand in the
 * order in which they were appended, which no key changes.
 */
#ifndef CONSUMER_COUNTERS_H
#define CONSUMER_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/hash.h"
#include "consumer/profile/pack.h"
#include "consumer/profile/short_bytes.h"

struct counter {
    uint64_t hash;
    uint64_t count;
    uint64_t missed; /* what may have come before it was appended */
    uint32_t at;     /* of the value's bytes in the table's */
    uint32_t length;
};

/* Who stands here, and enough of its hash to pass most others by without a look at them. */
struct counters_slot {
    uint32_t place; /* one more than its place in the list; 0 is free */
    uint32_t mark;
};

struct counters {
    struct counter *list;
    size_t count, capacity;      /* the latter a power of two */
    struct counters_slot *slots; /* twice the capacity */
    char *bytes;
    size_t bytes_used, bytes_capacity;
    uint64_t key;
};

#define COUNTERS_NONE SIZE_MAX

/* What a search met. */
struct counters_found {
    size_t slot;        /* where the value belongs, if it is not there */
    unsigned same_hash; /* other values with its hash */
};

/* False when memory is short. To be closed in either case. */
bool counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/* The value's place in the list, or COUNTERS_NONE. */
size_t counters_find(const struct counters *counters, const char *bytes, size_t length,
                     uint64_t hash, struct counters_found *found);

/*
 * Appends a counter of 0 for a value that was not found; there must be fewer than the capacity.
 * NULL when memory is short.
 */
struct counter *counters_append(struct counters *counters, const char *bytes, size_t length,
                                uint64_t hash, const struct counters_found *found);

/* Room for so many, at least as many as there are. False when memory is short: nothing changed. */
bool counters_set_capacity(struct counters *counters, size_t capacity);

/* Keeps those for which `keep` holds, in their order, and no bytes of the others. */
typedef bool counters_condition(const struct counter *counter, uint64_t limit);
void counters_keep(struct counters *counters, counters_condition *keep, uint64_t limit);

/* Gives back memory of bytes that are no longer there, as far as that can be done. */
void counters_shrink_bytes(struct counters *counters);

/* What they take in memory. */
size_t counters_bytes(const struct counters *counters);

/*
 * Values and counts, in their order; not the table, which is made anew with another key. They are
 * unpacked into a table that was just opened, if there are no more than `most_values`, of
 * `most_bytes` together. False when they are none, which unpack_failed() says, or memory is short.
 */
void counters_pack(const struct counters *counters, struct text *text);
bool counters_unpack(struct unpacker *packed, struct counters *counters, size_t most_values,
                     size_t most_bytes);

static inline size_t counters_first_slot(const struct counters *counters, uint64_t hash)
{
    return (size_t)hash_fold(hash ^ counters->key, counters->key | 1) &
           (2 * counters->capacity - 1);
}

static inline uint32_t counters_mark(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static inline bool counters_is(const struct counters *counters, const struct counter *counter,
                               const char *bytes, size_t length, uint64_t hash)
{
    return counter->hash == hash && counter->length == length &&
           short_bytes_equal(counters->bytes + counter->at, bytes, length);
}

/* The counter of a value that stands where it is looked for first, as most do; else NULL. */
static inline struct counter *counters_find_at_once(const struct counters *counters,
                                                    const char *bytes, size_t length, uint64_t hash)
{
    const struct counters_slot slot = counters->slots[counters_first_slot(counters, hash)];
    if (slot.place == 0 || slot.mark != counters_mark(hash))
        return NULL;
    struct counter *counter = &counters->list[slot.place - 1];
    return counters_is(counters, counter, bytes, length, hash) ? counter : NULL;
}

/* Fetches what a search for this hash will look at first, if it is to follow soon. */
static inline void counters_expect(const struct counters *counters, uint64_t hash)
{
    __builtin_prefetch(&counters->slots[counters_first_slot(counters, hash)]);
}

#endif
