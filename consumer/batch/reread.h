/*
 * reread - a batch that was processed earlier read once more, for totals that a crash took away.
 */
#ifndef CONSUMER_REREAD_H
#define CONSUMER_REREAD_H

#include <stdbool.h>

#include "common/processed_record.h"
#include "consumer/batch/reading.h"
#include "consumer/profile/batch_states.h"

/*
 * The states of its columns, the caller's to free; NULL where it is not there as it was processed,
 * or cannot be read. False when SIGTERM has come in the middle.
 */
bool reread_batch(struct reader *reader, int directory_fd, const char *pattern,
                  const struct processed_record *record, struct batch_states **states);

#endif
