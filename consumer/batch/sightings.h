/*
 * sightings - the batches that were seen in the shared directory, in the order of their
 * keys, and since when their files have stood still.
 *
 * A batch that waits, is in flight or was rejected is a sighting of some 300 bytes. One that
 * was processed and is known by a number shrinks to its number and a fingerprint of its data
 * file, 16 bytes: it is looked at again in its turn, and becomes a sighting once more when
 * the fingerprint differs. After a start no fingerprint is known, so that each is compared by
 * its content once.
 *
 *     sightings_list(sightings, name, now_ns)           each name of a listing,
 *     sightings_merge(sightings, directory_fd, now_ns)  after each part of it,
 *     sightings_forget(sightings, directory_fd, now_ns) and when all names have been listed
 *     sightings_look(sightings, directory_fd, name, now_ns)    a name that an event has told
 *     sightings_refresh(sightings, directory_fd, now_ns)       at each poll
 */
#ifndef CONSUMER_SIGHTINGS_H
#define CONSUMER_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/shard.h"
#include "consumer/batch/sighting.h"

struct sightings;

/* True for a batch that was processed, whatever its files are now. */
typedef bool sightings_is_processed(void *context, const char *key);

/*
 * Data files are those that match `pattern`; batches of other shards are passed over. NULL when
 * memory is short.
 */
struct sightings *sightings_create(const char *pattern, struct shard shard,
                                   sightings_is_processed *is_processed, void *context);
void sightings_free(struct sightings *sightings);

/* Begins a listing: what it does not meet is forgotten by sightings_forget(). */
void sightings_begin(struct sightings *sightings);

/* False when memory is short: the name is to be listed again. */
bool sightings_list(struct sightings *sightings, const char *name, int64_t now_ns);

/* Puts what was listed in its place, and looks at the files of what is new. */
bool sightings_merge(struct sightings *sightings, int directory_fd, int64_t now_ns);

/* Ends a listing: what it did not meet is looked at, and forgotten when it is gone. */
void sightings_forget(struct sightings *sightings, int directory_fd, int64_t now_ns);

/* Looks at the batch that a name belongs to, if it is one's. False when memory is short. */
bool sightings_look(struct sightings *sightings, int directory_fd, const char *name,
                    int64_t now_ns);

/*
 * Looks at the files of the next some thousand sightings and some hundred processed batches,
 * each in its turn.
 */
void sightings_refresh(struct sightings *sightings, int directory_fd, int64_t now_ns);

/* The second half of that alone. */
void sightings_verify(struct sightings *sightings, int directory_fd, int64_t now_ns);

/* Shrinks what was processed since; sightings move up, and their indices change. */
void sightings_compact(struct sightings *sightings);

/* How many processed batches have not been compared since the start. */
size_t sightings_unverified(const struct sightings *sightings);

/* How many names the last whole listing has met that are no batch's and do not belong there. */
uint64_t sightings_skipped(const struct sightings *sightings);

/* Sightings, in the order of contract_key_compare; processed ones only while they are compared. */
size_t sightings_count(const struct sightings *sightings);
struct sighting *sightings_at(const struct sightings *sightings, size_t index);

#endif
