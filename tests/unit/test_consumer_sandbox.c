#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/processed_log.h"
#include "consumer/chart/child.h"
#include "consumer/chart/gnuplot.h"
#include "consumer/sandbox/landlock.h"
#include "consumer/sandbox/sandbox.h"
#include "tests/unit/support.h"

/* Where the kernel has no Landlock there is nothing to prove; the end-to-end suite says so. */
#define NEEDS_LANDLOCK()            \
    do {                            \
        if (landlock_version() < 1) \
            return;                 \
    } while (0)

/* A shared directory with a file, the results in it, and a file outside. */
static struct {
    char shared[4096];
    char outside[4096];
    int shared_fd, results_fd, outside_fd;
    struct sandbox sandbox;
} house;

static void build_house(void)
{
    (void)snprintf(house.shared, sizeof house.shared, "%s", support_temporary_directory());
    (void)snprintf(house.outside, sizeof house.outside, "%s", support_temporary_directory());
    house.shared_fd = support_open_directory(house.shared);
    house.outside_fd = support_open_directory(house.outside);
    support_write_file(house.shared, "data_1.csv", "a\n1\n", 4);
    support_write_file(house.outside, "secret", "x\n", 2);
    ck_assert_int_eq(mkdirat(house.shared_fd, "results", 0755), 0);
    house.results_fd = openat(house.shared_fd, "results", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(house.results_fd, 0);
}

static void enter(void)
{
    int program_fd = child_find();
    build_house();
    sandbox_enter(house.shared, house.results_fd, program_fd, &house.sandbox);
    ck_assert_str_eq(house.sandbox.missing, "");
    (void)close(program_fd);
}

static void assert_opens(int directory_fd, const char *name, int flags)
{
    int fd = openat(directory_fd, name, flags | O_CLOEXEC, 0644);
    ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
    (void)close(fd);
}

static void assert_does_not_open(int directory_fd, const char *name, int flags)
{
    int fd = openat(directory_fd, name, flags | O_CLOEXEC, 0644);
    ck_assert_msg(fd < 0, "%s opens", name);
    ck_assert_msg(errno == EACCES, "%s: %s", name, strerror(errno));
}

#define ASSERT_REFUSED(call)                                                                 \
    do {                                                                                     \
        errno = 0;                                                                           \
        ck_assert_msg((call) == -1, "%s is possible", #call);                                \
        ck_assert_msg(errno == EPERM || errno == EACCES || errno == ENOSYS, "%s: %s", #call, \
                      strerror(errno));                                                      \
    } while (0)

/*
 * A test whose body runs in a process of its own, which may go into the jail: the one that
 * Check has made for the test needs more than a consumer to tell how it went.
 */
#define JAILED_TEST(name)              \
    static void name##_body(void);     \
    START_TEST(name)                   \
    {                                  \
        run_in_a_process(name##_body); \
    }                                  \
    END_TEST                           \
    static void name##_body(void)

static void run_in_a_process(void (*body)(void))
{
    int status = -1;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        body();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        exit(WEXITSTATUS(status)); /* it has told why */
    ck_assert_int_eq(status, 0);
}

/* ---- what is left ---- */

JAILED_TEST(sandbox_lets_the_shared_directory_be_read_and_the_results_be_written)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    enter();
    assert_opens(AT_FDCWD, house.shared, O_RDONLY | O_DIRECTORY);
    assert_opens(house.shared_fd, "data_1.csv", O_RDONLY);
    ck_assert_int_eq(fileio_replace(house.results_fd, "summary_1.json", "{}", 2, FILEIO_DURABLE),
                     0);
    ck_assert_int_eq(fileio_replace(house.results_fd, "summary_1.json", "{}", 2, FILEIO_DERIVED),
                     0);
    ck_assert_int_eq(fileio_sync_directory(house.results_fd), 0);
    assert_opens(house.results_fd, "summary_1.json", O_RDWR | O_TRUNC);
    ck_assert_int_eq(unlinkat(house.results_fd, "summary_1.json", 0), 0);
    struct processed_log *log =
        processed_log_open(house.results_fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_msg(log != NULL, "%s", error);
    processed_log_close(log);
}

static void draw(struct gnuplot *gnuplot, const char *script)
{
    struct pollfd fds[GNUPLOT_FDS];
    int64_t now_ns = clock_now_ns();
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_msg(
        gnuplot_submit(gnuplot, script, strlen(script), now_ns, now_ns + 30 * NUMBER_NS_PER_SECOND),
        "%s", gnuplot_failure(gnuplot));
    while (gnuplot_advance(gnuplot, clock_now_ns()) == GNUPLOT_BUSY) {
        gnuplot_fds(gnuplot, fds);
        (void)poll(fds, GNUPLOT_FDS, 100);
    }
}

/* Both ways to the same picture, byte for byte: no font is missed. */
JAILED_TEST(sandbox_changes_no_byte_of_a_picture)
{
    static const char PREAMBLE[] = "set terminal pngcairo size 300,200 font 'DejaVu Sans,11'\n";
    static const char PICTURE[] = "set title 'A title'\nplot sin(x) title 'A key'\n";
    struct gnuplot *free_one = gnuplot_create(IMAGE_PNG, PREAMBLE);
    struct gnuplot *jailed = gnuplot_create(IMAGE_PNG, PREAMBLE);
    size_t lengths[2] = {0};
    draw(free_one, PICTURE);
    ck_assert_int_eq(gnuplot_state(free_one), GNUPLOT_DONE);
    enter();
    draw(jailed, PICTURE);
    ck_assert_msg(gnuplot_state(jailed) == GNUPLOT_DONE, "%s", gnuplot_failure(jailed));
    const char *image = gnuplot_image(free_one, &lengths[0]);
    const char *again = gnuplot_image(jailed, &lengths[1]);
    ck_assert_uint_eq(lengths[0], lengths[1]);
    ck_assert_mem_eq(image, again, lengths[0]);
    gnuplot_free(free_one);
    gnuplot_free(jailed);
}

JAILED_TEST(sandbox_says_what_it_has)
{
    enter();
    ck_assert_int_eq(house.sandbox.landlock, landlock_version() < 1 ? 0 : landlock_version());
    ck_assert(house.sandbox.seccomp);
    ck_assert(sandbox_is_entered());
    ck_assert_ptr_null(sandbox_leak(house.shared));
}

/* ---- files ---- */

JAILED_TEST(sandbox_lets_no_other_file_be_read)
{
    NEEDS_LANDLOCK();
    enter();
    assert_does_not_open(house.outside_fd, "secret", O_RDONLY);
    assert_does_not_open(AT_FDCWD, "/etc/passwd", O_RDONLY);
    assert_does_not_open(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
    assert_does_not_open(house.shared_fd, "..", O_RDONLY | O_DIRECTORY);
    assert_does_not_open(AT_FDCWD, "/proc/self/mem", O_RDWR);
}

JAILED_TEST(sandbox_lets_nothing_be_written_into_the_shared_directory)
{
    NEEDS_LANDLOCK();
    enter();
    assert_does_not_open(house.shared_fd, "new", O_WRONLY | O_CREAT);
    assert_does_not_open(house.shared_fd, "data_1.csv", O_WRONLY);
    assert_does_not_open(house.shared_fd, "data_1.csv", O_RDONLY | O_TRUNC);
    ASSERT_REFUSED(unlinkat(house.shared_fd, "data_1.csv", 0));
    ASSERT_REFUSED(renameat(house.shared_fd, "data_1.csv", house.shared_fd, "data_2.csv"));
    ASSERT_REFUSED(mkdirat(house.shared_fd, "new", 0755));
    ASSERT_REFUSED(symlinkat("x", house.shared_fd, "new"));
    ASSERT_REFUSED(linkat(house.shared_fd, "data_1.csv", house.shared_fd, "new", 0));
    ASSERT_REFUSED(truncate("data_1.csv", 0));
    ck_assert_uint_eq(support_count_names(house.shared), 2);
}

JAILED_TEST(sandbox_lets_only_plain_files_be_made_among_the_results)
{
    enter();
    ASSERT_REFUSED(mkdirat(house.results_fd, "new", 0755));
    ASSERT_REFUSED(symlinkat("/etc", house.results_fd, "new"));
    ASSERT_REFUSED(mknodat(house.results_fd, "new", S_IFIFO | 0600, 0));
    ASSERT_REFUSED(fchmodat(house.results_fd, ".", 0777, 0));
}

JAILED_TEST(sandbox_lets_no_link_lead_out)
{
    NEEDS_LANDLOCK();
    build_house();
    char target[8192];
    (void)snprintf(target, sizeof target, "%s/secret", house.outside);
    ck_assert_int_eq(symlinkat(target, house.shared_fd, "link"), 0);
    assert_opens(house.shared_fd, "link", O_RDONLY);
    sandbox_enter(house.shared, house.results_fd, -1, &house.sandbox);
    assert_does_not_open(house.shared_fd, "link", O_RDONLY);
}

JAILED_TEST(sandbox_leaves_open_what_was_open)
{
    char byte = '\0';
    build_house();
    int fd = openat(house.outside_fd, "secret", O_RDONLY | O_CLOEXEC);
    sandbox_enter(house.shared, house.results_fd, -1, &house.sandbox);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    (void)close(fd);
}

JAILED_TEST(sandbox_finds_a_shared_directory_that_is_the_results_to_be_a_leak)
{
    NEEDS_LANDLOCK();
    build_house();
    sandbox_enter(house.shared, house.shared_fd, -1, &house.sandbox);
    ck_assert_ptr_nonnull(sandbox_leak(house.shared));
    ck_assert_ptr_nonnull(strstr(sandbox_leak(house.shared), "shared directory"));
    ck_assert_uint_eq(support_count_names(house.shared), 2);
}

/* ---- a directory that is replaced ---- */

/* By a process from before, since ours may not. */
static void replace_shared_directory(int go_fd)
{
    char byte = 0;
    char aside[8192];
    (void)snprintf(aside, sizeof aside, "%s/aside", house.outside);
    if (read(go_fd, &byte, 1) != 1 || rename(house.shared, aside) != 0 ||
        mkdir(house.shared, 0755) != 0)
        _exit(1);
    _exit(0);
}

JAILED_TEST(sandbox_has_lost_a_directory_whose_name_another_one_took)
{
    int go[2];
    int status = -1;
    NEEDS_LANDLOCK();
    build_house();
    ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
    pid_t other = fork();
    if (other == 0)
        replace_shared_directory(go[0]);
    sandbox_enter(house.shared, house.results_fd, -1, &house.sandbox);
    ck_assert(!sandbox_has_lost(house.shared));
    ck_assert_int_eq(write(go[1], "x", 1), 1);
    ck_assert_int_eq(waitpid(other, &status, 0), other);
    ck_assert_int_eq(status, 0);
    ck_assert(sandbox_has_lost(house.shared));
    ck_assert(!sandbox_has_lost("/nonexistent"));
}

JAILED_TEST(sandbox_that_was_not_entered_has_lost_nothing)
{
    build_house();
    ck_assert(!sandbox_is_entered());
    ck_assert(!sandbox_has_lost(house.outside));
    ck_assert(!sandbox_has_lost("/nonexistent"));
}

/* Its mode forbids it, so the jail is not the reason, and another start would not help. */
JAILED_TEST(sandbox_has_not_lost_what_its_mode_forbids)
{
    NEEDS_LANDLOCK();
    build_house();
    ck_assert_int_eq(chmod(house.outside, 0), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
    sandbox_enter("/usr", house.results_fd, -1, &house.sandbox);
    ck_assert(!sandbox_has_lost(house.outside));
    ck_assert(!sandbox_has_lost("/usr"));
}

/* ---- system calls ---- */

JAILED_TEST(sandbox_refuses_what_no_consumer_needs)
{
    static char zeros[256];
    enter();
    ASSERT_REFUSED(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    ASSERT_REFUSED(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    ASSERT_REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0, 0}));
    ASSERT_REFUSED(execve("/bin/true", (char *[]){zeros, NULL}, (char *[]){NULL}));
    ASSERT_REFUSED(unshare(CLONE_NEWUSER));
    ASSERT_REFUSED(setns(-1, 0));
    ASSERT_REFUSED(chroot("/"));
    ASSERT_REFUSED(chdir("/"));
    ASSERT_REFUSED(syscall(SYS_mount, zeros, zeros, zeros, 0, zeros));
    ASSERT_REFUSED(syscall(SYS_bpf, 0, zeros, sizeof zeros));
    ASSERT_REFUSED(syscall(SYS_keyctl, 0, 0));
    ASSERT_REFUSED(syscall(SYS_add_key, "user", zeros, zeros, 1, -1));
    ASSERT_REFUSED(syscall(SYS_io_uring_setup, 1, zeros));
    ASSERT_REFUSED(syscall(SYS_userfaultfd, 0));
    ASSERT_REFUSED(syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
    ASSERT_REFUSED(syscall(SYS_finit_module, -1, zeros, 0));
    ASSERT_REFUSED(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
    ASSERT_REFUSED(syscall(SYS_pidfd_open, getpid(), 0));
    ASSERT_REFUSED(syscall(SYS_memfd_create, "x", 0));
    ASSERT_REFUSED(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    ASSERT_REFUSED(syscall(SYS_clone3, zeros, 64));
#if !SYSCALLS_SANITIZED
    ASSERT_REFUSED(ptrace(PTRACE_ATTACH, 1, 0, 0));
#endif
}

JAILED_TEST(sandbox_keeps_of_root_only_the_right_to_open_files)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    const unsigned kept = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
    enter();
    ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
    ck_assert_uint_eq(data[0].permitted & ~kept, 0);
    ck_assert_uint_eq(data[0].effective & ~kept, 0);
    ck_assert_uint_eq(data[1].permitted, 0);
}

/* ---- the child ---- */

/* Exit status 0 of a child that went into its jail and found `action` to be as it says. */
static void in_a_child(bool (*action)(void))
{
    int status = -1;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(!sandbox_enter_child(-1) ? 2 : action() ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "status %#x", (unsigned)status);
}

static bool has_no_leak(void)
{
    return sandbox_child_leak() == NULL;
}

static bool is_refused(long result)
{
    return result == -1 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
}

static bool cannot_touch_a_file(void)
{
    return is_refused(openat(house.results_fd, "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) &&
           is_refused(openat(house.results_fd, "x", O_RDWR | O_CLOEXEC)) &&
           is_refused(open("/dev/null", O_WRONLY | O_CLOEXEC)) &&
           is_refused(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) &&
           is_refused(ftruncate(house.results_fd, 0)) &&
           is_refused(unlinkat(house.shared_fd, "data_1.csv", 0)) &&
           is_refused(renameat(house.results_fd, "x", house.results_fd, "y"));
}

static bool cannot_start_anything(void)
{
    char *const words[] = {(char[]){"true"}, NULL};
    return is_refused(fork()) && is_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) &&
           is_refused(execve("/bin/true", words, NULL)) &&
           is_refused(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, NULL, 0)) &&
           is_refused(syscall(SYS_execveat, 3, "", words, NULL, AT_EMPTY_PATH));
}

/* The one exec that is allowed names a descriptor that nobody can make: it lies beyond the limit.
 */
static bool cannot_name_a_program(void)
{
    return dup2(STDIN_FILENO, SANDBOX_PROGRAM_FD) < 0 && errno == EBADF &&
           fcntl(STDIN_FILENO, F_DUPFD, SANDBOX_PROGRAM_FD) < 0 && errno == EINVAL;
}

JAILED_TEST(sandbox_of_the_child_has_no_leak)
{
    enter();
    in_a_child(has_no_leak);
    char leak[100];
    ck_assert_msg(child_is_jailed(leak, sizeof leak), "%s", leak);
}

JAILED_TEST(sandbox_of_the_child_lets_no_file_be_written_made_or_removed)
{
    enter();
    in_a_child(cannot_touch_a_file);
}

JAILED_TEST(sandbox_of_the_child_lets_no_process_and_no_program_be_started)
{
    enter();
    in_a_child(cannot_start_anything);
    in_a_child(cannot_name_a_program);
}

/* What a script can ask of gnuplot itself, and what must not be seen in its answer. */
static const struct {
    const char *script;
    const char *never;
} ESCAPES[] = {
    {"print 'got:'.system('echo 123450 | tr 0 6')\n", "123456"},
    {"print 'got:'.`echo 123450 | tr 0 6`\n", "123456"},
    {"!echo word >&2\n", "word"},
    {"plot '< echo 1 2'\n", "word"}, /* would be drawn */
    {"set print '| tr a-z A-Z >&2'; print 'word'; set print\n", "WORD"},
    {"set output '| echo word >&2'\nset output\n", "word"},
};

JAILED_TEST(sandbox_makes_gnuplot_deaf_to_every_command_that_would_start_a_program)
{
    enter();
    for (size_t i = 0; i < sizeof ESCAPES / sizeof *ESCAPES; i++) {
        struct gnuplot *gnuplot = gnuplot_create(IMAGE_PNG, "set terminal pngcairo\n");
        draw(gnuplot, ESCAPES[i].script);
        ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
        ck_assert_msg(strstr(gnuplot_failure(gnuplot), ESCAPES[i].never) == NULL, "%s gave %s",
                      ESCAPES[i].script, gnuplot_failure(gnuplot));
        gnuplot_free(gnuplot);
    }
}

JAILED_TEST(sandbox_lets_gnuplot_read_neither_batches_nor_results_nor_the_system)
{
    char script[8192];
    const char *names[] = {house.shared, house.outside};
    static const char *const files[] = {"data_1.csv", "secret"};
    NEEDS_LANDLOCK();
    enter();
    for (size_t i = 0; i < 2; i++) {
        struct gnuplot *gnuplot = gnuplot_create(IMAGE_PNG, "set terminal pngcairo\n");
        (void)snprintf(script, sizeof script, "plot '%s/%s' using 1\n", names[i], files[i]);
        draw(gnuplot, script);
        ck_assert_int_eq(gnuplot_state(gnuplot), GNUPLOT_FAILED);
        ck_assert_msg(strstr(gnuplot_failure(gnuplot), "ermission") != NULL ||
                          strstr(gnuplot_failure(gnuplot), "annot find or open") != NULL ||
                          strstr(gnuplot_failure(gnuplot), "No data") != NULL,
                      "%s", gnuplot_failure(gnuplot));
        gnuplot_free(gnuplot);
    }
}

int main(void)
{
    return SUPPORT_RUN(
        "consumer_sandbox", sandbox_lets_the_shared_directory_be_read_and_the_results_be_written,
        sandbox_changes_no_byte_of_a_picture, sandbox_says_what_it_has,
        sandbox_lets_no_other_file_be_read,
        sandbox_lets_nothing_be_written_into_the_shared_directory,
        sandbox_lets_only_plain_files_be_made_among_the_results, sandbox_lets_no_link_lead_out,
        sandbox_leaves_open_what_was_open,
        sandbox_finds_a_shared_directory_that_is_the_results_to_be_a_leak,
        sandbox_has_lost_a_directory_whose_name_another_one_took,
        sandbox_that_was_not_entered_has_lost_nothing, sandbox_has_not_lost_what_its_mode_forbids,
        sandbox_refuses_what_no_consumer_needs, sandbox_keeps_of_root_only_the_right_to_open_files,
        sandbox_of_the_child_has_no_leak,
        sandbox_of_the_child_lets_no_file_be_written_made_or_removed,
        sandbox_of_the_child_lets_no_process_and_no_program_be_started,
        sandbox_makes_gnuplot_deaf_to_every_command_that_would_start_a_program,
        sandbox_lets_gnuplot_read_neither_batches_nor_results_nor_the_system);
}
