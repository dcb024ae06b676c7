/*
 * siblings - the totals of the other shards, for whoever reports on all of them: what each keeps in
 * its file, taken in whenever that is new, and merged.
 *
 *     siblings_follow(siblings, logs);            now and then
 *     while (siblings_catch_up(siblings, reread, context)) ...      when there is time
 *     siblings_merge(siblings, own, totals);
 *
 * A shard that runs keeps its totals every some seconds, and so far they are behind here. What one
 * that does not run any more has not kept is read again from the shared directory, for this report
 * alone: its file is its own to write.
 */
#ifndef CONSUMER_SIBLINGS_H
#define CONSUMER_SIBLINGS_H

#include <stdbool.h>

#include "common/processed_logs.h"
#include "consumer/ledger.h"

struct siblings;

/* NULL when memory is short. */
struct siblings *siblings_create(int results_fd, struct shard own);
void siblings_free(struct siblings *siblings);

/* True when there is something new since the last time. */
bool siblings_follow(struct siblings *siblings, const struct processed_logs *logs);

/* As ledger_catch_up(), of all that do not run. */
bool siblings_catch_up(struct siblings *siblings, ledger_reread *reread, void *context);
bool siblings_are_behind(const struct siblings *siblings);

bool siblings_are_there(const struct siblings *siblings);

/*
 * Into new totals, those of all shards in their order, whoever does it: 1/2, 2/2, 1/3 ... False
 * when memory is short or the own totals are not sound.
 */
bool siblings_merge(const struct siblings *siblings, const struct ledger *own, struct totals *into);

#endif
