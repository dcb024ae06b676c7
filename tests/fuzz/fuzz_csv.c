/*
 * csv_reader: the rows are the same however the text is cut into pieces, and they are those of
 * libcsv by itself, which is fed the whole text and knows neither limits nor line numbers. What
 * the one refuses, the other refuses too, but for what libcsv cannot know.
 */
#include <csv.h>
#include <stdbool.h>
#include <string.h>

#include "common/text.h"
#include "consumer/csv_reader.h"
#include "tests/fuzz/fuzz.h"

/* What was read, in a form in which it can be compared. */
struct transcript {
    struct text rows;
    bool good;
    enum reason reason;
    char ending[REASON_DETAIL_SIZE + 32];
};

static bool put_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct text *rows = context;
    (void)row;
    for (size_t i = 0; i < count; i++) {
        text_printf(rows, "<%zu:", cells[i].length);
        text_append(rows, cells[i].bytes, cells[i].length);
    }
    text_put(rows, ">\n");
    return true;
}

enum cut { WHOLE, BYTES, PIECES };

static size_t piece_length(enum cut cut, size_t left, uint32_t *state)
{
    size_t wanted = cut == WHOLE ? left : cut == BYTES ? 1 : fuzz_random(state) % 9 + 1;
    return wanted < left ? wanted : left;
}

/* Each piece in memory of its own, so that a step beyond it is seen. */
static bool feed(struct csv_reader *reader, const uint8_t *bytes, size_t length, enum cut cut,
                 struct rejection *rejection)
{
    uint32_t state = fuzz_seed(bytes, length);
    bool good = true;
    for (size_t at = 0; good && at < length;) {
        size_t piece = piece_length(cut, length - at, &state);
        char *copy = malloc(piece);
        FUZZ_REQUIRE(copy != NULL, "no memory");
        memcpy(copy, bytes + at, piece);
        good = csv_reader_feed(reader, copy, piece, rejection);
        free(copy);
        at += piece;
    }
    return good;
}

static struct transcript read_cut(const uint8_t *bytes, size_t length, enum cut cut,
                                  const struct limits *limits)
{
    struct transcript seen = {.reason = REASON_NONE};
    struct rejection rejection = {.reason = REASON_NONE};
    struct csv_reader *reader = csv_reader_create(put_row, &seen.rows);
    FUZZ_REQUIRE(reader != NULL, "no memory");
    csv_reader_limit(reader, limits);
    bool fed = feed(reader, bytes, length, cut, &rejection);
    seen.good = csv_reader_finish(reader, &rejection);
    FUZZ_REQUIRE(fed || !seen.good, "finished after damage");
    FUZZ_REQUIRE(seen.good || rejection.reason != REASON_NONE, "refused without a reason");
    struct csv_dialect dialect = csv_reader_dialect(reader);
    seen.reason = rejection.reason;
    (void)snprintf(seen.ending, sizeof seen.ending, "%s %s",
                   seen.good ? dialect.line_ending : reason_word(rejection.reason),
                   seen.good ? (dialect.bom ? "bom" : "") : rejection.detail);
    text_append(&seen.rows, "", 0);
    csv_reader_free(reader);
    return seen;
}

/* ---- libcsv by itself ---- */

struct plain {
    struct text rows, row;
    size_t row_bytes, cells, columns;
    size_t longest_cell, largest_row, most_cells;
    bool ragged, bad_header, any_row;
};

static void on_cell(void *bytes, size_t length, void *context)
{
    struct plain *plain = context;
    text_printf(&plain->row, "<%zu:", length);
    text_append(&plain->row, bytes, length);
    plain->row_bytes += length + (plain->cells > 0 ? 1 : 0);
    plain->cells++;
    plain->bad_header |= !plain->any_row && !text_is_utf8(bytes, length);
    if (length > plain->longest_cell)
        plain->longest_cell = length;
}

static void on_row(int end, void *context)
{
    struct plain *plain = context;
    (void)end;
    text_append(&plain->rows, plain->row.bytes, plain->row.length);
    text_put(&plain->rows, ">\n");
    text_clear(&plain->row);
    if (!plain->any_row)
        plain->columns = plain->cells;
    plain->ragged |= plain->cells != plain->columns;
    if (plain->row_bytes > plain->largest_row)
        plain->largest_row = plain->row_bytes;
    if (plain->cells > plain->most_cells)
        plain->most_cells = plain->cells;
    plain->any_row = true;
    plain->row_bytes = plain->cells = 0;
}

static int never_space(unsigned char character)
{
    (void)character;
    return 0;
}

/* True when libcsv takes all of it. */
static bool read_plainly(const uint8_t *bytes, size_t length, struct plain *plain)
{
    struct csv_parser parser;
    const uint8_t *nul = length == 0 ? NULL : memchr(bytes, 0, length);
    size_t whole = nul == NULL ? length : (size_t)(nul - bytes);
    FUZZ_REQUIRE(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0, "csv_init");
    csv_set_space_func(&parser, never_space);
    bool good = csv_parse(&parser, bytes, whole, on_cell, on_row, plain) == whole && nul == NULL;
    good = good && csv_fini(&parser, on_cell, on_row, plain) == 0;
    csv_free(&parser);
    text_append(&plain->rows, "", 0);
    return good;
}

/* ---- properties ---- */

static void require_same(const struct transcript *one, const struct transcript *other)
{
    FUZZ_REQUIRE(strcmp(one->ending, other->ending) == 0, "%s, and in pieces %s", one->ending,
                 other->ending);
    FUZZ_REQUIRE(one->rows.length == other->rows.length &&
                     memcmp(one->rows.bytes, other->rows.bytes, one->rows.length) == 0,
                 "other rows in pieces");
}

static void require_agreement(const struct transcript *seen, const struct plain *plain,
                              bool plain_good, const struct limits *limits)
{
    bool beyond = plain->longest_cell > limits->field_bytes ||
                  plain->largest_row > limits->row_bytes || plain->most_cells > limits->columns;
    bool expected = plain_good && !beyond && !plain->ragged && !plain->bad_header;
    FUZZ_REQUIRE(seen->good == expected, "%s", seen->ending);
    FUZZ_REQUIRE(!plain_good || seen->reason != REASON_TOO_LARGE || beyond, "%s", seen->ending);
    if (expected)
        FUZZ_REQUIRE(seen->rows.length == plain->rows.length, "other rows than libcsv");
    FUZZ_REQUIRE(seen->rows.length <= plain->rows.length &&
                     memcmp(seen->rows.bytes, plain->rows.bytes, seen->rows.length) == 0,
                 "no prefix of libcsv's rows");
}

static void check(const uint8_t *bytes, size_t length, const struct plain *plain, bool plain_good,
                  const struct limits *limits)
{
    struct transcript whole = read_cut(bytes, length, WHOLE, limits);
    require_agreement(&whole, plain, plain_good, limits);
    for (enum cut cut = BYTES; cut <= PIECES; cut++) {
        struct transcript cut_up = read_cut(bytes, length, cut, limits);
        require_same(&whole, &cut_up);
        text_free(&cut_up.rows);
    }
    text_free(&whole.rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct plain plain = {.ragged = false};
    struct limits tight = LIMITS_DEFAULT;
    size_t bom = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    bool good = read_plainly(bytes + bom, length - bom, &plain);
    tight.field_bytes = 6;
    tight.row_bytes = 12;
    tight.columns = 4;
    check(bytes, length, &plain, good, &LIMITS_DEFAULT);
    check(bytes, length, &plain, good, &tight);
    text_free(&plain.rows);
    text_free(&plain.row);
    return 0;
}
