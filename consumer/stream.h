/*
 * stream - what is told of all batches together: totals.json, the trend, index.html and the pages
 * of older batches.
 *
 * Everything here is derived. It is written at most once a second, is never flushed, and may be
 * deleted at any time; nothing about a batch depends on it, and what goes wrong with it is told
 * once and tried again. What it is made of is kept in stream.state, so that a start reads neither
 * the batches nor the whole log again (see chronicle and ledger).
 *
 *     stream_tell(stream, &notice);                each record of a commit, and behind it
 *     stream_committed(stream, log_bytes);
 *     stream_publish(stream, &report, now_ns);     as often as status.json
 *     stream_rest(stream, reread, context);        when there is no batch to take
 */
#ifndef CONSUMER_STREAM_H
#define CONSUMER_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/chart_terminal.h"
#include "consumer/ledger.h"
#include "consumer/notice.h"
#include "consumer/report.h"

struct stream;

/* `extension` is that of charts, "png" or "svg"; NULL where none are drawn. NULL when memory is
 * short. */
struct stream *stream_create(int results_fd, uint64_t log_bytes, const char *extension);

/* Keeps what is to be kept, and writes what has changed. */
void stream_free(struct stream *stream);

void stream_tell(struct stream *stream, const struct notice *notice);
void stream_committed(struct stream *stream, uint64_t log_bytes);

/* Writes what has changed. */
void stream_publish(struct stream *stream, const struct report *report, int64_t now_ns);

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
