/*
 * shard - one consumer's share of the keys: I of N consumers that share one input and one results
 * directory. Written "I/N"; "1/1" is a consumer that has all keys to itself.
 *
 *     struct shard shard;
 *     if (shard_read("3/4", &shard) && shard_owns(shard, "7")) ...
 *     shard_file(name, CONTRACT_PROCESSED_LOG, shard);        "processed.3-of-4.log"
 *
 * Batches known by a number go round: 1, 5, 9 ... are the first of four shards'. Any other key goes
 * by the CRC-32 of its bytes (ISO-HDLC, as zlib and gzip have it), modulo N. So each key is exactly
 * one shard's, and everybody can say whose.
 */
#ifndef COMMON_SHARD_H
#define COMMON_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/contract.h"

#define SHARD_COUNT_MAX 1024u

struct shard {
    uint32_t index; /* from 1 */
    uint32_t count;
};

#define SHARD_WHOLE ((struct shard){1, 1})
/* The longest "I/N" and its NUL. */
#define SHARD_WORDS_SIZE 16

/* Digits alone, 1 <= I <= N <= SHARD_COUNT_MAX; false for anything else. */
bool shard_read(const char *words, struct shard *shard);
void shard_words(char words[SHARD_WORDS_SIZE], struct shard shard);

bool shard_is_whole(struct shard shard);
bool shard_is_same(struct shard left, struct shard right);

/* The order in which all shards agree on their logs: 1/1, 1/2, 2/2, 1/3 ... */
bool shard_is_before(struct shard left, struct shard right);

bool shard_owns(struct shard shard, const char *key);

/*
 * The numbers that a shard owns are its 0th, 1st, 2nd ... ; with them as places, what it has taken
 * in order is one range. False for a number that is not its own.
 */
bool shard_place(struct shard shard, uint64_t number, uint64_t *place);
uint64_t shard_number(struct shard shard, uint64_t place);

/*
 * Of the numbers `first` to `last` the next that both shards own, which is *number. False when
 * there is none. Behind it they meet in steps of shard_common_step().
 */
bool shard_first_common(struct shard left, struct shard right, uint64_t first, uint64_t last,
                        uint64_t *number);
uint64_t shard_common_step(struct shard left, struct shard right);

/*
 * What a file that each shard has for itself is called: 1/1 has the plain name, another one with
 * "I-of-N" in front of the extension. `name` and `file` are less than CONTRACT_NAME_SIZE bytes.
 */
void shard_file(char name[CONTRACT_NAME_SIZE], const char *file, struct shard shard);

/* Where a shard's lock is, from the results directory. */
void shard_lock_file(char name[CONTRACT_NAME_SIZE], struct shard shard);

/* True while a consumer of this shard runs in a results directory: it holds that lock. */
bool shard_runs(int results_fd, struct shard shard);

/* Whose `file` has this name; false when no shard's has. */
bool shard_of_file(const char *name, const char *file, struct shard *shard);

#endif
