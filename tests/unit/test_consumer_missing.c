#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/missing.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static bool is_missing(const char *words, const char *cell)
{
    const struct missing missing = missing_words(words);
    return missing_is(&missing, cell, strlen(cell));
}

START_TEST(missing_is_the_empty_cell_and_nothing_else_where_no_word_is_named)
{
    static const char *const NONE[] = {NULL, "", ",", ",,,"};
    for (size_t i = 0; i < COUNT(NONE); i++) {
        const struct missing missing = missing_words(NONE[i]);
        ck_assert(missing_is(&missing, NULL, 0));
        ck_assert(!missing_is_word(&missing, "", 0));
        ck_assert(!is_missing(NONE[i], "NA"));
        ck_assert(!is_missing(NONE[i], ","));
        ck_assert(!is_missing(NONE[i], " "));
    }
}
END_TEST

START_TEST(missing_is_each_of_the_words_and_the_empty_cell)
{
    ck_assert(is_missing("NA,-,null", "NA"));
    ck_assert(is_missing("NA,-,null", "-"));
    ck_assert(is_missing("NA,-,null", "null"));
    ck_assert(is_missing("NA,-,null", ""));
    ck_assert(is_missing("n/a", "n/a"));
}
END_TEST

START_TEST(missing_is_neither_part_of_a_word_nor_more_than_it)
{
    static const char *const CELLS[] = {"N",  "A",     "NAN",       "NA ",    " NA", "na", "nul",
                                        "ll", "null,", "NA,-,null", "-,null", "A,-", ","};
    for (size_t i = 0; i < COUNT(CELLS); i++)
        ck_assert_msg(!is_missing("NA,-,null", CELLS[i]), "\"%s\"", CELLS[i]);
}
END_TEST

/* Of the length of another word, but not that one. */
START_TEST(missing_is_no_cell_that_only_has_the_length_of_a_word)
{
    ck_assert(!is_missing("abc,xyz", "abz"));
    ck_assert(!is_missing("abc,xyz", "xbc"));
    ck_assert(is_missing("abc,xyz", "xyz"));
}
END_TEST

START_TEST(missing_words_may_have_commas_too_many)
{
    static const char *const LISTS[] = {",NA,x", "NA,x,", ",,NA,,x,,", "x,NA,"};
    for (size_t i = 0; i < COUNT(LISTS); i++) {
        ck_assert(is_missing(LISTS[i], "NA"));
        ck_assert(is_missing(LISTS[i], "x"));
        ck_assert(is_missing(LISTS[i], ""));
        ck_assert(!is_missing(LISTS[i], ","));
        ck_assert(!is_missing(LISTS[i], "N"));
    }
}
END_TEST

START_TEST(missing_words_are_taken_with_the_spaces_around_them)
{
    ck_assert(is_missing("NA, -", " -"));
    ck_assert(!is_missing("NA, -", "-"));
    ck_assert(is_missing(" ", " "));
}
END_TEST

/* All that are as long as 63 bytes or longer are looked for alike. */
START_TEST(missing_words_may_be_of_any_length)
{
    char word[200];
    memset(word, 'x', sizeof word);
    for (size_t length = 1; length < 150; length++) {
        char *list = NULL;
        ck_assert_int_gt(asprintf(&list, "NA,%.*s,-", (int)length, word), 0);
        const struct missing missing = missing_words(list);
        for (size_t other = 1; other < sizeof word; other++)
            if (missing_is(&missing, word, other) != (other == length))
                ck_abort_msg("%zu bytes where the word has %zu", other, length);
        word[length - 1] = 'y';
        ck_assert(!missing_is(&missing, word, length));
        word[length - 1] = 'x';
        ck_assert(missing_is(&missing, "-", 1));
        free(list);
    }
}
END_TEST

START_TEST(missing_is_no_cell_with_a_nul_byte_in_it)
{
    const struct missing missing = missing_words("NA,-");
    ck_assert(!missing_is(&missing, "NA\0", 3));
    ck_assert(!missing_is(&missing, "\0", 1));
    ck_assert(!missing_is(&missing, "N\0", 2));
}
END_TEST

START_TEST(missing_may_be_words_in_any_script)
{
    ck_assert(is_missing("\xe6\xac\xa0,\xe2\x80\x94", "\xe6\xac\xa0"));
    ck_assert(is_missing("\xe6\xac\xa0,\xe2\x80\x94", "\xe2\x80\x94"));
    ck_assert(!is_missing("\xe6\xac\xa0,\xe2\x80\x94", "\xe6\xac\xa1"));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_missing", missing_is_the_empty_cell_and_nothing_else_where_no_word_is_named,
        missing_is_each_of_the_words_and_the_empty_cell,
        missing_is_neither_part_of_a_word_nor_more_than_it,
        missing_is_no_cell_that_only_has_the_length_of_a_word,
        missing_words_may_have_commas_too_many, missing_words_are_taken_with_the_spaces_around_them,
        missing_words_may_be_of_any_length, missing_is_no_cell_with_a_nul_byte_in_it,
        missing_may_be_words_in_any_script);
}
