#include "consumer/chart/glyphs.h"

#include <string.h>

#include "tests/unit/support.h"

#define REPLACED "\xEF\xBF\xBD"
#define NOWHERE "\xF4\x8F\xBF\xBD" /* U+10FFFD, for private use: no font has it */

static void assert_drawn(const char *from, const char *as)
{
    struct text text = {0};
    text_put(&text, from);
    glyphs_replace_missing(&text);
    ck_assert(!text_failed(&text));
    ck_assert_uint_eq(text.length, strlen(as));
    ck_assert_mem_eq(text.bytes, as, text.length);
    text_free(&text);
    glyphs_forget();
}

START_TEST(glyphs_leaves_what_the_charts_font_has)
{
    assert_drawn("set title 'x' {/Symbol a}", "set title 'x' {/Symbol a}");
    assert_drawn("Zürich, Ελλάδα, Київ, مرحبا …", "Zürich, Ελλάδα, Київ, مرحبا …");
}
END_TEST

START_TEST(glyphs_replaces_what_no_font_has_and_nothing_beside_it)
{
    assert_drawn("a" NOWHERE "b\n" NOWHERE NOWHERE "é", "a" REPLACED "b\n" REPLACED REPLACED "é");
}
END_TEST

START_TEST(glyphs_replaces_bytes_that_are_no_character)
{
    assert_drawn("a\xFFz\xC3", "a" REPLACED "z" REPLACED);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_glyphs", glyphs_leaves_what_the_charts_font_has,
                       glyphs_replaces_what_no_font_has_and_nothing_beside_it,
                       glyphs_replaces_bytes_that_are_no_character);
}
