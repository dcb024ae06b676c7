/*
 * csv_reader - rows out of bytes: RFC 4180 as libcsv reads it in strict mode.
 *
 *     struct csv_reader *reader = csv_reader_create(on_row, context);
 *     while (... chunk ...)
 *         if (!csv_reader_feed(reader, chunk, length, &rejection)) ...
 *     if (!csv_reader_finish(reader, &rejection)) ...
 *     csv_reader_free(reader);
 *
 * Chunks may be cut anywhere. The first row, which is a header or not, says how
 * many cells a row has; every later one must have as many, unless ragged rows are
 * accepted. LF, CRLF and CR end a row, mixed too; blank lines are no
 * rows. A byte order mark is passed over. Spaces belong to the cell. Damage is
 * reported with its line and column (1-based; a column is a cell, not a byte),
 * and nothing is delivered after it: libcsv hands out a phantom row when it is
 * finished after an error. A cell or a row that goes on beyond its limit is given
 * up soon after that, whatever stands behind.
 *
 * Rows that need no thought are read by csv_plain, fifteen times as fast; each
 * other one by libcsv, the authority on what is a row and what is damage. Which
 * of the two read it cannot be told from what is delivered or reported.
 */
#ifndef COMMON_CSV_READER_H
#define COMMON_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_rows.h"
#include "common/limits.h"
#include "common/reason.h"

struct csv_dialect {
    char delimiter;
    bool bom;
    const char *line_ending; /* "lf", "crlf", "cr" or "mixed"; "lf" where no line ends */
};

struct csv_reader;

/*
 * Each row goes to the callback (see csv_rows.h for it and for struct csv_cell); when that
 * returns false, feed does so too. NULL when memory is short.
 */
struct csv_reader *csv_reader_create(csv_row_function *on_row, void *context);
void csv_reader_free(struct csv_reader *reader);

/* ---- before the first byte ---- */

/* Those of cells, rows and columns; LIMITS_DEFAULT else. */
void csv_reader_limit(struct csv_reader *reader, const struct limits *limits);

/* A comma, semicolon, tab or pipe; a comma else. */
void csv_reader_delimiter(struct csv_reader *reader, char delimiter);

/*
 * Whether rows with other than the first row's number of cells are delivered all the same: filled
 * with empty cells, or without those beyond that number. Else they are rejected. The limits hold
 * for what stands in the file.
 */
void csv_reader_ragged(struct csv_reader *reader, bool accept);

/* How rows are read, for tests and measurements: it shows in nothing but the time. */
enum csv_path {
    CSV_PATH_BEST,
    CSV_PATH_CAREFUL,  /* by libcsv alone */
    CSV_PATH_PORTABLE, /* plain rows by csv_plain, its marks found as csv_scan.h says */
    CSV_PATH_SSE2,
    CSV_PATH_AVX2,
    CSV_PATHS
};

/* False, and nothing is changed, where the machine lacks it. */
bool csv_reader_path(struct csv_reader *reader, enum csv_path path);

/* ---- reading ---- */

/*
 * False when the text is damaged (rejection says how) or when the callback or
 * the memory gave out (rejection->reason stays REASON_NONE). Then it is over.
 */
bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length,
                     struct rejection *rejection);
bool csv_reader_finish(struct csv_reader *reader, struct rejection *rejection);

/*
 * To be called by the callback: reading pauses behind the row that it was given. Feeding then
 * returns true, and csv_reader_taken() says how many bytes of that chunk were read; the caller
 * feeds the rest again, when it likes. Behind a row that ends in CRLF it may stand before the LF.
 * Not for CSV_PATH_CAREFUL.
 */
void csv_reader_pause(struct csv_reader *reader);
size_t csv_reader_taken(const struct csv_reader *reader);

/* The line on which the next row starts, or the row that is being read has started. */
uint64_t csv_reader_line(const struct csv_reader *reader);

/*
 * Between two rows, where the reading paused: what is fed next stands further on in the file, at
 * the start of the row on this line.
 */
void csv_reader_go_on_at(struct csv_reader *reader, uint64_t line);

/* Rows below the first so far, whether that is a header or not. */
uint64_t csv_reader_rows(const struct csv_reader *reader);

/* Of them, those that were filled or cut. */
uint64_t csv_reader_ragged_rows(const struct csv_reader *reader);

/* How the file is written, known once it is finished. */
struct csv_dialect csv_reader_dialect(const struct csv_reader *reader);

#endif
