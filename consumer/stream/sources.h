/*
 * sources - the logs of all shards read as one: record after record, by the time at which they were
 * decided where several wait to be read, and each log in its own order.
 *
 *     struct sources sources = {.results_fd = results_fd};
 *     sources_extend(&sources, shard, log_bytes);        so long is this shard's log
 *     while (sources_lag(&sources) && sources_read(&sources, 100, take, context) > 0) ...
 *
 * It begins at the start of each log, or where sources_unpack() says that it was left.
 */
#ifndef CONSUMER_SOURCES_H
#define CONSUMER_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/processed_record.h"
#include "common/shard.h"
#include "consumer/profile/pack.h"
#include "consumer/stream/records.h"

struct source {
    struct shard shard;
    uint64_t at;        /* byte behind the last record that was read */
    uint64_t log_bytes; /* where the log ends */
    bool unreadable;    /* it was, since it was extended */
    bool known;         /* when the next record was decided: */
    char next_at[CLOCK_TIMESTAMP_SIZE];
    struct records_piece piece; /* of what comes next, while several logs wait */
};

struct sources {
    int results_fd;
    struct source *items;
    size_t count;
    struct shard reading; /* whose record is being taken */
};

void sources_free(struct sources *sources);

/* How long a shard's log is, from now on one of them. False when memory is short. */
bool sources_extend(struct sources *sources, struct shard shard, uint64_t log_bytes);

/* Which of them this shard's log is, now or from now on; SIZE_MAX when memory is short. */
size_t sources_place(struct sources *sources, struct shard shard);

/* The caller knows of itself what this log says up to its end. */
void sources_pass(struct sources *sources, struct shard shard);

/* Whether there are records, readable or not, in front; of one shard, or of any. */
bool sources_lag_of(const struct sources *sources, struct shard shard);
bool sources_lag(const struct sources *sources);

/* Whether reading on has a chance. */
bool sources_are_readable(const struct sources *sources);

/* How far a shard's log was read; 0 for one that is none of them. */
uint64_t sources_at(const struct sources *sources, struct shard shard);

/* Sums over the logs. */
uint64_t sources_read_bytes(const struct sources *sources);
uint64_t sources_left_bytes(const struct sources *sources);

/*
 * Hands on at most `most` records and returns how many lines that were, damaged ones included; 0
 * where nothing could be read. It stops in front of a record of which `take` says false.
 */
size_t sources_read(struct sources *sources, size_t most, processed_record_take *take,
                    void *context);

/*
 * Makes `back` the same logs, from some records of each before here up to here: counts[place] of
 * them, or `most` of each where `counts` is NULL. What it was is not freed.
 */
bool sources_back(const struct sources *sources, const size_t *counts, size_t most,
                  struct sources *back);

/* The next record of the log at a place, as sources_read(). */
size_t sources_read_of(struct sources *sources, size_t place, processed_record_take *take,
                       void *context);

/* ---- kept ---- */

/* False when a log cannot be read, so that nothing could be said of which it is. */
bool sources_pack(const struct sources *sources, struct text *file);

/* Into sources that are new. False when one is not the log that it was, or memory is short. */
bool sources_unpack(struct sources *sources, struct unpacker *packed);

#endif
