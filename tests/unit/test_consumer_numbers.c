#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "consumer/profile/numbers.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct numbers numbers_of(const double *finite, size_t count)
{
    struct numbers numbers = {.zeros = 0};
    numbers_add(&numbers, finite, count);
    return numbers;
}

#define NUMBERS(...)                          \
    numbers_of((const double[]){__VA_ARGS__}, \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static struct numbers integers_of(const int64_t *integers, size_t count)
{
    struct numbers numbers = {.zeros = 0};
    numbers_add_integers(&numbers, integers, count);
    return numbers;
}

#define INTEGERS(...)                           \
    integers_of((const int64_t[]){__VA_ARGS__}, \
                sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static bool is_sum(const struct numbers *numbers, number_int128 expected)
{
    return numbers->integer_sum == expected;
}

/* ---- one column ---- */

START_TEST(numbers_of_none_are_all_zero)
{
    struct numbers numbers = {.zeros = 0};
    numbers_add(&numbers, NULL, 0);
    numbers_add_integers(&numbers, NULL, 0);
    ck_assert_uint_eq(numbers.moments.count, 0);
    ck_assert_uint_eq(numbers.zeros, 0);
    ck_assert_uint_eq(numbers.negatives, 0);
    ck_assert_uint_eq(numbers.integer_count, 0);
    ck_assert(is_sum(&numbers, 0));
}
END_TEST

START_TEST(numbers_have_their_extremes_on_either_side_of_zero)
{
    struct numbers numbers = NUMBERS(3, 1.5, 8);
    ck_assert_double_eq(numbers.min, 1.5);
    ck_assert_double_eq(numbers.max, 8);
    numbers = NUMBERS(-3, -1.5, -8);
    ck_assert_double_eq(numbers.min, -8);
    ck_assert_double_eq(numbers.max, -1.5);
    numbers = NUMBERS(-DBL_MAX, DBL_TRUE_MIN, DBL_MAX);
    ck_assert_double_eq(numbers.min, -DBL_MAX);
    ck_assert_double_eq(numbers.max, DBL_MAX);
    numbers = NUMBERS(0);
    ck_assert_double_eq(numbers.min, 0);
    ck_assert_double_eq(numbers.max, 0);
}
END_TEST

START_TEST(numbers_keep_extremes_of_what_came_before)
{
    struct numbers numbers = NUMBERS(5, 7);
    numbers_add(&numbers, (const double[]){6}, 1);
    ck_assert_double_eq(numbers.min, 5);
    ck_assert_double_eq(numbers.max, 7);
    numbers_add(&numbers, (const double[]){-1, 9}, 2);
    ck_assert_double_eq(numbers.min, -1);
    ck_assert_double_eq(numbers.max, 9);
}
END_TEST

START_TEST(numbers_count_zeros_and_negatives)
{
    struct numbers numbers = NUMBERS(0, -1, 2, -DBL_TRUE_MIN, 0, DBL_TRUE_MIN, -DBL_MAX);
    ck_assert_uint_eq(numbers.zeros, 2);
    ck_assert_uint_eq(numbers.negatives, 3);
    ck_assert_uint_eq(numbers.nonfinite, 0);
    numbers_add(&numbers, (const double[]){0, -7}, 2);
    ck_assert_uint_eq(numbers.zeros, 3);
    ck_assert_uint_eq(numbers.negatives, 4);
}
END_TEST

START_TEST(numbers_have_the_moments_of_all_of_them)
{
    struct numbers numbers = NUMBERS(1, 2);
    numbers_add(&numbers, (const double[]){3, 4}, 2);
    ck_assert_uint_eq(numbers.moments.count, 4);
    ck_assert_double_eq(moments_sum(&numbers.moments), 10);
    ck_assert_double_eq(moments_mean(&numbers.moments), 2.5);
    ck_assert_double_eq_tol(moments_stddev(&numbers.moments), sqrt(5.0 / 3), DBL_EPSILON);
}
END_TEST

START_TEST(numbers_have_an_integer_sum_beyond_64_bits)
{
    struct numbers numbers = INTEGERS(INT64_MAX, INT64_MAX, 5, INT64_MAX);
    ck_assert_uint_eq(numbers.integer_count, 4);
    ck_assert(is_sum(&numbers, 3 * (number_int128)INT64_MAX + 5));
    numbers = INTEGERS(INT64_MIN, INT64_MIN, -5, INT64_MIN);
    ck_assert(is_sum(&numbers, 3 * (number_int128)INT64_MIN - 5));
    numbers_add_integers(&numbers, (const int64_t[]){INT64_MAX, 7}, 2);
    ck_assert(is_sum(&numbers, 3 * (number_int128)INT64_MIN + 2 + INT64_MAX));
    ck_assert_uint_eq(numbers.integer_count, 6);
}
END_TEST

/* Neighbours that are one double. */
START_TEST(numbers_have_integer_extremes_beyond_2_to_53)
{
    struct numbers numbers = INTEGERS(9007199254740993, 9007199254740992);
    ck_assert_int_eq(numbers.integer_min, 9007199254740992);
    ck_assert_int_eq(numbers.integer_max, 9007199254740993);
    numbers = INTEGERS(-3, -9, -5);
    ck_assert_int_eq(numbers.integer_min, -9);
    ck_assert_int_eq(numbers.integer_max, -3);
    numbers_add_integers(&numbers, (const int64_t[]){-4}, 1);
    ck_assert_int_eq(numbers.integer_min, -9);
    ck_assert_int_eq(numbers.integer_max, -3);
}
END_TEST

/* ---- two into one ---- */

static void assert_same(const struct numbers *a, const struct numbers *b)
{
    ck_assert_double_eq(a->min, b->min);
    ck_assert_double_eq(a->max, b->max);
    ck_assert_uint_eq(a->zeros, b->zeros);
    ck_assert_uint_eq(a->negatives, b->negatives);
    ck_assert_uint_eq(a->nonfinite, b->nonfinite);
    ck_assert_uint_eq(a->integer_count, b->integer_count);
    ck_assert_int_eq(a->integer_min, b->integer_min);
    ck_assert_int_eq(a->integer_max, b->integer_max);
    ck_assert(a->integer_sum == b->integer_sum);
}

static void assert_same_moments(const struct moments *a, const struct moments *b)
{
    ck_assert_uint_eq(a->count, b->count);
    if (a->count == 0)
        return;
    ck_assert_double_eq_tol(moments_sum(a), moments_sum(b), 1e-12);
    ck_assert_double_eq_tol(moments_mean(a), moments_mean(b), 1e-14);
    if (a->count > 2)
        ck_assert_double_eq_tol(moments_stddev(a), moments_stddev(b), 1e-14);
}

#define VALUES 60u

/* The numbers `from` to `to` - 1 of some that lie around 0, each an integer as well. */
static void add_some(struct numbers *numbers, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint64_t state = i;
        int64_t integer = (int64_t)chance_below(&state, 11) - 5;
        numbers_add(numbers, &(double){(double)integer}, 1);
        numbers_add_integers(numbers, &integer, 1);
        numbers->nonfinite += i % 7 == 0 ? 1 : 0;
    }
}

/* Merges the first `cut` with the others, and what nothing is before and behind it. */
static void make_merged(size_t cut, struct numbers *merged, struct numbers *whole)
{
    const struct numbers nothing = {.zeros = 0};
    struct numbers behind = {.zeros = 0};
    *merged = *whole = nothing;
    add_some(merged, 0, cut);
    add_some(&behind, cut, VALUES);
    add_some(whole, 0, VALUES);
    numbers_merge(merged, &nothing);
    numbers_merge(merged, &behind);
    numbers_merge(merged, &nothing);
}

START_TEST(numbers_of_two_parts_are_those_of_the_whole)
{
    for (size_t cut = 0; cut <= VALUES; cut++) {
        struct numbers merged;
        struct numbers whole;
        make_merged(cut, &merged, &whole);
        assert_same(&merged, &whole);
    }
}
END_TEST

START_TEST(numbers_of_two_parts_have_the_moments_of_the_whole)
{
    for (size_t cut = 0; cut <= VALUES; cut++) {
        struct numbers merged;
        struct numbers whole;
        make_merged(cut, &merged, &whole);
        assert_same_moments(&merged.moments, &whole.moments);
    }
}
END_TEST

/* A part without numbers must not bring its zeros in as an extreme. */
START_TEST(numbers_merged_with_none_keep_their_extremes)
{
    struct numbers none = {.zeros = 0};
    struct numbers numbers = NUMBERS(5, 7);
    numbers_add_integers(&numbers, (const int64_t[]){5, 7}, 2);
    numbers_merge(&numbers, &none);
    ck_assert_double_eq(numbers.min, 5);
    ck_assert_int_eq(numbers.integer_min, 5);
    numbers_merge(&none, &numbers);
    ck_assert_double_eq(none.min, 5);
    ck_assert_double_eq(none.max, 7);
    ck_assert_int_eq(none.integer_min, 5);
    ck_assert_int_eq(none.integer_max, 7);
}
END_TEST

START_TEST(numbers_that_are_merged_are_not_changed)
{
    struct numbers into = NUMBERS(1, 2);
    const struct numbers from = NUMBERS(-3, 0);
    struct numbers before = from;
    numbers_merge(&into, &from);
    assert_same(&from, &before);
    assert_same_moments(&from.moments, &before.moments);
}
END_TEST

START_TEST(numbers_are_the_same_however_they_are_cut_into_blocks)
{
    double finite[VALUES];
    int64_t integers[VALUES];
    uint64_t state = 1;
    for (size_t i = 0; i < VALUES; i++) {
        integers[i] = (int64_t)chance_below(&state, 1001) - 500;
        finite[i] = (double)integers[i];
    }
    struct numbers whole = numbers_of(finite, VALUES);
    numbers_add_integers(&whole, integers, VALUES);
    for (size_t step = 1; step < VALUES; step++) {
        struct numbers cut = {.zeros = 0};
        for (size_t at = 0; at < VALUES; at += step) {
            size_t count = step < VALUES - at ? step : VALUES - at;
            numbers_add(&cut, finite + at, count);
            numbers_add_integers(&cut, integers + at, count);
        }
        assert_same(&cut, &whole);
        assert_same_moments(&cut.moments, &whole.moments);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_numbers", numbers_of_none_are_all_zero,
        numbers_have_their_extremes_on_either_side_of_zero,
        numbers_keep_extremes_of_what_came_before, numbers_count_zeros_and_negatives,
        numbers_have_the_moments_of_all_of_them, numbers_have_an_integer_sum_beyond_64_bits,
        numbers_have_integer_extremes_beyond_2_to_53, numbers_of_two_parts_are_those_of_the_whole,
        numbers_of_two_parts_have_the_moments_of_the_whole,
        numbers_merged_with_none_keep_their_extremes, numbers_that_are_merged_are_not_changed,
        numbers_are_the_same_however_they_are_cut_into_blocks);
}
