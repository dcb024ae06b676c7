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
 * Charts are drawn by up to `jobs` gnuplot children while the next batches are read;
 * a batch whose chart is under way is in flight, and its record is written when the
 * chart is durable or has failed. The summary stands without its chart.
 *
 *     pipeline_take(pipeline, directory_fd, sighting, now)    for each undecided sighting
 *     pipeline_advance(pipeline, now)                         whenever pipeline_fds() stir
 */
#ifndef CONSUMER_PIPELINE_H
#define CONSUMER_PIPELINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/processed_log.h"
#include "consumer/config.h"
#include "consumer/discovery.h"

enum pipeline_taken {
    PIPELINE_DECIDED, /* recorded, or nothing was to be done */
    PIPELINE_DRAWING, /* in flight: the summary is durable */
    PIPELINE_WAITS,   /* until sighting->next_try_ns or a change; the cause has been told */
    PIPELINE_FULL,    /* every gnuplot child is busy: advance, and take it again */
    PIPELINE_STOPPED, /* SIGTERM has come in the middle; nothing was written */
    PIPELINE_TROUBLE  /* see pipeline_trouble(); nothing is lost, take it again later */
};

struct pipeline;

/* Called now and then while a large batch is read. */
typedef void pipeline_tick(void *context);

/* The log and the descriptor are borrowed. NULL when memory is short. */
struct pipeline *pipeline_create(const struct config *config, int results_fd,
                                 struct processed_log *log, pipeline_tick *tick, void *context);

/* Ends the gnuplot children; batches in flight stay without a record. */
void pipeline_free(struct pipeline *pipeline);

enum pipeline_taken pipeline_take(struct pipeline *pipeline, int directory_fd,
                                  struct sighting *sighting, int64_t now_ns);

/* Moves drawings on and commits those that are done. False: see pipeline_trouble(). */
bool pipeline_advance(struct pipeline *pipeline, int64_t now_ns);

/* What to poll and until when, while anything is in flight. Returns how many were set. */
size_t pipeline_fds(const struct pipeline *pipeline, struct pollfd *fds, size_t size);
int64_t pipeline_deadline(const struct pipeline *pipeline);
size_t pipeline_in_flight(const struct pipeline *pipeline);

/* Batches rejected since the start. */
uint64_t pipeline_rejected(const struct pipeline *pipeline);

/* What kept the last step from working, as "cannot write summary_7.json: ..." */
const char *pipeline_trouble(const struct pipeline *pipeline);

#endif
