#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer/chart/child.h"
#include "tests/unit/support.h"

static const char *directory;

static char *path_of(const char *name)
{
    char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/%s", directory, name), 0);
    return path;
}

static void make_folder(const char *name)
{
    char *path = path_of(name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    free(path);
}

/* A gnuplot that runs these commands, in a directory below ours. */
static void put_gnuplot(const char *in, const char *commands, mode_t mode)
{
    char *folder = path_of(in);
    char *script = NULL;
    make_folder(in);
    ck_assert_int_gt(asprintf(&script, "#!/bin/sh\n%s\n", commands), 0);
    support_write_file(folder, "gnuplot", script, strlen(script));
    char *program = NULL;
    ck_assert_int_gt(asprintf(&program, "%s/gnuplot", folder), 0);
    ck_assert_int_eq(chmod(program, mode), 0);
    free(program);
    free(script);
    free(folder);
}

static void search_in(const char *first, const char *second)
{
    char *path = NULL;
    ck_assert_int_gt(
        asprintf(&path, "%s/%s::%s/%s:/usr/bin:/bin", directory, first, directory, second), 0);
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
    free(path);
}

static void assert_is_at(int fd, const char *in)
{
    struct stat opened;
    struct stat named;
    char *path = NULL;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(asprintf(&path, "%s/%s/gnuplot", directory, in), 0);
    ck_assert_int_eq(fstat(fd, &opened), 0);
    ck_assert_int_eq(stat(path, &named), 0);
    ck_assert_uint_eq(opened.st_ino, named.st_ino);
    (void)close(fd);
    free(path);
}

START_TEST(child_finds_the_first_program_of_the_path_that_can_be_run)
{
    directory = support_temporary_directory();
    put_gnuplot("not-executable", "", 0644);
    put_gnuplot("good", "", 0755);
    put_gnuplot("other", "", 0755);
    make_folder("a-directory");
    make_folder("a-directory/gnuplot");
    search_in("good", "other");
    assert_is_at(child_find(), "good");
    search_in("not-executable", "good");
    assert_is_at(child_find(), "good");
    search_in("a-directory", "other");
    assert_is_at(child_find(), "other");
}
END_TEST

START_TEST(child_finds_nothing_on_a_path_without_gnuplot)
{
    ck_assert_int_eq(setenv("PATH", "/nowhere:::/proc", 1), 0);
    ck_assert_int_eq(child_find(), -1);
    ck_assert_int_eq(setenv("PATH", "", 1), 0);
    ck_assert_int_eq(child_find(), -1);
}
END_TEST

static void assert_is_ours(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

/* All that comes until the end; the descriptor does not block. */
static size_t read_all(int fd, char *bytes, size_t size)
{
    size_t length = 0;
    for (int tries = 0; tries < 2000; tries++) {
        ssize_t count = read(fd, bytes + length, size - 1 - length);
        if (count == 0)
            break;
        if (count > 0)
            length += (size_t)count;
        else
            (void)usleep(5000);
    }
    bytes[length] = '\0';
    return length;
}

START_TEST(child_is_reached_by_three_pipes_that_never_block_us)
{
    struct child child = CHILD_NONE;
    char bytes[64];
    directory = support_temporary_directory();
    put_gnuplot("bin", "read word; echo \"image of $word\"; echo done >&2", 0755);
    search_in("bin", "none");
    ck_assert(child_start(&child));
    ck_assert_int_gt(child.pid, 0);
    assert_is_ours(child.commands_fd);
    assert_is_ours(child.image_fd);
    assert_is_ours(child.words_fd);
    ck_assert_int_eq(write(child.commands_fd, "seven\n", 6), 6);
    (void)read_all(child.image_fd, bytes, sizeof bytes);
    ck_assert_str_eq(bytes, "image of seven\n");
    (void)read_all(child.words_fd, bytes, sizeof bytes);
    ck_assert_str_eq(bytes, "done\n");
    child_end(&child);
}
END_TEST

START_TEST(child_that_was_ended_leaves_nothing_and_may_be_ended_again)
{
    struct child child = CHILD_NONE;
    size_t before = support_count_names("/proc/self/fd");
    directory = support_temporary_directory();
    put_gnuplot("bin", "trap '' TERM; sleep 60 & wait", 0755);
    search_in("bin", "none");
    ck_assert(child_start(&child));
    pid_t pid = child.pid;
    child_end(&child);
    child_end(&child);
    ck_assert_int_eq(child.pid, 0);
    ck_assert_int_eq(child.commands_fd, -1);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_uint_eq(support_count_names("/proc/self/fd"), before);
}
END_TEST

START_TEST(child_that_cannot_be_run_says_so_and_ends)
{
    struct child child = CHILD_NONE;
    char bytes[128];
    ck_assert_int_eq(setenv("PATH", "/nowhere", 1), 0);
    ck_assert(child_start(&child));
    (void)read_all(child.words_fd, bytes, sizeof bytes);
    ck_assert_str_eq(bytes, "cannot run gnuplot: not found, or not executable\n");
    ck_assert_uint_eq(read_all(child.image_fd, bytes, sizeof bytes), 0);
    child_end(&child);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_child", child_finds_the_first_program_of_the_path_that_can_be_run,
                       child_finds_nothing_on_a_path_without_gnuplot,
                       child_is_reached_by_three_pipes_that_never_block_us,
                       child_that_was_ended_leaves_nothing_and_may_be_ended_again,
                       child_that_cannot_be_run_says_so_and_ends);
}
