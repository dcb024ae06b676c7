/*
 * retention - which batches stay, and when the producer has to wait: for a
 * reader that has fallen behind, or for space.
 *
 *     retention_open(&retention, directory_fd, &limits, &numbers, count);
 *     for each batch:
 *         retention_follow(&retention, seen);
 *         retention_tidy(&retention, seen);
 *         if (retention_verdict(&retention, 0, bytes) != RETENTION_GO)
 *             wait
 *         publish, retention_add(&retention, number)
 *     retention_close(&retention);
 *
 * A batch is pending while any reader that can be seen has no record of it, processed or
 * rejected; `changed` is no acknowledgement. A pending batch is never deleted. While one of the
 * readers cannot be seen nothing is deleted, for nobody knows what that one lacks; the others are
 * waited for. When it comes back, or a log is another one than before, all batches are pending
 * until the logs have been asked about each of them anew.
 *
 * The directory is not read again after the start. The logs are asked about the
 * pending batches only when they have grown by a sixteenth of their number, or when
 * they stand at the limit and something is new: so away from the limit a decision
 * costs at most 16 look-ups a log, however many batches there are.
 */
#ifndef PRODUCER_RETENTION_H
#define PRODUCER_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/acknowledgements.h"

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
    uint64_t epoch;     /* of the logs that were last asked, */
    uint64_t decisions; /* and how many they held then */
    bool asked;
    bool added; /* batches that the logs were not asked about yet */
    bool reader_seen;
    uint64_t spared_from;   /* from this number on none is deleted; 0: nothing is spared */
    uint64_t retired_below; /* as is known to stand on disk; see retired */
};

/*
 * `numbers` are the batches on disk, ascending, in memory that it takes over
 * and sets to NULL; all of them count as pending until the logs say otherwise.
 */
void retention_open(struct retention *retention, int directory_fd,
                    const struct retention_limits *limits, uint64_t **numbers, size_t count);
void retention_close(struct retention *retention);

/* A batch has been published; numbers only rise. False when memory is short: it will stay. */
bool retention_add(struct retention *retention, uint64_t number);

/* Deletes no batch from this number on: a start would look for it. */
void retention_spare(struct retention *retention, uint64_t from_number);

/* Takes in what the readers acknowledge. */
void retention_follow(struct retention *retention, const struct acknowledgements *seen);

/*
 * Deletes the oldest acknowledged batches beyond those to keep, metadata first:
 * a reader never sees metadata without its data, and a crash in between leaves
 * data that is in the logs. Before a number goes it is noted that it was used (see retired), a
 * thousand at a time or as many as there are. To be called behind retention_follow() of the same.
 * At most 1,000 batches at once, which takes some milliseconds. 0, or -1 with errno.
 */
int retention_tidy(struct retention *retention, const struct acknowledgements *seen);

enum retention_verdict { RETENTION_GO, RETENTION_READER_BEHIND, RETENTION_DISK_FULL };

/*
 * Whether one more batch may be published, of about `bytes`, besides `more` that are on their way.
 * A file system that cannot be asked for its space is not a full one: writing will tell.
 */
enum retention_verdict retention_verdict(const struct retention *retention, size_t more,
                                         uint64_t bytes);

/* The lowest number that a reader lacks, 0 when none is pending. */
uint64_t retention_first_pending(const struct retention *retention);

/*
 * True when the reader is not only off the limit but has half of it free again.
 * A producer that is faster than its reader stays near the limit, going and
 * waiting in turn: that is one state to report, not thousands.
 */
bool retention_has_caught_up(const struct retention *retention);

#endif
