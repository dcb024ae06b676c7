#include "consumer/profile/distribution.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The order statistic `rank`, from 0, and the one behind it; the last is its own successor. */
static void find_neighbours(const struct distribution *distribution, uint64_t rank, double *low,
                            double *high)
{
    const struct distribution_point *points = distribution->points;
    uint64_t behind = points[0].weight; /* ranks below it have been passed */
    size_t at = 0;
    while (behind <= rank)
        behind += points[++at].weight;
    *low = points[at].number;
    bool next = rank + 1 == behind && at + 1 < distribution->count;
    *high = next ? points[at + 1].number : *low;
}

double distribution_quantile(const struct distribution *distribution, double p)
{
    double low = 0;
    double high = 0;
    if (distribution->count == 0)
        return (double)NAN;
    double position = p * (double)(distribution->weight - 1);
    double share = position - floor(position);
    find_neighbours(distribution, (uint64_t)floor(position), &low, &high);
    if (share <= 0 || low == high)
        return low;
    /* Weighted, as the difference of two large numbers of either sign could overflow. */
    return low * (1 - share) + high * share;
}

void distribution_histogram(const struct distribution *distribution, const double *edges,
                            size_t bins, uint64_t *counts)
{
    size_t bin = 0;
    memset(counts, 0, bins * sizeof *counts);
    for (size_t i = 0; i < distribution->count; i++) {
        while (bin + 1 < bins && distribution->points[i].number >= edges[bin + 1])
            bin++;
        counts[bin] += distribution->points[i].weight;
    }
}
