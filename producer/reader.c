#include "producer/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"

/* Which file a name stood for, and how long it was; inode 0 when there was none. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t bytes;
};

struct reader {
    const char *path;
    int directory_fd;
    struct identity directory;
    struct identity file;
    struct processed_log *log;
    uint64_t generation;
};

struct reader *reader_open(const char *path)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->path = path;
    reader->directory_fd = -1;
    return reader;
}

static enum reader_state forget(struct reader *reader)
{
    if (reader->log != NULL)
        reader->generation++;
    processed_log_close(reader->log);
    if (reader->directory_fd >= 0)
        (void)close(reader->directory_fd);
    reader->log = NULL;
    reader->directory_fd = -1;
    return READER_NOT_THERE;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    (void)forget(reader);
    free(reader);
}

static bool same(struct identity left, struct identity right)
{
    return left.device == right.device && left.inode == right.inode;
}

/* The identity of a name, all zero when nothing has it. False with errno. */
static bool identify(int directory_fd, const char *name, struct identity *identity)
{
    struct stat status;
    *identity = (struct identity){0};
    if (fstatat(directory_fd, name, &status, 0) != 0)
        return errno == ENOENT;
    *identity = (struct identity){status.st_dev, status.st_ino, status.st_size};
    return true;
}

/* Takes both over in place of the older ones, which stay when the log cannot be read. */
static bool reopen(struct reader *reader, int directory_fd, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct processed_log *log = processed_log_open(directory_fd, PROCESSED_LOG_READ, error);
    if (log == NULL)
        return false;
    processed_log_close(reader->log);
    if (reader->directory_fd >= 0 && reader->directory_fd != directory_fd)
        (void)close(reader->directory_fd);
    reader->log = log;
    reader->generation++;
    reader->directory_fd = directory_fd;
    return true;
}

static enum reader_state fail(const char *path, char error[PROCESSED_LOG_ERROR_SIZE])
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot read %s: %s", path, strerror(errno));
    return READER_TROUBLE;
}

/* The directory is new, or another than before. */
static enum reader_state enter(struct reader *reader, struct identity directory,
                               char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity file;
    int directory_fd = fileio_open_directory(reader->path);
    if (directory_fd < 0)
        return errno == ENOENT ? forget(reader) : fail(reader->path, error);
    if (!identify(directory_fd, CONTRACT_PROCESSED_LOG, &file)) {
        enum reader_state state = fail(reader->path, error);
        (void)close(directory_fd);
        return state;
    }
    if (!reopen(reader, directory_fd, error)) {
        (void)close(directory_fd);
        return READER_TROUBLE;
    }
    reader->directory = directory;
    reader->file = file;
    return READER_FOLLOWED;
}

/*
 * A log that was replaced goes on under another inode, while the descriptor we
 * have stays with the old one for ever; one that was written anew in its place is
 * shorter at first, and so is one whose torn tail was cut, which costs a second
 * reading. It is looked at before it is opened: a replacement in between shows
 * at the next refresh.
 */
static enum reader_state follow(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity file;
    if (!identify(reader->directory_fd, CONTRACT_PROCESSED_LOG, &file)) {
        enum reader_state state = fail(reader->path, error);
        reader->directory = (struct identity){0}; /* as after ESTALE: to be opened anew */
        return state;
    }
    bool replaced =
        reader->file.inode != 0 && (!same(file, reader->file) || file.bytes < reader->file.bytes);
    if (replaced && !reopen(reader, reader->directory_fd, error))
        return READER_TROUBLE;
    if (!replaced && processed_log_refresh(reader->log, error) != 0)
        return READER_TROUBLE;
    reader->file = file;
    return READER_FOLLOWED;
}

enum reader_state reader_refresh(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity directory;
    if (!identify(AT_FDCWD, reader->path, &directory))
        return fail(reader->path, error);
    if (directory.inode == 0)
        return forget(reader);
    if (reader->log == NULL || !same(directory, reader->directory))
        return enter(reader, directory, error);
    return follow(reader, error);
}

const struct processed_log *reader_log(const struct reader *reader)
{
    return reader->log;
}

uint64_t reader_generation(const struct reader *reader)
{
    return reader->generation;
}
