#include <stdlib.h>
#include <string.h>

#include "common/keyset.h"
#include "tests/unit/support.h"

static void is_text(const struct keyset *keys, const char *expected)
{
    struct text text = {0};
    text_put(&text, "");
    keyset_write(keys, &text);
    ck_assert_str_eq(text.bytes, expected);
    text_free(&text);
}

START_TEST(an_empty_set_has_nothing)
{
    struct keyset keys = {0};
    ck_assert(!keyset_has(&keys, 0));
    ck_assert(!keyset_has(&keys, 1));
    ck_assert_uint_eq(keyset_last(&keys), 0);
    is_text(&keys, "");
    keyset_free(&keys);
}
END_TEST

START_TEST(neighbours_become_one_range_from_either_side)
{
    struct keyset keys = {0};
    const uint64_t numbers[] = {5, 7, 6, 4, 9, 8, 5, 1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ck_assert(keyset_add(&keys, numbers[i]));
    is_text(&keys, "1,4-9");
    ck_assert_uint_eq(keys.count, 2);
    ck_assert_uint_eq(keyset_last(&keys), 9);
    keyset_free(&keys);
}
END_TEST

START_TEST(the_ends_of_the_numbers_are_numbers)
{
    struct keyset keys = {0};
    ck_assert(keyset_add(&keys, UINT64_MAX));
    ck_assert(keyset_add(&keys, 0));
    ck_assert(!keyset_has(&keys, 1));
    ck_assert(keyset_add(&keys, UINT64_MAX - 1));
    ck_assert(keyset_add(&keys, 1));
    is_text(&keys, "0-1,18446744073709551614-18446744073709551615");
    keyset_free(&keys);
}
END_TEST

/* Against a plain array of flags. */
START_TEST(any_order_gives_the_same_set)
{
    enum { COUNT = 400 };
    bool expected[COUNT + 2] = {false};
    struct keyset keys = {0};
    unsigned state = 1;
    for (int i = 0; i < 900; i++) {
        state = state * 1103515245u + 12345u;
        unsigned number = 1 + (state >> 16) % COUNT;
        expected[number] = true;
        ck_assert(keyset_add(&keys, number));
        size_t ranges = 0;
        for (unsigned n = 1; n <= COUNT; n++) {
            ck_assert(keyset_has(&keys, n) == expected[n]);
            ranges += expected[n] && !expected[n - 1] ? 1 : 0;
        }
        ck_assert_uint_eq(keys.count, ranges);
    }
    keyset_free(&keys);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    const char *const good[] = {"", "1", "1-5", "1-5,7,9-12", "0,2-18446744073709551615"};
    struct keyset keys = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert(keyset_read(&keys, good[i]));
        is_text(&keys, good[i]);
    }
    keyset_free(&keys);
}
END_TEST

START_TEST(what_is_no_set_is_refused_and_leaves_an_empty_one)
{
    const char *const bad[] = {
        ",",   "1,",  ",1",    "x",     "1-",   "-1",    "5-1", "1-1",
        "1,2", "3,1", "1-5,5", "1-5,6", "1--3", "1-3-5", " 1",  "18446744073709551616"};
    struct keyset keys = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(keyset_add(&keys, 3));
        ck_assert_msg(!keyset_read(&keys, bad[i]), "took '%s'", bad[i]);
        ck_assert_uint_eq(keys.count, 0);
    }
    keyset_free(&keys);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_keyset", an_empty_set_has_nothing, neighbours_become_one_range_from_either_side,
        the_ends_of_the_numbers_are_numbers, any_order_gives_the_same_set,
        what_is_written_is_read_back, what_is_no_set_is_refused_and_leaves_an_empty_one);
}
