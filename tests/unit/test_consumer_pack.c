#include <float.h>
#include <math.h>
#include <string.h>

#include "consumer/profile/pack.h"
#include "tests/unit/support.h"

#define MAGIC "SDSAMPLE"

/* ---- one behind the other ---- */

static struct unpacker reader_of(const struct text *text)
{
    ck_assert(!text_failed(text));
    return (struct unpacker){.bytes = text->bytes, .left = text->length};
}

START_TEST(what_is_packed_comes_back_in_its_order)
{
    size_t length = 0;
    struct text text = {0};
    pack_flag(&text, true);
    pack_flag(&text, false);
    pack_u32(&text, UINT32_MAX - 1);
    pack_u64(&text, UINT64_MAX - 1);
    pack_i64(&text, INT64_MIN);
    pack_double(&text, -0.0);
    pack_double(&text, DBL_TRUE_MIN);
    pack_double(&text, (double)NAN);
    pack_bytes(&text, "a\0b", 3);
    pack_bytes(&text, "", 0);
    struct unpacker packed = reader_of(&text);
    ck_assert(unpack_flag(&packed));
    ck_assert(!unpack_flag(&packed));
    ck_assert_uint_eq(unpack_u32(&packed), UINT32_MAX - 1);
    ck_assert_uint_eq(unpack_u64(&packed), UINT64_MAX - 1);
    ck_assert_int_eq(unpack_i64(&packed), INT64_MIN);
    ck_assert(signbit(unpack_double(&packed)));
    ck_assert_double_eq(unpack_finite(&packed), DBL_TRUE_MIN);
    ck_assert(isnan(unpack_double(&packed)));
    ck_assert_mem_eq(unpack_bytes(&packed, &length), "a\0b", 3);
    ck_assert_uint_eq(length, 3);
    ck_assert_ptr_nonnull(unpack_bytes(&packed, &length));
    ck_assert_uint_eq(length, 0);
    ck_assert(unpack_close(&packed));
    text_free(&text);
}
END_TEST

START_TEST(numbers_stand_with_their_lowest_byte_first)
{
    struct text text = {0};
    pack_u32(&text, 0x04030201);
    pack_double(&text, 1);
    ck_assert_uint_eq(text.length, 12);
    ck_assert_mem_eq(text.bytes, "\1\2\3\4\0\0\0\0\0\0\xF0\x3F", 12);
    text_free(&text);
}
END_TEST

/* ---- what is not there ---- */

START_TEST(behind_the_end_all_is_0_and_failed)
{
    size_t length = 1;
    struct unpacker packed = {.bytes = "\1\2\3", .left = 3};
    ck_assert_uint_eq(unpack_u32(&packed), 0);
    ck_assert(unpack_failed(&packed));
    /* What is left is less than was asked for, and no longer anything. */
    ck_assert(!unpack_flag(&packed));
    ck_assert_double_eq(unpack_double(&packed), 0);
    ck_assert_ptr_null(unpack_bytes(&packed, &length));
    ck_assert_uint_eq(length, 0);
    ck_assert_uint_eq(unpack_count(&packed, 9, 1), 0);
    ck_assert(!unpack_close(&packed));
}
END_TEST

START_TEST(a_length_beyond_the_end_is_refused)
{
    size_t length = 0;
    struct unpacker packed = {.bytes = "\4\0\0\0abc", .left = 7};
    ck_assert_ptr_null(unpack_bytes(&packed, &length));
    ck_assert(unpack_failed(&packed));
}
END_TEST

START_TEST(a_flag_is_0_or_1)
{
    struct unpacker packed = {.bytes = "\2", .left = 1};
    ck_assert(!unpack_flag(&packed));
    ck_assert(unpack_failed(&packed));
}
END_TEST

START_TEST(a_number_that_is_not_finite_is_refused_where_it_must_be)
{
    const double numbers[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < 3; i++) {
        double read = 1;
        struct text text = {0};
        pack_double(&text, numbers[i]);
        struct unpacker packed = reader_of(&text);
        unpack_doubles(&packed, &read, 1);
        ck_assert_double_eq(read, 0);
        ck_assert(unpack_failed(&packed));
        text_free(&text);
    }
}
END_TEST

static size_t count_of(uint64_t packed_count, size_t most, size_t each, size_t behind, bool *failed)
{
    struct text text = {0};
    pack_u64(&text, packed_count);
    for (size_t i = 0; i < behind; i++)
        pack_flag(&text, false);
    struct unpacker packed = reader_of(&text);
    size_t count = unpack_count(&packed, most, each);
    *failed = unpack_failed(&packed);
    text_free(&text);
    return count;
}

START_TEST(a_count_is_of_what_may_be_and_can_be_there)
{
    bool failed = true;
    ck_assert_uint_eq(count_of(3, 3, 4, 12, &failed), 3);
    ck_assert(!failed);
    ck_assert_uint_eq(count_of(4, 3, 4, 99, &failed), 0);
    ck_assert(failed);
    ck_assert_uint_eq(count_of(3, 3, 4, 11, &failed), 0);
    ck_assert(failed);
    ck_assert_uint_eq(count_of(UINT64_MAX / 2, SIZE_MAX, 8, 99, &failed), 0);
    ck_assert(failed);
}
END_TEST

/* ---- files ---- */

static struct text sample_file(void)
{
    struct text file = {0};
    pack_begin(&file, MAGIC, 3);
    pack_u64(&file, 7);
    pack_bytes(&file, "seven", 5);
    pack_end(&file);
    ck_assert(!text_failed(&file));
    return file;
}

static bool reads_as_sample(const char *bytes, size_t size)
{
    struct unpacker packed;
    size_t length = 0;
    if (!unpack_open(&packed, bytes, size, MAGIC, 3) || unpack_u64(&packed) != 7)
        return false;
    const char *seven = unpack_bytes(&packed, &length);
    return unpack_close(&packed) && length == 5 && memcmp(seven, "seven", 5) == 0;
}

START_TEST(a_whole_file_is_read)
{
    struct text file = sample_file();
    ck_assert(reads_as_sample(file.bytes, file.length));
    text_free(&file);
}
END_TEST

START_TEST(a_file_cut_short_anywhere_is_refused)
{
    struct text file = sample_file();
    for (size_t length = 0; length < file.length; length++)
        ck_assert_msg(!reads_as_sample(file.bytes, length), "cut at %zu", length);
    text_free(&file);
}
END_TEST

START_TEST(a_file_of_which_a_bit_has_turned_is_refused)
{
    struct text file = sample_file();
    for (size_t i = 0; i < 8 * file.length; i++) {
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ 1 << i % 8);
        struct unpacker packed;
        ck_assert_msg(!unpack_open(&packed, file.bytes, file.length, MAGIC, 3), "bit %zu", i);
        ck_assert(!unpack_close(&packed));
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ 1 << i % 8);
    }
    text_free(&file);
}
END_TEST

START_TEST(a_file_of_another_kind_or_version_is_refused)
{
    struct text file = sample_file();
    struct unpacker packed;
    ck_assert(!unpack_open(&packed, file.bytes, file.length, "SDSIMPLE", 3));
    ck_assert(!unpack_close(&packed));
    ck_assert(!unpack_open(&packed, file.bytes, file.length, MAGIC, 4));
    ck_assert(!unpack_close(&packed));
    text_free(&file);
}
END_TEST

START_TEST(a_file_with_more_in_it_than_was_asked_for_is_refused)
{
    struct text file = sample_file();
    struct unpacker packed;
    ck_assert(unpack_open(&packed, file.bytes, file.length, MAGIC, 3));
    ck_assert_uint_eq(unpack_u64(&packed), 7);
    ck_assert(!unpack_failed(&packed));
    ck_assert(!unpack_close(&packed));
    text_free(&file);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_pack", what_is_packed_comes_back_in_its_order,
                       numbers_stand_with_their_lowest_byte_first,
                       behind_the_end_all_is_0_and_failed, a_length_beyond_the_end_is_refused,
                       a_flag_is_0_or_1, a_number_that_is_not_finite_is_refused_where_it_must_be,
                       a_count_is_of_what_may_be_and_can_be_there, a_whole_file_is_read,
                       a_file_cut_short_anywhere_is_refused,
                       a_file_of_which_a_bit_has_turned_is_refused,
                       a_file_of_another_kind_or_version_is_refused,
                       a_file_with_more_in_it_than_was_asked_for_is_refused);
}
