/*
 * cutter: whatever the stream, its batches are the same however the bytes come; each is a CSV that
 * a strict reader takes, with the stream's header and as many rows as it says; all rows together
 * are those of the stream, in their order, up to the damage; and who goes on where a batch begins
 * gets that batch and those behind it.
 *
 * The first byte of an input is how many rows a batch has.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/csv_reader.h"
#include "common/text.h"
#include "producer/cutter.h"
#include "tests/fuzz/fuzz.h"

/* Limits are met by unit tests; here a batch is full by its rows. */
#define LONGEST 4096
#define BATCHES_MAX LONGEST

struct stream {
    const char *bytes;
    size_t length;
    uint64_t rows; /* of each batch */
};

/* What was cut: batches one after the other, and what was wrong at the end. */
struct batches {
    struct cut cuts[BATCHES_MAX];
    size_t count;
    size_t columns;
    struct rejection damage;
};

static void free_batches(struct batches *batches)
{
    for (size_t i = 0; i < batches->count; i++)
        cut_free(&batches->cuts[i]);
    batches->count = 0;
}

/* ---- cutting ---- */

static void take(struct cutter *cutter, struct batches *batches)
{
    FUZZ_REQUIRE(batches->count < BATCHES_MAX, "more batches than bytes");
    FUZZ_REQUIRE(cutter_rows(cutter) > 0, "a batch without a row");
    FUZZ_REQUIRE(cutter_take(cutter, &batches->cuts[batches->count++]), "no memory");
}

/* Piece by piece, each in memory of its own, so that a step beyond it is seen. */
static enum cutter_answer feed(struct cutter *cutter, const char *bytes, size_t length,
                               struct batches *batches)
{
    enum cutter_answer answer = CUTTER_HUNGRY;
    for (size_t at = 0, taken = 0; at < length && answer != CUTTER_DAMAGED; at += taken) {
        char *copy = malloc(length - at);
        FUZZ_REQUIRE(copy != NULL, "no memory");
        memcpy(copy, bytes + at, length - at);
        answer = cutter_feed(cutter, copy, length - at, &taken, &batches->damage);
        free(copy);
        FUZZ_REQUIRE(taken <= length - at, "took more than there was");
        if (answer == CUTTER_FULL)
            take(cutter, batches);
    }
    return answer;
}

static void finish(struct cutter *cutter, enum cutter_answer answer, struct batches *batches)
{
    if (answer != CUTTER_DAMAGED)
        answer = cutter_finish(cutter, &batches->damage);
    FUZZ_REQUIRE((answer == CUTTER_DAMAGED) == (batches->damage.reason != REASON_NONE), "%s",
                 batches->damage.detail);
    if (cutter_rows(cutter) > 0)
        take(cutter, batches);
    batches->columns = cutter_columns(cutter)->count;
    cutter_free(cutter);
}

static struct cutter *open_cutter(const struct stream *stream)
{
    struct cutter *cutter = cutter_create();
    FUZZ_REQUIRE(cutter != NULL, "no memory");
    cutter_begin(cutter, stream->rows);
    return cutter;
}

static void cut_stream(const struct stream *stream, bool whole, struct batches *batches)
{
    struct cutter *cutter = open_cutter(stream);
    uint32_t state = fuzz_seed((const uint8_t *)stream->bytes, stream->length);
    enum cutter_answer answer = CUTTER_HUNGRY;
    for (size_t at = 0, piece; at < stream->length && answer != CUTTER_DAMAGED; at += piece) {
        size_t left = stream->length - at;
        piece = whole ? left : fuzz_random(&state) % 9 + 1;
        piece = piece < left ? piece : left;
        answer = feed(cutter, stream->bytes + at, piece, batches);
    }
    finish(cutter, answer, batches);
}

/* As a producer does that was killed: the header, and then from that batch on. */
static void cut_from(const struct stream *stream, const struct cut *from, struct batches *batches)
{
    struct cutter *cutter = open_cutter(stream);
    enum cutter_answer answer = CUTTER_HUNGRY;
    size_t taken = 0;
    for (size_t at = 0; !cutter_has_header(cutter); at += taken)
        answer =
            cutter_feed(cutter, stream->bytes + at, stream->length - at, &taken, &batches->damage);
    FUZZ_REQUIRE(answer == CUTTER_HUNGRY && cutter_rows(cutter) == 0, "a row with the header");
    cutter_go_on_at(cutter, from->offset_bytes, from->line);
    answer = feed(cutter, stream->bytes + from->offset_bytes, stream->length - from->offset_bytes,
                  batches);
    finish(cutter, answer, batches);
}

static void require_same(const struct batches *one, size_t skipped, const struct batches *other)
{
    FUZZ_REQUIRE(one->count - skipped == other->count, "%zu batches and %zu", one->count - skipped,
                 other->count);
    FUZZ_REQUIRE(strcmp(one->damage.detail, other->damage.detail) == 0, "'%s' and '%s'",
                 one->damage.detail, other->damage.detail);
    for (size_t i = 0; i < other->count; i++) {
        const struct cut *a = &one->cuts[skipped + i];
        const struct cut *b = &other->cuts[i];
        FUZZ_REQUIRE(a->rows == b->rows && a->offset_bytes == b->offset_bytes && a->line == b->line,
                     "batch %zu: %" PRIu64 " rows at %" PRIu64 ", line %" PRIu64 ", and %" PRIu64
                     " at %" PRIu64 ", line %" PRIu64,
                     skipped + i, a->rows, a->offset_bytes, a->line, b->rows, b->offset_bytes,
                     b->line);
        FUZZ_REQUIRE(a->csv.length == b->csv.length &&
                         memcmp(a->csv.bytes, b->csv.bytes, a->csv.length) == 0,
                     "batch %zu has other rows", i);
        FUZZ_REQUIRE(memcmp(a->types, b->types, one->columns) == 0, "batch %zu", i);
    }
}

/* ---- rows ---- */

/* Cells behind their lengths, rows one after the other; where each row ends. */
struct rows {
    struct text cells;
    size_t ends[LONGEST + 1];
    uint64_t count; /* with the header */
};

static bool add_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct rows *rows = context;
    (void)row;
    for (size_t i = 0; i < count; i++) {
        text_printf(&rows->cells, "%zu:", cells[i].length);
        text_append(&rows->cells, cells[i].bytes, cells[i].length);
    }
    text_put(&rows->cells, "/");
    FUZZ_REQUIRE(!text_failed(&rows->cells) && rows->count < LONGEST, "too many rows");
    rows->ends[rows->count++] = rows->cells.length;
    return true;
}

/* False where a strict reader finds damage; the rows before it are there. */
static bool read_rows(const char *bytes, size_t length, struct rows *rows)
{
    struct rejection damage;
    struct csv_reader *reader = csv_reader_create(add_row, rows);
    FUZZ_REQUIRE(reader != NULL, "no memory");
    bool good =
        csv_reader_feed(reader, bytes, length, &damage) && csv_reader_finish(reader, &damage);
    csv_reader_free(reader);
    return good;
}

/* The rows of a batch, without its header, are those of the stream behind so many. */
static void require_rows(const struct rows *stream, uint64_t before, const struct cut *cut)
{
    static struct rows batch;
    text_clear(&batch.cells);
    batch.count = 0;
    FUZZ_REQUIRE(read_rows(cut->csv.bytes, cut->csv.length, &batch), "a reader refuses a batch");
    FUZZ_REQUIRE(batch.count == cut->rows + 1, "%" PRIu64 " rows, and not %" PRIu64,
                 batch.count - 1, cut->rows);
    FUZZ_REQUIRE(before + cut->rows < stream->count, "rows that the stream does not have");
    FUZZ_REQUIRE(batch.ends[0] == stream->ends[0] &&
                     memcmp(batch.cells.bytes, stream->cells.bytes, batch.ends[0]) == 0,
                 "another header");
    size_t from = stream->ends[before];
    size_t length = stream->ends[before + cut->rows] - from;
    FUZZ_REQUIRE(
        batch.cells.length - batch.ends[0] == length &&
            memcmp(batch.cells.bytes + batch.ends[0], stream->cells.bytes + from, length) == 0,
        "other rows");
}

static void check_rows(const struct stream *stream, const struct batches *batches)
{
    static struct rows all;
    uint64_t before = 0;
    text_clear(&all.cells);
    all.count = 0;
    bool good = read_rows(stream->bytes, stream->length, &all);
    for (size_t i = 0; i < batches->count; i++) {
        require_rows(&all, before, &batches->cuts[i]);
        before += batches->cuts[i].rows;
    }
    FUZZ_REQUIRE(good || batches->damage.reason != REASON_NONE, "damage that nobody tells");
    FUZZ_REQUIRE(batches->damage.reason != REASON_NONE || all.count == 0 || before + 1 == all.count,
                 "%" PRIu64 " rows of %" PRIu64, before, all.count - 1);
}

/* ---- properties ---- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct batches whole;
    static struct batches pieces;
    static struct batches rest;
    if (length < 2 || length > LONGEST)
        return 0;
    struct stream stream = {(const char *)bytes + 1, length - 1, bytes[0] % 7 + 1};
    whole = pieces = rest = (struct batches){.count = 0};
    cut_stream(&stream, true, &whole);
    cut_stream(&stream, false, &pieces);
    require_same(&whole, 0, &pieces);
    check_rows(&stream, &whole);
    if (whole.count > 0) {
        size_t skipped = bytes[0] / 7 % whole.count;
        cut_from(&stream, &whole.cuts[skipped], &rest);
        require_same(&whole, skipped, &rest);
    }
    free_batches(&whole);
    free_batches(&pieces);
    free_batches(&rest);
    return 0;
}
