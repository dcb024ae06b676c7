#include "producer/reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fileio.h"

struct reader {
    const char *path;
    int directory_fd;
    struct stat directory; /* which one it was when it was opened */
    struct processed_logs *logs;
    uint64_t generation; /* of logs before these */
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

/* What was said before may not hold: no logs, or other ones, have another generation. */
static void drop_logs(struct reader *reader)
{
    if (reader->logs != NULL)
        reader->generation += processed_logs_generation(reader->logs) + 1;
    processed_logs_close(reader->logs);
    if (reader->directory_fd >= 0)
        (void)close(reader->directory_fd);
    reader->logs = NULL;
    reader->directory_fd = -1;
}

static enum reader_state forget(struct reader *reader)
{
    drop_logs(reader);
    return READER_NOT_THERE;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    drop_logs(reader);
    free(reader);
}

static enum reader_state fail(const char *path, char error[PROCESSED_LOG_ERROR_SIZE])
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot read %s: %s", path, strerror(errno));
    return READER_TROUBLE;
}

/* The directory is new, or another than before. The older logs stay when its own cannot be read. */
static enum reader_state enter(struct reader *reader, const struct stat *directory,
                               char error[PROCESSED_LOG_ERROR_SIZE])
{
    int directory_fd = fileio_open_directory(reader->path);
    if (directory_fd < 0)
        return errno == ENOENT ? forget(reader) : fail(reader->path, error);
    struct processed_logs *logs = processed_logs_open(directory_fd, NULL, error);
    if (logs == NULL) {
        (void)close(directory_fd);
        return READER_TROUBLE;
    }
    bool first = reader->logs == NULL;
    drop_logs(reader);
    reader->generation += first ? 1 : 0;
    reader->logs = logs;
    reader->directory_fd = directory_fd;
    reader->directory = *directory;
    return READER_FOLLOWED;
}

/* As after ESTALE of a network file system: to be opened anew. */
static bool is_stale(const struct reader *reader)
{
    struct stat status;
    return fstatat(reader->directory_fd, ".", &status, 0) != 0;
}

static enum reader_state follow(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (processed_logs_refresh(reader->logs, error) == 0)
        return READER_FOLLOWED;
    if (is_stale(reader))
        reader->directory = (struct stat){0};
    return READER_TROUBLE;
}

static bool is_same(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

enum reader_state reader_refresh(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat directory;
    if (stat(reader->path, &directory) != 0)
        return errno == ENOENT ? forget(reader) : fail(reader->path, error);
    if (reader->logs == NULL || !is_same(&directory, &reader->directory))
        return enter(reader, &directory, error);
    return follow(reader, error);
}

const struct processed_logs *reader_logs(const struct reader *reader)
{
    return reader->logs;
}

uint64_t reader_generation(const struct reader *reader)
{
    return reader->generation +
           (reader->logs == NULL ? 0 : processed_logs_generation(reader->logs));
}
