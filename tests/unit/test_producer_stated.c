/* What metadata states of a cell, so that other programs find it so. */
#include <string.h>

#include "producer/stated.h"
#include "tests/unit/support.h"

static const char *narrowest(const char *text)
{
    struct value_day day = {.known = false};
    return value_type_word(value_narrowest(stated_types(text, strlen(text), &day)));
}

static void assert_all(const char *type, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        ck_assert_msg(strcmp(narrowest(*texts), type) == 0, "'%s' is stated as %s, not %s", *texts,
                      narrowest(*texts), type);
}

#define ASSERT_ALL(type, ...) assert_all(type, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(stated_integers_are_as_they_would_be_printed_and_exact_in_a_double)
{
    ASSERT_ALL("integer", "0", "7", "-7", "100", "9007199254740991", "-9007199254740991");
    ASSERT_ALL("number", "+2", "007", "-0", "00", "9007199254740992", "-9007199254740993");
}
END_TEST

START_TEST(stated_numbers_have_three_words_that_are_not_finite)
{
    ASSERT_ALL("number", "1.5", ".5", "+1e9", "1E-5", "NaN", "INF", "-INF");
    ASSERT_ALL("string", "nan", "NAN", "inf", "+INF", "Infinity", "-infinity");
}
END_TEST

START_TEST(stated_types_other_than_string_have_no_space_at_an_edge)
{
    ASSERT_ALL("string", " 1", "1 ", "\t1.5", "true ", " 2026-01-01", "10:15:00 ", "a ");
}
END_TEST

START_TEST(stated_times_and_words_are_as_they_are_read)
{
    ASSERT_ALL("boolean", "true", "False");
    ASSERT_ALL("date", "2026-01-01");
    ASSERT_ALL("time", "10:15", "10:15:00.25");
    ASSERT_ALL("datetime", "2026-01-01T10:15:00Z", "2026-01-01 10:15:00.123456+01:00");
    ASSERT_ALL("string", "1,5", "5.", "0x10", "yes", "2026-02-30", "a");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_stated",
                       stated_integers_are_as_they_would_be_printed_and_exact_in_a_double,
                       stated_numbers_have_three_words_that_are_not_finite,
                       stated_types_other_than_string_have_no_space_at_an_edge,
                       stated_times_and_words_are_as_they_are_read);
}
