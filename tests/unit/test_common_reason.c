#include "common/reason.h"

#include <string.h>

#include "tests/unit/support.h"

START_TEST(what_was_not_rejected_has_an_empty_word)
{
    ck_assert_str_eq(reason_word(REASON_NONE), "");
}
END_TEST

START_TEST(words_are_those_of_the_documents)
{
    ck_assert_str_eq(reason_word(REASON_HASH_MISMATCH), "hash-mismatch");
    ck_assert_str_eq(reason_word(REASON_SIZE_MISMATCH), "size-mismatch");
    ck_assert_str_eq(reason_word(REASON_ROW_COUNT_MISMATCH), "row-count-mismatch");
    ck_assert_str_eq(reason_word(REASON_EXTRA_CELL), "extra-cell");
    ck_assert_str_eq(reason_word(REASON_MISSING_CELL), "missing-cell");
    ck_assert_str_eq(reason_word(REASON_UNCLOSED_QUOTE), "unclosed-quote");
    ck_assert_str_eq(reason_word(REASON_NOT_A_REGULAR_FILE), "not-a-regular-file");
}
END_TEST

START_TEST(every_word_is_short_lower_case_and_there_once)
{
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *word = reason_word((enum reason)i);
        ck_assert_uint_gt(strlen(word), 0);
        ck_assert_uint_lt(strlen(word), 32);
        ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(word, reason_word((enum reason)j));
    }
}
END_TEST

START_TEST(every_word_says_what_it_means)
{
    for (int i = 0; i < REASON_COUNT; i++)
        ck_assert_uint_gt(strlen(reason_meaning((enum reason)i)), 0);
}
END_TEST

START_TEST(a_rejection_holds_its_reason_and_its_sentence)
{
    struct rejection rejection;
    rejection_set(&rejection, REASON_EXTRA_CELL, "line %d, column %d", 3, 14);
    ck_assert_int_eq(rejection.reason, REASON_EXTRA_CELL);
    ck_assert_str_eq(rejection.detail, "line 3, column 14");
}
END_TEST

START_TEST(a_detail_that_is_too_long_is_cut)
{
    struct rejection rejection;
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    rejection_set(&rejection, REASON_TOO_LARGE, "%s", long_text);
    ck_assert_uint_eq(strlen(rejection.detail), REASON_DETAIL_SIZE - 1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_reason", what_was_not_rejected_has_an_empty_word, words_are_those_of_the_documents,
        every_word_is_short_lower_case_and_there_once, every_word_says_what_it_means,
        a_rejection_holds_its_reason_and_its_sentence, a_detail_that_is_too_long_is_cut);
}
