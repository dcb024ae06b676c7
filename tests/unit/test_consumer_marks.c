#include <math.h>
#include <stdio.h>
#include <string.h>

#include "consumer/stream/marks.h"
#include "tests/unit/support.h"

/* Each test runs in a process of its own, so it finds these as new. */
static struct marks *marks;

static void add_column(struct account *account, const char *name, enum value_type type,
                       double median)
{
    struct account_column *column = &account->columns[account->column_count++];
    account_column_name(column, name, strlen(name));
    column->type = type;
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        column->quantiles[i] = median + ((double)i - ACCOUNT_P50);
}

/* A batch with one numeric column whose band is its median and 2 to either side. */
static struct account judge_median(double median)
{
    struct account account = {.outcome = OUTCOME_PROCESSED};
    add_column(&account, "value", VALUE_NUMBER, median);
    marks_judge(marks, &account);
    return account;
}

static struct account judge_columns(const char *names, enum value_type type)
{
    struct account account = {.outcome = OUTCOME_PROCESSED};
    for (const char *name = names; *name != '\0'; name++)
        add_column(&account, (const char[]){*name, '\0'}, type, (double)NAN);
    marks_judge(marks, &account);
    return account;
}

static void assert_change(const char *names, enum value_type type, const char *expected)
{
    ck_assert_str_eq(judge_columns(names, type).change, expected);
}

START_TEST(the_first_batch_is_not_a_change)
{
    assert_change("ab", VALUE_STRING, "");
}
END_TEST

START_TEST(columns_that_come_go_or_take_another_type_or_place_are_told)
{
    assert_change("ab", VALUE_STRING, "");
    assert_change("ab", VALUE_STRING, "");
    assert_change("abc", VALUE_STRING, "new: c");
    assert_change("bd", VALUE_STRING, "new: d; gone: a, c");
    assert_change("bd", VALUE_NUMBER, "b: number, was string; d: number, was string");
    assert_change("db", VALUE_NUMBER, "columns in another order");
    assert_change("db", VALUE_NUMBER, "");
}
END_TEST

START_TEST(more_changes_than_fit_a_line_end_in_an_ellipsis)
{
    assert_change("abcdefghijklmnopqrstuvwxyz", VALUE_STRING, "");
    struct account account = judge_columns("abcdefghijklmnopqrstuvwxyz", VALUE_NUMBER);
    size_t length = strlen(account.change);
    ck_assert_uint_lt(length, ACCOUNT_NOTE_SIZE);
    ck_assert_uint_gt(length, ACCOUNT_NOTE_SIZE - 24);
    ck_assert_str_eq(account.change + length - 5, "; \xE2\x80\xA6");
}
END_TEST

START_TEST(columns_beyond_those_that_are_told_are_counted)
{
    struct account account = {.outcome = OUTCOME_PROCESSED, .column_count = 40};
    marks_judge(marks, &account);
    account.column_count = 41;
    marks_judge(marks, &account);
    ck_assert_str_eq(account.change, "41 columns, were 40");
}
END_TEST

START_TEST(a_median_inside_the_usual_band_is_no_drift)
{
    for (int i = 0; i < 100; i++)
        ck_assert_str_eq(judge_median(i % 2 == 0 ? 9 : 11).drift, "");
}
END_TEST

START_TEST(a_median_outside_the_usual_band_is_a_drift)
{
    for (int i = 0; i < MARKS_FEWEST; i++)
        ck_assert_str_eq(judge_median(10).drift, "");
    ck_assert_str_eq(judge_median(12.5).drift, "value: median 12.5, usual 8 to 12");
    ck_assert_str_eq(judge_median(10).drift, "");
    ck_assert_str_ne(judge_median(7).drift, "");
}
END_TEST

START_TEST(too_few_batches_have_no_usual_band)
{
    for (int i = 0; i < MARKS_FEWEST - 1; i++)
        (void)judge_median(10);
    ck_assert_str_eq(judge_median(1000).drift, "");
}
END_TEST

START_TEST(what_leaves_its_band_with_every_batch_is_soon_told_no_more)
{
    int told = 0;
    for (int i = 0; i < 200; i++)
        told += judge_median(10.0 * i).drift[0] != '\0' ? 1 : 0;
    ck_assert_int_eq(told, MARKS_OFTEN);
}
END_TEST

START_TEST(a_column_of_one_value_that_no_double_holds_exactly_does_not_drift)
{
    for (int i = 0; i < 60; i++) {
        struct account account = {.outcome = OUTCOME_PROCESSED};
        add_column(&account, "value", VALUE_NUMBER, 0);
        for (size_t q = 0; q < ACCOUNT_QUANTILES; q++)
            account.columns[0].quantiles[q] = 0.1;
        marks_judge(marks, &account);
        ck_assert_str_eq(account.drift, "");
    }
}
END_TEST

START_TEST(a_batch_that_is_far_off_is_marked_and_the_ordinary_ones_behind_it_are_not)
{
    for (int i = 0; i < MARKS_FEWEST + 5; i++)
        ck_assert_str_eq(judge_median(10).drift, "");
    ck_assert_str_ne(judge_median(1e9).drift, "");
    for (int i = 0; i < MARKS_WINDOW; i++)
        ck_assert_str_eq(judge_median(10).drift, "");
    ck_assert_str_eq(judge_median(13).drift, "value: median 13, usual 8 to 12");
}
END_TEST

START_TEST(bands_at_both_ends_of_what_a_double_holds_have_a_middle)
{
    for (int i = 0; i < MARKS_FEWEST; i++)
        (void)judge_median(i % 2 == 0 ? -1.7e308 : 1.7e308);
    ck_assert_str_eq(judge_median(1.7e308).drift, "value: median 1.7e+308, usual 0 to 0");
}
END_TEST

START_TEST(columns_of_one_name_have_a_band_each)
{
    struct account account = {.column_count = 0};
    for (int i = 0; i <= MARKS_FEWEST; i++) {
        account = (struct account){.outcome = OUTCOME_PROCESSED};
        add_column(&account, "value", VALUE_NUMBER, 10);
        add_column(&account, "value", VALUE_NUMBER, i < MARKS_FEWEST ? 1000 : 10);
        marks_judge(marks, &account);
        ck_assert_str_eq(account.change, "");
    }
    ck_assert_str_eq(account.drift, "value: median 10, usual 998 to 1002");
    assert_change("a", VALUE_STRING, "new: a; gone: value, value");
}
END_TEST

/* 30 columns each, of names that no other has. */
static struct account judge_schema(int schema, double median)
{
    struct account account = {.outcome = OUTCOME_PROCESSED};
    for (int i = 0; i < 30; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "s%d c%d", schema, i);
        add_column(&account, name, VALUE_NUMBER, median);
    }
    marks_judge(marks, &account);
    return account;
}

START_TEST(schemas_that_take_turns_do_not_take_each_others_bands)
{
    for (int schemas = 2; schemas <= 8; schemas *= 2) {
        marks_free(marks);
        marks = marks_create();
        for (int i = 0; i < schemas * MARKS_FEWEST; i++)
            (void)judge_schema(i % schemas, 10);
        ck_assert_str_ne(judge_schema(0, 100).drift, "");
    }
}
END_TEST

START_TEST(only_the_last_batches_say_what_is_usual)
{
    for (int i = 0; i < MARKS_WINDOW; i++)
        (void)judge_median(10);
    for (int i = 0; i < 2 * MARKS_WINDOW; i++)
        (void)judge_median(100);
    ck_assert_str_eq(judge_median(100).drift, "");
    ck_assert_str_ne(judge_median(10).drift, "");
}
END_TEST

START_TEST(rejected_batches_are_neither_marked_nor_remembered)
{
    struct account rejected = {.outcome = OUTCOME_REJECTED};
    assert_change("a", VALUE_STRING, "");
    marks_judge(marks, &rejected);
    ck_assert_str_eq(rejected.change, "");
    assert_change("a", VALUE_STRING, "");
}
END_TEST

START_TEST(a_batch_whose_columns_nobody_knows_any_more_is_not_held_against_others)
{
    struct account forgotten = {.outcome = OUTCOME_PROCESSED};
    assert_change("a", VALUE_STRING, "");
    marks_judge(marks, &forgotten);
    ck_assert_str_eq(forgotten.change, "");
    assert_change("a", VALUE_STRING, "");
}
END_TEST

START_TEST(columns_of_ever_new_names_take_the_places_of_the_oldest)
{
    for (int i = 0; i < 20; i++) {
        for (char name = 'a'; name <= 'z'; name++) {
            struct account account = {.outcome = OUTCOME_PROCESSED};
            add_column(&account, (char[]){name, (char)('a' + i), '\0'}, VALUE_NUMBER, 5);
            add_column(&account, "kept", VALUE_NUMBER, 10);
            marks_judge(marks, &account);
            ck_assert_str_eq(account.drift, "");
        }
    }
    struct account account = {.outcome = OUTCOME_PROCESSED};
    add_column(&account, "kept", VALUE_NUMBER, 100);
    marks_judge(marks, &account);
    ck_assert_str_eq(account.drift, "kept: median 100, usual 8 to 12");
}
END_TEST

int main(void)
{
    marks = marks_create();
    int status = SUPPORT_RUN(
        "consumer_marks", the_first_batch_is_not_a_change,
        columns_that_come_go_or_take_another_type_or_place_are_told,
        more_changes_than_fit_a_line_end_in_an_ellipsis,
        columns_beyond_those_that_are_told_are_counted, a_median_inside_the_usual_band_is_no_drift,
        a_median_outside_the_usual_band_is_a_drift, too_few_batches_have_no_usual_band,
        what_leaves_its_band_with_every_batch_is_soon_told_no_more,
        a_column_of_one_value_that_no_double_holds_exactly_does_not_drift,
        only_the_last_batches_say_what_is_usual, rejected_batches_are_neither_marked_nor_remembered,
        a_batch_whose_columns_nobody_knows_any_more_is_not_held_against_others,
        a_batch_that_is_far_off_is_marked_and_the_ordinary_ones_behind_it_are_not,
        bands_at_both_ends_of_what_a_double_holds_have_a_middle,
        columns_of_one_name_have_a_band_each, schemas_that_take_turns_do_not_take_each_others_bands,
        columns_of_ever_new_names_take_the_places_of_the_oldest);
    marks_free(marks);
    return status;
}
