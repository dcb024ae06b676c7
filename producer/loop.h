/*
 * loop - start, wait, make, publish: what data-producer does until it is told to end, or until it
 * has published what it was asked for.
 *
 * From the first batch on it does not end by itself for what may pass: it says what is the matter,
 * shows it to --health, waits, and tries again with the same batch under the same number. It
 * ends, and says why, where another start mends what going on would not: when its directory is
 * gone, or its lock keeps nobody out any more.
 */
#ifndef PRODUCER_LOOP_H
#define PRODUCER_LOOP_H

#include "producer/run.h"

/* Recovers what the last run left, then publishes. Returns an exit code of contract.h; the cause
 * has been told. */
int loop_run(struct run *run);

#endif
