/*
 * faults - a library for LD_PRELOAD: what strace cannot do to a program, since it can only keep a
 * call from happening or tell about it as it was.
 *
 *   RENAME_LIES=N       the Nth rename of a file that is not derived happens, and reports EIO
 *   SHORT_CALLS=1       reads and writes move a few bytes; each third is interrupted first
 *   MALLOC_FAILS=N      the Nth allocation fails; MALLOC_FAILS=N+ that and all behind it
 *   CLOCK_OFFSET=FILE   the wall clock is ahead by the seconds that the file holds
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/spared.h"

#define SHORT_BYTES 7

/* What may be deleted at any time, and whose loss nobody has to be told of. */
static bool is_derived(const char *name)
{
    static const char *const DERIVED[] = {"status.", "metrics.", "index.", "totals.",
                                          "trend.",  "stream.",  "page-"};
    for (size_t i = 0; i < sizeof DERIVED / sizeof *DERIVED; i++)
        if (strncmp(name, DERIVED[i], strlen(DERIVED[i])) == 0)
            return true;
    return false;
}

static long number_in(const char *variable)
{
    const char *value = getenv(variable);
    return value == NULL ? 0 : strtol(value, NULL, 10);
}

/* ---- rename ---- */

int renameat(int old_fd, const char *old_name, int new_fd, const char *new_name)
{
    static long seen;
    long result = syscall(SYS_renameat, old_fd, old_name, new_fd, new_name);
    if (result != 0 || is_derived(new_name) || ++seen != number_in("RENAME_LIES"))
        return (int)result;
    errno = EIO;
    return -1;
}

/* ---- short and interrupted calls ---- */

static bool interrupted(void)
{
    static unsigned calls;
    if (getenv("SHORT_CALLS") == NULL || ++calls % 3 != 0)
        return false;
    errno = EINTR;
    return true;
}

static size_t shortened(size_t size)
{
    return getenv("SHORT_CALLS") != NULL && size > SHORT_BYTES ? SHORT_BYTES : size;
}

ssize_t read(int fd, void *bytes, size_t size)
{
    return interrupted() ? -1 : syscall(SYS_read, fd, bytes, shortened(size));
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return interrupted() ? -1 : syscall(SYS_write, fd, bytes, shortened(size));
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    return interrupted() ? -1 : syscall(SYS_pread64, fd, bytes, shortened(size), offset);
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *bytes, size_t size);

static long malloc_fails_at;
static bool malloc_fails_on;

__attribute__((constructor)) static void read_malloc_fails(void)
{
    spared_find(); /* while there is memory */
    const char *value = getenv("MALLOC_FAILS");
    malloc_fails_on = value != NULL && strchr(value, '+') != NULL;
    malloc_fails_at = number_in("MALLOC_FAILS");
}

static bool no_memory(const void *caller)
{
    static long seen;
    if (malloc_fails_at == 0 || spared_is(caller))
        return false;
    seen++;
    if (seen != malloc_fails_at && !(malloc_fails_on && seen > malloc_fails_at))
        return false;
    if (spared_is_deep())
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *bytes, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(bytes, size);
}

/* ---- the wall clock ---- */

static long clock_offset(void)
{
    char text[32] = "";
    const char *path = getenv("CLOCK_OFFSET");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
    (void)close(fd);
    return length > 0 ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += clock_offset();
    return (int)result;
}

time_t time(time_t *now)
{
    struct timespec exact;
    (void)clock_gettime(CLOCK_REALTIME, &exact);
    if (now != NULL)
        *now = exact.tv_sec;
    return exact.tv_sec;
}
