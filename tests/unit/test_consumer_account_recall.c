#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "consumer/profile/summary.h"
#include "consumer/stream/account_recall.h"
#include "tests/unit/support.h"

static const struct rejection NO_REJECTION = {.reason = REASON_NONE};
static const struct processed_record RECORD = {.key = "7",
                                               .file = "data_7.csv",
                                               .outcome = OUTCOME_PROCESSED,
                                               .rejection = &NO_REJECTION,
                                               .verified = true,
                                               .rows = 3,
                                               .bytes = 26,
                                               .sha256 = "",
                                               .plot = PLOT_OK,
                                               .at = "2026-11-25T10:00:00Z"};

static void profile_of(const char *csv, struct profile *profile)
{
    struct rejection rejection;
    const struct csv_rules rules = {.missing = NULL};
    struct profiler *profiler = profiler_create(&rules, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, csv, strlen(csv), &rejection));
    ck_assert(profiler_finish(profiler, profile, &rejection));
    profiler_free(profiler);
}

static void save_summary(const char *directory, const struct profile *profile)
{
    struct text summary = {0};
    const struct summary_batch about = {.key = "7", .file = "data_7.csv", .sha256 = ""};
    summary_write(&summary, &about, profile);
    support_write_file(directory, "summary_7.json", summary.bytes, summary.length);
    text_free(&summary);
}

START_TEST(what_is_recalled_is_what_was_told_when_it_was_decided)
{
    const char *directory = support_temporary_directory();
    struct profile profile;
    struct account told = {.outcome = OUTCOME_PROCESSED};
    struct account recalled;
    profile_of("name,value\na,1.5\nb,2.5\n\"c\"\"\xC3\xA4\",\n", &profile);
    account_columns(&told, &profile);
    save_summary(directory, &profile);
    profile_free(&profile);
    account_recall(support_open_directory(directory), &RECORD, &recalled);
    ck_assert_uint_eq(recalled.column_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(recalled.columns[i].name, told.columns[i].name);
        ck_assert_int_eq(recalled.columns[i].type, told.columns[i].type);
        ck_assert_uint_eq(recalled.columns[i].count, told.columns[i].count);
        ck_assert_uint_eq(recalled.columns[i].missing, told.columns[i].missing);
        ck_assert_uint_eq(recalled.columns[i].distinct, told.columns[i].distinct);
    }
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++) {
        ck_assert(isnan(recalled.columns[0].quantiles[i]));
        ck_assert(recalled.columns[1].quantiles[i] == told.columns[1].quantiles[i]);
    }
}
END_TEST

START_TEST(columns_beyond_those_that_are_told_are_counted)
{
    const char *directory = support_temporary_directory();
    struct text csv = {0};
    struct profile profile;
    struct account recalled;
    for (int i = 0; i < 40; i++)
        text_printf(&csv, "%sc%d", i == 0 ? "" : ",", i);
    text_put(&csv, "\n");
    text_append(&csv, "", 1);
    profile_of(csv.bytes, &profile);
    save_summary(directory, &profile);
    profile_free(&profile);
    text_free(&csv);
    account_recall(support_open_directory(directory), &RECORD, &recalled);
    ck_assert_uint_eq(recalled.column_count, 40);
    ck_assert_str_eq(recalled.columns[ACCOUNT_COLUMNS_MAX - 1].name, "c31");
}
END_TEST

START_TEST(columns_are_told_however_far_behind_in_the_summary_they_stand)
{
    const char *directory = support_temporary_directory();
    struct text csv = {0};
    struct profile profile;
    struct account recalled;
    size_t length = 0;
    for (int i = 0; i < 40; i++)
        text_printf(&csv, "%sc%d", i == 0 ? "" : ",", i);
    for (int i = 0; i < 40; i++)
        text_printf(&csv, "%s%03000d", i == 0 ? "\nx" : ",x", i);
    text_put(&csv, "\n");
    profile_of(csv.bytes, &profile);
    save_summary(directory, &profile);
    profile_free(&profile);
    text_free(&csv);
    free(support_read_file(directory, "summary_7.json", &length));
    ck_assert_uint_gt(length, (size_t)256 * 1024);
    account_recall(support_open_directory(directory), &RECORD, &recalled);
    ck_assert_uint_eq(recalled.column_count, 40);
    ck_assert_str_eq(recalled.columns[ACCOUNT_COLUMNS_MAX - 1].name, "c31");
    ck_assert_uint_eq(recalled.columns[ACCOUNT_COLUMNS_MAX - 1].count, 1);
}
END_TEST

START_TEST(the_record_says_the_rest)
{
    struct account recalled;
    account_recall(support_open_directory(support_temporary_directory()), &RECORD, &recalled);
    ck_assert_str_eq(recalled.key, "7");
    ck_assert_str_eq(recalled.at, "2026-11-25T10:00:00Z");
    ck_assert_uint_eq(recalled.rows * 100 + recalled.bytes, 326);
    ck_assert(recalled.verified && recalled.plot == PLOT_OK);
    ck_assert_uint_eq(recalled.column_count, 0);
}
END_TEST

static void assert_says_nothing_of_columns(const char *summary)
{
    const char *directory = support_temporary_directory();
    struct account recalled;
    support_write_file(directory, "summary_7.json", summary, strlen(summary));
    account_recall(support_open_directory(directory), &RECORD, &recalled);
    ck_assert_uint_eq(recalled.column_count, 0);
}

START_TEST(a_summary_that_is_none_says_nothing)
{
    assert_says_nothing_of_columns("");
    assert_says_nothing_of_columns("{");
    assert_says_nothing_of_columns("{}");
    assert_says_nothing_of_columns("{\"columns\": 3}");
    assert_says_nothing_of_columns("{\"columns\": null}");
}
END_TEST

START_TEST(a_column_of_odd_members_is_one_of_strings)
{
    static const char odd[] =
        "{\"columns\": [3, {\"name\": 5, \"type\": \"colour\", \"count\": -1, "
        "\"missing\": \"x\", \"quantiles\": {\"p50\": \"x\"}}]}";
    const char *directory = support_temporary_directory();
    struct account recalled;
    support_write_file(directory, "summary_7.json", odd, sizeof odd - 1);
    account_recall(support_open_directory(directory), &RECORD, &recalled);
    ck_assert_uint_eq(recalled.column_count, 2);
    ck_assert_str_eq(recalled.columns[1].name, "");
    ck_assert_int_eq(recalled.columns[1].type, VALUE_STRING);
    ck_assert_uint_eq(recalled.columns[1].count + recalled.columns[1].missing, 0);
    ck_assert(isnan(recalled.columns[1].quantiles[ACCOUNT_P50]));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_account_recall", what_is_recalled_is_what_was_told_when_it_was_decided,
        columns_beyond_those_that_are_told_are_counted,
        columns_are_told_however_far_behind_in_the_summary_they_stand, the_record_says_the_rest,
        a_summary_that_is_none_says_nothing, a_column_of_odd_members_is_one_of_strings);
}
