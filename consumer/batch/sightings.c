#include "consumer/batch/sightings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract.h"
#include "common/text.h"
#include "consumer/batch/roster.h"
#include "consumer/batch/settled.h"

/* At each poll: one stat(2) or two of each, together some milliseconds. */
#define REFRESH_AT_ONCE 4096
#define VERIFY_AT_ONCE 256
/* Content to be compared between two looks at what is new. */
#define VERIFY_BYTES (16 * 1024 * 1024)

struct sightings {
    char *pattern;
    struct shard shard;
    bool any_metadata; /* the pattern is the producer's own, and so is every metadata_*.json */
    sightings_is_processed *is_processed;
    void *context;
    uint64_t listing;
    uint64_t skipped, skipping; /* names that are no batch's: in the last listing, in this one */

    struct roster roster;
    struct settled settled;

    size_t refresh_at; /* whose turn it is */
    size_t verify_at;
    size_t unverified;
};

struct sightings *sightings_create(const char *pattern, struct shard shard,
                                   sightings_is_processed *is_processed, void *context)
{
    struct sightings *sightings = calloc(1, sizeof *sightings);
    if (sightings == NULL)
        return NULL;
    sightings->any_metadata = strcmp(pattern, CONTRACT_DATA_PATTERN) == 0;
    sightings->shard = shard;
    sightings->is_processed = is_processed;
    sightings->context = context;
    sightings->pattern = strdup(pattern);
    if (sightings->pattern != NULL)
        return sightings;
    free(sightings);
    return NULL;
}

void sightings_free(struct sightings *sightings)
{
    if (sightings == NULL)
        return;
    roster_free(&sightings->roster);
    settled_free(&sightings->settled);
    free(sightings->pattern);
    free(sightings);
}

static struct sighting *make(const struct sightings *sightings, const char *key, int64_t now_ns)
{
    struct sighting *sighting = sighting_new(sightings->pattern, key, now_ns);
    if (sighting != NULL)
        sighting->listing = sightings->listing;
    return sighting;
}

/* Of a key that has none yet. */
static struct sighting *add_sighting(struct sightings *sightings, const char *key, int64_t now_ns)
{
    struct sighting *sighting = make(sightings, key, now_ns);
    if (sighting != NULL && roster_add(&sightings->roster, sighting))
        return sighting;
    free(sighting);
    return NULL;
}

/* ---- what was processed ---- */

/* Its data file differs from what it was, or has not been compared yet. */
static void sight_again(struct sightings *sightings, struct settled_batch *settled,
                        int directory_fd, int64_t now_ns)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)settled->number);
    struct sighting *sighting = add_sighting(sightings, key, now_ns);
    if (sighting == NULL)
        return; /* in its next turn */
    settled->sighted = 1;
    sighting->processed = true;
    sighting_refresh(sighting, directory_fd, now_ns);
}

/* Returns the size of what is to be compared. */
static off_t look_at_settled(struct sightings *sightings, struct settled_batch *settled,
                             int directory_fd, int64_t now_ns)
{
    char key[32];
    char name[CONTRACT_NAME_SIZE];
    if (settled->sighted)
        return 0;
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)settled->number);
    sighting_data_name(sightings->pattern, key, name);
    struct signature now = signature_read(directory_fd, name);
    if (!now.there || (settled->fingerprint == signature_fingerprint(&now)))
        return 0; /* what is gone is forgotten by the next listing */
    sight_again(sightings, settled, directory_fd, now_ns);
    return now.size;
}

/* ---- listing ---- */

void sightings_begin(struct sightings *sightings)
{
    sightings->listing++;
    sightings->skipping = 0;
    settled_begin_listing(&sightings->settled);
}

/* The key of a name that is a batch's; of one that is not UTF-8 the log could not hold the key. */
static bool key_of(const struct sightings *sightings, const char *name,
                   char key[CONTRACT_KEY_MAX + 1], bool *is_data)
{
    *is_data = contract_match(sightings->pattern, name, key);
    return (*is_data || contract_match(CONTRACT_METADATA_PATTERN, name, key)) &&
           text_is_utf8(key, strlen(key));
}

static bool list_unknown(struct sightings *sightings, const char *key, uint64_t number,
                         int64_t now_ns)
{
    if (number != 0 && sightings->is_processed(sightings->context, key))
        return settled_note(&sightings->settled, number, 0);
    struct sighting *sighting = make(sightings, key, now_ns);
    if (sighting != NULL && roster_note(&sightings->roster, sighting))
        return true;
    free(sighting);
    return false;
}

/* Nobody is told of what belongs there: what is in flight, locks, and the results. */
static bool is_stranger(const char *name)
{
    return !contract_is_in_flight(name) && strcmp(name, CONTRACT_RESULTS_NAME) != 0;
}

bool sightings_list(struct sightings *sightings, const char *name, int64_t now_ns)
{
    char key[CONTRACT_KEY_MAX + 1];
    uint64_t number = 0;
    bool is_data;
    if (!key_of(sightings, name, key, &is_data)) {
        sightings->skipping += is_stranger(name) ? 1 : 0;
        return true;
    }
    if (!shard_owns(sightings->shard, key))
        return true;
    (void)contract_key_number(key, &number);
    struct settled_batch *settled = settled_find(&sightings->settled, number);
    struct sighting *sighting = roster_find(&sightings->roster, key, number);
    if (settled != NULL)
        settled->listed = 1;
    if (sighting != NULL)
        sighting->listing = sightings->listing;
    /* Metadata without data is a batch on its way only where all metadata is of our batches. */
    if (settled != NULL || sighting != NULL || (!is_data && !sightings->any_metadata))
        return true;
    return list_unknown(sightings, key, number, now_ns);
}

bool sightings_merge(struct sightings *sightings, int directory_fd, int64_t now_ns)
{
    if (sightings->settled.fresh_count > 0) {
        if (!settled_merge(&sightings->settled))
            return false;
        sightings->unverified = sightings->settled.count;
    }
    struct roster *roster = &sightings->roster;
    roster_sort_fresh(roster);
    for (size_t i = 0; i < roster->fresh.count; i++)
        sighting_refresh(roster->fresh.items[i], directory_fd, now_ns);
    return roster_merge(roster);
}

static bool is_gone(const struct sighting *sighting)
{
    return !sighting->data.there && !sighting->metadata.there && !sighting->in_flight;
}

static void forget_sighting(struct sightings *sightings, struct sighting *sighting)
{
    struct settled_batch *settled = settled_find(&sightings->settled, sighting->number);
    if (settled != NULL)
        settled->sighted = 0;
    free(sighting);
}

static void forget_gone(struct sightings *sightings)
{
    struct sighting **all = sightings->roster.all.items;
    size_t kept = 0;
    for (size_t i = 0; i < sightings->roster.all.count; i++)
        if (is_gone(all[i]))
            forget_sighting(sightings, all[i]);
        else
            all[kept++] = all[i];
    sightings->roster.all.count = kept;
}

void sightings_forget(struct sightings *sightings, int directory_fd, int64_t now_ns)
{
    for (size_t i = 0; i < sightings->roster.all.count; i++) {
        struct sighting *sighting = sightings_at(sightings, i);
        if (sighting->listing != sightings->listing)
            sighting_refresh(sighting, directory_fd, now_ns);
    }
    forget_gone(sightings);
    settled_forget(&sightings->settled);
    sightings->skipped = sightings->skipping;
}

/* ---- looking ---- */

bool sightings_look(struct sightings *sightings, int directory_fd, const char *name, int64_t now_ns)
{
    char key[CONTRACT_KEY_MAX + 1];
    uint64_t number = 0;
    bool is_data;
    if (!key_of(sightings, name, key, &is_data) || !shard_owns(sightings->shard, key))
        return true;
    (void)contract_key_number(key, &number);
    struct settled_batch *settled = settled_find(&sightings->settled, number);
    if (settled != NULL && !settled->sighted) {
        (void)look_at_settled(sightings, settled, directory_fd, now_ns);
        return true;
    }
    struct sighting *sighting = roster_find(&sightings->roster, key, number);
    if (sighting == NULL && !is_data && !sightings->any_metadata)
        return true;
    if (sighting == NULL)
        sighting = add_sighting(sightings, key, now_ns);
    if (sighting == NULL)
        return false;
    sighting->listing = sightings->listing;
    sighting_refresh(sighting, directory_fd, now_ns);
    return true;
}

void sightings_refresh(struct sightings *sightings, int directory_fd, int64_t now_ns)
{
    size_t count = sightings->roster.all.count < REFRESH_AT_ONCE ? sightings->roster.all.count
                                                                 : REFRESH_AT_ONCE;
    for (size_t i = 0; i < count; i++) {
        if (sightings->refresh_at >= sightings->roster.all.count)
            sightings->refresh_at = 0;
        sighting_refresh(sightings_at(sightings, sightings->refresh_at++), directory_fd, now_ns);
    }
    sightings_verify(sightings, directory_fd, now_ns);
}

void sightings_verify(struct sightings *sightings, int directory_fd, int64_t now_ns)
{
    off_t bytes = 0;
    size_t all = sightings->settled.count;
    size_t count = all < VERIFY_AT_ONCE ? all : VERIFY_AT_ONCE;
    for (size_t i = 0; i < count && bytes < VERIFY_BYTES; i++) {
        if (sightings->verify_at >= all)
            sightings->verify_at = 0;
        struct settled_batch *settled = sightings->settled.batches + sightings->verify_at++;
        bytes += look_at_settled(sightings, settled, directory_fd, now_ns);
        sightings->unverified -= sightings->unverified > 0 ? 1 : 0;
    }
    if (all == 0)
        sightings->unverified = 0;
}

/* False when memory is short: it stays a sighting for now. */
static bool settle(struct sightings *sightings, const struct sighting *sighting)
{
    struct settled_batch *settled = settled_find(&sightings->settled, sighting->number);
    uint64_t fingerprint = signature_fingerprint(&sighting->data);
    if (settled == NULL)
        return settled_note(&sightings->settled, sighting->number, fingerprint);
    settled_compared(settled, fingerprint);
    return true;
}

void sightings_compact(struct sightings *sightings)
{
    struct sighting **all = sightings->roster.all.items;
    size_t kept = 0;
    for (size_t i = 0; i < sightings->roster.all.count; i++) {
        struct sighting *sighting = all[i];
        bool shrinks = sighting->decided && sighting->processed && !sighting->in_flight &&
                       sighting->number != 0 && sighting->data.there;
        if (shrinks && settle(sightings, sighting))
            free(sighting);
        else
            all[kept++] = sighting;
    }
    sightings->roster.all.count = kept;
    (void)settled_merge(&sightings->settled); /* else at the next time */
}

/* ---- asking ---- */

size_t sightings_unverified(const struct sightings *sightings)
{
    return sightings->unverified;
}

uint64_t sightings_skipped(const struct sightings *sightings)
{
    return sightings->skipped;
}

size_t sightings_count(const struct sightings *sightings)
{
    return sightings->roster.all.count;
}

struct sighting *sightings_at(const struct sightings *sightings, size_t index)
{
    return sightings->roster.all.items[index];
}
