#include "consumer/batch/commits.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio_group.h"
#include "common/number.h"
#include "tests/unit/support.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define WAITING 2

/* These stand before the C library's functions, in this program alone. */
static atomic_size_t fsyncs;
static size_t fdatasyncs;
static size_t fsyncs_at_the_first_fdatasync;
static atomic_bool fsyncs_are_held;
static atomic_int fsync_errno;
static int fdatasync_errno;

int fsync(int fd)
{
    while (fsyncs_are_held)
        (void)usleep(1000);
    fsyncs++;
    if (fsync_errno != 0) {
        errno = fsync_errno;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (fdatasyncs++ == 0)
        fsyncs_at_the_first_fdatasync = fsyncs;
    if (fdatasync_errno != 0) {
        errno = fdatasync_errno;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static const char *directory;
static struct processed_log *processed;
static struct commits *commits;
static struct sighting sightings[2 * COMMITS_AT_ONCE + WAITING];
static char keys[2 * COMMITS_AT_ONCE + WAITING][8];
static char done_keys[4096];
static struct commits_failure failure;

static void open_commits_of(size_t waiting)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    directory = support_temporary_directory();
    int directory_fd = support_open_directory(directory);
    processed = processed_log_open(directory_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(processed != NULL, "%s", error);
    commits = commits_create(directory_fd, processed, waiting);
    ck_assert_ptr_nonnull(commits);
    for (size_t i = 0; i < sizeof sightings / sizeof *sightings; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%zu", i + 1);
        sightings[i] = (struct sighting){.key = keys[i], .data_name = "data.csv"};
    }
    fsyncs = fdatasyncs = 0;
    done_keys[0] = '\0';
}

static void open_commits(void)
{
    open_commits_of(WAITING);
}

/* None of whose decisions waits for a chart. */
static void open_commits_without_charts(void)
{
    open_commits_of(0);
}

static void close_commits(void)
{
    commits_free(commits);
    processed_log_close(processed);
}

static struct decision *begin(size_t number)
{
    char name[CONTRACT_NAME_SIZE];
    struct decision *decision = commits_begin(commits, &sightings[number - 1]);
    contract_summary_name(name, keys[number - 1]);
    ck_assert(commits_output(commits, decision, name, "{}", 2));
    decision->outcome = OUTCOME_PROCESSED;
    decision->plot = PLOT_NONE;
    (void)snprintf(decision->sha256, sizeof decision->sha256, "%s", HASH_A);
    return decision;
}

static void decide(size_t number)
{
    ck_assert(commits_ready(commits, begin(number)));
}

static void put_chart(struct decision *decision, size_t number)
{
    char name[CONTRACT_NAME_SIZE];
    contract_plot_name(name, keys[number - 1], "png");
    ck_assert(commits_output(commits, decision, name, "image", 5));
}

static void note_done(void *context, struct decision *decision)
{
    size_t length = strlen(done_keys);
    (void)context;
    (void)snprintf(done_keys + length, sizeof done_keys - length, "%s ", decision->sighting->key);
}

static int flush(void)
{
    return commits_flush(commits, note_done, NULL, &failure);
}

static int flush_begin(void)
{
    return commits_flush_begin(commits, note_done, NULL, &failure);
}

static void decide_from_to(size_t first, size_t last)
{
    for (size_t number = first; number <= last; number++)
        decide(number);
}

/* Of `first` to `last`, and no others. */
static void assert_done(size_t first, size_t last)
{
    char expected[sizeof done_keys] = "";
    size_t length = 0;
    for (size_t number = first; number <= last; number++)
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%zu ", number);
    ck_assert_str_eq(done_keys, expected);
}

static bool has_record(size_t number)
{
    return processed_log_find(processed, keys[number - 1]) != NULL;
}

START_TEST(commits_makes_all_outputs_durable_before_the_first_record)
{
    open_commits();
    for (size_t number = 1; number <= 10; number++)
        decide(number);
    ck_assert(!has_record(1));
    ck_assert_uint_eq(support_count_names(directory), 1 + 10); /* temporaries */
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(fsyncs_at_the_first_fdatasync, 10 + 1);
    ck_assert_uint_eq(fdatasyncs, 1);
    for (size_t number = 1; number <= 10; number++)
        ck_assert(has_record(number) && !sightings[number - 1].in_flight);
    ck_assert(support_exists(directory, "summary_10.json"));
    ck_assert_str_eq(done_keys, "1 2 3 4 5 6 7 8 9 10 ");
    close_commits();
}
END_TEST

START_TEST(commits_is_full_when_as_many_are_ready_as_may_share_a_flush)
{
    open_commits();
    for (size_t number = 1; number <= COMMITS_AT_ONCE; number++) {
        ck_assert(!commits_is_full(commits, 0));
        decide(number);
    }
    ck_assert(commits_is_full(commits, 0));
    ck_assert_uint_eq(commits_in_flight(commits), COMMITS_AT_ONCE);
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    ck_assert(!commits_is_full(commits, INT64_MAX));
    close_commits();
}
END_TEST

START_TEST(commits_share_no_more_than_may_be_open)
{
    const struct rlimit files = {.rlim_cur = 64, .rlim_max = 64};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    open_commits();
    size_t number = 1;
    for (; !commits_is_full(commits, 0); number++)
        decide(number);
    ck_assert_uint_eq(number, 1 + 2); /* of two files each, in two groups */
    ck_assert_int_eq(flush(), 0);
    close_commits();
}
END_TEST

START_TEST(commits_is_full_when_one_has_been_ready_for_long)
{
    open_commits();
    ck_assert_int_eq(commits_deadline(commits), INT64_MAX);
    decide(1);
    int64_t due_ns = commits_deadline(commits);
    ck_assert_int_lt(due_ns, clock_now_ns() + NUMBER_NS_PER_SECOND);
    ck_assert(!commits_is_full(commits, due_ns - 1));
    ck_assert(commits_is_full(commits, due_ns));
    close_commits();
}
END_TEST

START_TEST(commits_keeps_the_outputs_of_a_decision_that_is_not_ready_and_makes_no_record)
{
    open_commits();
    decide(2);
    struct decision *drawing = begin(1);
    ck_assert_int_eq(flush(), 0);
    ck_assert(support_exists(directory, "summary_1.json"));
    ck_assert(!has_record(1) && has_record(2));
    ck_assert(sightings[0].in_flight);
    ck_assert(commits_ready(commits, drawing));
    ck_assert_int_eq(flush(), 0);
    ck_assert(has_record(1));
    close_commits();
}
END_TEST

START_TEST(commits_that_lost_outputs_in_a_flush_record_nothing_of_them)
{
    open_commits();
    struct decision *drawing = begin(1);
    decide(2);
    fsync_errno = EIO;
    ck_assert_int_eq(flush(), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert_str_eq(failure.operation, "write");
    ck_assert_str_eq(failure.name, "summary_1.json");
    fsync_errno = 0;
    ck_assert_str_eq(done_keys, "");
    ck_assert(!sightings[1].in_flight);
    ck_assert(!commits_ready(commits, drawing)); /* its summary was in that flush */
    ck_assert(!sightings[0].in_flight);
    ck_assert_int_eq(flush(), 0);
    ck_assert(!has_record(1) && !has_record(2));
    ck_assert_uint_eq(support_count_names(directory), 1);
    ck_assert(!processed_log_is_broken(processed));
    close_commits();
}
END_TEST

START_TEST(commits_go_one_by_one_after_a_failure_and_twice_as_many_with_each_success)
{
    open_commits();
    decide(1);
    fsync_errno = ENOSPC;
    ck_assert_int_eq(flush(), -1);
    fsync_errno = 0;
    for (size_t limit = 1; limit <= 4; limit *= 2) {
        for (size_t i = 0; i < limit; i++) {
            ck_assert(!commits_is_full(commits, 0));
            decide(1 + i);
        }
        ck_assert(commits_is_full(commits, 0));
        ck_assert_int_eq(flush(), 0);
    }
    close_commits();
}
END_TEST

START_TEST(commits_whose_log_cannot_be_flushed_are_undecided_and_the_log_is_broken)
{
    open_commits();
    decide(1);
    fdatasync_errno = EIO;
    ck_assert_int_eq(flush(), -1);
    ck_assert_str_eq(done_keys, "");
    ck_assert(!sightings[0].in_flight);
    ck_assert(processed_log_is_broken(processed));
    close_commits();
}
END_TEST

START_TEST(commits_dropped_leave_nothing_in_flight)
{
    open_commits();
    commits_drop(commits, commits_begin(commits, &sightings[0]));
    ck_assert(!sightings[0].in_flight);
    commits_drop(commits, begin(1));
    ck_assert(sightings[0].in_flight); /* under its names something is still to appear */
    ck_assert_int_eq(flush(), 0);
    ck_assert(!sightings[0].in_flight && !has_record(1));
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    ck_assert_str_eq(done_keys, "");
    close_commits();
}
END_TEST

START_TEST(commits_freed_leave_no_temporary)
{
    open_commits();
    decide(1);
    (void)begin(2);
    close_commits();
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(commits_with_nothing_to_flush_cost_nothing)
{
    open_commits();
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(fsyncs + fdatasyncs, 0);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_are_recorded_by_the_next_flush_and_others_are_decided_meanwhile)
{
    open_commits_without_charts();
    decide_from_to(1, 20);
    fsyncs_are_held = true;
    ck_assert_int_eq(flush_begin(), 0);
    decide_from_to(21, 40);
    ck_assert(!support_exists(directory, "summary_1.json") && !has_record(1));
    ck_assert_uint_eq(commits_in_flight(commits), 40);
    fsyncs_are_held = false;
    ck_assert_int_eq(flush_begin(), 0);
    assert_done(1, 20);
    ck_assert_uint_ge(fsyncs_at_the_first_fdatasync, 20 + 1);
    ck_assert(has_record(20) && !has_record(21));
    ck_assert(support_exists(directory, "summary_20.json"));
    ck_assert_int_eq(flush(), 0);
    assert_done(1, 40);
    ck_assert_uint_eq(fdatasyncs, 2);
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_and_those_decided_meanwhile_are_ended_by_one_flush)
{
    open_commits_without_charts();
    decide_from_to(1, COMMITS_AT_ONCE);
    ck_assert_int_eq(flush_begin(), 0);
    for (size_t number = COMMITS_AT_ONCE + 1; number <= 2 * COMMITS_AT_ONCE; number++) {
        ck_assert(!commits_is_full(commits, 0));
        decide(number);
    }
    ck_assert(commits_is_full(commits, 0));
    ck_assert_int_eq(flush(), 0);
    assert_done(1, 2 * COMMITS_AT_ONCE);
    ck_assert_uint_eq(fdatasyncs, 2);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_are_due_when_they_have_been_so_for_long)
{
    open_commits_without_charts();
    decide_from_to(1, 20);
    ck_assert_int_eq(flush_begin(), 0);
    ck_assert(!commits_is_full(commits, 0));
    ck_assert(commits_is_full(commits, INT64_MAX));
    ck_assert_int_eq(flush_begin(), 0);
    assert_done(1, 20);
    ck_assert(!commits_is_full(commits, INT64_MAX));
    close_commits();
}
END_TEST

START_TEST(commits_under_way_that_fail_undo_what_was_decided_meanwhile)
{
    open_commits_without_charts();
    decide_from_to(1, 20);
    fsyncs_are_held = true;
    fsync_errno = EIO;
    ck_assert_int_eq(flush_begin(), 0);
    decide_from_to(21, 40);
    fsyncs_are_held = false;
    ck_assert_int_eq(flush_begin(), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert_str_eq(failure.operation, "write");
    fsync_errno = 0;
    assert_done(1, 0);
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    ck_assert_uint_eq(support_count_names(directory), 1);
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(fdatasyncs, 0);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_whose_log_cannot_be_flushed_undo_what_was_decided_meanwhile)
{
    open_commits_without_charts();
    decide_from_to(1, 20);
    ck_assert_int_eq(flush_begin(), 0);
    decide_from_to(21, 40);
    fdatasync_errno = EIO;
    ck_assert_int_eq(flush(), -1);
    assert_done(1, 0);
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    ck_assert_uint_eq(support_count_names(directory), 1 + 20);
    ck_assert(processed_log_is_broken(processed));
    close_commits();
}
END_TEST

START_TEST(commits_after_a_failure_are_not_under_way_until_as_many_as_before_go_together)
{
    open_commits_without_charts();
    decide(1);
    fsync_errno = ENOSPC;
    ck_assert_int_eq(flush(), -1);
    fsync_errno = 0;
    for (size_t limit = 1; limit <= COMMITS_AT_ONCE / 2; limit *= 2) {
        decide_from_to(1, limit);
        ck_assert_int_eq(flush_begin(), 0);
        ck_assert_uint_eq(commits_in_flight(commits), 0);
    }
    decide_from_to(1, COMMITS_AT_ONCE);
    ck_assert_int_eq(flush_begin(), 0);
    ck_assert_uint_eq(commits_in_flight(commits), COMMITS_AT_ONCE);
    close_commits();
}
END_TEST

START_TEST(commits_that_are_few_are_never_under_way)
{
    open_commits_without_charts();
    decide_from_to(1, FILEIO_GROUP_THREADS - 1);
    ck_assert_int_eq(flush_begin(), 0);
    assert_done(1, FILEIO_GROUP_THREADS - 1);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_leave_charts_time_to_be_drawn)
{
    open_commits();
    decide_from_to(1, 20);
    struct decision *drawing = begin(21);
    fsyncs_are_held = true;
    ck_assert_int_eq(flush_begin(), 0);
    put_chart(drawing, 21);
    ck_assert(commits_ready(commits, drawing));
    decide(22);
    fsyncs_are_held = false;
    ck_assert_int_eq(flush_begin(), 0); /* of one chart and one summary, which are few */
    assert_done(1, 22);
    ck_assert(support_exists(directory, "plot_21.png"));
    ck_assert_uint_eq(fdatasyncs, 2);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_that_belong_to_what_waits_are_finished_without_a_record)
{
    struct decision *drawings[FILEIO_GROUP_THREADS];
    open_commits_of(FILEIO_GROUP_THREADS);
    for (size_t i = 0; i < FILEIO_GROUP_THREADS; i++)
        drawings[i] = begin(i + 1);
    ck_assert_int_eq(flush_begin(), 0);
    ck_assert(!commits_is_empty(commits));
    ck_assert(!commits_is_full(commits, INT64_MAX));
    ck_assert_int_eq(flush(), 0);
    ck_assert(commits_is_empty(commits));
    ck_assert(support_exists(directory, "summary_1.json"));
    ck_assert_uint_eq(fdatasyncs, 0);
    for (size_t i = 0; i < FILEIO_GROUP_THREADS; i++)
        ck_assert(commits_ready(commits, drawings[i]));
    ck_assert_int_eq(flush(), 0);
    assert_done(1, FILEIO_GROUP_THREADS);
    close_commits();
}
END_TEST

START_TEST(commits_under_way_that_fail_spoil_what_waits_for_its_chart)
{
    open_commits();
    decide_from_to(1, 20);
    struct decision *lost = begin(21);
    fsync_errno = EIO;
    ck_assert_int_eq(flush_begin(), 0);
    struct decision *behind = begin(22);
    ck_assert_int_eq(flush(), -1);
    fsync_errno = 0;
    ck_assert(!commits_ready(commits, lost));
    ck_assert(!commits_ready(commits, behind));
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    ck_assert_uint_eq(support_count_names(directory), 1);
    close_commits();
}
END_TEST

START_TEST(commits_whose_log_fails_spoil_only_what_was_not_durable_yet)
{
    open_commits();
    decide_from_to(1, 20);
    struct decision *durable = begin(21);
    ck_assert_int_eq(flush_begin(), 0);
    struct decision *lost = begin(22);
    fdatasync_errno = EIO;
    ck_assert_int_eq(flush(), -1);
    ck_assert(commits_ready(commits, durable));
    ck_assert(!commits_ready(commits, lost));
    ck_assert(support_exists(directory, "summary_21.json"));
    ck_assert(!support_exists(directory, "summary_22.json"));
    close_commits();
}
END_TEST

START_TEST(commits_dropped_under_way_are_in_flight_until_their_names_are_free)
{
    open_commits();
    decide_from_to(1, 20);
    struct decision *drawing = begin(21);
    ck_assert_int_eq(flush_begin(), 0);
    commits_drop(commits, drawing);
    ck_assert(sightings[20].in_flight);
    decide(22);
    ck_assert_int_eq(flush(), 0);
    ck_assert(!sightings[20].in_flight && !has_record(21));
    ck_assert(has_record(20) && has_record(22));
    ck_assert(support_exists(directory, "summary_21.json"));
    ck_assert_uint_eq(commits_in_flight(commits), 0);
    decide(21);
    ck_assert_int_eq(flush(), 0);
    ck_assert(has_record(21));
    close_commits();
}
END_TEST

START_TEST(commits_freed_under_way_leave_no_temporary_and_no_record)
{
    char temporary[CONTRACT_NAME_SIZE + 8];
    open_commits_without_charts();
    decide_from_to(1, 20);
    ck_assert_int_eq(flush_begin(), 0);
    decide_from_to(21, 40);
    close_commits();
    for (size_t number = 1; number <= 40; number++) {
        (void)snprintf(temporary, sizeof temporary, ".summary_%zu.json.tmp", number);
        ck_assert(!support_exists(directory, temporary));
    }
    assert_done(1, 0);
    ck_assert_uint_eq(fdatasyncs, 0);
}
END_TEST

START_TEST(commits_are_recorded_in_the_order_in_which_they_were_begun)
{
    open_commits();
    struct decision *first = begin(1);
    struct decision *second = begin(2);
    decide(3);
    ck_assert(commits_ready(commits, second));
    ck_assert_int_eq(commits_deadline(commits), INT64_MAX);
    ck_assert_int_eq(flush(), 0);
    ck_assert_str_eq(done_keys, "");
    ck_assert(!has_record(2) && !has_record(3) && support_exists(directory, "summary_3.json"));
    decide(4);
    ck_assert(commits_ready(commits, first));
    ck_assert_int_eq(flush(), 0);
    ck_assert_str_eq(done_keys, "1 2 3 4 ");
    close_commits();
}
END_TEST

START_TEST(commits_that_were_held_go_on_when_what_held_them_is_dropped)
{
    open_commits();
    struct decision *first = commits_begin(commits, &sightings[0]);
    struct decision *second = begin(2);
    decide(3);
    commits_drop(commits, first);
    ck_assert_int_eq(commits_deadline(commits), INT64_MAX);
    commits_drop(commits, second);
    ck_assert_int_lt(commits_deadline(commits), INT64_MAX);
    ck_assert_int_eq(flush(), 0);
    ck_assert_str_eq(done_keys, "3 ");
    close_commits();
}
END_TEST

START_TEST(commits_that_are_held_when_a_flush_fails_are_dropped_with_the_others)
{
    open_commits();
    decide(1);
    struct decision *drawing = begin(2);
    ck_assert_int_eq(flush(), 0);
    decide(3);
    ck_assert_int_eq(flush(), 0); /* its outputs */
    decide(4);
    fsync_errno = EIO;
    ck_assert_int_eq(flush(), -1);
    fsync_errno = 0;
    ck_assert(!sightings[2].in_flight && !sightings[3].in_flight && sightings[1].in_flight);
    ck_assert(commits_ready(commits, drawing));
    ck_assert_int_eq(flush(), 0);
    ck_assert_str_eq(done_keys, "1 2 ");
    close_commits();
}
END_TEST

START_TEST(commits_have_no_room_when_one_holds_as_many_as_may_share_a_flush)
{
    open_commits();
    struct decision *drawing = begin(1);
    for (size_t number = 2; number <= COMMITS_AT_ONCE; number++) {
        ck_assert(commits_has_room(commits));
        decide(number);
    }
    ck_assert(!commits_has_room(commits));
    ck_assert(commits_ready(commits, drawing));
    ck_assert_int_eq(flush(), 0);
    assert_done(1, COMMITS_AT_ONCE);
    ck_assert(commits_has_room(commits));
    close_commits();
}
END_TEST

START_TEST(commits_flush_the_outputs_of_what_is_held_before_too_many_are_open)
{
    const struct rlimit files = {.rlim_cur = 64, .rlim_max = 64};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    open_commits();
    (void)begin(1);
    for (size_t number = 2; number <= 40; number++) {
        decide(number);
        if (commits_is_full(commits, 0))
            ck_assert_int_eq(flush(), 0);
    }
    ck_assert_uint_eq(commits_in_flight(commits), 40);
    close_commits();
}
END_TEST

START_TEST(commits_know_how_much_is_to_be_told_of_what_is_in_flight)
{
    open_commits();
    struct decision *first = begin(1);
    struct decision *second = begin(2);
    commits_note(commits, first, NULL, 1000);
    commits_note(commits, second, NULL, 200);
    ck_assert(commits_ready(commits, second));
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(commits_noted_bytes(commits), 1200);
    commits_drop(commits, first);
    ck_assert_uint_eq(commits_noted_bytes(commits), 200);
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(commits_noted_bytes(commits), 0);
    close_commits();
}
END_TEST

/* U+0080 takes two bytes of a name, and a control character one of a detail; both six in JSON. */
START_TEST(commits_of_the_longest_records_fit_into_one_append_to_the_log)
{
    static char long_keys[COMMITS_AT_ONCE][CONTRACT_KEY_MAX + 1];
    char long_name[CONTRACT_NAME_SIZE] = "";
    open_commits_without_charts();
    for (size_t i = 0; i + 2 < sizeof long_name; i += 2)
        memcpy(long_name + i, "\xC2\x80", 3);
    for (size_t i = 0; i < COMMITS_AT_ONCE; i++) {
        memcpy(long_keys[i], long_name, CONTRACT_KEY_MAX - 4);
        (void)snprintf(long_keys[i] + CONTRACT_KEY_MAX - 4, 5, "x%03zu", i);
        sightings[i] = (struct sighting){.key = long_keys[i], .data_name = long_name};
        struct decision *decision = commits_begin(commits, &sightings[i]);
        decision->outcome = OUTCOME_REJECTED;
        decision->rejection.reason = REASON_NOT_A_REGULAR_FILE;
        memset(decision->rejection.detail, 1, REASON_DETAIL_SIZE - 1);
        ck_assert(commits_ready(commits, decision));
    }
    ck_assert_int_eq(flush(), 0);
    ck_assert_uint_eq(fdatasyncs, 1);
    ck_assert_uint_eq(processed_log_count(processed, OUTCOME_REJECTED), COMMITS_AT_ONCE);
    close_commits();
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_commits", commits_makes_all_outputs_durable_before_the_first_record,
        commits_is_full_when_as_many_are_ready_as_may_share_a_flush,
        commits_share_no_more_than_may_be_open, commits_is_full_when_one_has_been_ready_for_long,
        commits_keeps_the_outputs_of_a_decision_that_is_not_ready_and_makes_no_record,
        commits_that_lost_outputs_in_a_flush_record_nothing_of_them,
        commits_go_one_by_one_after_a_failure_and_twice_as_many_with_each_success,
        commits_whose_log_cannot_be_flushed_are_undecided_and_the_log_is_broken,
        commits_dropped_leave_nothing_in_flight, commits_freed_leave_no_temporary,
        commits_with_nothing_to_flush_cost_nothing,
        commits_under_way_are_recorded_by_the_next_flush_and_others_are_decided_meanwhile,
        commits_under_way_and_those_decided_meanwhile_are_ended_by_one_flush,
        commits_under_way_are_due_when_they_have_been_so_for_long,
        commits_under_way_that_fail_undo_what_was_decided_meanwhile,
        commits_under_way_whose_log_cannot_be_flushed_undo_what_was_decided_meanwhile,
        commits_after_a_failure_are_not_under_way_until_as_many_as_before_go_together,
        commits_that_are_few_are_never_under_way, commits_under_way_leave_charts_time_to_be_drawn,
        commits_under_way_that_belong_to_what_waits_are_finished_without_a_record,
        commits_under_way_that_fail_spoil_what_waits_for_its_chart,
        commits_whose_log_fails_spoil_only_what_was_not_durable_yet,
        commits_dropped_under_way_are_in_flight_until_their_names_are_free,
        commits_freed_under_way_leave_no_temporary_and_no_record,
        commits_are_recorded_in_the_order_in_which_they_were_begun,
        commits_that_were_held_go_on_when_what_held_them_is_dropped,
        commits_that_are_held_when_a_flush_fails_are_dropped_with_the_others,
        commits_have_no_room_when_one_holds_as_many_as_may_share_a_flush,
        commits_flush_the_outputs_of_what_is_held_before_too_many_are_open,
        commits_know_how_much_is_to_be_told_of_what_is_in_flight,
        commits_of_the_longest_records_fit_into_one_append_to_the_log);
}
