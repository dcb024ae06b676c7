/*
 * absent - a shard of one's own N that nobody runs as. Its batches wait, and since no other shard
 * counts them, nothing else would say so.
 *
 *     absent = absent_create(results_fd, shard, now_ns);
 *     absent_look(absent, now_ns);                          at each poll
 *     absent_free(absent);
 *
 * Whoever runs writes its status at every heartbeat, so the time of that file is gone by, and not
 * the locks, which some file systems do not know between machines.
 */
#ifndef CONSUMER_ABSENT_H
#define CONSUMER_ABSENT_H

#include <stdint.h>

#include "common/number.h"
#include "common/shard.h"

/* Long enough for a shard that is started again, or replaced by another image. */
#define ABSENT_PATIENCE_NS (60 * NUMBER_NS_PER_SECOND)
/* Between two looks; there are two heartbeats. */
#define ABSENT_EVERY_NS (10 * NUMBER_NS_PER_SECOND)

struct absent;

/* NULL when memory is short. The descriptor is borrowed. */
struct absent *absent_create(int results_fd, struct shard own, int64_t now_ns);
void absent_free(struct absent *absent);

/* Warns, once, of the first shard that has given no sign for ABSENT_PATIENCE_NS. */
void absent_look(struct absent *absent, int64_t now_ns);

#endif
