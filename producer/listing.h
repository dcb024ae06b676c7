/*
 * listing - which files of batches a directory holds, by their numbers.
 *
 *     if (listing_read(directory_fd, &listing) != 0) ...
 *     listing.items[i]                                 ascending, data before its metadata
 *     listing_free(&listing);
 */
#ifndef PRODUCER_LISTING_H
#define PRODUCER_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One name in the directory that belongs to a batch. */
struct listed {
    uint64_t number;
    bool is_metadata;
    bool is_directory; /* as far as the file system says so without being asked */
};

struct listing {
    struct listed *items;
    size_t count;
    size_t capacity;
};

/* 0, or -1 with errno; EINTR when the program shall end. Free it after both. */
int listing_read(int directory_fd, struct listing *listing);
void listing_free(struct listing *listing);

/* Which of two numbers comes first, for qsort(3) and bsearch(3) of uint64_t. */
int listing_compare_numbers(const void *left, const void *right);

#endif
