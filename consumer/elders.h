/*
 * elders - the shards of another N that were there before this one and still run. While an elder
 * that owns a key lives, its batch is left to it: so N can be changed while batches flow, and old
 * and new shards may overlap as long as they like, without a batch being processed twice.
 *
 *     elders = elders_enter(results_fd, shard, lock_fd);      with one's own lock held
 *     elders_look(elders);                                    at each poll, and then the logs
 *     if (elders_own(elders, "7")) ... it waits ...
 *
 * Who was there before whom is Lamport's bakery ("A New Solution of Dijkstra's Concurrent
 * Programming Problem", CACM 17(8), 1974): on entering a shard takes a ticket that is higher than
 * all that it sees. It is the size of its lock file, which is set in one step and takes no room on
 * a full disk; an empty one is somebody who is choosing, and is waited for, or who was there when
 * there were no shards, and is everybody's elder. Tickets order any two shards in the same way for
 * both, and no clock is asked. An elder that dies loses its lock; when it comes back it takes a new
 * ticket and is the younger one.
 *
 * Where a file system knows no locks between machines nobody is seen to run: then two shards of
 * different N may process the same batch while they overlap, to the same bytes.
 */
#ifndef CONSUMER_ELDERS_H
#define CONSUMER_ELDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/shard.h"

struct elders;

/* The directory of the shards' locks, for a shard that is one of several. 0, or -1 with errno. */
int elders_prepare(int results_fd, struct shard shard);

/*
 * NULL with errno when the ticket cannot be taken. On a network file system it takes three seconds
 * where there are several shards: until its caches show what somebody wrote who has just ended.
 */
struct elders *elders_enter(int results_fd, struct shard shard, int lock_fd);
void elders_free(struct elders *elders);

/*
 * Finds out who still runs, and tells once that batches are left to somebody, and that it is over.
 * Where the locks cannot be listed, or looked at, those that were there stay elders.
 * The logs are to be read behind it: what an elder has decided before it ended is in its log.
 */
void elders_look(struct elders *elders);

/*
 * For how long an elder that has ended is still left its own, for the same reason: not at all on a
 * local file system, three seconds on a network one.
 */
void elders_linger(struct elders *elders, int64_t linger_ns);

bool elders_own(const struct elders *elders, const char *key);

/* Whether a consumer of any shard but this one runs in these results. */
bool elders_anybody_runs(int results_fd, struct shard but);

#endif
