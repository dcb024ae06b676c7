#include "producer/recovery.h"

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
#include "producer/listing.h"
#include "producer/retired.h"
#include "producer/trouble.h"

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
static void leave_directory(struct recovery *recovery, const struct listed *found)
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
                         const struct acknowledgements *seen, const struct listing *listing,
                         size_t *at, char error[PUBLISH_ERROR_SIZE])
{
    const struct listed *found = &listing->items[(*at)++];
    bool whole = *at < listing->count && listing->items[*at].number == found->number;
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, found->number);
    const struct listed *last = whole ? &listing->items[(*at)++] : found;
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
                       const struct acknowledgements *seen, const struct listing *listing,
                       char error[PUBLISH_ERROR_SIZE])
{
    publisher->next = 1;
    if (listing->count > 0) {
        recovery->numbers = calloc(listing->count, sizeof *recovery->numbers);
        if (recovery->numbers == NULL)
            return -1;
    }
    for (size_t at = 0; at < listing->count;)
        if (recover_batch(recovery, publisher, seen, listing, &at, error) != 0)
            return -1;
    if (pass_used_numbers(publisher, seen, error) != 0)
        return -1;
    return recovery->removed == 0 ? 0 : fileio_sync_directory(publisher->directory_fd);
}

int recovery_run(struct recovery *recovery, struct publisher *publisher,
                 const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE])
{
    struct listing listing = {0};
    int result = -1;
    *recovery = (struct recovery){0};
    error[0] = '\0';
    if (fileio_remove_temporaries(publisher->directory_fd, FILEIO_WHENEVER) == 0 &&
        listing_read(publisher->directory_fd, &listing) == 0)
        result = recover_all(recovery, publisher, seen, &listing, error);
    int saved_errno = errno;
    listing_free(&listing);
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
