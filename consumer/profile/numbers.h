/*
 * numbers - what is kept of the numbers of a column while they go by: count, extremes, sum and
 * spread. All exact or to rounding, in a few hundred bytes, and of two columns as of one.
 */
#ifndef CONSUMER_NUMBERS_H
#define CONSUMER_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "consumer/profile/moments.h"
#include "consumer/profile/pack.h"

/* All zero is the state before the first number. */
struct numbers {
    struct moments moments; /* of the finite ones; its count is theirs */
    double min, max;        /* of the finite ones; what moments.count == 0 leaves is nothing */
    uint64_t zeros, negatives, nonfinite;

    /* for as long as all are integers: of their distances from the first, as beyond 2^53 the
       integers themselves are no doubles */
    uint64_t integer_count;
    number_int128 integer_sum;
    int64_t integer_min, integer_max;
    int64_t integer_first;
    struct moments integer_moments;
};

/* Takes in finite numbers; none is -0. */
void numbers_add(struct numbers *numbers, const double *finite, size_t count);

/* Takes in integers, beside what numbers_add took them in as. */
void numbers_add_integers(struct numbers *numbers, const int64_t *integers, size_t count);

/* The mean of integers, exact to rounding; NaN of none. */
double numbers_integer_mean(const struct numbers *numbers);

/* Afterwards `into` is of what both took in, `into` first. */
void numbers_merge(struct numbers *into, const struct numbers *from);

/* What was packed comes back to the last bit; see unpack_failed(). */
void numbers_pack(const struct numbers *numbers, struct text *text);
void numbers_unpack(struct unpacker *packed, struct numbers *numbers);

#endif
