/*
 * turn - one step of a run that goes on: looks at what the readers have done, and makes, stages or
 * commits batches, as far as readers, space, source and schedule allow.
 *
 *     code = turn_take(run);              when run_wait() says so
 *     turn_end(run, code);                once, behind the last
 */
#ifndef PRODUCER_TURN_H
#define PRODUCER_TURN_H

#include "producer/run.h"

/*
 * RUN_GO_ON, or the code to exit with. What is staged never waits: for a reader, space, rows that
 * are not about to come, its next batch, or one that never comes.
 */
int turn_take(struct run *run);

/*
 * The end of a run on a stream, and the code it ends with. What a pipe gave cannot be had again: it
 * goes out, up to --count, where nothing is wrong; after SIGTERM only as long as that is quick.
 * What does not is counted in the log.
 */
void turn_end(struct run *run, int code);

#endif
