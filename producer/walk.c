#include "producer/walk.h"

#include <math.h>

#include "producer/variate.h"

static double normal_of(uint64_t seed, uint64_t branch, uint64_t point)
{
    struct random_state random;
    random_seed_branch(&random, seed, point, branch);
    return variate_normal(&random);
}

/* At the largest power of two that is not above `at`, which is not 0. */
static double motion_at_power(uint64_t seed, uint64_t branch, uint64_t at, uint64_t *power)
{
    double motion = normal_of(seed, branch, 1);
    for (*power = 1; *power <= at / 2; *power *= 2)
        motion += sqrt((double)*power) * normal_of(seed, branch, *power * 2);
    return motion;
}

/* Halves the stretch from one power of two to the next until `at` is an end of it. */
double walk_motion(uint64_t seed, uint64_t branch, uint64_t at)
{
    uint64_t low;
    if (at == 0)
        return 0;
    double left = motion_at_power(seed, branch, at, &low);
    uint64_t length = low;
    if (low == at)
        return left;
    double right = left + sqrt((double)length) * normal_of(seed, branch, low + length);
    while (low != at) {
        length /= 2;
        double middle =
            (left + right) / 2 + sqrt((double)length / 2) * normal_of(seed, branch, low + length);
        if (at >= low + length) {
            low += length;
            left = middle;
        } else
            right = middle;
    }
    return left;
}

void walk_begin(struct walk *walk, const struct walk_place *place,
                const struct random_state *random, double start, double sd)
{
    double scale = sd * sqrt(place->rows_mean);
    double from = walk_motion(place->seed, place->branch, place->batch - 1);
    double to = walk_motion(place->seed, place->branch, place->batch);
    *walk = (struct walk){.random = *random,
                          .sd = sd,
                          .level = start + scale * from,
                          .ahead = *random,
                          .rows = place->rows,
                          .of = place->rows,
                          .aim = scale * (to - from)};
}

bool walk_look_ahead(struct walk *walk, uint64_t at_most)
{
    for (; at_most > 0 && walk->rows > 0; at_most--, walk->rows--)
        walk->end += walk->sd * variate_normal(&walk->ahead);
    if (walk->rows == 0)
        walk->bend = (walk->aim - walk->end) / (double)walk->of;
    return walk->rows == 0;
}

double walk_next(struct walk *walk)
{
    double value = walk->level + walk->bend * (double)walk->row++;
    walk->level += walk->sd * variate_normal(&walk->random);
    return value;
}
