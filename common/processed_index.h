/*
 * processed_index - what stands about each key: the newest decision of the log, in
 * memory that does not grow with the number of batches.
 *
 * Batches that were processed and are known by a number are ranges of the numbers that the log's
 * shard owns. All others (rejected ones, keys that are no numbers, and those whose content changed
 * afterwards) are an exception each, some 250 bytes.
 *
 *     struct processed_index *index = processed_index_create(shard);
 *     processed_index_take(index, &record);               each record, in the order of the log
 *     entry = processed_index_find(index, "7");
 */
#ifndef COMMON_PROCESSED_INDEX_H
#define COMMON_PROCESSED_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/keyset.h"
#include "common/processed_record.h"
#include "common/shard.h"

struct processed_entry {
    char *key;            /* NULL: one of a range */
    enum outcome outcome; /* processed or rejected; changed: nothing but that stands here */
    enum reason reason;
    char sha256[DIGEST_HEX_SIZE]; /* of the bytes decided on; "" when only the log's line has it */
    bool changed;                 /* other content was seen after that, and logged: */
    char changed_sha256[DIGEST_HEX_SIZE];
};

/* Sums over the records that stand. */
struct processed_totals {
    uint64_t processed, rejected; /* batches */
    uint64_t rows, bytes;         /* of the processed ones */
};

/* The same in a word. */
enum verdict { VERDICT_NONE, VERDICT_REJECTED, VERDICT_PROCESSED };

struct processed_index;

/* NULL when memory is short. */
struct processed_index *processed_index_create(struct shard shard);
void processed_index_free(struct processed_index *index);

/* Takes in one record. False when memory is short. */
bool processed_index_take(struct processed_index *index, const struct processed_record *record);

/*
 * What stands about a key; NULL when nothing does. Valid until the next record is taken in. Where
 * a shard took over from another, its log may have a change of what only that one's has processed.
 */
const struct processed_entry *processed_index_find(const struct processed_index *index,
                                                   const char *key);

enum verdict processed_index_verdict(const struct processed_index *index, const char *key);

struct shard processed_index_shard(const struct processed_index *index);

/* Calls `judged` from now on with each key whose verdict a record has changed, and what it was.
 * NULL: nobody any more. */
typedef void processed_index_judged(void *context, const struct processed_index *index,
                                    const char *key, enum verdict before);
void processed_index_watch(struct processed_index *index, processed_index_judged *judged,
                           void *context);

/*
 * Calls `each` with every key on which both have decided, once. It takes as long as there are
 * exceptions, ranges and such keys.
 */
typedef void processed_index_each(void *context, const char *key);
void processed_index_shared(const struct processed_index *left, const struct processed_index *right,
                            processed_index_each *each, void *context);

const struct processed_totals *processed_index_totals(const struct processed_index *index);

/* The largest number that was decided on, 0 when there is none. */
uint64_t processed_index_last_number(const struct processed_index *index);

/*
 * The index as text, for a checkpoint: the ranges, and the exceptions as lines of the log
 * that give the same entries when they are taken in. Returns how many lines were appended.
 */
void processed_index_write_ranges(const struct processed_index *index, struct text *ranges);
size_t processed_index_write_exceptions(const struct processed_index *index, struct text *lines);

/*
 * Into an empty index, in this order: the ranges; the exceptions, by processed_index_take(); and
 * the sums, which rows and bytes of the ranges are part of. False when the ranges cannot be
 * read or memory is short.
 */
bool processed_index_restore(struct processed_index *index, const char *ranges);
void processed_index_set_totals(struct processed_index *index,
                                const struct processed_totals *totals);

#endif
