/*
 * chronicle - the decided batches one after the other, as the logs of all shards have them: the
 * newest ones with their marks, how many there were, and the trend.
 *
 * All of it is derived from the logs and the summaries. While the chronicle keeps step with the log
 * of its own shard it is told of each batch as it is decided. Where it does not, because it was
 * kept for an earlier end of the log or not at all, and with the logs of others, it catches up by
 * reading, some batches at a time; what is decided meanwhile waits its turn in the log.
 *
 *     chronicle_begin(chronicle, shard, log_bytes);    at the start, with what was kept unpacked,
 *                                                      of each log, and when another's has grown
 *     while (chronicle_catch_up(chronicle)) ...        when there is time
 *     chronicle_tell(chronicle, &account);             each record of a commit, and behind it
 *     chronicle_committed(chronicle, log_bytes);
 *
 * After every CHRONICLE_PAGE batches `on_page` is called, so that they can be put away as a page.
 */
#ifndef CONSUMER_CHRONICLE_H
#define CONSUMER_CHRONICLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "consumer/page/account.h"
#include "consumer/profile/pack.h"
#include "consumer/stream/sources.h"
#include "consumer/stream/trend.h"

/* Batches of a page. */
#define CHRONICLE_PAGE 100
/* The newest batches, which are kept: those of the last page and of the one before. */
#define CHRONICLE_NEWEST (2 * CHRONICLE_PAGE)
/* Catching up takes so many records at a time, or fewer when they take longer. */
#define CHRONICLE_STEP 100
#define CHRONICLE_STEP_NS (10 * NUMBER_NS_PER_MS)

struct chronicle;

/* `number` counts pages from 1; its batches are the newest ones, chronicle_newest(…, 0) its last.
 */
typedef void chronicle_on_page(void *context, const struct chronicle *chronicle, uint64_t number);

/*
 * A record repeats another one where two shards met: its key stands in another log as well, and
 * within the part of it that `read` has come past. On SIGTERM that cannot be said.
 */
enum chronicle_telling { CHRONICLE_TELLS, CHRONICLE_REPEATS, CHRONICLE_CANNOT_SAY };
typedef enum chronicle_telling chronicle_is_repeated(void *context, struct shard of,
                                                     const char *key, const struct sources *read);

struct chronicle_calls {
    chronicle_on_page *on_page;
    chronicle_is_repeated *is_repeated;
    void *context;
};

/* `own` is the shard whose batches it is told of. NULL when memory is short. */
struct chronicle *chronicle_create(int results_fd, struct shard own,
                                   const struct chronicle_calls *calls);
void chronicle_free(struct chronicle *chronicle);

/* So long is a shard's log. Where memory is short it is one of them later, when told again. */
void chronicle_begin(struct chronicle *chronicle, struct shard shard, uint64_t log_bytes);

/* Judges the batch (see marks) and takes it in, unless it will be met in the log. */
void chronicle_tell(struct chronicle *chronicle, const struct account *account);

/* So long is the own log with the records of what it was told since. */
void chronicle_committed(struct chronicle *chronicle, uint64_t log_bytes);

/*
 * Reads on. False when there is nothing to catch up with, or the log cannot be read: that is tried
 * again after the next commit, so that nothing is left out for a moment's trouble.
 */
bool chronicle_catch_up(struct chronicle *chronicle);

/* True when catching up would go on. */
bool chronicle_is_behind(const struct chronicle *chronicle);

/* Decided batches that it knows of, and about how many more it will meet in the log. */
uint64_t chronicle_total(const struct chronicle *chronicle);
uint64_t chronicle_ahead(const struct chronicle *chronicle);

/* The newest ones, 0 being the last that was decided; of `count` the first. */
size_t chronicle_count(const struct chronicle *chronicle);
const struct account *chronicle_newest(const struct chronicle *chronicle, size_t index);

const struct trend *chronicle_trend(const struct chronicle *chronicle);

/*
 * What is to be kept; the newest batches are not, since they are read from the log again. False
 * when the log cannot be read, so that nothing could be said of whose chronicle it is.
 */
bool chronicle_pack(const struct chronicle *chronicle, struct text *file);

/* Of a chronicle that is new. False when what was kept is not of this log, or none: it stays new.
 */
bool chronicle_unpack(struct chronicle *chronicle, struct unpacker *packed);

#endif
