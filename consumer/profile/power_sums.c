#include "consumer/profile/power_sums.h"

#include <stdint.h>
#include <string.h>

/* Vectors are handed on between functions that are all inlined, so no ABI has a say in it. */
#pragma GCC diagnostic ignored "-Wpsabi"

/* Compiled once for each instruction set, into the functions at the end. */
#define INLINED static inline __attribute__((always_inline))

/* Aligned like the numbers of a caller; gcc takes wider ones by value with a remark each time. */
typedef double lanes
    __attribute__((vector_size(POWER_SUMS_LANES * sizeof(double)), aligned(sizeof(double))));
typedef int64_t masks __attribute__((vector_size(POWER_SUMS_LANES * sizeof(int64_t))));

/* An unevaluated sum, lane by lane. */
struct pair {
    lanes high;
    lanes low;
};

/* A number and two halves of its digits, 26 bits each, whose products are exact. */
struct factor {
    lanes whole;
    lanes high;
    lanes low;
};

INLINED lanes load(const double *numbers)
{
    lanes loaded;
    memcpy(&loaded, numbers, sizeof loaded);
    return loaded;
}

INLINED lanes each(double number)
{
    return (lanes){number, number, number, number};
}

/* Knuth, TAOCP 4.2.2: the same, as what both sum up to and exactly what was rounded off it. */
INLINED struct pair two_sum(struct pair a)
{
    lanes sum = a.high + a.low;
    lanes part = sum - a.high;
    return (struct pair){sum, (a.high - (sum - part)) + (a.low - part)};
}

/* Veltkamp's splitting of the first word. */
INLINED struct factor split(struct pair a)
{
    lanes large = a.high * each(0x1p27 + 1);
    lanes high = large - (large - a.high);
    return (struct factor){a.high, high, a.high - high};
}

/* Dekker 1971: the product and exactly what was rounded off it. */
INLINED struct pair multiply(struct factor a, struct factor b)
{
    lanes product = a.whole * b.whole;
    lanes rest = ((a.high * b.high - product) + a.high * b.low) + a.low * b.high;
    return (struct pair){product, rest + a.low * b.low};
}

INLINED struct pair square_of(struct pair a, struct factor factor)
{
    struct pair square = multiply(factor, factor);
    lanes mixed = a.high * a.low;
    return (struct pair){square.high, square.low + (mixed + mixed)};
}

INLINED struct pair cube_of(struct pair square, struct pair a, struct factor factor)
{
    struct pair cube = multiply(split(square), factor);
    return (struct pair){cube.high, cube.low + (square.high * a.low + square.low * a.high)};
}

INLINED struct pair accumulate(struct pair sum, struct pair term)
{
    struct pair next = two_sum((struct pair){sum.high, term.high});
    return (struct pair){next.high, sum.low + (next.low + term.low)};
}

INLINED bool add(struct power_sums *sums, const double *numbers, size_t count, double factor,
                 double shift)
{
    struct pair sum[POWER_SUMS_POWERS];
    masks beyond = {0};
    for (int power = 0; power < POWER_SUMS_POWERS; power++)
        sum[power] = (struct pair){load(sums->high[power]), load(sums->low[power])};
    for (size_t i = 0; i < count; i += POWER_SUMS_LANES) {
        lanes scaled = load(numbers + i) * each(factor);
        beyond |= scaled * scaled >= each(1);
        struct pair distance = two_sum((struct pair){scaled, each(-shift)});
        struct factor base = split(distance);
        struct pair square = square_of(distance, base);
        sum[0] = accumulate(sum[0], distance);
        sum[1] = accumulate(sum[1], square);
        sum[2] = accumulate(sum[2], cube_of(square, distance, base));
    }
    if ((beyond[0] | beyond[1] | beyond[2] | beyond[3]) != 0)
        return false;
    for (int power = 0; power < POWER_SUMS_POWERS; power++) {
        sum[power] = two_sum(sum[power]);
        memcpy(sums->high[power], &sum[power].high, sizeof sums->high[power]);
        memcpy(sums->low[power], &sum[power].low, sizeof sums->low[power]);
    }
    return true;
}

bool power_sums_add_plainly(struct power_sums *sums, const double *numbers, size_t count,
                            double factor, double shift)
{
    return add(sums, numbers, count, factor, shift);
}

#if defined(__x86_64__) && !defined(PORTABLE)

__attribute__((target("avx2"))) static bool add_by_avx2(struct power_sums *sums,
                                                        const double *numbers, size_t count,
                                                        double factor, double shift)
{
    return add(sums, numbers, count, factor, shift);
}

bool power_sums_add(struct power_sums *sums, const double *numbers, size_t count, double factor,
                    double shift)
{
    return __builtin_cpu_supports("avx2") ? add_by_avx2(sums, numbers, count, factor, shift)
                                          : add(sums, numbers, count, factor, shift);
}

#else

bool power_sums_add(struct power_sums *sums, const double *numbers, size_t count, double factor,
                    double shift)
{
    return add(sums, numbers, count, factor, shift);
}

#endif
