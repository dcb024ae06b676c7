#include <math.h>
#include <stdio.h>
#include <string.h>

#include "consumer/profile/cardinality.h"
#include "consumer/profile/hash.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define BLOCK 1024u

/* ---- values, each different from the others ---- */

/* The hash of the number `i` of a set. */
typedef uint64_t make_hash(uint64_t set, uint64_t i);

static uint64_t hash_of_counted(uint64_t set, uint64_t i)
{
    return hash_word(set << 40 | i);
}

static uint64_t hash_of_double(uint64_t set, uint64_t i)
{
    double number = (double)(set * 100000000 + i);
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return hash_word(bits);
}

/* As many digits as it takes, so of differing lengths. */
static uint64_t hash_of_text(uint64_t set, uint64_t i)
{
    char text[48];
    char *at = text + sizeof text;
    for (uint64_t left = i; left > 0 || at == text + sizeof text; left /= 10)
        *--at = (char)('0' + left % 10);
    *--at = '_';
    *--at = (char)('a' + set % 26);
    return hash_bytes(at, (size_t)(text + sizeof text - at));
}

static struct cardinality *make(void)
{
    struct cardinality *cardinality = cardinality_create();
    ck_assert_ptr_nonnull(cardinality);
    return cardinality;
}

/* Takes in the values `from` to `to` - 1 of a set. */
static void add(struct cardinality *cardinality, make_hash *hash_of, uint64_t set, uint64_t from,
                uint64_t to)
{
    uint64_t hashes[BLOCK];
    size_t count = 0;
    for (uint64_t i = from; i < to; i++) {
        hashes[count++] = hash_of(set, i);
        if (count == BLOCK || i + 1 == to) {
            cardinality_add(cardinality, hashes, count);
            count = 0;
        }
    }
}

static uint64_t estimate_of(make_hash *hash_of, uint64_t set, uint64_t count)
{
    struct cardinality *cardinality = make();
    add(cardinality, hash_of, set, 0, count);
    uint64_t estimate = cardinality_estimate(cardinality);
    cardinality_free(cardinality);
    return estimate;
}

/* ---- how close it comes ---- */

START_TEST(cardinality_of_nothing_is_none)
{
    struct cardinality *cardinality = make();
    ck_assert_uint_eq(cardinality_estimate(cardinality), 0);
    cardinality_add(cardinality, NULL, 0);
    ck_assert_uint_eq(cardinality_estimate(cardinality), 0);
    cardinality_free(cardinality);
    cardinality_free(NULL);
}
END_TEST

START_TEST(cardinality_of_a_few_values_is_exact)
{
    for (uint64_t count = 1; count <= 25; count++)
        ck_assert_uint_eq(estimate_of(hash_of_counted, 1, count), count);
}
END_TEST

static void assert_within_the_error(make_hash *hash_of, uint64_t count)
{
    uint64_t estimate = estimate_of(hash_of, 0, count);
    ck_assert_msg(fabs((double)estimate - (double)count) <= CARDINALITY_ERROR * (double)count,
                  "%lu values are taken for %lu", (unsigned long)count, (unsigned long)estimate);
}

/* Around 2^15, 2.5 and 3 times that is where older estimators change over, with a bend. */
static const uint64_t COUNTS[] = {1,     10,    100,   1000,  10000,  30000,
                                  32768, 65000, 82000, 98304, 100000, 1000000};

START_TEST(cardinality_of_words_is_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(COUNTS); i++)
        assert_within_the_error(hash_of_counted, COUNTS[i]);
}
END_TEST

START_TEST(cardinality_of_numbers_is_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(COUNTS); i++)
        assert_within_the_error(hash_of_double, COUNTS[i]);
}
END_TEST

START_TEST(cardinality_of_texts_is_within_the_error_that_is_stated)
{
    for (size_t i = 0; i < COUNT(COUNTS); i++)
        assert_within_the_error(hash_of_text, COUNTS[i]);
}
END_TEST

START_TEST(cardinality_of_ten_million_is_within_the_error_that_is_stated)
{
    assert_within_the_error(hash_of_counted, 10000000);
}
END_TEST

/* On so many sets it comes out within a tenth; with half of the registers it would be 0.81 %. */
START_TEST(cardinality_has_the_standard_error_that_is_stated_and_no_bias)
{
    const uint64_t sets = 200;
    const uint64_t values = 200000;
    double sum = 0;
    double squares = 0;
    for (uint64_t set = 0; set < sets; set++) {
        uint64_t estimate = estimate_of(hash_of_counted, set, values);
        double error = (double)estimate / (double)values - 1;
        sum += error;
        squares += error * error;
    }
    double standard_error = 1.04 / sqrt(32768);
    double n = (double)sets;
    ck_assert_double_le(sqrt(squares / n), 1.1 * standard_error);
    ck_assert_double_le(fabs(sum / n), 3 * standard_error / sqrt(n));
}
END_TEST

/*
 * The hash has no key, so who wants to can choose values that fill the registers: of each place one
 * whose hash has nothing but zeros behind it.
 */
START_TEST(cardinality_that_no_values_by_chance_come_to_is_the_highest_number)
{
    struct cardinality *cardinality = make();
    uint64_t before = 0;
    for (uint64_t place = 0; place < 32768; place++) {
        uint64_t hash = place << 49;
        cardinality_add(cardinality, &hash, 1);
        if (place % 1024 != 1023)
            continue;
        uint64_t estimate = cardinality_estimate(cardinality);
        ck_assert_uint_gt(estimate, before);
        before = estimate;
    }
    ck_assert_uint_eq(cardinality_estimate(cardinality), UINT64_MAX);
    cardinality_free(cardinality);
}
END_TEST

/* ---- what does not change it ---- */

START_TEST(cardinality_does_not_change_by_values_that_come_again)
{
    struct cardinality *cardinality = make();
    add(cardinality, hash_of_counted, 3, 0, 50000);
    uint64_t estimate = cardinality_estimate(cardinality);
    for (int i = 0; i < 3; i++)
        add(cardinality, hash_of_counted, 3, 0, 50000);
    ck_assert_uint_eq(cardinality_estimate(cardinality), estimate);
    cardinality_free(cardinality);
}
END_TEST

START_TEST(cardinality_depends_neither_on_the_order_nor_on_how_values_are_cut_into_calls)
{
    enum { VALUES = 30011 }; /* a prime: the step below visits each once */
    static uint64_t hashes[VALUES];
    struct cardinality *forward = make();
    struct cardinality *shuffled = make();
    uint64_t state = 4;
    for (uint64_t i = 0; i < VALUES; i++)
        hashes[i] = hash_of_counted(4, i * 7919 % VALUES);
    add(forward, hash_of_counted, 4, 0, VALUES);
    for (size_t at = 0; at < VALUES;) {
        size_t step = chance_below(&state, 100);
        step = step < VALUES - at ? step : VALUES - at;
        cardinality_add(shuffled, hashes + at, step);
        at += step;
    }
    ck_assert_uint_eq(cardinality_estimate(shuffled), cardinality_estimate(forward));
    cardinality_free(forward);
    cardinality_free(shuffled);
}
END_TEST

/* ---- two into one ---- */

/* Of two parts of a set, `first` up to its end and from `second` on. */
static void assert_merge_is_union(uint64_t first_to, uint64_t second_from, uint64_t count)
{
    struct cardinality *first = make();
    struct cardinality *second = make();
    struct cardinality *both = make();
    add(first, hash_of_counted, 5, 0, first_to);
    add(second, hash_of_counted, 5, second_from, count);
    add(both, hash_of_counted, 5, 0, first_to);
    add(both, hash_of_counted, 5, second_from, count);
    uint64_t before = cardinality_estimate(second);
    cardinality_merge(first, second);
    ck_assert_uint_eq(cardinality_estimate(first), cardinality_estimate(both));
    ck_assert_uint_eq(cardinality_estimate(second), before);
    cardinality_free(first);
    cardinality_free(second);
    cardinality_free(both);
}

START_TEST(cardinality_of_merged_parts_is_that_of_their_union)
{
    assert_merge_is_union(50000, 50000, 100000);
    assert_merge_is_union(70000, 30000, 100000);
    assert_merge_is_union(100000, 0, 100000);
    assert_merge_is_union(10, 10, 100000);
    assert_merge_is_union(99990, 99990, 100000);
    assert_merge_is_union(0, 0, 100000);
    assert_merge_is_union(100000, 100000, 100000);
    assert_merge_is_union(0, 0, 0);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_cardinality", cardinality_of_nothing_is_none,
        cardinality_of_a_few_values_is_exact,
        cardinality_of_words_is_within_the_error_that_is_stated,
        cardinality_of_numbers_is_within_the_error_that_is_stated,
        cardinality_of_texts_is_within_the_error_that_is_stated,
        cardinality_of_ten_million_is_within_the_error_that_is_stated,
        cardinality_has_the_standard_error_that_is_stated_and_no_bias,
        cardinality_that_no_values_by_chance_come_to_is_the_highest_number,
        cardinality_does_not_change_by_values_that_come_again,
        cardinality_depends_neither_on_the_order_nor_on_how_values_are_cut_into_calls,
        cardinality_of_merged_parts_is_that_of_their_union);
}
