#include "producer/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/wait.h"

static bool add(struct listing *listing, struct listed listed)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity == 0 ? 256 : listing->capacity * 2;
        struct listed *items = reallocarray(listing->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        listing->items = items;
        listing->capacity = capacity;
    }
    listing->items[listing->count++] = listed;
    return true;
}

/* Numbers that metadata could not state are nobody's we know. */
static bool is_of_a_batch(const struct dirent *entry, struct listed *listed)
{
    char key[CONTRACT_KEY_MAX + 1];
    listed->is_metadata = contract_match(CONTRACT_METADATA_PATTERN, entry->d_name, key);
    listed->is_directory = entry->d_type == DT_DIR;
    return (listed->is_metadata || contract_match(CONTRACT_DATA_PATTERN, entry->d_name, key)) &&
           contract_key_number(key, &listed->number) && listed->number <= CONTRACT_JSON_INTEGER_MAX;
}

static int read_names(DIR *stream, struct listing *listing)
{
    struct dirent *entry;
    struct listed listed;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (wait_stopping()) {
            errno = EINTR;
            return -1;
        }
        if (is_of_a_batch(entry, &listed) && !add(listing, listed))
            return -1;
    }
    return errno == 0 ? 0 : -1;
}

int listing_compare_numbers(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int compare_listed(const void *left, const void *right)
{
    const struct listed *a = left;
    const struct listed *b = right;
    int order = listing_compare_numbers(&a->number, &b->number);
    return order != 0 ? order : (int)a->is_metadata - (int)b->is_metadata;
}

int listing_read(int directory_fd, struct listing *listing)
{
    *listing = (struct listing){.count = 0};
    DIR *stream = fileio_list(directory_fd);
    int result = stream == NULL ? -1 : read_names(stream, listing);
    int saved_errno = errno;
    if (stream != NULL)
        (void)closedir(stream);
    if (listing->count > 0)
        qsort(listing->items, listing->count, sizeof *listing->items, compare_listed);
    errno = saved_errno;
    return result;
}

void listing_free(struct listing *listing)
{
    free(listing->items);
    *listing = (struct listing){.count = 0};
}
