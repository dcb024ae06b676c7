/*
 * csv_plain - rows that need no thought, straight out of a chunk of bytes: no copy, one look at
 * each delimiter, quote and line end (csv_scan finds them), none at other bytes.
 *
 *     csv_plain_chunk(plain, bytes, length);
 *     at += csv_plain_rows(plain, bytes + at, &rows);
 *     if (at < length) ...        somebody else reads the row there
 *
 * Plain is a row that stands wholly in the chunk, ends in LF or CRLF, is within the limits, and
 * whose cells are bare or properly quoted: from the first byte of the cell to the last, quotes
 * inside doubled, delimiters and line ends inside as they please. What this means was settled by
 * libcsv; such a row gives the cells that libcsv would have given. Of any other row csv_plain has
 * no opinion: libcsv says whether it is damage. So what is not recognized here costs time, and
 * never a wrong answer.
 */
#ifndef COMMON_CSV_PLAIN_H
#define COMMON_CSV_PLAIN_H

#include <stddef.h>

#include "common/csv_rows.h"
#include "common/csv_scan.h"

struct csv_plain;

/* For commas, by the fastest way. NULL when memory is short. */
struct csv_plain *csv_plain_create(void);
void csv_plain_free(struct csv_plain *plain);

/* Before the first chunk; what csv_scan() takes. */
void csv_plain_delimiter(struct csv_plain *plain, char delimiter);
void csv_plain_scan_by(struct csv_plain *plain, enum csv_scan_kind kind);

/* The bytes stay the caller's, and where they are until the next chunk. */
void csv_plain_chunk(struct csv_plain *plain, const char *bytes, size_t length);

/*
 * Reads and delivers rows from `from`, a place inside the chunk where a row starts, up to the
 * first that is not plain or for which memory is short, or until the reading is stopped. Returns
 * the bytes of these rows, their line ends and the blank lines between them. Cells point into the
 * chunk, those with a doubled quote into memory that stays until the next row.
 */
size_t csv_plain_rows(struct csv_plain *plain, const char *from, struct csv_rows *rows);

#endif
