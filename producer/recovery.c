#include "producer/recovery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/wait.h"
#include "producer/retired.h"
#include "producer/trouble.h"

/* One name in the directory that belongs to a batch. */
struct found {
    uint64_t number;
    bool is_metadata;
    bool is_directory; /* as far as the file system says so without being asked */
};

struct findings {
    struct found *items;
    size_t count;
    size_t capacity;
};

static bool add_finding(struct findings *findings, struct found found)
{
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity == 0 ? 256 : findings->capacity * 2;
        struct found *items = reallocarray(findings->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        findings->items = items;
        findings->capacity = capacity;
    }
    findings->items[findings->count++] = found;
    return true;
}

/* Numbers that metadata could not state are nobody's we know. */
static bool is_ours(const char *name, struct found *found)
{
    char key[CONTRACT_KEY_MAX + 1];
    found->is_metadata = contract_match(CONTRACT_METADATA_PATTERN, name, key);
    return (found->is_metadata || contract_match(CONTRACT_DATA_PATTERN, name, key)) &&
           contract_key_number(key, &found->number) && found->number <= CONTRACT_JSON_INTEGER_MAX;
}

static int read_names(DIR *stream, struct findings *findings)
{
    struct dirent *entry;
    struct found found;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (wait_stopping()) {
            errno = EINTR;
            return -1;
        }
        found.is_directory = entry->d_type == DT_DIR;
        if (is_ours(entry->d_name, &found) && !add_finding(findings, found))
            return -1;
    }
    return errno == 0 ? 0 : -1;
}

/* By number, the data of a batch before its metadata. */
static int compare_found(const void *left, const void *right)
{
    const struct found *a = left;
    const struct found *b = right;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (int)a->is_metadata - (int)b->is_metadata;
}

static int scan(int directory_fd, struct findings *findings)
{
    DIR *stream = fileio_list(directory_fd);
    int result = stream == NULL ? -1 : read_names(stream, findings);
    int saved_errno = errno;
    if (stream != NULL)
        (void)closedir(stream);
    if (findings->count > 0)
        qsort(findings->items, findings->count, sizeof *findings->items, compare_found);
    errno = saved_errno;
    return result;
}

static void leave(struct recovery *recovery, const char *name)
{
    recovery->left++;
    (void)snprintf(recovery->why, sizeof recovery->why, "%s is not a plain file", name);
}

static int remove_metadata(struct recovery *recovery, const struct publisher *publisher,
                           const char *key)
{
    char name[CONTRACT_NAME_SIZE];
    contract_metadata_name(name, key);
    if (unlinkat(publisher->directory_fd, name, 0) == 0) {
        recovery->removed++;
        return 0;
    }
    if (errno != EISDIR)
        return -1;
    leave(recovery, name);
    return 0;
}

/* A directory under either name: no batch can be published under this number, nor is one there. */
static void leave_directory(struct recovery *recovery, const struct found *found)
{
    char key[32];
    char name[CONTRACT_NAME_SIZE];
    (void)snprintf(key, sizeof key, "%" PRIu64, found->number);
    if (found->is_metadata)
        contract_metadata_name(name, key);
    else
        contract_data_name(name, found->number);
    leave(recovery, name);
}

static int complete_data(struct recovery *recovery, struct publisher *publisher, uint64_t number,
                         char error[PUBLISH_ERROR_SIZE])
{
    switch (publish_complete(publisher, number, error)) {
    case PUBLISH_COMPLETED:
        recovery->completed++;
        recovery->numbers[recovery->count++] = number;
        break;
    case PUBLISH_WITHHELD: recovery->numbers[recovery->count++] = number; break;
    case PUBLISH_NOT_OURS:
        recovery->left++;
        (void)snprintf(recovery->why, sizeof recovery->why, "%s", error);
        break;
    case PUBLISH_FAILED: return -1;
    }
    return 0;
}

/* Deals with the batch that begins at items[*at], and steps over it. */
static int recover_batch(struct recovery *recovery, struct publisher *publisher,
                         const struct acknowledgements *seen, const struct findings *findings,
                         size_t *at, char error[PUBLISH_ERROR_SIZE])
{
    const struct found *found = &findings->items[(*at)++];
    bool whole = *at < findings->count && findings->items[*at].number == found->number;
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, found->number);
    const struct found *last = whole ? &findings->items[(*at)++] : found;
    if (!whole && found->is_metadata && !found->is_directory)
        return remove_metadata(recovery, publisher, key);
    publisher->next = found->number + 1;
    if (found->is_directory || last->is_directory) {
        leave_directory(recovery, found->is_directory ? found : last);
        return 0;
    }
    bool going = seen->all_seen && acknowledgements_have(seen, found->number);
    if (!whole && !going)
        return complete_data(recovery, publisher, found->number, error);
    recovery->numbers[recovery->count++] = found->number;
    return 0;
}

/* Above the numbers of files, which it is already, of logs, and of what is in neither any more. */
static int pass_used_numbers(struct publisher *publisher, const struct acknowledgements *seen,
                             char error[PUBLISH_ERROR_SIZE])
{
    const char *path;
    uint64_t below;
    uint64_t last = acknowledgements_last_number(seen, &path);
    if (retired_read(publisher->directory_fd, &below) != 0)
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "read", CONTRACT_PRODUCER_RETIRED);
    if (publisher->next < below)
        publisher->next = below;
    if (last >= publisher->next)
        publisher->next = last + 1;
    if (publisher->next != 0 && publisher->next <= CONTRACT_JSON_INTEGER_MAX)
        return 0;
    errno = EOVERFLOW;
    return -1;
}

static int recover_all(struct recovery *recovery, struct publisher *publisher,
                       const struct acknowledgements *seen, const struct findings *findings,
                       char error[PUBLISH_ERROR_SIZE])
{
    publisher->next = 1;
    if (findings->count > 0) {
        recovery->numbers = calloc(findings->count, sizeof *recovery->numbers);
        if (recovery->numbers == NULL)
            return -1;
    }
    for (size_t at = 0; at < findings->count;)
        if (recover_batch(recovery, publisher, seen, findings, &at, error) != 0)
            return -1;
    if (pass_used_numbers(publisher, seen, error) != 0)
        return -1;
    return recovery->removed == 0 ? 0 : fileio_sync_directory(publisher->directory_fd);
}

int recovery_run(struct recovery *recovery, struct publisher *publisher,
                 const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE])
{
    struct findings findings = {0};
    int result = -1;
    *recovery = (struct recovery){0};
    error[0] = '\0';
    if (fileio_remove_temporaries(publisher->directory_fd) == 0 &&
        scan(publisher->directory_fd, &findings) == 0)
        result = recover_all(recovery, publisher, seen, &findings, error);
    int saved_errno = errno;
    free(findings.items);
    if (result != 0) {
        recovery_free(recovery);
        if (error[0] == '\0')
            (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot recover the batches: %s",
                           strerror(saved_errno));
    }
    errno = saved_errno;
    return result;
}

void recovery_free(struct recovery *recovery)
{
    free(recovery->numbers);
    recovery->numbers = NULL;
    recovery->count = 0;
}
