#include "consumer/sandbox/sandbox.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "consumer/sandbox/landlock.h"
#include "consumer/sandbox/syscalls.h"

/* What a process has given up is a fact about the process, so there is one of these. */
static struct {
    bool entered;
    bool landlock;
    bool seccomp;
    char interpreter[256];
    char shared_path[4096];
} here;

/* ---- files ---- */

/* What gnuplot, its libraries and our own read of the system; most of it stands below /usr. */
static const struct {
    const char *path;
    unsigned what;
} SYSTEM[] = {
    /* All of it may be run, so that an upgrade underneath us does not end the charts. */
    {"/usr", LANDLOCK_READ | LANDLOCK_EXECUTE},
    {"/lib", LANDLOCK_READ | LANDLOCK_EXECUTE},
    {"/lib64", LANDLOCK_READ | LANDLOCK_EXECUTE},
    {"/etc/ld.so.cache", LANDLOCK_READ},
    {"/etc/ld.so.preload", LANDLOCK_READ},
    {"/etc/localtime", LANDLOCK_READ},
    {"/etc/fonts", LANDLOCK_READ},
    {"/etc/ssl/openssl.cnf", LANDLOCK_READ},
    {"/var/cache/fontconfig", LANDLOCK_READ},
    {"/sys/devices/system/cpu", LANDLOCK_READ},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE},
    {"/dev/urandom", LANDLOCK_READ},
#if SYSCALLS_SANITIZED /* it reads what is mapped, to tell where a pointer led */
    {"/proc", LANDLOCK_READ},
#endif
#ifdef SANDBOX_ALSO_WRITES /* a build that measures itself puts down there what it counted */
    {SANDBOX_ALSO_WRITES, LANDLOCK_READ | LANDLOCK_STORE},
#endif
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool allow_system(int ruleset, unsigned what)
{
    bool good = true;
    for (size_t i = 0; i < COUNT(SYSTEM); i++)
        good = landlock_allow(ruleset, SYSTEM[i].path, SYSTEM[i].what & what) == 0 && good;
    return good;
}

static bool allow_program(int ruleset, int program_fd)
{
    return program_fd < 0 ||
           landlock_allow_fd(ruleset, program_fd, LANDLOCK_READ | LANDLOCK_EXECUTE) == 0;
}

static bool enter_if(bool good, int ruleset)
{
    if (good)
        return landlock_enter(ruleset) == 0;
    (void)close(ruleset);
    return false;
}

static bool restrict_files(const char *shared_path, int results_fd, int program_fd)
{
    int ruleset = landlock_begin();
    if (ruleset < 0)
        return false;
    bool good = allow_system(ruleset, ~0u) &&
                landlock_allow(ruleset, shared_path, LANDLOCK_READ) == 0 &&
                landlock_allow_fd(ruleset, results_fd, LANDLOCK_READ | LANDLOCK_STORE) == 0 &&
                allow_program(ruleset, program_fd);
    return enter_if(good, ruleset);
}

static bool restrict_files_of_child(int program_fd)
{
    int ruleset = landlock_begin();
    if (ruleset < 0)
        return false;
    bool good = allow_system(ruleset, LANDLOCK_READ) &&
                landlock_allow(ruleset, here.interpreter, LANDLOCK_READ | LANDLOCK_EXECUTE) == 0 &&
                allow_program(ruleset, program_fd);
    return enter_if(good, ruleset);
}

/* The loader that the kernel runs us by, and gnuplot too: the first object is the program. */
static int note_interpreter(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_INTERP)
            (void)snprintf(here.interpreter, sizeof here.interpreter, "%s",
                           (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr));
    return 1;
}

/* ---- capabilities ---- */

/* Keeps no capability but these, of those that there are. */
static void keep_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0)
        return;
    data[0].effective &= kept;
    data[0].permitted &= kept;
    data[0].inheritable = 0;
    data[1] = (struct __user_cap_data_struct){0};
    (void)syscall(SYS_capset, &header, data);
}

/* ---- entering ---- */

static void note_missing(struct sandbox *sandbox, const char *what)
{
    size_t length = strlen(sandbox->missing);
    (void)snprintf(sandbox->missing + length, sizeof sandbox->missing - length, "%s%s: %s",
                   length > 0 ? "; " : "", what, strerror(errno));
}

void sandbox_enter(const char *shared_path, int results_fd, int program_fd, struct sandbox *sandbox)
{
    uint32_t to_open_files = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
    int version = landlock_version();
    *sandbox = (struct sandbox){0};
    (void)snprintf(here.shared_path, sizeof here.shared_path, "%s", shared_path);
    (void)dl_iterate_phdr(note_interpreter, NULL);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    here.entered = true;
    here.landlock = restrict_files(shared_path, results_fd, program_fd);
    sandbox->landlock = here.landlock ? version : 0;
    if (!here.landlock)
        note_missing(sandbox, "landlock");
    here.seccomp = syscalls_prepare_child() && syscalls_enter();
    sandbox->seccomp = here.seccomp;
    if (!here.seccomp)
        note_missing(sandbox, "seccomp");
    keep_capabilities(to_open_files);
}

bool sandbox_is_entered(void)
{
    return here.entered;
}

bool sandbox_has_lost(const char *path)
{
    if (!here.landlock)
        return false;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)close(fd);
        return false;
    }
    /* Landlock refuses to open, and lets the question pass whether the file's mode would allow. */
    return errno == EACCES && faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0;
}

static bool move_program(int program_fd)
{
    struct rlimit descriptors = {.rlim_cur = SYSCALLS_PROGRAM_FD, .rlim_max = SYSCALLS_PROGRAM_FD};
    if (program_fd >= 0 && program_fd != SYSCALLS_PROGRAM_FD &&
        dup3(program_fd, SYSCALLS_PROGRAM_FD, O_CLOEXEC) < 0)
        return false;
    return setrlimit(RLIMIT_NOFILE, &descriptors) == 0;
}

bool sandbox_enter_child(int program_fd)
{
    if (here.landlock && !restrict_files_of_child(program_fd))
        return false;
    if (!move_program(program_fd))
        return false;
    /* What whoever started us left open is no business of the child's. */
    (void)syscall(SYS_close_range, 3u, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
    keep_capabilities(0);
    return !here.seccomp || syscalls_enter_child();
}

/* ---- does it hold? ---- */

/*
 * A call that must fail, made so that it would do no harm. A filter answers before the kernel
 * has looked at the arguments, so these are wrong where they can be, and any other error is
 * a sign that it has looked.
 */
struct probe {
    const char *what;
    bool of_landlock; /* else of seccomp */
    long call;
    long arguments[5];
};

#define ADDRESS(pointer) ((long)(intptr_t)(pointer))

static const char *const NOTHING[32]; /* an empty list, or zeros for any struct */
static const char *const NO_WORDS[] = {"", NULL};

static bool is_refused(const struct probe *probe)
{
    const long *a = probe->arguments;
    long result = syscall(probe->call, a[0], a[1], a[2], a[3], a[4]);
    if (result > STDERR_FILENO)
        (void)close((int)result);
    if (result >= 0)
        return false;
    return probe->of_landlock || errno == EPERM || errno == EACCES || errno == ENOSYS;
}

static const char *first_leak(const struct probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((probes[i].of_landlock ? here.landlock : here.seccomp) && !is_refused(&probes[i]))
            return probes[i].what;
    return NULL;
}

const char *sandbox_leak(const char *shared_path)
{
    const struct probe probes[] = {
        {"reads /", true, SYS_openat, {AT_FDCWD, ADDRESS("/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC}},
        {"reads /etc/passwd", true, SYS_openat, {AT_FDCWD, ADDRESS("/etc/passwd"), O_CLOEXEC}},
        {"writes into the shared directory",
         true,
         SYS_openat,
         {AT_FDCWD, ADDRESS(shared_path), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600}},
        {"opens a socket", false, SYS_socket, {1 /* AF_UNIX */, 1 /* SOCK_STREAM */}},
        {"runs programs by name",
         false,
         SYS_execve,
         {ADDRESS(""), ADDRESS(NO_WORDS), ADDRESS(NOTHING)}},
        {"enters namespaces", false, SYS_unshare, {0}},
#if !SYSCALLS_SANITIZED
        {"traces processes", false, SYS_ptrace, {PTRACE_ATTACH, -1}},
#endif
        {"reads the memory of processes", false, SYS_process_vm_readv, {-1}},
        {"uses io_uring", false, SYS_io_uring_setup, {0, ADDRESS(NOTHING)}},
        {"uses keys", false, SYS_add_key, {ADDRESS("user"), ADDRESS("")}},
        {"mounts", false, SYS_mount, {ADDRESS(""), ADDRESS("")}},
    };
    return first_leak(probes, COUNT(probes));
}

const char *sandbox_child_leak(void)
{
    const int to_read = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const struct probe probes[] = {
        {"reads /", true, SYS_openat, {AT_FDCWD, ADDRESS("/"), to_read}},
        {"reads the shared directory",
         true,
         SYS_openat,
         {AT_FDCWD, ADDRESS(here.shared_path), to_read}},
        {"opens files for writing",
         false,
         SYS_openat,
         {AT_FDCWD, ADDRESS("/dev/null"), O_WRONLY | O_CLOEXEC}},
        {"runs programs by name",
         false,
         SYS_execve,
         {ADDRESS(""), ADDRESS(NO_WORDS), ADDRESS(NOTHING)}},
        {"runs programs by descriptor",
         false,
         SYS_execveat,
         {-1, ADDRESS(""), ADDRESS(NO_WORDS), ADDRESS(NOTHING)}},
        {"starts processes", false, SYS_clone, {CLONE_SIGHAND}},
        {"opens a socket", false, SYS_socket, {1, 1}},
        {"sends signals", false, SYS_kill, {0, 0}},
        {"removes files", false, SYS_unlinkat, {-1, ADDRESS("x")}},
        {"outlives us", false, SYS_prctl, {PR_SET_PDEATHSIG, 9999}},
        {"raises its limits", false, SYS_prlimit64, {0, RLIMIT_CORE, ADDRESS(NOTHING)}},
    };
    return first_leak(probes, COUNT(probes));
}
