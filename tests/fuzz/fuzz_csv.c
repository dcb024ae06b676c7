/*
 * csv_reader: what it says of a text is the same whichever way the rows are read and however the
 * text is cut into pieces, and the rows are those of libcsv by itself, which is fed the whole text
 * and knows neither limits nor line numbers. What the one refuses, the other refuses too, but for
 * what libcsv cannot know.
 *
 * The first byte of an input says with which settings the rest is read: see settings_of().
 */
#include <csv.h>
#include <stdbool.h>
#include <string.h>

#include "common/csv_reader.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

#ifdef __clang__ /* gcc looks at it for warnings only */
/* What is to be covered is csv_reader; to watch the watcher as well takes a third of the time. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

/* Freed memory that is kept back for long is memory that no cache holds: half of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=2";
}

struct settings {
    char delimiter;
    bool ragged;
    struct limits limits;
};

/* What was read, in a form in which it can be compared: rows by a hash that runs on. */
struct transcript {
    uint64_t hash, rows, ragged;
    bool good;
    struct rejection rejection;
    struct csv_dialect dialect;
};

/* ---- settings ---- */

/* Bits 0 and 1: the delimiter; 2: ragged rows; 3 and 4: the limits. '@' is what users get. */
static struct settings settings_of(uint8_t byte)
{
    struct settings settings = {
        .delimiter = ",;\t|"[byte & 3], .ragged = (byte & 4) != 0, .limits = LIMITS_DEFAULT};
    static const struct limits TIGHT[] = {
        {.field_bytes = 6, .row_bytes = 12, .columns = 4},
        {.field_bytes = 40, .row_bytes = 60, .columns = 20},
        {.field_bytes = 100, .row_bytes = 20, .columns = 3},
    };
    if ((byte >> 3 & 3) > 0)
        settings.limits = TIGHT[(byte >> 3 & 3) - 1];
    return settings;
}

/* ---- rows as a hash ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The length goes first, so that "a|bc" is not "ab|c". */
static uint64_t mix_cell(uint64_t hash, const char *bytes, size_t length)
{
    hash = mix(hash, length + 1);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word = 0;
        memcpy(&word, bytes, 8);
        hash = mix(hash, word);
    }
    for (size_t i = 0; i < length; i++)
        hash = mix(hash, (unsigned char)bytes[i]);
    return hash;
}

static uint64_t mix_row_end(uint64_t hash)
{
    return mix(hash, 0);
}

static bool hash_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct transcript *seen = context;
    FUZZ_REQUIRE(row == seen->rows, "row %d", (int)row);
    for (size_t i = 0; i < count; i++)
        seen->hash = mix_cell(seen->hash, cells[i].bytes, cells[i].length);
    seen->hash = mix_row_end(seen->hash);
    seen->rows++;
    return true;
}

/* ---- csv_reader ---- */

/* How a text is cut. Blocks are those of csv_scan, which its masks are made of. */
enum cut { WHOLE, BYTES, PIECES, BLOCKS };

struct way {
    enum csv_path path;
    enum cut cut;
};

static size_t piece_length(enum cut cut, size_t left, uint32_t *state)
{
    size_t wanted = left;
    if (cut == BYTES)
        wanted = 1;
    else if (cut == PIECES)
        wanted = fuzz_random(state) % 9 + 1;
    else if (cut == BLOCKS)
        wanted = fuzz_random(state) % 160 + 40;
    return wanted < left ? wanted : left;
}

#define LARGEST_PIECE 200

/*
 * Each piece ends where its memory does, so that a step beyond it is seen; and lies over the one
 * before, so that it is seen when that is looked at once more.
 */
static char *place_piece(const uint8_t *bytes, size_t length)
{
    static char *memory;
    if (memory == NULL)
        memory = malloc(LARGEST_PIECE);
    FUZZ_REQUIRE(memory != NULL, "no memory");
    memcpy(memory + LARGEST_PIECE - length, bytes, length);
    return memory + LARGEST_PIECE - length;
}

static bool feed_whole(struct csv_reader *reader, const uint8_t *bytes, size_t length,
                       struct rejection *rejection)
{
    char *copy = malloc(length);
    FUZZ_REQUIRE(copy != NULL || length == 0, "no memory");
    if (length > 0)
        memcpy(copy, bytes, length);
    bool good = csv_reader_feed(reader, copy, length, rejection);
    free(copy);
    return good;
}

static bool feed(struct csv_reader *reader, const uint8_t *bytes, size_t length, enum cut cut,
                 struct rejection *rejection)
{
    if (cut == WHOLE)
        return feed_whole(reader, bytes, length, rejection);
    uint32_t state = fuzz_seed(bytes, length < 100 ? length : 100);
    bool good = true;
    for (size_t at = 0; good && at < length;) {
        size_t piece = piece_length(cut, length - at, &state);
        good = csv_reader_feed(reader, place_piece(bytes + at, piece), piece, rejection);
        at += piece;
    }
    return good;
}

/* False where the machine does not have the way. */
static bool read_by(struct way way, const uint8_t *bytes, size_t length,
                    const struct settings *settings, struct transcript *seen)
{
    *seen = (struct transcript){.good = false};
    struct csv_reader *reader = csv_reader_create(hash_row, seen);
    FUZZ_REQUIRE(reader != NULL, "no memory");
    csv_reader_limit(reader, &settings->limits);
    csv_reader_delimiter(reader, settings->delimiter);
    csv_reader_ragged(reader, settings->ragged);
    bool there = csv_reader_path(reader, way.path);
    if (there) {
        bool fed = feed(reader, bytes, length, way.cut, &seen->rejection);
        seen->good = csv_reader_finish(reader, &seen->rejection);
        FUZZ_REQUIRE(fed || !seen->good, "finished after damage");
        FUZZ_REQUIRE(seen->good || seen->rejection.reason != REASON_NONE, "no reason");
        seen->dialect = csv_reader_dialect(reader);
        seen->ragged = csv_reader_ragged_rows(reader);
        FUZZ_REQUIRE(csv_reader_rows(reader) == (seen->rows == 0 ? 0 : seen->rows - 1) ||
                         !seen->good,
                     "miscounted");
    }
    csv_reader_free(reader);
    return there;
}

static void require_same(const struct transcript *one, const struct transcript *other,
                         struct way way)
{
    int path = (int)way.path;
    int cut = (int)way.cut;
    FUZZ_REQUIRE(one->good == other->good && one->rejection.reason == other->rejection.reason &&
                     strcmp(one->rejection.detail, other->rejection.detail) == 0,
                 "path %d, cut %d: '%s' and not '%s'", path, cut, other->rejection.detail,
                 one->rejection.detail);
    FUZZ_REQUIRE(one->rows == other->rows && one->hash == other->hash, "path %d, cut %d: %d rows",
                 path, cut, (int)other->rows);
    FUZZ_REQUIRE(one->ragged == other->ragged, "path %d, cut %d", path, cut);
    FUZZ_REQUIRE(!one->good || (one->dialect.bom == other->dialect.bom &&
                                strcmp(one->dialect.line_ending, other->dialect.line_ending) == 0),
                 "path %d, cut %d: %s", path, cut, other->dialect.line_ending);
}

/* ---- libcsv by itself ---- */

#define MOST_ROWS (1 << 16)

struct plain {
    uint64_t hash, hash_after[MOST_ROWS]; /* so many rows */
    size_t rows, row_bytes, cells, columns, ragged;
    size_t longest_cell, largest_row, most_cells;
    bool accepts_ragged, bad_header;
};

static void on_cell(void *bytes, size_t length, void *context)
{
    struct plain *plain = context;
    if (plain->rows == 0 || !plain->accepts_ragged || plain->cells < plain->columns)
        plain->hash = mix_cell(plain->hash, bytes, length);
    plain->row_bytes += length + (plain->cells > 0 ? 1 : 0);
    plain->cells++;
    plain->bad_header |= plain->rows == 0 && !text_is_utf8(bytes, length);
    if (length > plain->longest_cell)
        plain->longest_cell = length;
}

static void on_row(int end, void *context)
{
    struct plain *plain = context;
    (void)end;
    if (plain->rows == 0)
        plain->columns = plain->cells;
    for (size_t i = plain->cells; plain->accepts_ragged && i < plain->columns; i++)
        plain->hash = mix_cell(plain->hash, "", 0);
    plain->hash = mix_row_end(plain->hash);
    plain->ragged += plain->cells != plain->columns;
    if (plain->row_bytes > plain->largest_row)
        plain->largest_row = plain->row_bytes;
    if (plain->cells > plain->most_cells)
        plain->most_cells = plain->cells;
    plain->row_bytes = plain->cells = 0;
    plain->hash_after[++plain->rows] = plain->hash;
}

static int never_space(unsigned char character)
{
    (void)character;
    return 0;
}

/* True when libcsv takes all of it. */
static bool read_plainly(const uint8_t *bytes, size_t length, char delimiter, struct plain *plain)
{
    struct csv_parser parser;
    const uint8_t *nul = length == 0 ? NULL : memchr(bytes, 0, length);
    size_t whole = nul == NULL ? length : (size_t)(nul - bytes);
    FUZZ_REQUIRE(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0, "csv_init");
    csv_set_space_func(&parser, never_space);
    csv_set_delim(&parser, (unsigned char)delimiter);
    csv_set_blk_size(&parser, 4096);
    bool good = csv_parse(&parser, bytes, whole, on_cell, on_row, plain) == whole && nul == NULL;
    good = good && csv_fini(&parser, on_cell, on_row, plain) == 0;
    csv_free(&parser);
    return good;
}

static void require_agreement(const struct transcript *seen, const struct plain *plain,
                              bool plain_good, const struct settings *settings)
{
    const struct limits *limits = &settings->limits;
    bool beyond = plain->longest_cell > limits->field_bytes ||
                  plain->largest_row > limits->row_bytes || plain->most_cells > limits->columns;
    bool even = plain->ragged == 0 || settings->ragged;
    bool expected = plain_good && !beyond && even && !plain->bad_header;
    const char *detail = seen->rejection.detail;
    FUZZ_REQUIRE(seen->good == expected, "%s", detail);
    FUZZ_REQUIRE(!plain_good || seen->rejection.reason != REASON_TOO_LARGE || beyond, "%s", detail);
    FUZZ_REQUIRE(!expected || seen->rows == plain->rows, "other rows than libcsv");
    FUZZ_REQUIRE(!expected || !settings->ragged || seen->ragged == plain->ragged, "ragged rows");
    FUZZ_REQUIRE(seen->rows <= plain->rows && seen->hash == plain->hash_after[seen->rows],
                 "no prefix of libcsv's rows");
}

/* ---- properties ---- */

static void check_way(struct way way, const uint8_t *bytes, size_t length,
                      const struct settings *settings, const struct transcript *expected)
{
    struct transcript seen;
    if (read_by(way, bytes, length, settings, &seen))
        require_same(expected, &seen, way);
}

static void check(const uint8_t *bytes, size_t length, const struct settings *settings)
{
    static struct plain plain; /* hash_after[0] stays 0 */
    struct transcript first;
    size_t bom = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    plain.hash = 0;
    plain.rows = plain.row_bytes = plain.cells = plain.columns = plain.ragged = 0;
    plain.longest_cell = plain.largest_row = plain.most_cells = 0;
    plain.accepts_ragged = settings->ragged;
    plain.bad_header = false;
    bool good = read_plainly(bytes + bom, length - bom, settings->delimiter, &plain);
    (void)read_by((struct way){CSV_PATH_CAREFUL, WHOLE}, bytes, length, settings, &first);
    FUZZ_REQUIRE(first.dialect.delimiter == settings->delimiter, "another delimiter");
    require_agreement(&first, &plain, good, settings);
    /* One cut a path, always the same of a text: all would take four times as long, and the next
       text has others. */
    uint32_t state = fuzz_seed(bytes, length);
    for (enum csv_path path = CSV_PATH_CAREFUL; path < CSV_PATHS; path++) {
        static const enum cut CUTS[] = {WHOLE, PIECES, BLOCKS, WHOLE, PIECES, BLOCKS, WHOLE, BYTES};
        struct way way = {path, CUTS[fuzz_random(&state) % 8]};
        if (path != CSV_PATH_CAREFUL || way.cut != WHOLE)
            check_way(way, bytes, length, settings, &first);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length >= MOST_ROWS)
        return 0;
    struct settings settings = settings_of(bytes[0]);
    check(bytes + 1, length - 1, &settings);
    return 0;
}

#ifdef __clang__
#pragma clang attribute pop
#endif
