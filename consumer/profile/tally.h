/*
 * tally - which values there are and how often each: all of them while there is room, the most
 * frequent ones from then on.
 *
 *     struct tally *tally = tally_create(&room);
 *     switch (tally_add(tally, bytes, length, hash_bytes(bytes, length), 1)) {
 *     case TALLY_FULL: ... take over what is in it ...; tally_summarise(tally); and add again
 *     ...
 *     for (i = 0; i < tally_size(tally); i++) ... tally_entry(tally, i) ...
 *
 * While it is exact, entries stand in the order in which their values first came. As a summary it
 * keeps counters for values that are frequent, and one number for all others: how often any of
 * them can have come at most, which is its error. A counter has the occurrences since it was
 * taken, and remembers the error of then, for those before. Additions are looked at in windows of
 * as many as there are counters. Of a value without a counter the first in a window is left out,
 * and the error grows by one for it; the second takes a counter. When a window ends, those
 * go that have come no more often than the error says of any value (Manku and Motwani 2002,
 * lossy counting); when none is left, the error grows by as much as half of them can be spared
 * for (Misra and Gries 1982). So a count is never too high, it is too low by tally_error() at most,
 * and that is 3 / counters of all that was added and one more, at most. Two summaries merge
 * (Agarwal et al. 2012).
 *
 * Values are chosen by strangers. Where one stands in the table is drawn from its hash with a key
 * from the system, which does not show in what is asked; and of different values with one hash, of
 * which who knows the hash can make any number, a few are told apart and no more.
 */
#ifndef CONSUMER_TALLY_H
#define CONSUMER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_rows.h"
#include "consumer/profile/pack.h"

/* How much it holds. Powers of two, at least 16. */
struct tally_room {
    size_t values;   /* different values while it is exact; at most 2^24 */
    size_t bytes;    /* of these together; less than 2^32 */
    size_t counters; /* of the summary; at most `values` */
};

/* Longer values get no counter in a summary: their occurrences add to the error. */
#define TALLY_COUNTED_BYTES 256u
/* So many different values with one hash are told apart. */
#define TALLY_SAME_HASH 8u

struct tally;

struct tally_entry {
    const char *bytes; /* owned by the tally; valid until it changes */
    size_t length;
    uint64_t hash;
    uint64_t count;
};

/* NULL when memory is short. */
struct tally *tally_create(const struct tally_room *room);
void tally_free(struct tally *tally);

enum tally_outcome {
    TALLY_COUNTED,
    TALLY_FULL,     /* exact, and a new value does not fit: nothing was changed */
    TALLY_NO_MEMORY /* nothing was changed */
};

/* Counts `times` occurrences; a summary is never full. */
enum tally_outcome tally_add(struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                             uint64_t times);

/*
 * Counts one occurrence each of cells[*at] and those behind it, of these hashes. *at becomes the
 * place of the first that was not counted, which is `count` where all were.
 */
enum tally_outcome tally_add_cells(struct tally *tally, const struct csv_cell *cells,
                                   const uint64_t *hashes, size_t count, size_t *at);

/* Makes an exact tally a summary. False when memory is short: it is as before. */
bool tally_summarise(struct tally *tally);

bool tally_is_exact(const struct tally *tally);

/* What a count may be short by, and what a value without a counter may have come; 0 while exact. */
uint64_t tally_error(const struct tally *tally);

/* For occurrences of any one value that are not to come here; before those that are, in a merge. */
void tally_add_error(struct tally *tally, uint64_t occurrences);

size_t tally_size(const struct tally *tally);
struct tally_entry tally_entry(const struct tally *tally, size_t place);

/* What it takes in memory. */
size_t tally_bytes(const struct tally *tally);

/*
 * What was packed comes back as it was, but for its key. The room must be the one that it was made
 * for. NULL when the bytes are none, which unpack_failed() says, or memory is short.
 */
void tally_pack(const struct tally *tally, struct text *text);
struct tally *tally_unpack(struct unpacker *packed, const struct tally_room *room);

#endif
