#include "common/text.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/support.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static void assert_json(const char *bytes, size_t length, const char *expected)
{
    struct text text = {0};
    text_json_string(&text, bytes, length);
    ck_assert(!text_failed(&text));
    ck_assert_str_eq(text.bytes, expected);
    ck_assert_uint_eq(text.length, strlen(expected));
    text_free(&text);
}

START_TEST(a_text_holds_what_was_put_into_it)
{
    struct text text = {0};
    text_put(&text, "one");
    text_append(&text, ", two", 5);
    text_printf(&text, ", %d%s", 3, "!");
    ck_assert(!text_failed(&text));
    ck_assert_str_eq(text.bytes, "one, two, 3!");
    ck_assert_uint_eq(text.length, 12);
    text_free(&text);
}
END_TEST

START_TEST(a_text_grows_across_every_size)
{
    struct text text = {0};
    for (size_t length = 0; length < 5000; length++) {
        ck_assert_uint_eq(text.length, length);
        text_append(&text, "x", 1);
        ck_assert_uint_lt(text.length, text.capacity);
        ck_assert_int_eq(text.bytes[text.length], '\0');
    }
    text_free(&text);
}
END_TEST

START_TEST(printf_fills_a_buffer_to_its_last_byte)
{
    for (int width = 250; width < 260; width++) {
        struct text text = {0};
        text_printf(&text, "%*d", width, 7);
        ck_assert_uint_eq(text.length, (size_t)width);
        ck_assert_uint_eq(strlen(text.bytes), (size_t)width);
        text_free(&text);
    }
}
END_TEST

START_TEST(a_text_keeps_nul_bytes)
{
    struct text text = {0};
    text_append(&text, "a\0b", 3);
    ck_assert_uint_eq(text.length, 3);
    ck_assert_mem_eq(text.bytes, "a\0b", 4);
    text_free(&text);
}
END_TEST

START_TEST(an_empty_append_makes_an_empty_string)
{
    struct text text = {0};
    text_append(&text, NULL, 0);
    ck_assert_str_eq(text.bytes, "");
    text_free(&text);
}
END_TEST

START_TEST(after_a_failed_allocation_nothing_more_is_appended)
{
    struct text text = {0};
    text_put(&text, "before");
    text_append(&text, "", SIZE_MAX / 2);
    ck_assert(text_failed(&text));
    text_put(&text, "after");
    text_printf(&text, "%d", 1);
    text_json_string(&text, "after", 5);
    ck_assert_str_eq(text.bytes, "before");
    text_free(&text);
    ck_assert(!text_failed(&text));
}
END_TEST

START_TEST(clearing_keeps_the_memory_and_forgets_the_failure)
{
    struct text text = {0};
    text_put(&text, "content");
    text_append(&text, "", SIZE_MAX / 2);
    const char *memory = text.bytes;
    text_clear(&text);
    ck_assert(!text_failed(&text));
    ck_assert_uint_eq(text.length, 0);
    ck_assert_str_eq(text.bytes, "");
    text_put(&text, "again");
    ck_assert_ptr_eq(text.bytes, memory);
    ck_assert_str_eq(text.bytes, "again");
    text_free(&text);
    text_free(&text);
    text_clear(&text);
}
END_TEST

START_TEST(a_json_string_escapes_what_json_demands)
{
    assert_json("", 0, "\"\"");
    assert_json("plain / text", 12, "\"plain / text\"");
    assert_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_json("\n\r\t", 3, "\"\\n\\r\\t\"");
    assert_json("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
}
END_TEST

START_TEST(a_json_string_keeps_every_character_that_is_utf8)
{
    assert_json("é", 2, "\"é\"");
    assert_json("日本", 6, "\"日本\"");
    assert_json("😀", 4, "\"😀\"");
    assert_json("שלום", 8, "\"שלום\"");
}
END_TEST

START_TEST(a_json_string_escapes_the_control_characters_beyond_ascii_too)
{
    /* U+0085 is a new line and U+009B starts a terminal's commands. */
    assert_json("\xC2\x85", 2, "\"\\u0085\"");
    assert_json("a\xC2\x9B"
                "2J",
                5, "\"a\\u009b2J\"");
    assert_json("\xC2\xA0", 2, "\"\xC2\xA0\"");
}
END_TEST

START_TEST(a_json_string_replaces_each_byte_that_is_no_utf8)
{
    assert_json("a\xFFz", 3, "\"a" REPLACEMENT "z\"");
    assert_json("\xC3", 1, "\"" REPLACEMENT "\"");
    assert_json("\xE2\x82", 2, "\"" REPLACEMENT REPLACEMENT "\"");
    assert_json("\xC0\xAF", 2, "\"" REPLACEMENT REPLACEMENT "\"");
    assert_json("\xC3\"", 2, "\"" REPLACEMENT "\\\"\"");
}
END_TEST

START_TEST(no_string_is_null)
{
    struct text text = {0};
    text_json_string_or_null(&text, NULL);
    text_json_string_or_null(&text, "");
    ck_assert_str_eq(text.bytes, "null\"\"");
    text_free(&text);
}
END_TEST

START_TEST(utf8_is_what_rfc_3629_says)
{
    ck_assert_uint_eq(text_utf8_length("a", 1), 1);
    ck_assert_uint_eq(text_utf8_length("\0", 1), 1);
    ck_assert_uint_eq(text_utf8_length("\xC2\x80", 2), 2);
    ck_assert_uint_eq(text_utf8_length("\xDF\xBF", 2), 2);
    ck_assert_uint_eq(text_utf8_length("\xE0\xA0\x80", 3), 3);
    ck_assert_uint_eq(text_utf8_length("\xED\x9F\xBF", 3), 3);
    ck_assert_uint_eq(text_utf8_length("\xEE\x80\x80", 3), 3);
    ck_assert_uint_eq(text_utf8_length("\xF0\x90\x80\x80", 4), 4);
    ck_assert_uint_eq(text_utf8_length("\xF4\x8F\xBF\xBF", 4), 4);
}
END_TEST

START_TEST(overlong_forms_surrogates_and_what_is_past_the_end_are_no_utf8)
{
    const char *const sequences[] = {"\x80",
                                     "\xBF",
                                     "\xC0\x80",
                                     "\xC1\xBF",
                                     "\xE0\x9F\xBF",
                                     "\xED\xA0\x80",
                                     "\xED\xBF\xBF",
                                     "\xF0\x8F\xBF\xBF",
                                     "\xF4\x90\x80\x80",
                                     "\xF5\x80\x80\x80",
                                     "\xFE",
                                     "\xFF",
                                     "\xC2z",
                                     "\xE2\x82z",
                                     "\xF0\x9F\x98z",
                                     "\xE2z\x82"};
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        ck_assert_msg(text_utf8_length(sequences[i], strlen(sequences[i])) == 0, "row %zu", i);
        ck_assert_msg(!text_is_utf8(sequences[i], strlen(sequences[i])), "row %zu", i);
    }
}
END_TEST

START_TEST(a_sequence_that_is_cut_short_is_no_utf8_and_nothing_behind_it_is_read)
{
    const char *const sequences[] = {"é", "€", "😀"};
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        for (size_t available = 0; available < strlen(sequences[i]); available++)
            ck_assert_uint_eq(text_utf8_length(sequences[i], available), 0);
    ck_assert(text_is_utf8("", 0));
    ck_assert(text_is_utf8("aé€😀", 10));
    ck_assert(!text_is_utf8("aé€😀", 9));
}
END_TEST

START_TEST(characters_are_counted_and_each_bad_byte_is_one)
{
    ck_assert_uint_eq(text_utf8_count("", 0), 0);
    ck_assert_uint_eq(text_utf8_count("aé€😀", 10), 4);
    ck_assert_uint_eq(text_utf8_count("a\xFF\xFEz", 4), 4);
    ck_assert_uint_eq(text_utf8_count("\xE2\x82", 2), 2);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_text", a_text_holds_what_was_put_into_it, a_text_grows_across_every_size,
        printf_fills_a_buffer_to_its_last_byte, a_text_keeps_nul_bytes,
        an_empty_append_makes_an_empty_string, after_a_failed_allocation_nothing_more_is_appended,
        clearing_keeps_the_memory_and_forgets_the_failure, a_json_string_escapes_what_json_demands,
        a_json_string_keeps_every_character_that_is_utf8,
        a_json_string_escapes_the_control_characters_beyond_ascii_too,
        a_json_string_replaces_each_byte_that_is_no_utf8, no_string_is_null,
        utf8_is_what_rfc_3629_says, overlong_forms_surrogates_and_what_is_past_the_end_are_no_utf8,
        a_sequence_that_is_cut_short_is_no_utf8_and_nothing_behind_it_is_read,
        characters_are_counted_and_each_bad_byte_is_one);
}
