/*
 * announce - the line of the daemon's own log about each batch that was decided.
 */
#ifndef CONSUMER_ANNOUNCE_H
#define CONSUMER_ANNOUNCE_H

#include "consumer/commits.h"

/* Its record is durable. */
void announce_decision(const struct decision *decision);

#endif
