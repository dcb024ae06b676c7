/*
 * csv_reader - rows out of bytes: RFC 4180 as libcsv reads it in strict mode.
 *
 *     struct csv_reader *reader = csv_reader_create(on_row, context);
 *     while (... chunk ...)
 *         if (!csv_reader_feed(reader, chunk, length, &rejection)) ...
 *     if (!csv_reader_finish(reader, &rejection)) ...
 *     csv_reader_free(reader);
 *
 * Chunks may be cut anywhere. The first row is the header; every later row must
 * have as many cells. LF, CRLF and CR end a row, mixed too; blank lines are no
 * rows. A byte order mark is passed over. Spaces belong to the cell. Damage is
 * reported with its line and column (1-based; a column is a cell, not a byte),
 * and nothing is delivered after it: libcsv hands out a phantom row when it is
 * finished after an error. A cell or a row that goes on beyond its limit is given
 * up soon after that, whatever stands behind.
 */
#ifndef CONSUMER_CSV_READER_H
#define CONSUMER_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "consumer/limits.h"

struct csv_cell {
    const char *bytes; /* not NUL-terminated; valid during the callback */
    size_t length;
};

/*
 * Called once a row, the header first (row 0). Returning false stops the
 * reading: the caller ran out of something, and feed returns false.
 */
typedef bool csv_row_function(void *context, const struct csv_cell *cells, size_t count,
                              uint64_t row);

struct csv_dialect {
    char delimiter;
    bool bom;
    const char *line_ending; /* "lf", "crlf", "cr" or "mixed"; "lf" where no line ends */
};

struct csv_reader;

/* NULL when memory is short. */
struct csv_reader *csv_reader_create(csv_row_function *on_row, void *context);
void csv_reader_free(struct csv_reader *reader);

/* Those of cells, rows and columns; before the first byte. Until then they are LIMITS_DEFAULT. */
void csv_reader_limit(struct csv_reader *reader, const struct limits *limits);

/*
 * False when the text is damaged (rejection says how) or when the callback or
 * the memory gave out (rejection->reason stays REASON_NONE). Then it is over.
 */
bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length,
                     struct rejection *rejection);
bool csv_reader_finish(struct csv_reader *reader, struct rejection *rejection);

/* Rows below the header so far. */
uint64_t csv_reader_rows(const struct csv_reader *reader);

/* How the file is written, known once it is finished. */
struct csv_dialect csv_reader_dialect(const struct csv_reader *reader);

#endif
