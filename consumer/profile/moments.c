#include "consumer/profile/moments.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- double-double ---- */

struct pair {
    double high;
    double low;
};

static struct pair two_sum(double a, double b)
{
    double sum = a + b;
    double part = sum - a;
    return (struct pair){sum, (a - (sum - part)) + (b - part)};
}

/* fma rounds once, so it yields the error of a product exactly, in hardware or not. */
static struct pair two_product(double a, double b)
{
    double product = a * b;
    return (struct pair){product, fma(a, b, -product)};
}

static struct pair normalise(double high, double low)
{
    double sum = high + low;
    return (struct pair){sum, low - (sum - high)};
}

static struct pair add(struct pair a, struct pair b)
{
    struct pair high = two_sum(a.high, b.high);
    struct pair low = two_sum(a.low, b.low);
    struct pair sum = normalise(high.high, high.low + low.high);
    return normalise(sum.high, sum.low + low.low);
}

static struct pair multiply(struct pair a, struct pair b)
{
    struct pair product = two_product(a.high, b.high);
    return normalise(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static struct pair scale(struct pair a, double factor)
{
    return multiply(a, (struct pair){factor, 0});
}

/* Long division: the quotient, corrected by the remainder that it leaves. */
static struct pair divide(struct pair a, double divisor)
{
    double quotient = a.high / divisor;
    struct pair rest = add(a, scale((struct pair){divisor, 0}, -quotient));
    return normalise(quotient, rest.high / divisor);
}

/* ---- taking in ---- */

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

static void set_exponent(struct moments *moments, int exponent)
{
    int step = moments->exponent - exponent;
    for (int power = 0; power < POWER_SUMS_POWERS; power++)
        for (int lane = 0; lane < POWER_SUMS_LANES; lane++) {
            double *high = &moments->sums.high[power][lane];
            double *low = &moments->sums.low[power][lane];
            *high = ldexp(*high, (power + 1) * step);
            *low = ldexp(*low, (power + 1) * step);
        }
    moments->exponent = exponent;
    moments->factor = ldexp(1, -exponent);
}

/* Makes the scale that of the largest of these, one of which is larger than all before. */
static void make_room(struct moments *moments, const double *numbers, size_t count)
{
    int exponent = EXPONENT_MIN;
    for (size_t i = 0; i < count; i++)
        if (exponent_of(numbers[i]) > exponent)
            exponent = exponent_of(numbers[i]);
    set_exponent(moments, exponent);
}

static bool fit(struct moments *moments, const double *numbers, size_t count)
{
    double shift = moments->shift * moments->factor;
    return moments->factor != 0 &&
           power_sums_add(&moments->sums, numbers, count, moments->factor, shift);
}

/* The count is a multiple of POWER_SUMS_LANES. */
static void add_up(struct moments *moments, const double *numbers, size_t count)
{
    if (fit(moments, numbers, count))
        return;
    make_room(moments, numbers, count);
    (void)fit(moments, numbers, count);
}

/* Numbers that are k fill up the lanes: their distance from it is 0 and changes nothing. */
static void add_up_waiting(struct moments *moments)
{
    size_t count = moments->waiting;
    while (count % POWER_SUMS_LANES != 0)
        moments->numbers[count++] = moments->shift;
    if (count > 0)
        add_up(moments, moments->numbers, count);
    moments->waiting = 0;
}

static size_t wait_for_more(struct moments *moments, const double *numbers, size_t count)
{
    size_t room = MOMENTS_BLOCK - moments->waiting;
    size_t taken = count < room ? count : room;
    memcpy(moments->numbers + moments->waiting, numbers, taken * sizeof *numbers);
    moments->waiting += taken;
    if (moments->waiting == MOMENTS_BLOCK)
        add_up_waiting(moments);
    return taken;
}

void moments_add(struct moments *moments, double number)
{
    if (moments->count++ == 0)
        moments->shift = number;
    moments->numbers[moments->waiting++] = number;
    if (moments->waiting == MOMENTS_BLOCK)
        add_up_waiting(moments);
}

void moments_add_block(struct moments *moments, const double *numbers, size_t count)
{
    if (count == 0)
        return;
    if (moments->count == 0)
        moments->shift = numbers[0];
    moments->count += count;
    size_t at = moments->waiting > 0 ? wait_for_more(moments, numbers, count) : 0;
    for (; count - at >= MOMENTS_BLOCK; at += MOMENTS_BLOCK)
        add_up(moments, numbers + at, MOMENTS_BLOCK);
    (void)wait_for_more(moments, numbers + at, count - at);
}

/* ---- the sums as they stand ---- */

/* Of all numbers, around the shift, which like them is scaled by 2^-exponent. */
struct totals {
    double count;
    int exponent;
    struct pair shift;
    struct pair sum1;
    struct pair sum2;
    struct pair sum3;
};

static struct pair lanes_sum(const struct power_sums *sums, int power)
{
    struct pair lanes[POWER_SUMS_LANES];
    for (int lane = 0; lane < POWER_SUMS_LANES; lane++)
        lanes[lane] = (struct pair){sums->high[power][lane], sums->low[power][lane]};
    return add(add(lanes[0], lanes[1]), add(lanes[2], lanes[3]));
}

static struct totals totals_of(const struct moments *moments)
{
    struct moments all = *moments;
    add_up_waiting(&all);
    return (struct totals){.count = (double)all.count,
                           .exponent = all.exponent,
                           .shift = {all.shift * all.factor, 0},
                           .sum1 = lanes_sum(&all.sums, 0),
                           .sum2 = lanes_sum(&all.sums, 1),
                           .sum3 = lanes_sum(&all.sums, 2)};
}

/* ---- merging ---- */

/*
 * The sums of x - k and its powers from those of x - m, d being m - k:
 * S1 + n d, S2 + 2 d S1 + n d^2, S3 + 3 d S2 + 3 d^2 S1 + n d^3.
 */
static void move_shift(struct totals *totals, struct pair distance)
{
    struct pair square = multiply(distance, distance);
    struct pair all = scale(distance, totals->count);
    struct pair first = totals->sum1;
    struct pair second = totals->sum2;
    totals->sum1 = add(first, all);
    totals->sum2 = add(second, add(scale(multiply(distance, first), 2), multiply(distance, all)));
    struct pair mixed = add(multiply(distance, second), multiply(square, first));
    totals->sum3 = add(totals->sum3, add(scale(mixed, 3), multiply(square, all)));
}

static void put_into_first_lane(struct power_sums *sums, int power, struct pair sum)
{
    sums->high[power][0] = sum.high;
    sums->low[power][0] = sum.low;
}

void moments_merge(struct moments *into, const struct moments *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0) {
        *into = *from;
        return;
    }
    struct moments other = *from;
    add_up_waiting(&other);
    add_up_waiting(into);
    int exponent = into->exponent > other.exponent ? into->exponent : other.exponent;
    set_exponent(into, exponent);
    set_exponent(&other, exponent);
    struct totals here = totals_of(into);
    struct totals there = totals_of(&other);
    move_shift(&there, two_sum(there.shift.high, -here.shift.high));
    into->count += other.count;
    into->sums = (struct power_sums){0};
    put_into_first_lane(&into->sums, 0, add(here.sum1, there.sum1));
    put_into_first_lane(&into->sums, 1, add(here.sum2, there.sum2));
    put_into_first_lane(&into->sums, 2, add(here.sum3, there.sum3));
}

/* ---- giving out ---- */

/* The sums are of distances, which stay. */
void moments_move(struct moments *moments, double by)
{
    moments->shift += by;
    for (size_t i = 0; i < moments->waiting; i++)
        moments->numbers[i] += by;
}

double moments_sum(const struct moments *moments)
{
    struct totals totals = totals_of(moments);
    struct pair shifts = scale(totals.shift, totals.count);
    return ldexp(add(totals.sum1, shifts).high, totals.exponent);
}

double moments_mean(const struct moments *moments)
{
    if (moments->count == 0)
        return (double)NAN;
    struct totals totals = totals_of(moments);
    struct pair offset = divide(totals.sum1, totals.count);
    return ldexp(add(offset, totals.shift).high, totals.exponent);
}

/* Sum of squared distances from the mean, scaled: S2 - S1^2/n. */
static struct pair central2(const struct totals *totals)
{
    struct pair square = multiply(totals->sum1, totals->sum1);
    return add(totals->sum2, scale(divide(square, totals->count), -1));
}

/* Sum of cubed distances from the mean, scaled: S3 - 3 S1 S2/n + 2 S1^3/n^2. */
static struct pair central3(const struct totals *totals)
{
    struct pair mixed = divide(multiply(totals->sum1, totals->sum2), totals->count);
    struct pair mean = divide(totals->sum1, totals->count);
    struct pair cube = multiply(multiply(mean, mean), totals->sum1);
    return add(totals->sum3, add(scale(mixed, -3), scale(cube, 2)));
}

/*
 * The nearest double to the root of both halves: one step of Newton's method, which doubles the
 * digits, from the root of the higher half. What that leaves is exact by fma, since the square
 * is no subnormal: numbers below 1 that differ do so by 2^-74 or more, whatever their count.
 */
static double root(struct pair square)
{
    if (!(square.high > 0))
        return 0;
    double near = sqrt(square.high);
    double rest = fma(-near, near, square.high) + square.low;
    return near + rest / (2 * near);
}

double moments_stddev(const struct moments *moments)
{
    if (moments->count < 2)
        return (double)NAN;
    struct totals totals = totals_of(moments);
    return ldexp(root(divide(central2(&totals), totals.count - 1)), totals.exponent);
}

double moments_skewness(const struct moments *moments)
{
    if (moments->count < 3)
        return (double)NAN;
    struct totals totals = totals_of(moments);
    double n = totals.count;
    double m2 = central2(&totals).high / n;
    double m3 = central3(&totals).high / n;
    if (!(m2 > 0))
        return (double)NAN;
    return sqrt(n * (n - 1)) / (n - 2) * (m3 / (m2 * sqrt(m2)));
}

/* ---- kept ---- */

/* The sums, high and low, as one row of doubles. */
#define SUMS (2 * POWER_SUMS_POWERS * POWER_SUMS_LANES)
_Static_assert(sizeof(struct power_sums) == SUMS * sizeof(double), "sums are doubles and no more");

void moments_pack(const struct moments *moments, struct text *text)
{
    double sums[SUMS];
    memcpy(sums, &moments->sums, sizeof sums);
    pack_u64(text, moments->count);
    pack_double(text, moments->shift);
    pack_i64(text, moments->exponent);
    pack_double(text, moments->factor);
    pack_doubles(text, sums, SUMS);
    pack_u64(text, moments->waiting);
    pack_doubles(text, moments->numbers, moments->waiting);
}

void moments_unpack(struct unpacker *packed, struct moments *moments)
{
    double sums[SUMS];
    *moments = (struct moments){.count = unpack_u64(packed)};
    moments->shift = unpack_finite(packed);
    moments->exponent = (int)unpack_i64(packed);
    moments->factor = unpack_finite(packed);
    unpack_doubles(packed, sums, SUMS);
    memcpy(&moments->sums, sums, sizeof sums);
    moments->waiting = (size_t)unpack_up_to(packed, MOMENTS_BLOCK - 1);
    unpack_doubles(packed, moments->numbers, moments->waiting);
    /* Scales are added and subtracted; 0 is the factor while none is known. */
    bool scale = moments->exponent >= EXPONENT_MIN && moments->exponent <= DBL_MAX_EXP &&
                 (moments->factor == 0 || moments->factor == ldexp(1, -moments->exponent));
    if (moments->waiting > moments->count || !scale)
        (void)unpack_refuse(packed);
    if (unpack_failed(packed))
        *moments = (struct moments){.count = 0};
}
