#include <math.h>
#include <string.h>

#include "consumer/chart/chart_text.h"
#include "tests/unit/support.h"

#define ELLIPSIS "\xE2\x80\xA6"
#define REPLACEMENT "\xEF\xBF\xBD"

static void assert_put(const char *bytes, size_t length, size_t width, const char *expected)
{
    struct text text = {0};
    chart_text_put(&text, bytes, length, width);
    ck_assert_str_eq(text.bytes == NULL ? "" : text.bytes, expected);
    text_free(&text);
}

static void assert_put_text(const char *bytes, size_t width, const char *expected)
{
    assert_put(bytes, strlen(bytes), width, expected);
}

START_TEST(chart_text_is_as_wide_as_its_letters)
{
    ck_assert_uint_eq(chart_text_width("", 0), 0);
    ck_assert_uint_eq(chart_text_width("iiii", 4), 4 * 28);
    ck_assert_uint_gt(chart_text_width("WWWW", 4), 3 * chart_text_width("iiii", 4));
    ck_assert_uint_eq(chart_text_width("\xE6\x97\xA5", 3), 110); /* an ideograph is square */
    ck_assert_uint_lt(chart_text_width("e\xCC\x81", 3), 70);     /* an accent takes hardly any */
}
END_TEST

START_TEST(chart_text_is_cut_to_its_width_with_an_ellipsis)
{
    assert_put_text("iiiiiiiiii", 280, "iiiiiiiiii");
    assert_put_text("iiiiiiiiii", 279, "iiiiii" ELLIPSIS);
    assert_put_text("WWW", 280, "W" ELLIPSIS);
    assert_put_text("WWW", 50, ELLIPSIS);
}
END_TEST

START_TEST(chart_text_that_takes_no_room_ends_as_well)
{
    struct text accents = {0};
    struct text put = {0};
    for (int i = 0; i < 10000; i++)
        text_put(&accents, "\xCC\x81");
    chart_text_put(&put, accents.bytes, accents.length, CHART_TEXT_LABEL);
    ck_assert_uint_lt(put.length, 1000);
    text_free(&accents);
    text_free(&put);
}
END_TEST

START_TEST(chart_text_has_no_control_characters_and_marks_damage)
{
    assert_put_text("a\nb\r\tc\x1B\x7F", 2000, "a b  c  ");
    assert_put_text("a\xFF\xC3z", 2000, "a" REPLACEMENT REPLACEMENT "z");
    assert_put("a\0b", 3, 2000, "a b");
}
END_TEST

/* "a\u202elive" would be drawn as "aevil". */
START_TEST(chart_text_has_nothing_that_turns_the_writing_or_cannot_be_seen)
{
    assert_put_text("a\xE2\x80\xAElive", 2000, "a live");
    assert_put_text("\xE2\x81\xA6x\xE2\x81\xA9y\xE2\x80\x8Bz", 2000, " x y z");
    assert_put_text("a\xC2\x9B"
                    "b\xEF\xBB\xBF",
                    2000, "a b ");
    assert_put_text("\xD8\xB9\xD8\xB1", 2000, "\xD8\xB9\xD8\xB1");
}
END_TEST

START_TEST(chart_text_block_cannot_be_ended_by_what_is_in_it)
{
    struct text text = {0};
    chart_text_open(&text, "names");
    chart_text_put_line(&text, "END\nEND", 7, 2000);
    chart_text_close(&text);
    ck_assert_str_eq(text.bytes, "$names << END\n=END END\nEND\n");
    text_free(&text);
}
END_TEST

START_TEST(chart_text_number_is_exact_and_none_where_it_is_not_finite)
{
    struct text text = {0};
    chart_text_put_number(&text, 0.1);
    text_put(&text, " ");
    chart_text_put_number(&text, (double)NAN);
    text_put(&text, " ");
    chart_text_put_number(&text, -(double)INFINITY);
    ck_assert_str_eq(text.bytes, "0.1 NaN NaN");
    text_free(&text);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_chart_text", chart_text_is_as_wide_as_its_letters,
                       chart_text_is_cut_to_its_width_with_an_ellipsis,
                       chart_text_that_takes_no_room_ends_as_well,
                       chart_text_has_no_control_characters_and_marks_damage,
                       chart_text_has_nothing_that_turns_the_writing_or_cannot_be_seen,

                       chart_text_block_cannot_be_ended_by_what_is_in_it,
                       chart_text_number_is_exact_and_none_where_it_is_not_finite);
}
