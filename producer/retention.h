/*
 * retention - which batches stay, and when the producer has to wait: for a
 * reader that has fallen behind, or for space.
 *
 *     retention_open(&retention, directory_fd, &limits, &numbers, count);
 *     for each batch:
 *         retention_follow(&retention, log);          NULL: no reader can be seen
 *         retention_tidy(&retention, log);
 *         if (retention_verdict(&retention, 0) != RETENTION_GO)
 *             wait
 *         publish, retention_add(&retention, number)
 *     retention_close(&retention);
 *
 * A batch is pending until the log has a record of it, processed or rejected;
 * `changed` is no acknowledgement. A pending batch is never deleted. While no
 * reader can be seen nothing is deleted, and nobody waited for.
 *
 * The directory is not read again after the start. The log is asked about the
 * pending batches only when it has grown by a sixteenth of their number, or when
 * they stand at the limit and something is new: so away from the limit a decision
 * costs at most 16 look-ups, however many batches there are.
 */
#ifndef PRODUCER_RETENTION_H
#define PRODUCER_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_log.h"

struct retention_limits {
    uint64_t keep_batches;        /* acknowledged batches that stay */
    uint64_t max_pending_batches; /* 0: no limit */
    uint64_t min_free_bytes;      /* 0: no limit */
};

/* Batch numbers in ascending order: items[first .. first + count). */
struct retention_numbers {
    uint64_t *items;
    size_t first;
    size_t count;
    size_t capacity;
};

struct retention {
    int directory_fd;
    struct retention_limits limits;
    struct retention_numbers pending;
    struct retention_numbers acknowledged;
    uint64_t decisions; /* in the log, when it was last asked */
    bool asked;
    bool added; /* batches that the log was not asked about yet */
    bool reader_seen;
    uint64_t spared_from; /* from this number on none is deleted; 0: nothing is spared */
};

/*
 * `numbers` are the batches on disk, ascending, in memory that it takes over
 * and sets to NULL; all of them count as pending until the log says otherwise.
 */
void retention_open(struct retention *retention, int directory_fd,
                    const struct retention_limits *limits, uint64_t **numbers, size_t count);
void retention_close(struct retention *retention);

/* A batch has been published; numbers only rise. False when memory is short: it will stay. */
bool retention_add(struct retention *retention, uint64_t number);

/* Deletes no batch from this number on: a start would look for it. */
void retention_spare(struct retention *retention, uint64_t from_number);

/* Takes in what the log acknowledges. */
void retention_follow(struct retention *retention, const struct processed_log *log);

/*
 * Deletes the oldest acknowledged batches beyond those to keep, metadata first:
 * a reader never sees metadata without its data, and a crash in between leaves
 * data that is in the log. At most 1,000 batches at once, which takes some
 * milliseconds. 0, or -1 with errno.
 */
int retention_tidy(struct retention *retention, const struct processed_log *log);

enum retention_verdict { RETENTION_GO, RETENTION_READER_BEHIND, RETENTION_DISK_FULL };

/*
 * Whether one more batch may be published, besides `more` that are on their way.
 * A file system that cannot be asked for its space is not a full one: writing will tell.
 */
enum retention_verdict retention_verdict(const struct retention *retention, size_t more);

/*
 * True when the reader is not only off the limit but has half of it free again.
 * A producer that is faster than its reader stays near the limit, going and
 * waiting in turn: that is one state to report, not thousands.
 */
bool retention_has_caught_up(const struct retention *retention);

#endif
