/*
 * loop - wait, make, publish: what data-producer does until it is told to end, or until it has
 * published what it was asked for.
 *
 *     struct loop *loop = loop_create(&config, schema, directory_fd, lock_fd);
 *     int exit_code = loop_run(loop);
 *     loop_free(loop);
 *
 * From the first batch on it does not end by itself for what may pass: it says what is the matter,
 * shows it to --health, waits, and tries again with the same batch under the same number. It
 * ends, and says why, where another start mends what going on would not: when its directory is
 * gone, or its lock keeps nobody out any more.
 */
#ifndef PRODUCER_LOOP_H
#define PRODUCER_LOOP_H

#include "producer/config.h"
#include "producer/schema.h"

struct loop;

/* All are borrowed. NULL with errno when memory is short, or the system gives no random bits. */
struct loop *loop_create(const struct config *config, const struct schema *schema, int directory_fd,
                         int lock_fd);

/* Recovers what the last run left, then publishes. Returns an exit code of contract.h; the cause
 * has been told. */
int loop_run(struct loop *loop);

void loop_free(struct loop *loop);

#endif
