#include "common/csv_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/text.h"

#define FIRST_CAPACITY 16

void csv_rows_init(struct csv_rows *rows, csv_row_function *on_row, void *context)
{
    *rows = (struct csv_rows){
        .on_row = on_row, .context = context, .line = 1, .limits = LIMITS_DEFAULT};
}

void csv_rows_free(struct csv_rows *rows)
{
    free(rows->cells);
    rows->cells = NULL;
}

bool csv_rows_grow(struct csv_rows *rows)
{
    uint64_t limit = rows->limits.columns;
    size_t wanted = rows->capacity == 0 ? FIRST_CAPACITY : rows->capacity * 2;
    size_t capacity = wanted < limit ? wanted : (size_t)limit;
    if (capacity <= rows->capacity)
        return false;
    struct csv_cell *cells = realloc(rows->cells, capacity * sizeof *cells);
    if (cells == NULL)
        return false;
    rows->cells = cells;
    rows->capacity = capacity;
    return true;
}

bool csv_rows_cells_within_limits(const struct csv_rows *rows)
{
    const struct limits *limits = &rows->limits;
    uint64_t bytes = rows->count == 0 ? 0 : rows->count - 1; /* delimiters between the cells */
    for (size_t i = 0; i < rows->count; i++) {
        bytes += rows->cells[i].length;
        if (rows->cells[i].length > limits->field_bytes)
            return false;
    }
    return bytes <= limits->row_bytes;
}

void csv_rows_reject(struct csv_rows *rows, enum reason reason, uint64_t line, size_t column,
                     const char *what)
{
    if (rows->stopped)
        return;
    rows->stopped = true;
    rejection_set(rows->rejection, reason, "line %" PRIu64 ", column %zu: %s", line, column, what);
}

uint64_t csv_rows_count_breaks(const char *bytes, size_t length)
{
    uint64_t breaks = 0;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\n' || (bytes[i] == '\r' && !(i + 1 < length && bytes[i + 1] == '\n')))
            breaks++;
    return breaks;
}

static void check_header(struct csv_rows *rows)
{
    uint64_t line = rows->line;
    rows->columns = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        const struct csv_cell *cell = &rows->cells[i];
        if (!text_is_utf8(cell->bytes, cell->length)) {
            csv_rows_reject(rows, REASON_ENCODING_ERROR, line, i + 1,
                            reason_meaning(REASON_ENCODING_ERROR));
            return;
        }
        line += csv_rows_count_breaks(cell->bytes, cell->length);
    }
}

/* Empty cells up to the header's width, for which the header itself has made the room; what is
   beyond it is left out. */
static void make_even(struct csv_rows *rows)
{
    for (size_t i = rows->count; i < rows->columns; i++)
        rows->cells[i] = (struct csv_cell){.bytes = "", .length = 0};
    rows->count = rows->columns;
    rows->ragged++;
}

static void reject_ragged(struct csv_rows *rows)
{
    char what[96];
    (void)snprintf(what, sizeof what, "%zu cells where the header has %zu", rows->count,
                   rows->columns);
    if (rows->count > rows->columns)
        csv_rows_reject(rows, REASON_EXTRA_CELL, rows->line, rows->columns + 1, what);
    else
        csv_rows_reject(rows, REASON_MISSING_CELL, rows->line, rows->count + 1, what);
}

void csv_rows_deliver(struct csv_rows *rows)
{
    if (rows->delivered == 0)
        check_header(rows);
    else if (rows->count != rows->columns && rows->accepts_ragged)
        make_even(rows);
    else if (rows->count != rows->columns)
        reject_ragged(rows);
    if (rows->stopped)
        return;
    if (!rows->on_row(rows->context, rows->cells, rows->count, rows->delivered))
        rows->stopped = true;
    rows->delivered++;
}

const char *csv_rows_line_ending(const struct csv_rows *rows)
{
    switch (rows->line_ends) {
    case 0:
    case CSV_ENDS_LF: return "lf";
    case CSV_ENDS_CRLF: return "crlf";
    case CSV_ENDS_CR: return "cr";
    default: return "mixed";
    }
}
