#include "consumer/batch/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fileio.h"

static enum batch_state wait_for(struct batch *batch, const char *cause)
{
    batch->wait_cause = cause;
    return BATCH_WAIT;
}

/* Neither the file's fault nor its owner's: the disk, its server or the machine's means. */
static bool is_trouble(int error)
{
    static const int TROUBLES[] = {EIO, ESTALE, EMFILE, ENFILE, ENOMEM};
    for (size_t i = 0; i < sizeof TROUBLES / sizeof *TROUBLES; i++)
        if (error == TROUBLES[i])
            return true;
    return false;
}

static enum batch_state not_now(struct batch *batch, const char *name, int error)
{
    if (!is_trouble(error))
        return wait_for(batch, strerror(error));
    batch->failed_name = name;
    errno = error;
    return BATCH_FAILED;
}

/* Replaced between its check and its opening it is ESTALE as well, but not twice in a row. */
static enum fileio_opened open_input(int directory_fd, const char *name, int *fd,
                                     struct stat *status)
{
    enum fileio_opened opened = fileio_open_input(directory_fd, name, fd, status);
    if (opened == FILEIO_UNAVAILABLE && errno == ESTALE)
        opened = fileio_open_input(directory_fd, name, fd, status);
    return opened;
}

static enum batch_state open_plain(struct batch *batch, int directory_fd, const char *name, int *fd,
                                   struct stat *status, struct rejection *rejection)
{
    switch (open_input(directory_fd, name, fd, status)) {
    case FILEIO_OPENED: return BATCH_GOOD;
    case FILEIO_UNAVAILABLE: return not_now(batch, name, errno);
    case FILEIO_NOT_REGULAR: break;
    }
    rejection_set(rejection, REASON_NOT_A_REGULAR_FILE, "%.100s is %s", name,
                  S_ISLNK(status->st_mode)   ? "a symbolic link"
                  : S_ISDIR(status->st_mode) ? "a directory"
                  : S_ISREG(status->st_mode) ? "a file with a second name (hard link)"
                                             : "a pipe, socket or device");
    return BATCH_REJECTED;
}

static enum batch_state read_metadata(struct batch *batch, int directory_fd,
                                      const struct batch_files *files, const struct limits *limits,
                                      struct rejection *rejection)
{
    const struct metadata_subject subject = {
        .key = files->key, .file = files->data, .json_depth = (size_t)limits->json_depth};
    struct stat status;
    char *bytes = NULL;
    size_t length = 0;
    int fd = -1;
    enum batch_state state =
        open_plain(batch, directory_fd, files->metadata, &fd, &status, rejection);
    if (state != BATCH_GOOD)
        return state;
    if ((uintmax_t)status.st_size > limits->metadata_bytes) {
        rejection_set(rejection, REASON_TOO_LARGE,
                      "metadata of %jd bytes, where it has at most %" PRIu64
                      " (--max-metadata-size)",
                      (intmax_t)status.st_size, limits->metadata_bytes);
        state = BATCH_REJECTED;
    } else if (fileio_read_whole(fd, (size_t)limits->metadata_bytes, &bytes, &length) == 0) {
        batch->has_metadata = true;
        if (!metadata_read(bytes, length, &subject, &batch->claims, rejection))
            state = rejection->reason == REASON_NONE ? not_now(batch, files->metadata, ENOMEM)
                                                     : BATCH_REJECTED;
    } else {
        state = not_now(batch, files->metadata, errno);
    }
    int saved_errno = errno;
    free(bytes);
    (void)close(fd);
    errno = saved_errno;
    return state;
}

static enum batch_state check_size(const struct batch *batch, const struct limits *limits,
                                   struct rejection *rejection)
{
    uint64_t size = (uint64_t)batch->opened.st_size;
    if (size > limits->batch_bytes) {
        rejection_set(rejection, REASON_TOO_LARGE,
                      "%" PRIu64 " bytes, where a batch has at most %" PRIu64 " (--max-batch-size)",
                      size, limits->batch_bytes);
        return BATCH_REJECTED;
    }
    if (batch->claims.has_bytes && batch->claims.bytes != size) {
        rejection_set(rejection, REASON_SIZE_MISMATCH,
                      "%" PRIu64 " bytes, the metadata states %" PRIu64, size, batch->claims.bytes);
        return BATCH_REJECTED;
    }
    return BATCH_GOOD;
}

enum batch_state batch_open(int directory_fd, const struct batch_files *files,
                            const struct limits *limits, struct batch *batch,
                            struct rejection *rejection)
{
    enum batch_state state = BATCH_GOOD;
    *batch = (struct batch){.fd = -1, .data_name = files->data};
    if (files->metadata != NULL)
        state = read_metadata(batch, directory_fd, files, limits, rejection);
    if (state == BATCH_GOOD)
        state = open_plain(batch, directory_fd, files->data, &batch->fd, &batch->opened, rejection);
    return state == BATCH_GOOD ? check_size(batch, limits, rejection) : state;
}

ssize_t batch_read(struct batch *batch, struct digest *digest, char *buffer, size_t size)
{
    ssize_t count = fileio_read_at(batch->fd, buffer, size, (off_t)batch->bytes);
    if (count > 0) {
        digest_update(digest, buffer, (size_t)count);
        batch->bytes += (uint64_t)count;
    }
    return count;
}

/* A clock that steps backwards could restore an mtime; nobody can restore a ctime. */
static bool held_still(const struct batch *batch)
{
    struct stat now;
    const struct stat *then = &batch->opened;
    return fstat(batch->fd, &now) == 0 && now.st_size == then->st_size &&
           now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
           now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
}

enum batch_state batch_verify(struct batch *batch, struct digest *digest, ssize_t last,
                              struct rejection *rejection)
{
    char sha256[DIGEST_HEX_SIZE];
    int error = errno;
    bool hashed = digest_finish(digest, sha256);
    if (last < 0)
        return not_now(batch, batch->data_name, error);
    if (!hashed)
        return wait_for(batch, "SHA-256 failed");
    if (!held_still(batch) || batch->bytes != (uint64_t)batch->opened.st_size)
        return wait_for(batch, "changed while it was read");
    memcpy(batch->sha256, sha256, sizeof sha256);
    if (batch->claims.has_sha256 && strcmp(batch->claims.sha256, sha256) != 0) {
        rejection_set(rejection, REASON_HASH_MISMATCH, "sha256 is %s, the metadata states %s",
                      sha256, batch->claims.sha256);
        return BATCH_REJECTED;
    }
    return BATCH_GOOD;
}

enum batch_state batch_abandon(struct batch *batch, struct digest *digest)
{
    char unused[DIGEST_HEX_SIZE];
    (void)digest_finish(digest, unused); /* the next batch begins with a clean one */
    return held_still(batch) ? BATCH_GOOD : wait_for(batch, "changed while it was read");
}

bool batch_is_verified(const struct batch *batch)
{
    return batch->claims.has_sha256;
}

void batch_close(struct batch *batch)
{
    if (batch->fd >= 0)
        (void)close(batch->fd);
    batch->fd = -1;
}
