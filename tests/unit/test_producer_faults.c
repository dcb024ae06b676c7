#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/faults.h"
#include "tests/unit/support.h"

static struct faults faults;
static char error[FAULTS_ERROR_SIZE];

static void parse(const char *text)
{
    ck_assert_msg(faults_parse(text, &faults, error), "%s", error);
}

static void refuses(const char *text, const char *cause)
{
    ck_assert_msg(!faults_parse(text, &faults, error), "%s", text);
    ck_assert_msg(strstr(error, cause) != NULL, "%s: %s", text, error);
}

START_TEST(faults_takes_rates_by_their_words)
{
    parse("torn=0.01,gap=1e-9");
    ck_assert_uint_eq(faults.rates[FAULT_TORN], 10000000);
    ck_assert_uint_eq(faults.rates[FAULT_GAP], 1);
    ck_assert_uint_eq(faults.rates[FAULT_NUL], 0);
    ck_assert(faults_are_on(&faults));
    parse("torn=0");
    ck_assert(!faults_are_on(&faults));
}
END_TEST

START_TEST(faults_takes_all_for_those_that_are_not_named)
{
    parse("all=0.01,torn=0,nul=0.5");
    ck_assert_uint_eq(faults.rates[FAULT_TORN], 0);
    ck_assert_uint_eq(faults.rates[FAULT_NUL], 500000000);
    ck_assert_uint_eq(faults.rates[FAULT_GAP], 10000000);
}
END_TEST

START_TEST(faults_takes_rates_that_add_up_to_one_and_none_beyond)
{
    parse("torn=1");
    parse("torn=0.1,nul=0.2,gap=0.7");
    refuses("torn=0.1,nul=0.2,gap=0.700000001", "more than 1");
    refuses("all=0.1", "more than 1");
}
END_TEST

START_TEST(faults_refuses_what_is_no_rate)
{
    const char *const bad[] = {"torn=1.000000001", "torn=-0.1", "torn=",    "torn=1e-10",
                               "torn=x",           "torn=nan",  "torn=0x1", "torn= 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i], "a rate is 0, or from 0.000000001 to 1");
    refuses("torn", "WORD=RATE");
    refuses("torn=0.1,", "WORD=RATE");
    refuses("torn=0.1,torn=0.1", "twice");
    refuses("gap=1", "no batch");
}
END_TEST

START_TEST(faults_refuses_an_unknown_word_with_the_list_of_those_there_are)
{
    refuses("bogus=0.1", "no fault is called 'bogus'");
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
        ck_assert_msg(strstr(error, faults_word(fault)) != NULL, "%s", faults_word(fault));
    ck_assert_ptr_nonnull(strstr(error, FAULTS_ALL));
}
END_TEST

START_TEST(faults_that_are_rejected_have_a_reason_and_no_others_do)
{
    for (enum fault fault = 0; fault <= FAULT_NONE; fault++)
        ck_assert_msg((faults_expectation(fault) == FAULTS_REJECTED) ==
                          (faults_reason(fault, false) != REASON_NONE),
                      "%s", faults_word(fault));
    ck_assert_int_eq(faults_reason(FAULT_RAGGED, true), REASON_MISSING_CELL);
    ck_assert_int_eq(faults_reason(FAULT_TORN, true), REASON_SIZE_MISMATCH);
}
END_TEST

START_TEST(faults_come_as_often_as_their_rates_say)
{
    uint64_t counts[FAULT_COUNT + 1] = {0};
    parse("torn=0.1,nul=0.02,crlf=0.3");
    for (uint64_t number = 1; number <= 100000; number++)
        counts[faults_plan(&faults, 7, number).fault]++;
    /* Five standard deviations of a binomial count are less than 750. */
    ck_assert_int_lt(labs((long)counts[FAULT_TORN] - 10000), 750);
    ck_assert_int_lt(labs((long)counts[FAULT_NUL] - 2000), 750);
    ck_assert_int_lt(labs((long)counts[FAULT_CRLF] - 30000), 750);
    ck_assert_uint_eq(
        counts[FAULT_TORN] + counts[FAULT_NUL] + counts[FAULT_CRLF] + counts[FAULT_NONE], 100000);
}
END_TEST

START_TEST(faults_of_a_number_depend_on_seed_and_number_alone)
{
    size_t differ = 0;
    parse("all=0.04");
    for (uint64_t number = 1; number <= 1000; number++) {
        struct faults_plan plan = faults_plan(&faults, 7, number);
        struct faults_plan again = faults_plan(&faults, 7, number);
        ck_assert_int_eq(plan.fault, again.fault);
        ck_assert_int_eq(plan.other, again.other);
        ck_assert_uint_eq(random_next(&plan.random), random_next(&again.random));
        differ += plan.fault != faults_plan(&faults, 8, number).fault;
    }
    ck_assert_uint_gt(differ, 100);
}
END_TEST

START_TEST(faults_repeat_only_a_batch_that_is_whole)
{
    size_t duplicates = 0;
    parse("duplicate=0.5,torn=0.25");
    ck_assert_int_ne(faults_plan(&faults, 7, 1).fault, FAULT_DUPLICATE);
    for (uint64_t number = 2; number <= 1000; number++) {
        if (faults_plan(&faults, 7, number).fault != FAULT_DUPLICATE)
            continue;
        duplicates++;
        ck_assert_int_ne(faults_plan(&faults, 7, number - 1).fault, FAULT_TORN);
    }
    ck_assert_uint_gt(duplicates, 100);
}
END_TEST

START_TEST(faults_stand_in_the_document_as_in_the_table)
{
    char *document = support_read_file("docs", "faults.md", NULL);
    size_t rows = 0;
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++) {
        struct text row = {0};
        text_printf(&row, "\n| `%s` | %s | ", faults_word(fault), faults_help(fault));
        faults_describe(&row, fault);
        text_put(&row, " |\n");
        ck_assert_msg(strstr(document, row.bytes) != NULL, "not in docs/faults.md:%s", row.bytes);
        text_free(&row);
    }
    char *table = strstr(document, "| fault | what is published");
    for (char *at = strstr(table, "|---|"); strncmp(at, "\n\n", 2) != 0; at++)
        rows += at[0] == '\n';
    ck_assert_uint_eq(rows, FAULT_COUNT);
    free(document);
}
END_TEST

START_TEST(faults_are_listed_with_what_a_right_reader_makes_of_them)
{
    struct text list = {0};
    faults_list(&list);
    ck_assert_ptr_nonnull(strstr(list.bytes, "\n  ragged\n"));
    ck_assert_ptr_nonnull(strstr(list.bytes, "\n      rejected: extra-cell or missing-cell\n"));
    ck_assert_ptr_nonnull(strstr(list.bytes, "\n  gap\n"));
    text_free(&list);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_faults", faults_takes_rates_by_their_words,
        faults_takes_all_for_those_that_are_not_named,
        faults_takes_rates_that_add_up_to_one_and_none_beyond, faults_refuses_what_is_no_rate,
        faults_refuses_an_unknown_word_with_the_list_of_those_there_are,
        faults_that_are_rejected_have_a_reason_and_no_others_do,
        faults_come_as_often_as_their_rates_say, faults_of_a_number_depend_on_seed_and_number_alone,
        faults_repeat_only_a_batch_that_is_whole, faults_stand_in_the_document_as_in_the_table,
        faults_are_listed_with_what_a_right_reader_makes_of_them);
}
