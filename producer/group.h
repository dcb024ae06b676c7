/*
 * group - the batches that become durable together: made by a source, staged, committed,
 * and when that fails made again, with the same bytes.
 *
 *     group_open(&group, &publisher, &source, true);
 *     while (!group_is_full(&group) && group_look(&group, &wait, error) == SOURCE_READY)
 *         group_add(&group, error);               makes and stages the next batch
 *     count = group_commit(&group, done, error);  these are durable now
 *     group_close(&group);
 *
 * How many are committed together is found out:
 * it begins with one and doubles while a commit is fast, and halves when one
 * takes so long that SIGTERM would wait for it. After a failure it begins anew:
 * so a batch that cannot be written is found, and holds up none before it.
 */
#ifndef PRODUCER_GROUP_H
#define PRODUCER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/chaos.h"
#include "producer/publish.h"
#include "producer/source.h"

/* Data that is committed together, in bytes; a batch that is larger is one more, or alone. */
#define GROUP_BYTES_MAX ((uint64_t)8 * 1024 * 1024)

struct group_batch {
    uint64_t number;
    uint64_t rows;
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    int64_t start_seconds; /* since 1970: what its bytes depend on besides its number */
    int64_t begun_ns;      /* of the monotonic clock, this attempt */
};

struct group {
    struct publisher *publisher;
    const struct source *source;
    struct group_batch batches[PUBLISH_TOGETHER_MAX];
    size_t known;        /* batches that were begun: a reader may have seen their bytes */
    size_t staged;       /* of these, how many wait for the commit */
    uint64_t bytes;      /* of their data */
    uint64_t bytes_made; /* of the batch that was made last: the next is about as large */
    size_t limit;        /* batches to commit together now */
    size_t ceiling;      /* and at most */
    bool failed_alone;
    struct chaos *chaos; /* borrowed; NULL, as a rule: set by who wants batches with faults */
};

/* Publisher and source are borrowed. Unless `together`, each batch is a group of its own. */
void group_open(struct group *group, struct publisher *publisher, const struct source *source,
                bool together);

/* Drops what is staged. */
void group_close(struct group *group);

/* True when it is time to commit. */
bool group_is_full(const struct group *group);

/* Asks the source for the next batch; see source.h. */
enum source_state group_look(const struct group *group, struct source_wait *wait,
                             char error[PUBLISH_ERROR_SIZE]);

/*
 * Makes the next batch and stages it. -1 with errno and one line in `error`: then
 * nothing is staged any more, and all of it will be made again, the same. EINTR
 * when the program shall end.
 */
int group_add(struct group *group, char error[PUBLISH_ERROR_SIZE]);

/*
 * Publishes what is staged, durably. How many batches that were, now in `done` in
 * ascending order; 0 with errno and one line in `error` when it failed: then all
 * of it will be made again, the same.
 */
size_t group_commit(struct group *group, struct group_batch done[PUBLISH_TOGETHER_MAX],
                    char error[PUBLISH_ERROR_SIZE]);

/*
 * True when what failed last was one batch by itself: waiting may help, else trying them one
 * at a time does.
 */
bool group_failed_alone(const struct group *group);

/* True when the bytes of the next batch are not free to choose: its number must stay. */
bool group_is_bound(const struct group *group);

#endif
