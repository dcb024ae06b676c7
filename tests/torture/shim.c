/*
 * shim - preloaded into a daemon, stands between it and the C library: counts the
 * calls that can fail, and makes one of them fail, tear or kill, as control.h says.
 *
 * It also is a fork server: main() is not run, but waits for commands; each byte
 * that comes in runs it in a fresh child. Linking and the start of OpenSSL, most of
 * the cost of a run this short, are so paid once.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/spared.h"
#include "tests/torture/control.h"

#define NS_PER_SECOND INT64_C(1000000000)
#define FDS_MAX 256
#define HANG_NS (24 * 3600 * NS_PER_SECOND)
#define LASTS_NS (120 * NS_PER_SECOND)

static struct control *control;
static bool active; /* in the daemon's main(), and not in its children */
static int children;
static int64_t elapsed_ns;
static int64_t hit_ns;
static uint32_t lasting_kind;
static char fd_names[FDS_MAX][CONTROL_NAME_SIZE];

/* The C library's own, found once. */
#define REAL(name) __typeof__(name) *name
static struct {
    REAL(open);
    REAL(openat);
    REAL(read);
    REAL(pread);
    REAL(readv);
    REAL(write);
    REAL(pwrite);
    REAL(writev);
    REAL(fsync);
    REAL(fdatasync);
    REAL(sync_file_range);
    REAL(renameat);
    REAL(renameat2);
    REAL(unlinkat);
    REAL(mkdirat);
    REAL(close);
    REAL(ftruncate);
    REAL(fstat);
    REAL(fstatat);
    REAL(fstatvfs);
    REAL(opendir);
    REAL(fdopendir);
    REAL(readdir);
    REAL(ppoll);
    REAL(fcntl);
    REAL(flock);
    REAL(inotify_init1);
    REAL(inotify_add_watch);
    REAL(pipe2);
    REAL(fork);
    REAL(waitpid);
    REAL(pthread_create);
    REAL(clock_gettime);
} real;

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

/* By way of its bytes, as ISO C has no conversion from a pointer to data to one to a function. */
static void find_into(void *function, const char *name)
{
    void *found = find(name);
    memcpy(function, &found, sizeof found);
}

#define FIND(name) find_into(&real.name, #name)

/* At the first call of all: the constructors of libraries come before main(). */
static void find_all(void)
{
    if (real.clock_gettime != NULL)
        return;
    FIND(open);
    FIND(openat);
    FIND(read);
    FIND(pread);
    FIND(readv);
    FIND(write);
    FIND(pwrite);
    FIND(writev);
    FIND(fsync);
    FIND(fdatasync);
    FIND(sync_file_range);
    FIND(renameat);
    FIND(renameat2);
    FIND(unlinkat);
    FIND(mkdirat);
    FIND(close);
    FIND(ftruncate);
    FIND(fstat);
    FIND(fstatat);
    FIND(fstatvfs);
    FIND(opendir);
    FIND(fdopendir);
    FIND(readdir);
    FIND(ppoll);
    FIND(fcntl);
    FIND(flock);
    FIND(inotify_init1);
    FIND(inotify_add_watch);
    FIND(pipe2);
    FIND(fork);
    FIND(waitpid);
    FIND(pthread_create);
    FIND(clock_gettime);
}

/* ---- names ---- */

/* The last part of a path, with digits as one N: calls on batch 1 and batch 2 read alike. */
static void copy_class(char *class, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *from = slash == NULL || slash[1] == '\0' ? path : slash + 1;
    size_t length = 0;
    for (; *from != '\0' && length < CONTROL_NAME_SIZE - 1; from++) {
        bool digit = *from >= '0' && *from <= '9';
        if (!digit || length == 0 || class[length - 1] != 'N')
            class[length++] = (char)(digit ? 'N' : *from);
    }
    class[length] = '\0';
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < FDS_MAX ? fd_names[fd] : "";
}

static void name_fd(int fd, const char *path)
{
    if (active && fd >= 0 && fd < FDS_MAX)
        copy_class(fd_names[fd], path);
}

/* ---- the point ---- */

struct call {
    bool skip;      /* is not to be made */
    bool kill;      /* does not return */
    int error;      /* to fail with, afterwards; 0 not to */
    size_t maximum; /* bytes to read or write */
};

/* As SIGKILL: nothing in this process runs any more. */
static void die(void)
{
    (void)syscall(SYS_kill, (long)getpid(), (long)SIGKILL);
    for (;;)
        (void)syscall(SYS_exit_group, 137L);
}

static size_t part_of(enum control_action action, size_t bytes)
{
    switch (action) {
    case CONTROL_TEAR_ONE: return bytes < 1 ? bytes : 1;
    case CONTROL_SHORT:
    case CONTROL_TEAR_HALF: return bytes / 2 == 0 ? bytes : bytes / 2;
    case CONTROL_TEAR_MOST: return bytes < 1 ? bytes : bytes - 1;
    default: return bytes;
    }
}

static void strike(struct call *call, size_t bytes)
{
    enum control_action action = control->point.action;
    if (!control->hit) {
        control->hit = true;
        hit_ns = elapsed_ns;
    }
    if (action == CONTROL_KILL_BEFORE)
        die();
    call->kill = action == CONTROL_KILL_AFTER || action == CONTROL_TEAR_ONE ||
                 action == CONTROL_TEAR_HALF || action == CONTROL_TEAR_MOST;
    call->skip = action == CONTROL_FAIL;
    if (action == CONTROL_FAIL || action == CONTROL_DO_AND_FAIL)
        call->error = control->point.error;
    call->maximum = part_of(action, bytes);
}

static void list_call(uint32_t kind, const char *function, const char *name, size_t bytes)
{
    if (control->calls >= CONTROL_CALLS_MAX) {
        control->overflowed = true;
        return;
    }
    struct control_call *listed = &control->call[control->calls];
    listed->kind = kind;
    listed->bytes = (uint32_t)bytes;
    (void)snprintf(listed->what, sizeof listed->what, "%s %s", function, name);
}

/* Trouble that lasts ends after two minutes of the daemon's clock: then it has to go on. */
static bool strikes_again(uint32_t kind)
{
    return control->hit && control->point.lasting && kind == lasting_kind &&
           elapsed_ns - hit_ns < LASTS_NS;
}

static struct call begin(uint32_t kind, const char *function, const char *name, size_t bytes)
{
    struct call call = {.maximum = bytes};
    find_all();
    if (!active)
        return call;
    if (control->list_calls)
        list_call(kind, function, name, bytes);
    control->calls++;
    bool armed = control->point.action != CONTROL_NOTHING && !control->point.memory;
    if (armed && control->calls == control->point.at) {
        lasting_kind = kind;
        strike(&call, bytes);
    } else if (armed && strikes_again(kind))
        strike(&call, bytes);
    return call;
}

static long end(const struct call *call, long result)
{
    if (call->kill)
        die();
    if (call->error == 0)
        return result;
    errno = call->error;
    return -1;
}

/* Makes one call by `expression` unless it is to be skipped. */
#define MAKE(call, result, expression) \
    if (!(call).skip)                  \
    (result) = (expression)

/* ---- the trace ---- */

static uint64_t inode_of(int directory_fd, const char *path)
{
    struct stat status;
    return real.fstatat(directory_fd, path, &status, AT_EMPTY_PATH) == 0 ? status.st_ino : 0;
}

/* A path may stand for itself, as that of the results directory does. */
static uint64_t directory_of(int directory_fd, const char *path)
{
    char parent[512];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return inode_of(directory_fd, directory_fd == AT_FDCWD ? "." : "");
    (void)snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return inode_of(directory_fd, parent);
}

static void copy_name(char *name, const char *path)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(name, CONTROL_NAME_SIZE, "%s", slash == NULL ? path : slash + 1);
}

static bool tracing(void)
{
    return active && control->trace;
}

static void put_trace(const struct control_trace *trace, const void *bytes)
{
    size_t size = sizeof *trace + (((size_t)trace->length + 7) & ~(size_t)7);
    if (control->trace_bytes + size > CONTROL_TRACE_MAX) {
        control->overflowed = true;
        return;
    }
    unsigned char *at = control->traced + control->trace_bytes;
    memcpy(at, trace, sizeof *trace);
    if (bytes != NULL)
        memcpy(at + sizeof *trace, bytes, trace->length);
    control->trace_bytes += size;
}

static void trace_file(enum control_traced what, int fd, uint64_t offset, const void *bytes,
                       size_t length)
{
    struct stat status;
    int saved_errno = errno;
    if (tracing() && real.fstat(fd, &status) == 0 &&
        (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        struct control_trace trace = {
            .what = what, .file = status.st_ino, .offset = offset, .length = (uint32_t)length};
        put_trace(&trace, bytes);
    }
    errno = saved_errno;
}

static void trace_written(int fd, const void *bytes, long length)
{
    if (tracing() && length > 0) {
        off_t behind = lseek(fd, 0, SEEK_CUR);
        trace_file(TRACED_WRITE, fd, (uint64_t)(behind - length), bytes, (size_t)length);
    }
}

static void trace_name(enum control_traced what, int directory_fd, const char *path, uint64_t file)
{
    struct control_trace trace = {
        .what = what, .file = file, .directory = directory_of(directory_fd, path)};
    copy_name(trace.name, path);
    put_trace(&trace, NULL);
}

/* ---- calls ---- */

static int open_counted(const char *function, int directory_fd, const char *path, int flags,
                        mode_t mode)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    long fd = -1;
    struct call call = begin(CALL_OPEN, function, class, 0);
    bool existed = tracing() && inode_of(directory_fd, path) != 0;
    MAKE(call, fd, real.openat(directory_fd, path, flags, mode));
    if (fd >= 0)
        name_fd((int)fd, strcmp(path, ".") == 0 ? name_of(directory_fd) : path);
    if (tracing() && fd >= 0 && (flags & O_CREAT) != 0 && !existed)
        trace_name(TRACED_CREATE, directory_fd, path, inode_of((int)fd, ""));
    if (tracing() && fd >= 0 && (flags & O_TRUNC) != 0 && existed)
        trace_file(TRACED_TRUNCATE, (int)fd, 0, NULL, 0);
    return (int)end(&call, fd);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, unsigned) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_counted("open", AT_FDCWD, path, flags, mode);
}

int openat(int directory_fd, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_counted("openat", directory_fd, path, flags, mode);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    long count = -1;
    struct call call = begin(CALL_READ, "read", name_of(fd), size);
    MAKE(call, count, real.read(fd, buffer, call.maximum));
    return end(&call, count);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    long count = -1;
    struct call call = begin(CALL_READ, "pread", name_of(fd), size);
    MAKE(call, count, real.pread(fd, buffer, call.maximum, offset));
    return end(&call, count);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    long count = -1;
    struct call call = begin(CALL_WRITE, "write", name_of(fd), size);
    MAKE(call, count, real.write(fd, bytes, call.maximum));
    trace_written(fd, bytes, count);
    return end(&call, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    long count = -1;
    struct call call = begin(CALL_WRITE, "pwrite", name_of(fd), size);
    MAKE(call, count, real.pwrite(fd, bytes, call.maximum, offset));
    if (count > 0)
        trace_file(TRACED_WRITE, fd, (uint64_t)offset, bytes, (size_t)count);
    return end(&call, count);
}

/* Nothing here uses them; a daemon that begins to must not slip through uncounted. */
ssize_t readv(int fd, const struct iovec *parts, int count)
{
    long result = count > 0 ? read(fd, parts[0].iov_base, parts[0].iov_len) : 0;
    return result;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    long result = count > 0 ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
    return result;
}

int fsync(int fd)
{
    long result = -1;
    struct call call = begin(CALL_SYNC, "fsync", name_of(fd), 0);
    MAKE(call, result, real.fsync(fd));
    if (result == 0)
        trace_file(TRACED_SYNC, fd, 0, NULL, 0);
    return (int)end(&call, result);
}

int fdatasync(int fd)
{
    long result = -1;
    struct call call = begin(CALL_SYNC, "fdatasync", name_of(fd), 0);
    MAKE(call, result, real.fdatasync(fd));
    if (result == 0)
        trace_file(TRACED_SYNC, fd, 0, NULL, 0);
    return (int)end(&call, result);
}

int sync_file_range(int fd, off_t offset, off_t length, unsigned flags)
{
    long result = -1;
    struct call call = begin(CALL_HINT, "sync_file_range", name_of(fd), 0);
    MAKE(call, result, real.sync_file_range(fd, offset, length, flags));
    return (int)end(&call, result);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, from);
    long result = -1;
    uint64_t file = tracing() ? inode_of(from_fd, from) : 0;
    struct call call = begin(CALL_RENAME, "rename", class, 0);
    MAKE(call, result,
         flags == 0 ? real.renameat(from_fd, from, to_fd, to)
                    : real.renameat2(from_fd, from, to_fd, to, flags));
    if (tracing() && result == 0) {
        struct control_trace trace = {.what = TRACED_RENAME,
                                      .file = file,
                                      .directory = directory_of(from_fd, from),
                                      .to_directory = directory_of(to_fd, to)};
        copy_name(trace.name, from);
        copy_name(trace.to, to);
        put_trace(&trace, NULL);
    }
    return (int)end(&call, result);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int directory_fd, const char *path, int flags)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    long result = -1;
    uint64_t file = tracing() ? inode_of(directory_fd, path) : 0;
    struct call call = begin(CALL_UNLINK, "unlink", class, 0);
    MAKE(call, result, real.unlinkat(directory_fd, path, flags));
    if (tracing() && result == 0)
        trace_name(TRACED_UNLINK, directory_fd, path, file);
    return (int)end(&call, result);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int directory_fd, const char *path, mode_t mode)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    long result = -1;
    struct call call = begin(CALL_MKDIR, "mkdir", class, 0);
    MAKE(call, result, real.mkdirat(directory_fd, path, mode));
    if (tracing() && result == 0)
        trace_name(TRACED_MKDIR, directory_fd, path, inode_of(directory_fd, path));
    return (int)end(&call, result);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* Fails after it was done, as on Linux: the descriptor is gone in any case. */
int close(int fd)
{
    struct call call = begin(CALL_CLOSE, "close", name_of(fd), 0);
    long result = real.close(fd);
    name_fd(fd, "");
    return (int)end(&call, result);
}

int ftruncate(int fd, off_t length)
{
    long result = -1;
    struct call call = begin(CALL_TRUNCATE, "ftruncate", name_of(fd), 0);
    MAKE(call, result, real.ftruncate(fd, length));
    if (result == 0)
        trace_file(TRACED_TRUNCATE, fd, (uint64_t)length, NULL, 0);
    return (int)end(&call, result);
}

int fstat(int fd, struct stat *status)
{
    long result = -1;
    struct call call = begin(CALL_STAT, "fstat", name_of(fd), 0);
    MAKE(call, result, real.fstat(fd, status));
    return (int)end(&call, result);
}

int fstatat(int directory_fd, const char *path, struct stat *status, int flags)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    long result = -1;
    struct call call = begin(CALL_STAT, "stat", class, 0);
    MAKE(call, result, real.fstatat(directory_fd, path, status, flags));
    return (int)end(&call, result);
}

int stat(const char *path, struct stat *status)
{
    return fstatat(AT_FDCWD, path, status, 0);
}

int lstat(const char *path, struct stat *status)
{
    return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int fstatvfs(int fd, struct statvfs *space)
{
    long result = -1;
    struct call call = begin(CALL_STAT, "fstatvfs", name_of(fd), 0);
    MAKE(call, result, real.fstatvfs(fd, space));
    return (int)end(&call, result);
}

static DIR *opened_directory(const char *function, const char *name, const char *path, int fd)
{
    DIR *stream = NULL;
    struct call call = begin(CALL_LIST, function, name, 0);
    MAKE(call, stream, path != NULL ? real.opendir(path) : real.fdopendir(fd));
    return end(&call, 0) == 0 ? stream : NULL;
}

DIR *opendir(const char *path)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    return opened_directory("opendir", class, path, -1);
}

DIR *fdopendir(int fd)
{
    return opened_directory("fdopendir", name_of(fd), NULL, fd);
}

struct dirent *readdir(DIR *stream)
{
    struct dirent *entry = NULL;
    struct call call = begin(CALL_LIST, "readdir", name_of(dirfd(stream)), 0);
    MAKE(call, entry, real.readdir(stream));
    return end(&call, 0) == 0 ? entry : NULL;
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    long result = -1;
    struct call call = begin(CALL_LOCK, "fcntl", name_of(fd), 0);
    MAKE(call, result, real.fcntl(fd, command, argument));
    return (int)end(&call, result);
}

int flock(int fd, int operation)
{
    long result = -1;
    struct call call = begin(CALL_LOCK, "flock", name_of(fd), 0);
    MAKE(call, result, real.flock(fd, operation));
    return (int)end(&call, result);
}

/*
 * Nothing changes in the directories while the daemon runs, so nobody misses the events; but to
 * close a real one costs some 15 ms of waiting in the kernel, ten times the rest of a run. This
 * descriptor is as silent, and free.
 */
int inotify_init1(int flags)
{
    int kept = (flags & IN_NONBLOCK) != 0 ? EFD_NONBLOCK | EFD_CLOEXEC : EFD_CLOEXEC;
    long result = -1;
    struct call call = begin(CALL_NOTIFY, "inotify_init", "", 0);
    MAKE(call, result, active ? eventfd(0, kept) : real.inotify_init1(flags));
    if (result >= 0)
        name_fd((int)result, "inotify");
    return (int)end(&call, result);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    char class[CONTROL_NAME_SIZE];
    copy_class(class, path);
    long result = -1;
    struct call call = begin(CALL_NOTIFY, "inotify_add_watch", class, 0);
    MAKE(call, result, active ? 1 : real.inotify_add_watch(fd, path, mask));
    return (int)end(&call, result);
}

int pipe2(int fds[2], int flags)
{
    long result = -1;
    struct call call = begin(CALL_MAKE, "pipe2", "", 0);
    MAKE(call, result, real.pipe2(fds, flags));
    if (result == 0) {
        name_fd(fds[0], "pipe");
        name_fd(fds[1], "pipe");
    }
    return (int)end(&call, result);
}

pid_t fork(void)
{
    long result = -1;
    struct call call = begin(CALL_MAKE, "fork", "", 0);
    MAKE(call, result, real.fork());
    if (result == 0)
        active = false; /* the child is another program: it is left alone */
    if (result > 0)
        children++;
    return result == 0 ? 0 : (pid_t)end(&call, result);
}

/*
 * There is no thread to be had: so the caller does everything itself, calls have one order in all
 * runs, and what is counted here needs no lock.
 */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    find_all();
    return active ? EAGAIN : real.pthread_create(thread, attributes, run, argument);
}

pid_t waitpid(pid_t child, int *status, int options)
{
    find_all();
    pid_t result = real.waitpid(child, status, options);
    if (active && result > 0)
        children--;
    return result;
}

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    find_all();
    if (!active)
        return real.clock_gettime(clock, now);
    elapsed_ns += 1000;
    int64_t base = clock == CLOCK_REALTIME ? control->wall_seconds : 1000000;
    now->tv_sec = base + elapsed_ns / NS_PER_SECOND;
    now->tv_nsec = elapsed_ns % NS_PER_SECOND;
    return 0;
}

/* A wait costs the daemon time and us none, unless one of its children has to work meanwhile. */
static int wait_on_our_clock(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                             const sigset_t *mask)
{
    static const struct timespec no_time = {0, 0};
    struct timespec step = {0, 5000000};
    int64_t left = timeout == NULL ? HANG_NS : timeout->tv_sec * NS_PER_SECOND + timeout->tv_nsec;
    for (;;) {
        int ready = real.ppoll(fds, count, children > 0 && left > 0 ? &step : &no_time, mask);
        int64_t passed = children > 0 && left > step.tv_nsec ? step.tv_nsec : left;
        if (ready != 0)
            return ready;
        elapsed_ns += passed;
        left -= passed;
        if (elapsed_ns >= HANG_NS) {
            control->hung = true;
            die();
        }
        if (left <= 0)
            return 0;
    }
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    find_all();
    if (!active)
        return real.ppoll(fds, count, timeout, mask);
    long result = -1;
    struct call call = begin(CALL_WAIT, "poll", "", 0);
    MAKE(call, result, wait_on_our_clock(fds, count, timeout, mask));
    return (int)end(&call, result);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    return ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* False when this allocation, asked for at `caller`, is to fail. */
static bool grant(const void *caller)
{
    struct call call = {0};
    if (!active || spared_is(caller))
        return true;
    control->allocations++;
    bool armed = control->point.action != CONTROL_NOTHING && control->point.memory;
    if (armed && control->allocations == control->point.at) {
        lasting_kind = CALL_MEMORY;
        strike(&call, 0);
    } else if (armed && strikes_again(CALL_MEMORY))
        strike(&call, 0);
    if (call.error == 0 || spared_is_deep())
        return true;
    errno = ENOMEM;
    return false;
}

void *malloc(size_t size)
{
    return grant(__builtin_return_address(0)) ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size)
{
    return grant(__builtin_return_address(0)) ? __libc_calloc(count, size) : NULL;
}

void *realloc(void *old, size_t size)
{
    return grant(__builtin_return_address(0)) ? __libc_realloc(old, size) : NULL;
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return grant(__builtin_return_address(0)) ? __libc_realloc(old, bytes) : NULL;
}

/* ---- other names of the same calls ---- */

#define SAME(result, name, parameters, call) \
    result name parameters;                  \
    result name parameters                   \
    {                                        \
        return call;                         \
    }
/* Fortified: what the compiler calls where it could not prove that the buffer suffices. */
SAME(int, __open_2, (const char *path, int flags), open(path, flags))
SAME(int, __open64_2, (const char *path, int flags), open(path, flags))
SAME(int, __openat_2, (int fd, const char *path, int flags), openat(fd, path, flags))
SAME(int, __openat64_2, (int fd, const char *path, int flags), openat(fd, path, flags))
SAME(ssize_t, __read_chk, (int fd, void *to, size_t size, size_t room),
     read(fd, to, size < room ? size : room))
SAME(ssize_t, __pread_chk, (int fd, void *to, size_t size, off_t offset, size_t room),
     pread(fd, to, size < room ? size : room, offset))
SAME(ssize_t, __pread64_chk, (int fd, void *to, size_t size, off_t offset, size_t room),
     pread(fd, to, size < room ? size : room, offset))
SAME(int, __poll_chk, (struct pollfd * fds, nfds_t count, int timeout_ms, size_t room),
     room == 0 ? -1 : poll(fds, count, timeout_ms))
SAME(int, __ppoll_chk,
     (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
      size_t room),
     room == 0 ? -1 : ppoll(fds, count, timeout, mask))
/* Large files: on 64 bits the same. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "this is a 64-bit program");

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open(path, flags, mode);
}

int openat64(int fd, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return openat(fd, path, flags, mode);
}

SAME(ssize_t, pread64, (int fd, void *to, size_t size, off64_t offset), pread(fd, to, size, offset))
SAME(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t offset),
     pwrite(fd, bytes, size, offset))
SAME(int, ftruncate64, (int fd, off64_t length), ftruncate(fd, length))
SAME(int, fstat64, (int fd, struct stat64 *status), fstat(fd, (struct stat *)status))
SAME(int, stat64, (const char *path, struct stat64 *status), stat(path, (struct stat *)status))
SAME(int, lstat64, (const char *path, struct stat64 *status), lstat(path, (struct stat *)status))
SAME(int, fstatat64, (int fd, const char *path, struct stat64 *status, int flags),
     fstatat(fd, path, (struct stat *)status, flags))
SAME(int, fstatvfs64, (int fd, struct statvfs64 *space), fstatvfs(fd, (struct statvfs *)space))
SAME(struct dirent64 *, readdir64, (DIR * stream), (struct dirent64 *)readdir(stream))

/* ---- the fork server ---- */

/*
 * OpenSSL reads its configuration and loads its provider at the first use, with some
 * thousand allocations. Done before the fork, they are no points, and are paid once.
 */
static void warm_up(void)
{
    typedef void *fetch(void *, const char *, const char *);
    typedef void release(void *);
    fetch *fetch_digest;
    release *free_digest;
    void *found[] = {dlsym(RTLD_DEFAULT, "EVP_MD_fetch"), dlsym(RTLD_DEFAULT, "EVP_MD_free")};
    memcpy(&fetch_digest, &found[0], sizeof found[0]);
    memcpy(&free_digest, &found[1], sizeof found[1]);
    if (fetch_digest != NULL && free_digest != NULL)
        free_digest(fetch_digest(NULL, "SHA256", NULL));
}

static bool map_control(void)
{
    const char *path = getenv(CONTROL_VARIABLE);
    int fd = path == NULL ? -1 : real.openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)real.close(fd);
    return control != MAP_FAILED;
}

typedef int main_function(int, char **, char **);
static main_function *daemon_main;

static void answer(int32_t word)
{
    if (real.write(CONTROL_ANSWER_FD, &word, sizeof word) != sizeof word)
        _exit(0);
}

static int serve(int argc, char **argv, char **environment)
{
    char command;
    int status = 0;
    find_all();
    if (!map_control())
        return daemon_main(argc, argv, environment);
    (void)unsetenv("LD_PRELOAD");
    (void)unsetenv(CONTROL_VARIABLE);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    warm_up();
    spared_find();
    while (real.read(CONTROL_COMMAND_FD, &command, 1) == 1) {
        pid_t child = real.fork();
        if (child == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)real.close(CONTROL_COMMAND_FD);
            (void)real.close(CONTROL_ANSWER_FD);
            active = true;
            name_fd(STDOUT_FILENO, "stdout");
            name_fd(STDERR_FILENO, "stderr");
            return daemon_main(argc, argv, environment);
        }
        answer(child);
        if (child > 0 && real.waitpid(child, &status, 0) == child)
            answer(status);
    }
    _exit(0);
}

/* Everything is linked and set up when this is called; main() is all that is left. */
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_function *start;
    find_into(&start, "__libc_start_main");
    daemon_main = main;
    return start(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
