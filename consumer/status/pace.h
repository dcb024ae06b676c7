/*
 * pace - how fast work goes on, smoothed, and how long the rest of it takes.
 *
 *     struct pace pace = pace_from(now_ns);
 *     ... now and then: pace_note(&pace, done, now_ns);
 *     pace.per_second, pace_left_ns(&pace, rest)
 *
 * For the first PACE_MEMORY_NS it is the mean since the start, and from there on an exponential
 * mean (Brown 1956), in which what is older than that counts for a third and less: steady enough
 * to be read, and a change of speed still shows within seconds. Each step has the weight of its
 * length, so how often somebody notes changes nothing.
 */
#ifndef CONSUMER_PACE_H
#define CONSUMER_PACE_H

#include <stdint.h>

#include "common/number.h"

#define PACE_MEMORY_NS (5 * NUMBER_NS_PER_SECOND)
/* What nobody can tell, or nobody would wait for. */
#define PACE_UNKNOWN (-1)
#define PACE_LONGEST_NS (100 * 3600 * NUMBER_NS_PER_SECOND)

struct pace {
    int64_t since_ns;
    int64_t noted_ns;
    uint64_t done;
    double per_second;
};

struct pace pace_from(int64_t now_ns);

/* `done` since the start, in whatever unit; where it falls the step counts as none. */
void pace_note(struct pace *pace, uint64_t done, int64_t now_ns);

/* At this pace, in nanoseconds; PACE_UNKNOWN when it stands still or takes PACE_LONGEST_NS. */
int64_t pace_left_ns(const struct pace *pace, uint64_t rest);

#endif
