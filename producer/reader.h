/*
 * reader - one consumer as the producer sees it: its processed.log, or those of all its shards,
 * followed. They may come later, stop being readable, and be replaced.
 *
 *     struct reader *reader = reader_open("/shared-data/results");
 *     reader_refresh(reader, error);          as often as liked: two stat(2), one pread(2)
 *     logs = reader_logs(reader);
 *
 * The producer only ever reads there. A results directory that has vanished is
 * as one that was never there. A log that can no longer be read stays as it was
 * read last: nothing in it is taken back.
 */
#ifndef PRODUCER_READER_H
#define PRODUCER_READER_H

#include <stdint.h>

#include "common/processed_logs.h"

struct reader;

enum reader_state {
    READER_NOT_THERE, /* no such directory, yet: the logs are NULL */
    READER_FOLLOWED,  /* what is there has been taken in */
    READER_TROUBLE    /* it cannot be read or is damaged: one line in `error` */
};

/* `path` is borrowed; nothing is opened yet. NULL when memory is short. */
struct reader *reader_open(const char *path);
void reader_close(struct reader *reader);

enum reader_state reader_refresh(struct reader *reader, char error[PROCESSED_LOG_ERROR_SIZE]);

/* What has been acknowledged; NULL while none could be read. Valid until the next refresh. */
const struct processed_logs *reader_logs(const struct reader *reader);

/* Rises whenever a log is another one than before, or none any more: what it said may not hold.
 */
uint64_t reader_generation(const struct reader *reader);

#endif
