/*
 * discovery - which batches are there, found by looking and by being told.
 *
 *     struct discovery *discovery = discovery_create(&options);
 *     for (;;) {
 *         discovery_look(discovery, DISCOVERY_POLL, now_ns);
 *         for (size_t i = 0; i < discovery_count(discovery); i++)
 *             ... discovery_at(discovery, i) ...      in the order of their numbers
 *         wait for discovery_fd(), discovery_deadline() or the poll interval
 *     }
 *
 * Polling is the truth, inotify only a hint: bind mounts, network and overlay file systems
 * lose events, and queues overflow. An event names a file, so the one batch it belongs to is
 * looked at and the directory is not listed. The directory is listed when its mtime has
 * changed, and every LISTING_EVERY polls without that; a listing that takes long, because
 * there are many names, is not repeated at once where events have told what has changed. No look
 * reads more than `names_at_once` names or some thousand events: a longer listing, and what else
 * was told, is continued at the next, so that whoever writes without end holds nobody up.
 *
 * What was seen is kept by `sightings`.
 */
#ifndef CONSUMER_DISCOVERY_H
#define CONSUMER_DISCOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "consumer/batch/sightings.h"

struct discovery;

/* Strings are copied. */
struct discovery_options {
    const char *path;
    const char *pattern;
    uint64_t names_at_once;
    struct shard shard; /* whose batches alone are met */
    sightings_is_processed *is_processed;
    void *context;
};

/*
 * Starts watching. A directory that cannot be opened is reported by
 * discovery_look, again and again, until it can. NULL when memory is short.
 */
struct discovery *discovery_create(const struct discovery_options *options);
void discovery_free(struct discovery *discovery);

enum discovery_look {
    DISCOVERY_POLL, /* the poll interval has passed */
    DISCOVERY_HINT  /* discovery_fd() or discovery_deadline() woke us: only what they ask for */
};

/*
 * Brings the sightings up to date. 0, or -1 with errno when the directory could not
 * be read: then the sightings are as they were, since an unreadable directory is
 * not an empty one, and the next look opens it anew.
 */
int discovery_look(struct discovery *discovery, enum discovery_look why, int64_t now_ns);

/* For poll(2): readable when inotify has a hint; -1 where it does not work. */
int discovery_fd(const struct discovery *discovery);

/* When to look again at the latest, apart from polls: a listing or a comparison is unfinished. */
int64_t discovery_deadline(const struct discovery *discovery);

/* The open directory, for opening what was sighted; -1 while it cannot be opened. */
int discovery_directory(const struct discovery *discovery);

/* How many names of the last whole listing are no batch's and are passed over. */
uint64_t discovery_skipped(const struct discovery *discovery);

/* A sighting stays where it is until it is decided and then forgotten or shrunk by a look. */
size_t discovery_count(const struct discovery *discovery);
struct sighting *discovery_at(const struct discovery *discovery, size_t index);

#endif
