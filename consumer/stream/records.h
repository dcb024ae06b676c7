/*
 * records - a shard's log read piece by piece, for what is made of it afterwards.
 *
 * A reader of its own beside processed_log: it begins and stops where its caller wants, it sees
 * every record and not only what stands of each key, and a damaged line is passed over, since what
 * is derived decides nothing.
 *
 *     uint64_t at = records_back(results_fd, shard, end, 100);
 *     while (at < end && records_read(results_fd, shard, &at, end, 100, ...) > 0) ...
 */
#ifndef CONSUMER_RECORDS_H
#define CONSUMER_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_record.h"
#include "common/shard.h"

/*
 * Hands on at most `most` of the records that stand between the bytes *at and `end` of the log, and
 * moves *at behind them. Returns how many lines it came past, damaged ones included; 0 when there
 * are none, or the log cannot be read. It stops in front of a record of which `take` says false.
 */
size_t records_read(int results_fd, struct shard shard, uint64_t *at, uint64_t end, size_t most,
                    processed_record_take *take, void *context);

/* Bytes of a log that are kept from one call to the next. Begins as {0}. */
struct records_piece {
    char *bytes;
    uint64_t at; /* where they stand in the log */
    size_t length;
};

void records_piece_free(struct records_piece *piece);

/*
 * As records_read(), for who takes a few records of several logs by turns: the log is opened only
 * when the piece, of some tens of records, has been read. To be freed before the log is read that
 * was made again.
 */
size_t records_read_on(int results_fd, struct shard shard, struct records_piece *piece,
                       uint64_t *at, uint64_t end, size_t most, processed_record_take *take,
                       void *context);

/* Where the last `count` records before byte `end` begin, or as many of them as 1 MiB holds. */
uint64_t records_back(int results_fd, struct shard shard, uint64_t end, size_t count);

/*
 * Something about the log in front of byte `end` that another log, or a log made again, would not
 * have in common with it: a checksum of the last bytes. False when there are not so many bytes.
 */
bool records_mark(int results_fd, struct shard shard, uint64_t end, uint32_t *mark);

#endif
