/*
 * sighting - a batch as it was last seen in the shared directory, and since when its two
 * files have stood still.
 */
#ifndef CONSUMER_SIGHTING_H
#define CONSUMER_SIGHTING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/contract.h"
#include "consumer/stream/signature.h"

struct sighting {
    const char *key;
    const char *data_name;
    const char *metadata_name;
    uint64_t number; /* 0 when the key is none */
    struct signature data;
    struct signature metadata;
    int64_t unchanged_since_ns; /* both signatures are as they are since (monotonic) */
    int64_t waiting_since_ns;   /* first seen, or changed after it was decided */
    uint64_t listing;           /* the listing that last met one of its files */

    /* notes of whoever decides about batches */
    bool decided;           /* nothing is to be done until a signature changes */
    bool processed;         /* it has been processed: only its content may still be compared */
    bool in_flight;         /* it was read, and its record is not durable yet, */
    bool changed_in_flight; /* and a file has changed since it was read */
    bool wait_told;         /* that it waits has been logged */
    int64_t next_try_ns;    /* not to be tried before, unless a signature changes */
};

/* The name that belongs to the key under the pattern: its '*' replaced. */
void sighting_data_name(const char *pattern, const char *key, char name[CONTRACT_NAME_SIZE]);

/* Of files that have not been looked at yet; free() ends it. NULL when memory is short. */
struct sighting *sighting_new(const char *pattern, const char *key, int64_t now_ns);

/* Looks at both files. A change makes it undecided, and begins its standing still anew. */
void sighting_refresh(struct sighting *sighting, int directory_fd, int64_t now_ns);

/* The order of contract_key_compare, of a key and its number (0: none) and a sighting. */
int sighting_compare(const char *key, uint64_t number, const struct sighting *sighting);

#endif
