#include "common/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/support.h"

#define MS INT64_C(1000000)

/*
 * This clock stands in for the real one. wait_for() reads it after it has looked
 * for a signal and before it sleeps, so a signal raised here arrives in between.
 */
static int raise_when_read;

int64_t clock_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (raise_when_read != 0)
        (void)raise(raise_when_read);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t in_ms(int64_t milliseconds)
{
    return clock_now_ns() + milliseconds * MS;
}

START_TEST(a_deadline_ends_the_wait_and_not_before)
{
    ck_assert_int_eq(wait_open(), 0);
    int64_t deadline_ns = in_ms(50);
    ck_assert_int_eq(wait_for(NULL, 0, deadline_ns), WAIT_TIMEOUT);
    ck_assert_int_ge(clock_now_ns(), deadline_ns);
    ck_assert_int_lt(clock_now_ns(), deadline_ns + 5000 * MS);
}
END_TEST

START_TEST(a_deadline_in_the_past_does_not_wait)
{
    ck_assert_int_eq(wait_open(), 0);
    int64_t start = clock_now_ns();
    ck_assert_int_eq(wait_for(NULL, 0, start - 1000 * MS), WAIT_TIMEOUT);
    ck_assert_int_eq(wait_for(NULL, 0, 0), WAIT_TIMEOUT);
    ck_assert_int_lt(clock_now_ns() - start, 1000 * MS);
}
END_TEST

START_TEST(a_descriptor_that_has_something_ends_the_wait)
{
    int pipes[2][2];
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(pipes[0]), 0);
    ck_assert_int_eq(pipe(pipes[1]), 0);
    ck_assert_int_eq(write(pipes[1][1], "x", 1), 1);
    struct pollfd fds[] = {{.fd = pipes[0][0], .events = POLLIN},
                           {.fd = pipes[1][0], .events = POLLIN}};
    ck_assert_int_eq(wait_for(fds, 2, in_ms(10000)), WAIT_READY);
    ck_assert_int_eq(fds[0].revents, 0);
    ck_assert_int_eq(fds[1].revents, POLLIN);
}
END_TEST

START_TEST(what_was_ready_once_is_not_said_again)
{
    int fds[2];
    char byte;
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(fds), 0);
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    ck_assert_int_eq(wait_for(&entry, 1, in_ms(10000)), WAIT_READY);
    ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    ck_assert_int_eq(wait_for(&entry, 1, in_ms(1)), WAIT_TIMEOUT);
    ck_assert_int_eq(entry.revents, 0);
}
END_TEST

START_TEST(a_closed_end_is_something)
{
    int fds[2];
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(fds), 0);
    (void)close(fds[1]);
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    ck_assert_int_eq(wait_for(&entry, 1, in_ms(10000)), WAIT_READY);
    ck_assert_int_ne(entry.revents & POLLHUP, 0);
}
END_TEST

START_TEST(entries_without_a_descriptor_are_passed_over)
{
    struct pollfd fds[2] = {{.fd = -1, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(wait_for(fds, 2, in_ms(1)), WAIT_TIMEOUT);
    ck_assert_int_eq(fds[0].revents, 0);
}
END_TEST

START_TEST(as_many_descriptors_as_promised_are_waited_for_and_one_more_is_an_error)
{
    struct pollfd fds[WAIT_MAX_FDS + 1];
    int ends[2];
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(ends), 0);
    for (size_t i = 0; i <= WAIT_MAX_FDS; i++)
        fds[i] = (struct pollfd){.fd = -1};
    fds[WAIT_MAX_FDS - 1] = (struct pollfd){.fd = ends[1], .events = POLLOUT};
    ck_assert_int_eq(wait_for(fds, WAIT_MAX_FDS, in_ms(10000)), WAIT_READY);
    ck_assert_int_eq(fds[WAIT_MAX_FDS - 1].revents, POLLOUT);
    errno = 0;
    ck_assert_int_eq(wait_for(fds, WAIT_MAX_FDS + 1, in_ms(1)), WAIT_ERROR);
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void assert_stops_on(int signal_number)
{
    ck_assert_int_eq(wait_open(), 0);
    ck_assert(!wait_stopping());
    ck_assert_int_eq(raise(signal_number), 0);
    ck_assert(wait_stopping());
    ck_assert_int_eq(wait_for(NULL, 0, WAIT_FOREVER), WAIT_STOP);
}

START_TEST(sigterm_ends_every_wait)
{
    assert_stops_on(SIGTERM);
    ck_assert_int_eq(wait_for(NULL, 0, WAIT_FOREVER), WAIT_STOP);
}
END_TEST

START_TEST(sigint_ends_every_wait)
{
    assert_stops_on(SIGINT);
}
END_TEST

START_TEST(more_signals_than_the_pipe_holds_do_not_hang_it)
{
    ck_assert_int_eq(wait_open(), 0);
    for (int i = 0; i < 70000; i++)
        ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(wait_for(NULL, 0, WAIT_FOREVER), WAIT_STOP);
}
END_TEST

START_TEST(stopping_goes_before_what_is_ready)
{
    int fds[2];
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(fds), 0);
    struct pollfd entry = {.fd = fds[1], .events = POLLOUT};
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(wait_for(&entry, 1, in_ms(10000)), WAIT_STOP);
}
END_TEST

START_TEST(a_signal_between_the_check_and_the_poll_is_not_slept_over)
{
    ck_assert_int_eq(wait_open(), 0);
    (void)alarm(10); /* instead of the suite's deadline, should it sleep */
    raise_when_read = SIGTERM;
    ck_assert_int_eq(wait_for(NULL, 0, WAIT_FOREVER), WAIT_STOP);
}
END_TEST

/* A child that waits for ever, sent SIGTERM after `delay_us`; true when it ended by itself. */
static bool child_ends(useconds_t delay_us)
{
    int ready[2];
    int status = 0;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool opened = wait_open() == 0 && write(ready[1], "r", 1) == 1;
        (void)alarm(10);
        _exit(opened && wait_for(NULL, 0, WAIT_FOREVER) == WAIT_STOP ? 0 : 1);
    }
    char byte;
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    (void)usleep(delay_us);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(sigterm_is_answered_whenever_it_arrives)
{
    for (useconds_t delay_us = 0; delay_us < 200; delay_us++)
        ck_assert_msg(child_ends(delay_us), "after %u us", delay_us);
}
END_TEST

static volatile sig_atomic_t alarms;

static void count_alarm(int signal_number)
{
    (void)signal_number;
    alarms = alarms + 1;
}

START_TEST(another_signal_does_not_shorten_the_wait)
{
    struct sigaction action = {.sa_handler = count_alarm}; /* without SA_RESTART */
    const struct itimerval often = {{.tv_usec = 5000}, {.tv_usec = 5000}};
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    int64_t deadline_ns = in_ms(60);
    ck_assert_int_eq(wait_for(NULL, 0, deadline_ns), WAIT_TIMEOUT);
    ck_assert_int_ge(clock_now_ns(), deadline_ns);
    ck_assert_int_gt(alarms, 2);
}
END_TEST

START_TEST(a_reader_that_went_away_is_an_error_and_no_death)
{
    int fds[2];
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(pipe(fds), 0);
    (void)close(fds[0]);
    ck_assert_int_eq(write(fds[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(a_file_size_limit_is_an_error_and_no_death)
{
    FILE *file = tmpfile();
    const struct rlimit none = {0, 0};
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_int_eq(write(fileno(file), "x", 1), -1);
    ck_assert_int_eq(errno, EFBIG);
    (void)fclose(file);
}
END_TEST

START_TEST(the_handler_leaves_errno_alone)
{
    ck_assert_int_eq(wait_open(), 0);
    for (int i = 0; i < 70000; i++) { /* until its pipe is full, and its write fails */
        errno = ENOENT;
        (void)raise(SIGTERM);
        ck_assert_int_eq(errno, ENOENT);
    }
}
END_TEST

START_TEST(without_handlers_only_the_deadline_counts)
{
    ck_assert_int_eq(wait_for(NULL, 0, in_ms(1)), WAIT_TIMEOUT);
    ck_assert(!wait_stopping());
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_wait", a_deadline_ends_the_wait_and_not_before,
        a_deadline_in_the_past_does_not_wait, a_descriptor_that_has_something_ends_the_wait,
        what_was_ready_once_is_not_said_again, a_closed_end_is_something,
        entries_without_a_descriptor_are_passed_over,
        as_many_descriptors_as_promised_are_waited_for_and_one_more_is_an_error,
        sigterm_ends_every_wait, sigint_ends_every_wait,
        more_signals_than_the_pipe_holds_do_not_hang_it, stopping_goes_before_what_is_ready,
        a_signal_between_the_check_and_the_poll_is_not_slept_over,
        sigterm_is_answered_whenever_it_arrives, another_signal_does_not_shorten_the_wait,
        a_reader_that_went_away_is_an_error_and_no_death,
        a_file_size_limit_is_an_error_and_no_death, the_handler_leaves_errno_alone,
        without_handlers_only_the_deadline_counts);
}
