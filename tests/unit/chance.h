/*
 * chance - numbers by chance for tests of statistics, the same ones in each run.
 *
 * SplitMix (Steele, Lea and Flood 2014) with the constants of MurmurHash3's finalizer: not those
 * that the units under test draw from, which must not know what comes.
 */
#ifndef TESTS_UNIT_CHANCE_H
#define TESTS_UNIT_CHANCE_H

#include <stdint.h>

/* Any state is a good one to start from. */
static inline uint64_t chance_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c55);
    z = (z ^ (z >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    z = (z ^ (z >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return z ^ (z >> 33);
}

/* From 0 to bound - 1; bound is not 0. */
static inline uint64_t chance_below(uint64_t *state, uint64_t bound)
{
    return chance_next(state) % bound;
}

/* From 0 to below 1. */
static inline double chance_share(uint64_t *state)
{
    return (double)(chance_next(state) >> 11) * 0x1p-53;
}

#endif
