/*
 * pipeline - one batch through every step, in the order of commit:
 *
 *     open -> verify and parse in one reading -> summary durable -> chart durable
 *          -> log record durable
 *
 * What a SIGKILL leaves behind, line by line:
 *
 *     before the summary     nothing; the batch is taken again
 *     after the summary      a summary without a record; taken again, and the same
 *                            bytes are written over it
 *     after the chart        the same, with a chart
 *     after the record       a processed batch, and it is never taken again
 *
 * Under a backlog many batches share the flushes (group commit): their outputs become durable
 * together, and after that their records do. The next group is read, and drawn, meanwhile, and
 * what went wrong with the one before is told by the pipeline_take() for which a group is full.
 * Whoever has no other batch to take calls pipeline_commit(), so that a batch by itself waits for
 * nobody. What fails in a group is undone as a whole, with what was read meanwhile, and taken
 * again one by one, so that a batch for which there is room gets through.
 *
 * Charts are drawn by up to `jobs` gnuplot children while the next batches are read; a batch is
 * in flight from its reading until its record is durable. The summary stands without its chart.
 *
 *     pipeline_take(pipeline, directory_fd, sighting, now)    for each undecided sighting
 *     pipeline_commit(pipeline)                               when there is no other to take now
 *     pipeline_advance(pipeline, now)                         whenever pipeline_fds() stir
 */
#ifndef CONSUMER_PIPELINE_H
#define CONSUMER_PIPELINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_logs.h"
#include "consumer/batch/backoff.h"
#include "consumer/batch/sighting.h"
#include "consumer/config/config.h"
#include "consumer/status/meters.h"
#include "consumer/stream/stream.h"

enum pipeline_taken {
    PIPELINE_DECIDED,    /* nothing is to be done, or somebody has done it */
    PIPELINE_TAKEN,      /* in flight: its record becomes durable with a commit */
    PIPELINE_WAITS,      /* until sighting->next_try_ns or a change; the cause has been told */
    PIPELINE_FULL,       /* gnuplot is busy, and what it draws holds the rest: advance, and take it
                            again */
    PIPELINE_STOPPED,    /* SIGTERM has come in the middle; nothing was written */
    PIPELINE_UNREADABLE, /* disk or machine do not let its files be read now, see
                            pipeline_trouble(); others may be taken, and this one later */
    PIPELINE_TROUBLE     /* see pipeline_trouble(); nothing is lost, take it again later */
};

struct pipeline;

/* Called now and then while a large batch is read. */
typedef void pipeline_tick(void *context);

/* All are borrowed. */
struct pipeline_parts {
    const struct config *config;
    int results_fd;
    struct processed_log *log;         /* what is decided goes into it, */
    const struct processed_logs *logs; /* and what was decided by anybody stands here */
    struct stream *stream;
    pipeline_tick *tick;
    void *context;
};

/* NULL when memory is short. */
struct pipeline *pipeline_create(const struct pipeline_parts *parts);

/* Ends the gnuplot children; batches in flight stay without a record. */
void pipeline_free(struct pipeline *pipeline);

/* Its trouble may be that of a batch in flight, which could not go on while this one was read. */
enum pipeline_taken pipeline_take(struct pipeline *pipeline, int directory_fd,
                                  struct sighting *sighting, int64_t now_ns);

/*
 * Makes durable what was taken and drawn. False: see pipeline_trouble(); the batches are
 * undecided again.
 */
bool pipeline_commit(struct pipeline *pipeline);

/* Moves drawings on and commits those that are done. False: see pipeline_trouble(). */
bool pipeline_advance(struct pipeline *pipeline, int64_t now_ns);

/*
 * For when there is no batch to take: catches up with the stream, some milliseconds' worth. True
 * when there is more of that.
 */
bool pipeline_rest(struct pipeline *pipeline, int directory_fd);

/* Before the end: draws the trend for the last time, and waits for it, unless charts fail. */
void pipeline_finish(struct pipeline *pipeline);

/* What to poll and until when, while charts are drawn. Returns how many were set. */
size_t pipeline_fds(const struct pipeline *pipeline, struct pollfd *fds, size_t size);
int64_t pipeline_deadline(const struct pipeline *pipeline);

/* Batches that were read and whose record is not durable yet. */
size_t pipeline_in_flight(const struct pipeline *pipeline);

/* Batches rejected since the start. */
uint64_t pipeline_rejected(const struct pipeline *pipeline);

/* What it has done; whoever looks for batches adds how long that took. */
struct meters *pipeline_meters(struct pipeline *pipeline);

/* What kept the last step from working, as "cannot write summary_7.json: ..." */
const char *pipeline_trouble(const struct pipeline *pipeline);
const struct backoff_cause *pipeline_cause(const struct pipeline *pipeline);

#endif
