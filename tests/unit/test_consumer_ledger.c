/*
 * Every processed batch of a log is in the totals once, or counted as left out, whatever crashes
 * took away. Batch N has one row, of the value N.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/text.h"
#include "consumer/profile/profile.h"
#include "consumer/stream/ledger.h"
#include "tests/unit/support.h"

#define BATCH_BYTES 8

/* Each test runs in a process of its own, so it finds these as new. */
static struct text log_text;
static const char *directory;
static int results_fd;
static struct text reread; /* keys, in the order in which they were asked for */
static const char *gone;   /* the key of a batch that is not there any more, */
static const char *later;  /* and of one of which nothing can be said now */

/* ---- a log and its batches ---- */

static struct batch_states *states_of(const char *key)
{
    char csv[64];
    struct rejection rejection = {.reason = REASON_NONE};
    struct profile profile;
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    int length = snprintf(csv, sizeof csv, "value\n%s\n", key);
    profiler_keep_states(profiler);
    ck_assert(profiler_feed(profiler, csv, (size_t)length, &rejection));
    ck_assert(profiler_finish(profiler, &profile, &rejection));
    struct batch_states *states = profiler_release_states(profiler);
    profile_free(&profile);
    profiler_free(profiler);
    return states;
}

static void save_log(void)
{
    support_write_file(directory, CONTRACT_PROCESSED_LOG, log_text.bytes, log_text.length);
}

static void append(const char *key, enum outcome outcome)
{
    static const struct rejection none = {.reason = REASON_NONE};
    static const struct rejection nul = {.reason = REASON_NUL_BYTE, .detail = "line 1"};
    const struct processed_record record = {.key = key,
                                            .file = "data.csv",
                                            .outcome = outcome,
                                            .rejection =
                                                outcome == OUTCOME_PROCESSED ? &none : &nul,
                                            .bytes = BATCH_BYTES,
                                            .sha256 = "",
                                            .at = "2026-11-25T10:00:00Z"};
    processed_record_write(&log_text, &record);
}

static void append_processed(int first, int last)
{
    char key[16];
    for (int number = first; number <= last; number++) {
        (void)snprintf(key, sizeof key, "%d", number);
        append(key, OUTCOME_PROCESSED);
    }
    save_log();
}

/* ---- ledgers ---- */

static struct processed_logs *logs; /* of all shards */

static void look_at_logs(void)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    processed_logs_close(logs);
    logs = processed_logs_open(results_fd, NULL, error);
    ck_assert_msg(logs != NULL, "%s", error);
}

static struct ledger *make(void)
{
    struct ledger *ledger = ledger_create(results_fd, SHARD_WHOLE, logs);
    ck_assert_ptr_nonnull(ledger);
    return ledger;
}

/* On a directory of its own, whose log is empty. */
static struct ledger *begin(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
    save_log();
    look_at_logs();
    struct ledger *ledger = make();
    ledger_begin(ledger, 0);
    return ledger;
}

/* The records become durable, and it is told of them. */
static void add(struct ledger *ledger, int first, int last)
{
    char key[16];
    append_processed(first, last);
    for (int number = first; number <= last; number++) {
        (void)snprintf(key, sizeof key, "%d", number);
        struct batch_states *states = states_of(key);
        ledger_add(ledger, key, states, BATCH_BYTES);
        batch_states_free(states);
    }
    ledger_committed(ledger, log_text.length);
}

static bool read_again(void *context, const struct processed_record *record,
                       struct batch_states **states)
{
    (void)context;
    text_printf(&reread, "%s ", record->key);
    *states = NULL;
    if (later != NULL && strcmp(record->key, later) == 0)
        return false;
    if (gone == NULL || strcmp(record->key, gone) != 0)
        *states = states_of(record->key);
    return true;
}

static void catch_up(struct ledger *ledger)
{
    for (size_t steps = 0; ledger_catch_up(ledger, read_again, NULL); steps++)
        ck_assert_uint_lt(steps, 1000);
}

static struct text kept(const struct ledger *ledger)
{
    struct text packed = {0};
    ck_assert(ledger_pack(ledger, &packed));
    ck_assert(!text_failed(&packed));
    return packed;
}

static bool unpack(struct ledger *ledger, const struct text *packed)
{
    support_write_file(directory, CONTRACT_TOTALS_STATE, packed->bytes, packed->length);
    return ledger_recall(ledger);
}

/* A crash: another ledger starts, with what was kept, on the log as it is now. */
static struct ledger *start_with(struct text *packed)
{
    struct ledger *ledger = make();
    ck_assert(unpack(ledger, packed));
    ledger_begin(ledger, log_text.length);
    text_free(packed);
    return ledger;
}

/* Its totals are of batches 1 to `last`, each once, but for those that are left out. */
static void assert_totals(const struct ledger *ledger, uint64_t last, uint64_t left_out, double sum)
{
    struct totals_result totals;
    ck_assert(totals_take(ledger_totals(ledger), &totals));
    ck_assert_uint_eq(totals.batches + totals.left_out, last);
    ck_assert_uint_eq(totals.left_out, left_out);
    ck_assert_uint_eq(totals.bytes, totals.batches * BATCH_BYTES);
    ck_assert_uint_eq(totals.rows, totals.batches);
    if (totals.column_count > 0)
        ck_assert_double_eq((double)totals.columns[0].sum.integer, sum);
    totals_result_free(&totals);
}

static double sum_to(int last)
{
    return last * (last + 1) / 2.0;
}

/* ---- in step ---- */

START_TEST(what_is_added_is_in_the_totals_and_nothing_is_read_again)
{
    struct ledger *ledger = begin();
    add(ledger, 1, 5);
    ck_assert(!ledger_is_behind(ledger));
    ck_assert(!ledger_catch_up(ledger, read_again, NULL));
    assert_totals(ledger, 5, 0, sum_to(5));
    ck_assert_uint_eq(reread.length, 0);
    ledger_free(ledger);
}
END_TEST

/* A shard's log, in which a key stands as processed. */
static void another_has(struct shard shard, const char *key)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    struct processed_log *log = processed_log_open(results_fd, shard, PROCESSED_LOG_WRITE, error);
    const struct processed_record record = {.key = key,
                                            .file = "data.csv",
                                            .outcome = OUTCOME_PROCESSED,
                                            .bytes = BATCH_BYTES,
                                            .sha256 = ""};
    ck_assert_msg(log != NULL, "%s", error);
    ck_assert_int_eq(processed_log_append(log, &record), 0);
    processed_log_close(log);
}

START_TEST(what_another_shard_has_processed_already_is_in_its_totals_alone)
{
    ledger_free(begin());
    another_has((struct shard){2, 2}, "2");
    look_at_logs();
    struct ledger *ledger = make();
    ledger_begin(ledger, 0);
    add(ledger, 1, 3);
    assert_totals(ledger, 2, 0, 1 + 3);
    ledger_free(ledger);
}
END_TEST

START_TEST(of_two_that_are_read_again_the_shard_that_comes_first_has_it)
{
    ledger_free(begin());
    another_has((struct shard){2, 2}, "2");
    append_processed(1, 3);
    look_at_logs();
    struct ledger *first = make();
    struct ledger *second = ledger_create(results_fd, (struct shard){2, 2}, logs);
    ledger_begin(first, log_text.length);
    ledger_begin(second, processed_log_bytes(processed_logs_at(logs, 1)));
    catch_up(first);
    catch_up(second);
    assert_totals(first, 3, 0, sum_to(3));
    assert_totals(second, 0, 0, 0);
    ledger_free(first);
    ledger_free(second);
}
END_TEST

/* The one that it was left to has lost its totals. */
START_TEST(what_was_left_to_another_shard_is_read_again_by_that_one)
{
    ledger_free(begin());
    another_has((struct shard){2, 2}, "2");
    look_at_logs();
    struct ledger *first = make();
    ledger_begin(first, 0);
    add(first, 1, 3);
    struct text state = kept(first);
    support_write_file(directory, CONTRACT_TOTALS_STATE, state.bytes, state.length);
    text_free(&state);
    ledger_free(first);
    look_at_logs();
    struct ledger *second = ledger_create(results_fd, (struct shard){2, 2}, logs);
    ledger_begin(second, processed_log_bytes(processed_logs_at(logs, 1)));
    catch_up(second);
    assert_totals(second, 1, 0, 2);
    ledger_free(second);
}
END_TEST

START_TEST(a_batch_without_states_is_left_out_and_counted)
{
    struct ledger *ledger = begin();
    add(ledger, 1, 2);
    append_processed(3, 3);
    ledger_add(ledger, "1", NULL, BATCH_BYTES);
    ledger_committed(ledger, log_text.length);
    assert_totals(ledger, 3, 1, sum_to(2));
    ledger_free(ledger);
}
END_TEST

/* ---- after a crash ---- */

START_TEST(what_came_since_the_totals_were_kept_is_read_again_once)
{
    struct ledger *ledger = begin();
    add(ledger, 1, 3);
    struct text packed = kept(ledger);
    add(ledger, 4, 6);
    ledger_free(ledger);
    ledger = start_with(&packed);
    ck_assert(ledger_is_behind(ledger));
    assert_totals(ledger, 3, 0, sum_to(3));
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "4 5 6 ");
    ck_assert(!ledger_is_behind(ledger));
    assert_totals(ledger, 6, 0, sum_to(6));
    ledger_free(ledger);
}
END_TEST

START_TEST(after_a_clean_end_nothing_is_read_again)
{
    struct ledger *ledger = begin();
    add(ledger, 1, 6);
    struct text packed = kept(ledger);
    ledger_free(ledger);
    ledger = start_with(&packed);
    ck_assert(!ledger_is_behind(ledger));
    assert_totals(ledger, 6, 0, sum_to(6));
    ledger_free(ledger);
}
END_TEST

START_TEST(where_nothing_was_kept_all_is_read_again)
{
    struct ledger *ledger = begin();
    append_processed(1, 4);
    ledger_free(ledger);
    ledger = make();
    ledger_begin(ledger, log_text.length);
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "1 2 3 4 ");
    assert_totals(ledger, 4, 0, sum_to(4));
    ledger_free(ledger);
}
END_TEST

START_TEST(only_processed_batches_are_read_again)
{
    struct ledger *ledger = begin();
    struct text packed = kept(ledger);
    append("1", OUTCOME_REJECTED);
    append("1", OUTCOME_PROCESSED);
    append("1", OUTCOME_CHANGED);
    append("2", OUTCOME_PROCESSED);
    save_log();
    ledger_free(ledger);
    ledger = start_with(&packed);
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "1 2 ");
    assert_totals(ledger, 2, 0, sum_to(2));
    ledger_free(ledger);
}
END_TEST

START_TEST(a_batch_that_is_gone_is_left_out_and_counted)
{
    struct ledger *ledger = begin();
    append_processed(1, 4);
    ledger_begin(ledger, log_text.length);
    gone = "3";
    catch_up(ledger);
    assert_totals(ledger, 4, 1, sum_to(4) - 3);
    ledger_free(ledger);
}
END_TEST

START_TEST(a_batch_of_which_nothing_can_be_said_now_is_asked_for_again)
{
    struct ledger *ledger = begin();
    append_processed(1, 3);
    ledger_begin(ledger, log_text.length);
    later = "2";
    for (int i = 0; i < 4; i++)
        ck_assert(ledger_catch_up(ledger, read_again, NULL));
    ck_assert_str_eq(reread.bytes, "1 2 2 2 ");
    assert_totals(ledger, 1, 0, 1);
    later = NULL;
    catch_up(ledger);
    assert_totals(ledger, 3, 0, sum_to(3));
    ledger_free(ledger);
}
END_TEST

START_TEST(the_last_batch_of_which_nothing_can_be_said_now_is_asked_for_after_a_restart)
{
    struct ledger *ledger = begin();
    append_processed(1, 1);
    ledger_begin(ledger, log_text.length);
    later = "1";
    (void)ledger_catch_up(ledger, read_again, NULL);
    struct text packed = kept(ledger);
    ledger_free(ledger);
    later = NULL;
    ledger = start_with(&packed);
    catch_up(ledger);
    assert_totals(ledger, 1, 0, 1);
    ledger_free(ledger);
}
END_TEST

START_TEST(what_is_added_while_a_gap_is_open_is_not_read_again)
{
    struct ledger *ledger = begin();
    append_processed(1, 3);
    ledger_begin(ledger, log_text.length);
    (void)ledger_catch_up(ledger, read_again, NULL);
    add(ledger, 4, 5);
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "1 2 3 ");
    assert_totals(ledger, 5, 0, sum_to(5));
    ledger_free(ledger);
}
END_TEST

START_TEST(totals_are_kept_with_their_gaps_and_taken_up_in_the_middle_of_one)
{
    struct ledger *ledger = begin();
    append_processed(1, 4);
    ledger_begin(ledger, log_text.length);
    (void)ledger_catch_up(ledger, read_again, NULL);
    add(ledger, 5, 6);
    struct text packed = kept(ledger);
    ledger_free(ledger);
    ledger = start_with(&packed);
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "1 2 3 4 ");
    assert_totals(ledger, 6, 0, sum_to(6));
    ledger_free(ledger);
}
END_TEST

START_TEST(two_crashes_in_a_row_cost_no_batch_and_double_none)
{
    struct ledger *ledger = begin();
    add(ledger, 1, 2);
    struct text packed = kept(ledger);
    add(ledger, 3, 5);
    ledger_free(ledger);
    ledger = start_with(&packed);
    (void)ledger_catch_up(ledger, read_again, NULL);
    add(ledger, 6, 7);
    packed = kept(ledger);
    add(ledger, 8, 9);
    (void)ledger_catch_up(ledger, read_again, NULL);
    ledger_free(ledger);
    ledger = start_with(&packed);
    catch_up(ledger);
    ck_assert_str_eq(reread.bytes, "3 4 4 5 8 9 ");
    assert_totals(ledger, 9, 0, sum_to(9));
    ledger_free(ledger);
}
END_TEST

START_TEST(after_ever_more_crashes_without_rest_the_totals_are_made_anew)
{
    struct ledger *ledger = begin();
    struct text packed = {0};
    bool taken_up = true;
    int last = 0;
    for (; taken_up; last++) {
        ck_assert_int_lt(last, 100);
        text_free(&packed);
        packed = kept(ledger);
        append_processed(last + 1, last + 1); /* whoever told it was killed */
        ledger_free(ledger);
        ledger = make();
        taken_up = unpack(ledger, &packed);
        ledger_begin(ledger, log_text.length);
    }
    ck_assert_int_eq(last, 17); /* one more than there is room for */
    catch_up(ledger);
    assert_totals(ledger, (uint64_t)last, 0, sum_to(last));
    text_free(&packed);
    ledger_free(ledger);
}
END_TEST

START_TEST(a_log_that_cannot_be_read_loses_no_batch)
{
    struct ledger *ledger = begin();
    append_processed(1, 3);
    ledger_begin(ledger, log_text.length);
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    ck_assert(!ledger_catch_up(ledger, read_again, NULL));
    ck_assert(!ledger_is_behind(ledger));
    add(ledger, 4, 4);
    ck_assert(ledger_is_behind(ledger));
    catch_up(ledger);
    assert_totals(ledger, 4, 0, sum_to(4));
    ledger_free(ledger);
}
END_TEST

/* ---- what is not taken up ---- */

START_TEST(totals_of_another_log_are_refused)
{
    struct ledger *ledger = begin();
    struct ledger *other = make();
    add(ledger, 1, 3);
    struct text packed = kept(ledger);
    log_text.bytes[log_text.length - 20] ^= 1;
    save_log();
    ck_assert(!unpack(other, &packed));
    assert_totals(other, 0, 0, 0);
    log_text.length /= 2;
    save_log();
    ck_assert(!unpack(other, &packed));
    assert_totals(other, 0, 0, 0);
    text_free(&packed);
    ledger_free(ledger);
    ledger_free(other);
}
END_TEST

START_TEST(what_is_no_kept_ledger_is_refused)
{
    struct ledger *ledger = begin();
    struct ledger *other = make();
    append_processed(1, 3);
    ledger_begin(ledger, log_text.length);
    (void)ledger_catch_up(ledger, read_again, NULL);
    struct text packed = kept(ledger);
    for (size_t length = 0; length < packed.length; length++) {
        const struct text part = {.bytes = packed.bytes, .length = length};
        ck_assert(!unpack(other, &part));
    }
    packed.bytes[22] = (char)0xFF; /* the gap begins behind its end */
    ck_assert(!unpack(other, &packed));
    assert_totals(other, 0, 0, 0);
    text_free(&packed);
    ledger_free(ledger);
    ledger_free(other);
}
END_TEST

START_TEST(where_the_log_cannot_be_read_nothing_is_kept)
{
    struct text packed = {0};
    struct ledger *ledger = begin();
    add(ledger, 1, 3);
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    ck_assert(!ledger_pack(ledger, &packed));
    text_free(&packed);
    ledger_free(ledger);
}
END_TEST

/* Of a batch with many columns, some of which find room and others do not. */
START_TEST(totals_are_unsound_when_memory_is_short_in_the_middle_of_a_batch)
{
    struct rlimit limit;
    if (SUPPORT_SANITIZED)
        return; /* it ends the program where memory is short */
    struct ledger *ledger = begin();
    struct batch_states *states = states_of("1");
    ck_assert(ledger_is_sound(ledger));
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    struct column *columns[TOTALS_COLUMNS_MAX];
    struct batch_states many = {.columns = columns, .column_count = 0, .rows = 1};
    for (size_t i = 0; i < TOTALS_COLUMNS_MAX; i++)
        columns[many.column_count++] = states->columns[0];
    limit.rlim_cur = 1; /* nothing more than what the heap has by now */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    void **taken = NULL; /* what the heap still has in large pieces */
    for (void **piece = NULL; (piece = malloc(16 * 1024)) != NULL; taken = piece)
        *piece = taken;
    ledger_add(ledger, "1", &many, BATCH_BYTES);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    for (void **next = NULL; taken != NULL; taken = next) {
        next = *taken;
        free(taken);
    }
    ck_assert(!ledger_is_sound(ledger));
    batch_states_free(states);
    ledger_free(ledger);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_ledger", what_is_added_is_in_the_totals_and_nothing_is_read_again,
        a_batch_without_states_is_left_out_and_counted,
        what_another_shard_has_processed_already_is_in_its_totals_alone,
        of_two_that_are_read_again_the_shard_that_comes_first_has_it,
        what_was_left_to_another_shard_is_read_again_by_that_one,
        what_came_since_the_totals_were_kept_is_read_again_once,
        after_a_clean_end_nothing_is_read_again, where_nothing_was_kept_all_is_read_again,
        only_processed_batches_are_read_again, a_batch_that_is_gone_is_left_out_and_counted,
        a_batch_of_which_nothing_can_be_said_now_is_asked_for_again,
        the_last_batch_of_which_nothing_can_be_said_now_is_asked_for_after_a_restart,
        what_is_added_while_a_gap_is_open_is_not_read_again,
        totals_are_kept_with_their_gaps_and_taken_up_in_the_middle_of_one,
        two_crashes_in_a_row_cost_no_batch_and_double_none,
        after_ever_more_crashes_without_rest_the_totals_are_made_anew,
        a_log_that_cannot_be_read_loses_no_batch, totals_of_another_log_are_refused,
        what_is_no_kept_ledger_is_refused, where_the_log_cannot_be_read_nothing_is_kept,
        totals_are_unsound_when_memory_is_short_in_the_middle_of_a_batch);
}
