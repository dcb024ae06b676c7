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

void moments_add(struct moments *moments, double number)
{
    if (moments->count == 0)
        moments->shift = number;
    struct moments_pair distance = two_sum(number, -moments->shift);
    struct moments_pair square = multiply(distance, distance);
    moments->count++;
    moments->sum1 = add(moments->sum1, distance);
    moments->sum2 = add(moments->sum2, square);
    moments->sum3 = add(moments->sum3, multiply(square, distance));
}

double moments_sum(const struct moments *moments)
{
    struct moments_pair shifts =
        scale((struct moments_pair){moments->shift, 0}, (double)moments->count);
    return add(moments->sum1, shifts).high;
}

double moments_mean(const struct moments *moments)
{
    if (moments->count == 0)
        return (double)NAN;
    struct moments_pair offset = divide(moments->sum1, (double)moments->count);
    return add(offset, (struct moments_pair){moments->shift, 0}).high;
}

/* Sum of squared distances from the mean: S2 - S1^2/n. */
static struct moments_pair central2(const struct moments *moments)
{
    double n = (double)moments->count;
    struct moments_pair square = multiply(moments->sum1, moments->sum1);
    return add(moments->sum2, scale(divide(square, n), -1));
}

/* Sum of cubed distances from the mean: S3 - 3 S1 S2/n + 2 S1^3/n^2. */
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
    return variance > 0 ? sqrt(variance) : variance < 0 ? 0 : variance;
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
