#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/quantiles.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define PERCENTS 99u
#define BLOCK 1000u

/* So few that the sampler is at work after some ten thousand numbers. */
#define FEW 16u

/* ---- numbers ---- */

struct stream {
    const char *name;
    double (*at)(uint64_t seed, uint64_t i, uint64_t n);
};

static double share_at(uint64_t seed, uint64_t i)
{
    uint64_t state = (seed + 1) << 40 ^ i * 12345;
    return chance_share(&state);
}

static double uniform(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    return share_at(seed, i);
}

static double ascending(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    return (double)(seed + i);
}

static double descending(uint64_t seed, uint64_t i, uint64_t n)
{
    return (double)(seed + n - i);
}

static double sawtooth(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    return (double)((seed + i) % 1000);
}

/* Who always takes the first of 2, 4, 8 ... sees one half alone. */
static double low_and_high(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    return share_at(seed, i) + (double)(i % 2);
}

static double heavy_ties(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    double share = share_at(seed, i);
    return floor(share * share * share * 20);
}

static double two_values(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    return share_at(seed, i) < 0.3 ? -1 : 1e300;
}

static double lognormal(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    double sum = 0;
    for (uint64_t part = 0; part < 6; part++)
        sum += share_at(seed + part * 1000, i);
    return exp(5 * (sum - 3));
}

/* From both ends towards the middle. */
static double zoom_in(uint64_t seed, uint64_t i, uint64_t n)
{
    double distance = (double)(n - i + seed);
    return i % 2 == 0 ? distance : -distance;
}

static double zoom_out(uint64_t seed, uint64_t i, uint64_t n)
{
    (void)n;
    double distance = (double)(i + seed + 1);
    return i % 2 == 0 ? distance : -distance;
}

static const struct stream UNIFORM = {"uniform", uniform};
static const struct stream LOW_AND_HIGH = {"low and high", low_and_high};

static const struct stream STREAMS[] = {
    {"uniform", uniform},       {"ascending", ascending},       {"descending", descending},
    {"sawtooth", sawtooth},     {"low and high", low_and_high}, {"heavy ties", heavy_ties},
    {"two values", two_values}, {"lognormal", lognormal},       {"zoom in", zoom_in},
    {"zoom out", zoom_out},
};

static struct quantiles *make(size_t capacity)
{
    struct quantiles *quantiles = quantiles_create(capacity);
    if (quantiles == NULL)
        ck_abort_msg("no memory");
    return quantiles;
}

/* The numbers `from` to `to` - 1 of a stream of `n`. */
static void add(struct quantiles *quantiles, const struct stream *stream, uint64_t seed,
                uint64_t from, uint64_t to, uint64_t n)
{
    double numbers[BLOCK];
    size_t count = 0;
    for (uint64_t i = from; i < to; i++) {
        numbers[count++] = stream->at(seed, i, n);
        if (count < BLOCK && i + 1 < to)
            continue;
        if (!quantiles_add(quantiles, numbers, count))
            ck_abort_msg("no memory");
        count = 0;
    }
}

static struct distribution spread_of(const struct quantiles *quantiles)
{
    struct distribution spread;
    if (!quantiles_spread(quantiles, &spread))
        ck_abort_msg("no memory");
    return spread;
}

/* ---- how far off the ranks are ---- */

/* The quantiles that a sketch states, and how many of the numbers really lie below each. */
struct ranks {
    double quantiles[PERCENTS];
    uint64_t below[PERCENTS + 1], up_to[PERCENTS + 1];
    uint64_t total;
};

struct errors {
    double sum, squares, worst;
    size_t count;
};

static void ranks_begin(struct ranks *ranks, const struct quantiles *quantiles)
{
    struct distribution spread = spread_of(quantiles);
    memset(ranks, 0, sizeof *ranks);
    for (unsigned i = 0; i < PERCENTS; i++)
        ranks->quantiles[i] = distribution_quantile(&spread, (i + 1) / 100.0);
    free(spread.points);
}

static void ranks_note(struct ranks *ranks, double number, uint64_t times)
{
    size_t at = 0;
    for (size_t step = 64; step > 0; step /= 2)
        if (at + step <= PERCENTS && ranks->quantiles[at + step - 1] < number)
            at += step;
    ranks->up_to[at] += times;
    while (at < PERCENTS && ranks->quantiles[at] == number)
        at++;
    ranks->below[at] += times;
    ranks->total += times;
}

/* How far the place is from those that the number has; between two numbers it has none. */
static double error_of(double place, double below, double up_to)
{
    return place < below - 1 ? below - 1 - place : place > up_to ? up_to - place : 0;
}

static void ranks_end(const struct ranks *ranks, struct errors *errors)
{
    uint64_t below = 0;
    uint64_t up_to = 0;
    for (unsigned i = 0; i < PERCENTS; i++) {
        below += ranks->below[i];
        up_to += ranks->up_to[i];
        double place = (i + 1) / 100.0 * (double)(ranks->total - 1);
        double error = error_of(place, (double)below, (double)up_to) / (double)ranks->total;
        errors->sum += error;
        errors->squares += error * error;
        errors->worst = fmax(errors->worst, fabs(error));
        errors->count++;
    }
}

static void measure(const struct quantiles *quantiles, const struct stream *stream, uint64_t seed,
                    uint64_t n, struct errors *errors)
{
    struct ranks ranks;
    ranks_begin(&ranks, quantiles);
    for (uint64_t i = 0; i < n; i++)
        ranks_note(&ranks, stream->at(seed, i, n), 1);
    ranks_end(&ranks, errors);
}

static void assert_within_the_error(const struct quantiles *quantiles, const struct stream *stream,
                                    uint64_t seed, uint64_t n)
{
    struct errors errors = {.count = 0};
    measure(quantiles, stream, seed, n, &errors);
    if (errors.worst > QUANTILES_RANK_ERROR)
        ck_abort_msg("%s, %lu numbers: a rank is off by %.3f %%", stream->name, (unsigned long)n,
                     100 * errors.worst);
}

/* The same for all: each point one that came, in order, and no number forgotten. */
static void assert_stands_for(const struct quantiles *quantiles, size_t capacity, uint64_t n)
{
    struct distribution spread = spread_of(quantiles);
    uint64_t weight = 0;
    for (size_t i = 0; i < spread.count; i++) {
        weight += spread.points[i].weight;
        if (i > 0 && spread.points[i].number < spread.points[i - 1].number)
            ck_abort_msg("point %zu is out of order", i);
    }
    if (weight != n || spread.weight != n)
        ck_abort_msg("points stand for %lu numbers, not for %lu", (unsigned long)weight,
                     (unsigned long)n);
    if (spread.count > 12 * capacity)
        ck_abort_msg("%zu points", spread.count);
    free(spread.points);
}

/* ---- one stream ---- */

START_TEST(quantiles_of_nothing_have_no_points)
{
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    ck_assert(quantiles_add(quantiles, NULL, 0));
    struct distribution spread = spread_of(quantiles);
    ck_assert_uint_eq(spread.count, 0);
    ck_assert_uint_eq(spread.weight, 0);
    ck_assert_double_nan(distribution_quantile(&spread, 0.5));
    free(spread.points);
    quantiles_free(quantiles);
    quantiles_free(NULL);
}
END_TEST

START_TEST(quantiles_of_fewer_numbers_than_a_level_holds_are_exact)
{
    const uint64_t n = QUANTILES_CAPACITY - 1;
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    for (uint64_t i = 0; i < n; i++)
        ck_assert(quantiles_add(quantiles, &(double){(double)(i * 7 % n)}, 1));
    struct distribution spread = spread_of(quantiles);
    ck_assert_uint_eq(spread.count, n);
    for (uint64_t i = 0; i < n; i++)
        if (spread.points[i].number != (double)i || spread.points[i].weight != 1)
            ck_abort_msg("point %lu is %g", (unsigned long)i, spread.points[i].number);
    free(spread.points);
    quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_stand_for_every_number_however_many_came)
{
    struct quantiles *quantiles = make(FEW);
    for (uint64_t n = 0; n < 70000; n++) {
        if (n < 3000 || n % 97 == 0 || (n & (n - 1)) == 0)
            assert_stands_for(quantiles, FEW, n);
        add(quantiles, &UNIFORM, 0, n, n + 1, 0);
    }
    quantiles_free(quantiles);
}
END_TEST

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

START_TEST(quantiles_keep_none_but_numbers_that_came)
{
    enum { N = 50000 };
    static double numbers[N];
    struct quantiles *quantiles = make(FEW);
    for (size_t i = 0; i < N; i++)
        numbers[i] = lognormal(1, i, N);
    ck_assert(quantiles_add(quantiles, numbers, N));
    qsort(numbers, N, sizeof *numbers, compare_numbers);
    struct distribution spread = spread_of(quantiles);
    for (size_t i = 0; i < spread.count; i++)
        if (bsearch(&spread.points[i].number, numbers, N, sizeof *numbers, compare_numbers) == NULL)
            ck_abort_msg("%.17g never came", spread.points[i].number);
    free(spread.points);
    quantiles_free(quantiles);
}
END_TEST

static void check_stream(const struct stream *stream, uint64_t seed, uint64_t n)
{
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    add(quantiles, stream, seed, 0, n, n);
    assert_stands_for(quantiles, QUANTILES_CAPACITY, n);
    assert_within_the_error(quantiles, stream, seed, n);
    quantiles_free(quantiles);
}

START_TEST(quantiles_of_streams_of_every_kind_are_within_the_error_that_is_stated)
{
    static const uint64_t NUMBERS[] = {1, 2, 1000, 1024, 1025, 3000, 50000, 200000};
    for (size_t i = 0; i < COUNT(STREAMS); i++)
        for (size_t j = 0; j < COUNT(NUMBERS); j++)
            check_stream(&STREAMS[i], j, NUMBERS[j]);
}
END_TEST

/* From a million on the sampler takes in one of 2, 4, 8 ... */
START_TEST(quantiles_of_millions_are_within_the_error_that_is_stated)
{
    check_stream(&UNIFORM, 5, 5000000);
    check_stream(&LOW_AND_HIGH, 5, 5000000);
    check_stream(&(struct stream){"zoom in", zoom_in}, 5, 2000000);
}
END_TEST

/* Ten levels of eight bytes a number, and as much as two of them to sort one in. */
START_TEST(quantiles_take_some_100_kib_however_many_numbers_came)
{
    size_t before = mallinfo2().uordblks;
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    for (uint64_t part = 0; part < 25; part++) {
        add(quantiles, &UNIFORM, part, 0, 200000, 0);
        size_t bytes = mallinfo2().uordblks - before;
        if (!SUPPORT_SANITIZED && bytes > (size_t)110 * 1024)
            ck_abort_msg("%zu bytes", bytes);
    }
    quantiles_free(quantiles);
}
END_TEST

/* ---- many streams ---- */

/*
 * No more spread than the header has; and no more bias than half a number of the highest level and
 * of each below it, as the falls of the coin are the same for all streams.
 */
static void check_statistics(const struct stream *stream, size_t streams, uint64_t n)
{
    struct errors errors = {.count = 0};
    for (uint64_t seed = 0; seed < streams; seed++) {
        struct quantiles *quantiles = make(QUANTILES_CAPACITY);
        add(quantiles, stream, 100 + seed, 0, n, n);
        measure(quantiles, stream, 100 + seed, n, &errors);
        quantiles_free(quantiles);
    }
    double deviation = sqrt(errors.squares / (double)errors.count);
    double bias = errors.sum / (double)errors.count;
    if (errors.worst > QUANTILES_RANK_ERROR || deviation > 0.0014 ||
        fabs(bias) > 1.0 / QUANTILES_CAPACITY)
        ck_abort_msg("%s, %lu numbers: deviation %.4f %%, bias %.4f %%, worst %.4f %%",
                     stream->name, (unsigned long)n, 100 * deviation, 100 * bias,
                     100 * errors.worst);
}

START_TEST(quantiles_of_hundreds_of_streams_are_off_as_little_as_is_stated)
{
    check_statistics(&UNIFORM, 300, 12000);
    check_statistics(&LOW_AND_HIGH, 10, 200000);
}
END_TEST

/* ---- the same in the same order ---- */

static void assert_same(const struct quantiles *a, const struct quantiles *b)
{
    struct distribution first = spread_of(a);
    struct distribution second = spread_of(b);
    ck_assert_uint_eq(first.count, second.count);
    for (size_t i = 0; i < first.count; i++)
        if (first.points[i].number != second.points[i].number ||
            first.points[i].weight != second.points[i].weight)
            ck_abort_msg("point %zu of %zu", i, first.count);
    free(first.points);
    free(second.points);
}

/* In calls of 0 to `most` numbers. */
static void add_in_pieces(struct quantiles *quantiles, const double *numbers, size_t count,
                          size_t most)
{
    uint64_t state = most;
    for (size_t at = 0; at < count;) {
        size_t step = most == 1 ? 1 : chance_below(&state, most + 1);
        step = step < count - at ? step : count - at;
        if (!quantiles_add(quantiles, numbers + at, step))
            ck_abort_msg("no memory");
        at += step;
    }
}

static void check_pieces(size_t capacity, size_t count)
{
    static const size_t MOST[] = {1, 100, 100000};
    double *numbers = malloc(count * sizeof *numbers);
    struct quantiles *whole = make(capacity);
    ck_assert_ptr_nonnull(numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = uniform(3, i, count);
    ck_assert(quantiles_add(whole, numbers, count));
    for (size_t i = 0; i < COUNT(MOST); i++) {
        struct quantiles *pieces = make(capacity);
        add_in_pieces(pieces, numbers, count, MOST[i]);
        assert_same(whole, pieces);
        quantiles_free(pieces);
    }
    quantiles_free(whole);
    free(numbers);
}

START_TEST(quantiles_are_the_same_however_the_numbers_are_cut_into_calls)
{
    check_pieces(QUANTILES_CAPACITY, 10000);
    check_pieces(QUANTILES_CAPACITY, 1100000);
    check_pieces(FEW, 16384);
    check_pieces(FEW, 300001);
}
END_TEST

/* ---- numbers that came many times ---- */

START_TEST(quantiles_of_a_number_with_a_weight_stand_for_as_many)
{
    static const uint64_t WEIGHTS[] = {0, 1, 2, 3, 15, 16, 17, 1000, 65535, 1, 1048577, 5000000, 1};
    struct quantiles *quantiles = make(FEW);
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT(WEIGHTS); i++) {
        ck_assert(quantiles_add_weighted(quantiles, (double)i, WEIGHTS[i]));
        n += WEIGHTS[i];
        assert_stands_for(quantiles, FEW, n);
        add(quantiles, &UNIFORM, i, 0, 37, 37);
        n += 37;
        assert_stands_for(quantiles, FEW, n);
    }
    quantiles_free(quantiles);
}
END_TEST

START_TEST(quantiles_of_a_few_numbers_with_small_weights_are_exact)
{
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    for (uint64_t i = 1; i <= 500; i++)
        ck_assert(quantiles_add_weighted(quantiles, (double)i, i));
    struct ranks ranks;
    struct errors errors = {.count = 0};
    ranks_begin(&ranks, quantiles);
    for (uint64_t i = 1; i <= 500; i++)
        ranks_note(&ranks, (double)i, i);
    ranks_end(&ranks, &errors);
    ck_assert_double_eq(errors.worst, 0);
    quantiles_free(quantiles);
}
END_TEST

static uint64_t weight_at(uint64_t seed, uint64_t i, uint64_t most)
{
    uint64_t state = (seed + 1) << 20 ^ i;
    return 1 + chance_below(&state, most);
}

/* Every third number by itself, all others with weights. */
static void check_weighted(const struct stream *stream, uint64_t n, uint64_t most)
{
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    struct ranks ranks;
    struct errors errors = {.count = 0};
    for (uint64_t i = 0; i < n; i++)
        if (i % 3 == 0)
            add(quantiles, stream, 1, i, i + 1, n);
        else if (!quantiles_add_weighted(quantiles, stream->at(1, i, n), weight_at(1, i, most)))
            ck_abort_msg("no memory");
    ranks_begin(&ranks, quantiles);
    for (uint64_t i = 0; i < n; i++)
        ranks_note(&ranks, stream->at(1, i, n), i % 3 == 0 ? 1 : weight_at(1, i, most));
    ranks_end(&ranks, &errors);
    if (errors.worst > QUANTILES_RANK_ERROR)
        ck_abort_msg("%s with weights to %lu: a rank is off by %.3f %%", stream->name,
                     (unsigned long)most, 100 * errors.worst);
    assert_stands_for(quantiles, QUANTILES_CAPACITY, ranks.total);
    quantiles_free(quantiles);
}

START_TEST(quantiles_of_numbers_with_weights_are_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        check_weighted(&STREAMS[i], 20000, 10);
        check_weighted(&STREAMS[i], 5000, 1000);
        check_weighted(&STREAMS[i], 5000, 1000000);
    }
}
END_TEST

/* ---- two into one ---- */

/* Parts of `first` numbers and ever `growth` times as many, up to n, merged one by one. */
static void check_merge(const struct stream *stream, uint64_t n, double first, double growth)
{
    struct quantiles *into = make(QUANTILES_CAPACITY);
    double length = first;
    for (uint64_t from = 0; from < n; length *= growth) {
        uint64_t to = from + (uint64_t)fmax(length, 1);
        struct quantiles *part = make(QUANTILES_CAPACITY);
        to = to < n ? to : n;
        add(part, stream, 2, from, to, n);
        if (!quantiles_merge(into, part))
            ck_abort_msg("no memory");
        assert_stands_for(into, QUANTILES_CAPACITY, to);
        quantiles_free(part);
        from = to;
    }
    assert_within_the_error(into, stream, 2, n);
    quantiles_free(into);
}

START_TEST(quantiles_of_equal_parts_merged_are_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        check_merge(&STREAMS[i], 60000, 30000, 1);
        check_merge(&STREAMS[i], 60000, 6000, 1);
        check_merge(&STREAMS[i], 60000, 600, 1);
    }
}
END_TEST

START_TEST(quantiles_of_very_unequal_parts_merged_are_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(STREAMS); i++) {
        check_merge(&STREAMS[i], 100000, 1, 2);
        check_merge(&STREAMS[i], 100000, 90000, 0.1);
        check_merge(&STREAMS[i], 100000, 99999, 1);
        check_merge(&STREAMS[i], 100000, 1, 99999);
    }
}
END_TEST

/* Parts in whose sketches the sampler is at work, into such and into others. */
START_TEST(quantiles_of_large_parts_merged_are_within_the_error_that_is_stated)
{
    check_merge(&UNIFORM, 3500000, 1750001, 1);
    check_merge(&LOW_AND_HIGH, 3500000, 1500, 2000);
    check_merge(&LOW_AND_HIGH, 3500000, 3499990, 0.0001);
}
END_TEST

static void merge_empty(struct quantiles *quantiles)
{
    struct quantiles *empty = make(QUANTILES_CAPACITY);
    ck_assert(quantiles_merge(quantiles, empty));
    quantiles_free(empty);
}

START_TEST(quantiles_do_not_change_by_a_part_without_numbers)
{
    struct quantiles *quantiles = make(QUANTILES_CAPACITY);
    struct quantiles *same = make(QUANTILES_CAPACITY);
    struct quantiles *copy = make(QUANTILES_CAPACITY);
    merge_empty(quantiles);
    assert_stands_for(quantiles, QUANTILES_CAPACITY, 0);
    add(quantiles, &UNIFORM, 4, 0, 1200000, 0);
    add(same, &UNIFORM, 4, 0, 1200000, 0);
    merge_empty(quantiles);
    assert_same(quantiles, same);
    ck_assert(quantiles_merge(copy, same));
    assert_same(copy, same);
    quantiles_free(quantiles);
    quantiles_free(same);
    quantiles_free(copy);
}
END_TEST

START_TEST(quantiles_of_small_parts_merged_are_exact)
{
    struct quantiles *into = make(QUANTILES_CAPACITY);
    for (uint64_t part = 0; part < 10; part++) {
        struct quantiles *from = make(QUANTILES_CAPACITY);
        for (uint64_t i = 0; i < 100; i++)
            ck_assert(quantiles_add(from, &(double){(double)(i * 10 + part)}, 1));
        ck_assert(quantiles_merge(into, from));
        quantiles_free(from);
    }
    struct distribution spread = spread_of(into);
    ck_assert_uint_eq(spread.count, 1000);
    for (size_t i = 0; i < 1000; i++)
        if (spread.points[i].number != (double)i || spread.points[i].weight != 1)
            ck_abort_msg("point %zu is %g", i, spread.points[i].number);
    free(spread.points);
    quantiles_free(into);
}
END_TEST

/* Of each remainder that a sampler's group can have, on either side. */
START_TEST(quantiles_of_merged_parts_stand_for_every_number_of_both)
{
    for (uint64_t left = 0; left < 40; left += 3)
        for (uint64_t right = 0; right < 17; right++) {
            struct quantiles *into = make(FEW);
            struct quantiles *from = make(FEW);
            add(into, &UNIFORM, 1, 0, left * left * left, 0);
            add(from, &UNIFORM, 2, 0, 40000 + 7 * right, 0);
            if (!quantiles_merge(into, from))
                ck_abort_msg("no memory");
            assert_stands_for(into, FEW, left * left * left + 40000 + 7 * right);
            quantiles_free(into);
            quantiles_free(from);
        }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_quantiles", quantiles_of_nothing_have_no_points,
                       quantiles_of_fewer_numbers_than_a_level_holds_are_exact,
                       quantiles_stand_for_every_number_however_many_came,
                       quantiles_keep_none_but_numbers_that_came,
                       quantiles_of_streams_of_every_kind_are_within_the_error_that_is_stated,
                       quantiles_of_millions_are_within_the_error_that_is_stated,
                       quantiles_take_some_100_kib_however_many_numbers_came,
                       quantiles_of_hundreds_of_streams_are_off_as_little_as_is_stated,
                       quantiles_are_the_same_however_the_numbers_are_cut_into_calls,
                       quantiles_of_a_number_with_a_weight_stand_for_as_many,
                       quantiles_of_a_few_numbers_with_small_weights_are_exact,
                       quantiles_of_numbers_with_weights_are_within_the_error_that_is_stated,
                       quantiles_of_equal_parts_merged_are_within_the_error_that_is_stated,
                       quantiles_of_very_unequal_parts_merged_are_within_the_error_that_is_stated,
                       quantiles_of_large_parts_merged_are_within_the_error_that_is_stated,
                       quantiles_do_not_change_by_a_part_without_numbers,
                       quantiles_of_small_parts_merged_are_exact,
                       quantiles_of_merged_parts_stand_for_every_number_of_both);
}
