#include "consumer/page/page_text.h"

#include <math.h>
#include <string.h>

#include "tests/unit/support.h"

#define SPACE "\xE2\x80\xAF"
#define MINUS "\xE2\x88\x92"
#define DASH "\xE2\x80\x93"

/* Each test runs in a process of its own, so it finds it empty. */
static struct text html;

static const char *taken(void)
{
    static char copy[4096];
    ck_assert(!text_failed(&html));
    ck_assert_uint_lt(html.length, sizeof copy);
    memcpy(copy, html.bytes == NULL ? "" : html.bytes, html.length + 1);
    text_clear(&html);
    return copy;
}

static const char *text_of(const char *string)
{
    page_put_string(&html, string, PAGE_TEXT_CELLS);
    return taken();
}

static const char *number_of(double number)
{
    page_put_number(&html, number);
    return taken();
}

static const char *count_of(uint64_t count)
{
    page_put_count(&html, count);
    return taken();
}

static const char *share_of(uint64_t part, uint64_t whole)
{
    page_put_share(&html, part, whole);
    return taken();
}

START_TEST(text_that_means_something_in_html_is_escaped)
{
    static const struct {
        const char *text;
        const char *expected;
    } CASES[] = {
        {"value", "<bdi>value</bdi>"},
        {"", "<bdi></bdi>"},
        {"<script>", "<bdi>&lt;script&gt;</bdi>"},
        {"a&b", "<bdi>a&amp;b</bdi>"},
        {"&amp;", "<bdi>&amp;amp;</bdi>"},
        {"\"x\"", "<bdi>&quot;x&quot;</bdi>"},
        {"it's", "<bdi>it&#39;s</bdi>"},
        {"</bdi>", "<bdi>&lt;/bdi&gt;</bdi>"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ck_assert_str_eq(text_of(CASES[i].text), CASES[i].expected);
}
END_TEST

START_TEST(what_cannot_be_seen_or_turns_the_writing_is_written_out)
{
    ck_assert_str_eq(text_of("\x1B[31m"), "<bdi>\\x1b[31m</bdi>");
    ck_assert_str_eq(text_of("\xE2\x80\xAEgnp.exe"), "<bdi>\\u202egnp.exe</bdi>");
    ck_assert_str_eq(text_of("\xE2\x81\xA9"), "<bdi>\\u2069</bdi>");
    ck_assert_str_eq(text_of("a\nb"), "<bdi>a\\nb</bdi>");
    ck_assert_str_eq(text_of("\xFF"), "<bdi>\\xff</bdi>");
}
END_TEST

START_TEST(a_nul_in_the_middle_of_a_text_hides_nothing_behind_it)
{
    page_put_text(&html, "a\0<b", 4, PAGE_TEXT_CELLS);
    ck_assert_str_eq(taken(), "<bdi>a\\x00&lt;b</bdi>");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_cut_before_it_is_escaped)
{
    page_put_text(&html, "&&&&&", 5, 3);
    ck_assert_str_eq(taken(), "<bdi>&amp;&amp;\xE2\x80\xA6</bdi>");
}
END_TEST

START_TEST(a_text_in_an_attribute_is_isolated_by_characters)
{
    page_put_attribute(&html, "\"><b", 4, PAGE_TEXT_CELLS);
    ck_assert_str_eq(taken(), "\xE2\x81\xA8&quot;&gt;&lt;b\xE2\x81\xA9");
}
END_TEST

START_TEST(an_address_has_nothing_but_unreserved_characters_and_percents)
{
    page_put_address(&html, "plot_a b:c?#%&\"'\\\xC3\xA4-._~9Z.png");
    ck_assert_str_eq(taken(), "plot_a%20b%3Ac%3F%23%25%26%22%27%5C%C3%A4-._~9Z.png");
}
END_TEST

START_TEST(a_count_is_parted_in_threes_from_five_digits_on)
{
    ck_assert_str_eq(count_of(0), "0");
    ck_assert_str_eq(count_of(9999), "9999");
    ck_assert_str_eq(count_of(10000), "10" SPACE "000");
    ck_assert_str_eq(count_of(123456), "123" SPACE "456");
    ck_assert_str_eq(count_of(UINT64_MAX),
                     "18" SPACE "446" SPACE "744" SPACE "073" SPACE "709" SPACE "551" SPACE "615");
}
END_TEST

START_TEST(a_number_has_four_digits_that_matter)
{
    static const struct {
        double number;
        const char *expected;
    } CASES[] = {
        {0, "0"},
        {-0.0, "0"},
        {0.49332230781333336, "0.4933"},
        {-2.5, MINUS "2.5"},
        {999.94, "999.9"},
        {999.96, "1000"},
        {1234.56, "1235"},
        {-12345.6, MINUS "12" SPACE "346"},
        {1e15, "1e+15"},
        {-1e300, MINUS "1e+300"},
        {1e-7, "1e-07"},
        {NAN, DASH},
        {-INFINITY, DASH},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ck_assert_str_eq(number_of(CASES[i].number), CASES[i].expected);
}
END_TEST

START_TEST(a_scalar_shows_as_what_it_is)
{
    char words[] = "<b>";
    static const char *const EXPECTED[] = {DASH, "\u221212\u202F345", "0.5", "true",
                                           "<bdi>&lt;b&gt;</bdi>"};
    const struct column_scalar scalars[] = {
        {.kind = SCALAR_NONE},
        {.kind = SCALAR_INTEGER, .integer = -12345},
        {.kind = SCALAR_DOUBLE, .number = 0.5},
        {.kind = SCALAR_BOOLEAN, .boolean = true},
        {.kind = SCALAR_TEXT, .text = words, .length = 3},
    };
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        page_put_scalar(&html, &scalars[i], PAGE_TEXT_CELLS);
        ck_assert_str_eq(taken(), EXPECTED[i]);
    }
}
END_TEST

START_TEST(a_share_is_none_or_all_only_when_it_is)
{
    ck_assert_str_eq(share_of(0, 0), "0" SPACE "%");
    ck_assert_str_eq(share_of(0, 7), "0" SPACE "%");
    ck_assert_str_eq(share_of(1, 100000), "&lt;0.1" SPACE "%");
    ck_assert_str_eq(share_of(1, 16), "6.2" SPACE "%");
    ck_assert_str_eq(share_of(1, 3), "33.3" SPACE "%");
    ck_assert_str_eq(share_of(99999, 100000), "&gt;99.9" SPACE "%");
    ck_assert_str_eq(share_of(7, 7), "100" SPACE "%");
}
END_TEST

START_TEST(a_quantity_stands_apart_from_its_unit)
{
    page_put_size(&html, 2549);
    ck_assert_str_eq(taken(), "2.5" SPACE "KiB");
    page_put_duration(&html, 3200 * NUMBER_NS_PER_MS);
    ck_assert_str_eq(taken(), "3.2" SPACE "s");
    page_put_duration(&html, 125 * NUMBER_NS_PER_SECOND);
    ck_assert_str_eq(taken(), "2m05s");
}
END_TEST

START_TEST(a_time_is_shown_to_the_second_and_kept_whole)
{
    page_put_time(&html, "2026-11-23T10:15:00.123Z");
    ck_assert_str_eq(taken(),
                     "<time datetime=\"2026-11-23T10:15:00.123Z\">2026-11-23 10:15:00</time>");
    page_put_time(&html, "");
    ck_assert_str_eq(taken(), DASH);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_page_text", text_that_means_something_in_html_is_escaped,
        what_cannot_be_seen_or_turns_the_writing_is_written_out,
        a_nul_in_the_middle_of_a_text_hides_nothing_behind_it,
        a_text_that_is_too_long_is_cut_before_it_is_escaped,
        a_text_in_an_attribute_is_isolated_by_characters,
        an_address_has_nothing_but_unreserved_characters_and_percents,
        a_count_is_parted_in_threes_from_five_digits_on, a_number_has_four_digits_that_matter,
        a_scalar_shows_as_what_it_is, a_share_is_none_or_all_only_when_it_is,
        a_quantity_stands_apart_from_its_unit, a_time_is_shown_to_the_second_and_kept_whole);
}
