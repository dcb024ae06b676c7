/*
 * What a column's state is made of, each part by itself: what only a part of its own size shows
 * when it was packed, and what each refuses although its bytes are all there.
 */
#include <math.h>
#include <string.h>

#include "consumer/profile/counters.h"
#include "consumer/profile/extent.h"
#include "consumer/profile/numbers.h"
#include "consumer/profile/quantiles.h"
#include "consumer/profile/tally.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

/* Takes a part from the bytes; false where it refuses them. */
typedef bool taker(struct unpacker *packed);

static void assert_takes(taker *take, const struct text *text, bool good)
{
    struct unpacker packed = {.bytes = text->bytes, .left = text->length};
    ck_assert(!text_failed(text));
    ck_assert_int_eq(take(&packed) && unpack_close(&packed), good);
    ck_assert_int_eq(unpack_failed(&packed), !good);
}

/* Good as it is, and refused with the number at `at` changed. */
static void assert_minds(taker *take, struct text *text, size_t at, uint64_t number)
{
    char before[sizeof number];
    ck_assert_uint_le(at + sizeof number, text->length);
    memcpy(before, text->bytes + at, sizeof before);
    assert_takes(take, text, true);
    for (size_t i = 0; i < sizeof number; i++)
        text->bytes[at + i] = (char)(unsigned char)(number >> 8 * i);
    assert_takes(take, text, false);
    memcpy(text->bytes + at, before, sizeof before);
}

/* ---- quantiles ---- */

/* So few that the lowest level has gone after some ten thousand numbers. */
#define FEW 16u

static bool take_quantiles(struct unpacker *packed)
{
    struct quantiles *quantiles = quantiles_unpack(packed, FEW);
    quantiles_free(quantiles);
    return quantiles != NULL;
}

static void add_numbers(struct quantiles *quantiles, uint64_t seed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double number = chance_share(&seed);
        SUPPORT_ASSERT(quantiles_add(quantiles, &number, 1), "out of memory");
    }
}

static struct quantiles *quantiles_of(size_t count)
{
    struct quantiles *quantiles = quantiles_create(FEW);
    ck_assert_ptr_nonnull(quantiles);
    add_numbers(quantiles, 1, count);
    return quantiles;
}

static struct text packed_quantiles(const struct quantiles *quantiles)
{
    struct text text = {0};
    quantiles_pack(quantiles, &text);
    ck_assert(!text_failed(&text));
    return text;
}

START_TEST(quantiles_that_come_back_in_the_middle_of_a_group_choose_as_the_others_do)
{
    for (size_t count = 20000; count < 20100; count++) {
        struct quantiles *quantiles = quantiles_of(count);
        struct text text = packed_quantiles(quantiles);
        struct unpacker packed = {.bytes = text.bytes, .left = text.length};
        struct quantiles *copy = quantiles_unpack(&packed, FEW);
        ck_assert_ptr_nonnull(copy);
        ck_assert_uint_eq(quantiles_weight(copy), count);
        text_free(&text);
        add_numbers(quantiles, 2, 3000);
        add_numbers(copy, 2, 3000);
        struct text expected = packed_quantiles(quantiles);
        text = packed_quantiles(copy);
        ck_assert_uint_eq(text.length, expected.length);
        ck_assert_mem_eq(text.bytes, expected.bytes, text.length);
        text_free(&expected);
        text_free(&text);
        quantiles_free(quantiles);
        quantiles_free(copy);
    }
}
END_TEST

START_TEST(quantiles_refuse_levels_and_groups_that_cannot_be)
{
    struct quantiles *quantiles = quantiles_of(5);
    struct text text = packed_quantiles(quantiles);
    const size_t first_number = 8 + 8 + 1 + 1 + 8;
    const size_t random = first_number + 5 * 8;
    const double infinite = (double)INFINITY;
    uint64_t bits = 0;
    memcpy(&bits, &infinite, sizeof bits);
    assert_minds(take_quantiles, &text, 0, 1);
    assert_minds(take_quantiles, &text, 0, 41);
    assert_minds(take_quantiles, &text, 8, 10);
    assert_minds(take_quantiles, &text, 8 + 8 + 1 + 1, FEW);
    assert_minds(take_quantiles, &text, first_number, bits);
    assert_minds(take_quantiles, &text, random + 8, 1);
    assert_minds(take_quantiles, &text, random + 16, 1);
    text_free(&text);
    quantiles_free(quantiles);
}
END_TEST

static void assert_takes_level(uint64_t level, size_t count, bool good)
{
    struct text text = {0};
    pack_u64(&text, level);
    pack_u64(&text, level);
    pack_flag(&text, false);
    pack_flag(&text, false);
    pack_u64(&text, count);
    for (size_t i = 0; i < count; i++)
        pack_double(&text, 1);
    for (size_t i = 0; i < 4; i++)
        pack_u64(&text, 0);
    assert_takes(take_quantiles, &text, good);
    text_free(&text);
}

START_TEST(quantiles_refuse_a_level_that_is_full_or_stands_for_more_than_can_be_counted)
{
    assert_takes_level(0, FEW - 1, true);
    assert_takes_level(0, FEW, false);
    assert_takes_level(40, 1, true);
    assert_takes_level(41, 1, false);
}
END_TEST

/* ---- counters ---- */

#define MOST_VALUES 16u
#define MOST_BYTES 20u

static bool take_counters(struct unpacker *packed)
{
    struct counters counters;
    ck_assert(counters_open(&counters));
    bool good = counters_unpack(packed, &counters, MOST_VALUES, MOST_BYTES);
    counters_close(&counters);
    return good;
}

static void assert_takes_values(uint64_t capacity, const char *const *values, size_t count,
                                bool good)
{
    struct text text = {0};
    pack_u64(&text, capacity);
    pack_u64(&text, count);
    for (size_t i = 0; i < count; i++) {
        pack_u64(&text, hash_bytes(values[i], strlen(values[i])));
        pack_u64(&text, 1);
        pack_u64(&text, 0);
        pack_bytes(&text, values[i], strlen(values[i]));
    }
    assert_takes(take_counters, &text, good);
    text_free(&text);
}

START_TEST(counters_refuse_more_than_there_is_room_for)
{
    const char *const values[] = {"0123456789", "abcdefghij", "k"};
    assert_takes_values(8, values, 2, true);
    assert_takes_values(8, values, 3, false);
    assert_takes_values(2, values, 2, true);
    assert_takes_values(1, values, 2, false);
    assert_takes_values(16, values, 1, true);
    assert_takes_values(32, values, 1, false);
}
END_TEST

START_TEST(counters_refuse_a_value_that_is_there_twice_and_a_table_of_odd_size)
{
    const char *const values[] = {"a", "b", "a"};
    assert_takes_values(8, values, 2, true);
    assert_takes_values(8, values, 3, false);
    assert_takes_values(0, values, 0, false);
    assert_takes_values(12, values, 2, false);
}
END_TEST

/* ---- tally ---- */

static const struct tally_room ROOM = {.values = 64, .bytes = 4096, .counters = 16};

static bool take_tally(struct unpacker *packed)
{
    struct tally *tally = tally_unpack(packed, &ROOM);
    tally_free(tally);
    return tally != NULL;
}

START_TEST(tally_refuses_a_window_beyond_its_counters_and_an_error_while_it_is_exact)
{
    struct text text = {0};
    struct tally *tally = tally_create(&ROOM);
    ck_assert_ptr_nonnull(tally);
    ck_assert_int_eq(tally_add(tally, "a", 1, 1, 1), TALLY_COUNTED);
    tally_pack(tally, &text);
    assert_minds(take_tally, &text, 3 * 8, 1);
    text_clear(&text);
    ck_assert(tally_summarise(tally));
    tally_pack(tally, &text);
    assert_minds(take_tally, &text, text.length - ROOM.counters * 16 / 8 - 1 - 8,
                 ROOM.counters + 1);
    text_free(&text);
    tally_free(tally);
}
END_TEST

/* ---- moments and numbers ---- */

static bool take_moments(struct unpacker *packed)
{
    struct moments moments;
    moments_unpack(packed, &moments);
    return !unpack_failed(packed);
}

START_TEST(moments_refuse_a_scale_that_none_of_their_numbers_can_have_brought)
{
    struct text text = {0};
    struct moments moments = {0};
    for (int i = 0; i < MOMENTS_BLOCK + 2; i++)
        moments_add(&moments, i);
    moments_pack(&moments, &text);
    assert_minds(take_moments, &text, 0, 1);
    assert_minds(take_moments, &text, 16, 0);
    assert_minds(take_moments, &text, 16, 1025);
    assert_minds(take_moments, &text, 16, (uint64_t)-1001);
    /* Without a factor it would be nobody's, but is added and subtracted all the same. */
    memset(text.bytes + 24, 0, 8);
    assert_minds(take_moments, &text, 16, 1025);
    text_free(&text);
}
END_TEST

static bool take_whole_numbers(struct unpacker *packed)
{
    struct numbers numbers;
    numbers_unpack(packed, &numbers);
    return !unpack_failed(packed);
}

START_TEST(numbers_refuse_a_sum_that_theirs_cannot_have)
{
    struct text text = {0};
    struct text before = {0};
    struct numbers numbers = {.zeros = 0};
    const int64_t integers[] = {3, 5, 4};
    numbers_add_integers(&numbers, integers, 3);
    moments_pack(&numbers.moments, &before);
    size_t count = before.length + 5 * 8;
    numbers_pack(&numbers, &text);
    assert_minds(take_whole_numbers, &text, count + 8, 8);
    assert_minds(take_whole_numbers, &text, count + 8, 16);
    assert_minds(take_whole_numbers, &text, count + 16, 1);
    assert_minds(take_whole_numbers, &text, count + 16, UINT64_MAX);
    assert_minds(take_whole_numbers, &text, count, UINT64_MAX);
    text_free(&before);
    text_free(&text);
}
END_TEST

/* ---- extent ---- */

static bool take_extent(struct unpacker *packed)
{
    struct extent extent;
    bool good = extent_unpack(packed, &extent);
    extent_free(&extent);
    return good;
}

START_TEST(extent_refuses_a_text_longer_than_it_keeps)
{
    static const char letters[EXTENT_TEXT_BYTES + 1];
    for (size_t length = EXTENT_TEXT_BYTES; length <= EXTENT_TEXT_BYTES + 1; length++) {
        struct text text = {0};
        for (int i = 0; i < 2; i++) {
            pack_flag(&text, true);
            pack_bytes(&text, letters, length);
        }
        for (int i = 0; i < 4; i++)
            pack_u64(&text, 1);
        for (int i = 0; i < 2; i++) {
            pack_i64(&text, 0);
            pack_i64(&text, 0);
            pack_flag(&text, false);
        }
        assert_takes(take_extent, &text, length == EXTENT_TEXT_BYTES);
        text_free(&text);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_state_pack",
                       quantiles_that_come_back_in_the_middle_of_a_group_choose_as_the_others_do,
                       quantiles_refuse_levels_and_groups_that_cannot_be,
                       quantiles_refuse_a_level_that_is_full_or_stands_for_more_than_can_be_counted,
                       counters_refuse_more_than_there_is_room_for,
                       counters_refuse_a_value_that_is_there_twice_and_a_table_of_odd_size,
                       tally_refuses_a_window_beyond_its_counters_and_an_error_while_it_is_exact,
                       moments_refuse_a_scale_that_none_of_their_numbers_can_have_brought,
                       numbers_refuse_a_sum_that_theirs_cannot_have,
                       extent_refuses_a_text_longer_than_it_keeps);
}
