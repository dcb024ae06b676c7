/*
 * moments - count, sum, mean, spread and skewness of a stream of doubles, kept
 * so exactly that the order of the stream does not show.
 *
 * The sums of x - k, its square and its cube, k being the first number, are
 * unevaluated pairs of doubles (double-double: Dekker 1971; error-free sums after
 * Knuth, TAOCP 4.2.2), about 30 digits. No long double: its width differs from
 * machine to machine, and the summary must not. All is scaled by a power of two, which
 * costs no digit, to the largest number so far: the cube of 1e200 is beyond a double and
 * the square of 1e-200 below one, but their standard deviations are not. That k is an
 * outlier costs as many digits as the count has: at the distance D it is in the sums itself,
 * so that what is left of n D^2 is D^2 at the least.
 *
 * Numbers wait until there are MOMENTS_BLOCK of them and are then added up several at a time
 * (power_sums.h), so that it makes no difference, to the last bit, in how many calls they came.
 */
#ifndef CONSUMER_MOMENTS_H
#define CONSUMER_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/pack.h"
#include "consumer/profile/power_sums.h"

#define MOMENTS_BLOCK 32

/* All zero is the state before the first number; plain data, which may be copied. */
struct moments {
    uint64_t count; /* of all numbers, those that wait included */
    double shift;
    int exponent;  /* the sums are of numbers times 2^-exponent, */
    double factor; /* which is this, or 0 while all numbers wait */
    struct power_sums sums;
    size_t waiting;
    double numbers[MOMENTS_BLOCK];
};

/* Takes in one finite number. */
void moments_add(struct moments *moments, double number);

/* The same as to add them one by one. */
void moments_add_block(struct moments *moments, const double *numbers, size_t count);

/*
 * What is known of two streams becomes what is known of the one behind the other. The sums of
 * the second are moved to the first one's k in double-double, which rounds, though some 13
 * digits behind the last that is seen.
 */
void moments_merge(struct moments *into, const struct moments *from);

/* What it would be of numbers that are all larger by so much. */
void moments_move(struct moments *moments, double by);

/*
 * Each is NaN where it is not defined, and not finite where a double cannot hold it. The standard
 * deviation is the double nearest to what the 30 digits say, unless it is a subnormal.
 */
double moments_sum(const struct moments *moments);
double moments_mean(const struct moments *moments);
double moments_stddev(const struct moments *moments);   /* of a sample, n - 1 */
double moments_skewness(const struct moments *moments); /* G1, Joanes and Gill 1998 */

/* What was packed comes back to the last bit; nothing does where the bytes are refused. */
void moments_pack(const struct moments *moments, struct text *text);
void moments_unpack(struct unpacker *packed, struct moments *moments);

#endif
