#include "consumer/profile/profile_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256u * 1024u)

/* A directory opens and cannot be read: it is better told apart from a disk that fails. */
static int refuse_directory(int fd)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode))
        return fd;
    (void)close(fd);
    errno = EISDIR;
    return -1;
}

static int open_path(const char *path)
{
    if (strcmp(path, "-") == 0)
        return refuse_directory(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    return refuse_directory(open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC));
}

static ssize_t read_some(int fd, char *buffer)
{
    ssize_t count;
    do
        count = read(fd, buffer, READ_BYTES);
    while (count < 0 && errno == EINTR);
    return count;
}

/* From where it is read on, as standard input need not stand at its beginning. */
static uint64_t bytes_ahead(int fd)
{
    struct stat status;
    off_t at = lseek(fd, 0, SEEK_CUR);
    bool known = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && at >= 0;
    return known && status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
}

static enum profile_input_result short_of_memory(const struct rejection *rejection)
{
    errno = ENOMEM;
    return rejection->reason != REASON_NONE ? PROFILE_INPUT_DAMAGED : PROFILE_INPUT_FAILED;
}

struct work {
    struct profiler *profiler;
    struct digest *digest;
    char *buffer;
    const struct profile_input_watch *watch;
};

static enum profile_input_result read_all(int fd, struct work *work, struct profile_input *input)
{
    ssize_t count;
    uint64_t total = work->watch != NULL ? bytes_ahead(fd) : 0;
    while ((count = read_some(fd, work->buffer)) > 0) {
        digest_update(work->digest, work->buffer, (size_t)count);
        input->bytes += (uint64_t)count;
        if (!profiler_feed(work->profiler, work->buffer, (size_t)count, &input->rejection))
            return short_of_memory(&input->rejection);
        if (work->watch != NULL)
            work->watch->tick(work->watch->context, input->bytes, total);
    }
    if (count < 0)
        return PROFILE_INPUT_FAILED;
    if (!profiler_finish(work->profiler, &input->profile, &input->rejection) ||
        !digest_finish(work->digest, input->sha256))
        return short_of_memory(&input->rejection);
    return PROFILE_INPUT_GOOD;
}

static enum profile_input_result read_opened(int fd, const struct limits *limits,
                                             const struct csv_rules *rules,
                                             const struct profile_input_watch *watch,
                                             struct profile_input *input)
{
    struct work work = {.profiler = profiler_create(rules, limits),
                        .digest = digest_create(),
                        .buffer = malloc(READ_BYTES),
                        .watch = watch};
    enum profile_input_result result = short_of_memory(&input->rejection);
    if (work.profiler != NULL && work.digest != NULL && work.buffer != NULL)
        result = read_all(fd, &work, input);
    int saved_errno = errno;
    profiler_free(work.profiler);
    digest_free(work.digest);
    free(work.buffer);
    errno = saved_errno;
    return result;
}

enum profile_input_result profile_input_read(const char *path, const struct limits *limits,
                                             const struct csv_rules *rules,
                                             const struct profile_input_watch *watch,
                                             struct profile_input *input)
{
    *input = (struct profile_input){.bytes = 0};
    int fd = open_path(path);
    if (fd < 0)
        return PROFILE_INPUT_CLOSED;
    enum profile_input_result result = read_opened(fd, limits, rules, watch, input);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    return result;
}

void profile_input_free(struct profile_input *input)
{
    profile_free(&input->profile);
}
