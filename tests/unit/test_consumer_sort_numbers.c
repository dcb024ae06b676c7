#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/sort_numbers.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define MOST 3000u

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Holds it against qsort(3), which knows nothing of bits. */
static void check(const char *name, const double *numbers, size_t count)
{
    static double sorted[MOST], expected[MOST];
    uint64_t *scratch = malloc(2 * count * sizeof *scratch); /* no more, for the sanitizer to see */
    memcpy(sorted, numbers, count * sizeof *numbers);
    memcpy(expected, numbers, count * sizeof *numbers);
    sort_numbers(sorted, count, scratch);
    qsort(expected, count, sizeof *expected, compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (sorted[i] != expected[i])
            ck_abort_msg("%s: of %zu, number %zu is %.17g, not %.17g", name, count, i, sorted[i],
                         expected[i]);
    free(scratch);
}

struct shape {
    const char *name;
    double (*at)(uint64_t *state, size_t i, size_t count);
};

static double uniform(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    return chance_share(state);
}

static double equal(uint64_t *state, size_t i, size_t count)
{
    (void)state;
    (void)i;
    (void)count;
    return 0.1;
}

static double ascending(uint64_t *state, size_t i, size_t count)
{
    (void)state;
    (void)count;
    return (double)i / 3 - 100;
}

static double descending(uint64_t *state, size_t i, size_t count)
{
    (void)state;
    return (double)(count - i) / 3 - 100;
}

/* They differ in the lowest bits alone. */
static double large_offset(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    return 1e15 + (double)chance_below(state, 4000) / 8;
}

/* What lies far from all others leaves the lowest bits, in which these differ, to the insertion. */
static double offset_and_outlier(uint64_t *state, size_t i, size_t count)
{
    (void)count;
    return i == 0 ? -1e300 : 1 + (double)chance_below(state, 1000) * DBL_EPSILON;
}

static double mixed_signs(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    return chance_share(state) - 0.5;
}

static double any_exponent(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    double number = ldexp(chance_share(state), (int)chance_below(state, 2000) - 1000);
    return chance_next(state) % 2 == 0 && number != 0 ? -number : number;
}

static double denormal(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    double number = ldexp((double)chance_below(state, 1000), -1074);
    return chance_next(state) % 2 == 0 && number != 0 ? -number : number;
}

static double extreme(uint64_t *state, size_t i, size_t count)
{
    static const double NUMBERS[] = {DBL_MAX, -DBL_MAX, DBL_MIN,  -DBL_MIN, DBL_TRUE_MIN,
                                     0,       1,        INFINITY, -1,       -DBL_TRUE_MIN};
    (void)i;
    (void)count;
    return NUMBERS[chance_below(state, COUNT(NUMBERS))];
}

static double few_different(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    return (double)chance_below(state, 7) - 3;
}

static double whole(uint64_t *state, size_t i, size_t count)
{
    (void)i;
    (void)count;
    return (double)chance_below(state, 1000000);
}

static double sawtooth(uint64_t *state, size_t i, size_t count)
{
    (void)state;
    (void)count;
    return (double)(i % 37);
}

/* Descending in bits that only the insertion sees: more steps than it is let go. */
static double against_insertion(uint64_t *state, size_t i, size_t count)
{
    (void)state;
    return i == 0 ? DBL_MAX : 1 + (double)(count - i) * DBL_EPSILON;
}

static const struct shape SHAPES[] = {
    {"uniform", uniform},
    {"equal", equal},
    {"ascending", ascending},
    {"descending", descending},
    {"large offset", large_offset},
    {"offset and outlier", offset_and_outlier},
    {"mixed signs", mixed_signs},
    {"any exponent", any_exponent},
    {"denormal", denormal},
    {"extreme", extreme},
    {"few different", few_different},
    {"whole", whole},
    {"sawtooth", sawtooth},
    {"against insertion", against_insertion},
};

static void check_shape(const struct shape *shape, size_t count)
{
    static double numbers[MOST];
    uint64_t state = count;
    for (size_t i = 0; i < count; i++)
        numbers[i] = shape->at(&state, i, count);
    check(shape->name, numbers, count);
}

START_TEST(sort_numbers_orders_every_shape_of_few_numbers)
{
    for (size_t i = 0; i < COUNT(SHAPES); i++)
        for (size_t count = 0; count <= 200; count++)
            check_shape(&SHAPES[i], count);
}
END_TEST

START_TEST(sort_numbers_orders_every_shape_of_many_numbers)
{
    static const size_t COUNTS[] = {255, 256, 257, 1000, 1023, 1024, 1025, 2047, 2048, MOST};
    for (size_t i = 0; i < COUNT(SHAPES); i++)
        for (size_t j = 0; j < COUNT(COUNTS); j++)
            check_shape(&SHAPES[i], COUNTS[j]);
}
END_TEST

/* Two numbers that differ in one bit, for each of the bits, the exponent's and the sign. */
START_TEST(sort_numbers_orders_by_every_bit)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        double numbers[64];
        for (size_t i = 0; i < COUNT(numbers); i++) {
            uint64_t bits = UINT64_C(0x3ff5555555555555) ^ (uint64_t)(i * 7 % 2) << bit;
            memcpy(&numbers[i], &bits, sizeof bits);
        }
        if (isfinite(numbers[0]) && isfinite(numbers[1]))
            check("bit", numbers, COUNT(numbers));
    }
}
END_TEST

/* From none of the bits to all: one, two and three rounds, and what is left then. */
START_TEST(sort_numbers_orders_numbers_that_differ_in_any_number_of_bits)
{
    static double numbers[1500];
    uint64_t state = 3;
    for (unsigned width = 0; width <= 52; width++) {
        for (size_t i = 0; i < COUNT(numbers); i++) {
            uint64_t bits =
                UINT64_C(0x4330000000000000) | (chance_next(&state) & ((UINT64_C(1) << width) - 1));
            memcpy(&numbers[i], &bits, sizeof bits);
        }
        check("width", numbers, COUNT(numbers));
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_sort_numbers", sort_numbers_orders_every_shape_of_few_numbers,
                       sort_numbers_orders_every_shape_of_many_numbers,
                       sort_numbers_orders_by_every_bit,
                       sort_numbers_orders_numbers_that_differ_in_any_number_of_bits);
}
