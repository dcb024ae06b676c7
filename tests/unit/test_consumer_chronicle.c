/*
 * What a chronicle makes of batches that it is told of is what it makes of them when it reads the
 * log and the summaries afterwards.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/text.h"
#include "consumer/stream/account_recall.h"
#include "consumer/stream/chronicle.h"
#include "tests/unit/support.h"

/* Each test runs in a process of its own, so it finds these as new. */
static struct text log_text;
static const char *directory;
static int results_fd;
static const char *repeated; /* a batch that another shard has as well */
static struct text pages;    /* that were called, with their newest and their oldest batch */

/* ---- a log and its summaries ---- */

/* With a column whose band is from `low` to `low` + 8. */
static void save_summary(const char *key, const char *column, double low, double median)
{
    char name[CONTRACT_NAME_SIZE];
    struct text summary = {0};
    contract_summary_name(name, key);
    text_printf(
        &summary,
        "{\"columns\": [{\"name\": \"%s\", \"type\": \"number\", \"count\": 9, "
        "\"quantiles\": {\"p05\": %g, \"p25\": %g, \"p50\": %g, \"p75\": %g, \"p95\": %g}}]}",
        column, low, low + 1, median, low + 7, low + 8);
    support_write_file(directory, name, summary.bytes, summary.length);
    text_free(&summary);
}

static struct processed_record record_of(int number, char key[16])
{
    static const struct rejection none = {.reason = REASON_NONE};
    static const struct rejection nul = {.reason = REASON_NUL_BYTE, .detail = "line 1"};
    bool rejected = number % 10 == 0;
    (void)snprintf(key, 16, "%d", number);
    return (struct processed_record){.key = key,
                                     .file = "data.csv",
                                     .outcome = rejected ? OUTCOME_REJECTED : OUTCOME_PROCESSED,
                                     .rejection = rejected ? &nul : &none,
                                     .sha256 = "",
                                     .at = "2026-11-25T10:00:00Z"};
}

static void save_log(void)
{
    support_write_file(directory, CONTRACT_PROCESSED_LOG, log_text.bytes, log_text.length);
}

/* Records `first` to `last` at the end of the log, as a commit leaves them. Batch 41 has another
 * column, batch 61 leaves the usual range, each tenth is rejected. */
static void commit(int first, int last)
{
    char key[16];
    for (int number = first; number <= last; number++) {
        struct processed_record record = record_of(number, key);
        save_summary(key, number == 41 ? "other" : "value", 6 + number % 2,
                     number == 61 ? 1000 : 10 + number % 2);
        processed_record_write(&log_text, &record);
    }
    save_log();
}

static void begin(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
}

/* ---- chronicles ---- */

/* What happens in the middle of a step may take longer than it has. */
static bool pages_are_slow;

static const char *unsayable; /* a key of which it cannot be said now */

static void note_page(void *context, const struct chronicle *chronicle, uint64_t number)
{
    const struct timespec moment = {.tv_nsec = 2 * CHRONICLE_STEP_NS};
    (void)context;
    if (pages_are_slow)
        (void)nanosleep(&moment, NULL);
    text_printf(&pages, "%u: %s to %s; ", (unsigned)number, chronicle_newest(chronicle, 0)->key,
                chronicle_newest(chronicle, CHRONICLE_PAGE - 1)->key);
}

static enum chronicle_telling is_repeated(void *context, struct shard of, const char *key,
                                          const struct sources *read)
{
    (void)context;
    (void)read;
    if (unsayable != NULL && strcmp(key, unsayable) == 0)
        return CHRONICLE_CANNOT_SAY;
    return repeated != NULL && !shard_is_whole(of) && strcmp(key, repeated) == 0 ? CHRONICLE_REPEATS
                                                                                 : CHRONICLE_TELLS;
}

static struct chronicle *make(void)
{
    const struct chronicle_calls calls = {.on_page = note_page, .is_repeated = is_repeated};
    struct chronicle *chronicle = chronicle_create(results_fd, SHARD_WHOLE, &calls);
    ck_assert_ptr_nonnull(chronicle);
    return chronicle;
}

/* The records become durable, and it is told of them. */
static void tell(struct chronicle *chronicle, int first, int last)
{
    char key[16];
    commit(first, last);
    for (int number = first; number <= last; number++) {
        struct account account;
        struct processed_record record = record_of(number, key);
        account_recall(results_fd, &record, &account);
        chronicle_tell(chronicle, &account);
    }
    chronicle_committed(chronicle, log_text.length);
}

static size_t catch_up(struct chronicle *chronicle)
{
    size_t steps = 1;
    while (chronicle_catch_up(chronicle))
        ck_assert_uint_lt(steps++, 1000);
    return steps;
}

static struct chronicle *read_whole_log(void)
{
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    (void)catch_up(chronicle);
    return chronicle;
}

static struct text packed_of(const struct chronicle *chronicle)
{
    struct text packed = {0};
    ck_assert(chronicle_pack(chronicle, &packed));
    ck_assert(!text_failed(&packed));
    return packed;
}

/* A new one that goes on from there. */
static bool unpack(struct chronicle **chronicle, const struct text *packed)
{
    struct unpacker unpacker = {.bytes = packed->bytes, .left = packed->length};
    *chronicle = make();
    return chronicle_unpack(*chronicle, &unpacker) && unpack_close(&unpacker);
}

static void assert_same_newest(const struct chronicle *a, const struct chronicle *b)
{
    ck_assert_uint_eq(chronicle_count(a), chronicle_count(b));
    for (size_t i = 0; i < chronicle_count(a); i++) {
        ck_assert_str_eq(chronicle_newest(a, i)->key, chronicle_newest(b, i)->key);
        ck_assert_str_eq(chronicle_newest(a, i)->change, chronicle_newest(b, i)->change);
        ck_assert_str_eq(chronicle_newest(a, i)->drift, chronicle_newest(b, i)->drift);
    }
}

/* In all that is told of batches, and in what is kept. */
static void assert_same(const struct chronicle *a, const struct chronicle *b)
{
    struct text packed_a = packed_of(a);
    struct text packed_b = packed_of(b);
    ck_assert_uint_eq(chronicle_total(a), chronicle_total(b));
    assert_same_newest(a, b);
    ck_assert_uint_eq(packed_a.length, packed_b.length);
    ck_assert_mem_eq(packed_a.bytes, packed_b.bytes, packed_a.length);
    text_free(&packed_a);
    text_free(&packed_b);
}

/* ---- in step ---- */

START_TEST(what_is_told_in_step_is_in_it_at_once)
{
    begin();
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, 0);
    tell(chronicle, 1, 3);
    ck_assert(!chronicle_is_behind(chronicle));
    ck_assert(!chronicle_catch_up(chronicle));
    ck_assert_uint_eq(chronicle_total(chronicle), 3);
    ck_assert_uint_eq(chronicle_count(chronicle), 3);
    ck_assert_str_eq(chronicle_newest(chronicle, 0)->key, "3");
    ck_assert_str_eq(chronicle_newest(chronicle, 2)->key, "1");
    ck_assert_uint_eq(trend_batches(chronicle_trend(chronicle)), 3);
    chronicle_free(chronicle);
}
END_TEST

START_TEST(batches_are_marked_against_those_before)
{
    begin();
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, 0);
    tell(chronicle, 1, 62);
    ck_assert_str_eq(chronicle_newest(chronicle, 21)->change, "new: other; gone: value");
    ck_assert_str_eq(chronicle_newest(chronicle, 1)->drift, "value: median 1000, usual 7 to 15");
    ck_assert_str_eq(chronicle_newest(chronicle, 3)->drift, "");
    chronicle_free(chronicle);
}
END_TEST

START_TEST(only_the_newest_stay)
{
    begin();
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, 0);
    tell(chronicle, 1, 450);
    ck_assert_uint_eq(chronicle_total(chronicle), 450);
    ck_assert_uint_eq(chronicle_count(chronicle), CHRONICLE_NEWEST);
    ck_assert_str_eq(chronicle_newest(chronicle, 0)->key, "450");
    ck_assert_str_eq(chronicle_newest(chronicle, CHRONICLE_NEWEST - 1)->key, "251");
    chronicle_free(chronicle);
}
END_TEST

START_TEST(each_hundredth_batch_ends_a_page)
{
    begin();
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, 0);
    tell(chronicle, 1, 99);
    ck_assert_uint_eq(pages.length, 0);
    tell(chronicle, 100, 250);
    ck_assert_str_eq(pages.bytes, "1: 100 to 1; 2: 200 to 101; ");
    chronicle_free(chronicle);
}
END_TEST

/* ---- behind ---- */

START_TEST(what_is_read_from_the_log_is_what_was_told)
{
    begin();
    struct chronicle *told = make();
    chronicle_begin(told, SHARD_WHOLE, 0);
    tell(told, 1, 150);
    struct chronicle *read = read_whole_log();
    assert_same(told, read);
    ck_assert_str_eq(pages.bytes, "1: 100 to 1; 1: 100 to 1; ");
    chronicle_free(told);
    chronicle_free(read);
}
END_TEST

START_TEST(catching_up_takes_some_batches_at_a_time)
{
    begin();
    commit(1, 5 * CHRONICLE_STEP);
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    ck_assert(chronicle_is_behind(chronicle));
    ck_assert(chronicle_catch_up(chronicle));
    ck_assert_uint_le(chronicle_total(chronicle), CHRONICLE_STEP);
    ck_assert_uint_gt(chronicle_total(chronicle), 0);
    ck_assert_uint_ge(catch_up(chronicle), 4);
    ck_assert_uint_eq(chronicle_total(chronicle), 5 * CHRONICLE_STEP);
    chronicle_free(chronicle);
}
END_TEST

START_TEST(what_is_told_while_it_is_behind_is_taken_once_and_in_its_place)
{
    begin();
    commit(1, 250);
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    (void)chronicle_catch_up(chronicle);
    tell(chronicle, 251, 260);
    ck_assert_uint_le(chronicle_total(chronicle), CHRONICLE_STEP);
    (void)catch_up(chronicle);
    tell(chronicle, 261, 262);
    ck_assert_uint_eq(chronicle_total(chronicle), 262);
    struct chronicle *other = read_whole_log();
    assert_same(chronicle, other);
    chronicle_free(chronicle);
    chronicle_free(other);
}
END_TEST

START_TEST(a_log_that_cannot_be_read_is_read_after_the_next_commit)
{
    begin();
    commit(1, 5);
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    ck_assert(!chronicle_catch_up(chronicle));
    ck_assert(!chronicle_is_behind(chronicle));
    save_log();
    tell(chronicle, 6, 7);
    ck_assert_uint_eq(chronicle_total(chronicle), 0);
    (void)catch_up(chronicle);
    ck_assert_uint_eq(chronicle_total(chronicle), 7);
    chronicle_free(chronicle);
}
END_TEST

/* ---- kept ---- */

START_TEST(what_was_kept_goes_on_where_it_ended)
{
    begin();
    struct chronicle *told = make();
    struct chronicle *resumed;
    chronicle_begin(told, SHARD_WHOLE, 0);
    tell(told, 1, 330);
    struct text packed = packed_of(told);
    ck_assert(unpack(&resumed, &packed));
    chronicle_begin(resumed, SHARD_WHOLE, log_text.length);
    ck_assert(!chronicle_is_behind(resumed));
    assert_same(told, resumed);
    text_clear(&pages);
    tell(resumed, 331, 400);
    ck_assert_str_eq(pages.bytes, "4: 400 to 301; ");
    struct chronicle *read = read_whole_log();
    assert_same(resumed, read);
    text_free(&packed);
    chronicle_free(told);
    chronicle_free(resumed);
    chronicle_free(read);
}
END_TEST

START_TEST(what_came_since_it_was_kept_is_read)
{
    begin();
    struct chronicle *told = make();
    struct chronicle *resumed;
    chronicle_begin(told, SHARD_WHOLE, 0);
    tell(told, 1, 30);
    struct text packed = packed_of(told);
    tell(told, 31, 70);
    ck_assert(unpack(&resumed, &packed));
    ck_assert_uint_eq(chronicle_total(resumed), 30);
    chronicle_begin(resumed, SHARD_WHOLE, log_text.length);
    (void)catch_up(resumed);
    assert_same(told, resumed);
    text_free(&packed);
    chronicle_free(told);
    chronicle_free(resumed);
}
END_TEST

START_TEST(what_is_kept_while_it_is_behind_misses_nothing)
{
    begin();
    commit(1, 3 * CHRONICLE_STEP);
    struct chronicle *whole = read_whole_log();
    struct chronicle *half = make();
    struct chronicle *resumed;
    chronicle_begin(half, SHARD_WHOLE, log_text.length);
    (void)chronicle_catch_up(half);
    struct text packed = packed_of(half);
    ck_assert(unpack(&resumed, &packed));
    ck_assert_uint_eq(chronicle_total(resumed), chronicle_total(half));
    chronicle_begin(resumed, SHARD_WHOLE, log_text.length);
    (void)catch_up(resumed);
    assert_same(whole, resumed);
    text_free(&packed);
    chronicle_free(whole);
    chronicle_free(half);
    chronicle_free(resumed);
}
END_TEST

/* A fifth of the batches leave the band, which is just often enough to be marked no more. */
START_TEST(the_newest_come_back_unmarked_where_that_depends_on_those_before)
{
    begin();
    for (int number = 1; number <= 600; number++) {
        char key[16];
        struct processed_record record = record_of(number * 10 + 1, key);
        save_summary(record.key, "value", 6, number % 5 == 0 ? 1000 + number : 10);
        processed_record_write(&log_text, &record);
    }
    save_log();
    struct chronicle *read = read_whole_log();
    struct chronicle *resumed;
    struct text packed = packed_of(read);
    ck_assert(unpack(&resumed, &packed));
    assert_same_newest(read, resumed);
    for (size_t i = 0; i < chronicle_count(read); i++)
        ck_assert_str_eq(chronicle_newest(read, i)->drift, "");
    text_free(&packed);
    chronicle_free(read);
    chronicle_free(resumed);
}
END_TEST

START_TEST(what_was_kept_of_another_log_is_refused)
{
    begin();
    struct chronicle *told = make();
    struct chronicle *resumed;
    chronicle_begin(told, SHARD_WHOLE, 0);
    tell(told, 1, 30);
    struct text packed = packed_of(told);
    log_text.bytes[log_text.length - 20] ^= 1;
    save_log();
    ck_assert(!unpack(&resumed, &packed));
    ck_assert_uint_eq(chronicle_total(resumed) + chronicle_count(resumed), 0);
    chronicle_free(resumed);
    log_text.bytes[log_text.length - 20] ^= 1;
    log_text.length -= 100;
    save_log();
    ck_assert(!unpack(&resumed, &packed));
    chronicle_begin(resumed, SHARD_WHOLE, log_text.length);
    (void)catch_up(resumed);
    ck_assert_uint_eq(chronicle_total(resumed), 29);
    text_free(&packed);
    chronicle_free(told);
    chronicle_free(resumed);
}
END_TEST

START_TEST(what_is_no_kept_chronicle_is_refused)
{
    begin();
    struct chronicle *told = make();
    struct chronicle *resumed;
    chronicle_begin(told, SHARD_WHOLE, 0);
    tell(told, 1, 30);
    struct text packed = packed_of(told);
    const size_t order_bytes = 8 + 30 * 4; /* in which they came; an earlier version had it not */
    for (size_t length = 0; length < packed.length; length++) {
        const struct text part = {.bytes = packed.bytes, .length = length};
        bool is_whole = length == packed.length - order_bytes;
        ck_assert(unpack(&resumed, &part) == is_whole);
        ck_assert_uint_eq(chronicle_total(resumed), is_whole ? 30 : 0);
        chronicle_free(resumed);
    }
    text_free(&packed);
    chronicle_free(told);
}
END_TEST

START_TEST(where_the_log_cannot_be_read_nothing_is_kept)
{
    begin();
    struct chronicle *chronicle = make();
    struct text packed = {0};
    chronicle_begin(chronicle, SHARD_WHOLE, 0);
    tell(chronicle, 1, 3);
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_PROCESSED_LOG, 0), 0);
    ck_assert(!chronicle_pack(chronicle, &packed));
    save_log();
    ck_assert(chronicle_pack(chronicle, &packed));
    text_free(&packed);
    chronicle_free(chronicle);
}
END_TEST

START_TEST(a_record_of_which_nothing_can_be_said_now_is_met_again)
{
    begin();
    commit(1, 5);
    struct chronicle *chronicle = make();
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    unsayable = "3";
    for (int i = 0; chronicle_catch_up(chronicle); i++)
        ck_assert_int_lt(i, 3);
    ck_assert_uint_eq(chronicle_total(chronicle), 2);
    unsayable = NULL;
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    while (chronicle_catch_up(chronicle))
        ;
    ck_assert_uint_eq(chronicle_total(chronicle), 5);
    ck_assert_str_eq(chronicle_newest(chronicle, 0)->key, "5");
    chronicle_free(chronicle);
}
END_TEST

START_TEST(a_step_that_has_no_time_left_takes_no_batch_twice_and_leaves_none_out)
{
    begin();
    struct chronicle *chronicle = make();
    tell(chronicle, 1, 50);
    commit(51, 250); /* so that pages are full in the middle of a step */
    pages_are_slow = true;
    chronicle_begin(chronicle, SHARD_WHOLE, log_text.length);
    ck_assert_uint_gt(catch_up(chronicle), 2);
    ck_assert_uint_eq(chronicle_total(chronicle), 250);
    ck_assert_str_eq(pages.bytes, "1: 100 to 1; 2: 200 to 101; ");
    chronicle_free(chronicle);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_chronicle", what_is_told_in_step_is_in_it_at_once,
                       batches_are_marked_against_those_before, only_the_newest_stay,
                       each_hundredth_batch_ends_a_page, what_is_read_from_the_log_is_what_was_told,
                       catching_up_takes_some_batches_at_a_time,
                       what_is_told_while_it_is_behind_is_taken_once_and_in_its_place,
                       a_log_that_cannot_be_read_is_read_after_the_next_commit,
                       what_was_kept_goes_on_where_it_ended, what_came_since_it_was_kept_is_read,
                       what_is_kept_while_it_is_behind_misses_nothing,
                       the_newest_come_back_unmarked_where_that_depends_on_those_before,
                       what_was_kept_of_another_log_is_refused,
                       what_is_no_kept_chronicle_is_refused,
                       where_the_log_cannot_be_read_nothing_is_kept,
                       a_record_of_which_nothing_can_be_said_now_is_met_again,
                       a_step_that_has_no_time_left_takes_no_batch_twice_and_leaves_none_out);
}
