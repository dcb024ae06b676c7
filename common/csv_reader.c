#include "common/csv_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "common/csv_plain.h"
#include "common/text.h"

#define BOM "\xEF\xBB\xBF"
#define BOM_BYTES 3
/* libcsv is fed in pieces, so that a cell without end is noticed soon after the limit. */
#define PIECE_BYTES (64u * 1024u)
#define CELL_GROWTH_BYTES (16u * 1024u)

struct csv_reader {
    struct csv_rows rows;

    struct csv_plain *plain;
    bool only_careful; /* libcsv reads every row */
    bool inside_row;   /* libcsv has begun one, and goes on with it */
    bool paused;       /* by the callback: rows.stopped stands for that, until feeding ends */
    size_t taken;      /* bytes of the last chunk that were read */

    struct csv_parser parser;
    struct text row; /* the bytes of libcsv's row, one cell behind the other */
    bool after_cr;   /* its last row ended in CR, and an LF would belong to it */

    char delimiter;
    bool bom;
    size_t bom_matched; /* bytes of a possible mark held back at the start */
    bool bom_decided;
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
    reader->plain = csv_plain_create();
    if (reader->plain == NULL ||
        csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
        csv_plain_free(reader->plain);
        free(reader);
        return NULL;
    }
    csv_set_space_func(&reader->parser, never_space);
    /* Its buffer grows by this much at a time; by the 128 bytes that it starts with, a long cell
       costs a square of its length. */
    csv_set_blk_size(&reader->parser, CELL_GROWTH_BYTES);
    csv_rows_init(&reader->rows, on_row, context);
    reader->delimiter = ',';
    return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    csv_free(&reader->parser);
    csv_plain_free(reader->plain);
    csv_rows_free(&reader->rows);
    text_free(&reader->row);
    free(reader);
}

/* ---- settings ---- */

void csv_reader_limit(struct csv_reader *reader, const struct limits *limits)
{
    reader->rows.limits = *limits;
}

void csv_reader_delimiter(struct csv_reader *reader, char delimiter)
{
    reader->delimiter = delimiter;
    csv_set_delim(&reader->parser, (unsigned char)delimiter);
    csv_plain_delimiter(reader->plain, delimiter);
}

void csv_reader_ragged(struct csv_reader *reader, bool accept)
{
    reader->rows.accepts_ragged = accept;
}

bool csv_reader_path(struct csv_reader *reader, enum csv_path path)
{
    static const enum csv_scan_kind SCAN[CSV_PATHS] = {[CSV_PATH_PORTABLE] = CSV_SCAN_PORTABLE,
                                                       [CSV_PATH_SSE2] = CSV_SCAN_SSE2,
                                                       [CSV_PATH_AVX2] = CSV_SCAN_AVX2};
    enum csv_scan_kind kind = path == CSV_PATH_BEST ? csv_scan_best() : SCAN[path];
    if (!csv_scan_has(kind))
        return false;
    reader->only_careful = path == CSV_PATH_CAREFUL;
    csv_plain_scan_by(reader->plain, kind);
    return true;
}

/* ---- rows by libcsv ---- */

/* The line on which the next cell of the row starts. */
static uint64_t current_line(const struct csv_reader *reader)
{
    return reader->rows.line + reader->rows.breaks;
}

static uint64_t line_inside_cell(const struct csv_reader *reader)
{
    const struct csv_parser *parser = &reader->parser;
    if (parser->entry_pos == 0)
        return current_line(reader);
    return current_line(reader) +
           csv_rows_count_breaks((const char *)parser->entry_buf, parser->entry_pos);
}

static void reject_inside_cell(struct csv_reader *reader, enum reason reason, const char *what)
{
    csv_rows_reject(&reader->rows, reason, line_inside_cell(reader), reader->rows.count + 1, what);
}

static void reject_beyond(struct csv_reader *reader, uint64_t limit, const char *of_what,
                          const char *option)
{
    char what[96];
    const char *named = reader->rows.limits.fixed ? "" : option;
    (void)snprintf(what, sizeof what, "more than %" PRIu64 " %s%s", limit, of_what, named);
    csv_rows_reject(&reader->rows, REASON_TOO_LARGE, current_line(reader), reader->rows.count + 1,
                    what);
}

/*
 * Rejects where the row's next cell, of so many bytes so far, is beyond a limit. Of two that a
 * cell exceeds, the one that it meets first is named, so that it does not matter when it is asked.
 */
static bool is_beyond_limits(struct csv_reader *reader, uint64_t cell_bytes)
{
    const struct limits *limits = &reader->rows.limits;
    size_t count = reader->rows.count;
    uint64_t before = reader->row.length + count; /* with a delimiter behind each cell */
    uint64_t room = before < limits->row_bytes ? limits->row_bytes - before : 0;
    if (count >= limits->columns)
        reject_beyond(reader, limits->columns, "cells in a row", " (--max-columns)");
    else if (limits->field_bytes <= room && cell_bytes > limits->field_bytes)
        reject_beyond(reader, limits->field_bytes, "bytes in a cell", " (--max-field-length)");
    else if (before + cell_bytes > limits->row_bytes)
        reject_beyond(reader, limits->row_bytes, "bytes in a row", " (--max-row-size)");
    return reader->rows.stopped;
}

static void on_cell(void *bytes, size_t length, void *context)
{
    struct csv_reader *reader = context;
    if (reader->rows.stopped)
        return;
    if (reader->after_cr) {
        reader->rows.line_ends |= CSV_ENDS_CR;
        reader->after_cr = false;
    }
    if (is_beyond_limits(reader, length))
        return;
    text_append(&reader->row, bytes, length);
    if (length > 0)
        reader->rows.breaks += csv_rows_count_breaks(bytes, length);
    if (text_failed(&reader->row) || !csv_rows_add(&reader->rows, NULL, length))
        reader->rows.stopped = true;
}

/* Cells point into the row's bytes only now that these no longer move. */
static void place_cells(struct csv_reader *reader)
{
    const char *at = reader->row.bytes == NULL ? "" : reader->row.bytes;
    for (size_t i = 0; i < reader->rows.count; i++) {
        reader->rows.cells[i].bytes = at;
        at += reader->rows.cells[i].length;
    }
}

/* Notes how the line ended; true when this LF only completes the CR before it. */
static bool note_line_end(struct csv_reader *reader, int terminator)
{
    unsigned *line_ends = &reader->rows.line_ends;
    bool completes = terminator == '\n' && reader->after_cr && reader->rows.count == 0;
    if (completes)
        *line_ends |= CSV_ENDS_CRLF;
    else if (terminator == '\n')
        *line_ends |= CSV_ENDS_LF;
    if (reader->after_cr && !completes)
        *line_ends |= CSV_ENDS_CR;
    reader->after_cr = terminator == '\r';
    return completes;
}

static void on_row_end(int terminator, void *context)
{
    struct csv_reader *reader = context;
    if (terminator == '\n')
        reader->inside_row = false;
    if (reader->rows.stopped || note_line_end(reader, terminator))
        return;
    if (reader->rows.count > 0) {
        place_cells(reader);
        csv_rows_deliver(&reader->rows);
    }
    csv_rows_next_line(&reader->rows);
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
    reader->inside_row |= length > 0;
    size_t parsed = csv_parse(&reader->parser, bytes, length, on_cell, on_row_end, reader);
    if (reader->rows.stopped)
        return;
    if (open_cell_is_beyond_limits(reader))
        return;
    if (parsed < length && csv_error(&reader->parser) == CSV_EPARSE)
        reject_inside_cell(reader, REASON_STRAY_QUOTE, reason_meaning(REASON_STRAY_QUOTE));
    else if (parsed < length)
        reader->rows.stopped = true; /* memory */
}

static void parse_until_nul(struct csv_reader *reader, const char *bytes, size_t length)
{
    const char *nul = memchr(bytes, '\0', length);
    parse(reader, bytes, nul == NULL ? length : (size_t)(nul - bytes));
    if (nul != NULL)
        reject_inside_cell(reader, REASON_NUL_BYTE, "a NUL byte");
}

/* ---- the way of each row ---- */

static size_t line_length(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && bytes[at] != '\n' && bytes[at] != '\r')
        at++;
    return at < length ? at + 1 : length;
}

/*
 * Gives libcsv what stands up to the next line end, so that one that ends a row is the last byte
 * that it has seen: behind an LF, a plain row may follow, and behind either the reading may pause.
 * After a CR it goes on by itself, for that might still get its LF.
 */
static size_t read_carefully(struct csv_reader *reader, const char *bytes, size_t length)
{
    size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;
    if (!reader->only_careful)
        piece = line_length(bytes, piece);
    parse_until_nul(reader, bytes, piece);
    return piece;
}

static size_t read_rows(struct csv_reader *reader, const char *bytes, size_t length)
{
    size_t at = 0;
    csv_plain_chunk(reader->plain, bytes, length);
    while (at < length && !reader->rows.stopped) {
        if (!reader->inside_row && !reader->only_careful)
            at += csv_plain_rows(reader->plain, bytes + at, &reader->rows);
        if (at < length && !reader->rows.stopped)
            at += read_carefully(reader, bytes + at, length - at);
    }
    return at;
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

/* The callback's pause is over; damage and what ran out stay. */
static bool end_pause(struct csv_reader *reader)
{
    if (reader->paused)
        reader->rows.stopped = reader->paused = false;
    reader->rows.rejection = NULL;
    return !reader->rows.stopped;
}

bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length,
                     struct rejection *rejection)
{
    reader->rows.rejection = rejection;
    reader->taken = pass_bom(reader, bytes, length);
    if (reader->taken < length)
        reader->taken += read_rows(reader, bytes + reader->taken, length - reader->taken);
    return end_pause(reader);
}

bool csv_reader_finish(struct csv_reader *reader, struct rejection *rejection)
{
    if (reader->rows.stopped)
        return false;
    reader->rows.rejection = rejection;
    if (!reader->bom_decided && reader->bom_matched > 0)
        parse(reader, BOM, reader->bom_matched);
    uint64_t opened_on = current_line(reader);
    size_t column = reader->rows.count + 1;
    if (!reader->rows.stopped && csv_fini(&reader->parser, on_cell, on_row_end, reader) != 0) {
        if (csv_error(&reader->parser) == CSV_EPARSE)
            csv_rows_reject(&reader->rows, REASON_UNCLOSED_QUOTE, opened_on, column,
                            "the file ends inside the quoted cell that starts here");
        reader->rows.stopped = true;
    }
    if (reader->after_cr)
        reader->rows.line_ends |= CSV_ENDS_CR;
    return end_pause(reader);
}

void csv_reader_pause(struct csv_reader *reader)
{
    reader->paused = reader->rows.stopped = true;
}

void csv_reader_go_on_at(struct csv_reader *reader, uint64_t line)
{
    reader->rows.line = line;
    reader->after_cr = reader->inside_row = false;
}

/* ---- what was read ---- */

size_t csv_reader_taken(const struct csv_reader *reader)
{
    return reader->taken;
}

uint64_t csv_reader_line(const struct csv_reader *reader)
{
    return reader->rows.line;
}

uint64_t csv_reader_rows(const struct csv_reader *reader)
{
    return reader->rows.delivered == 0 ? 0 : reader->rows.delivered - 1;
}

uint64_t csv_reader_ragged_rows(const struct csv_reader *reader)
{
    return reader->rows.ragged;
}

struct csv_dialect csv_reader_dialect(const struct csv_reader *reader)
{
    return (struct csv_dialect){.delimiter = reader->delimiter,
                                .bom = reader->bom,
                                .line_ending = csv_rows_line_ending(&reader->rows)};
}
