#include "consumer/page/page_glyph.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/unit/support.h"

/* Each test runs in a process of its own, so it finds it empty. */
static struct text html;

static void assert_draws(const char *words)
{
    ck_assert_msg(strstr(html.bytes, words) != NULL, "no '%s' in %s", words, html.bytes);
}

static void assert_draws_not(const char *words)
{
    ck_assert_msg(strstr(html.bytes, words) == NULL, "'%s' in %s", words, html.bytes);
}

START_TEST(a_scale_takes_what_is_finite)
{
    struct page_scale scale = PAGE_SCALE_EMPTY;
    page_scale_take(&scale, (const double[]){NAN, 3, INFINITY, -5, -INFINITY}, 5);
    ck_assert(scale.low == -5 && scale.high == 3);
    ck_assert(page_scale_at(&scale, -5) == 0 && page_scale_at(&scale, -1) == 0.5);
    ck_assert(page_scale_at(&scale, 3) == 1);
}
END_TEST

START_TEST(a_scale_as_long_as_all_doubles_still_has_a_middle)
{
    const struct page_scale scale = {-DBL_MAX, DBL_MAX};
    ck_assert(page_scale_at(&scale, 0) == 0.5);
    ck_assert(page_scale_at(&scale, DBL_MAX) == 1);
}
END_TEST

START_TEST(a_scale_of_one_number_puts_it_in_the_middle)
{
    const struct page_scale scale = {7, 7};
    ck_assert(page_scale_at(&scale, 7) == 0.5);
}
END_TEST

START_TEST(what_lies_beyond_a_scale_stands_at_its_end)
{
    const struct page_scale scale = {0, 1};
    ck_assert(page_scale_at(&scale, -9) == 0 && page_scale_at(&scale, 9) == 1);
}
END_TEST

START_TEST(a_histogram_has_a_bar_for_each_bin_that_holds_something)
{
    page_glyph_histogram(&html, (const uint64_t[]){1, 0, 1000000}, 3, 0.5);
    assert_draws("viewBox=\"0 0 3 24\"");
    assert_draws("M0.06 24v-0.8h0.88"); /* one of a million is seen all the same */
    assert_draws_not("M1.06");
    assert_draws("M2.06 24v-24h0.88");
    assert_draws("<path class=\"mark\" d=\"M1.5 0V24\"/>");
}
END_TEST

START_TEST(a_histogram_without_a_median_marks_none)
{
    page_glyph_histogram(&html, (const uint64_t[]){1}, 1, NAN);
    assert_draws_not("mark");
}
END_TEST

START_TEST(a_range_shows_five_quantiles_on_its_scale)
{
    const struct page_scale scale = {0, 10};
    page_glyph_range(&html, (const double[PAGE_QUANTILES]){1, 2, 5, 7, 9}, &scale);
    assert_draws("<path d=\"M10 5H90\"/>");
    assert_draws("d=\"M20 2H70V8H20z\"");
    assert_draws("class=\"mark\" d=\"M50 0V10\"");
}
END_TEST

START_TEST(a_course_goes_from_the_oldest_to_the_newest)
{
    const struct page_scale scale = {0, 4};
    const double batches[3][PAGE_QUANTILES] = {{0, 0, 1, 2, 2}, {1, 1, 2, 3, 3}, {2, 2, 3, 4, 4}};
    page_glyph_course(&html, batches, 3, &scale);
    assert_draws("class=\"line\" d=\"M0 18L50 12L100 6\"");
    assert_draws("class=\"band\" d=\"M0 24L50 18L100 12L100 0L50 6L0 12z\"");
    assert_draws("class=\"dot\" d=\"M100 6h0\"");
}
END_TEST

START_TEST(a_batch_without_the_column_is_a_gap_in_its_course)
{
    const struct page_scale scale = {0, 2};
    const double gap[PAGE_QUANTILES] = {NAN, NAN, NAN, NAN, NAN};
    double batches[5][PAGE_QUANTILES] = {
        {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {0}, {1, 1, 1, 1, 1}, {0}};
    memcpy(batches[2], gap, sizeof gap);
    memcpy(batches[4], gap, sizeof gap);
    page_glyph_course(&html, (const double(*)[PAGE_QUANTILES])batches, 5, &scale);
    assert_draws("class=\"line\" d=\"M0 12L25 12M65 12L85 12\"");
    assert_draws("class=\"dot\" d=\"M75 12h0\"");
    assert_draws("L25 12L0 12zM65 12L85 12L85 12L65 12z\"");
    assert_draws_not("nan");
}
END_TEST

START_TEST(a_bar_is_never_longer_than_all)
{
    page_glyph_bar(&html, 1, 4);
    assert_draws("h25v1H0z");
    text_clear(&html);
    page_glyph_bar(&html, 9, 4);
    assert_draws("h100v1H0z");
    text_clear(&html);
    page_glyph_bar(&html, 0, 0);
    assert_draws("h0v1H0z");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_page_glyph", a_scale_takes_what_is_finite,
        a_scale_as_long_as_all_doubles_still_has_a_middle,
        a_scale_of_one_number_puts_it_in_the_middle, what_lies_beyond_a_scale_stands_at_its_end,
        a_histogram_has_a_bar_for_each_bin_that_holds_something,
        a_histogram_without_a_median_marks_none, a_range_shows_five_quantiles_on_its_scale,
        a_course_goes_from_the_oldest_to_the_newest,
        a_batch_without_the_column_is_a_gap_in_its_course, a_bar_is_never_longer_than_all);
}
