/*
 * distribution - numbers in order, each with how many it stands for, and what is read off them:
 * quantiles and histograms. Where each stands for its own occurrences the answers are exact; where
 * it stands for its neighbours as well (see quantiles), they are as good as that sketch.
 */
#ifndef CONSUMER_DISTRIBUTION_H
#define CONSUMER_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

struct distribution_point {
    double number; /* finite */
    uint64_t weight;
};

struct distribution {
    struct distribution_point *points; /* ascending; owned by whoever made it */
    size_t count;
    uint64_t weight; /* of all points; at most 2^53, so that a double can hold a rank */
};

/*
 * The quantile p in [0, 1] by linear interpolation between order statistics:
 * R's type 7 (Hyndman and Fan 1996, definition 7). NaN when there are no numbers.
 */
double distribution_quantile(const struct distribution *distribution, double p);

/*
 * Counts the numbers in `bins` intervals between edges[0] and edges[bins]: each
 * holds its lower edge and not its upper one, but for the last, which holds both.
 * Numbers beyond the ends are counted in the interval next to them.
 */
void distribution_histogram(const struct distribution *distribution, const double *edges,
                            size_t bins, uint64_t *counts);

#endif
