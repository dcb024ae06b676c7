/*
 * discovery - which batches are there, and since when they have stood still.
 *
 *     struct discovery *discovery = discovery_create(path, "data_*.csv");
 *     for (;;) {
 *         discovery_look(discovery, DISCOVERY_POLL, now_ns);
 *         for (size_t i = 0; i < discovery_count(discovery); i++)
 *             ... discovery_at(discovery, i) ...      in the order of their numbers
 *         wait for discovery_fd() or the poll interval
 *     }
 *
 * Polling is the truth, inotify only a hint: bind mounts, network and overlay
 * file systems lose events, and queues overflow. An event names a file, so the
 * one batch it belongs to is looked at and the directory is not listed. The
 * directory is listed when its mtime has changed, and every LISTING_EVERY polls
 * without that, since a file rewritten in place leaves the directory as it was.
 */
#ifndef CONSUMER_DISCOVERY_H
#define CONSUMER_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/contract.h"

/* What tells one state of a file from another without reading it. */
struct signature {
    bool there;
    mode_t mode;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

/* A batch as it was last seen. */
struct sighting {
    char key[CONTRACT_KEY_MAX + 1];
    char data_name[CONTRACT_NAME_SIZE];
    char metadata_name[CONTRACT_NAME_SIZE];
    struct signature data;
    struct signature metadata;
    int64_t unchanged_since_ns; /* both signatures are as they are since (monotonic) */
    int64_t waiting_since_ns;   /* first seen, or changed after it was decided */
    uint64_t listing;           /* the listing that last met one of its files */

    /* notes of whoever decides about batches */
    bool decided;           /* nothing is to be done until a signature changes */
    bool in_flight;         /* its chart is being drawn, */
    bool changed_in_flight; /* and a file has changed since it was read */
    bool wait_told;         /* that it waits has been logged */
    int64_t next_try_ns;    /* not to be tried before, unless a signature changes */
};

struct discovery;

/*
 * Starts watching. A directory that cannot be opened is reported by
 * discovery_look, again and again, until it can. NULL when memory is short.
 */
struct discovery *discovery_create(const char *path, const char *pattern);
void discovery_free(struct discovery *discovery);

enum discovery_look {
    DISCOVERY_POLL, /* the poll interval has passed */
    DISCOVERY_HINT  /* only discovery_fd() woke us: what it names is looked at, and no more */
};

/*
 * Brings the sightings up to date. 0, or -1 with errno when the directory could not
 * be read: then the sightings are as they were, since an unreadable directory is
 * not an empty one, and the next look opens it anew.
 */
int discovery_look(struct discovery *discovery, enum discovery_look why, int64_t now_ns);

/* For poll(2): readable when inotify has a hint; -1 where it does not work. */
int discovery_fd(const struct discovery *discovery);

/* The open directory, for opening what was sighted; -1 while it cannot be opened. */
int discovery_directory(const struct discovery *discovery);

size_t discovery_count(const struct discovery *discovery);
struct sighting *discovery_at(const struct discovery *discovery, size_t index);

#endif
