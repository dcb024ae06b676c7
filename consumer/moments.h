/*
 * moments - count, sum, mean, spread and skewness of a stream of doubles, kept
 * so exactly that the order of the stream does not show.
 *
 * The sums of x - k, its square and its cube, k being the first number, are
 * unevaluated pairs of doubles (double-double: Dekker 1971; error-free sums after
 * Knuth, TAOCP 4.2.2), about 32 digits. No long double: its width differs from
 * machine to machine, and the summary must not. All is scaled by a power of two, which
 * costs no digit, to the largest number so far: the cube of 1e200 is beyond a double and
 * the square of 1e-200 below one, but their standard deviations are not.
 */
#ifndef CONSUMER_MOMENTS_H
#define CONSUMER_MOMENTS_H

#include <stdint.h>

struct moments_pair {
    double high;
    double low;
};

/* All zero is the state before the first number. */
struct moments {
    uint64_t count;
    double shift;
    int exponent;  /* the sums are of numbers times 2^-exponent, */
    double factor; /* which is this */
    struct moments_pair sum1;
    struct moments_pair sum2;
    struct moments_pair sum3;
};

/* Takes in one finite number. */
void moments_add(struct moments *moments, double number);

/* Each is NaN where it is not defined, and not finite where a double cannot hold it. */
double moments_sum(const struct moments *moments);
double moments_mean(const struct moments *moments);
double moments_stddev(const struct moments *moments);   /* of a sample, n - 1 */
double moments_skewness(const struct moments *moments); /* G1, Joanes and Gill 1998 */

#endif
