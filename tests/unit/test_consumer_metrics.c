#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "consumer/status/metrics.h"
#include "tests/unit/support.h"

static const struct report REPORT = {.shard = {1, 1},
                                     .own_processed = 12,
                                     .own_rejected = 3,
                                     .skipped = 5,
                                     .backlog = 4,
                                     .oldest_wait_ns = INT64_C(83061000000),
                                     .inotify = true};

static struct meters some_meters(void)
{
    struct meters meters = {.started_at_ns = INT64_C(1795662480320543615),
                            .decided = {12, 2, 1},
                            .rows = 480,
                            .bytes = UINT64_MAX,
                            .charts = {11, 1},
                            .gnuplot_restarts = 6};
    meters_took(&meters, METERS_READ, 200000);
    meters_took(&meters, METERS_READ, 250000);
    meters_took(&meters, METERS_READ, 4 * NUMBER_NS_PER_MS);
    meters_took(&meters, METERS_READ, 11 * NUMBER_NS_PER_SECOND);
    return meters;
}

static char *format(const struct report *report, const struct meters *meters)
{
    struct text text = {0};
    metrics_format(&text, report, meters);
    ck_assert(!text_failed(&text));
    return text.bytes;
}

static void assert_line(const char *text, const char *line)
{
    char whole[512];
    (void)snprintf(whole, sizeof whole, "\n%s\n", line);
    ck_assert_msg(strstr(text, whole) != NULL, "no line '%s' in\n%s", line, text);
}

#define P "shareddata_consumer_"

START_TEST(metrics_say_how_the_daemon_stands_and_what_it_has_done)
{
    static const char *const LINES[] = {
        P "build_info{version=\"" CONTRACT_VERSION "\"} 1",
        P "start_time_seconds 1795662480.320543615",
        P "last_scan_timestamp_seconds 0.000000000",
        P "inotify_active 1",
        P "trouble 0",
        P "batches{outcome=\"processed\"} 12",
        P "batches{outcome=\"rejected\"} 3",
        P "backlog_batches 4",
        P "oldest_waiting_seconds 83.061000000",
        P "skipped_names 5",
        P "decisions_total{outcome=\"processed\"} 12",
        P "decisions_total{outcome=\"rejected\"} 2",
        P "decisions_total{outcome=\"changed\"} 1",
        P "processed_rows_total 480",
        P "processed_bytes_total 18446744073709551615",
        P "charts_total{result=\"drawn\"} 11",
        P "charts_total{result=\"failed\"} 1",
        P "gnuplot_restarts_total 6",
    };
    struct meters meters = some_meters();
    char *text = format(&REPORT, &meters);
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        assert_line(text, LINES[i]);
    free(text);
}
END_TEST

START_TEST(metrics_have_buckets_that_hold_those_below_them)
{
    static const char *const LINES[] = {
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"0.0001\"} 0",
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"0.0003\"} 2",
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"0.003\"} 2",
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"0.01\"} 3",
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"10\"} 3",
        P "stage_duration_seconds_bucket{stage=\"read\",le=\"+Inf\"} 4",
        P "stage_duration_seconds_sum{stage=\"read\"} 11.004450000",
        P "stage_duration_seconds_count{stage=\"read\"} 4",
        P "stage_duration_seconds_count{stage=\"commit\"} 0",
    };
    struct meters meters = some_meters();
    char *text = format(&REPORT, &meters);
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        assert_line(text, LINES[i]);
    free(text);
}
END_TEST

START_TEST(metrics_turn_a_trouble_into_a_one_and_hold_none_of_its_words)
{
    struct report report = REPORT;
    struct meters meters = some_meters();
    report.inotify = false;
    (void)snprintf(report.trouble, sizeof report.trouble, "cannot write \"a\\b\"\n: no space");
    char *text = format(&report, &meters);
    assert_line(text, P "trouble 1");
    assert_line(text, P "inotify_active 0");
    ck_assert_ptr_null(strstr(text, "no space"));
    free(text);
}
END_TEST

/* A step of the wall clock below 1970, or a wait that has not begun yet. */
START_TEST(metrics_show_a_negative_time_as_none)
{
    struct report report = REPORT;
    struct meters meters = {.started_at_ns = -5};
    report.oldest_wait_ns = -NUMBER_NS_PER_SECOND;
    char *text = format(&report, &meters);
    assert_line(text, P "start_time_seconds 0.000000000");
    assert_line(text, P "oldest_waiting_seconds 0.000000000");
    free(text);
}
END_TEST

/* HELP, TYPE, samples, of one family after the other and of none twice; all end in a newline. */
START_TEST(metrics_are_families_with_help_and_type_and_samples_of_that_name)
{
    struct meters meters = some_meters();
    char *text = format(&REPORT, &meters);
    char family[128] = "";
    char *rest = text;
    size_t families = 0;
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char expected[160];
        if (strncmp(line, "# HELP ", 7) == 0) {
            ck_assert_int_eq(sscanf(line, "# HELP %127s ", family), 1);
            families++;
            continue;
        }
        (void)snprintf(expected, sizeof expected, "# TYPE %s ", family);
        size_t length = strncmp(line, "#", 1) == 0 ? strlen(expected) : strlen(family);
        ck_assert_msg(strncmp(line, line[0] == '#' ? expected : family, length) == 0, "%s", line);
    }
    ck_assert_uint_eq(families, 15);
    free(text);
}
END_TEST

START_TEST(metrics_are_replaced_whole_and_come_back_after_their_removal)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    struct meters meters = some_meters();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(metrics_write(results_fd, &REPORT, &meters), 0);
        ck_assert(support_exists(path, CONTRACT_METRICS));
        if (i == 1)
            ck_assert_int_eq(unlinkat(results_fd, CONTRACT_METRICS, 0), 0);
    }
    ck_assert_uint_eq(support_count_names(path), 1);
    (void)close(results_fd);
}
END_TEST

START_TEST(metrics_that_cannot_be_written_say_so_and_leave_nothing_behind)
{
    const char *path = support_temporary_directory();
    int results_fd = support_open_directory(path);
    struct meters meters = some_meters();
    ck_assert_int_eq(mkdirat(results_fd, CONTRACT_METRICS, 0755), 0);
    ck_assert_int_eq(metrics_write(results_fd, &REPORT, &meters), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(support_count_names(path), 1);
    (void)close(results_fd);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_metrics", metrics_say_how_the_daemon_stands_and_what_it_has_done,
                       metrics_have_buckets_that_hold_those_below_them,
                       metrics_turn_a_trouble_into_a_one_and_hold_none_of_its_words,
                       metrics_show_a_negative_time_as_none,
                       metrics_are_families_with_help_and_type_and_samples_of_that_name,
                       metrics_are_replaced_whole_and_come_back_after_their_removal,
                       metrics_that_cannot_be_written_say_so_and_leave_nothing_behind);
}
