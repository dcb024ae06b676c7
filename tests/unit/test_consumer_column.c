#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "consumer/profile/column.h"
#include "consumer/profile/column_finish.h"
#include "consumer/profile/quantiles.h"
#include "tests/unit/support.h"

static struct column *column_named(const char *name)
{
    struct column *column = column_create(name, strlen(name), 1);
    ck_assert_ptr_nonnull(column);
    return column;
}

/* As long as the test runs, which is a process. */
static struct column_scratch *scratch(void)
{
    static const struct missing none;
    static struct column_scratch *made;
    if (made == NULL)
        made = column_scratch_create(&none);
    ck_assert_ptr_nonnull(made);
    return made;
}

static void add(struct column *column, const char *text)
{
    const struct csv_cell cell = {.bytes = text, .length = strlen(text)};
    if (!column_add(column, &cell, 1, scratch()))
        ck_abort_msg("no memory for %s", text);
}

static struct column_result finish(struct column *column)
{
    struct column_result result;
    ck_assert(column_finish(column, &result));
    column_free(column);
    return result;
}

/* The result of a column of these cells. */
static struct column_result profile_of(const char *const *cells, size_t count)
{
    struct column *column = column_named("name");
    for (size_t i = 0; i < count; i++)
        add(column, cells[i]);
    return finish(column);
}

#define COLUMN(...)                                \
    profile_of((const char *const[]){__VA_ARGS__}, \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void assert_text(const struct column_scalar *scalar, const char *expected)
{
    ck_assert_int_eq(scalar->kind, SCALAR_TEXT);
    ck_assert_uint_eq(scalar->length, strlen(expected));
    ck_assert_mem_eq(scalar->text, expected, scalar->length);
}

static void assert_integer(const struct column_scalar *scalar, const char *expected)
{
    char digits[NUMBER_INTEGER_SIZE];
    ck_assert_int_eq(scalar->kind, SCALAR_INTEGER);
    number_format_int128(digits, scalar->integer);
    ck_assert_str_eq(digits, expected);
}

static void assert_double(const struct column_scalar *scalar, double expected)
{
    ck_assert_int_eq(scalar->kind, SCALAR_DOUBLE);
    ck_assert_double_eq(scalar->number, expected);
}

/* Of numbers, booleans and texts alike: what a value is shown as. */
static void assert_top(const struct column_result *result, size_t place, const char *expected,
                       uint64_t count)
{
    char digits[NUMBER_INTEGER_SIZE];
    ck_assert_uint_lt(place, result->top_count);
    const struct column_top *top = &result->top[place];
    ck_assert_uint_eq(top->count, count);
    switch (top->value.kind) {
    case SCALAR_INTEGER:
        number_format_int128(digits, top->value.integer);
        ck_assert_str_eq(digits, expected);
        break;
    case SCALAR_DOUBLE:
        number_format_double(digits, top->value.number);
        ck_assert_str_eq(digits, expected);
        break;
    case SCALAR_BOOLEAN: ck_assert_str_eq(top->value.boolean ? "true" : "false", expected); break;
    case SCALAR_TEXT: assert_text(&top->value, expected); break;
    case SCALAR_NONE: ck_abort_msg("place %zu is empty", place);
    }
}

static uint64_t sum_of_bins(const struct column_result *result)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < result->bins; i++)
        sum += result->bin_counts[i];
    return sum;
}

static void assert_edges_rise(const struct column_result *result)
{
    for (size_t i = 0; i < result->bins; i++)
        ck_assert_msg(result->edges[i] <= result->edges[i + 1], "edge %zu: %.17g after %.17g",
                      i + 1, result->edges[i + 1], result->edges[i]);
}

/* ---- types ---- */

START_TEST(column_has_the_narrowest_type_that_all_its_cells_share)
{
    static const struct {
        const char *cells[3];
        enum value_type type;
    } ROWS[] = {{{"1", "2", "-3"}, VALUE_INTEGER},
                {{"1", "2.5", "3"}, VALUE_NUMBER},
                {{"1", "nan", "3"}, VALUE_NUMBER},
                {{"1", "9223372036854775808", "3"}, VALUE_NUMBER},
                {{"1", "0", "1"}, VALUE_INTEGER},
                {{"1", "0", "true"}, VALUE_BOOLEAN},
                {{"true", "FALSE", "True"}, VALUE_BOOLEAN},
                {{"2026-01-01", "2026-01-02", "2024-02-29"}, VALUE_DATE},
                {{"2026-01-01", "2026-01-02T10:00:00Z", "2024-02-29"}, VALUE_DATETIME},
                {{"10:00", "10:00:01", "10:00:01.5"}, VALUE_TIME},
                {{"10:00", "2026-01-01", "10:00:01.5"}, VALUE_STRING},
                {{"1", "2", "three"}, VALUE_STRING},
                {{"true", "2", "false"}, VALUE_STRING},
                {{"2026-02-29", "2026-02-28", "2026-02-27"}, VALUE_STRING},
                {{"1,5", "2,5", "3,5"}, VALUE_STRING}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct column_result result = profile_of(ROWS[i].cells, 3);
        ck_assert_msg(result.type == ROWS[i].type, "%s, %s, %s: %s", ROWS[i].cells[0],
                      ROWS[i].cells[1], ROWS[i].cells[2], value_type_word(result.type));
        column_result_free(&result);
    }
}
END_TEST

START_TEST(column_type_does_not_depend_on_the_order_of_its_cells)
{
    static const char *const CELLS[] = {"1", "", "2.5", "7", "inf"};
    for (size_t first = 0; first < 5; first++) {
        const char *turned[5];
        for (size_t i = 0; i < 5; i++)
            turned[i] = CELLS[(first + i) % 5];
        struct column_result result = profile_of(turned, 5);
        ck_assert_int_eq(result.type, VALUE_NUMBER);
        ck_assert_uint_eq(result.missing, 1);
        ck_assert_uint_eq(result.nonfinite, 1);
        assert_double(&result.min, 1);
        assert_double(&result.max, 7);
        assert_double(&result.sum, 10.5);
        column_result_free(&result);
    }
}
END_TEST

START_TEST(column_that_is_widened_by_its_last_cell_keeps_all_values_as_text)
{
    struct column_result result = COLUMN("1", "01", "2", "2", "n/a");
    ck_assert_int_eq(result.type, VALUE_STRING);
    ck_assert_uint_eq(result.count, 5);
    ck_assert_uint_eq(result.distinct, 4);
    assert_top(&result, 0, "2", 2);
    assert_top(&result, 1, "01", 1);
    assert_top(&result, 2, "1", 1);
    assert_text(&result.min, "01");
    assert_text(&result.max, "n/a");
    ck_assert_uint_eq(result.bins, 0);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_missing_cells_is_text_without_values)
{
    struct column_result result = COLUMN("", "", "");
    ck_assert_int_eq(result.type, VALUE_STRING);
    ck_assert_uint_eq(result.count, 0);
    ck_assert_uint_eq(result.missing, 3);
    ck_assert_uint_eq(result.distinct, 0);
    ck_assert_uint_eq(result.top_count, 0);
    ck_assert_int_eq(result.min.kind, SCALAR_NONE);
    ck_assert_int_eq(result.max.kind, SCALAR_NONE);
    ck_assert_double_nan(result.mean_length);
    column_result_free(&result);
}
END_TEST

START_TEST(column_without_a_single_cell_has_its_name_and_nothing_else)
{
    struct column_result result = profile_of(NULL, 0);
    ck_assert_uint_eq(result.name_length, 4);
    ck_assert_mem_eq(result.name, "name", 4);
    ck_assert_uint_eq(result.count + result.missing, 0);
    column_result_free(&result);
}
END_TEST

START_TEST(column_name_may_be_empty)
{
    struct column_result result;
    struct column *column = column_named("");
    ck_assert(column_finish(column, &result));
    ck_assert_uint_eq(result.name_length, 0);
    column_result_free(&result);
    column_free(column);
}
END_TEST

/* ---- values ---- */

START_TEST(column_of_integers_joins_the_ways_to_write_one)
{
    struct column_result result = COLUMN("1", "01", "+1", " 1 ", "-0", "0", "2");
    ck_assert_int_eq(result.type, VALUE_INTEGER);
    ck_assert_uint_eq(result.distinct, 3);
    assert_top(&result, 0, "1", 4);
    assert_top(&result, 1, "0", 2);
    assert_top(&result, 2, "2", 1);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_numbers_joins_the_ways_to_write_one)
{
    struct column_result result = COLUMN("1", "1.0", "1e0", "0.5", ".5", "-0.0", "0");
    ck_assert_uint_eq(result.distinct, 3);
    assert_top(&result, 0, "1", 3);
    assert_top(&result, 1, "0", 2);
    assert_top(&result, 2, "0.5", 2);
    ck_assert_uint_eq(result.zeros, 2);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_booleans_joins_the_ways_to_write_one)
{
    struct column_result result = COLUMN("true", "TRUE", "1", "false", "0", " true");
    ck_assert_int_eq(result.type, VALUE_BOOLEAN);
    ck_assert_uint_eq(result.distinct, 2);
    assert_top(&result, 0, "true", 4);
    assert_top(&result, 1, "false", 2);
    ck_assert_int_eq(result.min.kind, SCALAR_BOOLEAN);
    ck_assert(!result.min.boolean);
    ck_assert(result.max.boolean);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_texts_joins_nothing)
{
    struct column_result result = COLUMN("a", "A", " a", "a ", "a");
    ck_assert_uint_eq(result.distinct, 4);
    assert_top(&result, 0, "a", 2);
    column_result_free(&result);
}
END_TEST

START_TEST(column_shows_ten_values_at_most_and_ties_in_their_order)
{
    struct column_result result =
        COLUMN("9", "10", "8", "7", "6", "5", "4", "3", "2", "1", "11", "12", "12", "3");
    ck_assert_uint_eq(result.distinct, 12);
    ck_assert_uint_eq(result.top_count, COLUMN_TOP_MAX);
    assert_top(&result, 0, "3", 2);
    assert_top(&result, 1, "12", 2);
    assert_top(&result, 2, "1", 1);
    assert_top(&result, 3, "2", 1);
    assert_top(&result, 9, "9", 1);
    ck_assert_uint_eq(result.top_error, 0);
    ck_assert_double_eq(result.distinct_error, 0);
    column_result_free(&result);
}
END_TEST

START_TEST(column_orders_texts_by_their_bytes)
{
    struct column_result result = COLUMN("b", "\xC3\xA4", "B", "ba", "10", "9");
    assert_text(&result.min, "10");
    assert_text(&result.max, "\xC3\xA4");
    assert_top(&result, 1, "9", 1);
    assert_top(&result, 3, "b", 1);
    assert_top(&result, 4, "ba", 1);
    column_result_free(&result);
}
END_TEST

START_TEST(column_orders_datetimes_by_moment_and_not_by_their_text)
{
    struct column_result result =
        COLUMN("2026-01-01T00:30:00+01:00", "2026-01-01T00:00:00Z", "2025-12-31T23:00:00-05:00",
               "2026-01-01T00:00:00.000000001Z");
    ck_assert_int_eq(result.type, VALUE_DATETIME);
    assert_text(&result.min, "2026-01-01T00:30:00+01:00");
    assert_text(&result.max, "2025-12-31T23:00:00-05:00");
    column_result_free(&result);
}
END_TEST

START_TEST(column_keeps_the_two_texts_of_one_moment_apart)
{
    struct column_result result = COLUMN("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z");
    ck_assert_uint_eq(result.distinct, 2);
    assert_text(&result.min, "2026-01-01T00:00:00Z");
    assert_text(&result.max, "2026-01-01T01:00:00+01:00");
    column_result_free(&result);
}
END_TEST

START_TEST(column_orders_dates_and_times)
{
    struct column_result dates = COLUMN("2026-03-01", "1999-12-31", "2024-02-29");
    assert_text(&dates.min, "1999-12-31");
    assert_text(&dates.max, "2026-03-01");
    struct column_result times = COLUMN("10:00", "09:59:59.999", "23:59");
    assert_text(&times.min, "09:59:59.999");
    assert_text(&times.max, "23:59");
    column_result_free(&dates);
    column_result_free(&times);
}
END_TEST

START_TEST(column_of_texts_measures_them_in_characters)
{
    struct column_result result = COLUMN("\xF0\x9F\x98\x80", "abc", "abc", "", "\xC3\xA4\xC3\xB6");
    ck_assert_uint_eq(result.count, 4);
    ck_assert_uint_eq(result.min_length, 1);
    ck_assert_uint_eq(result.max_length, 3);
    ck_assert_double_eq(result.mean_length, 2.25);
    column_result_free(&result);
}
END_TEST

/* ---- numbers ---- */

START_TEST(column_of_numbers_has_the_statistics_of_its_finite_ones)
{
    struct column_result result =
        COLUMN("2", "4", "4", "4", "5", "5", "7", "9.0", "", "nan", "inf", "-inf", "1e999");
    ck_assert_int_eq(result.type, VALUE_NUMBER);
    ck_assert_uint_eq(result.count, 12);
    ck_assert_uint_eq(result.missing, 1);
    ck_assert_uint_eq(result.nonfinite, 4);
    assert_double(&result.sum, 40);
    ck_assert_double_eq(result.mean, 5);
    ck_assert_double_eq_tol(result.stddev, sqrt(32.0 / 7), 1e-15);
    assert_double(&result.min, 2);
    assert_double(&result.max, 9);
    ck_assert_double_eq(result.quantiles[COLUMN_P50], 4.5);
    ck_assert_double_eq(result.rank_error, 0);
    ck_assert_uint_eq(sum_of_bins(&result), 8);
    column_result_free(&result);
}
END_TEST

START_TEST(column_counts_zeros_and_negatives)
{
    struct column_result result = COLUMN("0", "-0.0", "-1", "-0.5", "3");
    ck_assert_uint_eq(result.zeros, 2);
    ck_assert_uint_eq(result.negatives, 2);
    column_result_free(&result);
}
END_TEST

START_TEST(column_without_a_finite_number_has_no_extremes_and_no_histogram)
{
    struct column_result result = COLUMN("nan", "inf", "1e999", "-1e999");
    ck_assert_int_eq(result.type, VALUE_NUMBER);
    ck_assert_uint_eq(result.nonfinite, 4);
    ck_assert_int_eq(result.min.kind, SCALAR_NONE);
    ck_assert_int_eq(result.max.kind, SCALAR_NONE);
    ck_assert_double_nan(result.mean);
    ck_assert_double_nan(result.stddev);
    ck_assert_double_nan(result.quantiles[COLUMN_P01]);
    ck_assert_uint_eq(result.bins, 0);
    column_result_free(&result);
}
END_TEST

START_TEST(column_joins_infinities_and_nans_and_shows_the_same_text_in_any_order)
{
    struct column_result one = COLUMN("NaN", "nan", "inf", "Infinity", "1e999", "-inf");
    struct column_result other = COLUMN("-inf", "1e999", "Infinity", "inf", "nan", "NaN");
    ck_assert_uint_eq(one.distinct, 3);
    ck_assert_uint_eq(one.top[0].count, 3);
    ck_assert_uint_eq(one.top[1].count, 2);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(one.top[i].value.kind, SCALAR_TEXT);
        ck_assert_uint_eq(one.top[i].value.length, other.top[i].value.length);
        ck_assert_mem_eq(one.top[i].value.text, other.top[i].value.text, one.top[i].value.length);
    }
    column_result_free(&one);
    column_result_free(&other);
}
END_TEST

START_TEST(column_of_a_single_number_has_no_spread)
{
    struct column_result result = COLUMN("7.5");
    ck_assert_double_eq(result.mean, 7.5);
    ck_assert_double_nan(result.stddev);
    ck_assert_double_nan(result.skewness);
    for (size_t i = 0; i < COLUMN_QUANTILES; i++)
        ck_assert_double_eq(result.quantiles[i], 7.5);
    ck_assert_uint_eq(result.bins, 1);
    ck_assert_double_eq(result.edges[0], 7.5);
    ck_assert_double_eq(result.edges[1], 7.5);
    ck_assert_uint_eq(result.bin_counts[0], 1);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_integers_keeps_every_digit_of_its_extremes)
{
    struct column_result result = COLUMN("9007199254740993", "-9223372036854775808",
                                         "9223372036854775807", "9007199254740992");
    ck_assert_uint_eq(result.distinct, 4);
    assert_integer(&result.min, "-9223372036854775808");
    assert_integer(&result.max, "9223372036854775807");
    assert_top(&result, 2, "9007199254740993", 1);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_integers_sums_beyond_64_bits)
{
    struct column_result high = COLUMN("9223372036854775807", "9223372036854775807", "3");
    assert_integer(&high.sum, "18446744073709551617");
    struct column_result low = COLUMN("-9223372036854775808", "-9223372036854775808");
    assert_integer(&low.sum, "-18446744073709551616");
    column_result_free(&high);
    column_result_free(&low);
}
END_TEST

START_TEST(column_of_huge_numbers_of_either_sign_has_a_finite_middle)
{
    struct column_result result = COLUMN("-1e308", "1e308", "-1e308", "1e308", "0.5");
    assert_double(&result.min, -1e308);
    assert_double(&result.max, 1e308);
    ck_assert_double_eq(result.quantiles[COLUMN_P50], 0.5);
    ck_assert_double_eq(result.quantiles[COLUMN_P25], -1e308);
    for (size_t i = 0; i <= result.bins; i++)
        ck_assert(isfinite(result.edges[i]));
    assert_edges_rise(&result);
    ck_assert_uint_eq(sum_of_bins(&result), 5);
    column_result_free(&result);
}
END_TEST

START_TEST(column_whose_sum_is_beyond_a_double_says_so_and_keeps_the_rest)
{
    struct column_result result = COLUMN("1.7e308", "1.7e308", "1.7e308");
    ck_assert_int_eq(result.sum.kind, SCALAR_DOUBLE);
    ck_assert(!isfinite(result.sum.number));
    ck_assert(result.sum_overflow);
    ck_assert_double_eq(result.quantiles[COLUMN_P50], 1.7e308);
    assert_double(&result.max, 1.7e308);
    column_result_free(&result);
}
END_TEST

START_TEST(column_quantiles_stand_at_their_places)
{
    struct column_result result;
    struct column *column = column_named("n");
    char digits[NUMBER_INTEGER_SIZE];
    for (int i = 100; i >= 0; i--) {
        number_format_int128(digits, i);
        add(column, digits);
    }
    ck_assert(column_finish(column, &result));
    static const double EXPECTED[] = {1, 5, 25, 50, 75, 95, 99};
    static const char *const NAMES[] = {"p01", "p05", "p25", "p50", "p75", "p95", "p99"};
    for (size_t i = 0; i < COLUMN_QUANTILES; i++) {
        ck_assert_double_eq(result.quantiles[i], EXPECTED[i]);
        ck_assert_double_eq(COLUMN_QUANTILE_P[i], EXPECTED[i] / 100);
        ck_assert_str_eq(COLUMN_QUANTILE_NAME[i], NAMES[i]);
    }
    column_result_free(&result);
    column_free(column);
}
END_TEST

/* ---- histogram ---- */

static struct column_result column_of_range(uint64_t count)
{
    struct column_result result;
    struct column *column = column_named("n");
    char digits[NUMBER_INTEGER_SIZE];
    for (uint64_t i = 0; i < count; i++) {
        number_format_int128(digits, (number_int128)i);
        add(column, digits);
    }
    ck_assert(column_finish(column, &result));
    column_free(column);
    return result;
}

START_TEST(column_histogram_has_as_many_bins_as_sturges_says)
{
    static const struct {
        uint64_t count;
        size_t bins;
    } ROWS[] = {{2, 2}, {3, 3},   {4, 3},   {5, 4},   {8, 4},
                {9, 5}, {100, 8}, {128, 8}, {129, 9}, {1000, 11}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct column_result result = column_of_range(ROWS[i].count);
        ck_assert_msg(result.bins == ROWS[i].bins, "%zu bins", result.bins);
        ck_assert_uint_eq(sum_of_bins(&result), ROWS[i].count);
        ck_assert_double_eq(result.edges[0], 0);
        ck_assert_double_eq(result.edges[result.bins], (double)ROWS[i].count - 1);
        assert_edges_rise(&result);
        column_result_free(&result);
    }
}
END_TEST

START_TEST(column_histogram_puts_an_edge_into_the_bin_above_it)
{
    struct column_result result = COLUMN("0", "1", "2", "3");
    ck_assert_uint_eq(result.bins, 3);
    ck_assert_uint_eq(result.bin_counts[0], 1);
    ck_assert_uint_eq(result.bin_counts[1], 1);
    ck_assert_uint_eq(result.bin_counts[2], 2);
    column_result_free(&result);
}
END_TEST

START_TEST(column_histogram_edges_never_fall_where_numbers_are_close_together)
{
    static const double STARTS[] = {0.1,        1,    1.0 / 3, 1e-300,           DBL_MIN,
                                    123456.789, -0.7, 1e300,   25.16083661507633};
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++)
        for (int steps = 1; steps < 12; steps++) {
            struct column_result result;
            struct column *column = column_named("n");
            char digits[NUMBER_DOUBLE_SIZE];
            double number = STARTS[i];
            for (int row = 0; row < 40; row++) {
                if (row > 0 && row <= steps)
                    number = nextafter(number, (double)INFINITY);
                number_format_double(digits, number);
                add(column, digits);
            }
            ck_assert(column_finish(column, &result));
            assert_edges_rise(&result);
            ck_assert_uint_eq(result.bins, 7);
            ck_assert_uint_eq(sum_of_bins(&result), 40);
            column_result_free(&result);
            column_free(column);
        }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_column", column_has_the_narrowest_type_that_all_its_cells_share,
        column_type_does_not_depend_on_the_order_of_its_cells,
        column_that_is_widened_by_its_last_cell_keeps_all_values_as_text,
        column_of_missing_cells_is_text_without_values,
        column_without_a_single_cell_has_its_name_and_nothing_else, column_name_may_be_empty,
        column_of_integers_joins_the_ways_to_write_one,
        column_of_numbers_joins_the_ways_to_write_one,
        column_of_booleans_joins_the_ways_to_write_one, column_of_texts_joins_nothing,
        column_shows_ten_values_at_most_and_ties_in_their_order, column_orders_texts_by_their_bytes,
        column_orders_datetimes_by_moment_and_not_by_their_text,
        column_keeps_the_two_texts_of_one_moment_apart, column_orders_dates_and_times,
        column_of_texts_measures_them_in_characters,
        column_of_numbers_has_the_statistics_of_its_finite_ones, column_counts_zeros_and_negatives,
        column_without_a_finite_number_has_no_extremes_and_no_histogram,
        column_joins_infinities_and_nans_and_shows_the_same_text_in_any_order,
        column_of_a_single_number_has_no_spread,
        column_of_integers_keeps_every_digit_of_its_extremes,
        column_of_integers_sums_beyond_64_bits,
        column_of_huge_numbers_of_either_sign_has_a_finite_middle,
        column_whose_sum_is_beyond_a_double_says_so_and_keeps_the_rest,
        column_quantiles_stand_at_their_places, column_histogram_has_as_many_bins_as_sturges_says,
        column_histogram_puts_an_edge_into_the_bin_above_it,
        column_histogram_edges_never_fall_where_numbers_are_close_together);
}
