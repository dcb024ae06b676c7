/*
 * power_sums - the sums of many numbers' distances from one of them, of their squares and of
 * their cubes, to about 30 digits, several numbers at a time.
 *
 * Number i is added up in lane i modulo POWER_SUMS_LANES, whatever the machine: a vector unit
 * works on as many lanes as it has room for, and each lane does the same IEEE 754 operations in
 * the same order. Products are split (Dekker 1971) and not fused, so that AVX2 and plain C, gcc
 * and clang, x86 and ARM leave the same bits.
 *
 * In a lane each sum is a double and the sum of what was rounded off it (Ogita, Rump and Oishi
 * 2005, "Accurate sum and dot product", algorithm 4.4); after each call the two are made a
 * double-double, lest the second grows until its own roundings count.
 */
#ifndef CONSUMER_POWER_SUMS_H
#define CONSUMER_POWER_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#define POWER_SUMS_LANES 4

/* Of distances, of their squares, of their cubes. */
#define POWER_SUMS_POWERS 3

/* All zero is the state before the first number. */
struct power_sums {
    double high[POWER_SUMS_POWERS][POWER_SUMS_LANES];
    double low[POWER_SUMS_POWERS][POWER_SUMS_LANES];
};

/*
 * Takes in `count` finite numbers, a multiple of POWER_SUMS_LANES: each times `factor`, a power
 * of two, less `shift`, which is at most 1. False, and nothing is changed, when a number times
 * the factor is 1 or more, so that no product could overflow on the way.
 */
bool power_sums_add(struct power_sums *sums, const double *numbers, size_t count, double factor,
                    double shift);

/* The same by what every machine has; power_sums_add() is held against it. */
bool power_sums_add_plainly(struct power_sums *sums, const double *numbers, size_t count,
                            double factor, double shift);

#endif
