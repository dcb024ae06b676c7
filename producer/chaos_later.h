/*
 * chaos_later - what is still to come of batches that were published with a fault: metadata
 * that is late, data that is replaced once it was processed, a stray file that goes when its batch
 * was decided on.
 *
 *     chaos_later_add(&later, &item);
 *     chaos_later_publish(&later, directory_fd, now_ns, error);          metadata that is due
 *     chaos_later_follow(&later, directory_fd, log, manifest, error);    what waits for the reader
 *     while (chaos_later_release(&later, &number)) ...                   may be deleted from now on
 *     chaos_later_close(&later);
 *
 * What could not be done is tried again at the next call.
 */
#ifndef PRODUCER_CHAOS_LATER_H
#define PRODUCER_CHAOS_LATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_logs.h"
#include "common/text.h"
#include "producer/faults.h"
#include "producer/faults_manifest.h"

struct chaos_later_item {
    uint64_t number;
    enum fault fault;     /* FAULT_LATE_METADATA, FAULT_REWRITTEN or FAULT_STRAY_FILE */
    int64_t due_ns;       /* of late metadata, on the monotonic clock */
    struct text document; /* of late metadata; owned */
    bool done;            /* the data was replaced, and the reader has not noted it yet */
    bool over;            /* nothing is to come any more */
};

struct chaos_later {
    struct chaos_later_item *items;
    size_t count;
    size_t capacity;
};

/* Takes the item over, its document too. False when memory is short: then it is as it was. */
bool chaos_later_add(struct chaos_later *later, struct chaos_later_item *item);
void chaos_later_close(struct chaos_later *later);

/* True while this batch is not to be deleted, although it may have been processed. */
bool chaos_later_holds(const struct chaos_later *later, uint64_t number);

/* Takes out one that was held and may be deleted now. False when there is none. */
bool chaos_later_release(struct chaos_later *later, uint64_t *number);

/* When the next metadata is due; WAIT_FOREVER when none is late. */
int64_t chaos_later_deadline(const struct chaos_later *later);

/*
 * Publishes the metadata that is due, durably; of data that was deleted meanwhile none. 0, or -1
 * with errno and one line in `error`: then it is due again a while later.
 */
int chaos_later_publish(struct chaos_later *later, int directory_fd, int64_t now_ns,
                        char error[FAULTS_MANIFEST_ERROR_SIZE]);

/*
 * Does what the reader's decisions call for; NULL: nobody can be seen, and all waits. A
 * replacement stands in the manifest before it can be seen. 0, or -1 with errno and one line in
 * `error`.
 */
int chaos_later_follow(struct chaos_later *later, int directory_fd,
                       const struct processed_logs *log, struct faults_manifest *manifest,
                       char error[FAULTS_MANIFEST_ERROR_SIZE]);

#endif
