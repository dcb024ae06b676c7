/*
 * rebuild - a shard's log made again, after damage that opening it does not guess at.
 *
 *     struct rebuilt rebuilt;
 *     if (rebuild_log(results_fd, shard, &rebuilt, error) != 0) ...
 *
 * Every whole line of the old log is kept, in its order. A batch of the shard's that has a whole
 * summary and of which no line, and no other shard's log, says that it was processed gets such a
 * record again, from that summary; these records come first, so that what a kept line says about a
 * change still comes after. A batch that has neither, because it was rejected or nothing is left of
 * it, is taken anew by the next run, as every batch without a record is; so too where something
 * else than a plain file that may be read has the summary's name.
 *
 * A log that is whole is left alone where another shard's cannot be read: that one is to be
 * rebuilt, by its own number, or what it has would be recorded twice.
 *
 * The old log stays as processed.log.damaged (or .damaged-2 and so on); at each moment there
 * is a log under the log's own name. Needs memory for the log and for one summary.
 */
#ifndef CONSUMER_REBUILD_H
#define CONSUMER_REBUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/contract.h"
#include "common/shard.h"

#define REBUILD_ERROR_SIZE 256

struct rebuilt {
    uint64_t kept;                    /* lines */
    uint64_t dropped;                 /* lines that were damaged, a torn tail included */
    uint64_t made;                    /* records, from summaries */
    char old_log[CONTRACT_NAME_SIZE]; /* what the old log is called now; "" when there was none */
};

/*
 * In a directory whose lock is held, and where no other shard runs. 0, also when nothing was
 * dropped and nothing had to be made: then the log is as it was. -1 with one line in `error`, and
 * the log is as it was; so too when the program shall end (wait_stopping()).
 */
int rebuild_log(int results_fd, struct shard shard, struct rebuilt *rebuilt,
                char error[REBUILD_ERROR_SIZE]);

#endif
