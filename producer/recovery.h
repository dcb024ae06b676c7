/*
 * recovery - what a start makes of what the last run left behind. Called once,
 * under the producer's lock, before anything is published.
 *
 *     struct recovery recovery;
 *     if (recovery_run(&recovery, &publisher, seen, error) != 0)
 *         ...                                   nothing is lost; may be called again
 *     retention takes recovery.numbers over, or recovery_free() does
 *
 * On disk before, and afterwards:
 *
 *     .NAME.tmp                        removed
 *     data and metadata                a batch
 *     data alone                       the crash was between the two renames: it
 *                                      gets its metadata, and is a batch
 *     data alone, in all readers' logs the crash was between the two removals of
 *                                      retention: counted as a batch, which is
 *                                      deleted in its turn
 *     metadata alone                   somebody removed the data: removed
 *     data alone that cannot be read,  left alone, its number is not used again
 *     a directory under either name
 *
 * The next number is above all of these, above the last one of every log, and above all that were
 * deleted (see retired): acknowledged batches may have gone long ago, and the logs been moved away.
 */
#ifndef PRODUCER_RECOVERY_H
#define PRODUCER_RECOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "producer/acknowledgements.h"
#include "producer/publish.h"

struct recovery {
    uint64_t *numbers; /* of the batches on disk, ascending; NULL when there are none */
    size_t count;
    uint64_t completed; /* batches that got their metadata now */
    uint64_t removed;   /* metadata whose data was gone */
    uint64_t left;      /* files that are in no state to be a batch; `why` speaks of the last */
    char why[PUBLISH_ERROR_SIZE];
};

/*
 * Recovers the publisher's directory and sets publisher->next. `seen` is what
 * the readers have acknowledged, as far as that can be seen. 0, or -1 with
 * errno and one line in `error`; EINTR when the program shall end, EOVERFLOW
 * when no number is left.
 */
int recovery_run(struct recovery *recovery, struct publisher *publisher,
                 const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE]);

void recovery_free(struct recovery *recovery);

#endif
