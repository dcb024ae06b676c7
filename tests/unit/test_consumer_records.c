#include <stdio.h>
#include <string.h>

#include "common/contract.h"
#include "common/text.h"
#include "consumer/stream/records.h"
#include "tests/unit/support.h"

static struct text log_text;
static char seen[4096]; /* keys and what else is looked at, in the order in which they came */
static const char *directory;
static int results_fd;

static void add_record(const char *key, const struct rejection *rejection)
{
    const struct processed_record record = {.key = key,
                                            .file = "data_1.csv",
                                            .outcome = rejection == NULL ? OUTCOME_PROCESSED
                                                                         : OUTCOME_REJECTED,
                                            .rejection = rejection,
                                            .sha256 = "",
                                            .at = "2026-11-25T10:00:00Z"};
    processed_record_write(&log_text, &record);
}

/* A log of the records 1 to `count`. */
static void make_log(int count)
{
    char key[16];
    for (int i = 1; i <= count; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        add_record(key, NULL);
    }
}

static void save_log(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
    support_write_file(directory, CONTRACT_PROCESSED_LOG, log_text.bytes, log_text.length);
}

static bool see(void *context, const struct processed_record *record)
{
    const char *last = context;
    strcat(seen, record->key);
    strcat(seen, " ");
    return last == NULL || strcmp(last, record->key) != 0;
}

START_TEST(records_come_in_order_and_as_many_as_are_asked_for)
{
    uint64_t at = 0;
    make_log(5);
    save_log();
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 2, see, NULL), 2);
    ck_assert_str_eq(seen, "1 2 ");
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, NULL),
                      3);
    ck_assert_str_eq(seen, "1 2 3 4 5 ");
    ck_assert_uint_eq(at, log_text.length);
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, NULL),
                      0);
}
END_TEST

static bool pass(void *context, const struct processed_record *record)
{
    (void)record;
    ++*(size_t *)context;
    return true;
}

static bool refuse(void *context, const struct processed_record *record)
{
    (void)context;
    (void)record;
    return false;
}

START_TEST(a_log_longer_than_a_piece_is_read_whole)
{
    uint64_t at = 0;
    size_t lines = 0;
    size_t records = 0;
    size_t count;
    make_log(5000);
    save_log();
    ck_assert_uint_gt(log_text.length, (size_t)512 * 1024);
    while ((count = records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100000, pass,
                                 &records)) > 0)
        lines += count;
    ck_assert_uint_eq(lines, 5000);
    ck_assert_uint_eq(records, 5000);
}
END_TEST

START_TEST(nothing_is_read_behind_the_end_that_is_given)
{
    uint64_t at = 0;
    make_log(2);
    size_t end = log_text.length;
    make_log(2);
    save_log();
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, end, 100, see, NULL), 2);
    ck_assert_uint_eq(at, end);
}
END_TEST

START_TEST(a_damaged_line_is_passed_over)
{
    uint64_t at = 0;
    make_log(3);
    log_text.bytes[log_text.length / 2] ^= 1;
    save_log();
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, NULL),
                      3);
    ck_assert_str_eq(seen, "1 3 ");
}
END_TEST

START_TEST(who_refuses_a_record_meets_it_again)
{
    uint64_t at = 0;
    make_log(3);
    save_log();
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, "2"),
                      1);
    ck_assert_str_eq(seen, "1 2 ");
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, NULL),
                      2);
    ck_assert_str_eq(seen, "1 2 2 3 ");
}
END_TEST

/* Each refused once, and a line between them that is longer than the piece. */
START_TEST(one_at_a_time_out_of_a_piece_the_records_are_the_same)
{
    static char long_line[20000];
    struct records_piece piece = {0};
    uint64_t at = 0;
    size_t lines = 0;
    size_t records = 0;
    make_log(300);
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\n';
    text_append(&log_text, long_line, sizeof long_line);
    make_log(300);
    save_log();
    for (size_t more = 1; more > 0; lines += more) {
        more = records_read_on(results_fd, SHARD_WHOLE, &piece, &at, log_text.length, 1, refuse,
                               &records);
        more += records_read_on(results_fd, SHARD_WHOLE, &piece, &at, log_text.length, 1, pass,
                                &records);
    }
    ck_assert_uint_eq(lines, 601);
    ck_assert_uint_eq(records, 600);
    ck_assert_uint_eq(at, log_text.length);
    records_piece_free(&piece);
}
END_TEST

static bool keep_rejection(void *context, const struct processed_record *record)
{
    struct text *kept = context;
    text_printf(kept, "%s: %s, %s", record->at, reason_word(record->rejection->reason),
                record->rejection->detail);
    return true;
}

START_TEST(a_record_tells_when_and_why)
{
    struct rejection rejection;
    struct text kept = {0};
    uint64_t at = 0;
    rejection_set(&rejection, REASON_NUL_BYTE, "line 1, column %d", 7);
    add_record("1", &rejection);
    save_log();
    (void)records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 1, keep_rejection, &kept);
    ck_assert_str_eq(kept.bytes, "2026-11-25T10:00:00Z: nul-byte, line 1, column 7");
    text_free(&kept);
}
END_TEST

START_TEST(the_last_records_are_found_from_the_end)
{
    make_log(9);
    save_log();
    uint64_t at = records_back(results_fd, SHARD_WHOLE, log_text.length, 3);
    (void)records_read(results_fd, SHARD_WHOLE, &at, log_text.length, 100, see, NULL);
    ck_assert_str_eq(seen, "7 8 9 ");
    ck_assert_uint_eq(records_back(results_fd, SHARD_WHOLE, log_text.length, 9), 0);
    ck_assert_uint_eq(records_back(results_fd, SHARD_WHOLE, log_text.length, 100), 0);
    ck_assert_uint_eq(records_back(results_fd, SHARD_WHOLE, log_text.length, 0), log_text.length);
}
END_TEST

START_TEST(going_back_ends_at_a_mebibyte_and_at_the_beginning_of_a_line)
{
    make_log(10000);
    save_log();
    uint64_t at = records_back(results_fd, SHARD_WHOLE, log_text.length, 100000);
    ck_assert_uint_gt(at, log_text.length - 1024 * 1024 - 1);
    ck_assert_mem_eq(log_text.bytes + at, "{\"key\":", 7);
}
END_TEST

START_TEST(a_mark_knows_the_log_that_it_was_made_of)
{
    uint32_t mark;
    uint32_t other;
    make_log(3);
    size_t end = log_text.length;
    make_log(1);
    save_log();
    ck_assert(records_mark(results_fd, SHARD_WHOLE, end, &mark));
    log_text.bytes[end - 20] ^= 1;
    save_log();
    ck_assert(records_mark(results_fd, SHARD_WHOLE, end, &other));
    ck_assert_uint_ne(mark, other);
    ck_assert(!records_mark(results_fd, SHARD_WHOLE, log_text.length + 1, &other));
}
END_TEST

START_TEST(where_there_is_no_log_nothing_is_read)
{
    uint64_t at = 0;
    uint32_t mark;
    results_fd = support_open_directory(support_temporary_directory());
    ck_assert_uint_eq(records_read(results_fd, SHARD_WHOLE, &at, 100, 100, see, NULL), 0);
    ck_assert_uint_eq(records_back(results_fd, SHARD_WHOLE, 100, 10), 100);
    ck_assert(!records_mark(results_fd, SHARD_WHOLE, 100, &mark));
    ck_assert(records_mark(results_fd, SHARD_WHOLE, 0, &mark));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_records", records_come_in_order_and_as_many_as_are_asked_for,
        a_log_longer_than_a_piece_is_read_whole, nothing_is_read_behind_the_end_that_is_given,
        a_damaged_line_is_passed_over, who_refuses_a_record_meets_it_again,
        one_at_a_time_out_of_a_piece_the_records_are_the_same, a_record_tells_when_and_why,
        the_last_records_are_found_from_the_end,
        going_back_ends_at_a_mebibyte_and_at_the_beginning_of_a_line,
        a_mark_knows_the_log_that_it_was_made_of, where_there_is_no_log_nothing_is_read);
}
