#include <stdint.h>

#include "producer/random.h"
#include "tests/unit/support.h"

/* The values that the authors' splitmix64.c gives from the seed 1234567. */
START_TEST(random_splitmix64_gives_the_published_values)
{
    static const uint64_t published[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    uint64_t state = 1234567;
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(random_splitmix64(&state), published[i]);
}
END_TEST

/* The values that the authors' xoshiro256starstar.c gives from the state 1, 2, 3, 4. */
START_TEST(random_xoshiro256_gives_the_published_values)
{
    static const uint64_t published[] = {11520,
                                         0,
                                         1509978240,
                                         UINT64_C(1215971899390074240),
                                         UINT64_C(1216172134540287360),
                                         UINT64_C(607988272756665600),
                                         UINT64_C(16172922978634559625),
                                         UINT64_C(8476171486693032832),
                                         UINT64_C(10595114339597558777),
                                         UINT64_C(2904607092377533576)};
    struct random_state state = {{1, 2, 3, 4}};
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(random_next(&state), published[i]);
}
END_TEST

static uint64_t first(uint64_t seed, uint64_t stream)
{
    struct random_state state;
    random_seed(&state, seed, stream);
    return random_next(&state);
}

START_TEST(random_streams_of_one_seed_differ_and_are_no_shifted_copies_of_another_seeds)
{
    ck_assert_uint_eq(first(1, 2), first(1, 2));
    ck_assert_uint_ne(first(1, 2), first(1, 3));
    ck_assert_uint_ne(first(1, 2), first(2, 1));
    ck_assert_uint_ne(first(0, 0), 0);
}
END_TEST

START_TEST(random_branches_differ_from_each_other_and_from_the_stream_they_are_of)
{
    struct random_state branch;
    struct random_state other;
    random_seed_branch(&branch, 1, 2, 3);
    random_seed_branch(&other, 1, 2, 3);
    uint64_t number = random_next(&branch);
    ck_assert_uint_eq(number, random_next(&other));
    ck_assert_uint_ne(number, first(1, 2));
    static const uint64_t others[][3] = {{1, 3, 2}, {2, 1, 3}, {1, 2, 4}, {1, 3, 3}, {2, 2, 3}};
    for (size_t i = 0; i < 5; i++) {
        random_seed_branch(&other, others[i][0], others[i][1], others[i][2]);
        ck_assert_uint_ne(number, random_next(&other));
    }
}
END_TEST

START_TEST(random_share_is_uniform_from_zero_to_below_one)
{
    struct random_state state;
    double sum = 0;
    int tenths[10] = {0};
    random_seed(&state, 5, 5);
    for (int i = 0; i < 100000; i++) {
        double share = random_share(&state);
        ck_assert(share >= 0 && share < 1);
        tenths[(int)(share * 10)]++;
        sum += share;
    }
    ck_assert(sum > 49600 && sum < 50400);
    for (int i = 0; i < 10; i++)
        ck_assert(tenths[i] > 9600 && tenths[i] < 10400);
}
END_TEST

START_TEST(random_between_reaches_both_ends_and_nothing_beyond)
{
    struct random_state state;
    unsigned seen[6] = {0};
    random_seed(&state, 1, 1);
    for (int i = 0; i < 6000; i++) {
        uint64_t number = random_between(&state, 20, 25);
        ck_assert_uint_ge(number, 20);
        ck_assert_uint_le(number, 25);
        seen[number - 20]++;
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_uint_gt(seen[i], 850);
        ck_assert_uint_lt(seen[i], 1150);
    }
}
END_TEST

/*
 * Of a span of 3 * 2^62, the remainder of 64 bits would favour the lowest third,
 * and the high half of a product without a second draw the multiples of 3.
 */
START_TEST(random_between_has_no_bias_where_the_span_does_not_divide_the_range)
{
    const uint64_t third = UINT64_C(1) << 62;
    struct random_state state;
    int low = 0;
    int multiples = 0;
    random_seed(&state, 7, 1);
    for (int i = 0; i < 30000; i++) {
        uint64_t number = random_between(&state, 0, 3 * third - 1);
        low += number < third;
        multiples += number % 3 == 0;
    }
    ck_assert_int_gt(low, 9700);
    ck_assert_int_lt(low, 10300);
    ck_assert_int_gt(multiples, 9700);
    ck_assert_int_lt(multiples, 10300);
}
END_TEST

START_TEST(random_between_takes_a_single_number_and_the_whole_range)
{
    struct random_state state;
    struct random_state copy;
    random_seed(&state, 3, 3);
    copy = state;
    ck_assert_uint_eq(random_between(&state, 9, 9), 9);
    (void)random_next(&copy);
    ck_assert_uint_eq(random_between(&state, 0, UINT64_MAX), random_next(&copy));
}
END_TEST

START_TEST(random_from_the_system_is_not_the_same_twice)
{
    uint64_t one = 0;
    uint64_t two = 0;
    ck_assert(random_from_system(&one));
    ck_assert(random_from_system(&two));
    ck_assert_uint_ne(one, two);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_random", random_splitmix64_gives_the_published_values,
                       random_xoshiro256_gives_the_published_values,
                       random_streams_of_one_seed_differ_and_are_no_shifted_copies_of_another_seeds,
                       random_branches_differ_from_each_other_and_from_the_stream_they_are_of,
                       random_share_is_uniform_from_zero_to_below_one,
                       random_between_reaches_both_ends_and_nothing_beyond,
                       random_between_has_no_bias_where_the_span_does_not_divide_the_range,
                       random_between_takes_a_single_number_and_the_whole_range,
                       random_from_the_system_is_not_the_same_twice);
}
