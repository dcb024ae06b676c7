/*
 * readers - all consumers of the shared directory, followed by their logs, and told of by the
 * names of their results: which of them cannot be seen, whose log cannot be read.
 *
 *     struct readers *readers = readers_open(&config.results);
 *     seen = readers_follow(readers);         as often as liked
 *     readers_close(readers);
 */
#ifndef PRODUCER_READERS_H
#define PRODUCER_READERS_H

#include "common/options.h"
#include "producer/acknowledgements.h"

struct readers;

/* A reader for each path of the list, which is borrowed. NULL when memory is short. */
struct readers *readers_open(const struct option_list *results);
void readers_close(struct readers *readers);

/* Takes in what is new, and logs what begins and what is over. Valid until the next call. */
const struct acknowledgements *readers_follow(struct readers *readers);

/* What the logs said when they were followed last; none is seen before the first time. */
const struct acknowledgements *readers_seen(const struct readers *readers);

/* The first log that cannot be read, in one line; NULL when there is none. */
const char *readers_trouble(const struct readers *readers);

#endif
