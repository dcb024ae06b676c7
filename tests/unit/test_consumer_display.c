#include "consumer/status/display.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/unit/support.h"

static struct text shown;

/* How it shows in so many cells, which must be as many as are told and as are measured anew. */
static const char *show(const char *bytes, size_t length, size_t limit)
{
    text_clear(&shown);
    text_put(&shown, "");
    size_t cells = display_append(&shown, bytes, length, limit);
    ck_assert(!text_failed(&shown));
    ck_assert_uint_eq(display_width(shown.bytes, shown.length), cells);
    ck_assert(cells <= limit);
    return shown.bytes;
}

#define SHOW(literal) show(literal, sizeof literal - 1, DISPLAY_ENDLESS)
#define SHOW_IN(literal, limit) show(literal, sizeof literal - 1, limit)

START_TEST(display_shows_text_as_it_is)
{
    ck_assert_str_eq(SHOW(""), "");
    ck_assert_str_eq(SHOW("a b~"), "a b~");
    ck_assert_str_eq(SHOW("Zürich, €5"), "Zürich, €5");
    ck_assert_str_eq(SHOW("東京 😀"), "東京 😀");
}
END_TEST

START_TEST(display_counts_the_cells_of_a_terminal)
{
    static const struct {
        const char *text;
        size_t cells;
    } CASES[] = {{"abc", 3},  {"é", 1},    {"e\xCC\x81", 1}, {"東京", 4},
                 {"ＡＢ", 4}, {"한국", 4}, {"😀", 2},         {"…≈×", 3}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        ck_assert_msg(display_width(CASES[i].text, strlen(CASES[i].text)) == CASES[i].cells, "%s",
                      CASES[i].text);
}
END_TEST

START_TEST(display_lets_no_control_character_through)
{
    ck_assert_str_eq(SHOW("a\nb\r\tc"), "a\\nb\\r\\tc");
    ck_assert_str_eq(SHOW("\x1b[31mred\x1b]0;title\x07"), "\\x1b[31mred\\x1b]0;title\\x07");
    ck_assert_str_eq(SHOW("a\0b\x7f"), "a\\x00b\\x7f");
    ck_assert_str_eq(SHOW("\xC2\x9B"
                          "31m"),
                     "\\x9b31m"); /* an escape sequence's short form, of C1 */
}
END_TEST

START_TEST(display_lets_no_byte_through_that_is_not_utf8)
{
    ck_assert_str_eq(SHOW("\xff\xfe"), "\\xff\\xfe");
    ck_assert_str_eq(SHOW("a\x9b"), "a\\x9b");
    ck_assert_str_eq(SHOW("\xC0\xAF"), "\\xc0\\xaf");
    ck_assert_str_eq(SHOW("\xE6\x9D"), "\\xe6\\x9d");
}
END_TEST

START_TEST(display_shows_what_cannot_be_seen_or_turns_the_writing)
{
    ck_assert_str_eq(SHOW("a\xE2\x80\x8B"), "a\\u200b");
    ck_assert_str_eq(SHOW("\xE2\x80\xAEgpj.exe"), "\\u202egpj.exe");
    ck_assert_str_eq(SHOW("\xE2\x81\xA6"), "\\u2066");
    ck_assert_str_eq(SHOW("\xEF\xBB\xBFid"), "\\ufeffid");
    ck_assert_str_eq(SHOW("\xE2\x80\xA8"), "\\u2028");
    ck_assert_str_eq(SHOW("\xF3\xA0\x81\x81"), "\\ue0041");
}
END_TEST

START_TEST(display_lets_through_none_of_the_characters_that_terminals_obey)
{
    for (unsigned character = 0; character < 0xA0; character++) {
        char bytes[2] = {(char)character, 0};
        size_t length = 1;
        if (character >= 0x80) {
            bytes[0] = (char)0xC2;
            bytes[1] = (char)character;
            length = 2;
        }
        if (character >= 0x20 && character < 0x7F)
            continue;
        const char *text = show(bytes, length, DISPLAY_ENDLESS);
        for (; *text != '\0'; text++)
            ck_assert_msg(*text > 0x20 && *text < 0x7F, "U+%04X", character);
    }
}
END_TEST

START_TEST(display_cuts_what_is_too_wide_and_says_so)
{
    ck_assert_str_eq(SHOW_IN("abcdef", 6), "abcdef");
    ck_assert_str_eq(SHOW_IN("abcdef", 5), "abcd…");
    ck_assert_str_eq(SHOW_IN("abcdef", 1), "…");
    ck_assert_str_eq(SHOW_IN("abcdef", 0), "");
    ck_assert_str_eq(SHOW_IN("", 0), "");
}
END_TEST

START_TEST(display_cuts_no_character_and_no_escape_in_two)
{
    ck_assert_str_eq(SHOW_IN("東京都", 6), "東京都");
    ck_assert_str_eq(SHOW_IN("東京都", 5), "東京…");
    ck_assert_str_eq(SHOW_IN("東京都", 4), "東…"); /* the second would take the ellipsis's cell */
    ck_assert_str_eq(SHOW_IN("東京都", 1), "…");
    ck_assert_str_eq(SHOW_IN("a\x1b"
                             "b",
                             5),
                     "a…");
    ck_assert_str_eq(SHOW_IN("a\x1b"
                             "b",
                             6),
                     "a\\x1bb");
    ck_assert_str_eq(SHOW_IN("e\xCC\x81o", 2), "e\xCC\x81o");
}
END_TEST

START_TEST(display_is_not_flooded_by_what_takes_no_cell)
{
    enum { ACCENTS = 100000 };
    char *bytes = malloc(2 * ACCENTS);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 2 * (size_t)ACCENTS; i++)
        bytes[i] = i % 2 == 0 ? '\xCC' : '\x81';
    ck_assert_uint_lt(strlen(show(bytes, 2 * ACCENTS, 24)), 24 * 10);
    free(bytes);
}
END_TEST

START_TEST(display_is_the_same_in_every_locale)
{
    ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
    ck_assert_str_eq(SHOW_IN("東京都", 5), "東京…");
}
END_TEST

START_TEST(display_knows_the_width_of_a_terminal_and_that_a_file_has_none)
{
    struct winsize size = {.ws_row = 24, .ws_col = 97};
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    ck_assert_uint_eq(display_terminal_width(terminal), 97);
    ck_assert_uint_eq(display_terminal_width(null), DISPLAY_ENDLESS);
    ck_assert_uint_eq(display_terminal_width(-1), DISPLAY_ENDLESS);
    size.ws_col = 0;
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    ck_assert_uint_eq(display_terminal_width(terminal), DISPLAY_ENDLESS);
    (void)close(null);
    (void)close(terminal);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_display", display_shows_text_as_it_is, display_counts_the_cells_of_a_terminal,
        display_lets_no_control_character_through, display_lets_no_byte_through_that_is_not_utf8,
        display_shows_what_cannot_be_seen_or_turns_the_writing,
        display_lets_through_none_of_the_characters_that_terminals_obey,
        display_cuts_what_is_too_wide_and_says_so, display_cuts_no_character_and_no_escape_in_two,
        display_is_not_flooded_by_what_takes_no_cell, display_is_the_same_in_every_locale,
        display_knows_the_width_of_a_terminal_and_that_a_file_has_none);
}
