#include "common/csv_plain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Marks are looked for so far ahead: their positions stay in the first cache beside the bytes. */
#define WINDOW_BYTES 4096u

struct csv_plain {
    enum csv_scan_kind kind;
    char delimiter;

    const char *begin, *end;          /* the chunk */
    const char *window, *window_end;  /* the part of the chunk that was scanned last */
    const uint32_t *next, *past_last; /* those of its marks that were not yet met */

    char *unquoted; /* cells of the current row without the doubling of their quotes */
    size_t unquoted_bytes, capacity;

    uint32_t positions[WINDOW_BYTES + CSV_SCAN_SLACK];
};

struct csv_plain *csv_plain_create(void)
{
    struct csv_plain *plain = malloc(sizeof *plain);
    if (plain == NULL)
        return NULL;
    plain->kind = csv_scan_best();
    plain->delimiter = ',';
    plain->unquoted = NULL;
    plain->unquoted_bytes = plain->capacity = 0;
    csv_plain_chunk(plain, "", 0);
    return plain;
}

void csv_plain_free(struct csv_plain *plain)
{
    if (plain == NULL)
        return;
    free(plain->unquoted);
    free(plain);
}

void csv_plain_delimiter(struct csv_plain *plain, char delimiter)
{
    plain->delimiter = delimiter;
}

void csv_plain_scan_by(struct csv_plain *plain, enum csv_scan_kind kind)
{
    plain->kind = kind;
}

/* ---- marks ---- */

/* An empty window: the next mark is looked for from here on. */
static void open_window(struct csv_plain *plain, const char *at)
{
    plain->window = plain->window_end = at;
    plain->next = plain->past_last = plain->positions;
}

void csv_plain_chunk(struct csv_plain *plain, const char *bytes, size_t length)
{
    plain->begin = bytes;
    plain->end = bytes + length;
    open_window(plain, bytes);
}

/* Scans on until there is a mark; false at the end of the chunk. */
static bool find_marks(struct csv_plain *plain)
{
    while (plain->next == plain->past_last) {
        size_t left = (size_t)(plain->end - plain->window_end);
        size_t length = left < WINDOW_BYTES ? left : WINDOW_BYTES;
        if (length == 0)
            return false;
        open_window(plain, plain->window_end);
        plain->window_end += length;
        plain->past_last +=
            csv_scan(plain->kind, plain->window, length, plain->delimiter, plain->positions);
    }
    return true;
}

/* NULL at the end of the chunk. */
static inline const char *next_mark(struct csv_plain *plain)
{
    if (plain->next == plain->past_last && !find_marks(plain))
        return NULL;
    return plain->window + *plain->next++;
}

/* To the first mark from here on: somebody else read what stands before. */
static void go_to(struct csv_plain *plain, const char *from)
{
    if (from < plain->window || from >= plain->window_end)
        open_window(plain, from);
    while (plain->next > plain->positions && plain->window + plain->next[-1] >= from)
        plain->next--;
    while (plain->next < plain->past_last && plain->window + *plain->next < from)
        plain->next++;
}

/* ---- cells ---- */

/* Room for all cells of a row, so that none moves: they are shorter than the chunk. */
static bool reserve_unquoted(struct csv_plain *plain)
{
    size_t wanted = (size_t)(plain->end - plain->begin);
    if (wanted <= plain->capacity)
        return true;
    free(plain->unquoted);
    plain->unquoted = malloc(wanted);
    plain->capacity = plain->unquoted == NULL ? 0 : wanted;
    return plain->unquoted != NULL;
}

static void append_unquoted(struct csv_plain *plain, const char *from, const char *to)
{
    memcpy(plain->unquoted + plain->unquoted_bytes, from, (size_t)(to - from));
    plain->unquoted_bytes += (size_t)(to - from);
}

/* Adds a cell of what was copied from `start` on and the bytes behind; mostly nothing was. */
static bool add_quoted(struct csv_plain *plain, size_t start, const char *from, const char *to,
                       struct csv_rows *rows)
{
    if (plain->unquoted_bytes == start)
        return csv_rows_add(rows, from, (size_t)(to - from));
    append_unquoted(plain, from, to);
    return csv_rows_add(rows, plain->unquoted + start, plain->unquoted_bytes - start);
}

/* A line break inside a cell; CRLF is one. */
static bool is_break(const char *mark)
{
    return *mark == '\r' || (*mark == '\n' && mark[-1] != '\r');
}

/* The next quote inside a quoted cell, past its delimiters and line breaks; NULL: not plain. */
static const char *next_quote(struct csv_plain *plain, struct csv_rows *rows)
{
    const char *mark = next_mark(plain);
    while (mark != NULL && *mark != '"') {
        if (*mark == '\0')
            return NULL;
        rows->breaks += is_break(mark);
        mark = next_mark(plain);
    }
    return mark;
}

/* Adds the cell behind this quote. Returns the mark behind the closing one; NULL: not plain. */
static const char *read_quoted(struct csv_plain *plain, const char *quote, struct csv_rows *rows)
{
    const char *from = quote + 1; /* what was not copied */
    size_t start = plain->unquoted_bytes;
    for (;;) {
        const char *closing = next_quote(plain, rows);
        const char *behind = closing == NULL ? NULL : next_mark(plain);
        if (behind == NULL || behind != closing + 1)
            return NULL;
        if (*behind != '"')
            return add_quoted(plain, start, from, closing, rows) ? behind : NULL;
        if (!reserve_unquoted(plain))
            return NULL;
        append_unquoted(plain, from, behind);
        from = behind + 1;
    }
}

/* ---- rows ---- */

/*
 * Adds bare cells that end in a delimiter, while their marks are at hand and there is room, and
 * returns where the next cell starts. All that counts here stays in registers: read_cells() would
 * do the same by itself, and take a sixth longer for a file.
 */
static const char *read_bare(struct csv_plain *plain, const char *start, struct csv_rows *rows)
{
    const char *window = plain->window;
    const char delimiter = plain->delimiter;
    const uint32_t *next = plain->next;
    const uint32_t *past_last = plain->past_last;
    struct csv_cell *cells = rows->cells;
    size_t count = rows->count;
    const size_t capacity = rows->capacity;
    while (next < past_last && window[*next] == delimiter && count < capacity) {
        const char *mark = window + *next++;
        cells[count++] = (struct csv_cell){.bytes = start, .length = (size_t)(mark - start)};
        start = mark + 1;
    }
    plain->next = next;
    rows->count = count;
    return start;
}

/* Returns the mark that is to end the row; NULL: not plain. */
static const char *read_cells(struct csv_plain *plain, const char *from, struct csv_rows *rows)
{
    const char *start = from;
    for (;;) {
        start = read_bare(plain, start, rows);
        const char *mark = next_mark(plain);
        if (mark == NULL)
            return NULL;
        if (*mark == '"') {
            mark = mark == start ? read_quoted(plain, mark, rows) : NULL;
            if (mark == NULL || *mark != plain->delimiter)
                return mark;
        } else if (*mark == plain->delimiter) {
            if (!csv_rows_add(rows, start, (size_t)(mark - start)))
                return NULL;
        } else {
            bool blank = mark == from;
            return blank || csv_rows_add(rows, start, (size_t)(mark - start)) ? mark : NULL;
        }
        start = mark + 1;
    }
}

/* What stands behind the row's line end; NULL: it is none that is plain. */
static const char *pass_line_end(struct csv_plain *plain, const char *mark)
{
    if (mark == NULL || *mark == '\n')
        return mark == NULL ? NULL : mark + 1;
    bool crlf = *mark == '\r' && next_mark(plain) == mark + 1 && mark[1] == '\n';
    return crlf ? mark + 2 : NULL;
}

/* Returns where the next row starts; NULL: not plain, and `rows` is as it was. */
static const char *read_row(struct csv_plain *plain, const char *from, struct csv_rows *rows)
{
    const char *end = read_cells(plain, from, rows);
    const char *behind = pass_line_end(plain, end);
    if (behind == NULL || !csv_rows_within_limits(rows, (size_t)(end - from))) {
        csv_rows_forget(rows);
        return NULL;
    }
    rows->line_ends |= *end == '\n' ? CSV_ENDS_LF : CSV_ENDS_CRLF;
    return behind;
}

size_t csv_plain_rows(struct csv_plain *plain, const char *from, struct csv_rows *rows)
{
    const char *at = from;
    go_to(plain, from);
    while (at < plain->end && !rows->stopped) {
        plain->unquoted_bytes = 0;
        const char *behind = read_row(plain, at, rows);
        if (behind == NULL)
            break;
        if (rows->count > 0)
            csv_rows_deliver(rows);
        csv_rows_next_line(rows);
        at = behind;
    }
    return (size_t)(at - from);
}
