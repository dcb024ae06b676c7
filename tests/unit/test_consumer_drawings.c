#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/wait.h"
#include "consumer/chart/drawings.h"
#include "consumer/chart/gnuplot.h"
#include "tests/unit/support.h"

#define CSV "label,value\na,1\nb,2\n"

static const struct chart_size SIZE = {1000, 600, 1};

/* Two batches: only their addresses count. */
static char batches[2];
#define FIRST (&batches[0])
#define OTHER (&batches[1])

/* What was handed back. */
struct outcomes {
    size_t count;
    void *batches[DRAWINGS_MAX];
    size_t lengths[DRAWINGS_MAX];
    char failures[DRAWINGS_MAX][256];
    enum image_kind kind;
    bool answer;
};

static bool note(void *context, void *batch, const char *image, size_t length, const char *failure)
{
    struct outcomes *outcomes = context;
    ck_assert_uint_lt(outcomes->count, DRAWINGS_MAX);
    size_t at = outcomes->count++;
    outcomes->batches[at] = batch;
    outcomes->lengths[at] = length;
    ck_assert_int_eq(image == NULL, failure != NULL);
    if (failure != NULL)
        (void)snprintf(outcomes->failures[at], sizeof outcomes->failures[at], "%s", failure);
    else
        ck_assert(image_is_whole(outcomes->kind, image, length));
    return outcomes->answer;
}

static struct drawings *create(enum config_chart chart, size_t jobs)
{
    ck_assert_int_eq(wait_open(), 0);
    struct drawings *drawings = drawings_create(chart, &SIZE, jobs);
    ck_assert_ptr_nonnull(drawings);
    return drawings;
}

/* The profile may go as soon as the drawing has begun, and here it does. */
static void begin_at(struct drawings *drawings, char *batch, int64_t now_ns)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct profile profile;
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, CSV, sizeof CSV - 1, &rejection));
    ck_assert(profiler_finish(profiler, &profile, &rejection));
    drawings_begin(drawings, "1", &profile, batch, now_ns);
    profile_free(&profile);
    profiler_free(profiler);
}

static void begin(struct drawings *drawings, char *batch)
{
    begin_at(drawings, batch, clock_now_ns());
}

/* Until none is under way; false when an outcome met trouble. */
static bool draw_all(struct drawings *drawings, struct outcomes *outcomes)
{
    bool good = true;
    while (drawings_under_way(drawings) > 0) {
        struct pollfd fds[WAIT_MAX_FDS];
        size_t count = drawings_fds(drawings, fds, WAIT_MAX_FDS);
        ck_assert_int_ne(wait_for(fds, count, drawings_deadline(drawings)), WAIT_ERROR);
        good = drawings_advance(drawings, clock_now_ns(), note, outcomes) && good;
    }
    return good;
}

/* The children of this process; returns how many. */
static size_t children(pid_t *pids, size_t size)
{
    size_t count = 0;
    char line[512] = "";
    char *end = line;
    FILE *list = fopen("/proc/thread-self/children", "re");
    ck_assert_ptr_nonnull(list);
    bool some = fgets(line, sizeof line, list) != NULL;
    (void)fclose(list);
    for (long pid; some && count < size && (pid = strtol(end, &end, 10)) > 0;)
        pids[count++] = (pid_t)pid;
    return count;
}

static size_t child_count(void)
{
    pid_t pids[DRAWINGS_MAX + 1];
    return children(pids, DRAWINGS_MAX + 1);
}

static void kill_children(void)
{
    pid_t pids[DRAWINGS_MAX];
    size_t count = children(pids, DRAWINGS_MAX);
    for (size_t i = 0; i < count; i++) {
        siginfo_t info;
        ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
        ck_assert_int_eq(waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT), 0);
    }
}

/* From here on "gnuplot" is this shell script. */
static void put_fake_gnuplot(const char *script)
{
    const char *directory = support_temporary_directory();
    char path[4096];
    char search[8192];
    support_write_file(directory, "gnuplot", script, strlen(script));
    (void)snprintf(path, sizeof path, "%s/gnuplot", directory);
    ck_assert_int_eq(chmod(path, 0755), 0);
    (void)snprintf(search, sizeof search, "%s:%s", directory, getenv("PATH"));
    ck_assert_int_eq(setenv("PATH", search, 1), 0);
}

START_TEST(drawings_without_charts_have_no_place_and_no_child)
{
    struct drawings *drawings = create(CONFIG_CHART_NONE, 4);
    ck_assert_uint_eq(drawings_capacity(drawings), 0);
    ck_assert_uint_eq(drawings_under_way(drawings), 0);
    ck_assert_uint_eq(child_count(), 0);
    ck_assert(drawings_advance(drawings, clock_now_ns(), note, NULL));
    ck_assert_int_eq(drawings_deadline(drawings), INT64_MAX);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_have_as_many_places_as_jobs_and_start_one_child_ahead)
{
    for (size_t jobs = 1; jobs <= DRAWINGS_MAX; jobs++) {
        struct drawings *drawings = create(CONFIG_CHART_PNG, jobs);
        ck_assert_uint_eq(drawings_capacity(drawings), jobs);
        ck_assert_uint_eq(child_count(), 1);
        drawings_free(drawings);
        ck_assert_uint_eq(child_count(), 0);
    }
}
END_TEST

START_TEST(drawings_of_any_number_of_jobs_fit_into_one_wait)
{
    struct pollfd fds[WAIT_MAX_FDS];
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1000);
    ck_assert_uint_eq(drawings_capacity(drawings), DRAWINGS_MAX);
    ck_assert_uint_eq(drawings_fds(drawings, fds, WAIT_MAX_FDS), DRAWINGS_MAX * GNUPLOT_FDS);
    ck_assert_uint_eq(drawings_fds(drawings, fds, GNUPLOT_FDS + 1), GNUPLOT_FDS);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_hand_back_a_whole_image_with_its_batch)
{
    static const enum config_chart CHARTS[] = {CONFIG_CHART_PNG, CONFIG_CHART_SVG};
    static const enum image_kind KINDS[] = {IMAGE_PNG, IMAGE_SVG};
    for (size_t i = 0; i < 2; i++) {
        struct outcomes outcomes = {.kind = KINDS[i], .answer = true};
        struct drawings *drawings = create(CHARTS[i], 1);
        begin(drawings, FIRST);
        ck_assert_uint_eq(drawings_under_way(drawings), 1);
        ck_assert_uint_eq(outcomes.count, 0);
        ck_assert(draw_all(drawings, &outcomes));
        ck_assert_uint_eq(outcomes.count, 1);
        ck_assert_ptr_eq(outcomes.batches[0], FIRST);
        ck_assert_str_eq(outcomes.failures[0], "");
        ck_assert_uint_gt(outcomes.lengths[0], 1000);
        drawings_free(drawings);
    }
}
END_TEST

START_TEST(drawings_under_way_are_two_at_once_each_by_a_child_of_its_own)
{
    struct outcomes outcomes = {.answer = true};
    struct drawings *drawings = create(CONFIG_CHART_PNG, 2);
    begin(drawings, FIRST);
    begin(drawings, OTHER);
    ck_assert_uint_eq(drawings_under_way(drawings), 2);
    ck_assert_uint_eq(child_count(), 2);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    ck_assert_ptr_ne(outcomes.batches[0], outcomes.batches[1]);
    ck_assert_uint_eq(outcomes.lengths[0], outcomes.lengths[1]);
    ck_assert_uint_eq(child_count(), 2);
    ck_assert_uint_eq(drawings_restarts(drawings), 0);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_after_each_other_keep_their_child)
{
    struct outcomes outcomes = {.answer = true};
    pid_t before = 0;
    pid_t after = 0;
    struct drawings *drawings = create(CONFIG_CHART_PNG, 2);
    ck_assert_uint_eq(children(&before, 1), 1);
    for (int i = 0; i < 5; i++) {
        begin(drawings, FIRST);
        ck_assert(draw_all(drawings, &outcomes));
    }
    ck_assert_uint_eq(child_count(), 1);
    ck_assert_uint_eq(children(&after, 1), 1);
    ck_assert_int_eq(after, before);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_hand_on_that_the_caller_is_in_trouble)
{
    struct outcomes outcomes = {.answer = false};
    struct drawings *drawings = create(CONFIG_CHART_PNG, 2);
    begin(drawings, FIRST);
    begin(drawings, OTHER);
    ck_assert(!draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    ck_assert_uint_eq(drawings_under_way(drawings), 0);
    outcomes.answer = true;
    begin(drawings, FIRST);
    ck_assert(draw_all(drawings, &outcomes));
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_whose_child_is_killed_in_the_middle_are_tried_once_more)
{
    struct outcomes outcomes = {.answer = true};
    struct drawings *drawings = create(CONFIG_CHART_PNG, 2);
    begin(drawings, FIRST);
    begin(drawings, OTHER);
    kill_children();
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    for (size_t i = 0; i < 2; i++)
        ck_assert_str_eq(outcomes.failures[i], "");
    ck_assert_uint_eq(drawings_restarts(drawings), 2);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_whose_child_was_killed_while_it_was_idle_are_tried_once_more)
{
    struct outcomes outcomes = {.answer = true};
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    begin(drawings, FIRST);
    ck_assert(draw_all(drawings, &outcomes));
    kill_children();
    begin(drawings, OTHER);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    ck_assert_ptr_eq(outcomes.batches[1], OTHER);
    ck_assert_str_eq(outcomes.failures[1], "");
    drawings_free(drawings);
}
END_TEST

/* Advances and kills, as often as gnuplot was killed without resting. */
static void kill_again(struct drawings *drawings, struct outcomes *outcomes, int times)
{
    for (int i = 0; i < times; i++) {
        kill_children();
        ck_assert(drawings_advance(drawings, clock_now_ns(), note, outcomes));
    }
}

START_TEST(drawings_whose_children_are_killed_for_a_while_are_held_and_drawn)
{
    struct outcomes outcomes = {.answer = true};
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    begin(drawings, FIRST);
    kill_again(drawings, &outcomes, GNUPLOT_PATIENCE);
    ck_assert_uint_eq(outcomes.count, 0);
    ck_assert_uint_eq(drawings_under_way(drawings), 1);
    ck_assert_uint_eq(child_count(), 0); /* it rests */
    ck_assert_int_gt(drawings_deadline(drawings), clock_now_ns());
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_str_eq(outcomes.failures[0], "");
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_whose_children_always_are_killed_hold_nobody_up_a_second_time)
{
    struct outcomes outcomes = {.answer = true};
    put_fake_gnuplot("#!/bin/sh\nkill -9 $$\n");
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    int64_t since_ns = clock_now_ns();
    begin(drawings, FIRST);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_str_eq(outcomes.failures[0], "gnuplot died");
    ck_assert_int_ge(clock_now_ns() - since_ns, DRAWINGS_HOLD_NS);
    begin(drawings, OTHER);
    ck_assert(drawings_advance(drawings, clock_now_ns(), note, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    begin_at(drawings, OTHER, clock_now_ns() + DRAWINGS_QUIET_NS + 1);
    ck_assert(drawings_advance(drawings, clock_now_ns() + DRAWINGS_QUIET_NS + 1, note, &outcomes));
    ck_assert_uint_eq(outcomes.count, 2);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_are_not_tried_a_third_time)
{
    struct outcomes outcomes = {.answer = true};
    put_fake_gnuplot("#!/bin/sh\nexit 3\n");
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    begin(drawings, FIRST);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_ptr_eq(outcomes.batches[0], FIRST);
    ck_assert_str_eq(outcomes.failures[0], "gnuplot died");
    ck_assert_uint_eq(drawings_restarts(drawings), 1);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_that_hang_are_tried_once_more_and_then_end)
{
    struct outcomes outcomes = {.answer = true};
    put_fake_gnuplot("#!/bin/sh\nexec sleep 60\n");
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    int64_t now_ns = clock_now_ns();
    int64_t deadline_ns = now_ns + GNUPLOT_DEADLINE_NS;
    begin_at(drawings, FIRST, now_ns);
    ck_assert(drawings_advance(drawings, deadline_ns - 1, note, &outcomes));
    ck_assert_int_eq(drawings_deadline(drawings), deadline_ns);
    ck_assert_uint_eq(outcomes.count, 0);
    ck_assert(drawings_advance(drawings, deadline_ns, note, &outcomes));
    ck_assert_uint_eq(outcomes.count, 0);
    deadline_ns += GNUPLOT_DEADLINE_NS;
    ck_assert(drawings_advance(drawings, deadline_ns - 1, note, &outcomes));
    ck_assert_int_eq(drawings_deadline(drawings), deadline_ns);
    ck_assert_uint_eq(outcomes.count, 0);
    ck_assert(drawings_advance(drawings, deadline_ns, note, &outcomes));
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_str_eq(outcomes.failures[0], "gnuplot took too long");
    ck_assert_uint_eq(child_count(), 0);
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_of_many_pixels_are_given_more_time)
{
    static const struct chart_size LARGE = {4000, 3000, 1};
    struct outcomes outcomes = {.answer = true};
    put_fake_gnuplot("#!/bin/sh\nexec sleep 60\n");
    ck_assert_int_eq(wait_open(), 0);
    struct drawings *drawings = drawings_create(CONFIG_CHART_PNG, &LARGE, 1);
    int64_t now_ns = clock_now_ns();
    begin_at(drawings, FIRST, now_ns);
    ck_assert(drawings_advance(drawings, now_ns + 3 * GNUPLOT_DEADLINE_NS, note, &outcomes));
    ck_assert_int_eq(drawings_deadline(drawings), now_ns + 4 * GNUPLOT_DEADLINE_NS);
    drawings_free(drawings);
}
END_TEST

/* One try each while it rests, and none of them waits. */
START_TEST(drawings_while_gnuplot_rests_fail_at_once_with_its_last_words)
{
    struct outcomes outcomes = {.answer = true};
    put_fake_gnuplot("#!/bin/sh\necho broken >&2\n");
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    for (size_t i = 0; i < GNUPLOT_PATIENCE / 2; i++) {
        begin(drawings, FIRST);
        ck_assert(draw_all(drawings, &outcomes));
        ck_assert_uint_eq(outcomes.count, i + 1);
    }
    begin(drawings, OTHER);
    ck_assert_uint_eq(child_count(), 0);
    ck_assert_int_le(drawings_deadline(drawings), clock_now_ns());
    ck_assert(drawings_advance(drawings, clock_now_ns(), note, &outcomes));
    ck_assert_uint_eq(drawings_under_way(drawings), 0);
    ck_assert_ptr_eq(outcomes.batches[outcomes.count - 1], OTHER);
    ck_assert_str_eq(outcomes.failures[outcomes.count - 1], "broken");
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_without_gnuplot_fail_with_its_name)
{
    struct outcomes outcomes = {.answer = true};
    ck_assert_int_eq(setenv("PATH", support_temporary_directory(), 1), 0);
    struct drawings *drawings = create(CONFIG_CHART_PNG, 1);
    begin(drawings, FIRST);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_msg(strstr(outcomes.failures[0], "cannot run gnuplot") != NULL, "%s",
                  outcomes.failures[0]);
    drawings_free(drawings);
}
END_TEST

/* It is reported by drawings_advance, and the deadline asks for that at once. */
START_TEST(drawings_that_cannot_begin_fail_with_the_cause)
{
    struct outcomes outcomes = {.answer = true};
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct drawings *drawings = drawings_create(CONFIG_CHART_PNG, &SIZE, 1);
    ck_assert_ptr_nonnull(drawings);
    begin(drawings, FIRST);
    ck_assert_uint_eq(drawings_under_way(drawings), 1);
    ck_assert_int_le(drawings_deadline(drawings), clock_now_ns());
    ck_assert(drawings_advance(drawings, clock_now_ns(), note, &outcomes));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(outcomes.count, 1);
    ck_assert_ptr_eq(outcomes.batches[0], FIRST);
    ck_assert_str_eq(outcomes.failures[0], "Too many open files");
    begin(drawings, OTHER);
    ck_assert(draw_all(drawings, &outcomes));
    ck_assert_str_eq(outcomes.failures[1], "");
    drawings_free(drawings);
}
END_TEST

START_TEST(drawings_freed_in_the_middle_leave_no_child)
{
    struct drawings *drawings = create(CONFIG_CHART_PNG, 2);
    begin(drawings, FIRST);
    begin(drawings, OTHER);
    drawings_free(drawings);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    drawings_free(NULL);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_drawings", drawings_without_charts_have_no_place_and_no_child,
        drawings_have_as_many_places_as_jobs_and_start_one_child_ahead,
        drawings_of_any_number_of_jobs_fit_into_one_wait,
        drawings_hand_back_a_whole_image_with_its_batch,
        drawings_under_way_are_two_at_once_each_by_a_child_of_its_own,
        drawings_after_each_other_keep_their_child, drawings_hand_on_that_the_caller_is_in_trouble,
        drawings_whose_child_is_killed_in_the_middle_are_tried_once_more,
        drawings_whose_child_was_killed_while_it_was_idle_are_tried_once_more,
        drawings_whose_children_are_killed_for_a_while_are_held_and_drawn,
        drawings_whose_children_always_are_killed_hold_nobody_up_a_second_time,
        drawings_are_not_tried_a_third_time, drawings_that_hang_are_tried_once_more_and_then_end,
        drawings_of_many_pixels_are_given_more_time,
        drawings_while_gnuplot_rests_fail_at_once_with_its_last_words,
        drawings_without_gnuplot_fail_with_its_name, drawings_that_cannot_begin_fail_with_the_cause,
        drawings_freed_in_the_middle_leave_no_child);
}
