/*
 * acknowledgements - the consumer's processed.log, followed from the
 * producer's side: it may come later, stop being readable, and be replaced.
 *
 *     struct acknowledgements *seen = acknowledgements_open("/shared-data/results");
 *     acknowledgements_refresh(seen, error);          as often as liked: two stat(2), one pread(2)
 *     log = acknowledgements_log(seen);
 *
 * The producer only ever reads there. A results directory that has vanished is
 * as one that was never there. A log that can no longer be read stays as it was
 * read last: nothing in it is taken back.
 */
#ifndef PRODUCER_ACKNOWLEDGEMENTS_H
#define PRODUCER_ACKNOWLEDGEMENTS_H

#include "common/processed_log.h"

struct acknowledgements;

enum acknowledgements_state {
    ACKNOWLEDGEMENTS_NOT_THERE, /* no such directory, yet: the log is NULL */
    ACKNOWLEDGEMENTS_FOLLOWED,  /* what is there has been taken in */
    ACKNOWLEDGEMENTS_TROUBLE    /* it cannot be read or is damaged: one line in `error` */
};

/* `path` is borrowed; nothing is opened yet. NULL when memory is short. */
struct acknowledgements *acknowledgements_open(const char *path);
void acknowledgements_close(struct acknowledgements *seen);

enum acknowledgements_state acknowledgements_refresh(struct acknowledgements *seen,
                                                     char error[PROCESSED_LOG_ERROR_SIZE]);

/* What has been acknowledged; NULL while none could be read. Valid until the next refresh. */
const struct processed_log *acknowledgements_log(const struct acknowledgements *seen);

#endif
