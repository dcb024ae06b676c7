#include "consumer/batch/rebuild.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/processed_log.h"
#include "tests/unit/support.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LOG CONTRACT_PROCESSED_LOG

static const char *directory;
static int directory_fd;
static struct rebuilt rebuilt;
static char error[REBUILD_ERROR_SIZE];

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
}

static void append(struct processed_log *log, const char *key, enum outcome outcome)
{
    struct rejection why = {.reason = REASON_EXTRA_CELL};
    struct processed_record record = {.key = key,
                                      .file = "data.csv",
                                      .outcome = outcome,
                                      .rejection = outcome == OUTCOME_PROCESSED ? NULL : &why,
                                      .verified = true,
                                      .rows = 2,
                                      .bytes = 20,
                                      .sha256 = HASH_A,
                                      .plot = PLOT_NONE};
    ck_assert_int_eq(processed_log_append(log, &record), 0);
}

/* Batches 1 to 3: processed, rejected, processed. */
static void make_log(void)
{
    char why[PROCESSED_LOG_ERROR_SIZE];
    in_a_directory();
    struct processed_log *log =
        processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, why);
    ck_assert_msg(log != NULL, "%s", why);
    append(log, "1", OUTCOME_PROCESSED);
    append(log, "2", OUTCOME_REJECTED);
    append(log, "3", OUTCOME_PROCESSED);
    processed_log_close(log);
}

static void put_summary(const char *key)
{
    char name[CONTRACT_NAME_SIZE];
    char json[512];
    contract_summary_name(name, key);
    int length = snprintf(json, sizeof json,
                          "{\"format\": \"shared-data-summary/1\", \"key\": \"%s\", \"file\": "
                          "\"data_%s.csv\", \"bytes\": 77, \"sha256\": \"" HASH_A
                          "\", \"verified\": true, \"record_count\": 9}\n",
                          key, key);
    support_write_file(directory, name, json, (size_t)length);
}

/* Turns a bit in the line of this number, from 0. */
static void damage_line(int line)
{
    size_t length;
    char *log = support_read_file(directory, LOG, &length);
    char *at = log;
    for (int i = 0; i < line; i++)
        at = strchr(at, '\n') + 1;
    at[10] ^= 0x40;
    support_write_file(directory, LOG, log, length);
    free(log);
}

static void rebuild(void)
{
    ck_assert_msg(rebuild_log(directory_fd, SHARD_WHOLE, &rebuilt, error) == 0, "%s", error);
}

static struct processed_log *reopened(void)
{
    char why[PROCESSED_LOG_ERROR_SIZE];
    struct processed_log *log =
        processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, why);
    ck_assert_msg(log != NULL, "%s", why);
    return log;
}

START_TEST(rebuild_leaves_a_whole_log_as_it_is)
{
    make_log();
    put_summary("1");
    put_summary("3");
    char *before = support_read_file(directory, LOG, NULL);
    rebuild();
    char *after = support_read_file(directory, LOG, NULL);
    ck_assert_str_eq(after, before);
    ck_assert_uint_eq(rebuilt.kept, 3);
    ck_assert_uint_eq(rebuilt.dropped + rebuilt.made, 0);
    ck_assert_str_eq(rebuilt.old_log, "");
    ck_assert_uint_eq(support_count_names(directory), 3);
    free(before);
    free(after);
}
END_TEST

START_TEST(rebuild_keeps_whole_lines_and_makes_a_damaged_record_again_from_its_summary)
{
    char why[PROCESSED_LOG_ERROR_SIZE];
    make_log();
    put_summary("1");
    put_summary("3");
    damage_line(0);
    ck_assert_ptr_null(processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, why));
    ck_assert_msg(strstr(why, "line 1 ") != NULL && strstr(why, "--rebuild") != NULL, "%s", why);
    rebuild();
    ck_assert_uint_eq(rebuilt.kept, 2);
    ck_assert_uint_eq(rebuilt.dropped, 1);
    ck_assert_uint_eq(rebuilt.made, 1);
    struct processed_log *log = reopened();
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 2);
    ck_assert_int_eq(processed_log_find(log, "1")->outcome, OUTCOME_PROCESSED);
    ck_assert_int_eq(processed_log_find(log, "2")->outcome, OUTCOME_REJECTED);
    processed_log_close(log);
    char *text = support_read_file(directory, LOG, NULL);
    ck_assert_ptr_nonnull(strstr(text, "\"key\":\"1\",\"file\":\"data_1.csv\""));
    ck_assert_ptr_nonnull(strstr(text, "\"rows\":9,\"bytes\":77,\"sha256\":\"" HASH_A "\""));
    free(text);
}
END_TEST

START_TEST(rebuild_leaves_a_batch_without_record_and_summary_to_the_next_run)
{
    make_log();
    put_summary("3");
    damage_line(0);
    rebuild();
    ck_assert_uint_eq(rebuilt.made, 0);
    struct processed_log *log = reopened();
    ck_assert_ptr_null(processed_log_find(log, "1"));
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 1);
    processed_log_close(log);
}
END_TEST

START_TEST(rebuild_keeps_each_damaged_log_under_a_name_of_its_own)
{
    make_log();
    put_summary("1");
    put_summary("3");
    damage_line(0);
    char *damaged = support_read_file(directory, LOG, NULL);
    rebuild();
    ck_assert_str_eq(rebuilt.old_log, LOG ".damaged");
    char *kept = support_read_file(directory, LOG ".damaged", NULL);
    ck_assert_str_eq(kept, damaged);
    damage_line(1);
    rebuild();
    ck_assert_str_eq(rebuilt.old_log, LOG ".damaged-2");
    free(damaged);
    free(kept);
}
END_TEST

START_TEST(rebuild_of_a_log_that_is_gone_makes_it_from_the_summaries_in_their_order)
{
    in_a_directory();
    put_summary("10");
    put_summary("9");
    put_summary("north");
    support_write_file(directory, "plot_9.svg", "<svg/>", 6);
    rebuild();
    ck_assert_uint_eq(rebuilt.made, 3);
    ck_assert_str_eq(rebuilt.old_log, "");
    char *text = support_read_file(directory, LOG, NULL);
    const char *nine = strstr(text, "\"key\":\"9\"");
    const char *ten = strstr(text, "\"key\":\"10\"");
    const char *north = strstr(text, "\"key\":\"north\"");
    ck_assert(nine != NULL && nine < ten && ten < north);
    ck_assert(strstr(text, "\"plot\":\"ok\"") < ten);
    ck_assert_ptr_null(strstr(ten, "\"plot\":\"ok\""));
    free(text);
    struct processed_log *log = reopened();
    ck_assert_uint_eq(processed_log_count(log, OUTCOME_PROCESSED), 3);
    processed_log_close(log);
}
END_TEST

START_TEST(rebuild_makes_no_record_from_a_summary_that_is_not_whole_or_not_its_batchs)
{
    in_a_directory();
    support_write_file(directory, "summary_1.json", "{\"key\": \"1\", \"fi", 16);
    put_summary("2");
    char *other = support_read_file(directory, "summary_2.json", NULL);
    support_write_file(directory, "summary_3.json", other, strlen(other));
    rebuild();
    ck_assert_uint_eq(rebuilt.made, 1);
    free(other);
}
END_TEST

START_TEST(rebuild_passes_over_what_has_a_summarys_name_and_is_no_file)
{
    in_a_directory();
    put_summary("1");
    put_summary("7");
    ck_assert_int_eq(mkdirat(directory_fd, "summary_2.json", 0755), 0);
    ck_assert_int_eq(symlinkat("summary_1.json", directory_fd, "summary_3.json"), 0);
    ck_assert_int_eq(symlinkat("nowhere", directory_fd, "summary_4.json"), 0);
    ck_assert_int_eq(mkfifoat(directory_fd, "summary_5.json", 0644), 0);
    ck_assert_int_eq(mknodat(directory_fd, "summary_6.json", S_IFSOCK | 0644, 0), 0);
    ck_assert_msg(rebuild_log(directory_fd, SHARD_WHOLE, &rebuilt, error) == 0, "%s", error);
    ck_assert_uint_eq(rebuilt.made, 2);
    ck_assert_uint_eq(rebuilt.kept + rebuilt.dropped, 0);
}
END_TEST

START_TEST(rebuild_keeps_a_noted_change_behind_the_record_that_it_is_about)
{
    make_log();
    struct processed_log *log = reopened();
    append(log, "1", OUTCOME_CHANGED);
    processed_log_close(log);
    put_summary("1");
    put_summary("3");
    damage_line(0);
    rebuild();
    log = reopened();
    ck_assert(processed_log_find(log, "1")->changed);
    processed_log_close(log);
}
END_TEST

START_TEST(rebuild_drops_a_torn_tail)
{
    make_log();
    put_summary("1");
    size_t length;
    char *log = support_read_file(directory, LOG, &length);
    support_write_file(directory, LOG, log, length - 5);
    rebuild();
    ck_assert_uint_eq(rebuilt.kept, 2);
    ck_assert_uint_eq(rebuilt.dropped, 1);
    free(log);
}
END_TEST

START_TEST(rebuild_without_space_leaves_the_log_as_it_was)
{
    make_log();
    put_summary("1");
    put_summary("3");
    damage_line(0);
    char *before = support_read_file(directory, LOG, NULL);
    const struct rlimit limit = {.rlim_cur = 100, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(rebuild_log(directory_fd, SHARD_WHOLE, &rebuilt, error), -1);
    ck_assert_msg(strstr(error, "cannot write processed.log: File too large") != NULL, "%s", error);
    char *after = support_read_file(directory, LOG, NULL);
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_rebuild", rebuild_leaves_a_whole_log_as_it_is,
                       rebuild_keeps_whole_lines_and_makes_a_damaged_record_again_from_its_summary,
                       rebuild_leaves_a_batch_without_record_and_summary_to_the_next_run,
                       rebuild_keeps_each_damaged_log_under_a_name_of_its_own,
                       rebuild_of_a_log_that_is_gone_makes_it_from_the_summaries_in_their_order,
                       rebuild_makes_no_record_from_a_summary_that_is_not_whole_or_not_its_batchs,
                       rebuild_passes_over_what_has_a_summarys_name_and_is_no_file,
                       rebuild_keeps_a_noted_change_behind_the_record_that_it_is_about,
                       rebuild_drops_a_torn_tail, rebuild_without_space_leaves_the_log_as_it_was);
}
