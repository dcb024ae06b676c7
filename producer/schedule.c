#include "producer/schedule.h"

void schedule_begin(struct schedule *schedule, int64_t now_ns, int64_t interval_ns)
{
    *schedule = (struct schedule){.due_ns = now_ns, .start_ns = now_ns, .interval_ns = interval_ns};
}

void schedule_next(struct schedule *schedule, int64_t begun_ns, int64_t now_ns)
{
    schedule->retry_ns = 0;
    schedule->due_ns = now_ns;
    if (schedule->interval_ns == 0)
        return;
    int64_t point = (begun_ns - schedule->start_ns) / schedule->interval_ns;
    int64_t reached = (now_ns - schedule->start_ns) / schedule->interval_ns;
    if (reached == point)
        schedule->due_ns = schedule->start_ns + (point + 1) * schedule->interval_ns;
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
