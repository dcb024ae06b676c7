#include "consumer/status/pace.h"

struct pace pace_from(int64_t now_ns)
{
    return (struct pace){.since_ns = now_ns, .noted_ns = now_ns};
}

void pace_note(struct pace *pace, uint64_t done, int64_t now_ns)
{
    int64_t step_ns = now_ns - pace->noted_ns;
    int64_t memory_ns = now_ns - pace->since_ns;
    if (step_ns <= 0)
        return;
    if (memory_ns > PACE_MEMORY_NS)
        memory_ns = PACE_MEMORY_NS;
    uint64_t more = done > pace->done ? done - pace->done : 0;
    double per_second = (double)more * 1e9 / (double)step_ns;
    double weight = step_ns < memory_ns ? (double)step_ns / (double)memory_ns : 1;
    pace->per_second += (per_second - pace->per_second) * weight;
    pace->noted_ns = now_ns;
    pace->done = done;
}

int64_t pace_left_ns(const struct pace *pace, uint64_t rest)
{
    double left_ns = (double)rest * 1e9 / pace->per_second; /* infinite, or NaN, at a standstill */
    return left_ns < (double)PACE_LONGEST_NS ? (int64_t)left_ns : PACE_UNKNOWN;
}
