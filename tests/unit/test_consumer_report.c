#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"
#include "consumer/status/report.h"
#include "tests/unit/support.h"

static const struct report REPORT = {.shard = {1, 1},
                                     .started_at = "2026-11-23T10:15:00.000Z",
                                     .last_scan_at = "2026-11-23T10:16:00.000Z",
                                     .processed = 12,
                                     .rejected = 3,
                                     .backlog = 4,
                                     .oldest_wait_ns = INT64_C(83061000000),
                                     .inotify = true};

/* Results whose lock is held, as by a running daemon. */
static const char *running_results(int *results_fd)
{
    const char *path = support_temporary_directory();
    *results_fd = support_open_directory(path);
    ck_assert_int_ge(fileio_lock(*results_fd, CONTRACT_CONSUMER_LOCK), 0);
    return path;
}

static struct json *written(const struct report *report)
{
    size_t length = 0;
    char error[JSON_ERROR_SIZE];
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    ck_assert_int_eq(report_write_status(results_fd, report), 0);
    char *bytes = support_read_file(path, CONTRACT_STATUS, &length);
    struct json *status = json_parse_object(bytes, length, error);
    ck_assert_msg(status != NULL, "%s: %s", error, bytes);
    ck_assert_uint_eq(support_count_names(path), 1);
    free(bytes);
    (void)close(results_fd);
    return status;
}

static void assert_count(const struct json *status, const char *name, uint64_t expected)
{
    uint64_t value = 0;
    ck_assert_int_eq(json_get_u64(status, name, &value), JSON_FOUND);
    ck_assert_uint_eq(value, expected);
}

static void assert_text(const struct json *status, const char *name, const char *expected)
{
    const char *value = NULL;
    ck_assert_int_eq(json_get_text(status, name, &value), JSON_FOUND);
    ck_assert_str_eq(value, expected);
}

START_TEST(report_says_how_the_daemon_stands)
{
    struct json *status = written(&REPORT);
    assert_count(status, "pid", (uint64_t)getpid());
    assert_text(status, "started_at", "2026-11-23T10:15:00.000Z");
    assert_text(status, "last_scan_at", "2026-11-23T10:16:00.000Z");
    assert_count(status, "processed", 12);
    assert_count(status, "rejected", 3);
    assert_count(status, "backlog", 4);
    assert_text(status, "wake", "inotify");
    json_free(status);
}
END_TEST

START_TEST(report_writes_a_wait_in_seconds_and_milliseconds)
{
    size_t length = 0;
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
    char *bytes = support_read_file(path, CONTRACT_STATUS, &length);
    ck_assert_ptr_nonnull(strstr(bytes, "\"oldest_waiting_seconds\": 83.061,"));
    free(bytes);
    (void)close(results_fd);
}
END_TEST

START_TEST(report_has_null_for_a_scan_that_was_not_and_for_no_trouble)
{
    struct report report = REPORT;
    const char *value = NULL;
    report.last_scan_at[0] = '\0';
    report.inotify = false;
    struct json *status = written(&report);
    ck_assert_int_eq(json_get_text(status, "last_scan_at", &value), JSON_ABSENT);
    ck_assert_int_eq(json_get_text(status, "trouble", &value), JSON_ABSENT);
    assert_text(status, "wake", "poll");
    json_free(status);
}
END_TEST

START_TEST(report_escapes_what_the_trouble_names)
{
    struct report report = REPORT;
    (void)snprintf(report.trouble, sizeof report.trouble, "cannot write \"a\\b\"\n: no space");
    struct json *status = written(&report);
    assert_text(status, "trouble", report.trouble);
    json_free(status);
}
END_TEST

START_TEST(report_replaces_the_one_before_and_comes_back_after_its_removal)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
        ck_assert(support_exists(path, CONTRACT_STATUS));
        if (i == 1)
            ck_assert_int_eq(unlinkat(results_fd, CONTRACT_STATUS, 0), 0);
    }
    ck_assert_uint_eq(support_count_names(path), 1);
    (void)close(results_fd);
}
END_TEST

START_TEST(report_that_cannot_be_written_says_so_and_leaves_nothing_behind)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    ck_assert_int_eq(mkdirat(results_fd, CONTRACT_STATUS, 0755), 0);
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(support_count_names(path), 1);
    (void)close(results_fd);
}
END_TEST

/* ---- health ---- */

static void assert_health(const char *path, int code, const char *part)
{
    char answer[256];
    ck_assert_int_eq(report_health(path, SHARD_WHOLE, answer, sizeof answer), code);
    ck_assert_msg(strstr(answer, part) != NULL, "%s", answer);
    ck_assert_ptr_null(strchr(answer, '\n'));
}

START_TEST(health_of_a_fresh_report_is_good)
{
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
    assert_health(path, CONTRACT_EXIT_DONE, "healthy: 4 waiting");
}
END_TEST

START_TEST(health_without_results_or_without_a_lock_is_69)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    assert_health("/nonexistent/results", CONTRACT_EXIT_UNAVAILABLE, "/nonexistent/results");
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
    assert_health(path, CONTRACT_EXIT_UNAVAILABLE, "not running");
    int lock = fileio_lock(results_fd, CONTRACT_CONSUMER_LOCK);
    (void)close(lock); /* as a killed daemon leaves it */
    assert_health(path, CONTRACT_EXIT_UNAVAILABLE, "not running");
    (void)close(results_fd);
}
END_TEST

static void put_report_of_age(const char *path, int64_t age_ns);
static bool clock_is_young(void);

START_TEST(health_without_a_report_since_the_start_is_75)
{
    static const struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    struct report report = REPORT;
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    assert_health(path, CONTRACT_EXIT_WAITING, "told nothing since it started");
    report.shard = (struct shard){2, 4}; /* that reports on all */
    ck_assert_int_eq(report_write_whole(results_fd, &report), 0);
    assert_health(path, CONTRACT_EXIT_WAITING, "told nothing since it started");
    if (clock_is_young())
        return;
    put_report_of_age(path, REPORT_STALE_NS + NUMBER_NS_PER_SECOND);
    assert_health(path, CONTRACT_EXIT_WAITING, "stands still");
    ck_assert_int_eq(utimensat(results_fd, CONTRACT_STATUS, long_ago, 0), 0);
    assert_health(path, CONTRACT_EXIT_WAITING, "told nothing since it started");
}
END_TEST

START_TEST(health_of_a_fresh_report_is_good_whatever_the_ages_of_files)
{
    static const struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
    ck_assert_int_eq(utimensat(results_fd, CONTRACT_STATUS, long_ago, 0), 0);
    assert_health(path, CONTRACT_EXIT_DONE, "healthy: 4 waiting");
}
END_TEST

START_TEST(health_of_a_report_that_is_none_is_75)
{
    static const char *const REPORTS[] = {"", "{", "[]", "{\"updated_monotonic_ms\": \"x\"}", "{}"};
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    for (size_t i = 0; i < sizeof REPORTS / sizeof *REPORTS; i++) {
        support_write_file(path, CONTRACT_STATUS, REPORTS[i], strlen(REPORTS[i]));
        assert_health(path, CONTRACT_EXIT_WAITING, "");
    }
}
END_TEST

static void put_report_of_age(const char *path, int64_t age_ns)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"updated_monotonic_ms\": %" PRId64 ", \"backlog\": 0}",
                   (clock_now_ns() - age_ns) / NUMBER_NS_PER_MS);
    support_write_file(path, CONTRACT_STATUS, json, strlen(json));
}

/* A clock that started less than a minute ago cannot show what is a minute old. */
static bool clock_is_young(void)
{
    return clock_now_ns() < 60 * NUMBER_NS_PER_SECOND;
}

START_TEST(health_of_a_report_of_more_than_twenty_seconds_is_75)
{
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    if (clock_is_young())
        return;
    put_report_of_age(path, REPORT_STALE_NS - 2 * NUMBER_NS_PER_SECOND);
    assert_health(path, CONTRACT_EXIT_DONE, "healthy");
    put_report_of_age(path, REPORT_STALE_NS + NUMBER_NS_PER_SECOND);
    assert_health(path, CONTRACT_EXIT_WAITING, "stands still");
}
END_TEST

/* The monotonic clock begins anew with the machine, so an old report may lie in the future. */
START_TEST(health_of_a_report_from_before_the_machine_started_is_75)
{
    static const char far_away[] = "{\"updated_monotonic_ms\": 9007199254740991}";
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    put_report_of_age(path, -3600 * NUMBER_NS_PER_SECOND);
    assert_health(path, CONTRACT_EXIT_WAITING, "since the machine started");
    support_write_file(path, CONTRACT_STATUS, far_away, strlen(far_away));
    assert_health(path, CONTRACT_EXIT_WAITING, "since the machine started");
}
END_TEST

START_TEST(health_of_a_report_that_is_no_plain_file_or_too_large_is_75)
{
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    ck_assert_int_eq(mkfifoat(results_fd, CONTRACT_STATUS, 0644), 0);
    assert_health(path, CONTRACT_EXIT_WAITING, "cannot be read");
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_STATUS, 0), 0);
    ck_assert_int_eq(report_write_status(results_fd, &REPORT), 0);
    ck_assert_int_eq(renameat(results_fd, CONTRACT_STATUS, results_fd, "elsewhere"), 0);
    ck_assert_int_eq(symlinkat("elsewhere", results_fd, CONTRACT_STATUS), 0);
    assert_health(path, CONTRACT_EXIT_WAITING, "cannot be read");
    ck_assert_int_eq(unlinkat(results_fd, CONTRACT_STATUS, 0), 0);
    support_write_file(path, CONTRACT_STATUS, "{}", 2);
    int fd = openat(results_fd, CONTRACT_STATUS, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, 1L << 40), 0);
    (void)close(fd);
    assert_health(path, CONTRACT_EXIT_WAITING, "cannot be read");
}
END_TEST

START_TEST(health_in_trouble_is_75_and_names_it)
{
    struct report report = REPORT;
    int results_fd = -1;
    const char *path = running_results(&results_fd);
    (void)snprintf(report.trouble, sizeof report.trouble, "cannot write summary_7.json: no space");
    ck_assert_int_eq(report_write_status(results_fd, &report), 0);
    assert_health(path, CONTRACT_EXIT_WAITING, "in trouble: cannot write summary_7.json: no space");
}
END_TEST

START_TEST(health_does_not_take_the_lock_it_asks_about)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    assert_health(path, CONTRACT_EXIT_UNAVAILABLE, "not running");
    ck_assert_int_ge(fileio_lock(results_fd, CONTRACT_CONSUMER_LOCK), 0);
    (void)close(results_fd);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_report", report_says_how_the_daemon_stands,
        report_writes_a_wait_in_seconds_and_milliseconds,
        report_has_null_for_a_scan_that_was_not_and_for_no_trouble,
        report_escapes_what_the_trouble_names,
        report_replaces_the_one_before_and_comes_back_after_its_removal,
        report_that_cannot_be_written_says_so_and_leaves_nothing_behind,
        health_of_a_fresh_report_is_good, health_without_results_or_without_a_lock_is_69,
        health_without_a_report_since_the_start_is_75,
        health_of_a_fresh_report_is_good_whatever_the_ages_of_files,
        health_of_a_report_that_is_none_is_75, health_of_a_report_of_more_than_twenty_seconds_is_75,
        health_of_a_report_from_before_the_machine_started_is_75,
        health_of_a_report_that_is_no_plain_file_or_too_large_is_75,
        health_in_trouble_is_75_and_names_it, health_does_not_take_the_lock_it_asks_about);
}
