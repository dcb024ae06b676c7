/*
 * check - whether what is on a volume keeps the daemons' promise. Independent of their
 * code: it reads the formats as docs/formats.md describes them.
 *
 * Each returns true, or false and says why in `why`.
 */
#ifndef TORTURE_CHECK_H
#define TORTURE_CHECK_H

#include <stdbool.h>

#include "tests/torture/stand.h"

#define CHECK_WHY_SIZE 400

enum check_when {
    CHECK_KILLED,    /* at this moment the daemon was killed, or ended with trouble */
    CHECK_LOST,      /* the same, and what was not flushed may be lost or damaged */
    CHECK_CLAIMED,   /* in spite of a fault it says that it is done; tidying may be left */
    CHECK_FINISHED,  /* nothing was in its way */
    CHECK_RECOVERED, /* the same, after a power loss: a number that was never seen may be left out
                      */
};

/*
 * Judges `now`, the state of the stand's own directory, of which `before` is the state that
 * the last run began with.
 *
 * The consumer: each whole record in the log has its outputs, byte by byte those of the
 * reference; no name that is no temporary holds anything else; what was in the log at the
 * start is still there. Finished: each record of the reference is there once, no other is,
 * nor any temporary.
 *
 * The producer: each metadata file has its data, whole, and agrees with it. Finished:
 * numbers go on without a gap, and what could be seen before has not changed.
 */
bool check_volume(const struct stand *stand, const struct volume *before, const struct volume *now,
                  enum check_when when, char why[CHECK_WHY_SIZE]);

/* As gzip has it. */
uint32_t check_crc32(const char *bytes, size_t length);

/* True when each whole record in the log of `durable` is also in that of `now` (consumer). */
bool check_records_kept(const struct volume *durable, const struct volume *now,
                        char why[CHECK_WHY_SIZE]);

/* True when every batch, data and metadata, of `durable` is in `now` (producer). */
bool check_batches_kept(const struct stand *stand, const struct volume *durable,
                        const struct volume *now, char why[CHECK_WHY_SIZE]);

#endif
