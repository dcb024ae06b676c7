#include "producer/elementary.h"

#include <math.h>
#include <stddef.h>

/* ln 2 in two parts; the first has 32 bits, so that its product with an exponent is exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define TWO_PI 0x1.921fb54442d18p+2

/* c[0] + c[1] x + c[2] x^2 ... after Horner. */
static double polynomial(const double *coefficients, size_t count, double x)
{
    double sum = 0;
    while (count-- > 0)
        sum = sum * x + coefficients[count];
    return sum;
}

/*
 * x = 2^k m, sqrt(1/2) <= m < sqrt(2); with f = m - 1 and s = f / (2 + f), log m is
 * 2 (s + s^3/3 + s^5/5 ...) = f - s (f - R), R being what follows the first term; s^2 < 0.0295.
 */
double elementary_log(double x)
{
    static const double ODD[] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13,
                                 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
    int exponent;
    double m = frexp(x, &exponent);
    if (m < SQRT_HALF) {
        m *= 2;
        exponent--;
    }
    double f = m - 1;
    double s = f / (2 + f);
    double rest = 2 * s * s * polynomial(ODD, sizeof ODD / sizeof *ODD, s * s);
    double k = exponent;
    return k * LN2_HIGH + (f - (s * (f - rest) - k * LN2_LOW));
}

/* x = k ln 2 + r, |r| <= ln(2) / 2; r^14 / 14! is below 2^-57. */
double elementary_exp(double x)
{
    static const double INVERSE_FACTORIALS[] = {
        1.0 / 2,         1.0 / 6,          1.0 / 24,         1.0 / 120,
        1.0 / 720,       1.0 / 5040,       1.0 / 40320,      1.0 / 362880,
        1.0 / 3628800.0, 1.0 / 39916800.0, 1.0 / 479001600., 1.0 / 6227020800.0};
    double k = floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double tail =
        r * r *
        polynomial(INVERSE_FACTORIALS, sizeof INVERSE_FACTORIALS / sizeof *INVERSE_FACTORIALS, r);
    return ldexp(1 + (r + tail), (int)k);
}

/* Of an angle up to pi / 4, in radians; the next term would be x^17 / 17! < 2^-54. */
static double sine(double x)
{
    static const double TERMS[] = {1,
                                   -1.0 / 6,
                                   1.0 / 120,
                                   -1.0 / 5040,
                                   1.0 / 362880,
                                   -1.0 / 39916800.0,
                                   1.0 / 6227020800.0,
                                   -1.0 / 1307674368000.0};
    return x * polynomial(TERMS, sizeof TERMS / sizeof *TERMS, x * x);
}

static double cosine(double x)
{
    static const double TERMS[] = {1,
                                   -1.0 / 2,
                                   1.0 / 24,
                                   -1.0 / 720,
                                   1.0 / 40320,
                                   -1.0 / 3628800.0,
                                   1.0 / 479001600.0,
                                   -1.0 / 87178291200.0,
                                   1.0 / 20922789888000.0};
    return polynomial(TERMS, sizeof TERMS / sizeof *TERMS, x * x);
}

/* The nearest quarter of a turn is taken off, exactly; at most an eighth is left. */
double elementary_sine_of_turns(double x)
{
    double turn = x - floor(x);
    double quarter = floor(turn * 4 + 0.5);
    double angle = (turn - quarter / 4) * TWO_PI;
    switch ((int)quarter % 4) {
    case 0: return sine(angle);
    case 1: return cosine(angle);
    case 2: return -sine(angle);
    default: return -cosine(angle);
    }
}
