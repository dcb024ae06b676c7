#include "producer/cutter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv_reader.h"
#include "common/limits.h"
#include "producer/publish.h"

struct cutter {
    struct csv_reader *reader;
    struct rejection *damage; /* of the call under way */

    bool has_header;
    struct columns columns;
    struct text header;

    struct cut batch; /* under way; its types are the columns' until it is taken */
    uint64_t wanted_rows;
    bool full;
    uint64_t offset_bytes; /* of what is fed next */
    bool behind_cr;        /* that was the last byte before it */
};

void cut_free(struct cut *cut)
{
    text_free(&cut->csv);
    free(cut->types);
    *cut = (struct cut){.rows = 0};
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Metadata that is larger would have each batch rejected, unread. */
static bool columns_fit_metadata(struct cutter *cutter)
{
    size_t bytes = metadata_most_bytes(columns_fields(&cutter->columns), cutter->columns.count);
    if (bytes > LIMITS_METADATA_BYTES)
        rejection_set(cutter->damage, REASON_TOO_LARGE,
                      "line %" PRIu64 ", column 1: with the names of %zu columns the metadata of a "
                      "batch may be %zu bytes long, more than %" PRIu64,
                      csv_reader_line(cutter->reader), cutter->columns.count, bytes,
                      LIMITS_METADATA_BYTES);
    return bytes > 0 && bytes <= LIMITS_METADATA_BYTES;
}

static bool take_header(struct cutter *cutter, const struct csv_cell *cells, size_t count)
{
    if (!columns_name(&cutter->columns, cells, count) || !columns_fit_metadata(cutter))
        return false;
    publish_append_row(&cutter->header, cells, count);
    if (text_failed(&cutter->header))
        return false; /* and no pause, which would end that */
    cutter->has_header = true;
    csv_reader_pause(cutter->reader);
    return true;
}

/* Names the first cell that is not UTF-8, and the line on which it starts. */
static void reject_encoding(struct cutter *cutter, const struct csv_cell *cells)
{
    uint64_t line = csv_reader_line(cutter->reader);
    size_t at = 0;
    for (; at + 1 < cutter->columns.count && text_is_utf8(cells[at].bytes, cells[at].length); at++)
        line += csv_rows_count_breaks(cells[at].bytes, cells[at].length);
    rejection_set(cutter->damage, REASON_ENCODING_ERROR,
                  "line %" PRIu64 ", column %zu: the cell is not UTF-8", line, at + 1);
}

/* Takes a row back of which half was appended, or which must not be there. */
static bool drop_row(struct cutter *cutter, size_t length_before)
{
    struct text *csv = &cutter->batch.csv;
    csv->length = length_before;
    csv->failed = false;
    return false;
}

static bool take_row(struct cutter *cutter, const struct csv_cell *cells)
{
    struct cut *batch = &cutter->batch;
    if (batch->rows == 0)
        text_append(&batch->csv, cutter->header.bytes, cutter->header.length);
    size_t before = batch->csv.length;
    publish_append_row(&batch->csv, cells, cutter->columns.count);
    if (text_failed(&batch->csv))
        return drop_row(cutter, before);
    if (!text_is_utf8(batch->csv.bytes + before, batch->csv.length - before)) {
        reject_encoding(cutter, cells);
        return drop_row(cutter, before);
    }
    columns_take(&cutter->columns, cells);
    batch->rows++;
    cutter->full = batch->rows >= cutter->wanted_rows || batch->csv.length >= CUTTER_BATCH_BYTES;
    if (cutter->full)
        csv_reader_pause(cutter->reader);
    return true;
}

static bool on_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    return row == 0 ? take_header(context, cells, count) : take_row(context, cells);
}

/* --- open and close --------------------------------------------------------------------------- */

struct cutter *cutter_create(void)
{
    struct limits limits = LIMITS_DEFAULT;
    struct cutter *cutter = calloc(1, sizeof *cutter);
    if (cutter == NULL)
        return NULL;
    limits.field_bytes = CUTTER_CELL_BYTES;
    limits.row_bytes = CUTTER_ROW_BYTES;
    limits.fixed = true;
    cutter->reader = csv_reader_create(on_row, cutter);
    if (cutter->reader == NULL) {
        free(cutter);
        return NULL;
    }
    csv_reader_limit(cutter->reader, &limits);
    return cutter;
}

void cutter_free(struct cutter *cutter)
{
    if (cutter == NULL)
        return;
    csv_reader_free(cutter->reader);
    columns_free(&cutter->columns);
    text_free(&cutter->header);
    cut_free(&cutter->batch);
    free(cutter);
}

/* --- bytes ------------------------------------------------------------------------------------ */

void cutter_begin(struct cutter *cutter, uint64_t rows)
{
    cutter->wanted_rows = rows;
    cutter->batch.offset_bytes = cutter->offset_bytes;
    cutter->batch.line = csv_reader_line(cutter->reader);
}

/* The header is not of the first batch, which so begins behind it. */
static void begin_behind_header(struct cutter *cutter, bool had_header)
{
    if (cutter->has_header && !had_header)
        cutter_begin(cutter, cutter->wanted_rows);
}

/* The LF of a CR that has ended the row before is not of the batch that begins there. */
static void begin_behind_lf(struct cutter *cutter, const char *bytes, size_t length)
{
    bool begins = cutter->batch.rows == 0 && cutter->batch.offset_bytes == cutter->offset_bytes;
    if (begins && cutter->behind_cr && length > 0 && bytes[0] == '\n')
        cutter->batch.offset_bytes++;
}

enum cutter_answer cutter_feed(struct cutter *cutter, const char *bytes, size_t length,
                               size_t *taken, struct rejection *damage)
{
    bool had_header = cutter->has_header;
    *damage = (struct rejection){.reason = REASON_NONE};
    cutter->damage = damage;
    begin_behind_lf(cutter, bytes, length);
    bool good = csv_reader_feed(cutter->reader, bytes, length, damage);
    *taken = csv_reader_taken(cutter->reader);
    cutter->offset_bytes += *taken;
    if (*taken > 0)
        cutter->behind_cr = bytes[*taken - 1] == '\r';
    begin_behind_header(cutter, had_header);
    if (!good)
        return CUTTER_DAMAGED;
    return cutter->full ? CUTTER_FULL : CUTTER_HUNGRY;
}

enum cutter_answer cutter_finish(struct cutter *cutter, struct rejection *damage)
{
    *damage = (struct rejection){.reason = REASON_NONE};
    cutter->damage = damage;
    if (!csv_reader_finish(cutter->reader, damage))
        return CUTTER_DAMAGED;
    return cutter->full ? CUTTER_FULL : CUTTER_HUNGRY;
}

bool cutter_has_header(const struct cutter *cutter)
{
    return cutter->has_header;
}

struct columns *cutter_columns(struct cutter *cutter)
{
    return &cutter->columns;
}

uint64_t cutter_rows(const struct cutter *cutter)
{
    return cutter->batch.rows;
}

bool cutter_is_full(const struct cutter *cutter)
{
    return cutter->full;
}

uint64_t cutter_line(const struct cutter *cutter)
{
    return csv_reader_line(cutter->reader);
}

bool cutter_take(struct cutter *cutter, struct cut *cut)
{
    struct cut *batch = &cutter->batch;
    batch->types = malloc(cutter->columns.count);
    if (batch->types == NULL)
        return false;
    memcpy(batch->types, cutter->columns.types, cutter->columns.count);
    *cut = *batch;
    *batch = (struct cut){.rows = 0};
    columns_forget(&cutter->columns);
    cutter->full = false;
    cutter_begin(cutter, cutter->wanted_rows);
    return true;
}

void cutter_go_on_at(struct cutter *cutter, uint64_t offset_bytes, uint64_t line)
{
    csv_reader_go_on_at(cutter->reader, line);
    cutter->offset_bytes = offset_bytes;
    cutter->behind_cr = false;
    cutter_begin(cutter, cutter->wanted_rows);
}
