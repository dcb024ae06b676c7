/*
 * A column beyond what it can keep, and two columns made one: what is said of them is held against
 * what the cells themselves say. Streams come from a generator with fixed seeds.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/cardinality.h"
#include "consumer/profile/column.h"
#include "consumer/profile/column_finish.h"
#include "consumer/profile/quantiles.h"
#include "tests/unit/support.h"

#define CELL_SIZE 48

/* The text of cell i of a stream. */
typedef void cell_maker(char cell[CELL_SIZE], uint64_t i);

static uint64_t scatter(uint64_t i)
{
    i = (i ^ (i >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    i = (i ^ (i >> 27)) * UINT64_C(0x94d049bb133111eb);
    return i ^ (i >> 31);
}

static double share(uint64_t i)
{
    return (double)(scatter(i) >> 11) * 0x1p-53;
}

static void make_decimal(char cell[CELL_SIZE], uint64_t i)
{
    (void)snprintf(cell, CELL_SIZE, "%.11f", share(i));
}

static void make_integer(char cell[CELL_SIZE], uint64_t i)
{
    (void)snprintf(cell, CELL_SIZE, "%lld", (long long)(scatter(i) % 2000000) - 1000000);
}

/* As identifiers are that carry a time: doubles cannot tell each from its neighbours. */
static void make_identifier(char cell[CELL_SIZE], uint64_t i)
{
    (void)snprintf(cell, CELL_SIZE, "%lld", (long long)(INT64_C(1) << 60) + (long long)i);
}

/* Half of them are of words that are the more frequent the shorter, half come once. */
static void make_skewed(char cell[CELL_SIZE], uint64_t i)
{
    if (scatter(i) % 2 == 0)
        (void)snprintf(cell, CELL_SIZE, "word-%.0f", 1 / (share(i) + 1e-3));
    else
        (void)snprintf(cell, CELL_SIZE, "word-once-%llu", (unsigned long long)i);
}

static void make_datetime(char cell[CELL_SIZE], uint64_t i)
{
    uint64_t at = scatter(i) % 200000;
    (void)snprintf(cell, CELL_SIZE, "2026-11-%02uT%02u:%02u:%02uZ", (unsigned)(at % 28) + 1,
                   (unsigned)(at / 28 % 24), (unsigned)(at / 672 % 60), (unsigned)(at % 59));
}

static void make_few(char cell[CELL_SIZE], uint64_t i)
{
    (void)snprintf(cell, CELL_SIZE, "%s",
                   (scatter(i) & 7) == 0 ? ""
                   : (scatter(i) & 8)    ? "2"
                                         : "1");
}

static void make_boolean(char cell[CELL_SIZE], uint64_t i)
{
    (void)snprintf(cell, CELL_SIZE, "%*s", (int)(i % 40), scatter(i) % 3 == 0 ? "true" : "false");
}

/* Of a column among `columns`, as that decides what it keeps. */
static struct column *column_of(cell_maker *make, uint64_t from, uint64_t to, size_t columns)
{
    static const struct missing none;
    static char texts[COLUMN_BLOCK][CELL_SIZE];
    static struct csv_cell cells[COLUMN_BLOCK];
    struct column_scratch *scratch = column_scratch_create(&none);
    struct column *column = column_create("name", 4, columns);
    for (uint64_t at = from; at < to;) {
        size_t count = 0;
        for (; count < COLUMN_BLOCK && at < to; count++, at++) {
            make(texts[count], at);
            cells[count] = (struct csv_cell){.bytes = texts[count], .length = strlen(texts[count])};
        }
        if (!column_add(column, cells, count, scratch))
            ck_abort_msg("no memory at cell %llu", (unsigned long long)at);
    }
    column_scratch_free(scratch);
    return column;
}

static struct column_result result_of(struct column *column)
{
    struct column_result result;
    ck_assert(column_finish(column, &result));
    column_free(column);
    return result;
}

/* ---- against the cells themselves ---- */

struct truth {
    double *numbers; /* ascending */
    size_t count;
};

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct truth truth_of(cell_maker *make, uint64_t count)
{
    struct truth truth = {.numbers = malloc(count * sizeof *truth.numbers), .count = count};
    char cell[CELL_SIZE];
    for (uint64_t i = 0; i < count; i++) {
        make(cell, i);
        truth.numbers[i] = strtod(cell, NULL);
    }
    qsort(truth.numbers, count, sizeof *truth.numbers, compare_numbers);
    return truth;
}

static size_t distinct_of(const struct truth *truth)
{
    size_t distinct = 1;
    for (size_t i = 1; i < truth->count; i++)
        distinct += truth->numbers[i] != truth->numbers[i - 1] ? 1 : 0;
    return distinct;
}

/* Ranks that the number may have: from those below it to those not above it. */
static void assert_rank(const struct truth *truth, double number, double p)
{
    size_t below = 0;
    size_t not_above = 0;
    for (size_t i = 0; i < truth->count; i++) {
        below += truth->numbers[i] < number ? 1 : 0;
        not_above += truth->numbers[i] <= number ? 1 : 0;
    }
    double n = (double)truth->count;
    ck_assert_msg((double)below / n <= p + QUANTILES_RANK_ERROR &&
                      (double)not_above / n >= p - QUANTILES_RANK_ERROR,
                  "%g has the ranks %g to %g, not %g", number, (double)below / n,
                  (double)not_above / n, p);
}

static void assert_describes(const struct column_result *result, const struct truth *truth)
{
    double distinct = (double)distinct_of(truth);
    double sum = 0;
    uint64_t in_bins = 0;
    for (size_t i = 0; i < truth->count; i++)
        sum += truth->numbers[i];
    ck_assert_uint_eq(result->count, truth->count);
    ck_assert_double_le(fabs((double)result->distinct - distinct), distinct * CARDINALITY_ERROR);
    ck_assert_double_eq_tol(result->mean, sum / (double)truth->count, 1e-9 * fabs(sum));
    for (size_t i = 0; i < COLUMN_QUANTILES; i++)
        assert_rank(truth, result->quantiles[i], COLUMN_QUANTILE_P[i]);
    for (size_t i = 0; i < result->bins; i++)
        in_bins += result->bin_counts[i];
    ck_assert_uint_eq(in_bins, truth->count);
}

START_TEST(column_of_more_numbers_than_it_keeps_is_within_its_errors)
{
    const uint64_t count = 400000;
    struct column_result result = result_of(column_of(make_decimal, 0, count, 3));
    struct truth truth = truth_of(make_decimal, count);
    ck_assert_double_eq(result.distinct_error, CARDINALITY_ERROR);
    ck_assert_uint_le(result.distinct, count);
    ck_assert_double_eq(result.rank_error, QUANTILES_RANK_ERROR);
    ck_assert_double_eq(result.min.number, truth.numbers[0]);
    ck_assert_double_eq(result.max.number, truth.numbers[count - 1]);
    ck_assert_uint_eq(result.top_count, 0);
    assert_describes(&result, &truth);
    column_result_free(&result);
    free(truth.numbers);
}
END_TEST

START_TEST(column_of_more_integers_than_it_keeps_has_their_exact_sum_and_ends)
{
    const uint64_t count = 300000;
    struct column_result result = result_of(column_of(make_integer, 0, count, 3));
    struct truth truth = truth_of(make_integer, count);
    number_int128 sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (int64_t)truth.numbers[i];
    ck_assert_int_eq(result.type, VALUE_INTEGER);
    ck_assert(result.sum.integer == sum);
    ck_assert(result.min.integer == (int64_t)truth.numbers[0]);
    ck_assert(result.max.integer == (int64_t)truth.numbers[count - 1]);
    assert_describes(&result, &truth);
    column_result_free(&result);
    free(truth.numbers);
}
END_TEST

/* The deviation of 0, 1 ... n - 1 is the root of n (n + 1) / 12. */
static void assert_identifiers(const struct column_result *result, uint64_t count)
{
    double n = (double)count;
    ck_assert_int_eq(result->type, VALUE_INTEGER);
    ck_assert_double_eq_tol((double)result->distinct, n, n * CARDINALITY_ERROR);
    ck_assert_double_eq_tol(result->stddev, sqrt(n * (n + 1) / 12), 1e-9);
    ck_assert_double_eq_tol(result->skewness, 0, 1e-9);
    ck_assert(result->max.integer - result->min.integer == (number_int128)count - 1);
    ck_assert_double_eq_tol(result->mean, 0x1p60 + (n - 1) / 2, 256);
}

START_TEST(column_of_integers_that_no_double_holds_has_their_number_and_deviation)
{
    for (uint64_t count = 3; count <= 300000; count *= 100000) {
        struct column_result result = result_of(column_of(make_identifier, 0, count, 3));
        assert_identifiers(&result, count);
        column_result_free(&result);
    }
    struct column *merged = column_of(make_identifier, 0, 1000, 3);
    struct column *second = column_of(make_identifier, 1000, 250000, 3);
    ck_assert(column_merge(merged, second));
    column_free(second);
    struct column_result result = result_of(merged);
    assert_identifiers(&result, 250000);
    column_result_free(&result);
}
END_TEST

START_TEST(column_that_keeps_all_its_values_is_exact_however_many_cells_it_has)
{
    struct column_result result = result_of(column_of(make_few, 0, 500000, 3));
    ck_assert_double_eq(result.distinct_error, 0);
    ck_assert_double_eq(result.rank_error, 0);
    ck_assert_uint_eq(result.distinct, 2);
    ck_assert_uint_eq(result.top[0].count + result.top[1].count, result.count);
    ck_assert_uint_eq(result.count + result.missing, 500000);
    column_result_free(&result);
}
END_TEST

/* ---- what is frequent ---- */

static uint64_t occurrences(cell_maker *make, uint64_t count, const char *text, size_t length)
{
    char cell[CELL_SIZE];
    uint64_t found = 0;
    for (uint64_t i = 0; i < count; i++) {
        make(cell, i);
        found += strlen(cell) == length && memcmp(cell, text, length) == 0 ? 1 : 0;
    }
    return found;
}

static void assert_top_is_guaranteed(const struct column_result *result, cell_maker *make,
                                     uint64_t count)
{
    for (size_t i = 0; i < result->top_count; i++) {
        const struct column_top *top = &result->top[i];
        uint64_t true_count = occurrences(make, count, top->value.text, top->value.length);
        ck_assert_uint_le(top->count, true_count);
        ck_assert_uint_ge(top->count + result->top_error, true_count);
        ck_assert_uint_gt(top->count, result->top_error);
    }
}

START_TEST(column_of_more_texts_than_it_keeps_knows_the_frequent_ones_and_by_how_much)
{
    const uint64_t count = 500000;
    struct column_result result = result_of(column_of(make_skewed, 0, count, 3));
    ck_assert_uint_gt(result.top_error, 0);
    ck_assert_uint_le(result.top_error, 2 * count / 8192);
    ck_assert_uint_eq(result.top_count, COLUMN_TOP_MAX);
    assert_top_is_guaranteed(&result, make_skewed, count);
    column_result_free(&result);
}
END_TEST

/* ---- wider than it seemed ---- */

#define LATE 900000

static void make_late_text(char cell[CELL_SIZE], uint64_t i)
{
    if (i == LATE)
        (void)snprintf(cell, CELL_SIZE, "n/a");
    else
        (void)snprintf(cell, CELL_SIZE, i % 2 == 0 ? "%u" : "%u.0", (unsigned)(i % 30000));
}

/* 30,000 numbers, each written in one way: 15,000 with a point, of which none is left out. */
START_TEST(column_that_is_text_from_row_900_000_on_was_counted_as_text_all_along)
{
    struct column_result result = result_of(column_of(make_late_text, 0, LATE + 1000, 3));
    ck_assert_int_eq(result.type, VALUE_STRING);
    ck_assert_uint_eq(result.distinct, 30001);
    ck_assert_double_eq(result.distinct_error, 0);
    ck_assert_uint_eq(result.min_length, 1);
    ck_assert_uint_eq(result.max_length, 7);
    ck_assert_uint_eq(result.top[0].count, 31);
    ck_assert_uint_eq(result.top_error, 0);
    column_result_free(&result);
}
END_TEST

static void make_late_text_of_many(char cell[CELL_SIZE], uint64_t i)
{
    if (i == LATE)
        (void)snprintf(cell, CELL_SIZE, "~last~");
    else
        make_decimal(cell, i);
}

START_TEST(column_that_is_text_after_it_became_sketches_has_the_ends_and_lengths_of_its_texts)
{
    struct column_result result = result_of(column_of(make_late_text_of_many, 0, LATE + 1000, 3));
    ck_assert_int_eq(result.type, VALUE_STRING);
    ck_assert_uint_eq(result.max.length, 6);
    ck_assert_mem_eq(result.max.text, "~last~", 6);
    ck_assert_mem_eq(result.min.text, "0.0000", 6);
    ck_assert_uint_eq(result.min_length, 6);
    ck_assert_uint_eq(result.max_length, 13);
    ck_assert_double_eq_tol((double)result.distinct, 901000, 901000 * CARDINALITY_ERROR);
    column_result_free(&result);
}
END_TEST

START_TEST(column_of_more_datetimes_than_it_keeps_has_the_first_and_the_last)
{
    struct column_result result = result_of(column_of(make_datetime, 0, 400000, 3));
    ck_assert_int_eq(result.type, VALUE_DATETIME);
    ck_assert_double_gt(result.distinct_error, 0);
    ck_assert_mem_eq(result.min.text, "2026-11-01T00:00:00Z", 20);
    ck_assert_mem_eq(result.max.text, "2026-11-28T23:59:", 17);
    column_result_free(&result);
}
END_TEST

/* As spaces count in a text and not in what it stands for. */
START_TEST(column_of_booleans_written_in_very_many_ways_has_two_values)
{
    struct column_result result = result_of(column_of(make_boolean, 0, 5000, 1000000));
    ck_assert_int_eq(result.type, VALUE_BOOLEAN);
    ck_assert_uint_eq(result.distinct, 2);
    ck_assert_uint_eq(result.top_count, 2);
    ck_assert(!result.top[0].value.boolean);
    ck_assert_uint_eq(result.top[0].count + result.top[1].count, 5000);
    ck_assert(!result.min.boolean && result.max.boolean);
    column_result_free(&result);
}
END_TEST

/* ---- two into one ---- */

static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(b);
}

/* All that is exact or to rounding in either. */
static void assert_alike(const struct column_result *merged, const struct column_result *whole)
{
    ck_assert_int_eq(merged->type, whole->type);
    ck_assert_uint_eq(merged->count, whole->count);
    ck_assert_uint_eq(merged->missing, whole->missing);
    ck_assert_uint_eq(merged->zeros, whole->zeros);
    ck_assert_uint_eq(merged->negatives, whole->negatives);
    ck_assert_int_eq(merged->min.kind, whole->min.kind);
    ck_assert(merged->min.integer == whole->min.integer);
    ck_assert(merged->max.integer == whole->max.integer);
    ck_assert_double_eq(merged->min.number, whole->min.number);
    ck_assert_double_eq(merged->max.number, whole->max.number);
    ck_assert(merged->sum.integer == whole->sum.integer);
    ck_assert(is_near(merged->mean, whole->mean));
    ck_assert(is_near(merged->stddev, whole->stddev));
    ck_assert_double_eq_tol(merged->skewness, whole->skewness, 1e-9);
    ck_assert_uint_eq(merged->min_length, whole->min_length);
    ck_assert_uint_eq(merged->max_length, whole->max_length);
    /* The union of two sketches is the sketch of the union. */
    ck_assert_uint_eq(merged->distinct, whole->distinct);
}

static const struct {
    cell_maker *make;
    bool numeric;
} STREAMS[] = {{make_decimal, true}, {make_integer, true},   {make_few, true},
               {make_skewed, false}, {make_datetime, false}, {make_boolean, false}};

/* Both exact, one of them, neither; and sums that only together are too many. */
static const struct {
    uint64_t first, second;
} PARTS[] = {{0, 1000},      {1000, 0},      {500, 700},      {40000, 40000},
             {1000, 200000}, {200000, 1000}, {150000, 150000}};

START_TEST(column_merged_of_two_is_the_column_of_their_cells)
{
    for (size_t i = 0; i < sizeof STREAMS / sizeof *STREAMS; i++)
        for (size_t j = 0; j < sizeof PARTS / sizeof *PARTS; j++) {
            uint64_t middle = PARTS[j].first;
            uint64_t end = middle + PARTS[j].second;
            struct column *merged = column_of(STREAMS[i].make, 0, middle, 3);
            struct column *second = column_of(STREAMS[i].make, middle, end, 3);
            ck_assert(column_merge(merged, second));
            column_free(second);
            struct column_result one = result_of(merged);
            struct column_result whole = result_of(column_of(STREAMS[i].make, 0, end, 3));
            assert_alike(&one, &whole);
            column_result_free(&one);
            column_result_free(&whole);
        }
}
END_TEST

START_TEST(column_merged_of_many_is_within_the_errors_of_one)
{
    const uint64_t part = 7000;
    const uint64_t parts = 40;
    struct column *merged = column_of(make_decimal, 0, part, 3);
    for (uint64_t i = 1; i < parts; i++) {
        struct column *next = column_of(make_decimal, i * part, (i + 1) * part, 3);
        ck_assert(column_merge(merged, next));
        column_free(next);
    }
    struct column_result result = result_of(merged);
    struct truth truth = truth_of(make_decimal, parts * part);
    assert_describes(&result, &truth);
    column_result_free(&result);
    free(truth.numbers);
}
END_TEST

START_TEST(column_merged_of_sketches_keeps_its_counts_guaranteed)
{
    const uint64_t count = 400000;
    struct column *merged = column_of(make_skewed, 0, count / 2, 3);
    struct column *second = column_of(make_skewed, count / 2, count, 3);
    ck_assert(column_merge(merged, second));
    column_free(second);
    struct column_result result = result_of(merged);
    ck_assert_uint_gt(result.top_error, 0);
    ck_assert_uint_gt(result.top_count, 3);
    assert_top_is_guaranteed(&result, make_skewed, count);
    column_result_free(&result);
}
END_TEST

/* Numbers beside texts are texts, in whatever order they meet. */
START_TEST(column_merged_of_two_types_has_the_wider_one)
{
    static cell_maker *const MAKERS[] = {make_decimal, make_skewed};
    for (int first = 0; first < 2; first++)
        for (uint64_t size = 100; size <= 100000; size *= 1000) {
            struct column *merged = column_of(MAKERS[first], 0, size, 3);
            struct column *second = column_of(MAKERS[1 - first], 0, 100100 - size, 3);
            ck_assert(column_merge(merged, second));
            column_free(second);
            struct column_result result = result_of(merged);
            ck_assert_int_eq(result.type, VALUE_STRING);
            ck_assert_uint_eq(result.count, 100100);
            ck_assert_mem_eq(result.min.text, "0.", 2);
            ck_assert_mem_eq(result.max.text, "word-", 5);
            column_result_free(&result);
        }
}
END_TEST

/* ---- memory ---- */

START_TEST(column_among_very_many_keeps_fewer_values_and_says_so)
{
    struct column_result few = result_of(column_of(make_decimal, 0, 5000, 1000));
    struct column_result less = result_of(column_of(make_decimal, 0, 4000, 1000));
    ck_assert_double_gt(few.distinct_error, 0);
    ck_assert_double_eq(less.distinct_error, 0);
    column_result_free(&few);
    column_result_free(&less);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_column_merge", column_of_more_numbers_than_it_keeps_is_within_its_errors,
        column_of_more_integers_than_it_keeps_has_their_exact_sum_and_ends,
        column_of_integers_that_no_double_holds_has_their_number_and_deviation,
        column_that_keeps_all_its_values_is_exact_however_many_cells_it_has,
        column_of_more_texts_than_it_keeps_knows_the_frequent_ones_and_by_how_much,
        column_that_is_text_from_row_900_000_on_was_counted_as_text_all_along,
        column_that_is_text_after_it_became_sketches_has_the_ends_and_lengths_of_its_texts,
        column_of_more_datetimes_than_it_keeps_has_the_first_and_the_last,
        column_of_booleans_written_in_very_many_ways_has_two_values,
        column_merged_of_two_is_the_column_of_their_cells,
        column_merged_of_many_is_within_the_errors_of_one,
        column_merged_of_sketches_keeps_its_counts_guaranteed,
        column_merged_of_two_types_has_the_wider_one,
        column_among_very_many_keeps_fewer_values_and_says_so);
}
