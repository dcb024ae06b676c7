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
static enum reader_state enter(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
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
    return READER_FOLLOWED;
}

/* One that is stale on a network file system is no longer the same, and is opened anew. */
enum reader_state reader_refresh(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat directory;
    if (stat(reader->path, &directory) != 0)
        return errno == ENOENT ? forget(reader) : fail(reader->path, error);
    if (reader->logs == NULL || !fileio_is_same(reader->directory_fd, &directory))
        return enter(reader, error);
    return processed_logs_refresh(reader->logs, error) == 0 ? READER_FOLLOWED : READER_TROUBLE;
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
