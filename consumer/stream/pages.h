/*
 * pages - the chronicle of all batches, kept across restarts, and its older batches as pages by
 * themselves: page-N.html, CHRONICLE_PAGE batches each, the newest PAGES_MAX of them.
 *
 *     pages = pages_create(&derived, shard, logs, extension);
 *     pages_tell(pages, &account);              each record of a commit, and behind it
 *     pages_committed(pages, log_bytes);
 *     pages_follow(pages);                      when the logs of other shards have been read
 *     while (pages_rest(pages)) ...             when there is time
 *
 * What it is made of is kept in stream.state, so that a start reads neither the batches nor the
 * whole log again. Of several shards only the one that reports has pages, and the next one that
 * does goes on from that file.
 */
#ifndef CONSUMER_PAGES_H
#define CONSUMER_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_logs.h"
#include "consumer/stream/chronicle.h"
#include "consumer/stream/derived.h"

/* Pages of older batches that are kept; the log has them all. */
#define PAGES_MAX 100u

struct pages;

/* `extension` is that of charts, or NULL. All are borrowed. NULL when memory is short. */
struct pages *pages_create(struct derived *derived, struct shard own,
                           const struct processed_logs *logs, const char *extension);
void pages_free(struct pages *pages);

void pages_tell(struct pages *pages, const struct account *account);
void pages_committed(struct pages *pages, uint64_t log_bytes);
void pages_follow(struct pages *pages);

/* Catches up, some milliseconds' worth. False when there is nothing. */
bool pages_rest(struct pages *pages);

/* Writes stream.state, or nothing where a log cannot be read: what was kept before stays. */
bool pages_keep(struct pages *pages);

/* Pages that somebody removed are made again, when there is time. */
void pages_look_for_lost(struct pages *pages, int64_t now_ns);

const struct chronicle *pages_chronicle(const struct pages *pages);

/* The pages that there are, 0 when there is none. */
uint64_t pages_first(const struct pages *pages);
uint64_t pages_last(const struct pages *pages);

/* The newest batches from `from` on, at most a page of them. */
size_t pages_batches(const struct chronicle *chronicle, size_t from,
                     const struct account *batches[CHRONICLE_PAGE]);

#endif
