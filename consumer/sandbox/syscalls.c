#include "consumer/sandbox/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The child's filter is a few dozen instructions. */
#define INSTRUCTIONS_MAX 1024
#define COUNT(table) (sizeof(table) / sizeof *(table))

/*
 * What the consumer, gnuplot and the libraries of both may call, in words because not every
 * machine has each.
 */
static const char *const ALLOWED[] = {
    /* memory */
    "brk mmap mmap2 munmap mremap mprotect madvise mincore membarrier",
    "get_mempolicy set_mempolicy mbind",
    /* itself */
    "exit exit_group getpid getppid gettid getpgrp getpgid getsid setpgid getuid getuid32",
    "geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32 getresuid",
    "getresgid getrusage getcpu times uname sysinfo prctl arch_prctl capget capset prlimit64",
    "getrlimit ugetrlimit setrlimit umask getrandom set_tid_address set_thread_area set_tls",
    "set_robust_list get_robust_list rseq riscv_flush_icache cacheflush",
    /* gnuplot makes sure that it is not set-uid; without capabilities they change nothing */
    "setuid setuid32 setgid setgid32",
    "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler",
    "sched_setscheduler sched_get_priority_max sched_get_priority_min",
    /* to take more from itself and from its child */
    "landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
    /* its child, and signals */
    "wait4 waitid waitpid kill tgkill tkill rt_sigaction rt_sigprocmask rt_sigreturn sigreturn",
    "rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack signalfd4 pause alarm setitimer",
    "getitimer restart_syscall",
    /* time and waiting */
    "clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep",
    "clock_nanosleep_time64 nanosleep gettimeofday time timerfd_create timerfd_settime",
    "timerfd_gettime futex futex_time64 futex_waitv poll ppoll ppoll_time64 select _newselect",
    "pselect6 pselect6_time64 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2",
    /* names */
    "open openat access faccessat faccessat2 stat stat64 lstat lstat64 newfstatat fstatat64 statx",
    "readlink readlinkat getcwd statfs statfs64 link linkat unlink unlinkat rename renameat",
    "renameat2",
    "inotify_init1 inotify_add_watch inotify_rm_watch",
    /* descriptors */
    "close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2",
    "lseek _llseek dup dup2 dup3 fcntl fcntl64 flock fstat fstat64 fstatfs fstatfs64 getdents",
    "getdents64 fsync fdatasync sync_file_range sync_file_range2 syncfs ftruncate ftruncate64",
    "fallocate fadvise64 fadvise64_64 arm_fadvise64_64 readahead pipe pipe2",
#if SYSCALLS_SANITIZED /* it looks for leaks by tracing its own threads at the end */
    "ptrace",
#endif
};

/* Known to every kernel: a plain refusal tells more than "not known". */
static const char *const REFUSED[] = {
    "socket socketpair connect bind listen accept accept4 sendto sendmsg execve fork vfork",
    "mount umount2 pivot_root chroot setns unshare process_vm_readv process_vm_writev bpf",
    "perf_event_open userfaultfd add_key request_key keyctl init_module finit_module",
    "delete_module kexec_load kexec_file_load open_by_handle_at setreuid setregid",
    "setresuid setresgid setgroups setfsuid setfsgid reboot swapon swapoff settimeofday",
    "clock_settime adjtimex sethostname iopl ioperm quotactl",
#if !SYSCALLS_SANITIZED
    "ptrace",
#endif
};

static const char *const REFUSED_TO_CHILD[] = {
    "execve creat link linkat unlink unlinkat rename renameat renameat2 ftruncate ftruncate64",
    "fallocate",
    "setpgid kill tkill setrlimit capset",
};

/* Where (argument & mask) == value. */
struct condition_row {
    int call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

#define ALL_BITS (~UINT64_C(0))
/* Of an int the kernel takes no more, so what is refused must be refused whatever stands above. */
#define INT_BITS UINT64_C(0xFFFFFFFF)
#define NAMESPACES                                                                           \
    ((uint64_t)CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
     CLONE_NEWPID | CLONE_NEWNET)

/* A child or a thread in our own namespaces; clone3, which hides its flags, is not known. */
static const struct condition_row ALLOWED_WHERE[] = {
    {SCMP_SYS(clone), 0, NAMESPACES, 0},      {SCMP_SYS(ioctl), 1, ALL_BITS, TCGETS},
    {SCMP_SYS(ioctl), 1, ALL_BITS, FIONREAD}, {SCMP_SYS(ioctl), 1, ALL_BITS, FIONBIO},
    {SCMP_SYS(ioctl), 1, ALL_BITS, FIOCLEX},  {SCMP_SYS(ioctl), 1, ALL_BITS, TIOCGWINSZ},
};

static const struct condition_row REFUSED_TO_CHILD_WHERE[] = {
    {SCMP_SYS(openat), 2, O_ACCMODE, O_WRONLY},  {SCMP_SYS(openat), 2, O_ACCMODE, O_RDWR},
    {SCMP_SYS(openat), 2, O_ACCMODE, O_ACCMODE}, {SCMP_SYS(openat), 2, O_CREAT, O_CREAT},
    {SCMP_SYS(openat), 2, O_TRUNC, O_TRUNC},     {SCMP_SYS(open), 1, O_ACCMODE, O_WRONLY},
    {SCMP_SYS(open), 1, O_ACCMODE, O_RDWR},      {SCMP_SYS(open), 1, O_ACCMODE, O_ACCMODE},
    {SCMP_SYS(open), 1, O_CREAT, O_CREAT},       {SCMP_SYS(open), 1, O_TRUNC, O_TRUNC},
    {SCMP_SYS(clone), 0, CLONE_THREAD, 0},       {SCMP_SYS(prctl), 0, INT_BITS, PR_SET_PDEATHSIG},
};

static struct sock_filter child_instructions[INSTRUCTIONS_MAX];
static struct sock_fprog child_filter = {.filter = child_instructions};

/* ---- rules ---- */

/* Libseccomp answers 0 or a negative errno, and so do these. */
static int add_word(scmp_filter_ctx filter, uint32_t action, const char *word, size_t length)
{
    char name[32] = "";
    if (length >= sizeof name)
        return -EINVAL;
    memcpy(name, word, length);
    int call = seccomp_syscall_resolve_name(name);
    /* A negative number is a call of another machine. */
    return call < 0 ? 0 : seccomp_rule_add_array(filter, action, call, 0, NULL);
}

static int add_words(scmp_filter_ctx filter, uint32_t action, const char *const *lines,
                     size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *word = lines[i]; *word != '\0' && result == 0;) {
            size_t length = strcspn(word, " ");
            result = add_word(filter, action, word, length);
            word += length + (word[length] == ' ' ? 1 : 0);
        }
    return result;
}

static int add_rows(scmp_filter_ctx filter, uint32_t action, const struct condition_row *rows,
                    size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct scmp_arg_cmp where = {.arg = rows[i].argument,
                                     .op = SCMP_CMP_MASKED_EQ,
                                     .datum_a = rows[i].mask,
                                     .datum_b = rows[i].value};
        if (rows[i].call >= 0)
            result = seccomp_rule_add_array(filter, action, rows[i].call, 1, &where);
    }
    return result;
}

static int allow_one_exec(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp where[] = {
        {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = SYSCALLS_PROGRAM_FD},
        {.arg = 4, .op = SCMP_CMP_EQ, .datum_a = AT_EMPTY_PATH},
    };
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(execveat), 2, where);
}

/* A new limit is refused, the question after the one that is there is not. */
static int refuse_new_limits(scmp_filter_ctx filter, uint32_t refuse)
{
    const struct scmp_arg_cmp where = {.arg = 2, .op = SCMP_CMP_NE, .datum_a = 0};
    return seccomp_rule_add_array(filter, refuse, SCMP_SYS(prlimit64), 1, &where);
}

static int add_own_rules(scmp_filter_ctx filter)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    /* Some 200 calls, found by halving, so that none is dear for its place in the list. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0)
        result = add_words(filter, SCMP_ACT_ALLOW, ALLOWED, COUNT(ALLOWED));
    if (result == 0)
        result = add_words(filter, SCMP_ACT_ERRNO(EPERM), REFUSED, COUNT(REFUSED));
    if (result == 0)
        result = add_rows(filter, SCMP_ACT_ALLOW, ALLOWED_WHERE, COUNT(ALLOWED_WHERE));
    return result == 0 ? allow_one_exec(filter) : result;
}

/* On top of our own, so what is not refused here is still bound by that. */
static int add_child_rules(scmp_filter_ctx filter)
{
    uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
    int result = add_words(filter, refuse, REFUSED_TO_CHILD, COUNT(REFUSED_TO_CHILD));
    if (result == 0)
        result = add_rows(filter, refuse, REFUSED_TO_CHILD_WHERE, COUNT(REFUSED_TO_CHILD_WHERE));
    return result == 0 ? refuse_new_limits(filter, refuse) : result;
}

/* ---- filters ---- */

bool syscalls_enter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int result = -ENOMEM;
    if (filter == NULL)
        goto out;
    result = add_own_rules(filter);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
out:
    errno = -result;
    return result == 0;
}

/* Through a pipe, which holds 64 KiB: libseccomp 2.5 exports to descriptors alone. */
static int export_child_filter(scmp_filter_ctx filter)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    int result = seccomp_export_bpf(filter, ends[1]);
    ssize_t length = result == 0 ? read(ends[0], child_instructions, sizeof child_instructions) : 0;
    (void)close(ends[0]);
    (void)close(ends[1]);
    if (result == 0 && (length <= 0 || (size_t)length >= sizeof child_instructions))
        result = -E2BIG;
    child_filter.len =
        (unsigned short)(result == 0 ? (size_t)length / sizeof *child_instructions : 0);
    return result;
}

/* Compiled ahead, since libseccomp allocates and a child must not before its exec. */
bool syscalls_prepare_child(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = -ENOMEM;
    if (filter == NULL)
        goto out;
    result = add_child_rules(filter);
    if (result == 0)
        result = export_child_filter(filter);
    seccomp_release(filter);
out:
    errno = -result;
    return result == 0;
}

bool syscalls_enter_child(void)
{
    /* prctl is the older way, and all that emulators of the kernel know. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &child_filter) == 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &child_filter, 0, 0) == 0;
}
