/*
 * announce - a batch was decided and its record is durable: a line of the daemon's own log, and
 * what the stream is told.
 */
#ifndef CONSUMER_ANNOUNCE_H
#define CONSUMER_ANNOUNCE_H

#include "consumer/batch/commits.h"
#include "consumer/stream/stream.h"

/* Uses up the decision's notice. */
void announce_decision(struct decision *decision, struct stream *stream);

#endif
