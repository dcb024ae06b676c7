/* The filters alone, without Landlock, which would refuse much of the same. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer/sandbox/syscalls.h"
#include "tests/unit/support.h"

enum whose { CONSUMER, CHILD };

/* Runs `action` in a process that has entered the filters; its answer is the test's. */
static void assert_within(enum whose whose, bool (*action)(int directory_fd))
{
    int status = -1;
    int directory_fd = support_open_directory(support_temporary_directory());
    int fd = openat(directory_fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool entered = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscalls_prepare_child() &&
                       syscalls_enter() && (whose == CONSUMER || syscalls_enter_child());
        _exit(!entered ? 2 : action(directory_fd) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "status %#x", (unsigned)status);
    (void)close(directory_fd);
}

static bool is_refused(long result)
{
    return result == -1 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
}

static bool opens(int directory_fd, int flags)
{
    int fd = openat(directory_fd, "file", flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static bool opens_for_reading(int directory_fd)
{
    return opens(directory_fd, O_RDONLY) && opens(directory_fd, O_RDONLY | O_NONBLOCK) &&
           opens(directory_fd, O_PATH);
}

static bool opens_for_writing(int directory_fd)
{
    return opens(directory_fd, O_WRONLY) && opens(directory_fd, O_RDWR) &&
           opens(directory_fd, O_RDONLY | O_CREAT) && opens(directory_fd, O_RDONLY | O_TRUNC);
}

static bool is_refused_each_way_of_writing(int directory_fd)
{
    static const int ways[] = {
        O_WRONLY, O_RDWR, O_ACCMODE, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!is_refused(openat(directory_fd, "file", ways[i] | O_CLOEXEC, 0600)))
            return false;
#ifdef SYS_open
        if (!is_refused(syscall(SYS_open, "/dev/null", ways[i] | O_CLOEXEC, 0600)))
            return false;
#endif
    }
    return true;
}

static bool is_refused_other_names(int directory_fd)
{
    return is_refused(unlinkat(directory_fd, "file", 0)) &&
           is_refused(renameat(directory_fd, "file", directory_fd, "other")) &&
           is_refused(mkdirat(directory_fd, "other", 0700)) &&
           is_refused(symlinkat("file", directory_fd, "other")) &&
           is_refused(linkat(directory_fd, "file", directory_fd, "other", 0)) &&
           is_refused(fchmodat(directory_fd, "file", 0666, 0)) && is_refused(truncate("file", 0));
}

static bool is_refused_limits_and_signals(int directory_fd)
{
    const struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
    struct rlimit now;
    (void)directory_fd;
    return getrlimit(RLIMIT_NOFILE, &now) == 0 && is_refused(setrlimit(RLIMIT_CORE, &limit)) &&
           is_refused(kill(getpid(), 0)) && is_refused(prctl(PR_SET_PDEATHSIG, 0)) &&
           is_refused(setpgid(0, 0));
}

static void *answer(void *context)
{
    return context;
}

static bool has_threads(int directory_fd)
{
    pthread_t thread;
    void *result = NULL;
    return pthread_create(&thread, NULL, answer, &directory_fd) == 0 &&
           pthread_join(thread, &result) == 0 && result == &directory_fd;
}

static bool forks(int directory_fd)
{
    int status = -1;
    (void)directory_fd;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool is_refused_processes(int directory_fd)
{
    (void)directory_fd;
    return is_refused(fork()) && is_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

START_TEST(syscalls_of_the_consumer_open_files_and_start_its_child)
{
    assert_within(CONSUMER, opens_for_reading);
    assert_within(CONSUMER, opens_for_writing);
    assert_within(CONSUMER, forks);
    assert_within(CONSUMER, has_threads);
}
END_TEST

START_TEST(syscalls_of_the_child_open_files_for_reading_alone)
{
    assert_within(CHILD, opens_for_reading);
    assert_within(CHILD, is_refused_each_way_of_writing);
    assert_within(CHILD, is_refused_other_names);
}
END_TEST

START_TEST(syscalls_of_the_child_start_threads_and_no_process)
{
    assert_within(CHILD, has_threads);
    assert_within(CHILD, is_refused_processes);
}
END_TEST

START_TEST(syscalls_of_the_child_change_no_limit_and_send_no_signal)
{
    assert_within(CHILD, is_refused_limits_and_signals);
}
END_TEST

/* As by an older kernel, so that a library takes another way. */
static bool is_refused_what_is_not_on_the_list(int directory_fd)
{
    (void)directory_fd;
    errno = 0;
    return syscall(SYS_memfd_create, "x", 0) == -1 && errno == ENOSYS && syscall(100000L) == -1 &&
           errno == ENOSYS;
}

START_TEST(syscalls_that_are_not_on_the_list_are_not_known)
{
    assert_within(CONSUMER, is_refused_what_is_not_on_the_list);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_syscalls", syscalls_of_the_consumer_open_files_and_start_its_child,
                       syscalls_of_the_child_open_files_for_reading_alone,
                       syscalls_of_the_child_start_threads_and_no_process,
                       syscalls_of_the_child_change_no_limit_and_send_no_signal,
                       syscalls_that_are_not_on_the_list_are_not_known);
}
