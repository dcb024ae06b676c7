#include "producer/faults_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fileio.h"
#include "common/number.h"
#include "common/processed_record.h"
#include "producer/trouble.h"

#define BATCH_MARK "{\"batch\":"
#define FAULT_MARK ",\"fault\":"

struct faults_manifest {
    const char *path;
    int fd;
    off_t length; /* of whole lines that are durable */
};

/* --- writing --------------------------------------------------------------------------------- */

/* Word of the outcome, and whether a hash has verified it: NULL where it is not to be held against.
 */
struct expected {
    const char *outcome;
    const char *verified;
};

static struct expected expected_of(const struct faults_line *line)
{
    if (line->changed)
        return (struct expected){outcome_word(OUTCOME_CHANGED), NULL};
    switch (faults_expectation(line->fault)) {
    case FAULTS_SETTLED: return (struct expected){outcome_word(OUTCOME_PROCESSED), "false"};
    case FAULTS_IN_TIME: return (struct expected){outcome_word(OUTCOME_PROCESSED), NULL};
    case FAULTS_REJECTED: return (struct expected){outcome_word(OUTCOME_REJECTED), NULL};
    case FAULTS_ABSENT: return (struct expected){"absent", NULL};
    case FAULTS_PROCESSED:
    case FAULTS_CHANGED: break;
    }
    return (struct expected){outcome_word(OUTCOME_PROCESSED), "true"};
}

static void put_word(struct text *lines, const char *name, const char *word)
{
    text_printf(lines, ",\"%s\":", name);
    text_json_string_or_null(lines, word == NULL || word[0] == '\0' ? NULL : word);
}

void faults_manifest_put(struct text *lines, const struct faults_line *line)
{
    struct expected expected = expected_of(line);
    text_printf(lines, BATCH_MARK "%" PRIu64 FAULT_MARK, line->batch);
    text_json_string_or_null(lines, line->fault == FAULT_NONE ? NULL : faults_word(line->fault));
    put_word(lines, "outcome", expected.outcome);
    put_word(lines, "reason", reason_word(faults_reason(line->fault, line->other)));
    text_printf(lines, ",\"verified\":%s,\"rows\":%" PRIu64,
                expected.verified == NULL ? "null" : expected.verified, line->rows);
    put_word(lines, "sha256", line->sha256);
    text_put(lines, "}\n");
}

/* What a failed attempt has left would be a torn line in the middle. */
int faults_manifest_append(struct faults_manifest *manifest, const struct text *lines,
                           char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    if (text_failed(lines)) {
        errno = ENOMEM;
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "write", manifest->path);
    }
    if (lines->length == 0)
        return 0;
    if (ftruncate(manifest->fd, manifest->length) != 0 ||
        fileio_append(manifest->fd, lines->bytes, lines->length) != 0 ||
        fileio_flush(manifest->fd) != 0)
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "write", manifest->path);
    manifest->length += (off_t)lines->length;
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Who is told of the lines, and what went wrong. */
struct replay {
    faults_manifest_take *take;
    void *context;
    char *error; /* FAULTS_MANIFEST_ERROR_SIZE bytes */
};

static bool skip(const char **at, const char *mark)
{
    size_t length = strlen(mark);
    if (strncmp(*at, mark, length) != 0)
        return false;
    *at += length;
    return true;
}

/* Of the members only those that a start asks for, in the one way in which they are written. */
static bool read_line(const char *line, uint64_t *batch, enum fault *fault)
{
    const char *at = line;
    if (!skip(&at, BATCH_MARK))
        return false;
    size_t digits = strspn(at, "0123456789");
    if (!number_parse_u64(at, digits, batch))
        return false;
    at += digits;
    *fault = FAULT_NONE;
    if (!skip(&at, FAULT_MARK))
        return false;
    if (skip(&at, "null,"))
        return true;
    if (!skip(&at, "\""))
        return false;
    *fault = faults_find(at, strcspn(at, "\""));
    return *fault != FAULT_NONE;
}

static int refuse_line(const struct faults_manifest *manifest, uint64_t number,
                       char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    (void)snprintf(error, FAULTS_MANIFEST_ERROR_SIZE,
                   "%s: line %" PRIu64 " is none of a manifest of faults", manifest->path, number);
    errno = EINVAL;
    return -1;
}

/* The beginning of a line of ours, or zeros, as a power loss leaves them. */
static bool is_torn(const char *line, size_t length)
{
    size_t mark = sizeof BATCH_MARK - 1;
    return line[0] == '\0' || memcmp(line, BATCH_MARK, length < mark ? length : mark) == 0;
}

/* What getline() returned, for a line that has this number. */
static int replay_line(struct faults_manifest *manifest, const char *line, size_t length,
                       uint64_t number, const struct replay *replay)
{
    uint64_t batch;
    enum fault fault;
    bool whole = line[length - 1] == '\n';
    if (whole ? !read_line(line, &batch, &fault) : !is_torn(line, length))
        return refuse_line(manifest, number, replay->error);
    if (!whole)
        return 0;
    if (!replay->take(replay->context, batch, fault)) {
        errno = ENOMEM;
        return trouble_tell(replay->error, FAULTS_MANIFEST_ERROR_SIZE, "read", manifest->path);
    }
    manifest->length += (off_t)length;
    return 0;
}

static int replay_stream(struct faults_manifest *manifest, FILE *stream,
                         const struct replay *replay)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int result = 0;
    for (uint64_t number = 1; result == 0 && (length = getline(&line, &size, stream)) > 0; number++)
        result = replay_line(manifest, line, (size_t)length, number, replay);
    if (result == 0 && !feof(stream))
        result = trouble_tell(replay->error, FAULTS_MANIFEST_ERROR_SIZE, "read", manifest->path);
    int saved_errno = errno;
    free(line);
    errno = saved_errno;
    return result;
}

static int read_lines(struct faults_manifest *manifest, faults_manifest_take *take, void *context,
                      char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    const struct replay replay = {take, context, error};
    int fd = dup(manifest->fd);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (stream == NULL) {
        (void)trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "read", manifest->path);
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    int result = replay_stream(manifest, stream, &replay);
    (void)fclose(stream);
    if (result == 0 && ftruncate(manifest->fd, manifest->length) != 0)
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "cut", manifest->path);
    return result;
}

/* Its name is as durable as its lines are to be. */
static int open_file(const char *path)
{
    char copy[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int directory_fd = fileio_open_directory(dirname(copy));
    if (directory_fd < 0)
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0 && fileio_sync_directory(directory_fd) != 0) {
        (void)close(fd);
        fd = -1;
    }
    int saved_errno = errno;
    (void)close(directory_fd);
    errno = saved_errno;
    return fd;
}

struct faults_manifest *faults_manifest_open(const char *path, faults_manifest_take *take,
                                             void *context, char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    struct faults_manifest *manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL) {
        (void)trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "open", path);
        return NULL;
    }
    *manifest = (struct faults_manifest){.path = path, .fd = open_file(path)};
    if (manifest->fd < 0)
        (void)trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "open", path);
    else if (read_lines(manifest, take, context, error) == 0)
        return manifest;
    int saved_errno = errno;
    faults_manifest_close(manifest);
    errno = saved_errno;
    return NULL;
}

void faults_manifest_close(struct faults_manifest *manifest)
{
    if (manifest == NULL)
        return;
    if (manifest->fd >= 0)
        (void)close(manifest->fd);
    free(manifest);
}
