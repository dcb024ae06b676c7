/*
 * cutter - a stream of CSV cut into batches: pure, bytes in, batches out. Each has the stream's
 * header, whole rows, LF, and cells that are quoted only where they must be; types are those of
 * its own values.
 *
 *     struct cutter *cutter = cutter_create();
 *     cutter_begin(cutter, 100);                        rows of the next batch
 *     while (... chunk ...)
 *         switch (cutter_feed(cutter, chunk, length, &taken, &damage))
 *         CUTTER_FULL: cutter_take(cutter, &cut);       and begin the next
 *     cutter_finish(cutter, &damage);
 *     if (cutter_rows(cutter) > 0)
 *         cutter_take(cutter, &cut);                    the last part
 *
 * Chunks may be cut anywhere. What libcsv calls an error in strict mode, a row with more or fewer
 * cells than the header, a NUL and what is not UTF-8 is damage; all rows before it are in the
 * batch. So is a header whose names make metadata that no consumer would take.
 *
 * Memory is bounded by one batch: it is full as well when it has CUTTER_BATCH_BYTES, and a row
 * beyond CUTTER_ROW_BYTES is damage.
 */
#ifndef PRODUCER_CUTTER_H
#define PRODUCER_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "common/text.h"
#include "producer/columns.h"

#define CUTTER_BATCH_BYTES ((size_t)8 * 1024 * 1024)
/* The consumer's own limit of a cell is 1 MiB as well, where nobody sets another. */
#define CUTTER_CELL_BYTES (UINT64_C(1) << 20)
#define CUTTER_ROW_BYTES (UINT64_C(4) << 20)

/* A batch, and where in the stream its first row stands. */
struct cut {
    struct text csv;
    uint64_t rows;
    uint64_t offset_bytes;
    uint64_t line;        /* from 1 */
    unsigned char *types; /* of its columns; see columns_fields_of() */
};

void cut_free(struct cut *cut);

struct cutter;

/* NULL when memory is short. */
struct cutter *cutter_create(void);
void cutter_free(struct cutter *cutter);

enum cutter_answer {
    CUTTER_HUNGRY, /* the batch has room */
    CUTTER_FULL,   /* take it, and begin the next */
    CUTTER_DAMAGED /* `damage` says how; REASON_NONE: memory was short. Nothing may be fed any more
                    */
};

/* The next row begins a batch of so many rows, at least 1. */
void cutter_begin(struct cutter *cutter, uint64_t rows);

/*
 * *taken bytes were read: all of them as a rule, fewer behind the header and when the batch is
 * full. The rest is to be fed again.
 */
enum cutter_answer cutter_feed(struct cutter *cutter, const char *bytes, size_t length,
                               size_t *taken, struct rejection *damage);

/* The stream is at its end; CUTTER_HUNGRY or CUTTER_FULL when it ends well. */
enum cutter_answer cutter_finish(struct cutter *cutter, struct rejection *damage);

/* True once the header is read; then the columns are known by their names. */
bool cutter_has_header(const struct cutter *cutter);
struct columns *cutter_columns(struct cutter *cutter);

/* Rows of the batch so far, and whether it is full. */
uint64_t cutter_rows(const struct cutter *cutter);
bool cutter_is_full(const struct cutter *cutter);

/* The line on which the next row starts. */
uint64_t cutter_line(const struct cutter *cutter);

/* Hands over the batch, which has a row at least. False when memory is short: then it stays. */
bool cutter_take(struct cutter *cutter, struct cut *cut);

/* Behind the header: what is fed next stands there in the stream, at the start of a row. */
void cutter_go_on_at(struct cutter *cutter, uint64_t offset_bytes, uint64_t line);

#endif
