/*
 * csv_rows - the row that is being read and what becomes of it, whichever way it is read: it is
 * numbered, held against the header and handed to the caller, or the file is rejected.
 *
 *     csv_rows_add(&rows, bytes, length) ...      the cells of a row
 *     csv_rows_deliver(&rows);                    all of them at once; not for a blank line
 *     csv_rows_next_line(&rows);
 *
 * The members are there to be read; what is written elsewhere than here says so. What is called
 * for each of a hundred million rows a second stands in this header, to be compiled into its
 * callers.
 */
#ifndef COMMON_CSV_ROWS_H
#define COMMON_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"
#include "common/reason.h"

struct csv_cell {
    const char *bytes; /* not NUL-terminated; valid during the callback */
    size_t length;
};

/*
 * Called once a row, the header first (row 0). Returning false stops the
 * reading: the caller ran out of something.
 */
typedef bool csv_row_function(void *context, const struct csv_cell *cells, size_t count,
                              uint64_t row);

/* How a row ended; the ways of a file are or-ed. */
enum csv_line_end { CSV_ENDS_LF = 1, CSV_ENDS_CRLF = 2, CSV_ENDS_CR = 4 };

struct csv_rows {
    csv_row_function *on_row;
    void *context;
    struct limits limits;
    bool accepts_ragged;

    struct csv_cell *cells; /* of the current row */
    size_t count, capacity;
    uint64_t breaks; /* line breaks inside the cells of the current row; counted by the readers */
    uint64_t line;   /* on which the current row starts, from 1 */

    size_t columns;     /* of the header; 0 before it */
    uint64_t delivered; /* rows, the header included */
    uint64_t ragged;    /* of them, those that were filled or cut */
    unsigned line_ends; /* enum csv_line_end; noted by the readers */

    bool stopped;                /* damage, or the callback or the memory gave out */
    struct rejection *rejection; /* where damage is put; set during a call */
};

void csv_rows_init(struct csv_rows *rows, csv_row_function *on_row, void *context);
void csv_rows_free(struct csv_rows *rows);

/* Makes room for another cell. False when memory is short or the row has as many as it may. */
bool csv_rows_grow(struct csv_rows *rows);

/* Adds a cell, which stays where it is until the row is delivered; false as csv_rows_grow(). */
static inline bool csv_rows_add(struct csv_rows *rows, const char *bytes, size_t length)
{
    if (rows->count == rows->capacity && !csv_rows_grow(rows))
        return false;
    rows->cells[rows->count++] = (struct csv_cell){.bytes = bytes, .length = length};
    return true;
}

/* True when no cell of the row and not the row itself has more bytes than it may. */
bool csv_rows_cells_within_limits(const struct csv_rows *rows);

/* The same; `raw_bytes`, what the row takes up in the file, mostly spares a look at the cells. */
static inline bool csv_rows_within_limits(const struct csv_rows *rows, size_t raw_bytes)
{
    return (raw_bytes <= rows->limits.field_bytes && raw_bytes <= rows->limits.row_bytes) ||
           csv_rows_cells_within_limits(rows);
}

/*
 * Hands the row to the caller: the header, once it is UTF-8; any other, once it has as many cells
 * or, where ragged rows are accepted, has been filled with empty cells or cut.
 */
void csv_rows_deliver(struct csv_rows *rows);

/* Forgets the cells of the row: it is to be read once more from its start. */
static inline void csv_rows_forget(struct csv_rows *rows)
{
    rows->breaks = 0;
    rows->count = 0;
}

/* The row, or the blank line, is done with: forgets its cells and counts its lines. */
static inline void csv_rows_next_line(struct csv_rows *rows)
{
    rows->line += 1 + rows->breaks;
    csv_rows_forget(rows);
}

/* Rejects the file, once; the line and column, a cell, count from 1. */
void csv_rows_reject(struct csv_rows *rows, enum reason reason, uint64_t line, size_t column,
                     const char *what);

/* Line breaks inside a cell: LF, CR and CRLF are one each. */
uint64_t csv_rows_count_breaks(const char *bytes, size_t length);

/* "lf", "crlf", "cr" or "mixed"; "lf" where no line ended. */
const char *csv_rows_line_ending(const struct csv_rows *rows);

#endif
