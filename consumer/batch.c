#include "consumer/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"

static enum batch_state wait_for(struct batch *batch, const char *cause)
{
    batch->wait_cause = cause;
    return BATCH_WAIT;
}

static enum batch_state open_plain(struct batch *batch, int directory_fd, const char *name, int *fd,
                                   struct stat *status, struct rejection *rejection)
{
    switch (fileio_open_input(directory_fd, name, fd, status)) {
    case FILEIO_OPENED: return BATCH_GOOD;
    case FILEIO_UNAVAILABLE: return wait_for(batch, strerror(errno));
    case FILEIO_NOT_REGULAR: break;
    }
    rejection_set(rejection, REASON_NOT_A_REGULAR_FILE, "%.100s is %s", name,
                  S_ISLNK(status->st_mode)   ? "a symbolic link"
                  : S_ISDIR(status->st_mode) ? "a directory"
                  : S_ISREG(status->st_mode) ? "a file with a second name (hard link)"
                                             : "a pipe, socket or device");
    return BATCH_REJECTED;
}

static enum batch_state read_metadata(struct batch *batch, int directory_fd, const char *key,
                                      const char *data_name, const char *metadata_name,
                                      struct rejection *rejection)
{
    struct stat status;
    char *bytes = NULL;
    size_t length = 0;
    int fd = -1;
    enum batch_state state =
        open_plain(batch, directory_fd, metadata_name, &fd, &status, rejection);
    if (state != BATCH_GOOD)
        return state;
    if (fileio_read_whole(fd, CONTRACT_METADATA_MAX_BYTES, &bytes, &length) == 0) {
        batch->has_metadata = true;
        const struct metadata_subject subject = {.key = key, .file = data_name};
        if (!metadata_read(bytes, length, &subject, &batch->claims, rejection))
            state = BATCH_REJECTED;
    } else if (errno == EFBIG) {
        rejection_set(rejection, REASON_TOO_LARGE, "metadata of more than %ld bytes",
                      CONTRACT_METADATA_MAX_BYTES);
        state = BATCH_REJECTED;
    } else {
        state = wait_for(batch, strerror(errno));
    }
    free(bytes);
    (void)close(fd);
    return state;
}

static enum batch_state check_size(const struct batch *batch, struct rejection *rejection)
{
    uint64_t size = (uint64_t)batch->opened.st_size;
    if (size > BATCH_MAX_BYTES) {
        rejection_set(rejection, REASON_TOO_LARGE,
                      "%" PRIu64 " bytes, where a batch has at most %" PRIu64, size,
                      BATCH_MAX_BYTES);
        return BATCH_REJECTED;
    }
    if (batch->claims.has_bytes && batch->claims.bytes != size) {
        rejection_set(rejection, REASON_SIZE_MISMATCH,
                      "%" PRIu64 " bytes, the metadata states %" PRIu64, size, batch->claims.bytes);
        return BATCH_REJECTED;
    }
    return BATCH_GOOD;
}

enum batch_state batch_open(int directory_fd, const char *key, const char *data_name,
                            const char *metadata_name, struct batch *batch,
                            struct rejection *rejection)
{
    enum batch_state state = BATCH_GOOD;
    *batch = (struct batch){.fd = -1};
    if (metadata_name != NULL)
        state = read_metadata(batch, directory_fd, key, data_name, metadata_name, rejection);
    if (state == BATCH_GOOD)
        state = open_plain(batch, directory_fd, data_name, &batch->fd, &batch->opened, rejection);
    return state == BATCH_GOOD ? check_size(batch, rejection) : state;
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
           now.st_ctim.tv_nsec == then->st_ctim.tv_nsec && batch->bytes == (uint64_t)then->st_size;
}

enum batch_state batch_verify(struct batch *batch, struct digest *digest, ssize_t last,
                              struct rejection *rejection)
{
    char sha256[DIGEST_HEX_SIZE];
    int error = errno;
    bool hashed = digest_finish(digest, sha256);
    if (last < 0)
        return wait_for(batch, strerror(error));
    if (!hashed)
        return wait_for(batch, "SHA-256 failed");
    if (!held_still(batch))
        return wait_for(batch, "changed while it was read");
    memcpy(batch->sha256, sha256, sizeof sha256);
    if (batch->claims.has_sha256 && strcmp(batch->claims.sha256, sha256) != 0) {
        rejection_set(rejection, REASON_HASH_MISMATCH, "sha256 is %s, the metadata states %s",
                      sha256, batch->claims.sha256);
        return BATCH_REJECTED;
    }
    return BATCH_GOOD;
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
