/*
 * schedule - when the next batch is due. Pure: the time is given to it, in
 * nanoseconds of the monotonic clock.
 *
 * Batches are due at start + k * interval, so lateness never adds up. Where a
 * batch takes longer than the interval, the points it ran over become one that
 * is due at once, never a burst. After trouble the next attempt is due after a
 * pause that doubles from SCHEDULE_RETRY_FIRST_NS to SCHEDULE_RETRY_LAST_NS.
 */
#ifndef PRODUCER_SCHEDULE_H
#define PRODUCER_SCHEDULE_H

#include <stdint.h>

#define SCHEDULE_RETRY_FIRST_NS INT64_C(100000000)
#define SCHEDULE_RETRY_LAST_NS INT64_C(30000000000)

struct schedule {
    int64_t due_ns; /* the deadline to wait for */
    int64_t start_ns;
    int64_t interval_ns;
    int64_t retry_ns; /* the last pause after trouble; 0 after none */
};

/* The first batch is due now. An interval of 0 is as fast as possible. */
void schedule_begin(struct schedule *schedule, int64_t now_ns, int64_t interval_ns);

/* After a batch that was begun at `begun_ns` and is published now. */
void schedule_next(struct schedule *schedule, int64_t begun_ns, int64_t now_ns);

/* Looks again after a fixed pause: for what somebody else is to change. */
void schedule_pause(struct schedule *schedule, int64_t now_ns, int64_t pause_ns);

/* Tries again after a pause that doubles with every failure in a row. */
void schedule_retry(struct schedule *schedule, int64_t now_ns);

#endif
