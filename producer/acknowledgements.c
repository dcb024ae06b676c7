#include "producer/acknowledgements.h"

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

struct acknowledgements {
    const char *path;
    int directory_fd;
    struct identity directory;
    struct identity file;
    struct processed_log *log;
};

struct acknowledgements *acknowledgements_open(const char *path)
{
    struct acknowledgements *seen = calloc(1, sizeof *seen);
    if (seen == NULL)
        return NULL;
    seen->path = path;
    seen->directory_fd = -1;
    return seen;
}

static enum acknowledgements_state forget(struct acknowledgements *seen)
{
    processed_log_close(seen->log);
    if (seen->directory_fd >= 0)
        (void)close(seen->directory_fd);
    seen->log = NULL;
    seen->directory_fd = -1;
    return ACKNOWLEDGEMENTS_NOT_THERE;
}

void acknowledgements_close(struct acknowledgements *seen)
{
    if (seen == NULL)
        return;
    (void)forget(seen);
    free(seen);
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
static bool reopen(struct acknowledgements *seen, int directory_fd,
                   char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct processed_log *log = processed_log_open(directory_fd, PROCESSED_LOG_READ, error);
    if (log == NULL)
        return false;
    processed_log_close(seen->log);
    if (seen->directory_fd >= 0 && seen->directory_fd != directory_fd)
        (void)close(seen->directory_fd);
    seen->log = log;
    seen->directory_fd = directory_fd;
    return true;
}

static enum acknowledgements_state fail(const char *path, char error[PROCESSED_LOG_ERROR_SIZE])
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot read %s: %s", path, strerror(errno));
    return ACKNOWLEDGEMENTS_TROUBLE;
}

/* The directory is new, or another than before. */
static enum acknowledgements_state enter(struct acknowledgements *seen, struct identity directory,
                                         char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity file;
    int directory_fd = fileio_open_directory(seen->path);
    if (directory_fd < 0)
        return errno == ENOENT ? forget(seen) : fail(seen->path, error);
    if (!identify(directory_fd, CONTRACT_PROCESSED_LOG, &file)) {
        enum acknowledgements_state state = fail(seen->path, error);
        (void)close(directory_fd);
        return state;
    }
    if (!reopen(seen, directory_fd, error)) {
        (void)close(directory_fd);
        return ACKNOWLEDGEMENTS_TROUBLE;
    }
    seen->directory = directory;
    seen->file = file;
    return ACKNOWLEDGEMENTS_FOLLOWED;
}

/*
 * A log that was replaced goes on under another inode, while the descriptor we
 * have stays with the old one for ever; one that was written anew in its place is
 * shorter at first, and so is one whose torn tail was cut, which costs a second
 * reading. It is looked at before it is opened: a replacement in between shows
 * at the next refresh.
 */
static enum acknowledgements_state follow(struct acknowledgements *seen,
                                          char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity file;
    if (!identify(seen->directory_fd, CONTRACT_PROCESSED_LOG, &file)) {
        enum acknowledgements_state state = fail(seen->path, error);
        seen->directory = (struct identity){0}; /* as after ESTALE: to be opened anew */
        return state;
    }
    bool replaced =
        seen->file.inode != 0 && (!same(file, seen->file) || file.bytes < seen->file.bytes);
    if (replaced && !reopen(seen, seen->directory_fd, error))
        return ACKNOWLEDGEMENTS_TROUBLE;
    if (!replaced && processed_log_refresh(seen->log, error) != 0)
        return ACKNOWLEDGEMENTS_TROUBLE;
    seen->file = file;
    return ACKNOWLEDGEMENTS_FOLLOWED;
}

enum acknowledgements_state acknowledgements_refresh(struct acknowledgements *seen,
                                                     char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct identity directory;
    if (!identify(AT_FDCWD, seen->path, &directory))
        return fail(seen->path, error);
    if (directory.inode == 0)
        return forget(seen);
    if (seen->log == NULL || !same(directory, seen->directory))
        return enter(seen, directory, error);
    return follow(seen, error);
}

const struct processed_log *acknowledgements_log(const struct acknowledgements *seen)
{
    return seen->log;
}
