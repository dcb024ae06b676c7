/*
 * schedule - when the next batch is due. Pure: the time is given to it, in nanoseconds of the
 * monotonic clock, and chance is drawn from a seed.
 *
 *     schedule_begin(&schedule, &plan, now_ns);
 *     wait for schedule.due_ns, make a batch
 *     schedule_next(&schedule, rows, begun_ns, now_ns);
 *
 * Batches are due at points, plan.burst of them at each. By interval, point k is at
 * start + k * interval, so lateness never adds up; with jitter it is moved by at most half of that
 * share of the interval, either way, which keeps two points as far apart as the interval more or
 * less the jitter, and their mean what it is. Where a batch takes longer than the interval, the
 * points it ran over become one that is due at once.
 *
 * By rate, each batch pushes the next point on by as long as its rows take at that rate. What
 * came late is made up for, so that the rate is kept across slow moments, but no more than
 * SCHEDULE_CATCH_UP_NS of it: a reader that comes back after an hour meets no flood.
 *
 * After trouble the next attempt is due after a pause that doubles from SCHEDULE_RETRY_FIRST_NS
 * to SCHEDULE_RETRY_LAST_NS.
 */
#ifndef PRODUCER_SCHEDULE_H
#define PRODUCER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_RETRY_FIRST_NS INT64_C(100000000)
#define SCHEDULE_RETRY_LAST_NS INT64_C(30000000000)
#define SCHEDULE_CATCH_UP_NS INT64_C(1000000000)

struct schedule_plan {
    int64_t interval_ns;     /* for each batch of a burst; 0 is as fast as possible */
    uint64_t jitter_percent; /* 0 to 100, of the distance of two points */
    uint64_t rate_rows;      /* in rate_per_ns; not 0: by rate, and the interval says nothing */
    int64_t rate_per_ns;
    uint64_t burst; /* batches a point, at least 1 */
    uint64_t seed;  /* of the jitter */
};

struct schedule {
    struct schedule_plan plan;
    int64_t due_ns; /* the deadline to wait for */
    int64_t start_ns;
    int64_t point_ns;  /* by rate: where all rows so far would have been made */
    int64_t remainder; /* of point_ns, in parts of rate_rows, so that no rounding adds up */
    uint64_t left;     /* batches of the burst that are still to come */
    int64_t burst_begun_ns;
    int64_t retry_ns; /* the last pause after trouble; 0 after none */
};

/* The first batch is due now. */
void schedule_begin(struct schedule *schedule, const struct schedule_plan *plan, int64_t now_ns);

/* After a batch of so many rows that was begun at `begun_ns` and is made now. */
void schedule_next(struct schedule *schedule, uint64_t rows, int64_t begun_ns, int64_t now_ns);

/* True where batches can be due at once one after the other, so that they may share their way. */
bool schedule_is_crowded(const struct schedule *schedule);

/* Looks again after a fixed pause: for what somebody else is to change. */
void schedule_pause(struct schedule *schedule, int64_t now_ns, int64_t pause_ns);

/* Tries again after a pause that doubles with every failure in a row, */
void schedule_retry(struct schedule *schedule, int64_t now_ns);

/* which a success ends. */
void schedule_succeed(struct schedule *schedule);

#endif
