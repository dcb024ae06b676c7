/*
 * ingest - a stream of CSV as a source of batches: a file, a pipe, a terminal.
 *
 *     if (ingest_open(&ingest, &options, error) != 0) ...
 *     resume_run(&ingest, log, error);                  see resume.h
 *     struct source source = ingest_source(&ingest);
 *     ...                                               see source.h
 *     ingest_stop(&ingest);                             the end: what is complete, a last batch
 *     ingest_settle(&ingest, error);                    if all of it is published
 *     ingest_close(&ingest);
 *
 * A batch is cut when it has its rows, or CUTTER_BATCH_BYTES; from a pipe also when its first row
 * has waited for the interval. Nothing is read further than the batch that is asked for, and one
 * chunk: so a writer is held up by its pipe while nobody asks. What was cut is kept until it is
 * released.
 */
#ifndef PRODUCER_INGEST_H
#define PRODUCER_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "producer/cutter.h"
#include "producer/inlet.h"
#include "producer/place.h"
#include "producer/source.h"

struct ingest_options {
    const char *from; /* borrowed; "-" is standard input */
    int directory_fd; /* where the place is kept */
    uint64_t rows_low, rows_high;
    uint64_t seed;       /* from which each batch draws its number of rows */
    int64_t interval_ns; /* 0: rows do not go out because they wait */
};

#define INGEST_CHUNK_BYTES ((size_t)64 * 1024)

struct ingest {
    struct ingest_options options;
    struct inlet inlet;
    struct cutter *cutter;
    struct digest *digest;

    char chunk[INGEST_CHUNK_BYTES]; /* of it, [at, length) is not cut yet */
    size_t at, length;
    bool begun; /* the batch under way has drawn its rows */
    int64_t
        waiting_ns; /* since when its first row waits, of the monotonic clock; 0: there is none */

    struct cut kept[PUBLISH_TOGETHER_MAX]; /* cut and not released */
    size_t count;
    size_t owed; /* of these, from the first on, batches of the place that a crash took away, */
    size_t owed_at[PUBLISH_TOGETHER_MAX]; /* and where in it each stands */

    struct place place; /* as it is on disk; count 0: there is none */
    bool resumed;
    bool over; /* nothing more is read: the end, damage, or ingest_stop() */
    bool damaged;
    uint64_t rows;                  /* cut in this run */
    char cause[PUBLISH_ERROR_SIZE]; /* of the damage */
    char description[PUBLISH_DESCRIPTION_SIZE / 2];
};

/* `ingest` must stay where it is. 0, or -1 with errno and one line in `error`; close after both. */
int ingest_open(struct ingest *ingest, const struct ingest_options *options,
                char error[PUBLISH_ERROR_SIZE]);
void ingest_close(struct ingest *ingest);

/*
 * Before the first batch, for who goes on with a plain file behind what was published (resume):
 * reads as far as the header, then from another place, where the row of this line starts.
 */
enum source_state ingest_read_header(struct ingest *ingest, char error[PUBLISH_ERROR_SIZE]);
void ingest_go_on_at(struct ingest *ingest, uint64_t offset_bytes, uint64_t line);

/*
 * Of what was kept so far, owed_at[] says where each batch stands in the place: they go out, maybe
 * under other numbers, before anything behind the place is cut. Until then the place stays where it
 * is, for what is published behind a hole must not be cut again as something new.
 */
void ingest_owe_kept(struct ingest *ingest);

struct source ingest_source(struct ingest *ingest);

/* The line of the row that is published next, or would be. */
uint64_t ingest_next_line(const struct ingest *ingest);

/* What its batches are, for their metadata. */
const char *ingest_description(const struct ingest *ingest);

/*
 * Reads nothing any more: all complete rows that were read become a last batch. For a pipe, which
 * is lost with the program; what was read of a file is read again by the next start.
 */
void ingest_stop(struct ingest *ingest);

/* Rows that were cut and are not released. */
uint64_t ingest_rows_held(const struct ingest *ingest);

/* Stops, and counts all complete rows that were read and are not released: nothing is cut any more.
 */
uint64_t ingest_count_rest(struct ingest *ingest);

/* Notes that all that was announced is published, if it is. 0, or -1 with errno and one line in
 * `error`. */
int ingest_settle(struct ingest *ingest, char error[PUBLISH_ERROR_SIZE]);

#endif
