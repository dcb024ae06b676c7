#include "consumer/status/meters.h"

#include "common/number.h"

#define US (NUMBER_NS_PER_MS / 1000)
#define MS NUMBER_NS_PER_MS
#define SECOND NUMBER_NS_PER_SECOND

/* Half a decade apart, from a small batch that is read to a chart that is given up. */
const int64_t METERS_BOUNDS_NS[METERS_BOUNDS] = {100 * US, 300 * US,   1 * MS,     3 * MS,
                                                 10 * MS,  30 * MS,    100 * MS,   300 * MS,
                                                 SECOND,   3 * SECOND, 10 * SECOND};

void meters_took(struct meters *meters, enum meters_stage stage, int64_t took_ns)
{
    struct meters_times *times = &meters->times[stage];
    size_t at = 0;
    while (at < METERS_BOUNDS && took_ns > METERS_BOUNDS_NS[at])
        at++;
    times->counts[at]++;
    times->sum_ns += took_ns;
}

void meters_decided(struct meters *meters, enum outcome outcome, uint64_t rows, uint64_t bytes)
{
    meters->decided[outcome]++;
    if (outcome != OUTCOME_PROCESSED)
        return;
    meters->rows += rows;
    meters->bytes += bytes;
}

uint64_t meters_batches(const struct meters *meters)
{
    return meters->decided[OUTCOME_PROCESSED] + meters->decided[OUTCOME_REJECTED];
}
