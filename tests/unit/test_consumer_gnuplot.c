#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "consumer/chart/gnuplot.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND
#define PNG_PREAMBLE "set terminal pngcairo size 120,80\n"
#define SVG_PREAMBLE "set terminal svg size 120,80\n"
#define PICTURE "plot sin(x)\n"
/* What our side appends to each script, and a child says when its image is all there. */
#define DONE "echo shared-data-picture-done >&2\n"

static struct gnuplot *create(enum image_kind kind)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as wait_open() does */
    struct gnuplot *gnuplot = gnuplot_create(kind, kind == IMAGE_PNG ? PNG_PREAMBLE : SVG_PREAMBLE);
    ck_assert_ptr_nonnull(gnuplot);
    return gnuplot;
}

static enum gnuplot_state await(struct gnuplot *gnuplot)
{
    struct pollfd fds[GNUPLOT_FDS];
    while (gnuplot_advance(gnuplot, clock_now_ns()) == GNUPLOT_BUSY) {
        int64_t left_ns = gnuplot_deadline(gnuplot) - clock_now_ns();
        gnuplot_fds(gnuplot, fds);
        (void)poll(fds, GNUPLOT_FDS, left_ns < 0 ? 0 : (int)(left_ns / NUMBER_NS_PER_MS) + 1);
    }
    return gnuplot_state(gnuplot);
}

static enum gnuplot_state draw_within(struct gnuplot *gnuplot, const char *script, int64_t time_ns)
{
    ck_assert_msg(
        gnuplot_submit(gnuplot, script, strlen(script), clock_now_ns(), clock_now_ns() + time_ns),
        "%s", gnuplot_failure(gnuplot));
    return await(gnuplot);
}

static void assert_drawn(struct gnuplot *gnuplot)
{
    ck_assert_msg(draw_within(gnuplot, PICTURE, 30 * SECOND) == GNUPLOT_DONE, "%s",
                  gnuplot_failure(gnuplot));
}

static void assert_fails(struct gnuplot *gnuplot, const char *script, int64_t time_ns,
                         const char *cause)
{
    ck_assert_int_eq(draw_within(gnuplot, script, time_ns), GNUPLOT_FAILED);
    ck_assert_msg(strstr(gnuplot_failure(gnuplot), cause) != NULL, "%s", gnuplot_failure(gnuplot));
}

/* The only child of this process; 0 when there is none. */
static pid_t only_child(void)
{
    char line[64] = "";
    FILE *children = fopen("/proc/thread-self/children", "re");
    ck_assert_ptr_nonnull(children);
    ck_assert(fgets(line, sizeof line, children) != NULL || feof(children));
    (void)fclose(children);
    char *end = line;
    long pid = strtol(line, &end, 10);
    ck_assert_msg(end[strspn(end, " \n")] == '\0', "more than one child: %s", line);
    return (pid_t)pid;
}

static void assert_no_child(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

/* From here on "gnuplot" is this shell script; returns the directory that it stands in. */
static const char *put_fake_gnuplot(const char *commands)
{
    const char *directory = support_temporary_directory();
    char path[4096];
    char search[8192];
    char script[1024];
    (void)snprintf(script, sizeof script, "#!/bin/sh\n%s", commands);
    support_write_file(directory, "gnuplot", script, strlen(script));
    (void)snprintf(path, sizeof path, "%s/gnuplot", directory);
    ck_assert_int_eq(chmod(path, 0755), 0);
    (void)snprintf(search, sizeof search, "%s:%s", directory, getenv("PATH"));
    ck_assert_int_eq(setenv("PATH", search, 1), 0);
    return directory;
}

/* What comes of a picture by a gnuplot that does this instead. */
static void assert_fake_fails(const char *commands, const char *cause)
{
    (void)put_fake_gnuplot(commands);
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    int64_t before_ns = clock_now_ns();
    assert_fails(gnuplot, PICTURE, 30 * SECOND, cause);
    ck_assert_int_lt(clock_now_ns() - before_ns, 20 * SECOND);
    assert_no_child();
    gnuplot_free(gnuplot);
}

static size_t open_descriptors(void)
{
    return support_count_names("/proc/self/fd");
}

/* ---- pictures ---- */

START_TEST(gnuplot_draws_a_png_that_is_whole)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    size_t length = 0;
    assert_drawn(gnuplot);
    const char *image = gnuplot_image(gnuplot, &length);
    ck_assert_uint_gt(length, 100);
    ck_assert_mem_eq(image, "\x89PNG", 4);
    ck_assert(image_is_whole(IMAGE_PNG, image, length));
    ck_assert(!image_is_whole(IMAGE_SVG, image, length));
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_draws_an_svg_that_is_whole)
{
    struct gnuplot *gnuplot = create(IMAGE_SVG);
    size_t length = 0;
    assert_drawn(gnuplot);
    const char *image = gnuplot_image(gnuplot, &length);
    ck_assert_mem_eq(image, "<?xml", 5);
    ck_assert(image_is_whole(IMAGE_SVG, image, length));
    ck_assert(!image_is_whole(IMAGE_PNG, image, length));
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_draws_many_pictures_by_one_child_and_each_is_its_own)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    struct text first = {0};
    size_t length = 0;
    assert_drawn(gnuplot);
    pid_t child = only_child();
    ck_assert_int_gt(child, 0);
    const char *image = gnuplot_image(gnuplot, &length);
    text_append(&first, image, length);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(draw_within(gnuplot, "plot x**3\n", 30 * SECOND), GNUPLOT_DONE);
        image = gnuplot_image(gnuplot, &length);
        ck_assert(length != first.length || memcmp(image, first.bytes, length) != 0);
        assert_drawn(gnuplot);
        image = gnuplot_image(gnuplot, &length);
        ck_assert_uint_eq(length, first.length);
        ck_assert_mem_eq(image, first.bytes, length);
    }
    ck_assert_int_eq(only_child(), child);
    text_free(&first);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_takes_a_script_that_no_pipe_holds)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    struct text script = {0};
    text_put(&script, "$rows << EOD\n");
    for (int i = 0; i < 30000; i++)
        text_printf(&script, "%d %d\n", i, i % 77);
    text_put(&script, "EOD\nplot $rows with lines\n");
    ck_assert_uint_gt(script.length, 3 * 64 * 1024);
    ck_assert_int_eq(draw_within(gnuplot, script.bytes, 30 * SECOND), GNUPLOT_DONE);
    text_free(&script);
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

static unsigned long long reads_of(pid_t process)
{
    char path[64];
    char line[128];
    unsigned long long reads = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/io", (long)process);
    FILE *io = fopen(path, "re");
    ck_assert_ptr_nonnull(io);
    while (reads == 0 && fgets(line, sizeof line, io) != NULL)
        (void)sscanf(line, "syscr: %llu", &reads);
    (void)fclose(io);
    return reads;
}

START_TEST(gnuplot_reads_its_commands_in_blocks_and_not_byte_by_byte)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    struct text script = {0};
    assert_drawn(gnuplot);
    unsigned long long before = reads_of(only_child());
    while (script.length < 10000)
        text_put(&script, "# what makes a script longer\n");
    text_put(&script, PICTURE);
    ck_assert_int_eq(draw_within(gnuplot, script.bytes, 30 * SECOND), GNUPLOT_DONE);
    ck_assert_uint_lt(reads_of(only_child()) - before, 1000);
    text_free(&script);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_that_writes_line_by_line_does_not_wake_us_for_each)
{
    struct gnuplot *gnuplot = create(IMAGE_SVG);
    struct pollfd fds[GNUPLOT_FDS];
    size_t wakes = 0;
    assert_drawn(gnuplot);
    int64_t begun_ns = clock_now_ns();
    static const char many_lines[] = "plot for [i=1:300] sin(x + i) with impulses\n";
    ck_assert(gnuplot_submit(gnuplot, many_lines, sizeof many_lines - 1, begun_ns,
                             begun_ns + 30 * SECOND));
    for (; gnuplot_advance(gnuplot, clock_now_ns()) == GNUPLOT_BUSY; wakes++) {
        int64_t left_ns = gnuplot_deadline(gnuplot) - clock_now_ns();
        const struct timespec left = {.tv_sec = left_ns < 0 ? 0 : left_ns / SECOND,
                                      .tv_nsec = left_ns < 0 ? 0 : left_ns % SECOND};
        gnuplot_fds(gnuplot, fds);
        (void)ppoll(fds, GNUPLOT_FDS, &left, NULL);
    }
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_DONE);
    /* When the pause is over, when there is something then, and for the commands. */
    ck_assert_uint_le(wakes, (uint64_t)(clock_now_ns() - begun_ns) / NUMBER_NS_PER_MS + 20);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_started_ahead_draws_by_the_child_that_it_started)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    ck_assert_int_eq(only_child(), 0);
    ck_assert(gnuplot_start(gnuplot));
    pid_t child = only_child();
    ck_assert_int_gt(child, 0);
    ck_assert(gnuplot_start(gnuplot));
    ck_assert_int_eq(only_child(), child);
    assert_drawn(gnuplot);
    ck_assert_int_eq(only_child(), child);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_asks_for_nothing_to_be_polled_while_it_is_idle)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    struct pollfd fds[GNUPLOT_FDS];
    assert_drawn(gnuplot);
    gnuplot_fds(gnuplot, fds);
    for (size_t i = 0; i < GNUPLOT_FDS; i++)
        ck_assert_int_eq(fds[i].fd, -1);
    ck_assert_int_eq(gnuplot_deadline(gnuplot), INT64_MAX);
    ck_assert_int_eq(gnuplot_advance(gnuplot, clock_now_ns()), GNUPLOT_DONE);
    gnuplot_free(gnuplot);
}
END_TEST

/* ---- a child that dies, hangs or errs ---- */

static void kill_child(void)
{
    siginfo_t info;
    pid_t child = only_child();
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(gnuplot_killed_between_two_pictures_is_replaced)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_drawn(gnuplot);
    pid_t first = only_child();
    kill_child();
    assert_fails(gnuplot, PICTURE, 30 * SECOND, "gnuplot died");
    assert_no_child();
    assert_drawn(gnuplot);
    ck_assert_int_ne(only_child(), first);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_killed_in_the_middle_of_a_picture_is_replaced)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    static const char script[] = "plot x\npause 60\n";
    ck_assert(gnuplot_submit(gnuplot, script, strlen(script), clock_now_ns(),
                             clock_now_ns() + 30 * SECOND));
    ck_assert_int_eq(gnuplot_advance(gnuplot, clock_now_ns()), GNUPLOT_BUSY);
    kill_child();
    ck_assert_int_eq(await(gnuplot), GNUPLOT_FAILED);
    ck_assert_str_eq(gnuplot_failure(gnuplot), "gnuplot died");
    assert_no_child();
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_that_hangs_is_killed_at_its_deadline_and_replaced)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    int64_t before_ns = clock_now_ns();
    assert_fails(gnuplot, "pause 60\n", SECOND / 5, "gnuplot took too long");
    ck_assert_int_ge(clock_now_ns() - before_ns, SECOND / 5);
    ck_assert_int_lt(clock_now_ns() - before_ns, 10 * SECOND);
    assert_no_child();
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_that_hangs_and_ignores_sigterm_is_killed_at_its_deadline)
{
    (void)put_fake_gnuplot("trap '' TERM INT HUP\nexec sleep 60\n");
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, PICTURE, SECOND / 2, "gnuplot took too long");
    assert_no_child();
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_that_is_stopped_is_killed_at_its_deadline_and_replaced)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_drawn(gnuplot);
    ck_assert_int_eq(kill(only_child(), SIGSTOP), 0);
    assert_fails(gnuplot, PICTURE, SECOND / 2, "gnuplot took too long");
    assert_no_child();
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_keeps_the_words_with_which_a_picture_failed)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, "plot nonsense\n", 30 * SECOND, "undefined variable: nonsense");
    gnuplot_free(gnuplot);
    assert_fake_fails("echo first >&2; printf 'la\\033[31mst\\351 words\\n\\n' >&2\n",
                      "la?[31mst? words");
}
END_TEST

START_TEST(gnuplot_that_cannot_draw_a_script_is_replaced)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, "plot nonsense\n", 30 * SECOND, "undefined variable: nonsense");
    assert_no_child();
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_is_not_believed_that_it_is_done_without_an_image)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, "\n", 30 * SECOND, "gnuplot sent no image");
    assert_fails(gnuplot, "plot x\nplot x\n", 30 * SECOND, "gnuplot sent a damaged image");
    assert_no_child();
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_that_ends_without_a_word_has_failed)
{
    assert_fake_fails("exit 0\n", "gnuplot died");
}
END_TEST

START_TEST(gnuplot_that_sends_a_truncated_png_has_failed)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    size_t length = 0;
    assert_drawn(gnuplot);
    const char *image = gnuplot_image(gnuplot, &length);
    const char *directory = put_fake_gnuplot("cat \"$0.png\"\n" DONE "exec sleep 60\n");
    struct gnuplot *fake = create(IMAGE_PNG);
    support_write_file(directory, "gnuplot.png", image, length);
    assert_drawn(fake);
    gnuplot_free(fake);
    fake = create(IMAGE_PNG);
    support_write_file(directory, "gnuplot.png", image, length - 12);
    gnuplot_free(gnuplot);
    assert_fails(fake, PICTURE, 30 * SECOND, "gnuplot sent a damaged image");
    assert_no_child();
    gnuplot_free(fake);
}
END_TEST

/* More than a pipe holds, so that it cannot have been given the end of it. */
START_TEST(gnuplot_that_answers_without_reading_its_input_is_not_believed)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    static char script[256 * 1024];
    size_t length = 0;
    assert_drawn(gnuplot);
    const char *image = gnuplot_image(gnuplot, &length);
    const char *directory = put_fake_gnuplot("cat \"$0.png\"\n" DONE "exec sleep 60\n");
    support_write_file(directory, "gnuplot.png", image, length);
    gnuplot_free(gnuplot);
    memset(script, '#', sizeof script - 1);
    gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, script, 30 * SECOND, "gnuplot answered before it was asked");
    assert_no_child();
    gnuplot_free(gnuplot);
}
END_TEST

/* ---- one that fails again and again ---- */

static bool submit_at(struct gnuplot *gnuplot, int64_t now_ns)
{
    return gnuplot_submit(gnuplot, PICTURE, strlen(PICTURE), now_ns, INT64_MAX);
}

static void assert_fails_at(struct gnuplot *gnuplot, int64_t now_ns)
{
    struct pollfd fds[GNUPLOT_FDS];
    ck_assert_msg(submit_at(gnuplot, now_ns), "it rests");
    while (gnuplot_advance(gnuplot, now_ns) == GNUPLOT_BUSY) {
        gnuplot_fds(gnuplot, fds);
        (void)poll(fds, GNUPLOT_FDS, 1000);
    }
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
}

/* A moment before, it starts no child and says again what was wrong; at the moment it tries. */
static void assert_rests_until(struct gnuplot *gnuplot, int64_t end_ns)
{
    ck_assert(!submit_at(gnuplot, end_ns - 1));
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
    ck_assert_str_eq(gnuplot_failure(gnuplot), "broken");
    assert_no_child();
    assert_fails_at(gnuplot, end_ns);
}

START_TEST(gnuplot_that_fails_again_and_again_rests_for_twice_as_long_each_time)
{
    (void)put_fake_gnuplot("echo broken >&2\n");
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < GNUPLOT_PATIENCE; i++)
        assert_fails_at(gnuplot, now_ns);
    for (int64_t rest_ns = GNUPLOT_REST_MIN_NS; rest_ns < GNUPLOT_REST_MAX_NS; rest_ns *= 2) {
        now_ns += rest_ns;
        assert_rests_until(gnuplot, now_ns);
    }
    for (int i = 0; i < 3; i++) {
        now_ns += GNUPLOT_REST_MAX_NS;
        assert_rests_until(gnuplot, now_ns);
    }
    gnuplot_free(gnuplot);
}
END_TEST

static char *copy_of_search_path(void)
{
    const char *search = getenv("PATH");
    ck_assert_ptr_nonnull(search);
    return strdup(search);
}

START_TEST(gnuplot_that_draws_again_has_all_its_patience_back)
{
    char *good = copy_of_search_path();
    (void)put_fake_gnuplot("echo broken >&2\n");
    char *bad = copy_of_search_path();
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < GNUPLOT_PATIENCE; i++)
        assert_fails_at(gnuplot, now_ns);
    ck_assert(!submit_at(gnuplot, now_ns));
    ck_assert_int_eq(setenv("PATH", good, 1), 0);
    ck_assert(submit_at(gnuplot, now_ns + GNUPLOT_REST_MIN_NS));
    ck_assert_int_eq(await(gnuplot), GNUPLOT_DONE);
    ck_assert_int_eq(setenv("PATH", bad, 1), 0);
    kill_child();
    ck_assert(submit_at(gnuplot, now_ns));
    ck_assert_int_eq(await(gnuplot), GNUPLOT_FAILED);
    now_ns += 10 * GNUPLOT_REST_MAX_NS;
    for (int i = 0; i < GNUPLOT_PATIENCE; i++)
        assert_fails_at(gnuplot, now_ns);
    assert_rests_until(gnuplot, now_ns + GNUPLOT_REST_MIN_NS);
    gnuplot_free(gnuplot);
    free(good);
    free(bad);
}
END_TEST

START_TEST(gnuplot_that_sends_an_empty_image_has_failed)
{
    assert_fake_fails(DONE "exec sleep 60\n", "gnuplot sent no image");
}
END_TEST

START_TEST(gnuplot_that_sends_an_image_without_end_is_stopped)
{
    assert_fake_fails("exec cat /dev/zero\n", "gnuplot sent more than an image");
}
END_TEST

START_TEST(gnuplot_that_complains_without_end_is_stopped)
{
    assert_fake_fails("exec cat /dev/zero 3>&1 >&2\n", "gnuplot sent more than an image");
}
END_TEST

START_TEST(gnuplot_that_is_not_installed_is_named)
{
    ck_assert_int_eq(setenv("PATH", support_temporary_directory(), 1), 0);
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    assert_fails(gnuplot, PICTURE, 30 * SECOND, "cannot run gnuplot");
    assert_no_child();
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_without_a_free_descriptor_fails_and_works_again)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool submitted = gnuplot_submit(gnuplot, PICTURE, strlen(PICTURE), clock_now_ns(), INT64_MAX);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert(!submitted);
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
    ck_assert_str_eq(gnuplot_failure(gnuplot), "Too many open files");
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
}
END_TEST

/* ---- the jail ---- */

static void assert_nothing_in(const char *directory, const char *name)
{
    size_t length = 0;
    if (support_exists(directory, name))
        free(support_read_file(directory, name, &length));
    ck_assert_uint_eq(length, 0);
}

START_TEST(gnuplot_cannot_put_a_byte_into_a_file)
{
    const char *directory = support_temporary_directory();
    ck_assert_int_eq(chdir(directory), 0);
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    (void)draw_within(gnuplot, "set output 'x'\n" PICTURE "set output\n", SECOND / 2);
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
    assert_nothing_in(directory, "x");
    (void)draw_within(gnuplot, "set print 'y'\nprint 'words'\nset print\n", SECOND / 2);
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
    assert_nothing_in(directory, "y");
    (void)draw_within(gnuplot, "system 'echo words > z'\n", SECOND / 2);
    ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
    assert_nothing_in(directory, "z");
    gnuplot_free(gnuplot);
}
END_TEST

START_TEST(gnuplot_is_told_nothing_of_our_environment)
{
    ck_assert_int_eq(setenv("SECRET", "word", 1), 0);
    assert_fake_fails("echo \"secret='$SECRET'\" >&2\n", "secret=''");
}
END_TEST

/* The failure is what the child said last: the number of the process that it left behind. */
START_TEST(gnuplot_takes_with_it_what_it_has_started)
{
    int status = 0;
    (void)put_fake_gnuplot("sleep 300 <&- >&- 2>&- &\necho $! >&2\n");
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    ck_assert_int_eq(draw_within(gnuplot, PICTURE, 30 * SECOND), GNUPLOT_FAILED);
    pid_t grandchild = (pid_t)strtol(gnuplot_failure(gnuplot), NULL, 10);
    ck_assert_int_gt(grandchild, 1);
    ck_assert_int_eq(waitpid(grandchild, &status, 0), grandchild);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    gnuplot_free(gnuplot);
}
END_TEST

static _Noreturn void be_a_daemon_that_draws(int tell_fd)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    (void)gnuplot_start(gnuplot);
    pid_t child = only_child();
    ssize_t ignored = write(tell_fd, &child, sizeof child);
    (void)ignored;
    for (;;)
        (void)pause();
}

/* One that does not look at its input, since the end of that would end it as well. */
START_TEST(gnuplot_dies_with_its_daemon)
{
    (void)put_fake_gnuplot("exec sleep 300\n");
    (void)alarm(30);
    int ends[2];
    pid_t grandchild = 0;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    ck_assert_int_ge(parent, 0);
    if (parent == 0)
        be_a_daemon_that_draws(ends[1]);
    ck_assert_int_eq(read(ends[0], &grandchild, sizeof grandchild), sizeof grandchild);
    ck_assert_int_eq(kill(parent, SIGKILL), 0);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    ck_assert_int_eq(waitpid(grandchild, NULL, 0), grandchild);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* ---- what stays behind ---- */

START_TEST(gnuplot_freed_leaves_no_child_wherever_it_was)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    gnuplot_free(gnuplot);
    assert_no_child();
    gnuplot = create(IMAGE_PNG);
    ck_assert(gnuplot_start(gnuplot));
    gnuplot_free(gnuplot);
    assert_no_child();
    gnuplot = create(IMAGE_PNG);
    ck_assert(gnuplot_submit(gnuplot, "pause 60\n", 9, clock_now_ns(), INT64_MAX));
    (void)gnuplot_advance(gnuplot, clock_now_ns());
    gnuplot_free(gnuplot);
    assert_no_child();
    gnuplot = create(IMAGE_PNG);
    assert_drawn(gnuplot);
    gnuplot_free(gnuplot);
    assert_no_child();
    gnuplot_free(NULL);
}
END_TEST

START_TEST(gnuplot_leaves_no_descriptor_open_however_its_children_end)
{
    struct gnuplot *gnuplot = create(IMAGE_PNG);
    size_t before = open_descriptors();
    for (int i = 0; i < 3; i++) {
        assert_drawn(gnuplot); /* so that it does not rest */
        assert_fails(gnuplot, "\n", 30 * SECOND, "");
        assert_fails(gnuplot, "exit\n", 30 * SECOND, "gnuplot died");
        assert_fails(gnuplot, "pause 60\n", SECOND / 20, "took too long");
        ck_assert_uint_eq(open_descriptors(), before);
    }
    gnuplot_free(gnuplot);
    ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_gnuplot", gnuplot_that_hangs_and_ignores_sigterm_is_killed_at_its_deadline,
        gnuplot_that_is_stopped_is_killed_at_its_deadline_and_replaced,
        gnuplot_keeps_the_words_with_which_a_picture_failed,
        gnuplot_that_answers_without_reading_its_input_is_not_believed,
        gnuplot_that_fails_again_and_again_rests_for_twice_as_long_each_time,
        gnuplot_that_draws_again_has_all_its_patience_back, gnuplot_draws_a_png_that_is_whole,
        gnuplot_draws_an_svg_that_is_whole,
        gnuplot_draws_many_pictures_by_one_child_and_each_is_its_own,
        gnuplot_takes_a_script_that_no_pipe_holds,
        gnuplot_reads_its_commands_in_blocks_and_not_byte_by_byte,
        gnuplot_that_writes_line_by_line_does_not_wake_us_for_each,
        gnuplot_started_ahead_draws_by_the_child_that_it_started,
        gnuplot_asks_for_nothing_to_be_polled_while_it_is_idle,
        gnuplot_killed_between_two_pictures_is_replaced,
        gnuplot_killed_in_the_middle_of_a_picture_is_replaced,
        gnuplot_that_hangs_is_killed_at_its_deadline_and_replaced,
        gnuplot_that_cannot_draw_a_script_is_replaced,
        gnuplot_is_not_believed_that_it_is_done_without_an_image,
        gnuplot_that_ends_without_a_word_has_failed, gnuplot_that_sends_a_truncated_png_has_failed,
        gnuplot_that_sends_an_empty_image_has_failed,
        gnuplot_that_sends_an_image_without_end_is_stopped,
        gnuplot_that_complains_without_end_is_stopped, gnuplot_that_is_not_installed_is_named,
        gnuplot_without_a_free_descriptor_fails_and_works_again,
        gnuplot_cannot_put_a_byte_into_a_file, gnuplot_is_told_nothing_of_our_environment,
        gnuplot_takes_with_it_what_it_has_started, gnuplot_dies_with_its_daemon,
        gnuplot_freed_leaves_no_child_wherever_it_was,
        gnuplot_leaves_no_descriptor_open_however_its_children_end);
}
