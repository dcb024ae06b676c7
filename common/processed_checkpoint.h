/*
 * processed_checkpoint - processed.checkpoint, or processed.I-of-N.checkpoint: what a shard's log
 * says up to some byte, so that
 * a start need not parse a million lines. Derived: it may be deleted at any time, is written
 * without a flush, and is believed only when the bytes of the log that it speaks of have the
 * checksum that it states.
 *
 * Its first line holds position, sums and the processed numbers as ranges of places (see shard); a
 * line of the log's
 * own form follows for each exception. Each line ends in its CRC-32.
 */
#ifndef COMMON_PROCESSED_CHECKPOINT_H
#define COMMON_PROCESSED_CHECKPOINT_H

#include <stdint.h>

#include "common/processed_index.h"

/* How far into the log an index has come. */
struct processed_position {
    uint64_t bytes;
    uint64_t lines;
    uint32_t crc; /* CRC-32 of those bytes */
};

/* Replaces a shard's checkpoint in a directory. 0, or -1 with errno. */
int processed_checkpoint_write(int results_fd, struct shard shard,
                               const struct processed_index *index,
                               const struct processed_position *position);

/* A new index and how far it has come; NULL when there is no checkpoint that is whole. */
struct processed_index *processed_checkpoint_read(int results_fd, struct shard shard,
                                                  struct processed_position *position);

#endif
