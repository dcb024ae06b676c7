#include <math.h>
#include <stdlib.h>

#include "consumer/profile/envelope.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define NONE ((double)NAN)

static struct envelope envelope_of(const double *numbers, size_t count, size_t block, bool finite)
{
    struct envelope envelope = {0};
    for (size_t at = 0; at < count; at += block) {
        size_t taken = count - at < block ? count - at : block;
        ck_assert(envelope_add(&envelope, numbers + at, taken, finite));
    }
    return envelope;
}

static void assert_same(double a, double b)
{
    ck_assert_msg(a == b || (isnan(a) && isnan(b)), "%g is not %g", a, b);
}

/* Numbers as a walk leaves them; each seventh is none, where some are to be none. */
static double *walk(size_t count, bool with_gaps)
{
    double *numbers = malloc(count * sizeof *numbers);
    uint64_t state = 42;
    double at = 0;
    ck_assert_ptr_nonnull(numbers);
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        at += (double)(state >> 33) / (1u << 30) - 1;
        numbers[i] = with_gaps && i % 7 == 3 ? NONE : at;
    }
    return numbers;
}

/* What a bucket must be, the plain way. */
static struct envelope_bucket bucket_of(const double *numbers, size_t from, size_t to)
{
    struct envelope_bucket bucket = {NONE, NONE, NONE, NONE};
    for (size_t i = from; i < to; i++) {
        if (!isfinite(numbers[i]))
            continue;
        bucket.first = isnan(bucket.first) ? numbers[i] : bucket.first;
        bucket.last = numbers[i];
        bucket.min = fmin(bucket.min, numbers[i]);
        bucket.max = fmax(bucket.max, numbers[i]);
    }
    return bucket;
}

static void assert_buckets(const struct envelope *envelope, const double *numbers, size_t count)
{
    size_t rows = (size_t)envelope->rows_a_bucket;
    ck_assert_uint_eq(envelope->rows, count);
    ck_assert_uint_eq(envelope->count, (count + rows - 1) / rows);
    for (size_t i = 0; i < envelope->count; i++) {
        size_t end = (i + 1) * rows < count ? (i + 1) * rows : count;
        const struct envelope_bucket expected = bucket_of(numbers, i * rows, end);
        assert_same(envelope->buckets[i].first, expected.first);
        assert_same(envelope->buckets[i].last, expected.last);
        assert_same(envelope->buckets[i].min, expected.min);
        assert_same(envelope->buckets[i].max, expected.max);
    }
}

START_TEST(envelope_keeps_first_last_smallest_and_largest_of_each_bucket)
{
    static const struct {
        size_t rows, rows_a_bucket;
    } FILES[] = {{1, 1},    {1023, 1}, {1024, 1}, {1025, 2},     {2048, 2},
                 {2049, 4}, {4096, 4}, {4097, 8}, {100000, 128}, {131072, 128}};
    for (size_t i = 0; i < COUNT(FILES); i++) {
        double *numbers = walk(FILES[i].rows, false);
        struct envelope envelope = envelope_of(numbers, FILES[i].rows, 1024, true);
        ck_assert_uint_eq(envelope.rows_a_bucket, FILES[i].rows_a_bucket);
        ck_assert_uint_le(envelope.count, ENVELOPE_BUCKETS);
        assert_buckets(&envelope, numbers, FILES[i].rows);
        envelope_free(&envelope);
        free(numbers);
    }
}
END_TEST

START_TEST(envelope_leaves_out_what_is_no_number)
{
    double *numbers = walk(5000, true);
    numbers[0] = (double)INFINITY;
    numbers[4999] = -(double)INFINITY;
    struct envelope envelope = envelope_of(numbers, 5000, 1024, false);
    assert_buckets(&envelope, numbers, 5000);
    envelope_free(&envelope);
    free(numbers);
}
END_TEST

START_TEST(envelope_does_not_depend_on_the_blocks_that_numbers_come_in)
{
    static const size_t BLOCKS[] = {1, 3, 7, 100, 1000, 30000};
    double *numbers = walk(30000, false);
    for (size_t i = 0; i < COUNT(BLOCKS); i++) {
        struct envelope envelope = envelope_of(numbers, 30000, BLOCKS[i], i % 2 == 0);
        assert_buckets(&envelope, numbers, 30000);
        envelope_free(&envelope);
    }
    free(numbers);
}
END_TEST

START_TEST(envelope_of_a_million_rows_loses_no_peak)
{
    size_t count = 1000000;
    double *numbers = calloc(count, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    numbers[777777] = 9;
    numbers[123456] = -9;
    struct envelope envelope = envelope_of(numbers, count, 1024, true);
    ck_assert_double_eq(envelope.buckets[777777 / envelope.rows_a_bucket].max, 9);
    ck_assert_double_eq(envelope.buckets[123456 / envelope.rows_a_bucket].min, -9);
    envelope_free(&envelope);
    free(numbers);
}
END_TEST

static bool ordered(const double *numbers, size_t count)
{
    struct envelope envelope = envelope_of(numbers, count, 1024, false);
    bool is = envelope_is_ordered(&envelope);
    envelope_free(&envelope);
    return is;
}

START_TEST(envelope_is_ordered_where_it_only_rises_or_only_falls)
{
    ck_assert(ordered((double[]){1, 2, 2, 5}, 4));
    ck_assert(ordered((double[]){5, 2, NONE, 2, 1}, 5));
    ck_assert(!ordered((double[]){1, 3, 2}, 3));
    ck_assert(!ordered((double[]){2, 2, 2}, 3));
    ck_assert(!ordered((double[]){1}, 1));
    ck_assert(!ordered(NULL, 0));
}
END_TEST

/* Each second row an hour before the one above it: the first rows of buckets alone would rise. */
START_TEST(envelope_is_ordered_by_each_row_and_not_by_the_first_of_each_bucket)
{
    static const size_t BLOCKS[] = {1, 7, 1024, 4000};
    static double numbers[4000];
    for (size_t i = 0; i < COUNT(numbers); i++)
        numbers[i] = (double)i - (i % 2 == 0 ? 0 : 3600);
    for (size_t i = 0; i < 2 * COUNT(BLOCKS); i++) {
        struct envelope envelope = envelope_of(numbers, COUNT(numbers), BLOCKS[i / 2], i % 2 == 0);
        ck_assert(!envelope_is_ordered(&envelope));
        envelope_free(&envelope);
    }
    for (size_t i = 0; i < COUNT(numbers); i++)
        numbers[i] = (double)(i / 2);
    for (size_t i = 0; i < 2 * COUNT(BLOCKS); i++) {
        struct envelope envelope = envelope_of(numbers, COUNT(numbers), BLOCKS[i / 2], i % 2 == 0);
        ck_assert(envelope_is_ordered(&envelope));
        ck_assert(!envelope_increases(&envelope));
        envelope_free(&envelope);
    }
}
END_TEST

static bool increases(const double *numbers, size_t count)
{
    struct envelope envelope = envelope_of(numbers, count, 1024, false);
    bool does = envelope_increases(&envelope);
    envelope_free(&envelope);
    return does;
}

START_TEST(envelope_increases_where_each_number_is_larger_than_the_one_before)
{
    static double many[3000];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (double)i;
    ck_assert(increases((double[]){1, 2, 5}, 3));
    ck_assert(!increases((double[]){1, 2, 2}, 3));
    ck_assert(!increases((double[]){1, NONE, 2}, 3));
    ck_assert(!increases((double[]){3, 2, 1}, 3));
    ck_assert(increases(many, COUNT(many)));
    many[1500] = 4000;
    ck_assert(!increases(many, COUNT(many)));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_envelope",
                       envelope_keeps_first_last_smallest_and_largest_of_each_bucket,
                       envelope_leaves_out_what_is_no_number,
                       envelope_does_not_depend_on_the_blocks_that_numbers_come_in,
                       envelope_of_a_million_rows_loses_no_peak,
                       envelope_is_ordered_where_it_only_rises_or_only_falls,
                       envelope_is_ordered_by_each_row_and_not_by_the_first_of_each_bucket,
                       envelope_increases_where_each_number_is_larger_than_the_one_before);
}
