/*
 * stream - what is told of all batches together: totals.json, the trend, index.html and the pages
 * of older batches.
 *
 * Everything here is derived. It is written at most once a second, is never flushed, and may be
 * deleted at any time; nothing about a batch depends on it, and what goes wrong with it is told
 * once and tried again. What it is made of is kept, so that a start reads neither the batches nor
 * the whole log again (see pages and ledger).
 *
 * Each shard keeps the totals of its own batches. One of them, which holds .report.lock, reports on
 * all: it merges the others' totals and reads their logs. When it ends, by whatever, another does.
 *
 *     stream_tell(stream, &notice);                each record of a commit, and behind it
 *     stream_committed(stream, log_bytes);
 *     stream_follow(stream);                       when the others' logs have been read
 *     stream_publish(stream, &report, now_ns);     as often as status.json
 *     stream_rest(stream, reread, context);        when there is no batch to take
 */
#ifndef CONSUMER_STREAM_H
#define CONSUMER_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/processed_logs.h"
#include "common/text.h"
#include "consumer/chart/chart_terminal.h"
#include "consumer/status/report.h"
#include "consumer/stream/ledger.h"
#include "consumer/stream/notice.h"

struct stream;

/*
 * `log` is the own one, `logs` are all, borrowed. `extension` is that of charts, "png" or "svg";
 * NULL where none are drawn. NULL when memory is short.
 */
struct stream *stream_create(int results_fd, const struct processed_log *log,
                             struct processed_logs *logs, const char *extension);

/* Keeps what is to be kept, and writes what has changed. */
void stream_free(struct stream *stream);

void stream_tell(struct stream *stream, const struct notice *notice);
void stream_committed(struct stream *stream, uint64_t log_bytes);

/* Whether it is this shard that reports. */
bool stream_reports(const struct stream *stream);

/* The logs of other shards may have grown. */
void stream_follow(struct stream *stream);

/* Writes what has changed. */
void stream_publish(struct stream *stream, const struct report *report, int64_t now_ns);

/* How all stand, gathered anew because what the others decided last has been read. */
typedef const struct report *stream_report_again(void *context);

/*
 * Before the end: keeps the own totals, and sees to it that the report is of all shards' that were
 * kept so far, whoever else ends at this moment. Then this shard reports no more.
 */
void stream_last_word(struct stream *stream, stream_report_again *again, void *context);

/* Catches up with what it was not told, some milliseconds' worth. False when there is nothing. */
bool stream_rest(struct stream *stream, ledger_reread *reread, void *context);

/* Nothing else will come: the trend is wanted at once if it is not up to date. */
void stream_finish(struct stream *stream);

/* Whether the trend is to be drawn anew; its commands for gnuplot; and what came of them, NULL
 * where nothing did. */
bool stream_wants_trend(const struct stream *stream, int64_t now_ns);
void stream_trend_script(struct stream *stream, const struct chart_format *format,
                         struct text *script, int64_t now_ns);
void stream_trend_drawn(struct stream *stream, const char *image, size_t length);

#endif
