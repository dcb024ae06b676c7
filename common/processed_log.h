/*
 * processed_log - processed.log, or processed.I-of-N.log of one shard of several: what was decided
 * about each batch, one JSON object a line (see processed_record), append-only. A durable record IS
 * the commit of a batch; so it is appended after the outputs it speaks of are durable, never
 * before.
 *
 * The consumer writes it:
 *
 *     log = processed_log_open(results_fd, shard, PROCESSED_LOG_WRITE, error);
 *     if (processed_log_find(log, "7") == NULL)
 *         ... outputs durable ...
 *     processed_log_stage(log, &record);       one or many,
 *     processed_log_commit(log);               which share one flush
 *
 * the producer reads it as the acknowledgement of its batches:
 *
 *     log = processed_log_open(results_fd, shard, PROCESSED_LOG_READ, error);
 *     processed_log_refresh(log, error);       whenever news may have come
 *
 * Damage with no good line behind it is a torn tail: the writer cuts it, a
 * reader waits for it to be completed. Damage with good lines behind it, or more of it than
 * one commit, is never guessed at, nor is a log that is shorter than its checkpoint: opening
 * fails and names the place. An empty log, or none, is a new one.
 *
 * Every some thousand records, and when it is closed, the writer leaves a
 * checkpoint. With it a start reads the log once, at the speed of a checksum, and
 * parses only what came after. Memory does not grow with the number of batches
 * (see processed_index).
 */
#ifndef COMMON_PROCESSED_LOG_H
#define COMMON_PROCESSED_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_index.h"
#include "common/processed_record.h"

enum processed_log_mode { PROCESSED_LOG_READ, PROCESSED_LOG_WRITE };

#define PROCESSED_LOG_ERROR_SIZE 256

/*
 * The most that one commit may append, and so the most that a crash leaves damaged: 128 records
 * of 4 KiB, which is beyond what names and details come to.
 */
#define PROCESSED_LOG_COMMIT_MAX_BYTES ((uint64_t)512 * 1024)

struct processed_log;

/*
 * Opens (WRITE: creates) the log in a directory and replays it. NULL with one
 * line in `error`. For READ a log that is not there yet is an empty one.
 */
struct processed_log *processed_log_open(int results_fd, struct shard shard,
                                         enum processed_log_mode mode,
                                         char error[PROCESSED_LOG_ERROR_SIZE]);

/* WRITE: leaves a checkpoint first, when enough has come since the last. */
void processed_log_close(struct processed_log *log);

/* READ: takes in what was appended since. 0, or -1 with one line in `error`. */
int processed_log_refresh(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE]);

struct shard processed_log_shard(const struct processed_log *log);

/* What the file is called. */
const char *processed_log_name(const struct processed_log *log);

/* Bytes of a torn tail that opening for WRITE has cut off; 0 as a rule. */
uint64_t processed_log_cut_bytes(const struct processed_log *log);

/*
 * READ: makes durable what was taken in, which its writer may have been about to. To be called
 * before something is deleted because the log says that it was processed. 0, or -1 with errno.
 */
int processed_log_settle(const struct processed_log *log);

/* What stands about a key; NULL when nothing does. Valid until the next commit or refresh. */
const struct processed_entry *processed_log_find(const struct processed_log *log, const char *key);

/*
 * Looks up the hash of the bytes that were processed as `key` in the log itself, which is
 * read once from end to end: for the key of a range whose entry has none. False when it is
 * not there or cannot be read.
 */
bool processed_log_recall(const struct processed_log *log, const char *key,
                          char sha256[DIGEST_HEX_SIZE]);

/* The same of the first `bytes` of the log: was the key processed by then? */
bool processed_log_had(const struct processed_log *log, const char *key, uint64_t bytes);

enum verdict processed_log_verdict(const struct processed_log *log, const char *key);

/* All that stands in it. */
struct processed_index *processed_log_index(const struct processed_log *log);

/* Number of keys of which this outcome stands. */
uint64_t processed_log_count(const struct processed_log *log, enum outcome outcome);

/* The largest numeric key in the log, 0 when there is none. */
uint64_t processed_log_last_number(const struct processed_log *log);

/* How long the log is, torn tail excepted. */
uint64_t processed_log_bytes(const struct processed_log *log);

/* Readies a record for the next commit. -1 with errno: then it is not among them. */
int processed_log_stage(struct processed_log *log, const struct processed_record *record);

/*
 * Appends what was staged, durably. -1 with errno when it could not: then nothing of it is
 * in the log and nothing is staged any more; it may be staged again, unless
 * processed_log_is_broken().
 */
int processed_log_commit(struct processed_log *log);

/* Stages one record and commits. */
int processed_log_append(struct processed_log *log, const struct processed_record *record);

/*
 * True once a flush has failed, a torn line could not be taken back, or the log was removed
 * or replaced under its name: stop, and open anew.
 */
bool processed_log_is_broken(const struct processed_log *log);

#endif
