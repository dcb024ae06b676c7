#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/reason.h"
#include "producer/retention.h"
#include "producer/retired.h"
#include "tests/unit/written_log.h"

/* Stands before the C library's function, in this program alone. */
static int fdatasync_errno;

int fdatasync(int fd)
{
    (void)fd;
    errno = fdatasync_errno;
    return fdatasync_errno == 0 ? 0 : -1;
}

/* As fdatasync: the names that are removed, and one that cannot be. */
static char removed[256];
static const char *stuck;

int unlinkat(int fd, const char *name, int flags)
{
    if (strlen(removed) + strlen(name) + 2 <= sizeof removed)
        (void)strcat(strcat(removed, name), " ");
    if (stuck != NULL && strcmp(name, stuck) == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, fd, name, flags);
}

/* What renames fail with: of what is noted, nothing else here is renamed. */
static int rename_errno;

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    if (rename_errno == 0)
        return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
    errno = rename_errno;
    return -1;
}

static const char *directory;
static struct retention retention;
static struct written_log written;

/* A directory with batches 1 to `count` on disk, and an empty log. */
static void prepare(struct retention_limits limits, unsigned count)
{
    uint64_t *numbers = calloc(count + 1, sizeof *numbers);
    char name[64];
    directory = support_temporary_directory();
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = i + 1;
        (void)snprintf(name, sizeof name, "data_%u.csv", i + 1);
        support_write_file(directory, name, "a\n", 2);
        (void)snprintf(name, sizeof name, "metadata_%u.json", i + 1);
        support_write_file(directory, name, "{}", 2);
    }
    retention_open(&retention, support_open_directory(directory), &limits, &numbers, count);
    ck_assert_ptr_null(numbers);
    written = written_log_new();
}

static void decide_in(const struct written_log *log, unsigned number, enum outcome outcome)
{
    char key[32];
    struct rejection rejection = {.reason = REASON_HASH_MISMATCH};
    (void)snprintf(key, sizeof key, "%u", number);
    struct processed_record record = {
        .key = key, .file = "data.csv", .sha256 = "", .outcome = outcome, .rejection = &rejection};
    ck_assert_int_eq(processed_log_append(log->own, &record), 0);
}

static void decide(unsigned number, enum outcome outcome)
{
    decide_in(&written, number, outcome);
}

static const struct acknowledgements *seen_of_one(void)
{
    static struct acknowledgements seen;
    seen = (struct acknowledgements){.logs = {written.all}, .count = 1, .all_seen = true};
    return &seen;
}

static void follow(void)
{
    retention_follow(&retention, seen_of_one());
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), 0);
}

static bool is_there(unsigned number)
{
    char data[64];
    char metadata[64];
    (void)snprintf(data, sizeof data, "data_%u.csv", number);
    (void)snprintf(metadata, sizeof metadata, "metadata_%u.json", number);
    ck_assert_int_eq(support_exists(directory, data), support_exists(directory, metadata));
    return support_exists(directory, data);
}

START_TEST(retention_never_deletes_a_batch_that_is_not_acknowledged)
{
    prepare((struct retention_limits){.keep_batches = 0}, 5);
    follow();
    ck_assert_uint_eq(support_count_names(directory), 10);
    decide(2, OUTCOME_PROCESSED);
    follow();
    ck_assert(is_there(1) && !is_there(2) && is_there(3) && is_there(4) && is_there(5));
}
END_TEST

START_TEST(retention_counts_a_rejected_batch_as_acknowledged_and_a_changed_one_not)
{
    prepare((struct retention_limits){.keep_batches = 0}, 3);
    decide(1, OUTCOME_REJECTED);
    decide(2, OUTCOME_CHANGED);
    follow();
    ck_assert(!is_there(1) && is_there(2) && is_there(3));
}
END_TEST

START_TEST(retention_keeps_the_newest_acknowledged_batches)
{
    prepare((struct retention_limits){.keep_batches = 2}, 6);
    for (unsigned number = 1; number <= 5; number++)
        decide(number, OUTCOME_PROCESSED);
    follow();
    ck_assert(!is_there(1) && !is_there(2) && !is_there(3));
    ck_assert(is_there(4) && is_there(5) && is_there(6));
}
END_TEST

START_TEST(retention_deletes_no_batch_that_is_spared_until_later_ones_are)
{
    prepare((struct retention_limits){.keep_batches = 0}, 4);
    retention_spare(&retention, 2);
    for (unsigned number = 1; number <= 4; number++)
        decide(number, OUTCOME_PROCESSED);
    follow();
    ck_assert(!is_there(1) && is_there(2) && is_there(3) && is_there(4));
    retention_spare(&retention, 4);
    follow();
    ck_assert(!is_there(2) && !is_there(3) && is_there(4));
}
END_TEST

START_TEST(retention_goes_by_number_when_an_old_batch_is_acknowledged_late)
{
    prepare((struct retention_limits){.keep_batches = 2}, 4);
    decide(3, OUTCOME_PROCESSED);
    decide(2, OUTCOME_PROCESSED);
    follow();
    ck_assert(is_there(2) && is_there(3));
    decide(1, OUTCOME_PROCESSED);
    follow();
    ck_assert(!is_there(1) && is_there(2) && is_there(3) && is_there(4));
}
END_TEST

START_TEST(retention_finishes_a_deletion_that_a_crash_cut_in_two)
{
    prepare((struct retention_limits){.keep_batches = 0}, 0);
    support_write_file(directory, "data_1.csv", "a\n", 2);
    ck_assert(retention_add(&retention, 1));
    decide(1, OUTCOME_PROCESSED);
    follow();
    ck_assert(!support_exists(directory, "data_1.csv"));
}
END_TEST

static void assert_retired_below(uint64_t expected)
{
    uint64_t below;
    ck_assert_int_eq(retired_read(retention.directory_fd, &below), 0);
    ck_assert_uint_eq(below, expected);
}

static void decide_all(unsigned count)
{
    for (unsigned number = 1; number <= count; number++)
        decide(number, OUTCOME_PROCESSED);
}

START_TEST(retention_notes_that_numbers_were_used_before_their_last_trace_goes)
{
    prepare((struct retention_limits){.keep_batches = 0}, 3);
    decide_all(3);
    rename_errno = EIO;
    retention_follow(&retention, seen_of_one());
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    ck_assert(is_there(1) && is_there(2) && is_there(3));
    rename_errno = 0;
    follow();
    ck_assert(!is_there(1) && !is_there(2) && !is_there(3));
    assert_retired_below(4);
}
END_TEST

START_TEST(retention_notes_no_number_that_is_not_used_or_is_spared)
{
    prepare((struct retention_limits){.keep_batches = 1}, 6);
    retention_spare(&retention, 4);
    decide_all(5);
    follow();
    ck_assert(!is_there(3) && is_there(4));
    assert_retired_below(4);
    retention_spare(&retention, 0);
    follow();
    ck_assert(!is_there(4) && is_there(5));
    assert_retired_below(7);
}
END_TEST

START_TEST(retention_makes_space_where_there_is_none_for_the_note_but_keeps_the_highest_number)
{
    prepare((struct retention_limits){.keep_batches = 0}, 3);
    decide_all(3);
    rename_errno = ENOSPC;
    retention_follow(&retention, seen_of_one());
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    ck_assert(!is_there(1) && !is_there(2) && is_there(3));
    rename_errno = 0;
    follow();
    ck_assert(!is_there(3));
    assert_retired_below(4);
}
END_TEST

START_TEST(retention_without_a_reader_neither_deletes_nor_waits)
{
    prepare((struct retention_limits){.keep_batches = 0, .max_pending_batches = 1}, 3);
    decide(1, OUTCOME_PROCESSED);
    retention_follow(&retention, seen_of_one());
    retention_follow(&retention, &(struct acknowledgements){0});
    ck_assert_int_eq(retention_tidy(&retention, &(struct acknowledgements){0}), 0);
    ck_assert_uint_eq(support_count_names(directory), 6);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_waits_at_the_high_water_mark_and_goes_on_below_it)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 3}, 2);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
    ck_assert(retention_add(&retention, 3));
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    decide(3, OUTCOME_CHANGED);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    decide(2, OUTCOME_REJECTED);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_counts_batches_that_are_on_their_way)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 4}, 2);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 1, 0), RETENTION_GO);
    ck_assert_int_eq(retention_verdict(&retention, 2, 0), RETENTION_READER_BEHIND);
}
END_TEST

/* As when the flush after its rename failed: the reader is quicker than the second attempt. */
START_TEST(retention_does_not_wait_for_a_batch_that_was_acknowledged_before_it_was_added)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 1}, 0);
    decide(1, OUTCOME_PROCESSED);
    follow();
    ck_assert(retention_add(&retention, 1));
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_calls_the_reader_caught_up_at_half_the_mark_and_not_at_the_first_free_place)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 4}, 4);
    follow();
    ck_assert(!retention_has_caught_up(&retention));
    decide(1, OUTCOME_PROCESSED);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
    ck_assert(!retention_has_caught_up(&retention));
    decide(2, OUTCOME_PROCESSED);
    follow();
    ck_assert(retention_has_caught_up(&retention));
}
END_TEST

START_TEST(retention_notices_a_single_acknowledgement_at_a_high_mark)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 500}, 500);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    decide(250, OUTCOME_PROCESSED);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_of_zero_pending_is_no_limit)
{
    prepare((struct retention_limits){.keep_batches = 0, .max_pending_batches = 0}, 50);
    follow();
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_waits_where_the_next_batch_would_leave_less_space_than_wanted)
{
    prepare((struct retention_limits){.min_free_bytes = 1 << 20}, 0);
    ck_assert_int_eq(retention_verdict(&retention, 0, 1 << 20), RETENTION_GO);
    ck_assert_int_eq(retention_verdict(&retention, 0, UINT64_C(1) << 60), RETENTION_DISK_FULL);
    ck_assert_int_eq(retention_verdict(&retention, 0, UINT64_MAX), RETENTION_DISK_FULL);
    retention.limits.min_free_bytes = 0;
    ck_assert_int_eq(retention_verdict(&retention, 0, UINT64_MAX), RETENTION_GO);
}
END_TEST

START_TEST(retention_waits_while_less_space_is_free_than_wanted)
{
    prepare((struct retention_limits){.min_free_bytes = UINT64_MAX}, 0);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_DISK_FULL);
    retention.limits.min_free_bytes = 1;
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
    retention.limits.min_free_bytes = 0;
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
}
END_TEST

START_TEST(retention_deletes_nothing_whose_record_cannot_be_made_durable)
{
    prepare((struct retention_limits){.keep_batches = 0}, 1);
    decide(1, OUTCOME_PROCESSED);
    retention_follow(&retention, seen_of_one());
    fdatasync_errno = EIO;
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    ck_assert(is_there(1));
    fdatasync_errno = 0;
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), 0);
    ck_assert(!is_there(1));
}
END_TEST

START_TEST(retention_says_when_it_cannot_delete_and_succeeds_later)
{
    prepare((struct retention_limits){.keep_batches = 0}, 1);
    int fd = retention.directory_fd;
    decide(1, OUTCOME_PROCESSED);
    retention_follow(&retention, seen_of_one());
    retention.directory_fd = -1;
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    retention.directory_fd = fd;
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), 0);
    ck_assert(!is_there(1));
}
END_TEST

START_TEST(retention_does_not_stumble_over_a_directory_under_a_batchs_name)
{
    char path[4096];
    prepare((struct retention_limits){.keep_batches = 0}, 0);
    (void)snprintf(path, sizeof path, "%s/data_1.csv", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert(retention_add(&retention, 1));
    decide(1, OUTCOME_REJECTED);
    follow();
    ck_assert(support_exists(directory, "data_1.csv"));
}
END_TEST

/* --- the order of deletion -------------------------------------------------------------------- */

START_TEST(retention_removes_the_metadata_of_a_batch_before_its_data_and_the_oldest_first)
{
    prepare((struct retention_limits){.keep_batches = 0}, 2);
    decide(2, OUTCOME_PROCESSED);
    decide(1, OUTCOME_PROCESSED);
    removed[0] = '\0';
    follow();
    ck_assert_str_eq(removed, "metadata_1.json data_1.csv metadata_2.json data_2.csv ");
}
END_TEST

START_TEST(retention_that_is_cut_between_the_two_removals_leaves_data_and_goes_on_there)
{
    prepare((struct retention_limits){.keep_batches = 0}, 2);
    decide(1, OUTCOME_PROCESSED);
    decide(2, OUTCOME_PROCESSED);
    retention_follow(&retention, seen_of_one());
    stuck = "data_1.csv";
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    ck_assert(support_exists(directory, "data_1.csv"));
    ck_assert(!support_exists(directory, "metadata_1.json"));
    ck_assert(is_there(2));
    stuck = NULL;
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), 0);
    ck_assert(!is_there(1) && !is_there(2));
}
END_TEST

START_TEST(retention_that_cannot_remove_the_metadata_leaves_the_data_too)
{
    prepare((struct retention_limits){.keep_batches = 0}, 1);
    decide(1, OUTCOME_PROCESSED);
    retention_follow(&retention, seen_of_one());
    stuck = "metadata_1.json";
    ck_assert_int_eq(retention_tidy(&retention, seen_of_one()), -1);
    ck_assert(is_there(1));
}
END_TEST

/* --- several readers -------------------------------------------------------------------------- */

static struct written_log second;

/* Two readers; the second may be out of sight. */
static struct acknowledgements seen_of_two(bool both, uint64_t epoch)
{
    return (struct acknowledgements){
        .logs = {written.all, second.all}, .count = both ? 2 : 1, .all_seen = both, .epoch = epoch};
}

static void follow_two(bool both, uint64_t epoch)
{
    struct acknowledgements seen = seen_of_two(both, epoch);
    retention_follow(&retention, &seen);
    ck_assert_int_eq(retention_tidy(&retention, &seen), 0);
}

START_TEST(retention_deletes_what_all_readers_have_and_nothing_that_one_of_them_lacks)
{
    prepare((struct retention_limits){.keep_batches = 0}, 3);
    second = written_log_new();
    decide(1, OUTCOME_PROCESSED);
    decide(2, OUTCOME_PROCESSED);
    decide_in(&second, 3, OUTCOME_PROCESSED);
    follow_two(true, 1);
    ck_assert(is_there(1) && is_there(2) && is_there(3));
    decide_in(&second, 2, OUTCOME_REJECTED);
    follow_two(true, 1);
    ck_assert(is_there(1) && !is_there(2) && is_there(3));
}
END_TEST

START_TEST(retention_waits_for_the_slowest_of_several_readers)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 3}, 3);
    second = written_log_new();
    for (unsigned number = 1; number <= 3; number++)
        decide(number, OUTCOME_PROCESSED);
    follow_two(true, 1);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    ck_assert_uint_eq(retention_first_pending(&retention), 1);
    decide_in(&second, 1, OUTCOME_PROCESSED);
    follow_two(true, 1);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
    ck_assert_uint_eq(retention_first_pending(&retention), 2);
}
END_TEST

START_TEST(retention_deletes_nothing_while_a_reader_is_out_of_sight_and_waits_for_the_others)
{
    prepare((struct retention_limits){.keep_batches = 0, .max_pending_batches = 2}, 3);
    second = written_log_new();
    follow_two(false, 1);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_READER_BEHIND);
    decide(1, OUTCOME_PROCESSED);
    decide(2, OUTCOME_PROCESSED);
    follow_two(false, 1);
    ck_assert_int_eq(retention_verdict(&retention, 0, 0), RETENTION_GO);
    ck_assert(is_there(1) && is_there(2) && is_there(3));
}
END_TEST

START_TEST(retention_asks_about_every_batch_anew_when_a_reader_comes_into_sight)
{
    prepare((struct retention_limits){.keep_batches = 0, .max_pending_batches = 3}, 3);
    second = written_log_new();
    for (unsigned number = 1; number <= 3; number++)
        decide(number, OUTCOME_PROCESSED);
    follow_two(false, 1);
    decide_in(&second, 2, OUTCOME_PROCESSED);
    follow_two(true, 2);
    ck_assert(is_there(1) && !is_there(2) && is_there(3));
    ck_assert_uint_eq(retention_first_pending(&retention), 1);
    decide_in(&second, 1, OUTCOME_PROCESSED);
    follow_two(true, 2);
    ck_assert(!is_there(1) && is_there(3));
}
END_TEST

/* Its consumer began anew, with other results: it has acknowledged nothing. */
START_TEST(retention_takes_back_what_a_log_acknowledged_that_was_replaced)
{
    prepare((struct retention_limits){.keep_batches = 1}, 4);
    for (unsigned number = 1; number <= 2; number++)
        decide(number, OUTCOME_PROCESSED);
    struct acknowledgements seen = *seen_of_one();
    retention_follow(&retention, &seen);
    struct written_log other = written_log_new();
    decide_in(&other, 3, OUTCOME_PROCESSED);
    decide_in(&other, 4, OUTCOME_PROCESSED);
    seen.logs[0] = other.all;
    seen.epoch++;
    ck_assert_int_eq(retention_tidy(&retention, &seen), 0);
    ck_assert(is_there(1));
    retention_follow(&retention, &seen);
    ck_assert_int_eq(retention_tidy(&retention, &seen), 0);
    ck_assert(is_there(1) && is_there(2) && !is_there(3) && is_there(4));
    ck_assert_uint_eq(retention_first_pending(&retention), 1);
    written_log_close(&other);
}
END_TEST

/* The limit is far, so that not every decision is worth the asking. */
START_TEST(retention_asks_the_logs_about_each_pending_batch_at_most_sixteen_times_a_decision)
{
    prepare((struct retention_limits){.keep_batches = 9, .max_pending_batches = 0}, 320);
    second = written_log_new();
    follow_two(true, 1);
    for (unsigned number = 1; number <= 20; number++) {
        ck_assert_uint_eq(retention_first_pending(&retention), 1);
        decide_in(number % 2 == 0 ? &second : &written, (number + 1) / 2, OUTCOME_PROCESSED);
        follow_two(true, 1);
    }
    ck_assert_uint_eq(retention_first_pending(&retention), 11);
}
END_TEST

/* A window of pending batches that moves on: what was taken off in front is used again. */
START_TEST(retention_stays_small_while_thousands_of_batches_pass)
{
    prepare((struct retention_limits){.keep_batches = 3, .max_pending_batches = 10}, 0);
    for (unsigned number = 1; number <= 5000; number++) {
        ck_assert(retention_add(&retention, number));
        decide(number, OUTCOME_PROCESSED);
        follow();
    }
    ck_assert_uint_eq(retention.pending.count, 0);
    ck_assert_uint_eq(retention.acknowledged.count, 3);
    ck_assert_uint_eq(retention.acknowledged.items[retention.acknowledged.first], 4998);
    ck_assert_uint_le(retention.pending.capacity + retention.acknowledged.capacity, 256);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_retention", retention_never_deletes_a_batch_that_is_not_acknowledged,
        retention_counts_a_rejected_batch_as_acknowledged_and_a_changed_one_not,
        retention_keeps_the_newest_acknowledged_batches,
        retention_deletes_no_batch_that_is_spared_until_later_ones_are,
        retention_goes_by_number_when_an_old_batch_is_acknowledged_late,
        retention_finishes_a_deletion_that_a_crash_cut_in_two,
        retention_without_a_reader_neither_deletes_nor_waits,
        retention_waits_at_the_high_water_mark_and_goes_on_below_it,
        retention_notes_that_numbers_were_used_before_their_last_trace_goes,
        retention_notes_no_number_that_is_not_used_or_is_spared,
        retention_makes_space_where_there_is_none_for_the_note_but_keeps_the_highest_number,
        retention_counts_batches_that_are_on_their_way,
        retention_does_not_wait_for_a_batch_that_was_acknowledged_before_it_was_added,
        retention_calls_the_reader_caught_up_at_half_the_mark_and_not_at_the_first_free_place,
        retention_notices_a_single_acknowledgement_at_a_high_mark,
        retention_of_zero_pending_is_no_limit,
        retention_waits_where_the_next_batch_would_leave_less_space_than_wanted,
        retention_waits_while_less_space_is_free_than_wanted,
        retention_deletes_nothing_whose_record_cannot_be_made_durable,
        retention_says_when_it_cannot_delete_and_succeeds_later,
        retention_does_not_stumble_over_a_directory_under_a_batchs_name,
        retention_removes_the_metadata_of_a_batch_before_its_data_and_the_oldest_first,
        retention_that_is_cut_between_the_two_removals_leaves_data_and_goes_on_there,
        retention_that_cannot_remove_the_metadata_leaves_the_data_too,
        retention_deletes_what_all_readers_have_and_nothing_that_one_of_them_lacks,
        retention_waits_for_the_slowest_of_several_readers,
        retention_deletes_nothing_while_a_reader_is_out_of_sight_and_waits_for_the_others,
        retention_asks_about_every_batch_anew_when_a_reader_comes_into_sight,
        retention_takes_back_what_a_log_acknowledged_that_was_replaced,
        retention_asks_the_logs_about_each_pending_batch_at_most_sixteen_times_a_decision,
        retention_stays_small_while_thousands_of_batches_pass);
}
