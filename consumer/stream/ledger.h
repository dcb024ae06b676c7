/*
 * ledger - the totals of all processed batches of a shard, and which part of its log they are of.
 *
 * While the consumer runs, the states of each batch are added when its record is durable. Now and
 * then the totals are kept; what a crash takes away is what came since, and that is a gap in the
 * log: the batches whose records stand in it are read once more from the shared directory, one at a
 * time when there is nothing else to do. One whose data is gone by then, or is not what was
 * processed, stays out of the totals and is counted (totals_left_out).
 *
 * A batch that two shards have processed, which can be where locks do not reach, is in one ledger:
 * whoever is told of it leaves it to whom it stands recorded by already, and notes that; of those
 * that read it again, it is left to whose totals have it, or else to the first.
 *
 *     ledger_begin(ledger, log_bytes);          at the start, with what was kept unpacked
 *     ledger_add(ledger, states, bytes);        each processed batch of a commit, and behind it
 *     ledger_committed(ledger, log_bytes);
 *     while (ledger_catch_up(ledger, reread, context)) ...      when there is time
 */
#ifndef CONSUMER_LEDGER_H
#define CONSUMER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/contract.h"
#include "common/processed_logs.h"
#include "consumer/profile/pack.h"
#include "consumer/profile/totals.h"

struct ledger;

/* `logs` are those of all shards, borrowed. NULL when memory is short. */
struct ledger *ledger_create(int results_fd, struct shard shard, const struct processed_logs *logs);
void ledger_free(struct ledger *ledger);

/* So long is the log; what was added to it since the totals were kept is a gap. */
void ledger_begin(struct ledger *ledger, uint64_t log_bytes);

/*
 * Leaves the states to the caller; NULL counts as left out. Where memory is short in the middle,
 * the totals are no longer sound: they are not to be kept, and the next start goes on from those
 * that were.
 */
void ledger_add(struct ledger *ledger, const char *key, const struct batch_states *states,
                uint64_t bytes);

/* So long is the log with the records of what was added since. */
void ledger_committed(struct ledger *ledger, uint64_t log_bytes);

/*
 * Reads a processed batch again: its states, which become the ledger's, or NULL when it is not
 * there as it was. False when that cannot be said now; it is asked again.
 */
typedef bool ledger_reread(void *context, const struct processed_record *record,
                           struct batch_states **states);

/*
 * One batch more. False when there is nothing to catch up with, or the log cannot be read: that is
 * tried again after the next commit.
 */
bool ledger_catch_up(struct ledger *ledger, ledger_reread *reread, void *context);

/* A log that could not be read may be readable again. */
void ledger_try_again(struct ledger *ledger);

/* True when catching up would go on. */
bool ledger_is_behind(const struct ledger *ledger);

/* True when nothing is to be caught up with, be it readable or not. */
bool ledger_is_whole(const struct ledger *ledger);

/* False: the totals are neither to be kept nor to be told. */
bool ledger_is_sound(const struct ledger *ledger);

/* How much of the log it is of, gaps included. */
uint64_t ledger_log_bytes(const struct ledger *ledger);

const struct totals *ledger_totals(const struct ledger *ledger);

/* The name of the file that it is kept in. */
void ledger_file(const struct ledger *ledger, char name[CONTRACT_NAME_SIZE]);

/* What that is to hold, into an empty text. False when the log cannot be read. */
bool ledger_pack(const struct ledger *ledger, struct text *file);

/*
 * Takes a ledger that is new from its file. False when what was kept there is not of this log, or
 * none: it stays new.
 */
bool ledger_recall(struct ledger *ledger);

#endif
