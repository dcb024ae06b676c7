/*
 * sort_numbers - a few thousand doubles in ascending order, fast.
 *
 * Radix sort by the 32 highest bits in which the numbers differ (Knuth, TAOCP 5.2.5), which leaves
 * most in order, and an insertion sort for the rest; where that turns out to be much, qsort(3).
 */
#ifndef CONSUMER_SORT_NUMBERS_H
#define CONSUMER_SORT_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* Neither NaN nor -0 among them. `scratch` has room for twice as many. */
void sort_numbers(double *numbers, size_t count, uint64_t *scratch);

#endif
