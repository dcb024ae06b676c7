#include "producer/inlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/wait.h"

/* Not to be kept waiting by a FIFO that nobody writes to yet. */
static int open_path(const char *from)
{
    if (strcmp(from, "-") == 0)
        return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return open(from, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* The kernel's name for it is the same whichever way it was opened. */
static int find_path(struct inlet *inlet)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", inlet->fd);
    ssize_t length = readlink(link, inlet->path, sizeof inlet->path - 1);
    if (length < 0)
        return -1;
    inlet->path[length] = '\0';
    return 0;
}

static int look_at(struct inlet *inlet)
{
    struct stat status;
    if (fstat(inlet->fd, &status) != 0)
        return -1;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    inlet->seekable = S_ISREG(status.st_mode) && lseek(inlet->fd, 0, SEEK_CUR) == 0;
    return inlet->seekable ? find_path(inlet) : 0;
}

int inlet_open(struct inlet *inlet, const char *from, char error[INLET_ERROR_SIZE])
{
    bool standard = strcmp(from, "-") == 0;
    *inlet = (struct inlet){.fd = open_path(from), .name = standard ? "standard input" : from};
    if (inlet->fd >= 0 && look_at(inlet) == 0)
        return 0;
    int saved_errno = errno;
    (void)snprintf(error, INLET_ERROR_SIZE, "--from %.400s: %s", from, strerror(saved_errno));
    inlet_close(inlet);
    errno = saved_errno;
    return -1;
}

void inlet_close(struct inlet *inlet)
{
    if (inlet->fd >= 0)
        (void)close(inlet->fd);
    inlet->fd = -1;
}

/* A hang-up is readable too: as the end. */
static bool has_something(int fd)
{
    struct pollfd poll = {.fd = fd, .events = POLLIN};
    return wait_for(&poll, 1, clock_now_ns()) == WAIT_READY;
}

static ssize_t read_once(struct inlet *inlet, char *buffer, size_t size)
{
    if (inlet->seekable)
        return fileio_read_at(inlet->fd, buffer, size, (off_t)inlet->offset_bytes);
    errno = EAGAIN;
    return has_something(inlet->fd) ? read(inlet->fd, buffer, size) : -1;
}

enum inlet_answer inlet_read(struct inlet *inlet, char *buffer, size_t size, size_t *length)
{
    ssize_t count = read_once(inlet, buffer, size);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? INLET_NOTHING_YET : INLET_FAILED;
    *length = (size_t)count;
    inlet->offset_bytes += (uint64_t)count;
    return count == 0 ? INLET_END : INLET_BYTES;
}

bool inlet_was_shortened(const struct inlet *inlet)
{
    struct stat status;
    return inlet->seekable && fstat(inlet->fd, &status) == 0 &&
           (uint64_t)status.st_size < inlet->offset_bytes;
}

void inlet_seek(struct inlet *inlet, uint64_t offset_bytes)
{
    inlet->offset_bytes = offset_bytes;
}
