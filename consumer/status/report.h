/*
 * report - status.json: how the daemon stands, for people, probes and dashboards.
 *
 * Derived and never flushed: it may be deleted at any time and comes back within
 * REPORT_HEARTBEAT. `updated_at` moves at least that often while the daemon lives, in
 * the middle of a large batch too, so that a probe tells a busy daemon from a hung one.
 */
#ifndef CONSUMER_REPORT_H
#define CONSUMER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/number.h"
#include "common/shard.h"

#define REPORT_HEARTBEAT_NS (5 * NUMBER_NS_PER_SECOND)
/* It is rewritten at most this often. */
#define REPORT_SPACING_NS NUMBER_NS_PER_SECOND
/* So long without an update is a standstill, however seldom the daemon polls: the heartbeat is not
 * the poll. */
#define REPORT_STALE_NS (20 * NUMBER_NS_PER_SECOND)

struct report {
    struct shard shard; /* who tells it */
    char started_at[CLOCK_TIMESTAMP_SIZE];
    char last_scan_at[CLOCK_TIMESTAMP_SIZE]; /* "" before the first */
    uint64_t processed;                      /* batches of which this stands in any log */
    uint64_t rejected;
    uint64_t own_processed; /* and in the log of this shard */
    uint64_t own_rejected;
    uint64_t skipped;       /* names in the shared directory that are no batch's */
    uint64_t backlog;       /* batches that wait */
    int64_t oldest_wait_ns; /* how long the oldest of them has waited */
    bool inotify;           /* wake: inotify or poll */
    char trouble[256];      /* what keeps it from working, "" as a rule */
};

/* Writes the shard's own status.json, or status.I-of-N.json, whole. 0, or -1 with errno. */
int report_write_status(int results_fd, const struct report *report);

/* Writes status.json, of all shards together. */
int report_write_whole(int results_fd, const struct report *report);

/* Adds what another shard that runs tells of what waits for it. */
void report_add(struct report *report, int results_fd, struct shard shard);

/*
 * For --health: is this shard's daemon in these results alive and keeping up? Returns an
 * exit code (0; 69 nobody runs; 75 it reads the logs still, stands still or is in trouble) and says
 * why in one line of `answer`.
 */
int report_health(const char *results_path, struct shard shard, char *answer, size_t size);

#endif
