#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wait.h"
#include "consumer/sketch.h"
#include "consumer/sort.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* ---- tally ---- */

static void add_text(struct sketch_tally *tally, const char *text)
{
    ck_assert(sketch_tally_add(tally, text, strlen(text)));
}

static void assert_entry(const struct sketch_tally *tally, size_t place, const char *bytes,
                         size_t length, uint64_t occurrences)
{
    size_t count = 0;
    const struct sketch_entry *entries = sketch_tally_entries(tally, &count);
    ck_assert_uint_lt(place, count);
    ck_assert_uint_eq(entries[place].length, length);
    ck_assert(length == 0 || memcmp(entries[place].bytes, bytes, length) == 0);
    ck_assert_uint_eq(entries[place].count, occurrences);
}

START_TEST(tally_counts_each_value_in_the_order_in_which_they_first_came)
{
    struct sketch_tally *tally = sketch_tally_create();
    static const char *const CELLS[] = {"b", "a", "b", "c", "a", "b"};
    for (size_t i = 0; i < COUNT(CELLS); i++)
        add_text(tally, CELLS[i]);
    ck_assert_uint_eq(sketch_tally_distinct(tally), 3);
    assert_entry(tally, 0, "b", 1, 3);
    assert_entry(tally, 1, "a", 1, 2);
    assert_entry(tally, 2, "c", 1, 1);
    ck_assert(sketch_tally_is_exact(tally));
    sketch_tally_free(tally);
}
END_TEST

START_TEST(tally_of_nothing_has_no_entries)
{
    size_t count = 1;
    struct sketch_tally *tally = sketch_tally_create();
    (void)sketch_tally_entries(tally, &count);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(sketch_tally_distinct(tally), 0);
    ck_assert(sketch_tally_is_exact(tally));
    sketch_tally_free(tally);
    sketch_tally_free(NULL);
}
END_TEST

START_TEST(tally_takes_the_empty_string_for_a_value)
{
    struct sketch_tally *tally = sketch_tally_create();
    ck_assert(sketch_tally_add(tally, "", 0));
    ck_assert(sketch_tally_add(tally, "x", 1));
    ck_assert(sketch_tally_add(tally, NULL, 0));
    ck_assert_uint_eq(sketch_tally_distinct(tally), 2);
    assert_entry(tally, 0, "", 0, 2);
    assert_entry(tally, 1, "x", 1, 1);
    sketch_tally_free(tally);
}
END_TEST

START_TEST(tally_tells_values_apart_behind_a_nul_byte)
{
    struct sketch_tally *tally = sketch_tally_create();
    for (int i = 0; i < 2; i++) {
        ck_assert(sketch_tally_add(tally, "a", 1));
        ck_assert(sketch_tally_add(tally, "a\0", 2));
        ck_assert(sketch_tally_add(tally, "a\0b", 3));
        ck_assert(sketch_tally_add(tally, "a\0c", 3));
        ck_assert(sketch_tally_add(tally, "\0", 1));
    }
    ck_assert_uint_eq(sketch_tally_distinct(tally), 5);
    assert_entry(tally, 1, "a\0", 2, 2);
    assert_entry(tally, 3, "a\0c", 3, 2);
    assert_entry(tally, 4, "\0", 1, 2);
    sketch_tally_free(tally);
}
END_TEST

/* The hash reads eight bytes at a time: lengths on either side of that, zero bytes at the end. */
START_TEST(tally_tells_values_apart_by_their_length_alone)
{
    static const char ZEROS[40];
    struct sketch_tally *tally = sketch_tally_create();
    for (size_t length = 0; length <= sizeof ZEROS; length++)
        ck_assert(sketch_tally_add(tally, ZEROS, length));
    ck_assert_uint_eq(sketch_tally_distinct(tally), sizeof ZEROS + 1);
    for (size_t length = 0; length <= sizeof ZEROS; length++)
        assert_entry(tally, length, ZEROS, length, 1);
    sketch_tally_free(tally);
}
END_TEST

START_TEST(tally_keeps_a_copy_of_what_it_is_given)
{
    char cell[] = "first";
    struct sketch_tally *tally = sketch_tally_create();
    add_text(tally, cell);
    cell[0] = 'F';
    add_text(tally, cell);
    assert_entry(tally, 0, "first", 5, 1);
    assert_entry(tally, 1, "First", 5, 1);
    sketch_tally_free(tally);
}
END_TEST

START_TEST(tally_counts_exactly_beyond_a_hundred_thousand_distinct_values)
{
    enum { DISTINCT = 150000 };
    char cell[32];
    size_t count = 0;
    struct sketch_tally *tally = sketch_tally_create();
    for (int i = 0; i < 2 * DISTINCT; i++) {
        int length = snprintf(cell, sizeof cell, "value %d", i % DISTINCT);
        if (!sketch_tally_add(tally, cell, (size_t)length))
            ck_abort_msg("no memory for value %d", i);
    }
    const struct sketch_entry *entries = sketch_tally_entries(tally, &count);
    ck_assert_uint_eq(count, DISTINCT);
    ck_assert_uint_eq(sketch_tally_distinct(tally), DISTINCT);
    for (int i = 0; i < DISTINCT; i++) {
        int length = snprintf(cell, sizeof cell, "value %d", i);
        if (entries[i].count != 2 || entries[i].length != (size_t)length ||
            memcmp(entries[i].bytes, cell, (size_t)length) != 0)
            ck_abort_msg("not value %d: %.*s", i, (int)entries[i].length, entries[i].bytes);
    }
    ck_assert(sketch_tally_is_exact(tally));
    sketch_tally_free(tally);
}
END_TEST

START_TEST(tally_keeps_values_of_every_length_one_behind_the_other)
{
    static const size_t LENGTHS[] = {1, 65535, 65536, 65537, 1048576, 2, 40000, 40000};
    char *bytes = calloc(1, 1048576);
    struct sketch_tally *tally = sketch_tally_create();
    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        bytes[0] = (char)('a' + i);
        ck_assert(sketch_tally_add(tally, bytes, LENGTHS[i]));
    }
    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        bytes[0] = (char)('a' + i);
        assert_entry(tally, i, bytes, LENGTHS[i], 1);
    }
    sketch_tally_free(tally);
    free(bytes);
}
END_TEST

/* ---- quantiles ---- */

static struct sketch_quantiles *unsettled(const double *numbers, size_t count)
{
    struct sketch_quantiles *quantiles = sketch_quantiles_create();
    ck_assert_ptr_nonnull(quantiles);
    for (size_t i = 0; i < count; i++)
        ck_assert(sketch_quantiles_add(quantiles, numbers[i]));
    return quantiles;
}

static struct sketch_quantiles *settled(const double *numbers, size_t count)
{
    struct sketch_quantiles *quantiles = unsettled(numbers, count);
    ck_assert(sketch_quantiles_settle(quantiles));
    return quantiles;
}

#define QUANTILES(...) \
    settled((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void assert_at(const struct sketch_quantiles *quantiles, double p, double expected)
{
    double computed = sketch_quantiles_at(quantiles, p);
    ck_assert_msg(fabs(computed - expected) <= 4 * DBL_EPSILON * fabs(expected),
                  "%.17g at %g, not %.17g", computed, p, expected);
}

/* quantile(1:10, p) */
START_TEST(quantiles_of_one_to_ten_are_those_of_type_7)
{
    struct sketch_quantiles *quantiles = QUANTILES(10, 1, 9, 2, 8, 3, 7, 4, 6, 5);
    assert_at(quantiles, 0, 1);
    assert_at(quantiles, 0.01, 1.09);
    assert_at(quantiles, 0.05, 1.45);
    assert_at(quantiles, 0.1, 1.9);
    assert_at(quantiles, 0.25, 3.25);
    assert_at(quantiles, 0.5, 5.5);
    assert_at(quantiles, 0.75, 7.75);
    assert_at(quantiles, 0.95, 9.55);
    assert_at(quantiles, 0.99, 9.91);
    assert_at(quantiles, 1, 10);
    sketch_quantiles_free(quantiles);
}
END_TEST

/* quantile(mtcars$mpg): 10.400 15.425 19.200 22.800 33.900; 90%: 30.09 */
START_TEST(quantiles_of_the_mileages_in_mtcars_are_those_that_r_prints)
{
    struct sketch_quantiles *quantiles =
        QUANTILES(21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3,
                  15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3,
                  26.0, 30.4, 15.8, 19.7, 15.0, 21.4);
    assert_at(quantiles, 0, 10.4);
    assert_at(quantiles, 0.25, 15.425);
    assert_at(quantiles, 0.5, 19.2);
    assert_at(quantiles, 0.75, 22.8);
    assert_at(quantiles, 0.9, 30.09);
    assert_at(quantiles, 1, 33.9);
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_of_an_even_and_an_odd_number_have_the_textbook_median)
{
    struct sketch_quantiles *even = QUANTILES(4, 1, 3, 2);
    struct sketch_quantiles *odd = QUANTILES(3, 1, 2);
    ck_assert_double_eq(sketch_quantiles_at(even, 0.5), 2.5);
    ck_assert_double_eq(sketch_quantiles_at(even, 0.25), 1.75);
    ck_assert_double_eq(sketch_quantiles_at(odd, 0.5), 2);
    ck_assert_double_eq(sketch_quantiles_at(odd, 0.25), 1.5);
    sketch_quantiles_free(even);
    sketch_quantiles_free(odd);
}
END_TEST

START_TEST(quantiles_of_nothing_are_undefined)
{
    struct sketch_quantiles *quantiles = settled(NULL, 0);
    ck_assert_double_nan(sketch_quantiles_at(quantiles, 0));
    ck_assert_double_nan(sketch_quantiles_at(quantiles, 0.5));
    ck_assert_double_nan(sketch_quantiles_at(quantiles, 1));
    sketch_quantiles_free(quantiles);
    sketch_quantiles_free(NULL);
}
END_TEST

START_TEST(quantiles_of_one_number_are_that_number)
{
    struct sketch_quantiles *quantiles = QUANTILES(-7.25);
    for (int percent = 0; percent <= 100; percent++)
        ck_assert_double_eq(sketch_quantiles_at(quantiles, percent / 100.0), -7.25);
    sketch_quantiles_free(quantiles);
}
END_TEST

/* a * 0.3 + a * 0.7 is not always a. */
START_TEST(quantiles_between_equal_numbers_are_that_very_number)
{
    struct sketch_quantiles *quantiles = QUANTILES(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1);
    for (int percent = 0; percent <= 100; percent++)
        ck_assert_double_eq(sketch_quantiles_at(quantiles, percent / 100.0), 0.1);
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_between_the_largest_numbers_of_either_sign_do_not_overflow)
{
    struct sketch_quantiles *quantiles = QUANTILES(DBL_MAX, -DBL_MAX);
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 0), -DBL_MAX);
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 0.5), 0);
    assert_at(quantiles, 0.75, DBL_MAX / 2);
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 1), DBL_MAX);
    sketch_quantiles_free(quantiles);
}
END_TEST

/* 0 .. count - 1, shuffled by a step that has no divisor in common with a prime count. */
static struct sketch_quantiles *shuffled(size_t count)
{
    struct sketch_quantiles *quantiles = sketch_quantiles_create();
    for (size_t i = 0; i < count; i++)
        if (!sketch_quantiles_add(quantiles, (double)(i * 7919 % count)))
            ck_abort_msg("no memory for number %zu", i);
    return quantiles;
}

/* Some runs are sorted and merged; see sort.h. */
START_TEST(quantiles_of_very_many_numbers_in_disorder_are_exact)
{
    size_t count = 104729;
    struct sketch_quantiles *quantiles = shuffled(count);
    ck_assert_uint_gt(count, 3 * SORT_RUN);
    ck_assert(sketch_quantiles_settle(quantiles));
    for (int percent = 0; percent <= 100; percent++)
        assert_at(quantiles, percent / 100.0, percent / 100.0 * (double)(count - 1));
    ck_assert_double_eq(sketch_quantiles_rank_error(quantiles), 0);
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_may_be_added_to_and_settled_again)
{
    struct sketch_quantiles *quantiles = QUANTILES(1, 3);
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 0.5), 2);
    ck_assert(sketch_quantiles_add(quantiles, -5));
    ck_assert(sketch_quantiles_settle(quantiles));
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 0), -5);
    ck_assert_double_eq(sketch_quantiles_at(quantiles, 0.5), 1);
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_do_not_settle_once_the_program_shall_end)
{
    struct sketch_quantiles *quantiles = shuffled(104729);
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(!sketch_quantiles_settle(quantiles));
    sketch_quantiles_free(quantiles);
}
END_TEST

/* ---- histogram ---- */

static void assert_histogram(const struct sketch_quantiles *quantiles, const double *edges,
                             size_t bins, const uint64_t *expected)
{
    uint64_t counts[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    ck_assert_uint_le(bins, COUNT(counts));
    sketch_quantiles_histogram(quantiles, edges, bins, counts);
    for (size_t i = 0; i < bins; i++)
        ck_assert_msg(counts[i] == expected[i], "interval %zu holds %lu, not %lu", i,
                      (unsigned long)counts[i], (unsigned long)expected[i]);
}

START_TEST(histogram_counts_a_number_on_an_edge_above_it_and_the_last_edge_below)
{
    struct sketch_quantiles *quantiles = QUANTILES(3, 0, 1, 2, 0.5, 1, 3, 2.5);
    assert_histogram(quantiles, (double[]){0, 1, 2, 3}, 3, (uint64_t[]){2, 2, 4});
    assert_histogram(quantiles, (double[]){0, 3}, 1, (uint64_t[]){8});
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(histogram_tells_an_edge_from_the_number_just_below_it)
{
    struct sketch_quantiles *quantiles = QUANTILES(0, nextafter(1, 0), 1, nextafter(1, 2), 2);
    assert_histogram(quantiles, (double[]){0, 1, 2}, 2, (uint64_t[]){2, 3});
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(histogram_leaves_intervals_without_a_number_empty)
{
    struct sketch_quantiles *quantiles = QUANTILES(0, 100, 100, 99.9);
    assert_histogram(quantiles, (double[]){0, 25, 50, 75, 100}, 4, (uint64_t[]){1, 0, 0, 3});
    sketch_quantiles_free(quantiles);
}
END_TEST

START_TEST(histogram_of_nothing_is_all_zero)
{
    struct sketch_quantiles *quantiles = settled(NULL, 0);
    assert_histogram(quantiles, (double[]){0, 1, 2}, 2, (uint64_t[]){0, 0});
    sketch_quantiles_free(quantiles);
}
END_TEST

/* Extremes that are a few roundings apart leave intervals without any width. */
START_TEST(histogram_counts_every_number_once_where_edges_coincide)
{
    struct sketch_quantiles *quantiles = QUANTILES(5, 5, 6, 6, 6);
    assert_histogram(quantiles, (double[]){5, 5, 6, 6}, 3, (uint64_t[]){0, 2, 3});
    sketch_quantiles_free(quantiles);
    quantiles = QUANTILES(5, 5, 5);
    assert_histogram(quantiles, (double[]){5, 5}, 1, (uint64_t[]){3});
    sketch_quantiles_free(quantiles);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_sketch", tally_counts_each_value_in_the_order_in_which_they_first_came,
        tally_of_nothing_has_no_entries, tally_takes_the_empty_string_for_a_value,
        tally_tells_values_apart_behind_a_nul_byte, tally_tells_values_apart_by_their_length_alone,
        tally_keeps_a_copy_of_what_it_is_given,
        tally_counts_exactly_beyond_a_hundred_thousand_distinct_values,
        tally_keeps_values_of_every_length_one_behind_the_other,
        quantiles_of_one_to_ten_are_those_of_type_7,
        quantiles_of_the_mileages_in_mtcars_are_those_that_r_prints,
        quantiles_of_an_even_and_an_odd_number_have_the_textbook_median,
        quantiles_of_nothing_are_undefined, quantiles_of_one_number_are_that_number,
        quantiles_between_equal_numbers_are_that_very_number,
        quantiles_between_the_largest_numbers_of_either_sign_do_not_overflow,
        quantiles_of_very_many_numbers_in_disorder_are_exact,
        quantiles_may_be_added_to_and_settled_again,
        quantiles_do_not_settle_once_the_program_shall_end,
        histogram_counts_a_number_on_an_edge_above_it_and_the_last_edge_below,
        histogram_tells_an_edge_from_the_number_just_below_it,
        histogram_leaves_intervals_without_a_number_empty, histogram_of_nothing_is_all_zero,
        histogram_counts_every_number_once_where_edges_coincide);
}
