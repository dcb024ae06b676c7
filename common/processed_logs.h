/*
 * processed_logs - what the logs of all shards in one results directory say together. Each log has
 * one writer; a consumer reads those of the others, so that nobody takes what somebody else, or the
 * shards of another N before, decided on; the producer reads all as acknowledgements.
 *
 *     logs = processed_logs_open(results_fd, own_log, error);
 *     entry = processed_logs_find(logs, "7");
 *     processed_logs_refresh(logs, error);        whenever news may have come
 *
 * A log that comes later is found by its shard's lock file in .shards, which is made before the
 * log; at opening, by its own name as well, should somebody have removed that directory. A log that
 * was replaced, or written anew from its beginning, is read anew.
 */
#ifndef COMMON_PROCESSED_LOGS_H
#define COMMON_PROCESSED_LOGS_H

#include "common/processed_log.h"

struct processed_logs;

/*
 * `own` is a log open for writing, and stays its opener's; NULL: only to read. NULL with one line
 * in `error` when a log cannot be read.
 */
struct processed_logs *processed_logs_open(int results_fd, struct processed_log *own,
                                           char error[PROCESSED_LOG_ERROR_SIZE]);

/* For reading, those that can be read, without one shard's: which is being made again. */
struct processed_logs *processed_logs_open_others(int results_fd, struct shard but);

void processed_logs_close(struct processed_logs *logs);

/*
 * Takes in what others have appended, and logs that are new. 0, or -1 with one line in `error`:
 * what was read before stays.
 */
int processed_logs_refresh(struct processed_logs *logs, char error[PROCESSED_LOG_ERROR_SIZE]);

/*
 * What stands about a key in any of the logs, or NULL: that it was processed before that it was
 * rejected. Valid until the next call of find or refresh, or the own log's next commit.
 */
const struct processed_entry *processed_logs_find(const struct processed_logs *logs,
                                                  const char *key);

/* True when a log has it that the batch changed, after it was processed, to content of this hash.
 */
bool processed_logs_know_change(const struct processed_logs *logs, const char *key,
                                const char *sha256);

/* As processed_log_recall(), of the first log that has processed the key. */
bool processed_logs_recall(const struct processed_logs *logs, const char *key,
                           char sha256[DIGEST_HEX_SIZE]);

/*
 * Keys of which this outcome stands in the logs together, each once: one that a shard has rejected
 * and another one has processed later is processed; one that two have processed, where locks do not
 * reach, is one.
 */
uint64_t processed_logs_count(const struct processed_logs *logs, enum outcome outcome);

/* Whether several have a batch as processed. */
bool processed_logs_repeat(const struct processed_logs *logs);

/* Whether the log of another shard has the key as processed. */
bool processed_logs_have_elsewhere(const struct processed_logs *logs, struct shard shard,
                                   const char *key);

uint64_t processed_logs_last_number(const struct processed_logs *logs);

/* As processed_log_settle(), for all of them. */
int processed_logs_settle(const struct processed_logs *logs);

/* Grows when a log was replaced or removed, so that they may say less than before. */
uint64_t processed_logs_generation(const struct processed_logs *logs);

/* One after the other; the own one is the first. NULL behind the last. */
const struct processed_log *processed_logs_at(const struct processed_logs *logs, size_t index);

#endif
