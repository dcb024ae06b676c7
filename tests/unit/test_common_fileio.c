/* With it, the functions that are replaced below would be inline in the C library's headers. */
#undef _FORTIFY_SOURCE

#include "common/fileio.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/fileio_group.h"
#include "tests/unit/support.h"

#define NOBODY 65534

/*
 * These stand before the C library's functions of the same names, in this
 * program alone, and do as they do until a test asks for something else.
 */
static struct {
    size_t transfer_at_most; /* bytes of one pread or write; 0 is as many as asked for */
    size_t interruptions;    /* of the next preads and writes, with EINTR */
    int fsync_errno;
    int write_errno;
    int unlink_errno;
    size_t fsyncs;
    size_t fsyncs_before_rename;       /* the last one, */
    size_t fsyncs_before_first_rename; /* and the first */
    size_t renames;
    void (*after_look)(void); /* once, between a file being looked at and opened */
} fault;

#define REAL(name) __extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name)

static bool interrupted(void)
{
    if (fault.interruptions == 0)
        return false;
    fault.interruptions--;
    errno = EINTR;
    return true;
}

static size_t shortened(size_t length)
{
    return fault.transfer_at_most != 0 && length > fault.transfer_at_most ? fault.transfer_at_most
                                                                          : length;
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return interrupted() ? -1 : (REAL(pread))(fd, buffer, shortened(size), offset);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    if (fault.write_errno != 0) {
        errno = fault.write_errno;
        return -1;
    }
    return interrupted() ? -1 : (REAL(write))(fd, buffer, shortened(size));
}

int fsync(int fd)
{
    fault.fsyncs++;
    if (fault.fsync_errno != 0) {
        errno = fault.fsync_errno;
        return -1;
    }
    return (REAL(fsync))(fd);
}

int renameat(int old_fd, const char *old_name, int new_fd, const char *new_name)
{
    if (fault.renames++ == 0)
        fault.fsyncs_before_first_rename = fault.fsyncs;
    fault.fsyncs_before_rename = fault.fsyncs;
    return (REAL(renameat))(old_fd, old_name, new_fd, new_name);
}

int unlinkat(int in_fd, const char *name, int flags)
{
    if (fault.unlink_errno != 0) {
        errno = fault.unlink_errno;
        return -1;
    }
    return (REAL(unlinkat))(in_fd, name, flags);
}

int fstatat(int in_fd, const char *name, struct stat *status, int flags)
{
    int result = (REAL(fstatat))(in_fd, name, status, flags);
    void (*after_look)(void) = fault.after_look;
    fault.after_look = NULL;
    if (after_look != NULL)
        after_look();
    return result;
}

static const char *directory;
static int directory_fd;

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
}

static char *path_of(const char *name)
{
    char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/%s", directory, name), 0);
    return path;
}

static void put(const char *name, const char *content)
{
    support_write_file(directory, name, content, strlen(content));
}

static void assert_content(const char *name, const char *content)
{
    char *bytes = support_read_file(directory, name, NULL);
    ck_assert_str_eq(bytes, content);
    free(bytes);
}

/* What opening gives; the descriptor is closed again. */
static enum fileio_opened opens(const char *name)
{
    struct stat status;
    int fd = -1;
    enum fileio_opened opened = fileio_open_input(directory_fd, name, &fd, &status);
    ck_assert_int_eq(opened == FILEIO_OPENED, fd >= 0);
    int saved_errno = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = saved_errno;
    return opened;
}

START_TEST(a_plain_file_opens_and_its_size_is_known)
{
    struct stat status;
    int fd = -1;
    in_a_directory();
    put("data_1.csv", "a,b\n");
    ck_assert_int_eq(fileio_open_input(directory_fd, "data_1.csv", &fd, &status), FILEIO_OPENED);
    ck_assert_int_eq(status.st_size, 4);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    (void)close(fd);
}
END_TEST

START_TEST(a_file_is_the_same_until_another_takes_its_name)
{
    struct stat status;
    int fd = -1;
    in_a_directory();
    put("a", "one");
    ck_assert_int_eq(fileio_open_input(directory_fd, "a", &fd, &status), FILEIO_OPENED);
    put("a", "longer than before");
    ck_assert_int_eq(fstatat(directory_fd, "a", &status, 0), 0);
    ck_assert(fileio_is_same(fd, &status));
    ck_assert_int_eq(fileio_replace(directory_fd, "a", "one", 3, FILEIO_DERIVED), 0);
    ck_assert_int_eq(fstatat(directory_fd, "a", &status, 0), 0);
    ck_assert(!fileio_is_same(fd, &status));
    ck_assert(!fileio_is_same(-1, &status));
    (void)close(fd);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_unavailable)
{
    in_a_directory();
    ck_assert_int_eq(opens("data_1.csv"), FILEIO_UNAVAILABLE);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_symbolic_link_is_no_file_wherever_it_leads)
{
    in_a_directory();
    put("real", "x");
    ck_assert_int_eq(symlinkat("real", directory_fd, "link"), 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", directory_fd, "passwd"), 0);
    ck_assert_int_eq(symlinkat("nowhere", directory_fd, "dangling"), 0);
    ck_assert_int_eq(symlinkat("loop", directory_fd, "loop"), 0);
    ck_assert_int_eq(opens("link"), FILEIO_NOT_REGULAR);
    ck_assert_int_eq(opens("passwd"), FILEIO_NOT_REGULAR);
    ck_assert_int_eq(opens("dangling"), FILEIO_NOT_REGULAR);
    ck_assert_int_eq(opens("loop"), FILEIO_NOT_REGULAR);
}
END_TEST

START_TEST(a_pipe_is_no_file_and_does_not_hang)
{
    in_a_directory();
    ck_assert_int_eq(mkfifoat(directory_fd, "fifo", 0644), 0);
    (void)alarm(10);
    ck_assert_int_eq(opens("fifo"), FILEIO_NOT_REGULAR);
}
END_TEST

START_TEST(a_directory_is_no_file)
{
    in_a_directory();
    ck_assert_int_eq(mkdirat(directory_fd, "results", 0755), 0);
    ck_assert_int_eq(opens("results"), FILEIO_NOT_REGULAR);
}
END_TEST

START_TEST(a_socket_is_no_file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    in_a_directory();
    ck_assert_int_eq(fchdir(directory_fd), 0); /* its path has to fit 108 bytes */
    (void)strcpy(address.sun_path, "socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(opens("socket"), FILEIO_NOT_REGULAR);
    (void)close(fd);
}
END_TEST

START_TEST(a_device_is_no_file)
{
    directory_fd = support_open_directory("/dev");
    ck_assert_int_eq(opens("null"), FILEIO_NOT_REGULAR);
}
END_TEST

START_TEST(a_file_with_two_names_is_refused_and_with_one_again_is_taken)
{
    in_a_directory();
    put("data_1.csv", "x");
    ck_assert_int_eq(linkat(directory_fd, "data_1.csv", directory_fd, "other", 0), 0);
    ck_assert_int_eq(opens("data_1.csv"), FILEIO_NOT_REGULAR);
    ck_assert_int_eq(unlinkat(directory_fd, "other", 0), 0);
    ck_assert_int_eq(opens("data_1.csv"), FILEIO_OPENED);
}
END_TEST

/* Root may read everything, so whoever is root asks as somebody else, in a child. */
static int errno_of_opening_as_nobody(const char *name)
{
    int status = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(255);
        _exit(opens(name) == FILEIO_UNAVAILABLE ? errno : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(a_file_of_mode_000_is_unavailable_and_says_why)
{
    in_a_directory();
    put("data_1.csv", "x");
    ck_assert_int_eq(fchmod(directory_fd, 0755), 0);
    ck_assert_int_eq(fchmodat(directory_fd, "data_1.csv", 0, 0), 0);
    ck_assert_int_eq(errno_of_opening_as_nobody("data_1.csv"), EACCES);
}
END_TEST

START_TEST(a_file_under_a_lease_is_unavailable_and_does_not_block)
{
    in_a_directory();
    put("data_1.csv", "x");
    char *path = path_of("data_1.csv");
    int holder = open(path, O_RDWR);
    free(path);
    ck_assert_int_ge(holder, 0);
    ck_assert(signal(SIGIO, SIG_IGN) != SIG_ERR);
    if (fcntl(holder, F_SETLEASE, F_WRLCK) != 0)
        return; /* a file system without leases */
    (void)alarm(10);
    ck_assert_int_eq(opens("data_1.csv"), FILEIO_UNAVAILABLE);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    (void)close(holder);
    ck_assert_int_eq(opens("data_1.csv"), FILEIO_OPENED);
}
END_TEST

static void replace_by_another_file(void)
{
    put("other", "other");
    ck_assert_int_eq((REAL(renameat))(directory_fd, "other", directory_fd, "data_1.csv"), 0);
}

static void replace_by_a_link(void)
{
    ck_assert_int_eq(unlinkat(directory_fd, "data_1.csv", 0), 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", directory_fd, "data_1.csv"), 0);
}

static void replace_by_a_pipe(void)
{
    ck_assert_int_eq(unlinkat(directory_fd, "data_1.csv", 0), 0);
    ck_assert_int_eq(mkfifoat(directory_fd, "data_1.csv", 0644), 0);
}

static void add_a_second_name(void)
{
    ck_assert_int_eq(linkat(directory_fd, "data_1.csv", directory_fd, "second", 0), 0);
}

START_TEST(a_file_replaced_between_the_look_and_the_open_is_unavailable)
{
    void (*const replacements[])(void) = {replace_by_another_file, replace_by_a_link,
                                          replace_by_a_pipe, add_a_second_name};
    (void)alarm(10);
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
        in_a_directory();
        put("data_1.csv", "x");
        fault.after_look = replacements[i];
        ck_assert_msg(opens("data_1.csv") == FILEIO_UNAVAILABLE, "replacement %zu", i);
        ck_assert(fault.after_look == NULL);
        ck_assert_int_ne(errno, 0);
    }
}
END_TEST

static int open_for_reading(const char *name)
{
    struct stat status;
    int fd = -1;
    ck_assert_int_eq(fileio_open_input(directory_fd, name, &fd, &status), FILEIO_OPENED);
    return fd;
}

START_TEST(reading_gives_what_is_there_and_less_only_at_the_end)
{
    char buffer[16];
    in_a_directory();
    put("f", "0123456789");
    int fd = open_for_reading("f");
    ck_assert_int_eq(fileio_read_at(fd, buffer, 4, 3), 4);
    ck_assert_mem_eq(buffer, "3456", 4);
    ck_assert_int_eq(fileio_read_at(fd, buffer, 16, 7), 3);
    ck_assert_mem_eq(buffer, "789", 3);
    ck_assert_int_eq(fileio_read_at(fd, buffer, 16, 10), 0);
    ck_assert_int_eq(fileio_read_at(fd, buffer, 16, 1000), 0);
    (void)close(fd);
}
END_TEST

START_TEST(reading_goes_on_after_interruptions_and_short_counts)
{
    char buffer[16];
    in_a_directory();
    put("f", "0123456789");
    int fd = open_for_reading("f");
    fault.transfer_at_most = 3;
    fault.interruptions = 5;
    ck_assert_int_eq(fileio_read_at(fd, buffer, 16, 0), 10);
    ck_assert_mem_eq(buffer, "0123456789", 10);
    ck_assert_uint_eq(fault.interruptions, 0);
    (void)close(fd);
}
END_TEST

START_TEST(a_file_that_shrinks_is_a_short_read_and_no_signal)
{
    char buffer[16];
    in_a_directory();
    put("f", "0123456789");
    int fd = open_for_reading("f");
    char *path = path_of("f");
    ck_assert_int_eq(truncate(path, 2), 0);
    free(path);
    ck_assert_int_eq(fileio_read_at(fd, buffer, 10, 0), 2);
    (void)close(fd);
}
END_TEST

START_TEST(reading_what_cannot_be_read_is_an_error)
{
    char buffer[4];
    errno = 0;
    ck_assert_int_eq(fileio_read_at(-1, buffer, sizeof buffer, 0), -1);
    ck_assert_int_eq(errno, EBADF);
    in_a_directory();
    ck_assert_int_eq(fileio_read_at(directory_fd, buffer, sizeof buffer, 0), -1);
    ck_assert_int_eq(errno, EISDIR);
}
END_TEST

START_TEST(a_whole_file_has_a_nul_behind_it)
{
    char *bytes = NULL;
    size_t length = 0;
    in_a_directory();
    put("f", "0123456789");
    int fd = open_for_reading("f");
    ck_assert_int_eq(fileio_read_whole(fd, 10, &bytes, &length), 0);
    ck_assert_uint_eq(length, 10);
    ck_assert_str_eq(bytes, "0123456789");
    free(bytes);
    (void)close(fd);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_string)
{
    char *bytes = NULL;
    size_t length = 1;
    in_a_directory();
    put("f", "");
    int fd = open_for_reading("f");
    ck_assert_int_eq(fileio_read_whole(fd, 0, &bytes, &length), 0);
    ck_assert_uint_eq(length, 0);
    ck_assert_str_eq(bytes, "");
    free(bytes);
    (void)close(fd);
}
END_TEST

START_TEST(a_file_beyond_the_maximum_is_refused_before_memory_is_asked_for)
{
    char *bytes = NULL;
    size_t length = 0;
    in_a_directory();
    put("f", "0123456789");
    int fd = open_for_reading("f");
    ck_assert_int_eq(fileio_read_whole(fd, 9, &bytes, &length), -1);
    ck_assert_int_eq(errno, EFBIG);
    char *path = path_of("f");
    ck_assert_int_eq(truncate(path, (off_t)1 << 42), 0); /* sparse */
    free(path);
    ck_assert_int_eq(fileio_read_whole(fd, 1 << 20, &bytes, &length), -1);
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_ptr_null(bytes);
    (void)close(fd);
}
END_TEST

static int replace(const char *name, const char *content, enum fileio_flush flush)
{
    return fileio_replace(directory_fd, name, content, strlen(content), flush);
}

START_TEST(a_new_file_is_there_whole_and_alone)
{
    struct stat status;
    in_a_directory();
    (void)umask(022);
    ck_assert_int_eq(replace("summary_1.json", "{}\n", FILEIO_DURABLE), 0);
    assert_content("summary_1.json", "{}\n");
    ck_assert_uint_eq(support_count_names(directory), 1);
    ck_assert_int_eq(fstatat(directory_fd, "summary_1.json", &status, 0), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
}
END_TEST

START_TEST(an_old_file_is_replaced_and_whoever_has_it_open_keeps_the_old_one)
{
    char buffer[8];
    in_a_directory();
    put("status.json", "old");
    int fd = open_for_reading("status.json");
    ck_assert_int_eq(replace("status.json", "newer", FILEIO_DERIVED), 0);
    assert_content("status.json", "newer");
    ck_assert_int_eq(fileio_read_at(fd, buffer, sizeof buffer, 0), 3);
    ck_assert_mem_eq(buffer, "old", 3);
    (void)close(fd);
}
END_TEST

START_TEST(a_durable_file_is_flushed_before_it_gets_its_name)
{
    in_a_directory();
    ck_assert_int_eq(replace("f", "x", FILEIO_DURABLE), 0);
    ck_assert_uint_eq(fault.fsyncs_before_rename, 1);
    ck_assert_uint_eq(fault.renames, 1);
}
END_TEST

START_TEST(a_derived_file_costs_no_flush)
{
    in_a_directory();
    ck_assert_int_eq(replace("f", "x", FILEIO_DERIVED), 0);
    ck_assert_uint_eq(fault.fsyncs, 0);
}
END_TEST

START_TEST(writing_goes_on_after_interruptions_and_short_counts)
{
    in_a_directory();
    fault.transfer_at_most = 3;
    fault.interruptions = 5;
    ck_assert_int_eq(replace("f", "0123456789", FILEIO_DURABLE), 0);
    assert_content("f", "0123456789");
}
END_TEST

START_TEST(a_failed_flush_leaves_the_old_file_and_no_temporary)
{
    in_a_directory();
    put("f", "old");
    fault.fsync_errno = EIO;
    ck_assert_int_eq(replace("f", "new", FILEIO_DURABLE), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert_uint_eq(fault.renames, 0);
    ck_assert_uint_eq(fault.fsyncs, 1); /* and never a second try */
    assert_content("f", "old");
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file_and_no_temporary)
{
    in_a_directory();
    put("f", "old");
    fault.write_errno = ENOSPC;
    int result = replace("f", "new", FILEIO_DURABLE);
    fault.write_errno = 0;
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(errno, ENOSPC);
    assert_content("f", "old");
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(a_failed_rename_leaves_no_temporary)
{
    in_a_directory();
    ck_assert_int_eq(mkdirat(directory_fd, "f", 0755), 0);
    ck_assert_int_eq(replace("f", "x", FILEIO_DURABLE), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(a_name_too_long_for_its_temporary_is_refused)
{
    char name[NAME_MAX + 1];
    in_a_directory();
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    ck_assert_int_eq(replace(name, "x", FILEIO_DURABLE), -1);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

START_TEST(a_temporary_that_a_crash_left_is_written_over)
{
    in_a_directory();
    put(".f.tmp", "a longer content of an earlier life");
    ck_assert_int_eq(replace("f", "x", FILEIO_DURABLE), 0);
    assert_content("f", "x");
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(a_link_planted_for_the_temporary_is_not_followed)
{
    in_a_directory();
    put("victim", "untouched");
    ck_assert_int_eq(symlinkat("victim", directory_fd, ".f.tmp"), 0);
    ck_assert_int_eq(replace("f", "x", FILEIO_DURABLE), -1);
    ck_assert_int_eq(errno, ELOOP);
    assert_content("victim", "untouched");
}
END_TEST

START_TEST(a_directory_can_be_flushed_and_no_descriptor_can_not)
{
    in_a_directory();
    ck_assert_int_eq(fileio_sync_directory(directory_fd), 0);
    ck_assert_uint_eq(fault.fsyncs, 1);
    ck_assert_int_eq(fileio_sync_directory(-1), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(appending_adds_every_byte_behind_what_is_there)
{
    in_a_directory();
    put("log", "one\n");
    char *path = path_of("log");
    int fd = open(path, O_WRONLY | O_APPEND);
    free(path);
    fault.transfer_at_most = 2;
    fault.interruptions = 2;
    ck_assert_int_eq(fileio_append(fd, "three\n", 6), 0);
    ck_assert_int_eq(fileio_flush(fd), 0);
    assert_content("log", "one\nthree\n");
    (void)close(fd);
    ck_assert_int_eq(fileio_append(fd, "x", 1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(fileio_flush(fd), -1);
}
END_TEST

START_TEST(temporaries_are_removed_and_nothing_else_is)
{
    const char *const kept[] = {"data_1.csv", "x.tmp", ".hidden", ".producer.lock", ".tmp"};
    in_a_directory();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        put(kept[i], "kept");
    put(".data_1.csv.tmp", "x");
    put(".a.tmp", "x");
    ck_assert_int_eq(fileio_remove_temporaries(directory_fd, FILEIO_WHENEVER), 0);
    ck_assert_uint_eq(support_count_names(directory), sizeof kept / sizeof *kept);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        ck_assert_msg(support_exists(directory, kept[i]), "%s", kept[i]);
    ck_assert_int_eq(fileio_remove_temporaries(directory_fd, FILEIO_WHENEVER), 0);
}
END_TEST

START_TEST(temporaries_that_somebody_may_be_writing_stay)
{
    struct timespec times[2];
    in_a_directory();
    put(".old.tmp", "x");
    put(".new.tmp", "x");
    ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
    times[0].tv_sec -= 61;
    times[1] = times[0];
    ck_assert_int_eq(utimensat(directory_fd, ".old.tmp", times, 0), 0);
    ck_assert_int_eq(fileio_remove_temporaries(directory_fd, times[0].tv_sec + 1), 0);
    ck_assert(!support_exists(directory, ".old.tmp"));
    ck_assert(support_exists(directory, ".new.tmp"));
}
END_TEST

START_TEST(a_directory_with_the_name_of_a_temporary_is_passed_over)
{
    in_a_directory();
    ck_assert_int_eq(mkdirat(directory_fd, ".a.tmp", 0755), 0);
    put(".b.tmp", "x");
    ck_assert_int_eq(mkdirat(directory_fd, ".c.tmp", 0755), 0);
    ck_assert_int_eq(fileio_remove_temporaries(directory_fd, FILEIO_WHENEVER), 0);
    ck_assert(!support_exists(directory, ".b.tmp"));
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

START_TEST(removing_temporaries_says_when_it_cannot)
{
    in_a_directory();
    put(".data_1.csv.tmp", "x");
    fault.unlink_errno = EROFS;
    ck_assert_int_eq(fileio_remove_temporaries(directory_fd, FILEIO_WHENEVER), -1);
    ck_assert_int_eq(errno, EROFS);
    ck_assert_int_eq(fileio_remove_temporaries(-1, FILEIO_WHENEVER), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(a_directory_opens_and_a_file_does_not_open_as_one)
{
    in_a_directory();
    put("f", "x");
    char *path = path_of("f");
    int fd = fileio_open_directory(directory);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    ck_assert_int_eq(fileio_open_directory(path), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    free(path);
    ck_assert_int_eq(fileio_open_directory("/nowhere/at/all"), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* A process that holds the lock until it is killed. */
static pid_t lock_in_a_child(void)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (fileio_lock(directory_fd, ".lock") < 0 || write(ready[1], "r", 1) != 1)
            _exit(1);
        (void)pause();
        _exit(0);
    }
    (void)close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return child;
}

static void kill_child(pid_t child)
{
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_lock_that_another_process_holds_is_refused_until_it_is_killed)
{
    in_a_directory();
    pid_t child = lock_in_a_child();
    ck_assert_int_eq(fileio_lock(directory_fd, ".lock"), -1);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    kill_child(child);
    int lock = fileio_lock(directory_fd, ".lock");
    ck_assert_int_ge(lock, 0);
    (void)close(lock);
}
END_TEST

START_TEST(a_lock_is_refused_within_the_same_process_too)
{
    in_a_directory();
    int lock = fileio_lock(directory_fd, ".lock");
    ck_assert_int_ge(lock, 0);
    ck_assert_int_eq(fileio_lock(directory_fd, ".lock"), -1);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    ck_assert(fileio_lock_is_held(directory_fd, ".lock"));
    (void)close(lock);
    ck_assert(!fileio_lock_is_held(directory_fd, ".lock"));
}
END_TEST

START_TEST(asking_about_a_lock_neither_takes_nor_drops_it)
{
    in_a_directory();
    pid_t child = lock_in_a_child();
    ck_assert(fileio_lock_is_held(directory_fd, ".lock"));
    ck_assert(fileio_lock_is_held(directory_fd, ".lock"));
    ck_assert_int_eq(fileio_lock(directory_fd, ".lock"), -1);
    kill_child(child);
    ck_assert(!fileio_lock_is_held(directory_fd, ".lock"));
    child = lock_in_a_child(); /* it succeeds only while nobody else holds it */
    kill_child(child);
}
END_TEST

START_TEST(a_lock_that_was_never_made_is_not_held)
{
    in_a_directory();
    ck_assert(!fileio_lock_is_held(directory_fd, ".lock"));
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

START_TEST(a_lock_is_not_handed_to_the_programs_that_are_started)
{
    in_a_directory();
    int lock = fileio_lock(directory_fd, ".lock");
    ck_assert_int_eq(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    (void)close(lock);
}
END_TEST

START_TEST(a_lock_stands_until_its_file_is_removed_or_replaced)
{
    in_a_directory();
    int lock = fileio_lock(directory_fd, ".lock");
    ck_assert(fileio_lock_stands(directory_fd, ".lock", lock));
    put("other", "");
    ck_assert_int_eq(renameat(directory_fd, "other", directory_fd, ".lock"), 0);
    ck_assert(!fileio_lock_stands(directory_fd, ".lock", lock));
    ck_assert_int_eq(unlinkat(directory_fd, ".lock", 0), 0);
    ck_assert(!fileio_lock_stands(directory_fd, ".lock", lock));
    ck_assert(fileio_lock_stands(-1, ".lock", lock)); /* it could not be looked at */
    (void)close(lock);
}
END_TEST

START_TEST(a_directory_that_is_locked_is_refused_whatever_is_removed_from_it)
{
    in_a_directory();
    int second = fileio_open_directory(directory);
    ck_assert_int_eq(fileio_lock_directory(directory_fd), 0);
    int lock = fileio_lock(directory_fd, ".lock");
    ck_assert_int_eq(unlinkat(directory_fd, ".lock", 0), 0);
    ck_assert_int_eq(fileio_lock_directory(second), -1);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    ck_assert_int_eq(close(directory_fd), 0);
    ck_assert_int_eq(fileio_lock_directory(second), 0);
    (void)close(lock);
    (void)close(second);
}
END_TEST

START_TEST(a_directory_that_cannot_be_locked_at_all_is_no_error)
{
    ck_assert_int_eq(fileio_lock_directory(-1), 0); /* EBADF, as some file servers answer */
}
END_TEST

START_TEST(a_link_in_the_place_of_a_lock_is_not_followed)
{
    in_a_directory();
    ck_assert_int_eq(symlinkat("elsewhere", directory_fd, ".lock"), 0);
    ck_assert_int_eq(fileio_lock(directory_fd, ".lock"), -1);
    ck_assert_int_eq(errno, ELOOP);
    ck_assert(!support_exists(directory, "elsewhere"));
}
END_TEST

/* ---- groups: what only shows when calls fail or are counted; see test_common_fileio_group.c ----
 */

static struct fileio_group *group_of_three(void)
{
    struct fileio_group *group = fileio_group_create(directory_fd, 4, NULL);
    ck_assert_ptr_nonnull(group);
    ck_assert_int_eq(fileio_group_add(group, "a", "one", 3), 0);
    ck_assert_int_eq(fileio_group_add(group, "b", "two", 3), 0);
    ck_assert_int_eq(fileio_group_add(group, "c", "three", 5), 0);
    return group;
}

START_TEST(a_group_flushes_all_its_files_then_renames_them_then_flushes_the_directory)
{
    in_a_directory();
    struct fileio_group *group = group_of_three();
    ck_assert(!support_exists(directory, "a"));
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert_uint_eq(fault.fsyncs_before_first_rename, 3);
    ck_assert_uint_eq(fault.fsyncs_before_rename, 3);
    ck_assert_uint_eq(fault.renames, 3);
    ck_assert_uint_eq(fault.fsyncs, 4);
    assert_content("a", "one");
    assert_content("c", "three");
    ck_assert_uint_eq(support_count_names(directory), 3);
    fileio_group_free(group);
}
END_TEST

START_TEST(a_file_that_does_not_fit_stays_out_of_its_group)
{
    in_a_directory();
    struct fileio_group *group = group_of_three();
    fault.write_errno = ENOSPC;
    int result = fileio_group_add(group, "d", "four", 4);
    fault.write_errno = 0;
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(fileio_group_commit(group), 0);
    ck_assert(!support_exists(directory, "d"));
    ck_assert_uint_eq(support_count_names(directory), 3);
    fileio_group_free(group);
}
END_TEST

START_TEST(a_group_whose_flush_fails_renames_nothing_and_leaves_no_temporary)
{
    in_a_directory();
    put("a", "old");
    struct fileio_group *group = group_of_three();
    fault.fsync_errno = EIO;
    ck_assert_int_eq(fileio_group_commit(group), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert_uint_eq(fault.renames, 0);
    assert_content("a", "old");
    ck_assert_uint_eq(support_count_names(directory), 1);
    ck_assert_uint_eq(fileio_group_room(group), 4);
    fileio_group_free(group);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_fileio", a_plain_file_opens_and_its_size_is_known,
        a_file_is_the_same_until_another_takes_its_name, a_file_that_is_not_there_is_unavailable,
        a_symbolic_link_is_no_file_wherever_it_leads, a_pipe_is_no_file_and_does_not_hang,
        a_directory_is_no_file, a_socket_is_no_file, a_device_is_no_file,
        a_file_with_two_names_is_refused_and_with_one_again_is_taken,
        a_file_of_mode_000_is_unavailable_and_says_why,
        a_file_under_a_lease_is_unavailable_and_does_not_block,
        a_file_replaced_between_the_look_and_the_open_is_unavailable,
        reading_gives_what_is_there_and_less_only_at_the_end,
        reading_goes_on_after_interruptions_and_short_counts,
        a_file_that_shrinks_is_a_short_read_and_no_signal, reading_what_cannot_be_read_is_an_error,
        a_whole_file_has_a_nul_behind_it, an_empty_file_is_an_empty_string,
        a_file_beyond_the_maximum_is_refused_before_memory_is_asked_for,
        a_new_file_is_there_whole_and_alone,
        an_old_file_is_replaced_and_whoever_has_it_open_keeps_the_old_one,
        a_durable_file_is_flushed_before_it_gets_its_name, a_derived_file_costs_no_flush,
        writing_goes_on_after_interruptions_and_short_counts,
        a_failed_flush_leaves_the_old_file_and_no_temporary,
        a_full_disk_leaves_the_old_file_and_no_temporary, a_failed_rename_leaves_no_temporary,
        a_name_too_long_for_its_temporary_is_refused, a_temporary_that_a_crash_left_is_written_over,
        a_link_planted_for_the_temporary_is_not_followed,
        a_directory_can_be_flushed_and_no_descriptor_can_not,
        appending_adds_every_byte_behind_what_is_there, temporaries_are_removed_and_nothing_else_is,
        temporaries_that_somebody_may_be_writing_stay,
        a_directory_with_the_name_of_a_temporary_is_passed_over,
        removing_temporaries_says_when_it_cannot, a_directory_opens_and_a_file_does_not_open_as_one,
        a_lock_that_another_process_holds_is_refused_until_it_is_killed,
        a_lock_is_refused_within_the_same_process_too,
        asking_about_a_lock_neither_takes_nor_drops_it, a_lock_that_was_never_made_is_not_held,
        a_lock_is_not_handed_to_the_programs_that_are_started,
        a_lock_stands_until_its_file_is_removed_or_replaced,
        a_directory_that_is_locked_is_refused_whatever_is_removed_from_it,
        a_directory_that_cannot_be_locked_at_all_is_no_error,
        a_link_in_the_place_of_a_lock_is_not_followed,
        a_group_flushes_all_its_files_then_renames_them_then_flushes_the_directory,
        a_file_that_does_not_fit_stays_out_of_its_group,
        a_group_whose_flush_fails_renames_nothing_and_leaves_no_temporary);
}
