/*
 * revisit - a batch that was processed and whose files have changed since, or may have: does it
 * still hold what was processed?
 */
#ifndef CONSUMER_REVISIT_H
#define CONSUMER_REVISIT_H

#include <stdbool.h>

#include "common/processed_logs.h"
#include "consumer/batch/reading.h"
#include "consumer/batch/sighting.h"

/*
 * True when the reading holds what was processed, or another content that the log tells of
 * already, or when the file has only got a second name.
 */
bool revisit_finds_no_news(const struct processed_logs *logs, int results_fd,
                           const struct sighting *sighting, const struct reading *reading);

#endif
