#include "consumer/csv_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "common/text.h"

#define BOM "\xEF\xBB\xBF"
#define BOM_BYTES 3
/* libcsv is fed in pieces, so that a cell without end is noticed soon after the limit. */
#define PIECE_BYTES (64u * 1024u)
#define CELL_GROWTH_BYTES (16u * 1024u)

enum line_end { ENDS_LF = 1, ENDS_CRLF = 2, ENDS_CR = 4 };

struct csv_reader {
    struct csv_parser parser;
    csv_row_function *on_row;
    void *context;
    struct limits limits;

    struct text row;        /* the bytes of the current row's cells, one behind the other */
    struct csv_cell *cells; /* while a row grows, only lengths are right */
    size_t count, capacity;
    size_t columns;  /* of the header; 0 before it */
    uint64_t rows;   /* rows delivered, the header included */
    uint64_t line;   /* on which the current row starts, from 1 */
    uint64_t breaks; /* line breaks inside the cells of the current row */

    unsigned line_ends;
    bool after_cr; /* the last row ended in CR, and an LF would belong to it */
    bool bom;
    size_t bom_matched; /* bytes of a possible mark held back at the start */
    bool bom_decided;

    bool stopped;
    struct rejection *rejection; /* during a call */
};

static int never_space(unsigned char character)
{
    (void)character;
    return 0;
}

struct csv_reader *csv_reader_create(csv_row_function *on_row, void *context)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
        free(reader);
        return NULL;
    }
    csv_set_space_func(&reader->parser, never_space);
    /* Its buffer grows by this much at a time; by the 128 bytes that it starts with, a long cell
       costs a square of its length. */
    csv_set_blk_size(&reader->parser, CELL_GROWTH_BYTES);
    reader->on_row = on_row;
    reader->context = context;
    reader->line = 1;
    reader->limits = LIMITS_DEFAULT;
    return reader;
}

void csv_reader_limit(struct csv_reader *reader, const struct limits *limits)
{
    reader->limits = *limits;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    csv_free(&reader->parser);
    text_free(&reader->row);
    free(reader->cells);
    free(reader);
}

/* Line breaks inside cells: LF, CR and CRLF are one each. */
static uint64_t count_breaks(const char *bytes, size_t length)
{
    uint64_t breaks = 0;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\n' || (bytes[i] == '\r' && !(i + 1 < length && bytes[i + 1] == '\n')))
            breaks++;
    return breaks;
}

/* The line on which the next cell of the row starts. */
static uint64_t current_line(const struct csv_reader *reader)
{
    return reader->line + reader->breaks;
}

static uint64_t line_inside_cell(const struct csv_reader *reader)
{
    const struct csv_parser *parser = &reader->parser;
    if (parser->entry_pos == 0)
        return current_line(reader);
    return current_line(reader) + count_breaks((const char *)parser->entry_buf, parser->entry_pos);
}

static void reject(struct csv_reader *reader, enum reason reason, uint64_t line, size_t column,
                   const char *what)
{
    if (reader->stopped)
        return;
    reader->stopped = true;
    rejection_set(reader->rejection, reason, "line %" PRIu64 ", column %zu: %s", line, column,
                  what);
}

static bool grow_cells(struct csv_reader *reader)
{
    if (reader->count < reader->capacity)
        return true;
    size_t capacity = reader->capacity == 0 ? 16 : reader->capacity * 2;
    struct csv_cell *cells = realloc(reader->cells, capacity * sizeof *cells);
    if (cells == NULL)
        return false;
    reader->cells = cells;
    reader->capacity = capacity;
    return true;
}

static void reject_beyond(struct csv_reader *reader, uint64_t limit, const char *of_what)
{
    char what[96];
    (void)snprintf(what, sizeof what, "more than %" PRIu64 " %s", limit, of_what);
    reject(reader, REASON_TOO_LARGE, current_line(reader), reader->count + 1, what);
}

/*
 * Rejects where the row's next cell, of so many bytes so far, is beyond a limit. Of two that a
 * cell exceeds, the one that it meets first is named, so that it does not matter when it is asked.
 */
static bool is_beyond_limits(struct csv_reader *reader, uint64_t cell_bytes)
{
    const struct limits *limits = &reader->limits;
    uint64_t before = reader->row.length + reader->count; /* with a comma behind each cell */
    uint64_t room = before < limits->row_bytes ? limits->row_bytes - before : 0;
    if (reader->count >= limits->columns)
        reject_beyond(reader, limits->columns, "cells in a row (--max-columns)");
    else if (limits->field_bytes <= room && cell_bytes > limits->field_bytes)
        reject_beyond(reader, limits->field_bytes, "bytes in a cell (--max-field-length)");
    else if (before + cell_bytes > limits->row_bytes)
        reject_beyond(reader, limits->row_bytes, "bytes in a row (--max-row-size)");
    return reader->stopped;
}

static void on_cell(void *bytes, size_t length, void *context)
{
    struct csv_reader *reader = context;
    if (reader->stopped)
        return;
    if (reader->after_cr) {
        reader->line_ends |= ENDS_CR;
        reader->after_cr = false;
    }
    if (is_beyond_limits(reader, length))
        return;
    text_append(&reader->row, bytes, length);
    if (length > 0)
        reader->breaks += count_breaks(bytes, length);
    if (text_failed(&reader->row) || !grow_cells(reader)) {
        reader->stopped = true;
        return;
    }
    reader->cells[reader->count++].length = length;
}

/* Cells point into the row's bytes only now that these no longer move. */
static void place_cells(struct csv_reader *reader)
{
    const char *at = reader->row.bytes == NULL ? "" : reader->row.bytes;
    for (size_t i = 0; i < reader->count; i++) {
        reader->cells[i].bytes = at;
        at += reader->cells[i].length;
    }
}

static void check_header(struct csv_reader *reader)
{
    uint64_t line = reader->line;
    reader->columns = reader->count;
    for (size_t i = 0; i < reader->count; i++) {
        const struct csv_cell *cell = &reader->cells[i];
        if (!text_is_utf8(cell->bytes, cell->length)) {
            reject(reader, REASON_ENCODING_ERROR, line, i + 1, "the header is not UTF-8");
            return;
        }
        line += count_breaks(cell->bytes, cell->length);
    }
}

static void check_width(struct csv_reader *reader)
{
    char what[96];
    if (reader->count == reader->columns)
        return;
    (void)snprintf(what, sizeof what, "%zu cells where the header has %zu", reader->count,
                   reader->columns);
    if (reader->count > reader->columns)
        reject(reader, REASON_EXTRA_CELL, reader->line, reader->columns + 1, what);
    else
        reject(reader, REASON_MISSING_CELL, reader->line, reader->count + 1, what);
}

static void deliver_row(struct csv_reader *reader)
{
    place_cells(reader);
    if (reader->rows == 0)
        check_header(reader);
    else
        check_width(reader);
    if (reader->stopped)
        return;
    if (!reader->on_row(reader->context, reader->cells, reader->count, reader->rows))
        reader->stopped = true;
    reader->rows++;
}

/* Notes how the line ended; true when this LF only completes the CR before it. */
static bool note_line_end(struct csv_reader *reader, int terminator)
{
    bool completes = terminator == '\n' && reader->after_cr && reader->count == 0;
    if (completes)
        reader->line_ends |= ENDS_CRLF;
    else if (terminator == '\n')
        reader->line_ends |= ENDS_LF;
    if (reader->after_cr && !completes)
        reader->line_ends |= ENDS_CR;
    reader->after_cr = terminator == '\r';
    return completes;
}

static void on_row_end(int terminator, void *context)
{
    struct csv_reader *reader = context;
    if (reader->stopped || note_line_end(reader, terminator))
        return;
    if (reader->count > 0)
        deliver_row(reader);
    reader->line += 1 + reader->breaks;
    reader->breaks = 0;
    reader->count = 0;
    text_clear(&reader->row);
}

/* libcsv counts a closing quote as one more byte until it has seen what stands behind it. */
static bool open_cell_is_beyond_limits(struct csv_reader *reader)
{
    size_t bytes = reader->parser.entry_pos;
    return bytes > 1 && is_beyond_limits(reader, bytes - 1);
}

static void parse(struct csv_reader *reader, const char *bytes, size_t length)
{
    size_t parsed = csv_parse(&reader->parser, bytes, length, on_cell, on_row_end, reader);
    if (reader->stopped)
        return;
    if (open_cell_is_beyond_limits(reader))
        return;
    if (parsed < length && csv_error(&reader->parser) == CSV_EPARSE)
        reject(reader, REASON_STRAY_QUOTE, line_inside_cell(reader), reader->count + 1,
               "a quote inside a bare cell, or text behind a closing quote");
    else if (parsed < length)
        reader->stopped = true; /* memory */
}

static void parse_until_nul(struct csv_reader *reader, const char *bytes, size_t length)
{
    const char *nul = memchr(bytes, '\0', length);
    parse(reader, bytes, nul == NULL ? length : (size_t)(nul - bytes));
    if (nul != NULL)
        reject(reader, REASON_NUL_BYTE, line_inside_cell(reader), reader->count + 1, "a NUL byte");
}

/* Holds the first bytes back for as long as they may become a byte order mark. */
static size_t pass_bom(struct csv_reader *reader, const char *bytes, size_t length)
{
    size_t taken = 0;
    while (!reader->bom_decided && taken < length) {
        if (bytes[taken] == BOM[reader->bom_matched]) {
            taken++;
            if (++reader->bom_matched == BOM_BYTES)
                reader->bom = reader->bom_decided = true;
        } else {
            reader->bom_decided = true;
            parse(reader, BOM, reader->bom_matched);
        }
    }
    return taken;
}

bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length,
                     struct rejection *rejection)
{
    reader->rejection = rejection;
    size_t at = pass_bom(reader, bytes, length);
    while (at < length && !reader->stopped) {
        size_t piece = length - at < PIECE_BYTES ? length - at : PIECE_BYTES;
        parse_until_nul(reader, bytes + at, piece);
        at += piece;
    }
    reader->rejection = NULL;
    return !reader->stopped;
}

bool csv_reader_finish(struct csv_reader *reader, struct rejection *rejection)
{
    if (reader->stopped)
        return false;
    reader->rejection = rejection;
    if (!reader->bom_decided && reader->bom_matched > 0)
        parse(reader, BOM, reader->bom_matched);
    uint64_t opened_on = current_line(reader);
    size_t column = reader->count + 1;
    if (!reader->stopped && csv_fini(&reader->parser, on_cell, on_row_end, reader) != 0) {
        if (csv_error(&reader->parser) == CSV_EPARSE)
            reject(reader, REASON_UNCLOSED_QUOTE, opened_on, column,
                   "the file ends inside the quoted cell that starts here");
        reader->stopped = true;
    }
    if (reader->after_cr)
        reader->line_ends |= ENDS_CR;
    reader->rejection = NULL;
    return !reader->stopped;
}

uint64_t csv_reader_rows(const struct csv_reader *reader)
{
    return reader->rows == 0 ? 0 : reader->rows - 1;
}

static const char *line_ending_word(unsigned ends)
{
    switch (ends) {
    case 0:
    case ENDS_LF: return "lf";
    case ENDS_CRLF: return "crlf";
    case ENDS_CR: return "cr";
    default: return "mixed";
    }
}

struct csv_dialect csv_reader_dialect(const struct csv_reader *reader)
{
    return (struct csv_dialect){
        .delimiter = ',', .bom = reader->bom, .line_ending = line_ending_word(reader->line_ends)};
}
