#include "common/processed_logs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct shard FIRST = {1, 2};
static const struct shard SECOND = {2, 2};

static const char *directory;
static int results_fd;
static char error[PROCESSED_LOG_ERROR_SIZE];

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
}

static struct processed_log *log_of(struct shard shard)
{
    struct processed_log *log = processed_log_open(results_fd, shard, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(log != NULL, "%s", error);
    return log;
}

/* As a consumer does: its lock is there before its log. */
static void register_shard(struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    (void)mkdirat(results_fd, CONTRACT_SHARDS, 0755);
    shard_lock_file(name, shard);
    support_write_file(directory, name, "", 0);
}

static void append(struct processed_log *log, const char *key, enum outcome outcome,
                   const char *sha256)
{
    struct rejection rejection = {0};
    if (outcome != OUTCOME_PROCESSED)
        rejection_set(&rejection, REASON_HASH_MISMATCH, "detail");
    const struct processed_record record = {.key = key,
                                            .file = "data.csv",
                                            .outcome = outcome,
                                            .rejection = &rejection,
                                            .sha256 = sha256};
    ck_assert_int_eq(processed_log_append(log, &record), 0);
}

static void append_once(struct shard shard, const char *key, enum outcome outcome,
                        const char *sha256)
{
    struct processed_log *log = log_of(shard);
    append(log, key, outcome, sha256);
    processed_log_close(log);
}

static struct processed_logs *open_logs(struct processed_log *own)
{
    struct processed_logs *logs = processed_logs_open(results_fd, own, error);
    ck_assert_msg(logs != NULL, "%s", error);
    return logs;
}

static void refresh(struct processed_logs *logs)
{
    ck_assert_msg(processed_logs_refresh(logs, error) == 0, "%s", error);
}

START_TEST(what_any_shard_has_processed_is_processed)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    append_once(SHARD_WHOLE, "6", OUTCOME_PROCESSED, HASH_B);
    struct processed_log *own = log_of(SECOND);
    struct processed_logs *logs = open_logs(own);
    append(own, "2", OUTCOME_PROCESSED, HASH_A);
    const char *const keys[] = {"1", "2", "6"};
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(processed_logs_find(logs, keys[i])->outcome, OUTCOME_PROCESSED);
    ck_assert_ptr_null(processed_logs_find(logs, "3"));
    ck_assert_uint_eq(processed_logs_count(logs, OUTCOME_PROCESSED), 3);
    ck_assert_uint_eq(processed_logs_last_number(logs), 6);
    processed_logs_close(logs);
    processed_log_close(own);
}
END_TEST

START_TEST(a_log_that_comes_later_is_found_by_its_shards_lock)
{
    in_a_directory();
    struct processed_logs *logs = open_logs(NULL);
    refresh(logs);
    register_shard(FIRST);
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    refresh(logs);
    ck_assert_ptr_nonnull(processed_logs_find(logs, "1"));
    append_once(FIRST, "3", OUTCOME_PROCESSED, HASH_A);
    ck_assert_ptr_null(processed_logs_find(logs, "3"));
    refresh(logs);
    ck_assert_ptr_nonnull(processed_logs_find(logs, "3"));
    ck_assert_uint_eq(processed_logs_generation(logs), 0);
    processed_logs_close(logs);
}
END_TEST

START_TEST(a_log_whose_shard_has_no_lock_any_more_is_found_at_opening)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    struct processed_logs *logs = open_logs(NULL);
    ck_assert_ptr_nonnull(processed_logs_find(logs, "1"));
    processed_logs_close(logs);
}
END_TEST

/* Shard 1/2 rejected it, and by the time it was mended N had changed. */
START_TEST(that_it_was_processed_stands_before_that_it_was_rejected)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_REJECTED, HASH_A);
    struct processed_log *own = log_of(SHARD_WHOLE);
    struct processed_logs *logs = open_logs(own);
    ck_assert_int_eq(processed_logs_find(logs, "1")->outcome, OUTCOME_REJECTED);
    append(own, "1", OUTCOME_PROCESSED, HASH_B);
    ck_assert_int_eq(processed_logs_find(logs, "1")->outcome, OUTCOME_PROCESSED);
    char sha256[DIGEST_HEX_SIZE];
    ck_assert(processed_logs_recall(logs, "1", sha256));
    ck_assert_str_eq(sha256, HASH_B);
    processed_logs_close(logs);
    processed_log_close(own);
}
END_TEST

START_TEST(a_change_of_what_another_shard_has_processed_is_known)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    struct processed_log *own = log_of(SHARD_WHOLE);
    struct processed_logs *logs = open_logs(own);
    ck_assert(!processed_logs_find(logs, "1")->changed);
    append(own, "1", OUTCOME_CHANGED, HASH_B);
    append(own, "9", OUTCOME_CHANGED, HASH_B);
    const struct processed_entry *entry = processed_logs_find(logs, "1");
    ck_assert_int_eq(entry->outcome, OUTCOME_PROCESSED);
    ck_assert(entry->changed);
    ck_assert_str_eq(entry->changed_sha256, HASH_B);
    ck_assert_ptr_null(processed_logs_find(logs, "9"));
    processed_logs_close(logs);
    processed_log_close(own);
}
END_TEST

START_TEST(a_log_that_is_replaced_is_read_anew)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    struct processed_logs *logs = open_logs(NULL);
    ck_assert_int_eq(unlinkat(results_fd, "processed.1-of-2.log", 0), 0);
    append_once(FIRST, "3", OUTCOME_PROCESSED, HASH_A);
    refresh(logs);
    ck_assert_ptr_null(processed_logs_find(logs, "1"));
    ck_assert_ptr_nonnull(processed_logs_find(logs, "3"));
    ck_assert_uint_eq(processed_logs_generation(logs), 1);
    processed_logs_close(logs);
}
END_TEST

START_TEST(a_damaged_log_is_named_and_what_was_read_before_stays)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_PROCESSED, HASH_A);
    struct processed_logs *logs = open_logs(NULL);
    size_t length = 0;
    char *bytes = support_read_file(directory, "processed.1-of-2.log", &length);
    int fd = openat(results_fd, "processed.1-of-2.log", O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_eq(write(fd, "x\n", 2), 2);
    ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
    (void)close(fd);
    free(bytes);
    ck_assert_int_eq(processed_logs_refresh(logs, error), -1);
    ck_assert_msg(strstr(error, "processed.1-of-2.log: line 2") != NULL, "%s", error);
    ck_assert_ptr_nonnull(processed_logs_find(logs, "1"));
    processed_logs_close(logs);
    ck_assert_ptr_null(processed_logs_open(results_fd, NULL, error));
    logs = processed_logs_open_others(results_fd, SECOND);
    ck_assert_ptr_nonnull(logs);
    ck_assert_ptr_null(processed_logs_find(logs, "1"));
    processed_logs_close(logs);
}
END_TEST

/* One range each: with plain numbers each would be one by itself. */
START_TEST(the_checkpoint_of_a_shard_that_took_all_in_order_is_one_range)
{
    in_a_directory();
    struct processed_log *log = log_of((struct shard){3, 4});
    for (int i = 0; i < 10000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%d", 3 + 4 * i);
        const struct processed_record record = {.key = key, .file = "data.csv", .sha256 = HASH_A};
        ck_assert_int_eq(processed_log_stage(log, &record), 0);
        if (i % 100 == 99)
            ck_assert_int_eq(processed_log_commit(log), 0);
    }
    processed_log_close(log);
    size_t length = 0;
    char *checkpoint = support_read_file(directory, "processed.3-of-4.checkpoint", &length);
    ck_assert_msg(strstr(checkpoint, "\"ranges\":\"0-9999\"") != NULL, "%s", checkpoint);
    free(checkpoint);
    struct processed_logs *logs = open_logs(NULL);
    ck_assert_ptr_nonnull(processed_logs_find(logs, "39999"));
    ck_assert_ptr_null(processed_logs_find(logs, "40000"));
    ck_assert_ptr_null(processed_logs_find(logs, "4"));
    ck_assert_uint_eq(processed_logs_last_number(logs), 39999);
    processed_logs_close(logs);
}
END_TEST

START_TEST(whether_a_log_had_a_key_is_asked_of_its_beginning)
{
    in_a_directory();
    struct processed_log *log = log_of(FIRST);
    append(log, "1", OUTCOME_PROCESSED, HASH_A);
    uint64_t first = processed_log_bytes(log);
    append(log, "3", OUTCOME_PROCESSED, HASH_A);
    ck_assert(processed_log_had(log, "1", first));
    ck_assert(!processed_log_had(log, "3", first));
    ck_assert(processed_log_had(log, "3", UINT64_MAX));
    ck_assert(!processed_log_had(log, "1", 0));
    processed_log_close(log);
}
END_TEST

static uint64_t processed(const struct processed_logs *logs)
{
    return processed_logs_count(logs, OUTCOME_PROCESSED);
}

static uint64_t rejected(const struct processed_logs *logs)
{
    return processed_logs_count(logs, OUTCOME_REJECTED);
}

START_TEST(a_batch_that_one_shard_rejected_and_another_processed_is_counted_as_processed)
{
    in_a_directory();
    append_once(FIRST, "1", OUTCOME_REJECTED, HASH_A);
    struct processed_log *own = log_of(SHARD_WHOLE);
    struct processed_logs *logs = open_logs(own);
    ck_assert_uint_eq(rejected(logs), 1);
    append(own, "1", OUTCOME_REJECTED, HASH_A);
    ck_assert_uint_eq(rejected(logs), 1);
    append(own, "1", OUTCOME_PROCESSED, HASH_B);
    ck_assert_uint_eq(rejected(logs), 0);
    ck_assert_uint_eq(processed(logs), 1);
    processed_logs_close(logs);
    append(own, "2", OUTCOME_PROCESSED, HASH_B); /* nobody is told of it any more */
    processed_log_close(own);
}
END_TEST

/* Keys of some shard, as numbers and not. */
static void write_key(char key[16], size_t which)
{
    (void)snprintf(key, 16, which % 4 == 0 ? "k%zu" : "%zu", which + 1);
}

#define KEYS 60
#define LOGS 6

static void check_counts(const struct processed_logs *logs, enum verdict said[LOGS][KEYS])
{
    struct {
        uint64_t processed, rejected;
    } expected = {0};
    for (size_t which = 0; which < KEYS; which++) {
        enum verdict highest = VERDICT_NONE;
        for (size_t log = 0; log < LOGS; log++)
            highest = said[log][which] > highest ? said[log][which] : highest;
        expected.processed += highest == VERDICT_PROCESSED;
        expected.rejected += highest == VERDICT_REJECTED;
    }
    ck_assert_uint_eq(processed(logs), expected.processed);
    ck_assert_uint_eq(rejected(logs), expected.rejected);
}

START_TEST(whatever_several_logs_say_of_a_key_it_is_counted_once)
{
    static const struct shard shards[LOGS] = {{1, 1}, {1, 2}, {2, 2}, {1, 3}, {2, 3}, {3, 3}};
    enum verdict said[LOGS][KEYS] = {0};
    struct processed_log *written[LOGS];
    uint64_t chance = 1;
    in_a_directory();
    for (size_t i = 0; i < LOGS; i++) {
        register_shard(shards[i]);
        written[i] = log_of(shards[i]);
    }
    struct processed_logs *logs = open_logs(NULL);
    for (size_t step = 0; step < 2000; step++) {
        char key[16];
        size_t which = chance_below(&chance, step < 1000 ? KEYS / 2 : KEYS);
        size_t at = chance_below(&chance, LOGS);
        enum outcome outcome = (enum outcome)chance_below(&chance, 3);
        write_key(key, which);
        if (!shard_owns(shards[at], key))
            continue;
        append(written[at], key, outcome, HASH_A);
        if (outcome != OUTCOME_CHANGED && said[at][which] != VERDICT_PROCESSED)
            said[at][which] = outcome == OUTCOME_PROCESSED ? VERDICT_PROCESSED : VERDICT_REJECTED;
        refresh(logs);
        check_counts(logs, said);
        if (step % 100 != 0)
            continue;
        struct processed_logs *opened = open_logs(NULL);
        check_counts(opened, said);
        processed_logs_close(opened);
    }
    for (size_t i = 0; i < LOGS; i++)
        processed_log_close(written[i]);
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    memset(said[0], 0, sizeof said[0]);
    refresh(logs);
    check_counts(logs, said);
    processed_logs_close(logs);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_processed_logs", what_any_shard_has_processed_is_processed,
        a_log_that_comes_later_is_found_by_its_shards_lock,
        a_log_whose_shard_has_no_lock_any_more_is_found_at_opening,
        that_it_was_processed_stands_before_that_it_was_rejected,
        a_change_of_what_another_shard_has_processed_is_known, a_log_that_is_replaced_is_read_anew,
        a_damaged_log_is_named_and_what_was_read_before_stays,
        the_checkpoint_of_a_shard_that_took_all_in_order_is_one_range,
        a_batch_that_one_shard_rejected_and_another_processed_is_counted_as_processed,
        whatever_several_logs_say_of_a_key_it_is_counted_once,
        whether_a_log_had_a_key_is_asked_of_its_beginning);
}
