/*
 * Which files there are of the stream, when they are written, and that they come back. What is in
 * them is the affair of page, totals_json and trend_chart.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/log.h"
#include "common/text.h"
#include "consumer/profile/profile.h"
#include "consumer/stream/stream.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND

/* Each test runs in a process of its own, so it finds these as new. */
static struct processed_log *own_log;
static struct processed_logs *logs;
static const char *directory;
static int results_fd;
static struct stream *stream;
static const char *extension = "png";
static struct report report = {.shard = {1, 1}};
static int64_t now_ns = 1000 * SECOND;
static int last_batch;
static size_t reread_count;

/* ---- a stream of batches with one row each, of the value 1 ---- */

static void start(void)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    own_log = processed_log_open(results_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(own_log != NULL, "%s", error);
    logs = processed_logs_open(results_fd, own_log, error);
    ck_assert_msg(logs != NULL, "%s", error);
    stream = stream_create(results_fd, own_log, logs, extension);
    ck_assert_ptr_nonnull(stream);
}

static void begin(void)
{
    directory = support_temporary_directory();
    results_fd = support_open_directory(directory);
    support_write_file(directory, CONTRACT_PROCESSED_LOG, "", 0);
    log_open("data-consumer", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    start();
}

static struct batch_states *states_of(const char *csv)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct profile profile;
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    profiler_keep_states(profiler);
    ck_assert(profiler_feed(profiler, csv, strlen(csv), &rejection));
    ck_assert(profiler_finish(profiler, &profile, &rejection));
    struct batch_states *states = profiler_release_states(profiler);
    profile_free(&profile);
    profiler_free(profiler);
    return states;
}

static void tell_one(void)
{
    static const struct rejection none = {.reason = REASON_NONE};
    struct notice *notice = notice_create();
    struct account *account = &notice->account;
    account->outcome = OUTCOME_PROCESSED;
    (void)snprintf(account->key, sizeof account->key, "%d", ++last_batch);
    (void)snprintf(account->at, sizeof account->at, "2026-11-25T10:00:00Z");
    notice->states = states_of("value\n1\n");
    const struct processed_record record = {.key = account->key,
                                            .file = "data.csv",
                                            .outcome = OUTCOME_PROCESSED,
                                            .rejection = &none,
                                            .sha256 = "",
                                            .at = account->at};
    ck_assert_int_eq(processed_log_stage(own_log, &record), 0);
    stream_tell(stream, notice);
    notice_free(notice);
}

static void take(int batches)
{
    for (int i = 0; i < batches; i++) {
        tell_one();
        if (i % 100 == 99 || i == batches - 1)
            ck_assert_int_eq(processed_log_commit(own_log), 0);
    }
    stream_committed(stream, processed_log_bytes(own_log));
}

static void publish(void)
{
    now_ns += 100 * SECOND;
    stream_publish(stream, &report, now_ns);
}

static void end(void)
{
    stream_free(stream);
    processed_logs_close(logs);
    processed_log_close(own_log);
    stream = NULL;
}

static bool read_again(void *context, const struct processed_record *record,
                       struct batch_states **states)
{
    (void)context;
    (void)record;
    reread_count++;
    *states = states_of("value\n1\n");
    return true;
}

static void rest(void)
{
    for (size_t steps = 0; stream_rest(stream, read_again, NULL); steps++)
        ck_assert_uint_lt(steps, 10000);
}

/* ---- files ---- */

static bool is_there(const char *name)
{
    return support_exists(directory, name);
}

static void remove_file(const char *name)
{
    ck_assert_int_eq(unlinkat(results_fd, name, 0), 0);
}

/* That nothing can be renamed over. */
static void block(const char *name)
{
    (void)unlinkat(results_fd, name, 0);
    ck_assert_int_eq(mkdirat(results_fd, name, 0700), 0);
}

static void unblock(const char *name)
{
    ck_assert_int_eq(unlinkat(results_fd, name, AT_REMOVEDIR), 0);
}

/* Each writing makes another file. */
static ino_t file_of(const char *name)
{
    struct stat status;
    ck_assert_int_eq(fstatat(results_fd, name, &status, AT_SYMLINK_NOFOLLOW), 0);
    return status.st_ino;
}

static void assert_says(const char *name, const char *words)
{
    char *bytes = support_read_file(directory, name, NULL);
    ck_assert_msg(strstr(bytes, words) != NULL, "%s does not say %s", name, words);
    free(bytes);
}

static void assert_batches(const char *words)
{
    publish();
    assert_says(CONTRACT_TOTALS, words);
}

/* ---- what there is ---- */

START_TEST(the_first_publication_writes_page_and_totals)
{
    begin();
    publish();
    ck_assert(is_there(CONTRACT_INDEX));
    assert_says(CONTRACT_TOTALS, "\"batches\": 0");
    take(3);
    publish();
    assert_says(CONTRACT_TOTALS, "\"batches\": 3");
    assert_says(CONTRACT_INDEX, "summary_3.json");
    ck_assert(is_there(CONTRACT_STREAM_STATE));
    end();
}
END_TEST

START_TEST(files_that_are_deleted_come_back_with_the_next_publication)
{
    static const char *const NAMES[] = {CONTRACT_INDEX, CONTRACT_TOTALS, CONTRACT_STREAM_STATE};
    begin();
    take(3);
    publish();
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        remove_file(NAMES[i]);
        publish();
        ck_assert_msg(is_there(NAMES[i]), "%s", NAMES[i]);
    }
    end();
}
END_TEST

START_TEST(a_state_that_is_deleted_comes_back_at_the_end_at_the_latest)
{
    begin();
    take(3);
    publish();
    remove_file(CONTRACT_STREAM_STATE);
    end();
    ck_assert(is_there(CONTRACT_STREAM_STATE));
}
END_TEST

START_TEST(totals_and_state_are_written_only_when_something_has_changed)
{
    begin();
    take(3);
    publish();
    ino_t totals = file_of(CONTRACT_TOTALS);
    ino_t state = file_of(CONTRACT_STREAM_STATE);
    publish();
    ck_assert_uint_eq(file_of(CONTRACT_TOTALS), totals);
    ck_assert_uint_eq(file_of(CONTRACT_STREAM_STATE), state);
    stream_trend_drawn(stream, "PNG", 3);
    publish();
    ck_assert_uint_eq(file_of(CONTRACT_TOTALS), totals);
    take(1);
    publish();
    ck_assert_uint_ne(file_of(CONTRACT_TOTALS), totals);
    ck_assert_uint_ne(file_of(CONTRACT_STREAM_STATE), state);
    end();
}
END_TEST

START_TEST(the_state_is_kept_every_ten_seconds_at_most)
{
    begin();
    take(1);
    publish();
    ino_t state = file_of(CONTRACT_STREAM_STATE);
    take(1);
    now_ns += 9 * SECOND;
    stream_publish(stream, &report, now_ns);
    ck_assert_uint_eq(file_of(CONTRACT_STREAM_STATE), state);
    publish();
    ck_assert_uint_ne(file_of(CONTRACT_STREAM_STATE), state);
    end();
}
END_TEST

/* ---- pages ---- */

START_TEST(each_hundred_batches_are_a_page_and_the_oldest_pages_go)
{
    begin();
    take(99);
    ck_assert(!is_there("page-1.html"));
    take(1);
    assert_says("page-1.html", "summary_1.json");
    assert_says("page-1.html", "summary_100.json");
    take(100);
    assert_says("page-1.html", "page-2.html");
    take(9900);
    ck_assert(is_there("page-100.html"));
    ck_assert(!is_there("page-1.html"));
    ck_assert(is_there("page-2.html"));
    ck_assert(is_there("page-101.html"));
    publish();
    assert_says(CONTRACT_INDEX, "page-101.html");
    assert_says(CONTRACT_INDEX, "page-2.html");
    end();
}
END_TEST

START_TEST(pages_that_are_deleted_are_made_of_the_log_again)
{
    begin();
    take(350);
    publish();
    ck_assert(!stream_rest(stream, read_again, NULL));
    ino_t third = file_of("page-3.html");
    remove_file("page-1.html");
    remove_file("page-2.html");
    publish();
    rest();
    assert_says("page-1.html", "summary_100.json");
    assert_says("page-1.html", "page-2.html");
    assert_says("page-2.html", "summary_101.json");
    ck_assert_uint_eq(file_of("page-3.html"), third);
    end();
}
END_TEST

START_TEST(for_pages_the_log_is_read_once_a_minute_at_most)
{
    begin();
    take(100);
    publish();
    remove_file("page-1.html");
    publish();
    rest();
    remove_file("page-1.html");
    now_ns += 59 * SECOND;
    stream_publish(stream, &report, now_ns);
    rest();
    ck_assert(!is_there("page-1.html"));
    publish();
    rest();
    ck_assert(is_there("page-1.html"));
    end();
}
END_TEST

/* ---- from one start to the next ---- */

START_TEST(another_start_goes_on_without_reading_any_batch)
{
    begin();
    take(150);
    end();
    start();
    ck_assert(!stream_rest(stream, read_again, NULL));
    publish();
    assert_says(CONTRACT_TOTALS, "\"batches\": 150");
    assert_says(CONTRACT_INDEX, "summary_150.json");
    take(50);
    assert_says("page-2.html", "summary_101.json");
    ck_assert_uint_eq(reread_count, 0);
    end();
}
END_TEST

/* As a SIGKILL takes it away: the state is that of an earlier moment. */
START_TEST(what_a_crash_took_away_is_read_again)
{
    begin();
    take(2);
    publish();
    size_t length = 0;
    char *state = support_read_file(directory, CONTRACT_TOTALS_STATE, &length);
    take(3);
    end();
    support_write_file(directory, CONTRACT_TOTALS_STATE, state, length);
    free(state);
    start();
    rest();
    ck_assert_uint_eq(reread_count, 3);
    assert_batches("\"batches\": 5");
    end();
    start();
    ck_assert(!stream_rest(stream, read_again, NULL));
    assert_batches("\"batches\": 5");
    end();
}
END_TEST

/* Whatever stands there in the place of a state, a start goes on and puts a good one there. */
static void assert_starts_anew(void)
{
    reread_count = 0;
    start();
    rest();
    ck_assert_uint_eq(reread_count, 3);
    assert_batches("\"batches\": 3");
    end();
    reread_count = 0;
    start();
    rest();
    ck_assert_uint_eq(reread_count, 0);
    end();
}

START_TEST(a_state_that_is_none_is_passed_over_and_replaced)
{
    begin();
    take(3);
    end();
    size_t length = 0;
    char *state = support_read_file(directory, CONTRACT_TOTALS_STATE, &length);
    remove_file(CONTRACT_TOTALS_STATE);
    assert_starts_anew();
    support_write_file(directory, CONTRACT_TOTALS_STATE, "", 0);
    assert_starts_anew();
    support_write_file(directory, CONTRACT_TOTALS_STATE, "SDTOTALS", 8);
    assert_starts_anew();
    support_write_file(directory, CONTRACT_TOTALS_STATE, state, length - 1);
    assert_starts_anew();
    state[length / 2] ^= 1;
    support_write_file(directory, CONTRACT_TOTALS_STATE, state, length);
    assert_starts_anew();
    free(state);
    remove_file(CONTRACT_TOTALS_STATE);
    ck_assert_int_eq(symlinkat("/etc/passwd", results_fd, CONTRACT_TOTALS_STATE), 0);
    assert_starts_anew();
    remove_file(CONTRACT_TOTALS_STATE);
    ck_assert_int_eq(mkfifoat(results_fd, CONTRACT_TOTALS_STATE, 0600), 0);
    assert_starts_anew();
}
END_TEST

/* ---- what cannot be written ---- */

static size_t lines_of(void (*action)(void *), const char *words)
{
    size_t lines = 0;
    char *said = support_capture_stdout(action, NULL, NULL);
    for (const char *at = said; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_msg(words == NULL || strstr(said, words) != NULL, "%s", said);
    free(said);
    return lines;
}

static void take_and_publish_often(void *context)
{
    (void)context;
    for (int i = 0; i < 5; i++) {
        take(1);
        stream_trend_drawn(stream, "PNG", 3);
        publish();
    }
}

static void publish_twice(void *context)
{
    (void)context;
    publish();
    publish();
}

static void draw_and_publish(void *context)
{
    stream_trend_drawn(stream, "PNG", 3);
    publish_twice(context);
}

START_TEST(what_cannot_be_written_is_told_once_and_once_when_it_can)
{
    begin();
    block(CONTRACT_TOTALS);
    block("trend.png");
    ck_assert_uint_eq(lines_of(take_and_publish_often, "warn  cannot write "), 1);
    unblock(CONTRACT_TOTALS);
    ck_assert_uint_eq(lines_of(publish_twice, NULL), 0);
    unblock("trend.png");
    ck_assert_uint_eq(lines_of(draw_and_publish, "totals and pages are written again"), 1);
    assert_says(CONTRACT_TOTALS, "\"batches\": 5");
    end();
}
END_TEST

START_TEST(a_state_that_could_not_be_kept_is_kept_later_without_another_batch)
{
    begin();
    block(CONTRACT_STREAM_STATE);
    take(3);
    publish();
    unblock(CONTRACT_STREAM_STATE);
    support_write_file(directory, CONTRACT_STREAM_STATE, "older", 5);
    publish();
    assert_says(CONTRACT_STREAM_STATE, "SDSTREAM");
    end();
}
END_TEST

START_TEST(in_trouble_that_is_told_already_nothing_more_is_said)
{
    begin();
    block(CONTRACT_TOTALS);
    (void)snprintf(report.trouble, sizeof report.trouble, "the disk is full");
    stream_publish(stream, &report, now_ns);
    ck_assert_uint_eq(lines_of(publish_twice, NULL), 0);
    report.trouble[0] = '\0';
    ck_assert_uint_eq(lines_of(publish_twice, "cannot write totals.json"), 1);
    end();
}
END_TEST

/* A state that speaks of a log which cannot be looked at now would be good for nothing. */
START_TEST(what_was_kept_stays_while_the_log_cannot_be_read)
{
    begin();
    take(3);
    publish();
    ino_t state = file_of(CONTRACT_STREAM_STATE);
    take(1);
    remove_file(CONTRACT_PROCESSED_LOG);
    publish();
    ck_assert_uint_eq(file_of(CONTRACT_STREAM_STATE), state);
    end();
    ck_assert_uint_eq(file_of(CONTRACT_STREAM_STATE), state);
}
END_TEST

/* ---- the trend ---- */

static bool wants_trend(void)
{
    now_ns += 1000000 * SECOND;
    return stream_wants_trend(stream, now_ns);
}

static void draw_trend(void)
{
    const struct chart_format format = {.size = {1000, 600, 1}};
    struct text script = {0};
    stream_trend_script(stream, &format, &script, now_ns);
    ck_assert_uint_gt(script.length, 0);
    text_free(&script);
    stream_trend_drawn(stream, "PNG", 3);
}

START_TEST(the_trend_is_wanted_when_there_is_a_batch_more_or_it_is_gone)
{
    begin();
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    assert_says("trend.png", "PNG");
    ck_assert(!wants_trend());
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    remove_file("trend.png");
    ck_assert(wants_trend());
    draw_trend();
    publish();
    assert_says(CONTRACT_INDEX, "<img src=\"trend.png");
    end();
}
END_TEST

/* The caller frees it. */
static char *address_of_trend(void)
{
    char *index = support_read_file(directory, CONTRACT_INDEX, NULL);
    char *from = strstr(index, "trend.png?");
    ck_assert_ptr_nonnull(from);
    char *address = strndup(from, strcspn(from, "\""));
    free(index);
    return address;
}

/* Of as many batches, so that a browser would show the one that it had. */
START_TEST(the_trend_has_another_address_when_it_was_drawn_again)
{
    char *addresses[2];
    begin();
    take(1);
    for (int i = 0; i < 2; i++) {
        (void)usleep(20 * 1000);
        draw_trend();
        publish();
        addresses[i] = address_of_trend();
    }
    ck_assert_str_ne(addresses[0], addresses[1]);
    publish();
    char *same = address_of_trend();
    ck_assert_str_eq(same, addresses[1]);
    free(addresses[0]);
    free(addresses[1]);
    free(same);
    end();
}
END_TEST

START_TEST(the_trend_is_wanted_every_five_seconds_at_most_and_at_once_at_the_end)
{
    begin();
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    take(1);
    ck_assert(!stream_wants_trend(stream, now_ns + 5 * SECOND - 1));
    ck_assert(stream_wants_trend(stream, now_ns + 5 * SECOND));
    stream_finish(stream);
    ck_assert(stream_wants_trend(stream, now_ns + 1));
    draw_trend();
    stream_finish(stream);
    ck_assert(!stream_wants_trend(stream, now_ns + 1));
    end();
}
END_TEST

START_TEST(a_trend_that_could_not_be_written_is_wanted_again)
{
    begin();
    take(1);
    ck_assert(wants_trend());
    block("trend.png");
    draw_trend();
    ck_assert(wants_trend());
    unblock("trend.png");
    draw_trend();
    ck_assert(!wants_trend());
    end();
}
END_TEST

START_TEST(a_trend_that_could_not_be_drawn_is_wanted_again_after_five_seconds)
{
    begin();
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    stream_trend_drawn(stream, NULL, 0);
    assert_says("trend.png", "PNG");
    ck_assert(!stream_wants_trend(stream, now_ns + 5 * SECOND - 1));
    ck_assert(stream_wants_trend(stream, now_ns + 5 * SECOND));
    end();
}
END_TEST

START_TEST(without_charts_there_is_no_trend_and_none_is_shown)
{
    extension = NULL;
    begin();
    support_write_file(directory, "trend.png", "OLD", 3);
    take(1);
    ck_assert(!wants_trend());
    publish();
    char *index = support_read_file(directory, CONTRACT_INDEX, NULL);
    ck_assert_ptr_null(strstr(index, "src=\"trend"));
    free(index);
    end();
}
END_TEST

START_TEST(the_trend_has_the_extension_of_charts)
{
    extension = "svg";
    begin();
    take(1);
    ck_assert(wants_trend());
    draw_trend();
    publish();
    ck_assert(is_there("trend.svg"));
    assert_says(CONTRACT_INDEX, "<img src=\"trend.svg");
    end();
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_stream", the_first_publication_writes_page_and_totals,
        files_that_are_deleted_come_back_with_the_next_publication,
        a_state_that_is_deleted_comes_back_at_the_end_at_the_latest,
        totals_and_state_are_written_only_when_something_has_changed,
        the_state_is_kept_every_ten_seconds_at_most,
        each_hundred_batches_are_a_page_and_the_oldest_pages_go,
        pages_that_are_deleted_are_made_of_the_log_again,
        for_pages_the_log_is_read_once_a_minute_at_most,
        another_start_goes_on_without_reading_any_batch, what_a_crash_took_away_is_read_again,
        a_state_that_is_none_is_passed_over_and_replaced,
        what_cannot_be_written_is_told_once_and_once_when_it_can,
        a_state_that_could_not_be_kept_is_kept_later_without_another_batch,
        in_trouble_that_is_told_already_nothing_more_is_said,
        what_was_kept_stays_while_the_log_cannot_be_read,
        the_trend_is_wanted_when_there_is_a_batch_more_or_it_is_gone,
        the_trend_has_another_address_when_it_was_drawn_again,
        the_trend_is_wanted_every_five_seconds_at_most_and_at_once_at_the_end,
        a_trend_that_could_not_be_written_is_wanted_again,
        a_trend_that_could_not_be_drawn_is_wanted_again_after_five_seconds,
        without_charts_there_is_no_trend_and_none_is_shown, the_trend_has_the_extension_of_charts);
}
