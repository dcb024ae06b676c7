/*
 * A gnuplot that wants out. It tries everything in earnest, and its last words are
 *
 *     held N                          each of N attempts was refused
 *     broke out: NAME NAME ...        these were not
 *
 * Compiled with -DSHARED="..." -DRESULTS="..." for other directories than the usual ones, because
 * nothing else reaches it: neither arguments nor an environment.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SHARED
#define SHARED "/shared-data"
#define RESULTS "/shared-data/results"
#endif

static char zeros[4096];
static char *const true_words[] = {(char *)"true", NULL};

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags, 0644);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static bool writes_a_result(void)
{
    return opens(RESULTS "/broken-out", O_WRONLY | O_CREAT);
}

static bool writes_a_temporary_file(void)
{
    return opens("/tmp/broken-out", O_WRONLY | O_CREAT) || opens("/tmp", O_TMPFILE | O_RDWR);
}

static bool writes_a_device(void)
{
    return opens("/dev/null", O_WRONLY) || opens("/dev/null", O_RDWR);
}

static bool reads_the_log(void)
{
    return opens(RESULTS "/processed.log", O_RDONLY);
}

static bool reads_a_batch(void)
{
    return opens(SHARED "/data_1.csv", O_RDONLY);
}

static bool reads_passwords(void)
{
    return opens("/etc/shadow", O_RDONLY) || opens("/etc/passwd", O_RDONLY);
}

static bool reads_processes(void)
{
    return opens("/proc/self/environ", O_RDONLY) || opens("/proc/self/mem", O_RDWR);
}

static bool cuts_the_log(void)
{
    return truncate(RESULTS "/processed.log", 0) == 0;
}

static bool removes_a_result(void)
{
    return unlink(RESULTS "/status.json") == 0;
}

static bool renames_a_result(void)
{
    return rename(RESULTS "/status.json", RESULTS "/broken-out") == 0;
}

static bool makes_names(void)
{
    return mkdir(RESULTS "/broken-out", 0755) == 0 || symlink("/", RESULTS "/broken-out") == 0 ||
           link(RESULTS "/processed.log", RESULTS "/broken-out") == 0 ||
           mkfifo(RESULTS "/broken-out", 0600) == 0;
}

static bool changes_modes(void)
{
    return chmod(RESULTS "/processed.log", 0666) == 0 || chown(RESULTS, 1, 1) == 0;
}

/* An exec that succeeds becomes true(1), which ends without a word: that is noticed as well. */
static bool runs_a_program(void)
{
    return execv("/bin/true", true_words) == 0;
}

static bool runs_a_program_by_descriptor(void)
{
    int fd = open("/bin/true", O_PATH);
    return fd >= 0 && syscall(SYS_execveat, fd, "", true_words, NULL, AT_EMPTY_PATH) == 0;
}

/* By the descriptor that was let through once, for what it is itself. */
static bool runs_a_program_by_the_allowed_descriptor(void)
{
    const struct rlimit more = {.rlim_cur = 1024, .rlim_max = 1024};
    int fd = open("/bin/true", O_PATH);
    (void)setrlimit(RLIMIT_NOFILE, &more);
    (void)dup2(fd, 64);
    return syscall(SYS_execveat, 64, "", true_words, NULL, AT_EMPTY_PATH) == 0;
}

static bool runs_the_loader(void)
{
    char *const words[] = {(char *)"ld.so", (char *)"/bin/true", NULL};
    return execv("/lib64/ld-linux-x86-64.so.2", words) == 0;
}

static bool forks(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool forks_by_clone(void)
{
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool runs_a_shell(void)
{
    FILE *pipe = popen("echo out", "r");
    return system("true") == 0 || (pipe != NULL && fgets(zeros, 8, pipe) != NULL);
}

static bool opens_a_socket(void)
{
    return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0 ||
           syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0) >= 0 ||
           socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0, 0}) == 0;
}

static bool sends_signals(void)
{
    return kill(getppid(), 0) == 0 || kill(getpid(), 0) == 0;
}

static bool traces_its_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
}

static bool outlives_its_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, 0) == 0 || setpgid(0, 0) == 0 || setsid() >= 0;
}

static bool raises_its_limits(void)
{
    const struct rlimit more = {.rlim_cur = 1u << 20, .rlim_max = 1u << 20};
    return setrlimit(RLIMIT_FSIZE, &more) == 0;
}

static bool enters_a_namespace(void)
{
    return unshare(CLONE_NEWUSER) == 0 || syscall(SYS_clone3, zeros, 88) > 0;
}

static bool uses_io_uring(void)
{
    return syscall(SYS_io_uring_setup, 1, zeros) >= 0;
}

static bool makes_a_file_in_memory(void)
{
    return syscall(SYS_memfd_create, "x", 0) >= 0;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    return syscall(SYS_capget, &header, data) == 0 && (data[0].permitted | data[1].permitted) != 0;
}

static bool has_inherited_descriptors(void)
{
    bool any = false;
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        any = any || fcntl(fd, F_GETFD) >= 0;
    return any;
}

static void *nothing(void *context)
{
    return context;
}

/* The other way round: a renderer may need threads. */
static bool has_no_threads(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0;
}

#define ATTEMPT(name) \
    {                 \
        name, #name   \
    }

static const struct {
    bool (*succeeds)(void);
    const char *name;
} ATTEMPTS[] = {
    ATTEMPT(has_inherited_descriptors), /* before any other is opened */
    ATTEMPT(writes_a_result),
    ATTEMPT(writes_a_temporary_file),
    ATTEMPT(writes_a_device),
    ATTEMPT(reads_the_log),
    ATTEMPT(reads_a_batch),
    ATTEMPT(reads_passwords),
    ATTEMPT(reads_processes),
    ATTEMPT(cuts_the_log),
    ATTEMPT(removes_a_result),
    ATTEMPT(renames_a_result),
    ATTEMPT(makes_names),
    ATTEMPT(changes_modes),
    ATTEMPT(runs_a_program),
    ATTEMPT(runs_a_program_by_descriptor),
    ATTEMPT(runs_a_program_by_the_allowed_descriptor),
    ATTEMPT(runs_the_loader),
    ATTEMPT(forks),
    ATTEMPT(forks_by_clone),
    ATTEMPT(runs_a_shell),
    ATTEMPT(opens_a_socket),
    ATTEMPT(sends_signals),
    ATTEMPT(traces_its_parent),
    ATTEMPT(outlives_its_parent),
    ATTEMPT(raises_its_limits),
    ATTEMPT(enters_a_namespace),
    ATTEMPT(uses_io_uring),
    ATTEMPT(makes_a_file_in_memory),
    ATTEMPT(has_capabilities),
    ATTEMPT(has_no_threads),
};

int main(void)
{
    const size_t count = sizeof ATTEMPTS / sizeof *ATTEMPTS;
    char broke_out[4096] = "";
    for (size_t i = 0; i < count; i++)
        if (ATTEMPTS[i].succeeds()) {
            (void)strcat(broke_out, " ");
            (void)strcat(broke_out, ATTEMPTS[i].name);
        }
    if (broke_out[0] == '\0')
        (void)fprintf(stderr, "held %zu\n", count);
    else
        (void)fprintf(stderr, "broke out:%s\n", broke_out);
    return 0;
}
