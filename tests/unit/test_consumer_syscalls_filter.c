/*
 * What the filters say, by reading them as the kernel would: calls that a test cannot make for lack
 * of the rights or of the machine, and filters of machines that are only emulated. Whether a
 * kernel takes them and holds to them is test_consumer_syscalls.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "consumer/sandbox/syscalls.h"
#include "tests/unit/support.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define INSTRUCTIONS_MAX 4096

struct program {
    struct sock_filter instructions[INSTRUCTIONS_MAX];
    size_t count;
};

static struct program own;
static struct program of_child;

/* ---- the filters, taken on their way to the kernel ---- */

static int export_for_real(scmp_filter_ctx filter, int fd)
{
    int (*export)(scmp_filter_ctx, int);
    void *symbol = dlsym(RTLD_NEXT, "seccomp_export_bpf");
    ck_assert_ptr_nonnull(symbol);
    memcpy(&export, &symbol, sizeof export);
    return export(filter, fd);
}

static int take(scmp_filter_ctx filter, struct program *program)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    int result = export_for_real(filter, fd);
    ssize_t length = pread(fd, program->instructions, sizeof program->instructions, 0);
    (void)close(fd);
    ck_assert_int_gt(length, 0);
    ck_assert_uint_lt((size_t)length, sizeof program->instructions);
    program->count = (size_t)length / sizeof *program->instructions;
    return result;
}

/* Stand before libseccomp's own. */
int seccomp_load(scmp_filter_ctx filter)
{
    return take(filter, &own);
}

int seccomp_export_bpf(scmp_filter_ctx filter, int fd)
{
    int result = take(filter, &of_child);
    return result == 0 ? export_for_real(filter, fd) : result;
}

static void take_filters(void)
{
    ck_assert(syscalls_prepare_child());
    ck_assert(syscalls_enter());
    ck_assert_uint_gt(own.count, 100);
    ck_assert_uint_gt(of_child.count, 20);
}

/* ---- the kernel's part: McCanne and Jacobson 1993, "The BSD Packet Filter" ---- */

static uint32_t word_at(const struct seccomp_data *call, uint32_t offset)
{
    uint32_t word;
    ck_assert_uint_le(offset, sizeof *call - sizeof word);
    memcpy(&word, (const char *)call + offset, sizeof word);
    return word;
}

static bool jumps(const struct sock_filter *instruction, uint32_t value)
{
    switch (BPF_OP(instruction->code)) {
    case BPF_JEQ: return value == instruction->k;
    case BPF_JGT: return value > instruction->k;
    case BPF_JGE: return value >= instruction->k;
    case BPF_JSET: return (value & instruction->k) != 0;
    default: ck_abort_msg("a jump of another kind, %#x", (unsigned)instruction->code);
    }
}

static uint32_t answer(const struct program *program, const struct seccomp_data *call)
{
    uint32_t value = 0;
    for (size_t at = 0; at < program->count; at++) {
        const struct sock_filter *instruction = &program->instructions[at];
        if (instruction->code == (BPF_RET | BPF_K))
            return instruction->k;
        if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
            value = word_at(call, instruction->k);
        else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K))
            value &= instruction->k;
        else if (instruction->code == (BPF_JMP | BPF_JA))
            at += instruction->k;
        else if (BPF_CLASS(instruction->code) == BPF_JMP)
            at += jumps(instruction, value) ? instruction->jt : instruction->jf;
        else
            ck_abort_msg("another instruction, %#x", (unsigned)instruction->code);
    }
    ck_abort_msg("the filter ends without an answer");
}

/* 0 where the call is allowed, or its errno. */
static int errno_of(const struct program *program, const struct seccomp_data *call)
{
    uint32_t action = answer(program, call);
    if (action == SECCOMP_RET_ALLOW)
        return 0;
    ck_assert_uint_eq(action & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
    return (int)(action & SECCOMP_RET_DATA);
}

/* The newest filter is asked first. */
static int errno_to_child(const struct seccomp_data *call)
{
    int number = errno_of(&of_child, call);
    return number != 0 ? number : errno_of(&own, call);
}

/* ---- */

struct row {
    const char *name;
    uint64_t arguments[6];
    int consumer;
    int child;
};

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define FD SYSCALLS_PROGRAM_FD
/* Of a number that is an int to it the kernel passes over the upper half. */
#define UPPER_HALF (UINT64_C(1) << 32)

static const struct row ROWS[] = {
    {"openat", {0, 0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW}, 0, 0},
    {"openat", {0, 0, O_PATH | O_DIRECTORY}, 0, 0},
    {"openat", {0, 0, O_WRONLY}, 0, EACCES},
    {"openat", {0, 0, O_RDWR}, 0, EACCES},
    {"openat", {0, 0, O_ACCMODE}, 0, EACCES},
    {"openat", {0, 0, O_RDONLY | O_CREAT}, 0, EACCES},
    {"openat", {0, 0, O_RDONLY | O_TRUNC}, 0, EACCES},
    {"openat", {0, 0, UPPER_HALF | O_WRONLY}, 0, EACCES},
    {"open", {0, O_RDONLY}, 0, 0},
    {"open", {0, O_WRONLY}, 0, EACCES},
    {"open", {0, O_RDONLY | O_CREAT}, 0, EACCES},
    {"openat2", {0}, ENOSYS, ENOSYS},
    {"clone", {SIGCHLD}, 0, EACCES},
    {"clone", {THREAD}, 0, 0},
    {"clone", {CLONE_NEWUSER | SIGCHLD}, ENOSYS, EACCES},
    {"clone", {CLONE_NEWNET | THREAD}, ENOSYS, ENOSYS},
    {"clone3", {0}, ENOSYS, ENOSYS},
    {"fork", {0}, EPERM, EPERM},
    {"execve", {0}, EPERM, EACCES},
    {"execveat", {FD, 0, 0, 0, AT_EMPTY_PATH}, 0, 0},
    {"execveat", {FD + 1, 0, 0, 0, AT_EMPTY_PATH}, ENOSYS, ENOSYS},
    {"execveat", {FD, 0, 0, 0, 0}, ENOSYS, ENOSYS},
    {"prlimit64", {0, 0, 0}, 0, 0},
    {"prlimit64", {0, 0, 4096}, 0, EACCES},
    {"prlimit64", {0, 0, UPPER_HALF}, 0, EACCES},
    {"prctl", {PR_SET_NAME}, 0, 0},
    {"prctl", {PR_SET_PDEATHSIG}, 0, EACCES},
    {"prctl", {UPPER_HALF | PR_SET_PDEATHSIG}, 0, EACCES},
    {"ioctl", {1, TCGETS}, 0, 0},
    {"ioctl", {1, TIOCSTI}, ENOSYS, ENOSYS},
    {"ioctl", {1, UPPER_HALF | TIOCSTI}, ENOSYS, ENOSYS},
    {"socket", {0}, EPERM, EPERM},
    {"setns", {0}, EPERM, EPERM},
    {"mkdirat", {0}, ENOSYS, ENOSYS},
    {"symlinkat", {0}, ENOSYS, ENOSYS},
    {"fchmodat", {0}, ENOSYS, ENOSYS},
    {"truncate", {0}, ENOSYS, ENOSYS},
    {"memfd_create", {0}, ENOSYS, ENOSYS},
    {"io_uring_setup", {0}, ENOSYS, ENOSYS},
    {"renameat", {0}, 0, EACCES},
    {"renameat2", {0}, 0, EACCES},
    {"linkat", {0}, 0, EACCES},
    {"unlinkat", {0}, 0, EACCES},
    {"ftruncate", {0}, 0, EACCES},
    {"kill", {0}, 0, EACCES},
    {"setpgid", {0}, 0, EACCES},
    {"capset", {0}, 0, EACCES},
};

/* The call's number here; false where this machine has none of the name. */
static bool is_called(const char *name, struct seccomp_data *call)
{
    *call = (struct seccomp_data){.nr = seccomp_syscall_resolve_name(name),
                                  .arch = seccomp_arch_native()};
    return call->nr >= 0;
}

static void assert_answers(const char *name, const uint64_t arguments[6], int consumer, int child)
{
    struct seccomp_data call;
    if (!is_called(name, &call))
        return;
    for (size_t i = 0; i < COUNT(call.args); i++)
        call.args[i] = arguments[i];
    int own_errno = errno_of(&own, &call);
    int childs_errno = errno_to_child(&call);
    ck_assert_msg(own_errno == consumer && childs_errno == child,
                  "%s(%#llx, %#llx, %#llx): %d to the consumer and %d to its child", name,
                  (unsigned long long)arguments[0], (unsigned long long)arguments[1],
                  (unsigned long long)arguments[2], own_errno, childs_errno);
}

START_TEST(syscalls_are_answered_by_their_arguments)
{
    take_filters();
    for (size_t i = 0; i < COUNT(ROWS); i++)
        assert_answers(ROWS[i].name, ROWS[i].arguments, ROWS[i].consumer, ROWS[i].child);
}
END_TEST

/*
 * Where a machine has none of the older calls, as arm64 has no open, stat, poll, select, pipe,
 * dup2, fork, rename or unlink, the C library makes these in their place.
 */
START_TEST(syscalls_of_a_machine_without_the_older_ones_are_on_the_list)
{
    static const char *const NAMES[] = {
        "faccessat", "faccessat2", "newfstatat",   "statx",          "readlinkat",    "ppoll",
        "pselect6",  "pipe2",      "dup3",         "getdents64",     "epoll_pwait",   "wait4",
        "futex",     "clone",      "rt_sigaction", "rt_sigprocmask", "inotify_init1", "prlimit64",
        "openat",    "renameat",   "unlinkat",     "set_robust_list"};
    static const uint64_t NOTHING[6];
    struct seccomp_data call;
    take_filters();
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        ck_assert_msg(is_called(NAMES[i], &call), "this machine has no %s", NAMES[i]);
        ck_assert_msg(errno_of(&own, &call) == 0, "%s is refused", NAMES[i]);
    }
    assert_answers("futex", NOTHING, 0, 0);
}
END_TEST

/* A number means something else to a kernel that is asked as another machine. */
START_TEST(syscalls_of_another_machine_are_not_known)
{
    static const uint32_t MACHINES[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64,
                                        AUDIT_ARCH_AARCH64, AUDIT_ARCH_PPC64};
    size_t others = 0;
    take_filters();
    for (size_t i = 0; i < COUNT(MACHINES); i++) {
        struct seccomp_data call = {.arch = MACHINES[i]};
        if (MACHINES[i] == seccomp_arch_native())
            continue;
        others++;
        for (call.nr = 0; call.nr < 500; call.nr++)
            ck_assert_int_eq(errno_of(&own, &call), ENOSYS);
    }
    ck_assert_uint_ge(others, 3);
}
END_TEST

/* Beyond the last call, and those of x32, which say that they are x86-64. */
START_TEST(syscalls_of_no_machine_are_not_known)
{
    static const int BEYOND[] = {600, 1023, 100000, 0x40000000, -1};
    struct seccomp_data call = {.arch = seccomp_arch_native()};
    take_filters();
    for (size_t i = 0; i < COUNT(BEYOND); i++) {
        call.nr = BEYOND[i];
        ck_assert_int_eq(errno_of(&own, &call), ENOSYS);
    }
    for (int number = 0; number < 500; number++) {
        call.nr = 0x40000000 | number;
        ck_assert_int_eq(errno_of(&own, &call), ENOSYS);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_syscalls_filter", syscalls_are_answered_by_their_arguments,
                       syscalls_of_a_machine_without_the_older_ones_are_on_the_list,
                       syscalls_of_another_machine_are_not_known,
                       syscalls_of_no_machine_are_not_known);
}
