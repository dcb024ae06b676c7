/*
 * processed_log - processed.log: what was decided about each batch, one JSON
 * object a line, append-only. A durable record IS the commit of a batch; so it
 * is appended after the outputs it speaks of are durable, never before.
 *
 * The consumer writes it:
 *
 *     struct processed_log *log = processed_log_open(results_fd, PROCESSED_LOG_WRITE, error);
 *     if (processed_log_find(log, "7") == NULL)
 *         ... outputs ...  processed_log_append(log, &record);
 *
 * the producer reads it as the acknowledgement of its batches:
 *
 *     struct processed_log *log = processed_log_open(results_fd, PROCESSED_LOG_READ, error);
 *     processed_log_refresh(log, error);       whenever news may have come
 *
 * Each line ends in a CRC-32 of the bytes before its ,"crc": so a line that was
 * torn by a crash is recognised. Damage with no good line behind it is a torn
 * tail: the writer cuts it, a reader waits for it to be completed. Damage with
 * good lines behind it is never guessed at: opening fails and names the line.
 */
#ifndef COMMON_PROCESSED_LOG_H
#define COMMON_PROCESSED_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/reason.h"

enum outcome { OUTCOME_PROCESSED, OUTCOME_REJECTED, OUTCOME_CHANGED };
enum plot { PLOT_OK, PLOT_FAILED, PLOT_NONE };

/* What is appended; strings are borrowed. */
struct processed_record {
    const char *key;
    const char *file;
    enum outcome outcome;
    const struct rejection *rejection; /* NULL unless rejected or changed */
    bool verified;                     /* the metadata stated a hash, and it was this one */
    uint64_t rows;
    uint64_t bytes;
    const char *sha256; /* "" where no byte could be read */
    enum plot plot;
};

/* What stands about a key: the newest decision. */
struct processed_entry {
    char *key;
    enum outcome outcome; /* processed or rejected */
    enum reason reason;
    char sha256[DIGEST_HEX_SIZE]; /* of the bytes that were decided on */
    bool changed;                 /* other content was seen after that, and logged: */
    char changed_sha256[DIGEST_HEX_SIZE];
};

enum processed_log_mode { PROCESSED_LOG_READ, PROCESSED_LOG_WRITE };

#define PROCESSED_LOG_ERROR_SIZE 256

struct processed_log;

/*
 * Opens (WRITE: creates) the log in a directory and replays it. NULL with one
 * line in `error`. For READ a log that is not there yet is an empty one.
 */
struct processed_log *processed_log_open(int results_fd, enum processed_log_mode mode,
                                         char error[PROCESSED_LOG_ERROR_SIZE]);
void processed_log_close(struct processed_log *log);

/* READ: takes in what was appended since. 0, or -1 with one line in `error`. */
int processed_log_refresh(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE]);

/* Bytes of a torn tail that opening for WRITE has cut off; 0 as a rule. */
uint64_t processed_log_cut_bytes(const struct processed_log *log);

/* What stands about a key; NULL when nothing does. Valid until the next append or refresh. */
const struct processed_entry *processed_log_find(const struct processed_log *log, const char *key);

/* Number of keys of which this outcome stands. */
uint64_t processed_log_count(const struct processed_log *log, enum outcome outcome);

/* The largest numeric key in the log, 0 when there is none. */
uint64_t processed_log_last_number(const struct processed_log *log);

/*
 * Appends one record, durably. -1 with errno when it could not: then the record
 * is not in the log, and may be appended again, unless processed_log_is_broken().
 */
int processed_log_append(struct processed_log *log, const struct processed_record *record);

/*
 * True once a flush has failed, a torn line could not be taken back, or the log was removed
 * or replaced under its name: stop, and open anew.
 */
bool processed_log_is_broken(const struct processed_log *log);

#endif
