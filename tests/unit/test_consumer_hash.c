#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/hash.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* ---- the same bits for ever ---- */

/* Computed by another program from the description; a change here is a change of summaries. */
START_TEST(hash_of_a_word_is_the_same_on_every_machine)
{
    static const struct {
        uint64_t word, hash;
    } ROWS[] = {
        {0, 0x9ba9bea0cd04dfde},
        {1, 0x16004c15c3dfc2bf},
        {2, 0xbfbae4c896d8de37},
        {UINT64_MAX, 0x681ba31fff6ab8c8},
        {UINT64_C(1) << 63, 0x7d574aa52de04780},
        {0x3ff0000000000000, 0x95a2784477867aa0},
        {0x3fb999999999999a, 0xe73ca1fd4f32b8d0},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++)
        ck_assert_msg(hash_word(ROWS[i].word) == ROWS[i].hash, "row %zu", i);
}
END_TEST

START_TEST(hash_of_a_text_is_the_same_on_every_machine)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } ROWS[] = {
        {"", 0x510af58c0b670b51},
        {"a", 0x540a016a656d512d},
        {"ab", 0x0b961e03420e0dc1},
        {"abc", 0xa3c3fd8855348f61},
        {"abcd", 0x03a6a5efd11c2169},
        {"item_0", 0xe1c5c010449bebdc},
        {"abcdefg", 0x7dd50617fe07adea},
        {"Z\xc3\xbcrich", 0x68e7b541d722f292},
        {"abcdefgh", 0x52c644da5819768f},
        {"abcdefghijklmnop", 0xead124bbd3a2cec9},
        {"abcdefghijklmnopq", 0x809488f1d8322822},
        {"2026-11-23T10:15:00Z", 0xc16efa5aed77c977},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++)
        ck_assert_msg(hash_bytes(ROWS[i].text, strlen(ROWS[i].text)) == ROWS[i].hash, "\"%s\"",
                      ROWS[i].text);
}
END_TEST

START_TEST(hash_of_a_hundred_bytes_is_the_same_on_every_machine)
{
    char bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    ck_assert_uint_eq(hash_bytes(bytes, sizeof bytes), 0xe6cba00a5213f71e);
    ck_assert_uint_eq(hash_bytes(bytes, 1), 0x86db49f6e2c76bc1);
}
END_TEST

/* Of a copy that ends where its memory does, so that a look past it is seen when sanitized. */
static uint64_t hash_at(const char *bytes, size_t length, size_t offset)
{
    char *copy = malloc(offset + length);
    if (copy == NULL && offset + length > 0)
        ck_abort_msg("no memory for %zu bytes", offset + length);
    if (length > 0)
        memcpy(copy + offset, bytes, length);
    uint64_t hash = hash_bytes(copy + offset, length);
    free(copy);
    return hash;
}

START_TEST(hash_does_not_depend_on_where_the_bytes_lie)
{
    char bytes[70];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37);
    for (size_t length = 0; length <= sizeof bytes; length++)
        for (size_t offset = 0; offset < 9; offset++)
            if (hash_at(bytes, length, offset) != hash_bytes(bytes, length))
                ck_abort_msg("%zu bytes at an offset of %zu", length, offset);
}
END_TEST

/* ---- all of the value counts ---- */

static int compare_words(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void assert_all_different(uint64_t *hashes, size_t count)
{
    qsort(hashes, count, sizeof *hashes, compare_words);
    for (size_t i = 1; i < count; i++)
        if (hashes[i] == hashes[i - 1])
            ck_abort_msg("two of %zu are %016lx", count, (unsigned long)hashes[i]);
}

START_TEST(hash_takes_in_the_length_of_bytes_that_are_all_alike)
{
    static const char ALIKE[] = {'\0', ' ', '0', '\xff'};
    char bytes[300] = {0};
    uint64_t hashes[COUNT(ALIKE) * (sizeof bytes + 1)];
    size_t count = 0;
    hashes[count++] = hash_bytes(bytes, 0);
    for (size_t i = 0; i < COUNT(ALIKE); i++) {
        memset(bytes, ALIKE[i], sizeof bytes);
        for (size_t length = 1; length <= sizeof bytes; length++)
            hashes[count++] = hash_bytes(bytes, length);
    }
    assert_all_different(hashes, count);
}
END_TEST

START_TEST(hash_takes_in_every_byte_whatever_the_length)
{
    char bytes[130];
    uint64_t hashes[sizeof bytes * sizeof bytes + 1];
    size_t count = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t length = 1; length <= sizeof bytes; length++)
        for (size_t at = 0; at < length; at++) {
            bytes[at] ^= 0x10;
            hashes[count++] = hash_bytes(bytes, length);
            bytes[at] ^= 0x10;
        }
    assert_all_different(hashes, count);
}
END_TEST

START_TEST(hash_tells_short_texts_and_a_million_numbers_apart)
{
    enum { SHORT = 65537, NUMBERS = 1000000 };
    char text[16] = "";
    uint64_t *hashes = malloc((SHORT + NUMBERS) * sizeof *hashes);
    size_t count = 0;
    ck_assert_ptr_nonnull(hashes);
    hashes[count++] = hash_bytes(text, 0);
    for (int i = 0; i < SHORT - 1; i++) {
        text[0] = (char)i;
        text[1] = (char)(i >> 8);
        hashes[count++] = hash_bytes(text, i < 256 ? 1 : 2);
    }
    for (int i = 0; i < NUMBERS; i++) {
        size_t length = (size_t)snprintf(text, sizeof text, "%07d", i);
        hashes[count++] = hash_bytes(text, length);
    }
    assert_all_different(hashes, count);
    free(hashes);
}
END_TEST

/* Whole numbers differ in the upper bits of a double alone, and far below the lower ones are 0. */
START_TEST(hash_tells_a_million_whole_numbers_and_their_doubles_apart)
{
    enum { NUMBERS = 500000 };
    uint64_t *hashes = malloc(2 * NUMBERS * sizeof *hashes);
    ck_assert_ptr_nonnull(hashes);
    for (uint64_t i = 0; i < NUMBERS; i++) {
        double number = (double)i + 1;
        uint64_t bits = 0;
        memcpy(&bits, &number, sizeof bits);
        hashes[2 * i] = hash_word(i);
        hashes[2 * i + 1] = hash_word(bits);
    }
    assert_all_different(hashes, 2 * NUMBERS);
    free(hashes);
}
END_TEST

/* ---- half of the bits ---- */

#define SAMPLES 2048u

/* How often each bit of the hash changed with one of the input's. */
struct changes {
    unsigned of_bit[64];
};

static void note_changes(struct changes *changes, uint64_t before, uint64_t after)
{
    for (unsigned bit = 0; bit < 64; bit++)
        changes->of_bit[bit] += (unsigned)((before ^ after) >> bit & 1);
}

/* Five standard deviations, of which one cell in 1.7 million lies outside by chance. */
static void assert_half_changed(const struct changes *changes, size_t length, size_t input_bit)
{
    double tolerance = 5 * sqrt(SAMPLES) / 2;
    for (unsigned bit = 0; bit < 64; bit++)
        if (fabs(changes->of_bit[bit] - SAMPLES / 2.0) > tolerance)
            ck_abort_msg("bit %zu of %zu bytes changes bit %u in %u of %u cases", input_bit, length,
                         bit, changes->of_bit[bit], SAMPLES);
}

START_TEST(hash_changes_each_of_its_bits_half_the_time_with_each_bit_of_a_word)
{
    uint64_t state = 1;
    for (unsigned input_bit = 0; input_bit < 64; input_bit++) {
        struct changes changes = {{0}};
        for (unsigned i = 0; i < SAMPLES; i++) {
            uint64_t word = chance_next(&state);
            note_changes(&changes, hash_word(word), hash_word(word ^ UINT64_C(1) << input_bit));
        }
        assert_half_changed(&changes, sizeof(uint64_t), input_bit);
    }
}
END_TEST

static void fill_by_chance(char *bytes, size_t length, uint64_t *state)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)chance_next(state);
}

static void assert_avalanche_of(size_t length, size_t input_bit, uint64_t *state)
{
    char bytes[64];
    struct changes changes = {{0}};
    for (unsigned i = 0; i < SAMPLES; i++) {
        fill_by_chance(bytes, length, state);
        uint64_t before = hash_bytes(bytes, length);
        bytes[input_bit / 8] = (char)(bytes[input_bit / 8] ^ 1 << input_bit % 8);
        note_changes(&changes, before, hash_bytes(bytes, length));
    }
    assert_half_changed(&changes, length, input_bit);
}

/* A byte has few values, and the changes of one are not by chance: from three bytes on. */
START_TEST(hash_changes_each_of_its_bits_half_the_time_with_each_bit_of_a_text)
{
    static const size_t LENGTHS[] = {3, 4, 6, 7, 8, 11, 16, 17, 32, 40};
    uint64_t state = 2;
    for (size_t i = 0; i < COUNT(LENGTHS); i++)
        for (size_t bit = 0; bit < 8 * LENGTHS[i]; bit += 5)
            assert_avalanche_of(LENGTHS[i], bit, &state);
}
END_TEST

/* Who knows the constants can make a factor 0; what stands beside it must still count. */
START_TEST(hash_of_texts_that_make_a_factor_0_still_differs)
{
    static const uint64_t FACTORS[] = {HASH_PI_0, HASH_PI_1, HASH_PI_2};
    for (size_t i = 0; i < COUNT(FACTORS); i++)
        for (size_t length = 16; length <= 40; length += 8) {
            char one[40] = {0};
            char other[40] = {0};
            memcpy(one, &FACTORS[i], sizeof FACTORS[i]);
            memcpy(other, &FACTORS[i], sizeof FACTORS[i]);
            one[8] = 1;
            other[8] = 2;
            ck_assert(hash_bytes(one, length) != hash_bytes(other, length));
        }
}
END_TEST

/* The length must not make up for a byte. */
START_TEST(hash_of_short_texts_never_meets)
{
    uint64_t hashes[1 + 26 + 26 * 26 + 26 * 26 * 26];
    size_t count = 0;
    char text[3];
    for (int a = 0; a <= 26; a++)
        for (int b = 0; b <= (a == 0 ? 0 : 26); b++)
            for (int c = 0; c <= (b == 0 ? 0 : 26); c++) {
                size_t length = a == 0 ? 0 : b == 0 ? 1 : c == 0 ? 2 : 3;
                text[0] = (char)('a' - 1 + a);
                text[1] = (char)('a' - 1 + b);
                text[2] = (char)('a' - 1 + c);
                hashes[count++] = hash_bytes(text, length);
            }
    ck_assert_uint_eq(count, COUNT(hashes));
    qsort(hashes, count, sizeof *hashes, compare_words);
    for (size_t i = 1; i < count; i++)
        ck_assert(hashes[i] != hashes[i - 1]);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_hash", hash_of_a_word_is_the_same_on_every_machine,
                       hash_of_a_text_is_the_same_on_every_machine,
                       hash_of_a_hundred_bytes_is_the_same_on_every_machine,
                       hash_does_not_depend_on_where_the_bytes_lie,
                       hash_takes_in_the_length_of_bytes_that_are_all_alike,
                       hash_takes_in_every_byte_whatever_the_length,
                       hash_tells_short_texts_and_a_million_numbers_apart,
                       hash_tells_a_million_whole_numbers_and_their_doubles_apart,
                       hash_changes_each_of_its_bits_half_the_time_with_each_bit_of_a_word,
                       hash_changes_each_of_its_bits_half_the_time_with_each_bit_of_a_text,
                       hash_of_texts_that_make_a_factor_0_still_differs,
                       hash_of_short_texts_never_meets);
}
