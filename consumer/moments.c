#include "consumer/moments.h"

#include <math.h>

static struct moments_pair two_sum(double a, double b)
{
    double sum = a + b;
    double part = sum - a;
    return (struct moments_pair){sum, (a - (sum - part)) + (b - part)};
}

/* fma rounds once, so it yields the error of a product exactly, in hardware or not. */
static struct moments_pair two_product(double a, double b)
{
    double product = a * b;
    return (struct moments_pair){product, fma(a, b, -product)};
}

static struct moments_pair normalise(double high, double low)
{
    double sum = high + low;
    return (struct moments_pair){sum, low - (sum - high)};
}

static struct moments_pair add(struct moments_pair a, struct moments_pair b)
{
    struct moments_pair high = two_sum(a.high, b.high);
    struct moments_pair low = two_sum(a.low, b.low);
    struct moments_pair sum = normalise(high.high, high.low + low.high);
    return normalise(sum.high, sum.low + low.low);
}

static struct moments_pair multiply(struct moments_pair a, struct moments_pair b)
{
    struct moments_pair product = two_product(a.high, b.high);
    return normalise(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static struct moments_pair scale(struct moments_pair a, double factor)
{
    return multiply(a, (struct moments_pair){factor, 0});
}

/* Long division: the quotient, corrected by the remainder that it leaves. */
static struct moments_pair divide(struct moments_pair a, double divisor)
{
    double quotient = a.high / divisor;
    struct moments_pair rest = add(a, scale((struct moments_pair){divisor, 0}, -quotient));
    return normalise(quotient, rest.high / divisor);
}

/* Below it the factor would be infinite; the cubes of what is left are far from underflow. */
#define EXPONENT_MIN (-1000)

/* The e of |number| in [2^(e-1), 2^e). */
static int exponent_of(double number)
{
    int exponent = EXPONENT_MIN;
    if (number != 0)
        (void)frexp(number, &exponent);
    return exponent > EXPONENT_MIN ? exponent : EXPONENT_MIN;
}

static struct moments_pair shifted(struct moments_pair a, int exponent)
{
    return (struct moments_pair){ldexp(a.high, exponent), ldexp(a.low, exponent)};
}

static void set_exponent(struct moments *moments, int exponent)
{
    int step = moments->exponent - exponent;
    moments->sum1 = shifted(moments->sum1, step);
    moments->sum2 = shifted(moments->sum2, 2 * step);
    moments->sum3 = shifted(moments->sum3, 3 * step);
    moments->exponent = exponent;
    moments->factor = ldexp(1, -exponent);
}

void moments_add(struct moments *moments, double number)
{
    int exponent = exponent_of(number);
    if (moments->count == 0)
        moments->shift = number;
    if (moments->count == 0 || exponent > moments->exponent)
        set_exponent(moments, exponent);
    struct moments_pair distance =
        two_sum(number * moments->factor, -moments->shift * moments->factor);
    struct moments_pair square = multiply(distance, distance);
    moments->count++;
    moments->sum1 = add(moments->sum1, distance);
    moments->sum2 = add(moments->sum2, square);
    moments->sum3 = add(moments->sum3, multiply(square, distance));
}

static struct moments_pair scaled_shift(const struct moments *moments)
{
    return (struct moments_pair){moments->shift * moments->factor, 0};
}

double moments_sum(const struct moments *moments)
{
    struct moments_pair shifts = scale(scaled_shift(moments), (double)moments->count);
    return ldexp(add(moments->sum1, shifts).high, moments->exponent);
}

double moments_mean(const struct moments *moments)
{
    if (moments->count == 0)
        return (double)NAN;
    struct moments_pair offset = divide(moments->sum1, (double)moments->count);
    return ldexp(add(offset, scaled_shift(moments)).high, moments->exponent);
}

/* Sum of squared distances from the mean, scaled: S2 - S1^2/n. */
static struct moments_pair central2(const struct moments *moments)
{
    double n = (double)moments->count;
    struct moments_pair square = multiply(moments->sum1, moments->sum1);
    return add(moments->sum2, scale(divide(square, n), -1));
}

/* Sum of cubed distances from the mean, scaled: S3 - 3 S1 S2/n + 2 S1^3/n^2. */
static struct moments_pair central3(const struct moments *moments)
{
    double n = (double)moments->count;
    struct moments_pair mixed = divide(multiply(moments->sum1, moments->sum2), n);
    struct moments_pair mean = divide(moments->sum1, n);
    struct moments_pair cube = multiply(multiply(mean, mean), moments->sum1);
    return add(moments->sum3, add(scale(mixed, -3), scale(cube, 2)));
}

double moments_stddev(const struct moments *moments)
{
    if (moments->count < 2)
        return (double)NAN;
    double variance = divide(central2(moments), (double)(moments->count - 1)).high;
    return variance > 0 ? ldexp(sqrt(variance), moments->exponent) : 0;
}

double moments_skewness(const struct moments *moments)
{
    if (moments->count < 3)
        return (double)NAN;
    double n = (double)moments->count;
    double m2 = central2(moments).high / n;
    double m3 = central3(moments).high / n;
    if (!(m2 > 0))
        return (double)NAN;
    return sqrt(n * (n - 1)) / (n - 2) * (m3 / (m2 * sqrt(m2)));
}
