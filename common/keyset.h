/*
 * keyset - a set of batch numbers, kept as ranges: a million batches that were
 * taken in order are one range, whatever their order within the last few.
 *
 *     struct keyset keys = {0};
 *     keyset_add(&keys, 7);
 *     if (keyset_has(&keys, 7)) ...
 *     keyset_write(&keys, &text);          "1-5,7"
 *     keyset_free(&keys);
 *
 * Memory is 16 bytes a range. A lookup is a binary search; adding next to a
 * range grows it, and joins it with its neighbour where they meet.
 */
#ifndef COMMON_KEYSET_H
#define COMMON_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct keyset_range {
    uint64_t first, last; /* both in the set */
};

struct keyset {
    struct keyset_range *ranges; /* ascending, with a gap between any two */
    size_t count, capacity;
};

/* False when memory is short: then the set is as it was. Adding twice is nothing new. */
bool keyset_add(struct keyset *keys, uint64_t number);
bool keyset_has(const struct keyset *keys, uint64_t number);

/* The largest number in the set, 0 when it is empty. */
uint64_t keyset_last(const struct keyset *keys);

/* Appends the ranges as text: "1-5,7,9-12". */
void keyset_write(const struct keyset *keys, struct text *text);

/*
 * Takes the set from such a text: ascending, with gaps. False when it is none or memory
 * is short; then the set is empty.
 */
bool keyset_read(struct keyset *keys, const char *text);

/* Releases the memory; the set is empty and may be used again. */
void keyset_free(struct keyset *keys);

#endif
