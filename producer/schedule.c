#include "producer/schedule.h"

#include "common/number.h"
#include "producer/random.h"

/* Else the jitter of point k and the rows of batch k would come from the same numbers. */
#define JITTER_SEED UINT64_C(0x6a69747465727321)

/* A row an hour, and millions of rows: a century is as good as never, and fits. */
#define LONGEST_NS (INT64_C(100) * 365 * 24 * 3600 * NUMBER_NS_PER_SECOND)

void schedule_begin(struct schedule *schedule, const struct schedule_plan *plan, int64_t now_ns)
{
    *schedule = (struct schedule){.plan = *plan,
                                  .due_ns = now_ns,
                                  .start_ns = now_ns,
                                  .point_ns = now_ns,
                                  .left = plan->burst};
}

/* --- by interval ----------------------------------------------------------------------------- */

static int64_t distance_ns(const struct schedule *schedule)
{
    return schedule->plan.interval_ns * (int64_t)schedule->plan.burst;
}

/* How far point k is moved; the first is where the program starts. */
static int64_t jitter_ns(const struct schedule *schedule, int64_t k)
{
    struct random_state random;
    /* Divided first: the distance of a long burst times 100 would leave 64 bits. */
    int64_t half = distance_ns(schedule) / 200 * (int64_t)schedule->plan.jitter_percent;
    if (half == 0 || k <= 0)
        return 0;
    random_seed(&random, schedule->plan.seed ^ JITTER_SEED, (uint64_t)k);
    return (int64_t)random_between(&random, 0, 2 * (uint64_t)half) - half;
}

static int64_t point_at(const struct schedule *schedule, int64_t k)
{
    return schedule->start_ns + k * distance_ns(schedule) + jitter_ns(schedule, k);
}

/* The last point that has come; no point is moved by more than half the way to the next. */
static int64_t last_point(const struct schedule *schedule, int64_t now_ns)
{
    int64_t k = (now_ns - schedule->start_ns) / distance_ns(schedule) + 1;
    while (k > 0 && point_at(schedule, k) > now_ns)
        k--;
    return k;
}

static int64_t next_by_interval(const struct schedule *schedule, int64_t now_ns)
{
    if (schedule->plan.interval_ns == 0)
        return now_ns;
    int64_t point = last_point(schedule, schedule->burst_begun_ns);
    return last_point(schedule, now_ns) == point ? point_at(schedule, point + 1) : now_ns;
}

/* --- by rate --------------------------------------------------------------------------------- */

static int64_t next_by_rate(struct schedule *schedule, uint64_t rows, int64_t now_ns)
{
    number_int128 rate = (number_int128)schedule->plan.rate_rows;
    number_int128 time = (number_int128)rows * schedule->plan.rate_per_ns + schedule->remainder;
    number_int128 point_ns = schedule->point_ns + time / rate;
    schedule->remainder = (int64_t)(time % rate);
    if (point_ns < now_ns - SCHEDULE_CATCH_UP_NS)
        point_ns = now_ns - SCHEDULE_CATCH_UP_NS;
    if (point_ns > now_ns + LONGEST_NS)
        point_ns = now_ns + LONGEST_NS;
    schedule->point_ns = (int64_t)point_ns;
    return schedule->point_ns;
}

/* --- either way ------------------------------------------------------------------------------ */

void schedule_next(struct schedule *schedule, uint64_t rows, int64_t begun_ns, int64_t now_ns)
{
    if (schedule->left == schedule->plan.burst)
        schedule->burst_begun_ns = begun_ns;
    int64_t due_ns = schedule->plan.rate_rows != 0 ? next_by_rate(schedule, rows, now_ns)
                                                   : next_by_interval(schedule, now_ns);
    schedule->due_ns = now_ns;
    if (--schedule->left > 0)
        return;
    schedule->left = schedule->plan.burst;
    schedule->due_ns = due_ns;
}

bool schedule_is_crowded(const struct schedule *schedule)
{
    return schedule->plan.burst > 1 || schedule->plan.rate_rows != 0 ||
           schedule->plan.interval_ns == 0;
}

void schedule_pause(struct schedule *schedule, int64_t now_ns, int64_t pause_ns)
{
    schedule->due_ns = now_ns + pause_ns;
}

void schedule_retry(struct schedule *schedule, int64_t now_ns)
{
    if (schedule->retry_ns == 0)
        schedule->retry_ns = SCHEDULE_RETRY_FIRST_NS;
    else if (schedule->retry_ns < SCHEDULE_RETRY_LAST_NS / 2)
        schedule->retry_ns *= 2;
    else
        schedule->retry_ns = SCHEDULE_RETRY_LAST_NS;
    schedule->due_ns = now_ns + schedule->retry_ns;
}

void schedule_succeed(struct schedule *schedule)
{
    schedule->retry_ns = 0;
}
