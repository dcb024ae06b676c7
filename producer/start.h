/*
 * start - how a run begins: the stream and the manifest of faults are opened, what the last run
 * left is recovered, a file is gone on with where it stands, and the first batch is due.
 *
 *     int code = start_run(run);
 *     if (code != RUN_GO_ON)
 *         return code;
 */
#ifndef PRODUCER_START_H
#define PRODUCER_START_H

#include "producer/run.h"

/* RUN_GO_ON, or the code to exit with; the cause has been told. What is open then, run's owner
 * closes. */
int start_run(struct run *run);

#endif
