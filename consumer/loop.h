/*
 * loop - look, take, wait: what data-consumer does until it is told to end, or with --once
 * until there is nothing left to do.
 *
 *     struct loop *loop = loop_create(&parts);
 *     int exit_code = loop_run(loop);
 *     loop_free(loop);
 *
 * It does not end by itself for what may pass: a full disk, a directory that cannot be read,
 * want of memory are told once, shown in status.json, and tried again after a wait that doubles
 * up to half a minute. A file that the disk cannot read is waited for in the same way, while
 * other batches go on. It ends, and says why, where another start mends what going on would not:
 * when the log can no longer be trusted to be written, or one of the directories was replaced.
 */
#ifndef CONSUMER_LOOP_H
#define CONSUMER_LOOP_H

#include "common/processed_logs.h"
#include "consumer/config/config.h"
#include "consumer/elders.h"

struct loop;

/* All are borrowed. */
struct loop_parts {
    const struct config *config;
    int results_fd;
    int lock_fd;
    struct elders *elders;
    struct processed_log *log;
    struct processed_logs *logs; /* that one, and those of other shards */
};

/* NULL when memory is short. */
struct loop *loop_create(const struct loop_parts *parts);

/* Returns an exit code of contract.h; the cause has been told. */
int loop_run(struct loop *loop);

void loop_free(struct loop *loop);

#endif
