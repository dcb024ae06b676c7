/*
 * commits - decisions about batches, made durable together with their outputs: all outputs
 * first, then all records, so that no record is ever durable before what it speaks of.
 *
 *     struct decision *decision = commits_begin(commits, sighting);
 *     commits_output(commits, decision, "summary_7.json", bytes, length);
 *     ... perhaps a chart, while other batches are decided ...
 *     decision->outcome = ...; commits_ready(commits, decision);
 *     commits_flush(commits, done, context, &failure);     `done` gets each that was ready
 *
 * What becomes of a decision:
 *
 *     begun --ready--> decided --those begun before it are, too; a flush--> recorded, `done`
 *       |                 |
 *       | dropped         | the flush fails
 *       v                 v
 *     gone, with the flush that ends its outputs; to be taken again by whoever wants to
 *
 * Records keep the order in which decisions were begun, whatever their charts cost: one that is
 * decided is held until each that was begun before it is decided or dropped. Its outputs are not
 * held, since a flush takes all that are there. Whoever has many to draw asks commits_has_room().
 *
 * A flush costs about the same for one decision and for COMMITS_AT_ONCE. Who has more to decide
 * need not stand still for it: after commits_flush_begin() threads make the outputs of what is
 * ready durable while the next decisions are begun, and the next flush, of either kind, records
 * them before it does anything else. So records have one order, and at most two groups are open.
 *
 * After a flush that failed, decisions are flushed one by one, and twice as many with each that
 * works, and none is under way while others are begun: so a group that is too large for the disk
 * does not keep back the batches for which there is room.
 */
#ifndef CONSUMER_COMMITS_H
#define CONSUMER_COMMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/processed_log.h"
#include "consumer/batch/sighting.h"
#include "consumer/stream/notice.h"

/* The most decisions that share a flush. */
#define COMMITS_AT_ONCE 128

/* What is to be recorded about a batch, filled in by whoever began it. */
struct decision {
    struct sighting *sighting;
    int64_t started_ns;
    int64_t drawn_since_ns; /* its chart was begun */
    enum outcome outcome;
    struct rejection rejection;
    bool verified;
    uint64_t rows;
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    enum plot plot;

    /* of commits itself */
    struct notice *notice; /* owned, for whoever is told; NULL: none */
    size_t noted_bytes;
    char at[CLOCK_TIMESTAMP_SIZE]; /* when it was recorded */
    bool taken, decided;
    bool has_pending;  /* outputs that the next flush makes durable */
    bool is_under_way; /* outputs that one is making durable */
    bool spoiled;      /* outputs that a flush has lost: it must not become ready */
    bool dropped;      /* stays only until its outputs are durable, and is not recorded */
};

struct commits;

/* Both are borrowed. `waiting` decisions may stay begun without being ready. NULL: no memory. */
struct commits *commits_create(int results_fd, struct processed_log *log, size_t waiting);

/* Drops everything that was not flushed, as if it had never been begun. */
void commits_free(struct commits *commits);

/* A place is always free after commits_is_full() said no, and where some wait for a chart after
 * commits_has_room() said yes. Marks the sighting as in flight. */
struct decision *commits_begin(struct commits *commits, struct sighting *sighting);

/* False while as many as may share a flush are held by one that waits, or wait themselves. */
bool commits_has_room(const struct commits *commits);

/* What is to be told of it, once, and how much memory that takes; of all in flight together. */
void commits_note(struct commits *commits, struct decision *decision, struct notice *notice,
                  size_t bytes);
size_t commits_noted_bytes(const struct commits *commits);

/* Adds a file. False with errno: the decision is to be dropped. */
bool commits_output(struct commits *commits, struct decision *decision, const char *name,
                    const void *bytes, size_t length);

/* False when a flush has lost its outputs meanwhile: then it was dropped. */
bool commits_ready(struct commits *commits, struct decision *decision);

/*
 * Gives the place back, and the sighting is in flight no longer; where it has outputs, with the
 * flush with which they still appear, since who makes them again writes under the same names.
 * Without a record they are as a crash would leave them.
 */
void commits_drop(struct commits *commits, struct decision *decision);

/* True when it is time to flush: another decision would have no place, or one waits too long. */
bool commits_is_full(const struct commits *commits, int64_t now_ns);

/* When one will have waited too long, in monotonic nanoseconds; INT64_MAX when none is ready that
 * nothing holds. */
int64_t commits_deadline(const struct commits *commits);

/* True when a flush would find nothing to make durable. */
bool commits_is_empty(const struct commits *commits);

size_t commits_in_flight(const struct commits *commits);

/* Called with each decision that was ready and not held, in the order in which they were begun. */
typedef void commits_done(void *context, struct decision *decision);

/* As in "cannot write summary_7.json"; valid until the next decision. */
struct commits_failure {
    const char *operation;
    const char *name;
};

/*
 * Makes durable what is there to be made so, outputs of decisions that are not ready included.
 * 0 with `done` called, or -1 with errno and *failure, and `done` not called: every decision
 * that was ready, held or not, is dropped, nothing is recorded, and the batches are to be taken
 * again.
 */
int commits_flush(struct commits *commits, commits_done *done, void *context,
                  struct commits_failure *failure);

/*
 * The same for whoever has more decisions to begin: of what is ready now, `done` and failure come
 * with the next flush, and those of what an earlier call began come with this one. When that
 * fails, what became ready since is dropped as well: it would meet the same, and is to be taken
 * again in its order. A group that is small is flushed at once.
 */
int commits_flush_begin(struct commits *commits, commits_done *done, void *context,
                        struct commits_failure *failure);

#endif
