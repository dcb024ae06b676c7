#include "tests/unit/support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Generous: a sanitizer on a busy machine is slow, and a hang is still found. */
#define TEST_TIMEOUT_SECONDS 60

/*
 * All temporary directories of a program stand in one, made and removed by the
 * process that runs the suite: a test that fails leaves by _exit(2), one that
 * crashes by a signal, and neither could tidy up after itself.
 */
static char root[PATH_MAX];
static pid_t root_owner;

__attribute__((noreturn)) static void fail_errno(const char *operation, const char *path)
{
    ck_abort_msg("cannot %s %s: %s", operation, path, strerror(errno));
}

static void remove_entry(const FTSENT *entry)
{
    switch (entry->fts_info) {
    case FTS_D: (void)chmod(entry->fts_accpath, 0700); break; /* a test may have closed it */
    case FTS_DP: (void)rmdir(entry->fts_accpath); break;
    default: (void)unlink(entry->fts_accpath); break;
    }
}

static void remove_root(void)
{
    char *paths[] = {root, NULL};
    if (root[0] == '\0' || getpid() != root_owner)
        return;
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return;
    for (const FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk))
        remove_entry(entry);
    (void)fts_close(walk);
    root[0] = '\0';
}

static bool make_root(void)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    int length = snprintf(root, sizeof root, "%s/shared-data-unit-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof root || mkdtemp(root) == NULL) {
        root[0] = '\0';
        return false;
    }
    root_owner = getpid();
    return true;
}

static void print_failures(SRunner *runner)
{
    TestResult **failures = srunner_failures(runner);
    int count = srunner_ntests_failed(runner);
    for (int i = 0; failures != NULL && i < count; i++)
        (void)printf("FAILED %s\n    %s:%d: %s\n", tr_tcname(failures[i]), tr_lfile(failures[i]),
                     tr_lno(failures[i]), tr_msg(failures[i]));
    free(failures);
}

/* One case a test, because Check's results carry the name of the case alone. */
static void add_test(Suite *suite, const TTest *test)
{
    TCase *one = tcase_create(test->name);
    tcase_set_timeout(one, TEST_TIMEOUT_SECONDS);
    tcase_add_test(one, test);
    suite_add_tcase(suite, one);
}

int support_run(const char *name, const TTest *const *tests, size_t count)
{
    if (!make_root()) {
        (void)printf("cannot make a temporary directory: %s\n%s: 0 passed, 1 failed\n",
                     strerror(errno), name);
        return EXIT_FAILURE;
    }
    (void)atexit(remove_root);
    (void)fflush(NULL);
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < count; i++)
        add_test(suite, tests[i]);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    print_failures(runner);
    srunner_free(runner);
    (void)printf("%s: %d passed, %d failed\n", name, run - failed, failed);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void join(char path[PATH_MAX], const char *directory, const char *name)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", directory, name);
    ck_assert_msg(length > 0 && length < PATH_MAX, "path too long: %s/%s", directory, name);
}

const char *support_temporary_directory(void)
{
    /* Several stay valid at once: a test seldom needs more than two. */
    static char paths[16][PATH_MAX];
    static size_t next;
    char *path = paths[next++ % (sizeof paths / sizeof *paths)];
    join(path, root, "XXXXXX");
    if (mkdtemp(path) == NULL)
        fail_errno("make a directory in", root);
    return path;
}

int support_open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail_errno("open", path);
    return fd;
}

static void write_whole(int fd, const char *path, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = write(fd, bytes + done, length - done);
        if (count < 0)
            fail_errno("write", path);
        done += (size_t)count;
    }
}

void support_write_file(const char *directory, const char *name, const void *bytes, size_t length)
{
    char path[PATH_MAX];
    join(path, directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        fail_errno("create", path);
    write_whole(fd, path, bytes, length);
    if (close(fd) != 0)
        fail_errno("close", path);
}

static char *enlarged(char *bytes, size_t capacity)
{
    char *larger = realloc(bytes, capacity);
    if (larger == NULL)
        ck_abort_msg("out of memory");
    return larger;
}

/* From the descriptor's position to its end. */
static char *read_whole(int fd, const char *path, size_t *length)
{
    size_t used = 0;
    size_t capacity = 4096;
    char *bytes = enlarged(NULL, capacity);
    for (;;) {
        ssize_t count = read(fd, bytes + used, capacity - used - 1);
        if (count < 0)
            fail_errno("read", path);
        if (count == 0)
            break;
        used += (size_t)count;
        if (used + 1 == capacity)
            bytes = enlarged(bytes, capacity *= 2);
    }
    bytes[used] = '\0';
    if (length != NULL)
        *length = used;
    return bytes;
}

char *support_read_file(const char *directory, const char *name, size_t *length)
{
    char path[PATH_MAX];
    join(path, directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_errno("open", path);
    char *bytes = read_whole(fd, path, length);
    (void)close(fd);
    return bytes;
}

bool support_exists(const char *directory, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    join(path, directory, name);
    return lstat(path, &status) == 0;
}

size_t support_count_names(const char *directory)
{
    size_t count = 0;
    DIR *stream = opendir(directory);
    if (stream == NULL)
        fail_errno("open", directory);
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count++;
    (void)closedir(stream);
    return count;
}

char *support_capture_stdout(void (*action)(void *context), void *context, size_t *length)
{
    char path[PATH_MAX];
    join(path, root, "stdout-XXXXXX");
    int file = mkostemp(path, O_CLOEXEC);
    if (file < 0)
        fail_errno("create", path);
    (void)unlink(path);
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_int_ge(kept, 0);
    ck_assert_int_eq(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    action(context);
    (void)fflush(stdout);
    ck_assert_int_eq(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(kept);
    ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
    char *bytes = read_whole(file, "what was printed", length);
    (void)close(file);
    return bytes;
}
