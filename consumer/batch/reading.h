/*
 * reading - one batch read once, from open to verdict: opened, hashed, parsed and
 * profiled in a single pass, and held against its metadata.
 *
 *     struct reader *reader = reader_create(tick, context);
 *     struct reading reading;
 *     switch (reader_read(reader, directory_fd, sighting, READER_PROFILE, &reading)) ...
 *     reading_free(&reading);
 *
 * Where several things are wrong the reason is the one that explains the others: a
 * wrong hash before damaged CSV before a wrong count of rows. Where no hash is stated,
 * damage ends the reading.
 */
#ifndef CONSUMER_READING_H
#define CONSUMER_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/limits.h"
#include "common/reason.h"
#include "consumer/batch/sighting.h"
#include "consumer/config/csv_rules.h"
#include "consumer/profile/profile.h"

enum reading_verdict {
    READING_GOOD,     /* bytes, sha256, verified, and the profile if asked for */
    READING_WAIT,     /* not readable now, or changing; see cause */
    READING_REJECTED, /* there, and wrong; see rejection. sha256 is "" if not all of it was read */
    READING_STOPPED,  /* SIGTERM has come in the middle */
    READING_FAILED    /* disk or machine do not let it be read now: errno, and failed_name */
};

struct reading {
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    bool verified; /* the metadata stated a hash, and this is it */
    uint64_t rows;
    struct profile profile;
    struct batch_states *states; /* of a good one that was profiled; NULL when memory is short */
    struct rejection rejection;
    const char *cause;
    const char *failed_name; /* of the file; the sighting's */
};

struct reader;

/* Called now and then in the middle of a large batch, of which `bytes` have been read. */
typedef void reader_tick(void *context, uint64_t bytes);

struct reader *reader_create(reader_tick *tick, void *context);
void reader_free(struct reader *reader);

/* From the next batch on; until then they are LIMITS_DEFAULT. */
void reader_limit(struct reader *reader, const struct limits *limits);

/* From the next batch on; until then everything is found out from the file. */
void reader_rules(struct reader *reader, const struct csv_rules *rules);

enum reader_purpose {
    READER_PROFILE, /* verify and profile */
    READER_HASH     /* the hash of the data alone; metadata is not looked at */
};

/* `reading` is to be freed whatever comes back. */
enum reading_verdict reader_read(struct reader *reader, int directory_fd,
                                 const struct sighting *sighting, enum reader_purpose purpose,
                                 struct reading *reading);
void reading_free(struct reading *reading);

#endif
