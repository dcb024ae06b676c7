/*
 * The totals of other shards, taken in from what each has kept, and merged with one's own. A
 * shard's batches are the numbers that it owns, each with one row of the value 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "consumer/profile/profile.h"
#include "consumer/stream/siblings.h"
#include "tests/unit/support.h"

#define BATCH_BYTES 8

static const struct shard OWN = {1, 3};

/* Each test runs in a process of its own, so it finds these as new. */
static const char *directory;
static int results_fd;
static struct processed_logs *logs;
static struct siblings *siblings;
static struct ledger *own;

static struct batch_states *states(void)
{
    static const char CSV[] = "value\n1\n";
    struct rejection rejection = {.reason = REASON_NONE};
    struct profile profile;
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    profiler_keep_states(profiler);
    ck_assert(profiler_feed(profiler, CSV, strlen(CSV), &rejection));
    ck_assert(profiler_finish(profiler, &profile, &rejection));
    struct batch_states *released = profiler_release_states(profiler);
    profile_free(&profile);
    profiler_free(profiler);
    return released;
}

/* ---- other shards ---- */

static void record(struct processed_log *log, uint64_t number)
{
    char key[24];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    const struct processed_record processed = {
        .key = key, .file = "data.csv", .outcome = OUTCOME_PROCESSED, .sha256 = ""};
    ck_assert_int_eq(processed_log_append(log, &processed), 0);
}

/* A shard has processed so many batches, and kept its totals of all but the last `unkept`. */
static void has_run(struct shard shard, uint64_t count, uint64_t unkept)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    char name[CONTRACT_NAME_SIZE];
    struct text file = {0};
    struct processed_log *log = processed_log_open(results_fd, shard, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(log != NULL, "%s", error);
    struct processed_logs *all = processed_logs_open(results_fd, log, error);
    struct ledger *ledger = ledger_create(results_fd, shard, all);
    (void)ledger_recall(ledger);
    ledger_begin(ledger, processed_log_bytes(log));
    uint64_t before = processed_log_count(log, OUTCOME_PROCESSED);
    for (uint64_t i = before; i < before + count; i++) {
        struct batch_states *one = states();
        record(log, shard_number(shard, i + 1));
        if (i < before + count - unkept) {
            ledger_add(ledger, "none", one, BATCH_BYTES);
            ledger_committed(ledger, processed_log_bytes(log));
        }
        batch_states_free(one);
    }
    ck_assert(ledger_pack(ledger, &file));
    ledger_file(ledger, name);
    ck_assert_int_eq(fileio_replace_text(results_fd, name, &file, FILEIO_DERIVED), 0);
    text_free(&file);
    ledger_free(ledger);
    processed_logs_close(all);
    processed_log_close(log);
}

/* As a daemon of that shard does while it runs. */
static int holds_lock(struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    (void)mkdirat(results_fd, CONTRACT_SHARDS, 0755);
    shard_lock_file(name, shard);
    int fd = fileio_lock(results_fd, name);
    ck_assert_int_ge(fd, 0);
    return fd;
}

/* ---- who reports ---- */

static void in_results(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
}

static void look_at_logs(void)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    ck_assert_msg(processed_logs_refresh(logs, error) == 0, "%s", error);
}

static void begin(void)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    logs = processed_logs_open(results_fd, NULL, error);
    ck_assert_msg(logs != NULL, "%s", error);
    own = ledger_create(results_fd, OWN, logs);
    siblings = siblings_create(results_fd, OWN, logs);
    ck_assert(own != NULL && siblings != NULL);
}

static void end(void)
{
    siblings_free(siblings);
    ledger_free(own);
    processed_logs_close(logs);
}

static void take_in_all(void)
{
    (void)siblings_follow(siblings);
    for (int i = 0; siblings_have_news(siblings) && i < 1000; i++)
        (void)siblings_follow(siblings);
    ck_assert(!siblings_have_news(siblings));
    ck_assert(siblings_are_complete(siblings));
}

static void assert_batches(uint64_t batches)
{
    struct totals *merged = totals_create();
    struct totals_result result;
    ck_assert(siblings_merge(siblings, own, merged));
    ck_assert(totals_take(merged, &result));
    ck_assert_uint_eq(result.batches, batches);
    totals_result_free(&result);
    totals_free(merged);
}

static size_t rereads;

static bool read_again(void *context, const struct processed_record *record,
                       struct batch_states **again)
{
    (void)context;
    (void)record;
    rereads++;
    *again = states();
    return true;
}

START_TEST(what_each_has_kept_is_merged)
{
    in_results();
    has_run(SHARD_WHOLE, 3, 0);
    has_run((struct shard){2, 3}, 4, 0);
    begin();
    ck_assert(!siblings_are_there(siblings));
    take_in_all();
    ck_assert(siblings_are_there(siblings));
    ck_assert(!siblings_are_behind(siblings));
    assert_batches(7);
    end();
}
END_TEST

START_TEST(what_one_that_has_ended_did_not_keep_is_read_again)
{
    in_results();
    has_run((struct shard){1, 2}, 5, 2);
    begin();
    take_in_all();
    ck_assert(siblings_are_behind(siblings));
    while (siblings_catch_up(siblings, read_again, NULL))
        ;
    ck_assert_uint_eq(rereads, 2);
    assert_batches(5);
    end();
}
END_TEST

/* Their data may be gone by then. */
START_TEST(what_was_read_again_is_kept_for_who_reports_next)
{
    in_results();
    (void)mkdirat(results_fd, CONTRACT_SHARDS, 0755);
    has_run((struct shard){1, 2}, 5, 2);
    begin();
    take_in_all();
    while (siblings_catch_up(siblings, read_again, NULL))
        ;
    ck_assert(!siblings_follow(siblings));
    end();
    begin();
    take_in_all();
    ck_assert(!siblings_are_behind(siblings));
    assert_batches(5);
    ck_assert_uint_eq(rereads, 2);
    (void)close(holds_lock((struct shard){1, 2})); /* it is free again */
    end();
}
END_TEST

START_TEST(of_one_that_runs_again_nothing_is_kept)
{
    in_results();
    (void)mkdirat(results_fd, CONTRACT_SHARDS, 0755);
    has_run((struct shard){1, 2}, 5, 2);
    begin();
    take_in_all();
    int lock = holds_lock((struct shard){1, 2});
    while (siblings_catch_up(siblings, read_again, NULL))
        ;
    assert_batches(5);
    end();
    begin();
    take_in_all();
    assert_batches(3); /* as it kept them */
    (void)close(lock);
    end();
}
END_TEST

START_TEST(a_log_that_could_not_be_read_is_read_when_it_can)
{
    in_results();
    has_run((struct shard){1, 2}, 5, 2);
    begin();
    take_in_all();
    ck_assert_int_eq(renameat(results_fd, "processed.1-of-2.log", results_fd, "away"), 0);
    ck_assert(!siblings_catch_up(siblings, read_again, NULL));
    ck_assert_int_eq(renameat(results_fd, "away", results_fd, "processed.1-of-2.log"), 0);
    (void)siblings_follow(siblings);
    while (siblings_catch_up(siblings, read_again, NULL))
        ;
    assert_batches(5);
    end();
}
END_TEST

START_TEST(one_that_runs_is_not_read_again)
{
    in_results();
    has_run((struct shard){1, 2}, 5, 2);
    int lock = holds_lock((struct shard){1, 2});
    begin();
    take_in_all();
    ck_assert(!siblings_are_behind(siblings));
    assert_batches(3);
    (void)close(lock);
    take_in_all();
    ck_assert(siblings_are_behind(siblings));
    end();
}
END_TEST

/* Its family has been merged for good by then. */
START_TEST(one_that_had_ended_and_comes_back_is_taken_in_anew)
{
    in_results();
    has_run((struct shard){1, 2}, 2, 0);
    has_run((struct shard){2, 2}, 2, 0);
    begin();
    take_in_all();
    assert_batches(4);
    ck_assert(!siblings_follow(siblings));
    has_run((struct shard){2, 2}, 3, 0);
    look_at_logs();
    take_in_all();
    assert_batches(7);
    end();
}
END_TEST

/* A report of half of them would be less than what was told before. */
START_TEST(until_something_of_each_was_taken_in_they_are_not_complete)
{
    const uint32_t count = 200; /* more than are taken in at a time */
    in_results();
    for (uint32_t i = 1; i <= count; i++)
        has_run((struct shard){i, count}, 1, 0);
    begin();
    do {
        ck_assert(siblings_follow(siblings));
        ck_assert(siblings_are_complete(siblings) == !siblings_have_news(siblings));
    } while (!siblings_are_complete(siblings));
    assert_batches(count);
    end();
}
END_TEST

START_TEST(a_state_that_is_damaged_or_gone_is_as_none)
{
    in_results();
    has_run((struct shard){2, 3}, 4, 0);
    begin();
    support_write_file(directory, "totals.2-of-3.state", "SDTOTALS", 8);
    take_in_all();
    assert_batches(0);
    while (siblings_catch_up(siblings, read_again, NULL))
        ;
    assert_batches(4);
    ck_assert_int_eq(unlinkat(results_fd, "totals.2-of-3.state", 0), 0);
    take_in_all();
    ck_assert(siblings_are_behind(siblings));
    end();
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_siblings", what_each_has_kept_is_merged,
        what_one_that_has_ended_did_not_keep_is_read_again,
        what_was_read_again_is_kept_for_who_reports_next, of_one_that_runs_again_nothing_is_kept,
        a_log_that_could_not_be_read_is_read_when_it_can, one_that_runs_is_not_read_again,
        one_that_had_ended_and_comes_back_is_taken_in_anew,
        until_something_of_each_was_taken_in_they_are_not_complete,
        a_state_that_is_damaged_or_gone_is_as_none);
}
