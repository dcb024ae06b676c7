#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "consumer/moments.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct moments moments_of(const double *numbers, size_t count)
{
    struct moments moments = {0};
    for (size_t i = 0; i < count; i++)
        moments_add(&moments, numbers[i]);
    return moments;
}

#define MOMENTS(...)                          \
    moments_of((const double[]){__VA_ARGS__}, \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Correct digits, as NIST's StRD counts them. */
static double log_relative_error(double computed, double certified)
{
    if (computed == certified)
        return 15;
    return -log10(fabs(computed - certified) / fabs(certified));
}

#define ASSERT_DIGITS(computed, certified, digits)                                         \
    ck_assert_msg(log_relative_error(computed, certified) >= (digits), "%.17g, not %.17g", \
                  computed, certified)

/* ---- NIST Statistical Reference Datasets, univariate: data and certified values ---- */

/* NumAcc2 to 4: the middle once, then low and high by turns, 1001 in all. */
static struct moments num_acc(double middle, double low, double high)
{
    struct moments moments = {0};
    moments_add(&moments, middle);
    for (int i = 0; i < 500; i++) {
        moments_add(&moments, low);
        moments_add(&moments, high);
    }
    return moments;
}

START_TEST(moments_of_num_acc_1_are_the_certified_ones)
{
    struct moments moments = MOMENTS(10000001, 10000003, 10000002);
    ck_assert_double_eq(moments_mean(&moments), 10000002);
    ck_assert_double_eq(moments_stddev(&moments), 1);
    ck_assert_double_eq(moments_skewness(&moments), 0);
}
END_TEST

START_TEST(moments_of_num_acc_2_are_the_certified_ones)
{
    struct moments moments = num_acc(1.2, 1.1, 1.3);
    ck_assert_double_eq(moments_mean(&moments), 1.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 15);
}
END_TEST

/*
 * The certified 0.1 is that of the decimals; of the doubles nearest to them the exact
 * deviation is the number below, and so close do we have to come.
 */
START_TEST(moments_of_num_acc_3_are_exact_for_the_doubles_that_were_read)
{
    struct moments moments = num_acc(1000000.2, 1000000.1, 1000000.3);
    ck_assert_double_eq(moments_mean(&moments), 1000000.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 9);
    ASSERT_DIGITS(moments_stddev(&moments), 0.10000000003492459655, 15);
}
END_TEST

START_TEST(moments_of_num_acc_4_are_exact_for_the_doubles_that_were_read)
{
    struct moments moments = num_acc(10000000.2, 10000000.1, 10000000.3);
    ck_assert_double_eq(moments_mean(&moments), 10000000.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 8);
    ASSERT_DIGITS(moments_stddev(&moments), 0.10000000055879354474, 15);
}
END_TEST

/* Michelson 1879, as in NIST's Michelso: speed of light, in 0.001 Mm/s above 299. */
static const int MICHELSON[] = {
    850,  740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000,
    1000, 960, 960, 960,  940, 960, 940, 880, 800, 850, 880,  900, 840, 830, 790, 810, 880,
    880,  830, 800, 790,  760, 800, 880, 880, 880, 860, 720,  720, 620, 860, 970, 950, 880,
    910,  850, 870, 840,  840, 850, 840, 840, 840, 890, 810,  810, 820, 800, 770, 760, 740,
    750,  760, 910, 920,  890, 860, 880, 720, 840, 850, 850,  780, 890, 840, 780, 810, 760,
    810,  790, 810, 820,  850, 870, 870, 810, 740, 810, 940,  950, 800, 810, 870};

START_TEST(moments_of_michelso_are_the_certified_ones)
{
    struct moments moments = {0};
    for (size_t i = 0; i < COUNT(MICHELSON); i++)
        moments_add(&moments, (299000 + MICHELSON[i]) / 1000.0);
    ASSERT_DIGITS(moments_mean(&moments), 299.852400000000, 15);
    ASSERT_DIGITS(moments_stddev(&moments), 0.0790105478190518, 13);
}
END_TEST

/* Mavro: filter transmittance, in 0.00001 above 2. */
static const int MAVRO[] = {180, 170, 180, 190, 180, 170, 150, 140, 150, 150, 170, 180, 180,
                            190, 190, 210, 200, 160, 140, 130, 130, 150, 150, 160, 150, 140,
                            130, 140, 150, 140, 150, 160, 150, 160, 190, 200, 200, 210, 220,
                            230, 240, 250, 270, 260, 260, 260, 270, 260, 250, 240};

START_TEST(moments_of_mavro_are_the_certified_ones)
{
    struct moments moments = {0};
    for (size_t i = 0; i < COUNT(MAVRO); i++)
        moments_add(&moments, (200000 + MAVRO[i]) / 100000.0);
    ASSERT_DIGITS(moments_mean(&moments), 2.00185600000000, 15);
    ASSERT_DIGITS(moments_stddev(&moments), 0.000429123454003053, 12);
}
END_TEST

/* ---- by hand ---- */

/* 1, 1, 4: mean 2, m2 = 2, m3 = 2, so g1 = 1/sqrt(2) and G1 = sqrt(6) g1 = sqrt(3). */
START_TEST(moments_skewness_is_that_of_a_sample)
{
    struct moments moments = MOMENTS(1, 1, 4);
    ASSERT_DIGITS(moments_skewness(&moments), 1.7320508075688772, 15);
    moments = MOMENTS(-1, -1, -4);
    ASSERT_DIGITS(moments_skewness(&moments), -1.7320508075688772, 15);
    /* 0, 0, 0, 4: mean 1, m2 = 3, m3 = 6, g1 = 2/sqrt(3), G1 = sqrt(12)/2 g1 = 2. */
    moments = MOMENTS(0, 0, 0, 4);
    ASSERT_DIGITS(moments_skewness(&moments), 2.0, 15);
}
END_TEST

START_TEST(moments_of_two_four_and_so_on_have_the_textbook_deviation)
{
    struct moments moments = MOMENTS(2, 4, 4, 4, 5, 5, 7, 9);
    ck_assert_double_eq(moments_sum(&moments), 40);
    ck_assert_double_eq(moments_mean(&moments), 5);
    ASSERT_DIGITS(moments_stddev(&moments), 2.1380899352993950775, 15);
}
END_TEST

START_TEST(moments_of_nothing_are_undefined_but_for_their_sum)
{
    struct moments moments = {0};
    ck_assert_double_eq(moments_sum(&moments), 0);
    ck_assert_double_nan(moments_mean(&moments));
    ck_assert_double_nan(moments_stddev(&moments));
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_one_number_have_a_mean_and_no_spread)
{
    struct moments moments = MOMENTS(-7.25);
    ck_assert_double_eq(moments_mean(&moments), -7.25);
    ck_assert_double_eq(moments_sum(&moments), -7.25);
    ck_assert_double_nan(moments_stddev(&moments));
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_two_numbers_have_no_skewness)
{
    struct moments moments = MOMENTS(1, 2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.70710678118654752, 15);
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_equal_numbers_have_no_spread_at_all)
{
    struct moments moments = MOMENTS(0.1, 0.1, 0.1, 0.1, 0.1);
    ck_assert_double_eq(moments_mean(&moments), 0.1);
    ck_assert_double_eq(moments_stddev(&moments), 0);
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

/* ---- order and place ---- */

/* Wildly different sizes, so that a plain sum differs with each order. */
static const double MIXED[] = {1e16, 1,    -1e16, 3.14159, 1e-9, -2.5, 7e11,
                               0.1,  -0.3, 1e8,   42,      -1e3, 6e-5, 1e16};

START_TEST(moments_do_not_depend_on_the_order_of_the_numbers)
{
    size_t count = COUNT(MIXED);
    struct moments first = moments_of(MIXED, count);
    for (size_t turn = 1; turn < count; turn++) {
        double turned[COUNT(MIXED)];
        for (size_t i = 0; i < count; i++)
            turned[i] = MIXED[(turn % 2 == 0 ? turn + i : turn + count - i) % count];
        struct moments other = moments_of(turned, count);
        ck_assert_double_eq(moments_sum(&other), moments_sum(&first));
        ck_assert_double_eq(moments_mean(&other), moments_mean(&first));
        ck_assert_double_eq(moments_stddev(&other), moments_stddev(&first));
        ck_assert_double_eq(moments_skewness(&other), moments_skewness(&first));
    }
}
END_TEST

START_TEST(moments_spread_and_skewness_do_not_move_with_the_numbers)
{
    static const double SHIFTS[] = {1, 1e3, 1e6, 1e9, 1099511627776, -1e9};
    struct moments here = MOMENTS(1, 2, 4, 8, 16, 32);
    for (size_t i = 0; i < COUNT(SHIFTS); i++) {
        double s = SHIFTS[i];
        struct moments there = MOMENTS(s + 1, s + 2, s + 4, s + 8, s + 16, s + 32);
        ck_assert_double_eq(moments_stddev(&there), moments_stddev(&here));
        ck_assert_double_eq(moments_skewness(&there), moments_skewness(&here));
    }
}
END_TEST

START_TEST(moments_scale_with_the_numbers_over_the_whole_range_of_a_double)
{
    struct moments one = MOMENTS(1, 2, 4);
    for (int exponent = -1060; exponent <= 1020; exponent += 20) {
        struct moments other = MOMENTS(ldexp(1, exponent), ldexp(2, exponent), ldexp(4, exponent));
        ck_assert_double_eq(moments_sum(&other), ldexp(7, exponent));
        ck_assert_double_eq(moments_mean(&other), ldexp(moments_mean(&one), exponent));
        ck_assert_double_eq(moments_stddev(&other), ldexp(moments_stddev(&one), exponent));
        ck_assert_double_eq(moments_skewness(&other), moments_skewness(&one));
    }
}
END_TEST

START_TEST(moments_of_huge_numbers_do_not_overflow_on_the_way_in_any_order)
{
    struct moments moments = MOMENTS(1e308, -1e308, 0);
    ck_assert_double_eq(moments_sum(&moments), 0);
    ck_assert_double_eq(moments_mean(&moments), 0);
    ck_assert_double_eq(moments_stddev(&moments), 1e308);
    moments = MOMENTS(0, -1e308, 1e308);
    ck_assert_double_eq(moments_mean(&moments), 0);
    ck_assert_double_eq(moments_stddev(&moments), 1e308);
    moments = MOMENTS(DBL_MAX, DBL_MAX, DBL_MAX);
    ck_assert_double_eq(moments_mean(&moments), DBL_MAX);
}
END_TEST

START_TEST(moments_beyond_a_double_are_not_finite)
{
    struct moments moments = MOMENTS(1.7e308, 1.7e308);
    ck_assert(!isfinite(moments_sum(&moments)));
    ck_assert_double_eq(moments_mean(&moments), 1.7e308);
    moments = MOMENTS(DBL_MAX, -DBL_MAX);
    ck_assert(!isfinite(moments_stddev(&moments)));
    ck_assert_double_eq(moments_sum(&moments), 0);
}
END_TEST

START_TEST(moments_keep_small_numbers_beside_one_that_comes_late_and_large)
{
    struct moments moments = MOMENTS(1e-200, 3e-200, 0, 1e9, -1e9);
    ck_assert_double_eq(moments_mean(&moments), 8e-201);
    moments = MOMENTS(1, 2, 3, 1e15, -1e15);
    ck_assert_double_eq(moments_sum(&moments), 6);
    moments = MOMENTS(0, 0, 0, 0);
    ck_assert_double_eq(moments_stddev(&moments), 0);
}
END_TEST

START_TEST(moments_sum_a_million_tenths_to_the_last_digit)
{
    struct moments moments = {0};
    for (int i = 0; i < 1000000; i++)
        moments_add(&moments, 0.1);
    ck_assert_double_eq(moments_sum(&moments), 100000);
    ck_assert_double_eq(moments_mean(&moments), 0.1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_moments", moments_of_num_acc_1_are_the_certified_ones,
        moments_of_num_acc_2_are_the_certified_ones,
        moments_of_num_acc_3_are_exact_for_the_doubles_that_were_read,
        moments_of_num_acc_4_are_exact_for_the_doubles_that_were_read,
        moments_of_michelso_are_the_certified_ones, moments_of_mavro_are_the_certified_ones,
        moments_skewness_is_that_of_a_sample,
        moments_of_two_four_and_so_on_have_the_textbook_deviation,
        moments_of_nothing_are_undefined_but_for_their_sum,
        moments_of_one_number_have_a_mean_and_no_spread, moments_of_two_numbers_have_no_skewness,
        moments_of_equal_numbers_have_no_spread_at_all,
        moments_do_not_depend_on_the_order_of_the_numbers,
        moments_spread_and_skewness_do_not_move_with_the_numbers,
        moments_scale_with_the_numbers_over_the_whole_range_of_a_double,
        moments_of_huge_numbers_do_not_overflow_on_the_way_in_any_order,
        moments_beyond_a_double_are_not_finite,
        moments_keep_small_numbers_beside_one_that_comes_late_and_large,
        moments_sum_a_million_tenths_to_the_last_digit);
}
