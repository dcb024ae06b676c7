#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/power_sums.h"
#include "tests/unit/support.h"

#define LANES POWER_SUMS_LANES
#define BLOCK 32

static uint64_t random_state = 20261123;

/* xorshift64*, Vigna 2016: the same numbers in every run. */
static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

/* Of either sign, below 1, and with the exponent down to -`span`. */
static double random_below_1(int span)
{
    double number = (double)(next_random() >> 11) * 0x1p-53;
    int exponent = span > 0 ? -(int)(next_random() % (uint64_t)span) : 0;
    return ldexp(next_random() % 2 == 0 ? number : -number, exponent);
}

static void fill(double *numbers, size_t count, double offset, int span)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = offset == 0 ? random_below_1(span) : offset + random_below_1(span) * 0x1p-20;
}

/* ---- one lane at a time, in plain doubles; what a product loses is asked of fma ---- */

static double add_exactly(double a, double b, double *rest)
{
    double sum = a + b;
    double part = sum - a;
    *rest = (a - (sum - part)) + (b - part);
    return sum;
}

static void add_term(struct power_sums *sums, int power, size_t lane, double high, double low)
{
    double rest;
    sums->high[power][lane] = add_exactly(sums->high[power][lane], high, &rest);
    sums->low[power][lane] += rest + low;
}

static void add_number(struct power_sums *sums, size_t lane, double number, double shift)
{
    double low;
    double high = add_exactly(number, -shift, &low);
    double square = high * high;
    double square_low = fma(high, high, -square) + 2 * (high * low);
    double cube = square * high;
    double cube_low = fma(square, high, -cube) + (square * low + square_low * high);
    add_term(sums, 0, lane, high, low);
    add_term(sums, 1, lane, square, square_low);
    add_term(sums, 2, lane, cube, cube_low);
}

static void slow_add(struct power_sums *sums, const double *numbers, size_t count, double factor,
                     double shift)
{
    for (size_t i = 0; i < count; i++)
        add_number(sums, i % LANES, numbers[i] * factor, shift);
    for (int power = 0; power < POWER_SUMS_POWERS; power++)
        for (size_t lane = 0; lane < LANES; lane++)
            sums->high[power][lane] = add_exactly(sums->high[power][lane], sums->low[power][lane],
                                                  &sums->low[power][lane]);
}

/* ---- */

#define SUMS (sizeof(struct power_sums) / sizeof(double))

static bool same_bits(const struct power_sums *a, const struct power_sums *b)
{
    uint64_t bits_of_a[SUMS];
    uint64_t bits_of_b[SUMS];
    memcpy(bits_of_a, a, sizeof *a);
    memcpy(bits_of_b, b, sizeof *b);
    return memcmp(bits_of_a, bits_of_b, sizeof bits_of_a) == 0;
}

/* Offset and span of the numbers: mixed in size, close together far off, all alike in size. */
static const struct {
    double offset;
    int span;
} KINDS[] = {{0, 0}, {0, 60}, {0, 200}, {0.75, 0}, {-0.75, 30}, {0x1p-30, 4}};

START_TEST(power_sums_are_the_same_bits_by_every_instruction_set_and_lane_by_lane)
{
    double numbers[BLOCK];
    for (int i = 0; i < 60000; i++) {
        static struct power_sums fast;
        static struct power_sums plain;
        static struct power_sums slow;
        size_t kind = (size_t)(i / 1000) % (sizeof KINDS / sizeof *KINDS);
        size_t count = 4 + 4 * (next_random() % (BLOCK / 4));
        double factor = i % 3 == 0 ? 1 : 0x1p-3;
        if (i % 1000 == 0)
            fast = plain = slow = (struct power_sums){0};
        fill(numbers, count, KINDS[kind].offset, KINDS[kind].span);
        double shift = i % 2 == 0 ? numbers[0] * factor : random_below_1(0);
        bool fits = power_sums_add(&fast, numbers, count, factor, shift) &&
                    power_sums_add_plainly(&plain, numbers, count, factor, shift);
        slow_add(&slow, numbers, count, factor, shift);
        if (!fits || !same_bits(&fast, &plain))
            ck_abort_msg("the instruction sets differ in call %d", i);
        if (!same_bits(&fast, &slow))
            ck_abort_msg("the lanes differ from plain doubles in call %d", i);
    }
}
END_TEST

START_TEST(power_sums_refuse_a_number_that_reaches_1_wherever_it_stands)
{
    static const double REACHING[] = {1, -1, 1.5, 0x1p1000, -0x1p1023};
    for (size_t at = 0; at < BLOCK; at++)
        for (size_t i = 0; i < sizeof REACHING / sizeof *REACHING; i++) {
            double numbers[BLOCK];
            struct power_sums before;
            fill(numbers, BLOCK, 0, 0);
            memset(&before, 0x3f, sizeof before);
            struct power_sums sums = before;
            numbers[at] = REACHING[i];
            ck_assert(!power_sums_add(&sums, numbers, BLOCK, 1, 0.5));
            ck_assert(!power_sums_add_plainly(&sums, numbers, BLOCK, 1, 0.5));
            ck_assert(same_bits(&sums, &before));
            numbers[at] = REACHING[i] > 0 ? 0x1.fffffffffffffp-1 : -0x1.fffffffffffffp-1;
            ck_assert(power_sums_add(&sums, numbers, BLOCK, 1, 0.5));
            ck_assert(power_sums_add_plainly(&sums, numbers, BLOCK, 1, 0.5));
        }
}
END_TEST

START_TEST(power_sums_of_numbers_that_are_the_shift_do_not_change)
{
    double numbers[BLOCK];
    struct power_sums sums = {0};
    fill(numbers, BLOCK, 0, 20);
    ck_assert(power_sums_add(&sums, numbers, BLOCK, 1, 0.3));
    struct power_sums before = sums;
    for (size_t i = 0; i < BLOCK; i++)
        numbers[i] = 0.3;
    ck_assert(power_sums_add(&sums, numbers, BLOCK, 1, 0.3));
    ck_assert(same_bits(&sums, &before));
}
END_TEST

/* Nothing of a tiny number, of its square or its cube is lost beside sums of large ones. */
START_TEST(power_sums_keep_what_is_150_bits_below_them)
{
    double numbers[LANES] = {0.5, 0.5, 0.5, 0.5};
    double tiny[LANES] = {0x1p-50, 0x1p-50, 0x1p-50, 0x1p-50};
    struct power_sums sums = {0};
    for (int i = 0; i < 16; i++)
        ck_assert(power_sums_add(&sums, numbers, LANES, 1, 0));
    ck_assert(power_sums_add(&sums, tiny, LANES, 1, 0));
    for (size_t lane = 0; lane < LANES; lane++) {
        ck_assert(sums.high[0][lane] == 8 && sums.low[0][lane] == 0x1p-50);
        ck_assert(sums.high[1][lane] == 4 && sums.low[1][lane] == 0x1p-100);
        ck_assert(sums.high[2][lane] == 2 && sums.low[2][lane] == 0x1p-150);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_power_sums",
                       power_sums_are_the_same_bits_by_every_instruction_set_and_lane_by_lane,
                       power_sums_refuse_a_number_that_reaches_1_wherever_it_stands,
                       power_sums_of_numbers_that_are_the_shift_do_not_change,
                       power_sums_keep_what_is_150_bits_below_them);
}
