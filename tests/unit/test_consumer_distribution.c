#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "consumer/profile/distribution.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define POINTS_MAX 64u

/* Of numbers that are in order, each with its weight. */
static struct distribution of_points(struct distribution_point *points, size_t count)
{
    struct distribution spread = {.points = points, .count = count};
    for (size_t i = 0; i < count; i++)
        spread.weight += points[i].weight;
    return spread;
}

/* Of numbers that are in order, each once; good until the next call. */
static struct distribution of_numbers(const double *numbers, size_t count)
{
    static struct distribution_point points[POINTS_MAX];
    ck_assert_uint_le(count, POINTS_MAX);
    for (size_t i = 0; i < count; i++)
        points[i] = (struct distribution_point){.number = numbers[i], .weight = 1};
    return of_points(points, count);
}

#define NUMBERS(...)                          \
    of_numbers((const double[]){__VA_ARGS__}, \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* ---- quantiles ---- */

static void assert_at(const struct distribution *spread, double p, double expected)
{
    double computed = distribution_quantile(spread, p);
    ck_assert_msg(fabs(computed - expected) <= 4 * DBL_EPSILON * fabs(expected),
                  "%.17g at %g, not %.17g", computed, p, expected);
}

/* quantile(1:10, p) */
START_TEST(distribution_of_one_to_ten_has_the_quantiles_of_type_7)
{
    struct distribution spread = NUMBERS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assert_at(&spread, 0, 1);
    assert_at(&spread, 0.01, 1.09);
    assert_at(&spread, 0.05, 1.45);
    assert_at(&spread, 0.1, 1.9);
    assert_at(&spread, 0.25, 3.25);
    assert_at(&spread, 0.5, 5.5);
    assert_at(&spread, 0.75, 7.75);
    assert_at(&spread, 0.95, 9.55);
    assert_at(&spread, 0.99, 9.91);
    assert_at(&spread, 1, 10);
}
END_TEST

/* quantile(mtcars$mpg): 10.400 15.425 19.200 22.800 33.900; 90%: 30.09 */
START_TEST(distribution_of_the_mileages_in_mtcars_has_the_quantiles_that_r_prints)
{
    struct distribution spread =
        NUMBERS(10.4, 10.4, 13.3, 14.3, 14.7, 15.0, 15.2, 15.2, 15.5, 15.8, 16.4, 17.3, 17.8, 18.1,
                18.7, 19.2, 19.2, 19.7, 21.0, 21.0, 21.4, 21.4, 21.5, 22.8, 22.8, 24.4, 26.0, 27.3,
                30.4, 30.4, 32.4, 33.9);
    assert_at(&spread, 0, 10.4);
    assert_at(&spread, 0.25, 15.425);
    assert_at(&spread, 0.5, 19.2);
    assert_at(&spread, 0.75, 22.8);
    assert_at(&spread, 0.9, 30.09);
    assert_at(&spread, 1, 33.9);
}
END_TEST

START_TEST(distribution_of_an_even_and_an_odd_number_has_the_textbook_median)
{
    struct distribution even = NUMBERS(1, 2, 3, 4);
    ck_assert_double_eq(distribution_quantile(&even, 0.5), 2.5);
    ck_assert_double_eq(distribution_quantile(&even, 0.25), 1.75);
    struct distribution odd = NUMBERS(1, 2, 3);
    ck_assert_double_eq(distribution_quantile(&odd, 0.5), 2);
    ck_assert_double_eq(distribution_quantile(&odd, 0.25), 1.5);
}
END_TEST

START_TEST(distribution_of_nothing_has_no_quantiles)
{
    const struct distribution spread = {.points = NULL};
    ck_assert_double_nan(distribution_quantile(&spread, 0));
    ck_assert_double_nan(distribution_quantile(&spread, 0.5));
    ck_assert_double_nan(distribution_quantile(&spread, 1));
}
END_TEST

START_TEST(distribution_of_one_number_has_that_number_everywhere)
{
    struct distribution spread = NUMBERS(-7.25);
    for (int percent = 0; percent <= 100; percent++)
        ck_assert_double_eq(distribution_quantile(&spread, percent / 100.0), -7.25);
}
END_TEST

/* a * 0.3 + a * 0.7 is not always a. */
START_TEST(distribution_has_that_very_number_between_equal_ones)
{
    struct distribution spread = NUMBERS(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1);
    for (int percent = 0; percent <= 100; percent++)
        ck_assert_double_eq(distribution_quantile(&spread, percent / 100.0), 0.1);
}
END_TEST

START_TEST(distribution_does_not_overflow_between_the_largest_numbers_of_either_sign)
{
    struct distribution spread = NUMBERS(-DBL_MAX, DBL_MAX);
    ck_assert_double_eq(distribution_quantile(&spread, 0), -DBL_MAX);
    ck_assert_double_eq(distribution_quantile(&spread, 0.5), 0);
    assert_at(&spread, 0.75, DBL_MAX / 2);
    ck_assert_double_eq(distribution_quantile(&spread, 1), DBL_MAX);
}
END_TEST

START_TEST(distribution_goes_from_one_weighted_number_to_the_next_in_one_place)
{
    struct distribution_point points[] = {{10, 3}, {20, 1}, {40, 2}};
    struct distribution spread = of_points(points, COUNT(points));
    assert_at(&spread, 0, 10);
    assert_at(&spread, 0.4, 10);
    assert_at(&spread, 0.5, 15);
    assert_at(&spread, 0.6, 20);
    assert_at(&spread, 0.7, 30);
    assert_at(&spread, 0.8, 40);
    assert_at(&spread, 1, 40);
}
END_TEST

/* Both of one set of numbers: weighted, and each as often as its weight. */
struct pair {
    struct distribution_point weighted[POINTS_MAX / 4], repeated[POINTS_MAX];
    struct distribution of_weighted, of_repeated;
};

static void make_pair(struct pair *pair, uint64_t *state)
{
    size_t count = 1 + chance_below(state, COUNT(pair->weighted));
    size_t total = 0;
    double number = -5;
    for (size_t i = 0; i < count; i++) {
        number += chance_share(state);
        size_t weight = 1 + chance_below(state, 4);
        pair->weighted[i] = (struct distribution_point){.number = number, .weight = weight};
        for (size_t j = 0; j < weight; j++)
            pair->repeated[total++] = (struct distribution_point){.number = number, .weight = 1};
    }
    pair->of_weighted = of_points(pair->weighted, count);
    pair->of_repeated = of_points(pair->repeated, total);
}

START_TEST(distribution_of_weighted_numbers_has_the_quantiles_of_repeated_ones)
{
    uint64_t state = 1;
    for (int i = 0; i < 500; i++) {
        struct pair pair;
        make_pair(&pair, &state);
        for (int permille = 0; permille <= 1000; permille += 5) {
            double p = permille / 1000.0;
            double weighted = distribution_quantile(&pair.of_weighted, p);
            double repeated = distribution_quantile(&pair.of_repeated, p);
            if (weighted != repeated)
                ck_abort_msg("%.17g at %g, not %.17g", weighted, p, repeated);
        }
    }
}
END_TEST

/* A weight for each of 2^50 bytes, as many as a file may have. */
START_TEST(distribution_finds_its_way_in_weights_that_are_very_large)
{
    const uint64_t half = UINT64_C(1) << 49;
    struct distribution_point points[] = {{1, half}, {2, 1}, {3, half}};
    struct distribution spread = of_points(points, COUNT(points));
    ck_assert_double_eq(distribution_quantile(&spread, 0), 1);
    ck_assert_double_eq(distribution_quantile(&spread, 0.49999), 1);
    ck_assert_double_eq(distribution_quantile(&spread, 0.5), 2);
    ck_assert_double_eq(distribution_quantile(&spread, 0.50001), 3);
    ck_assert_double_eq(distribution_quantile(&spread, 1), 3);
}
END_TEST

/* ---- histogram ---- */

static void assert_histogram(const struct distribution *spread, const double *edges, size_t bins,
                             const uint64_t *expected)
{
    uint64_t counts[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    ck_assert_uint_lt(bins, COUNT(counts));
    distribution_histogram(spread, edges, bins, counts);
    for (size_t i = 0; i < bins; i++)
        ck_assert_msg(counts[i] == expected[i], "interval %zu holds %lu, not %lu", i,
                      (unsigned long)counts[i], (unsigned long)expected[i]);
    ck_assert_uint_eq(counts[bins], 9);
}

START_TEST(histogram_counts_a_number_on_an_edge_above_it_and_the_last_edge_below)
{
    struct distribution spread = NUMBERS(0, 0.5, 1, 1, 2, 2.5, 3, 3);
    assert_histogram(&spread, (double[]){0, 1, 2, 3}, 3, (uint64_t[]){2, 2, 4});
    assert_histogram(&spread, (double[]){0, 3}, 1, (uint64_t[]){8});
}
END_TEST

START_TEST(histogram_tells_an_edge_from_the_number_just_below_it)
{
    struct distribution spread = NUMBERS(0, nextafter(1, 0), 1, nextafter(1, 2), 2);
    assert_histogram(&spread, (double[]){0, 1, 2}, 2, (uint64_t[]){2, 3});
}
END_TEST

START_TEST(histogram_leaves_intervals_without_a_number_empty)
{
    struct distribution spread = NUMBERS(0, 99.9, 100, 100);
    assert_histogram(&spread, (double[]){0, 25, 50, 75, 100}, 4, (uint64_t[]){1, 0, 0, 3});
}
END_TEST

START_TEST(histogram_of_nothing_is_all_zero)
{
    const struct distribution spread = {.points = NULL};
    assert_histogram(&spread, (double[]){0, 1, 2}, 2, (uint64_t[]){0, 0});
}
END_TEST

/* Extremes that are a few roundings apart leave intervals without any width. */
START_TEST(histogram_counts_every_number_once_where_edges_coincide)
{
    struct distribution spread = NUMBERS(5, 5, 6, 6, 6);
    assert_histogram(&spread, (double[]){5, 5, 6, 6}, 3, (uint64_t[]){0, 2, 3});
    spread = NUMBERS(5, 5, 5);
    assert_histogram(&spread, (double[]){5, 5}, 1, (uint64_t[]){3});
}
END_TEST

START_TEST(histogram_counts_numbers_beyond_its_ends_beside_them)
{
    struct distribution spread = NUMBERS(-1e300, -1, 0.5, 1.5, 2.5, 1e300);
    assert_histogram(&spread, (double[]){0, 1, 2}, 2, (uint64_t[]){3, 3});
}
END_TEST

START_TEST(histogram_counts_a_number_as_often_as_it_came)
{
    struct distribution_point points[] = {{0, 3}, {0.5, UINT64_C(1) << 40}, {1, 2}, {2, 7}};
    struct distribution spread = of_points(points, COUNT(points));
    assert_histogram(&spread, (double[]){0, 1, 2}, 2, (uint64_t[]){3 + (UINT64_C(1) << 40), 2 + 7});
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_distribution", distribution_of_one_to_ten_has_the_quantiles_of_type_7,
        distribution_of_the_mileages_in_mtcars_has_the_quantiles_that_r_prints,
        distribution_of_an_even_and_an_odd_number_has_the_textbook_median,
        distribution_of_nothing_has_no_quantiles,
        distribution_of_one_number_has_that_number_everywhere,
        distribution_has_that_very_number_between_equal_ones,
        distribution_does_not_overflow_between_the_largest_numbers_of_either_sign,
        distribution_goes_from_one_weighted_number_to_the_next_in_one_place,
        distribution_of_weighted_numbers_has_the_quantiles_of_repeated_ones,
        distribution_finds_its_way_in_weights_that_are_very_large,
        histogram_counts_a_number_on_an_edge_above_it_and_the_last_edge_below,
        histogram_tells_an_edge_from_the_number_just_below_it,
        histogram_leaves_intervals_without_a_number_empty, histogram_of_nothing_is_all_zero,
        histogram_counts_every_number_once_where_edges_coincide,
        histogram_counts_numbers_beyond_its_ends_beside_them,
        histogram_counts_a_number_as_often_as_it_came);
}
