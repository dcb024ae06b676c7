#include "producer/datapackage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/metadata.h"
#include "common/text.h"
#include "common/wait.h"
#include "producer/listing.h"

/* Written at once. */
#define PIECE_BYTES ((size_t)64 * 1024)
#define WHY_SIZE 320
/* A producer that starts removes temporaries, and ours with them. */
#define ATTEMPTS 3

struct package {
    int directory_fd;
    int fd;
    struct listing batches;
    struct text text; /* not yet written */
    uint64_t listed;
    uint64_t left_out;
};

/* --- one batch -------------------------------------------------------------------------------- */

enum found {
    FOUND_BATCH,
    FOUND_NOTHING, /* deleted meanwhile */
    FOUND_OTHER,   /* no batch: `why` */
    FOUND_TROUBLE  /* memory is short: errno */
};

static enum found other(char why[WHY_SIZE], const char *words)
{
    (void)snprintf(why, WHY_SIZE, "%s", words);
    return FOUND_OTHER;
}

/* The metadata was there a moment ago: where it still is, nobody is deleting the batch. */
static enum found without_data(const struct package *package, const char *metadata,
                               char why[WHY_SIZE])
{
    if (faccessat(package->directory_fd, metadata, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return FOUND_NOTHING;
    return other(why, "its data is not there");
}

static enum found check_data(const struct package *package, const char *metadata, const char *data,
                             const struct metadata_claims *claims, char why[WHY_SIZE])
{
    struct stat status;
    int fd;
    switch (fileio_open_input(package->directory_fd, data, &fd, &status)) {
    case FILEIO_NOT_REGULAR: return other(why, "its data is no plain file");
    case FILEIO_UNAVAILABLE:
        return errno == ENOENT ? without_data(package, metadata, why) : other(why, strerror(errno));
    case FILEIO_OPENED: break;
    }
    (void)close(fd);
    if (!claims->has_bytes || (uint64_t)status.st_size == claims->bytes)
        return FOUND_BATCH;
    (void)snprintf(why, WHY_SIZE, "its data has %" PRIu64 " bytes, and it states %" PRIu64,
                   (uint64_t)status.st_size, claims->bytes);
    return FOUND_OTHER;
}

static enum found check_batch(const struct package *package, const char *name, uint64_t number,
                              const char *bytes, size_t length, char why[WHY_SIZE])
{
    char key[32];
    char data[CONTRACT_NAME_SIZE];
    struct metadata_claims claims;
    struct rejection rejection;
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    contract_data_name(data, number);
    const struct metadata_subject subject = {.key = key, .file = data};
    if (metadata_read(bytes, length, &subject, &claims, &rejection) &&
        metadata_is_resource(bytes, length, &subject, &rejection))
        return check_data(package, name, data, &claims, why);
    errno = ENOMEM;
    return rejection.reason == REASON_NONE ? FOUND_TROUBLE : other(why, rejection.detail);
}

static enum found read_metadata(const struct package *package, const char *name, char **bytes,
                                size_t *length, char why[WHY_SIZE])
{
    struct stat status;
    int fd;
    switch (fileio_open_input(package->directory_fd, name, &fd, &status)) {
    case FILEIO_NOT_REGULAR: return other(why, "it is no plain file");
    case FILEIO_UNAVAILABLE: return errno == ENOENT ? FOUND_NOTHING : other(why, strerror(errno));
    case FILEIO_OPENED: break;
    }
    int result = fileio_read_whole(fd, LIMITS_METADATA_BYTES, bytes, length);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    if (result == 0)
        return FOUND_BATCH;
    return errno == ENOMEM ? FOUND_TROUBLE : other(why, strerror(errno));
}

/* --- the document ----------------------------------------------------------------------------- */

static int flush_text(struct package *package)
{
    if (text_failed(&package->text)) {
        errno = ENOMEM;
        return -1;
    }
    int result = fileio_append(package->fd, package->text.bytes, package->text.length);
    text_clear(&package->text);
    return result;
}

/* JSON has no line ends inside its strings: so each line may be moved to the right. */
static void put_resource(struct package *package, const char *bytes, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", bytes[length - 1]) != NULL)
        length--;
    text_put(&package->text, package->listed == 0 ? "\n" : ",\n");
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t line = end == NULL ? length : (size_t)(end - bytes) + 1;
        text_put(&package->text, "    ");
        text_append(&package->text, bytes, line);
        bytes += line;
        length -= line;
    }
    package->listed++;
}

static int add_batch(struct package *package, uint64_t number)
{
    char key[32];
    char name[CONTRACT_NAME_SIZE];
    char why[WHY_SIZE];
    char *bytes = NULL;
    size_t length = 0;
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    contract_metadata_name(name, key);
    enum found found = read_metadata(package, name, &bytes, &length, why);
    if (found == FOUND_BATCH)
        found = check_batch(package, name, number, bytes, length, why);
    if (found == FOUND_BATCH)
        put_resource(package, bytes, length);
    else if (found == FOUND_OTHER) {
        package->left_out++;
        log_warn("left out %s: %s", name, why);
    }
    int saved_errno = errno;
    free(bytes);
    errno = saved_errno;
    return found == FOUND_TROUBLE ? -1 : 0;
}

static int add_batches(struct package *package)
{
    for (size_t i = 0; i < package->batches.count; i++) {
        const struct listed *listed = &package->batches.items[i];
        if (wait_stopping()) {
            errno = EINTR;
            return -1;
        }
        if (listed->is_metadata && add_batch(package, listed->number) != 0)
            return -1;
        if (package->text.length >= PIECE_BYTES && flush_text(package) != 0)
            return -1;
    }
    return 0;
}

static int compose(struct package *package)
{
    text_put(&package->text, "{\n"
                             "  \"name\": \"shared-data\",\n"
                             "  \"profile\": \"tabular-data-package\",\n"
                             "  \"$schema\": "
                             "\"https://datapackage.org/profiles/2.0/datapackage.json\",\n"
                             "  \"resources\": [");
    if (add_batches(package) != 0)
        return -1;
    text_put(&package->text, "\n  ]\n}\n");
    return flush_text(package);
}

/* ENODATA where there is nothing to list: a package has a resource at least. */
static int write_package(struct package *package)
{
    package->listed = 0;
    package->left_out = 0;
    text_clear(&package->text);
    listing_free(&package->batches);
    if (listing_read(package->directory_fd, &package->batches) != 0)
        return -1;
    package->fd = fileio_create_temporary(package->directory_fd, CONTRACT_DATAPACKAGE);
    if (package->fd < 0)
        return -1;
    int result = compose(package);
    if (result == 0 && package->listed == 0) {
        errno = ENODATA;
        result = -1;
    }
    if (result != 0) {
        int saved_errno = errno;
        (void)close(package->fd);
        fileio_remove_temporary(package->directory_fd, CONTRACT_DATAPACKAGE);
        errno = saved_errno;
        return -1;
    }
    if (fileio_finish_temporary(package->directory_fd, CONTRACT_DATAPACKAGE, package->fd,
                                FILEIO_DURABLE) != 0)
        return -1;
    return fileio_sync_directory(package->directory_fd);
}

/* --- the tool --------------------------------------------------------------------------------- */

static int tell(const struct package *package, const struct config *config, int result)
{
    if (result == 0) {
        const struct log_field fields[] = {log_text("dir", config->dir),
                                           log_count("resources", package->listed),
                                           log_count("left_out", package->left_out)};
        log_event(LOG_LEVEL_INFO, "wrote " CONTRACT_DATAPACKAGE, fields, 3);
        return CONTRACT_EXIT_DONE;
    }
    if (errno == EINTR && wait_stopping())
        return CONTRACT_EXIT_DONE;
    if (errno == ENODATA) {
        log_refusal("%s: there is no batch, and a data package lists one at least", config->dir);
        return CONTRACT_EXIT_NO_INPUT;
    }
    log_refusal("cannot write %s/%s: %s", config->dir, CONTRACT_DATAPACKAGE, strerror(errno));
    return CONTRACT_EXIT_IO;
}

static int refuse_lock(const struct config *config)
{
    if (errno == EWOULDBLOCK) {
        log_refusal("another data-producer --datapackage holds %s/%s", config->dir,
                    CONTRACT_DATAPACKAGE_LOCK);
        return CONTRACT_EXIT_UNAVAILABLE;
    }
    log_refusal("cannot create %s/%s: %s", config->dir, CONTRACT_DATAPACKAGE_LOCK, strerror(errno));
    return CONTRACT_EXIT_CANNOT_CREATE;
}

int datapackage_run(const struct config *config, int directory_fd)
{
    struct package package = {.directory_fd = directory_fd};
    int lock_fd = fileio_lock(directory_fd, CONTRACT_DATAPACKAGE_LOCK);
    if (lock_fd < 0)
        return refuse_lock(config);
    int result = write_package(&package);
    for (int i = 1; i < ATTEMPTS && result != 0 && errno == ENOENT; i++)
        result = write_package(&package);
    int code = tell(&package, config, result);
    text_free(&package.text);
    listing_free(&package.batches);
    (void)close(lock_fd);
    return code;
}
