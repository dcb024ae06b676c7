/*
 * meters - what the consumer has done since it started, counted, and how long each step of it
 * took. Plain data: whoever works adds to it, whoever tells (metrics, progress) reads it.
 *
 *     int64_t since_ns = clock_now_ns();
 *     ... flush ...
 *     meters_took(&meters, METERS_COMMIT, clock_now_ns() - since_ns);
 *
 * Times are kept as a histogram with fixed bounds: adding one is a handful of comparisons, and
 * histograms of several machines or moments can be added up, which quantiles cannot.
 */
#ifndef CONSUMER_METERS_H
#define CONSUMER_METERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/processed_record.h"

/* They overlap: charts are drawn, and flushed, while the next batch is read. */
enum meters_stage {
    METERS_LOOK,    /* a poll of the shared directory */
    METERS_READ,    /* a batch read, verified and profiled */
    METERS_COMPARE, /* a batch that was processed, compared by its hash */
    METERS_DRAW,    /* a chart, from its commands to its image or to its failure */
    METERS_COMMIT   /* a flush of outputs and records, of one batch or of many */
};
#define METERS_STAGES (METERS_COMMIT + 1)

/* Of the histogram, ascending: a time belongs to the first bound that is not below it. */
#define METERS_BOUNDS 11
extern const int64_t METERS_BOUNDS_NS[METERS_BOUNDS];

#define METERS_OUTCOMES (OUTCOME_CHANGED + 1)
/* Charts that came out, and those that failed. */
#define METERS_PLOTS (PLOT_FAILED + 1)

struct meters_times {
    uint64_t counts[METERS_BOUNDS + 1]; /* the last: beyond the largest bound */
    int64_t sum_ns;
};

struct meters {
    int64_t started_at_ns;             /* by the wall clock, since 1970; */
    int64_t scanned_at_ns;             /* the last whole look, 0 before the first */
    uint64_t decided[METERS_OUTCOMES]; /* records made, by enum outcome */
    uint64_t rows;                     /* of batches that were processed, */
    uint64_t bytes;
    uint64_t charts[METERS_PLOTS]; /* by enum plot */
    uint64_t gnuplot_restarts;
    struct meters_times times[METERS_STAGES];

    /* Of the work under way: */
    uint64_t taken_bytes;   /* of all batches that were read and judged */
    uint64_t reading_bytes; /* of the one that is being read, so far; 0 between two */
};

void meters_took(struct meters *meters, enum meters_stage stage, int64_t took_ns);

/* Its record is durable. */
void meters_decided(struct meters *meters, enum outcome outcome, uint64_t rows, uint64_t bytes);

/* Those of which there is a verdict: processed or rejected. */
uint64_t meters_batches(const struct meters *meters);

#endif
