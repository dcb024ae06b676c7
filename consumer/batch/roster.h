/*
 * roster - sightings in the order of their keys, each once. Many new ones are noted first and put
 * in their places together, so that a listing of n names costs n log n.
 *
 *     roster_note(&roster, sighting);      any number of times, in any order, doubles too
 *     roster_sort_fresh(&roster);          now each is among roster.fresh.items, once
 *     roster_merge(&roster);               and now among roster.all.items
 *     struct sighting *sighting = roster_find(&roster, "7", 7);
 */
#ifndef CONSUMER_ROSTER_H
#define CONSUMER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/batch/sighting.h"

struct roster_array {
    struct sighting **items;
    size_t count, capacity;
};

/* Begins as {0}. Whoever takes sightings out of `all` moves the others up and frees them. */
struct roster {
    struct roster_array all;   /* by sighting_compare */
    struct roster_array fresh; /* noted and not merged yet */
};

/* Frees the sightings too. */
void roster_free(struct roster *roster);

/* NULL when it is not among `all`. `number` is that of the key, or 0. */
struct sighting *roster_find(const struct roster *roster, const char *key, uint64_t number);

/* Adds one whose key has none yet, at once. False when memory is short: it stays the caller's. */
bool roster_add(struct roster *roster, struct sighting *sighting);

/* Adds one to those that wait to be merged. False when memory is short: it stays the caller's. */
bool roster_note(struct roster *roster, struct sighting *sighting);

/* Of those with the same key one stays, which may be among `all` since; the others are freed. */
void roster_sort_fresh(struct roster *roster);

/* Behind roster_sort_fresh(). False when memory is short: nothing has changed. */
bool roster_merge(struct roster *roster);

#endif
