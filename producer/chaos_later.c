#include "producer/chaos_later.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/fileio.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/faults_damage.h"
#include "producer/faults_objects.h"
#include "producer/trouble.h"

/* Until metadata that could not be written is due again. */
#define RETRY_NS NUMBER_NS_PER_SECOND
/* More than any header of ours has: a batch that begins with more is not replaced. */
#define HEADER_MAX ((size_t)256 * 1024)

/* --- the list -------------------------------------------------------------------------------- */

bool chaos_later_add(struct chaos_later *later, struct chaos_later_item *item)
{
    if (later->count == later->capacity) {
        size_t capacity = later->capacity == 0 ? 64 : later->capacity * 2;
        struct chaos_later_item *items = reallocarray(later->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        later->items = items;
        later->capacity = capacity;
    }
    later->items[later->count++] = *item;
    *item = (struct chaos_later_item){0};
    return true;
}

void chaos_later_close(struct chaos_later *later)
{
    for (size_t i = 0; i < later->count; i++)
        text_free(&later->items[i].document);
    free(later->items);
    *later = (struct chaos_later){0};
}

static void take_out(struct chaos_later *later, size_t at)
{
    text_free(&later->items[at].document);
    later->items[at] = later->items[--later->count];
}

/* Those that nobody holds on to: a batch whose data was replaced is released by name. */
static void take_out_over(struct chaos_later *later)
{
    for (size_t i = later->count; i-- > 0;)
        if (later->items[i].over && later->items[i].fault != FAULT_REWRITTEN)
            take_out(later, i);
}

bool chaos_later_holds(const struct chaos_later *later, uint64_t number)
{
    for (size_t i = 0; i < later->count; i++)
        if (later->items[i].number == number && later->items[i].fault == FAULT_REWRITTEN)
            return true;
    return false;
}

bool chaos_later_release(struct chaos_later *later, uint64_t *number)
{
    for (size_t i = 0; i < later->count; i++)
        if (later->items[i].over && later->items[i].fault == FAULT_REWRITTEN) {
            *number = later->items[i].number;
            take_out(later, i);
            return true;
        }
    return false;
}

/* --- late metadata --------------------------------------------------------------------------- */

int64_t chaos_later_deadline(const struct chaos_later *later)
{
    int64_t deadline_ns = WAIT_FOREVER;
    for (size_t i = 0; i < later->count; i++)
        if (later->items[i].fault == FAULT_LATE_METADATA && later->items[i].due_ns < deadline_ns)
            deadline_ns = later->items[i].due_ns;
    return deadline_ns;
}

static bool is_there(int directory_fd, const char *name)
{
    struct stat status;
    return fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* A reader that did not wait for it may have acknowledged the batch, and it be deleted since. */
static int publish_late(struct chaos_later_item *item, int directory_fd,
                        char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    char key[32];
    char data[CONTRACT_NAME_SIZE];
    char metadata[CONTRACT_NAME_SIZE];
    (void)snprintf(key, sizeof key, "%" PRIu64, item->number);
    contract_data_name(data, item->number);
    contract_metadata_name(metadata, key);
    if (is_there(directory_fd, data) &&
        fileio_replace_text(directory_fd, metadata, &item->document, FILEIO_DURABLE) != 0)
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "publish", metadata);
    item->over = true;
    return 0;
}

int chaos_later_publish(struct chaos_later *later, int directory_fd, int64_t now_ns,
                        char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    int result = 0;
    bool any = false;
    for (size_t i = 0; i < later->count && result == 0; i++) {
        struct chaos_later_item *item = &later->items[i];
        if (item->fault != FAULT_LATE_METADATA || item->due_ns > now_ns)
            continue;
        any = true;
        result = publish_late(item, directory_fd, error);
        if (result != 0)
            item->due_ns = now_ns + RETRY_NS;
    }
    int saved_errno = errno;
    take_out_over(later);
    errno = saved_errno;
    if (result == 0 && any && fileio_sync_directory(directory_fd) != 0)
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "flush", "the directory");
    return result;
}

/* --- what waits for the reader --------------------------------------------------------------- */

/* The header alone, so that doing it twice comes to the same. Empty when there is no such file. */
static int read_header(int directory_fd, const char *name, struct text *header)
{
    static char buffer[HEADER_MAX];
    struct stat status;
    int fd = -1;
    ssize_t count = 0;
    if (fileio_open_input(directory_fd, name, &fd, &status) != FILEIO_OPENED)
        return 0;
    count = fileio_read_at(fd, buffer, sizeof buffer, 0);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    if (count < 0)
        return -1;
    if (faults_header_length(buffer, (size_t)count) < sizeof buffer)
        text_append(header, buffer, faults_header_length(buffer, (size_t)count));
    return 0;
}

static bool hash(const struct text *text, char sha256[DIGEST_HEX_SIZE])
{
    struct digest *digest = digest_create();
    if (digest == NULL)
        return false;
    digest_update(digest, text->bytes, text->length);
    bool hashed = digest_finish(digest, sha256);
    digest_free(digest);
    return hashed;
}

static int write_down(const struct chaos_later_item *item, const struct text *header,
                      struct faults_manifest *manifest, char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    struct text lines = {0};
    char sha256[DIGEST_HEX_SIZE];
    if (!hash(header, sha256)) {
        errno = ENOMEM;
        return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "hash", "a header");
    }
    faults_manifest_put(&lines, &(struct faults_line){.batch = item->number,
                                                      .fault = item->fault,
                                                      .changed = true,
                                                      .sha256 = sha256});
    int result = faults_manifest_append(manifest, &lines, error);
    int saved_errno = errno;
    text_free(&lines);
    errno = saved_errno;
    return result;
}

static int replace(struct chaos_later_item *item, int directory_fd,
                   struct faults_manifest *manifest, char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    char name[CONTRACT_NAME_SIZE];
    struct text header = {0};
    int result;
    contract_data_name(name, item->number);
    if (read_header(directory_fd, name, &header) != 0)
        result = trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "read", name);
    else if (header.length == 0 && !text_failed(&header)) {
        item->over = true;
        result = 0;
    } else if ((result = write_down(item, &header, manifest, error)) == 0) {
        result = fileio_replace_text(directory_fd, name, &header, FILEIO_DURABLE);
        if (result == 0)
            item->done = true;
        else
            (void)trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "replace", name);
    }
    int saved_errno = errno;
    text_free(&header);
    errno = saved_errno;
    return result;
}

static int follow_one(struct chaos_later_item *item, int directory_fd,
                      const struct processed_entry *entry, struct faults_manifest *manifest,
                      char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    if (entry == NULL || item->over)
        return 0;
    if (item->fault == FAULT_STRAY_FILE) {
        if (faults_remove_strays(directory_fd, item->number) != 0)
            return trouble_tell(error, FAULTS_MANIFEST_ERROR_SIZE, "remove", "a stray file");
        item->over = true;
    } else if (item->fault == FAULT_REWRITTEN) {
        if (entry->outcome != OUTCOME_PROCESSED || entry->changed)
            item->over = true;
        else if (!item->done)
            return replace(item, directory_fd, manifest, error);
    }
    return 0;
}

int chaos_later_follow(struct chaos_later *later, int directory_fd,
                       const struct processed_logs *log, struct faults_manifest *manifest,
                       char error[FAULTS_MANIFEST_ERROR_SIZE])
{
    int result = 0;
    for (size_t i = 0; log != NULL && i < later->count && result == 0; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%" PRIu64, later->items[i].number);
        result = follow_one(&later->items[i], directory_fd, processed_logs_find(log, key), manifest,
                            error);
    }
    int saved_errno = errno;
    take_out_over(later);
    errno = saved_errno;
    return result;
}
