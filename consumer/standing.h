/*
 * standing - how the daemon stands, gathered and told: status.json, metrics.prom, the
 * page of the stream, and with --once the line on a terminal that says how far it is.
 *
 *     struct standing *standing = standing_create(&sources);
 *     standing_begin(standing, now_ns);
 *     for (;;)
 *         ... work; standing_changed(standing) where there is news ...
 *         standing_tell(standing, trouble, now_ns);      as often as convenient: it knows when
 *         ... wait until standing_deadline(standing) at most ...
 *     standing_end(standing, trouble);
 *
 * What is waiting is counted only when it is told, since it takes a walk over all that was
 * sighted. A file that cannot be written is warned of once and tried again the next time.
 */
#ifndef CONSUMER_STANDING_H
#define CONSUMER_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/processed_logs.h"
#include "consumer/batch/discovery.h"
#include "consumer/status/meters.h"
#include "consumer/stream/stream.h"

struct standing;

/* All are borrowed. */
struct standing_sources {
    int results_fd;
    const struct processed_log *log;   /* the own one, */
    const struct processed_logs *logs; /* and those of all shards */
    const struct discovery *discovery;
    struct stream *stream;
    struct meters *meters;
    bool with_progress; /* where standard error is a terminal */
};

/* NULL when memory is short. */
struct standing *standing_create(const struct standing_sources *sources);
void standing_free(struct standing *standing);

void standing_begin(struct standing *standing, int64_t now_ns);

/* There is news, and the next second tells it; a record that became durable is news by itself. */
void standing_changed(struct standing *standing);

/* The shared directory was polled, just now. */
void standing_scanned(struct standing *standing);
bool standing_has_scanned(const struct standing *standing);

/*
 * Writes the files at most once a second when something has changed and at least at every
 * heartbeat, and moves the line on. `trouble` is what keeps the daemon from working, "" as a rule.
 */
void standing_tell(struct standing *standing, const char *trouble, int64_t now_ns);

/* When there will be something to tell. */
int64_t standing_deadline(const struct standing *standing);

/*
 * Writes the files for the last time, wipes the line away, and logs `message` with what was done:
 * how many batches wait, and, with `summary`, what this run has come to.
 */
void standing_end(struct standing *standing, const char *trouble, const char *message,
                  bool summary);

#endif
