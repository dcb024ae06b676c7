#include <stdio.h>
#include <string.h>

#include "common/digits.h"
#include "tests/unit/support.h"

START_TEST(eight_digits_are_worth_their_number)
{
    char text[16];
    for (uint64_t number = 0; number < 100000000; number += 9973) {
        (void)snprintf(text, sizeof text, "%08u", (unsigned)number);
        uint64_t word = digits_load(text);
        if (!digits_only(word) || digits_value(word) != number)
            ck_abort_msg("%s", text);
    }
    ck_assert_uint_eq(digits_value(digits_load("99999999")), 99999999);
}
END_TEST

START_TEST(eight_bytes_are_digits_only_when_each_is_one)
{
    for (int at = 0; at < 8; at++)
        for (int byte = 0; byte < 256; byte++)
            for (int others = '0'; others <= '9'; others += 9) {
                char text[8];
                memset(text, others, sizeof text);
                text[at] = (char)byte;
                bool digit = byte >= '0' && byte <= '9';
                ck_assert_int_eq(digits_is((char)byte), digit);
                if (digits_only(digits_load(text)) != digit)
                    ck_abort_msg("%d at %d between %c", byte, at, others);
            }
}
END_TEST

START_TEST(the_last_digits_of_a_text_stand_behind_zeros)
{
    static const char TEXT[] = "x123456789";
    for (size_t length = 4; length < sizeof TEXT; length++)
        for (size_t count = 1; count <= length && count <= 8; count++) {
            char expected[9] = "00000000";
            memcpy(expected + 8 - count, TEXT + length - count, count);
            ck_assert_uint_eq(digits_load_last(TEXT, TEXT + length, count), digits_load(expected));
        }
}
END_TEST

START_TEST(eight_bytes_have_a_shape_of_digits_and_what_stands_between)
{
    for (size_t at = 0; at < 8; at++)
        for (int byte = 0; byte < 256; byte++)
            for (size_t i = 0; i < 2; i++) {
                static const char SHAPE[] = "00:00-/0";
                char text[9];
                memcpy(text, i == 0 ? "00:00-/0" : "99:99-/9", sizeof text);
                bool fits = SHAPE[at] == '0' ? byte >= '0' && byte <= '9' : byte == SHAPE[at];
                text[at] = (char)byte;
                if (digits_have_shape(digits_load(text), SHAPE) != fits)
                    ck_abort_msg("%d at %zu", byte, at);
            }
}
END_TEST

START_TEST(the_digits_of_a_word_come_in_pairs)
{
    uint64_t pairs = digits_pairs(digits_load("2026-11-"));
    ck_assert_int_eq(digits_at(pairs, 0), 20);
    ck_assert_int_eq(digits_at(pairs, 1), 2);
    ck_assert_int_eq(digits_at(pairs, 2), 26);
    ck_assert_int_eq(digits_at(pairs, 5), 11);
    ck_assert_int_eq(digits_at(digits_pairs(digits_load("99999999")), 6), 99);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_digits", eight_digits_are_worth_their_number,
                       eight_bytes_are_digits_only_when_each_is_one,
                       the_last_digits_of_a_text_stand_behind_zeros,
                       eight_bytes_have_a_shape_of_digits_and_what_stands_between,
                       the_digits_of_a_word_come_in_pairs);
}
