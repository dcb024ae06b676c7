#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fileio_group.h"
#include "tests/unit/support.h"

#define MANY 100

/* This stands before the C library's function, in this program alone. */
static atomic_bool fsyncs_are_held;
static atomic_size_t fsyncs_under_way;

int fsync(int fd)
{
    fsyncs_under_way++;
    while (fsyncs_are_held)
        (void)usleep(1000);
    int result = (int)syscall(SYS_fsync, fd);
    fsyncs_under_way--;
    return result;
}

static const char *directory;
static struct pool *pool;
static struct fileio_group *group;

static void prepare(size_t capacity)
{
    directory = support_temporary_directory();
    pool = pool_create(FILEIO_GROUP_THREADS);
    ck_assert_ptr_nonnull(pool);
    group = fileio_group_create(support_open_directory(directory), capacity, pool);
    ck_assert_ptr_nonnull(group);
}

static void free_all(void)
{
    fileio_group_free(group);
    pool_free(pool);
}

static void add_from_to(int first, int end)
{
    char name[32];
    for (int i = first; i < end; i++) {
        (void)snprintf(name, sizeof name, "file_%d", i);
        ck_assert_int_eq(fileio_group_add(group, name, name, strlen(name)), 0);
    }
}

static void add_many(void)
{
    add_from_to(0, MANY);
}

static void assert_many_are_whole(void)
{
    char name[32];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "file_%d", i);
        char *bytes = support_read_file(directory, name, NULL);
        ck_assert_str_eq(bytes, name);
        free(bytes);
    }
    ck_assert_uint_eq(support_count_names(directory), MANY);
}

START_TEST(group_of_many_files_becomes_durable_whole_and_is_empty_afterwards)
{
    prepare(MANY);
    add_many();
    ck_assert_uint_eq(fileio_group_room(group), 0);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert_uint_eq(fileio_group_room(group), MANY);
    assert_many_are_whole();
    free_all();
}
END_TEST

START_TEST(group_gives_its_descriptors_back_in_every_case)
{
    char path[4096];
    size_t before;
    prepare(MANY);
    before = support_count_names("/proc/self/fd");
    add_many();
    ck_assert_int_eq(fileio_group_commit(group), 0);
    add_many();
    fileio_group_abandon(group);
    (void)snprintf(path, sizeof path, "%s/in the way", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(fileio_group_add(group, "in the way", "", 0), 0);
    ck_assert_int_eq(fileio_group_commit(group), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(support_count_names("/proc/self/fd"), before);
    free_all();
}
END_TEST

START_TEST(group_that_was_begun_becomes_durable_while_files_are_added_to_the_next)
{
    prepare(MANY);
    add_from_to(0, 60);
    ck_assert(fileio_group_begin(group));
    add_from_to(60, MANY);
    ck_assert_int_eq(fileio_group_finish(group), 0);
    ck_assert(support_exists(directory, "file_59"));
    ck_assert(!support_exists(directory, "file_60"));
    ck_assert_uint_eq(fileio_group_room(group), 60);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    assert_many_are_whole();
    free_all();
}
END_TEST

START_TEST(group_that_was_begun_is_ended_by_a_commit_together_with_what_was_added_since)
{
    prepare(MANY);
    for (int first = 0; first < MANY; first += 20) {
        ck_assert_int_eq(fileio_group_finish(group), 0);
        add_from_to(first, first + 20);
        ck_assert(fileio_group_begin(group));
    }
    ck_assert_int_eq(fileio_group_finish(group), 0);
    assert_many_are_whole();
    add_from_to(0, 60);
    ck_assert(fileio_group_begin(group));
    add_from_to(60, MANY);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    assert_many_are_whole();
    free_all();
}
END_TEST

START_TEST(group_of_few_files_is_not_worth_threads_and_waits_for_its_commit)
{
    prepare(MANY);
    size_t threads = support_count_names("/proc/self/task");
    add_from_to(0, FILEIO_GROUP_THREADS - 1);
    ck_assert(!fileio_group_begin(group));
    ck_assert_int_eq(fileio_group_finish(group), 0);
    ck_assert(!support_exists(directory, "file_0"));
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert(support_exists(directory, "file_0"));
    ck_assert_uint_eq(support_count_names("/proc/self/task"), threads);
    free_all();
}
END_TEST

START_TEST(group_that_fails_takes_what_was_added_since_it_was_begun_with_it)
{
    char path[4096];
    prepare(MANY);
    size_t before = support_count_names("/proc/self/fd");
    (void)snprintf(path, sizeof path, "%s/file_30", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    add_from_to(0, 60);
    ck_assert(fileio_group_begin(group));
    add_from_to(60, MANY);
    ck_assert_int_eq(fileio_group_finish(group), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_str_eq(fileio_group_failed(group), "file_30");
    ck_assert_uint_eq(support_count_names(directory), 31);
    ck_assert_uint_eq(fileio_group_room(group), MANY);
    ck_assert_uint_eq(support_count_names("/proc/self/fd"), before);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    free_all();
}
END_TEST

START_TEST(group_that_is_abandoned_while_it_is_flushed_leaves_whole_files_and_no_temporary)
{
    char name[32];
    prepare(MANY);
    size_t before = support_count_names("/proc/self/fd");
    for (int round = 0; round < 20; round++) {
        add_many();
        ck_assert(fileio_group_begin(group));
        fileio_group_abandon(group);
        ck_assert_uint_eq(fileio_group_room(group), MANY);
        ck_assert_uint_eq(support_count_names("/proc/self/fd"), before);
        for (int i = 0; i < MANY; i++) {
            (void)snprintf(name, sizeof name, ".file_%d.tmp", i);
            ck_assert(!support_exists(directory, name));
        }
    }
    free_all();
}
END_TEST

static void *let_go_soon(void *nothing)
{
    (void)usleep(50000);
    fsyncs_are_held = false;
    return nothing;
}

START_TEST(group_that_is_abandoned_waits_for_those_who_are_in_the_middle_of_a_flush)
{
    pthread_t thread;
    prepare(MANY);
    add_many();
    fsyncs_are_held = true;
    ck_assert(fileio_group_begin(group));
    while (fsyncs_under_way < FILEIO_GROUP_THREADS)
        (void)usleep(1000);
    ck_assert_int_eq(pthread_create(&thread, NULL, let_go_soon, NULL), 0);
    fileio_group_abandon(group);
    ck_assert_uint_eq(fsyncs_under_way, 0);
    ck_assert_uint_eq(support_count_names(directory), 0); /* a file was left, so none has a name */
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    free_all();
}
END_TEST

static void *do_nothing(void *nothing)
{
    return nothing;
}

/* Root may start as many threads as it likes, so it is nobody who commits. */
static bool commits_without_threads(void)
{
    const struct rlimit one = {1, 1};
    pthread_t thread;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return false;
    return setrlimit(RLIMIT_NPROC, &one) == 0 &&
           pthread_create(&thread, NULL, do_nothing, NULL) == EAGAIN &&
           fileio_group_commit(group) == 0;
}

START_TEST(group_is_flushed_where_no_thread_can_be_had)
{
    int status;
    prepare(MANY);
    add_many();
    ck_assert(geteuid() != 0 || chown(directory, 65534, 65534) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(commits_without_threads() ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    assert_many_are_whole();
}
END_TEST

START_TEST(group_leaves_no_temporary_when_a_name_is_taken_by_a_directory)
{
    char path[4096];
    prepare(MANY);
    (void)snprintf(path, sizeof path, "%s/file_50", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    add_many();
    ck_assert_int_eq(fileio_group_commit(group), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(support_count_names(directory), 51);
    ck_assert_uint_eq(fileio_group_room(group), MANY);
    free_all();
}
END_TEST

START_TEST(group_that_is_full_refuses_a_file_and_keeps_the_others)
{
    prepare(1);
    ck_assert_int_eq(fileio_group_add(group, "one", "1", 1), 0);
    ck_assert_int_eq(fileio_group_add(group, "two", "2", 1), -1);
    ck_assert_int_eq(errno, ENOBUFS);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert(support_exists(directory, "one"));
    ck_assert_uint_eq(support_count_names(directory), 1);
    free_all();
}
END_TEST

START_TEST(group_can_be_used_again)
{
    prepare(4);
    ck_assert_int_eq(fileio_group_add(group, "a", "old", 3), 0);
    ck_assert_uint_eq(fileio_group_room(group), 3);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert_int_eq(fileio_group_add(group, "a", "new", 3), 0);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    char *bytes = support_read_file(directory, "a", NULL);
    ck_assert_str_eq(bytes, "new");
    free(bytes);
    free_all();
}
END_TEST

START_TEST(group_that_was_abandoned_or_freed_was_never_there)
{
    prepare(MANY);
    add_many();
    fileio_group_abandon(group);
    ck_assert_uint_eq(support_count_names(directory), 0);
    ck_assert_uint_eq(fileio_group_room(group), MANY);
    add_many();
    free_all();
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

START_TEST(group_is_as_large_as_descriptors_allow_and_never_empty)
{
    static const struct {
        rlim_t descriptors;
        size_t expected;
    } cases[] = {{16, 1}, {57, 1}, {58, 1}, {59, 1}, {60, 2}, {183, 63}, {184, 64}, {200, 64}};
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        limit.rlim_cur = cases[i].descriptors;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_uint_eq(fileio_group_affordable(64, 56, 2), cases[i].expected);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_fileio_group", group_of_many_files_becomes_durable_whole_and_is_empty_afterwards,
        group_gives_its_descriptors_back_in_every_case,
        group_that_was_begun_becomes_durable_while_files_are_added_to_the_next,
        group_that_was_begun_is_ended_by_a_commit_together_with_what_was_added_since,
        group_of_few_files_is_not_worth_threads_and_waits_for_its_commit,
        group_that_fails_takes_what_was_added_since_it_was_begun_with_it,
        group_that_is_abandoned_while_it_is_flushed_leaves_whole_files_and_no_temporary,
        group_that_is_abandoned_waits_for_those_who_are_in_the_middle_of_a_flush,
        group_is_flushed_where_no_thread_can_be_had,
        group_leaves_no_temporary_when_a_name_is_taken_by_a_directory,
        group_that_is_full_refuses_a_file_and_keeps_the_others, group_can_be_used_again,
        group_that_was_abandoned_or_freed_was_never_there,
        group_is_as_large_as_descriptors_allow_and_never_empty);
}
