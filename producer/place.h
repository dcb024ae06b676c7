/*
 * place - how far a file has been published, kept beside the batches, so that a start goes on right
 * behind the last row, whatever ended the run before. One small file for each path:
 *
 *     .source-1f0c3a5b7d9e2468.json     a name that readers of batches pass over
 *
 *     place_write(directory_fd, &place, error);     before these batches are renamed into place
 *     place_read(directory_fd, path, &place, error) at the start
 *
 * It names the batches that are published next, in the order of their rows, and where the first of
 * them begins: it is durable before the first of them can be seen. All batches before them are
 * published. Of these, a start has to find out by their hashes which are, and makes the others from
 * the same rows again, under numbers that the place names in place of theirs. So whatever the
 * moment of a crash, each row is in one batch.
 */
#ifndef PRODUCER_PLACE_H
#define PRODUCER_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "producer/publish.h"

struct place_batch {
    uint64_t number;
    uint64_t rows;
    char sha256[DIGEST_HEX_SIZE];
};

struct place {
    char path[PATH_MAX];
    uint64_t offset_bytes; /* of the first row of the first batch */
    uint64_t line;
    bool settled; /* all of them are published, as a run that ended in peace has seen */
    size_t count; /* at least 1 */
    struct place_batch batches[PUBLISH_TOGETHER_MAX];
};

#define PLACE_NAME_SIZE 32

/* The lowest number of its batches: one that was made again has a higher one than those behind it.
 */
uint64_t place_least_number(const struct place *place);

/* The name of the file that keeps the place of `path`; false when SHA-256 cannot be had. */
bool place_name(char name[PLACE_NAME_SIZE], const char *path);

/* Durably. 0, or -1 with errno and one line in `error`. */
int place_write(int directory_fd, const struct place *place, char error[PUBLISH_ERROR_SIZE]);

enum place_found {
    PLACE_FOUND,
    PLACE_NONE,    /* nothing of the path was ever published */
    PLACE_DAMAGED, /* one line in `error` */
    PLACE_FAILED   /* errno, and one line in `error` */
};

enum place_found place_read(int directory_fd, const char *path, struct place *place,
                            char error[PUBLISH_ERROR_SIZE]);

#endif
