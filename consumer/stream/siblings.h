/*
 * siblings - the totals of the other shards, for whoever reports on all of them: what each keeps in
 * its file, taken in whenever that is new, and merged.
 *
 *     siblings_follow(siblings);                  now and then
 *     while (siblings_catch_up(siblings, reread, context)) ...      when there is time
 *     siblings_merge(siblings, own, totals);
 *
 * A shard that runs keeps its totals every some seconds, and so far they are behind here. What one
 * that does not run any more has not kept is read again from the shared directory, and kept in its
 * stead, with its lock held: the data may be gone when the next one reports.
 *
 * Memory is a shard's totals (see totals) for each that runs, and one for each number of shards
 * that there was before: where none of such a family runs, its totals are merged once and for all.
 */
#ifndef CONSUMER_SIBLINGS_H
#define CONSUMER_SIBLINGS_H

#include <stdbool.h>

#include "common/processed_logs.h"
#include "consumer/stream/ledger.h"

struct siblings;

/* `logs` are those of all shards, borrowed. NULL when memory is short. */
struct siblings *siblings_create(int results_fd, struct shard own,
                                 const struct processed_logs *logs);
void siblings_free(struct siblings *siblings);

/*
 * Finds out whose totals are new, and takes in some of them, for some milliseconds or one; what is
 * left is for the next call, or for catching up. True when any was taken in.
 */
bool siblings_follow(struct siblings *siblings);

/* Whether something is left. */
bool siblings_have_news(const struct siblings *siblings);

/* One more, of those; or as ledger_catch_up(), of all shards that do not run. */
bool siblings_catch_up(struct siblings *siblings, ledger_reread *reread, void *context);
bool siblings_are_behind(const struct siblings *siblings);

bool siblings_are_there(const struct siblings *siblings);

/* Whether something of each was taken in: before, merging would tell of less than there was. */
bool siblings_are_complete(const struct siblings *siblings);

/*
 * Into new totals, those of all shards in their order, whoever does it: of 1/1, of 1/2 and 2/2, of
 * 1/3 ... False when memory is short or the own totals are not sound.
 */
bool siblings_merge(const struct siblings *siblings, const struct ledger *own, struct totals *into);

#endif
