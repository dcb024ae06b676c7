#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv_reader.h"
#include "common/csv_scan.h"
#include "common/text.h"
#include "tests/unit/support.h"

/*
 * Every text is read by every path, once whole and once in chunks of each size, and must say
 * the same each time: each row as "[cell|cell]", then "lf", "crlf" ... with " bom" behind it
 * and how many rows were ragged, or the reason and detail of the damage.
 */
#define ASSERT_READS(csv, expected) assert_reads(csv, sizeof(csv) - 1, expected)

static bool put_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct text *seen = context;
    (void)row;
    for (size_t i = 0; i < count; i++) {
        text_put(seen, i == 0 ? "[" : "|");
        text_append(seen, cells[i].bytes, cells[i].length);
    }
    text_put(seen, "] ");
    return true;
}

/* A reader that pauses behind each row must say the same. */
static struct csv_reader *pausing;

static bool put_row_and_pause(void *context, const struct csv_cell *cells, size_t count,
                              uint64_t row)
{
    csv_reader_pause(pausing);
    return put_row(context, cells, count, row);
}

/* All of the chunk, however often the reading pauses. */
static bool feed_all(struct csv_reader *reader, const char *bytes, size_t length,
                     struct rejection *rejection)
{
    for (size_t at = 0; at < length; at += csv_reader_taken(reader))
        if (!csv_reader_feed(reader, bytes + at, length - at, rejection))
            return false;
    return true;
}

static bool feed_in_chunks(struct csv_reader *reader, const char *csv, size_t length, size_t chunk,
                           struct rejection *rejection)
{
    for (size_t at = 0; at < length; at += chunk) {
        /* In memory of its own, so that a sanitizer sees a step beyond the chunk. */
        size_t size = length - at < chunk ? length - at : chunk;
        char *copy = malloc(size);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, csv + at, size);
        bool good = feed_all(reader, copy, size, rejection);
        free(copy);
        if (!good)
            return false;
    }
    return true;
}

/* Those of a test, which is a process of its own; 0 is what the reader has by itself. */
static struct limits limits;
static char delimiter;
static bool ragged;

/* NULL where the machine lacks the path. */
static struct csv_reader *create_reader(csv_row_function *on_row, void *context, enum csv_path path)
{
    struct csv_reader *reader = csv_reader_create(on_row, context);
    ck_assert_ptr_nonnull(reader);
    if (limits.columns > 0)
        csv_reader_limit(reader, &limits);
    if (delimiter != 0)
        csv_reader_delimiter(reader, delimiter);
    if (ragged)
        csv_reader_ragged(reader, true);
    if (csv_reader_path(reader, path))
        return reader;
    csv_reader_free(reader);
    return NULL;
}

static void put_end(struct text *seen, const struct csv_reader *reader)
{
    struct csv_dialect dialect = csv_reader_dialect(reader);
    text_printf(seen, "%s%s", dialect.line_ending, dialect.bom ? " bom" : "");
    if (csv_reader_ragged_rows(reader) > 0)
        text_printf(seen, " ragged %" PRIu64, csv_reader_ragged_rows(reader));
}

/* False where the machine lacks the path. */
static bool read_by(enum csv_path path, csv_row_function *on_row, const char *csv, size_t length,
                    size_t chunk, struct text *seen)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct csv_reader *reader = pausing = create_reader(on_row, seen, path);
    if (reader == NULL)
        return false;
    bool good = feed_in_chunks(reader, csv, length, chunk, &rejection);
    /* Finished even after damage: this is where a phantom row would come. */
    bool finished = csv_reader_finish(reader, &rejection);
    ck_assert_msg(good || !finished, "a damaged text was finished");
    if (finished)
        put_end(seen, reader);
    else
        text_printf(seen, "%s: %s", reason_word(rejection.reason), rejection.detail);
    csv_reader_free(reader);
    return true;
}

static void assert_reads_by(enum csv_path path, csv_row_function *on_row, const char *csv,
                            size_t length, size_t chunk, const char *expected)
{
    struct text seen = {0};
    if (!read_by(path, on_row, csv, length, chunk, &seen))
        return;
    ck_assert_msg(!text_failed(&seen), "out of memory");
    ck_assert_msg(strcmp(seen.bytes, expected) == 0,
                  "by path %d in chunks of %zu bytes:\n    %s\nand not\n    %s", (int)path, chunk,
                  seen.bytes, expected);
    text_free(&seen);
}

static void assert_reads(const char *csv, size_t length, const char *expected)
{
    for (enum csv_path path = CSV_PATH_BEST; path < CSV_PATHS; path++)
        for (size_t chunk = length + 1; chunk > 0; chunk--) {
            assert_reads_by(path, put_row, csv, length, chunk, expected);
            if (path != CSV_PATH_CAREFUL)
                assert_reads_by(path, put_row_and_pause, csv, length, chunk, expected);
        }
}

/* ---- rows ---- */

START_TEST(csv_reader_delivers_the_header_first_and_then_each_row)
{
    ASSERT_READS("a,b\n1,2\n3,4\n", "[a|b] [1|2] [3|4] lf");
}
END_TEST

START_TEST(csv_reader_needs_no_line_end_behind_the_last_row)
{
    ASSERT_READS("a,b\n1,2", "[a|b] [1|2] lf");
    ASSERT_READS("a,b", "[a|b] lf");
    ASSERT_READS("a,b\n1,", "[a|b] [1|] lf");
    ASSERT_READS("a\n\"x\"", "[a] [x] lf");
}
END_TEST

START_TEST(csv_reader_finds_no_row_in_nothing)
{
    ASSERT_READS("", "lf");
    ASSERT_READS("\n\n\n", "lf");
    ASSERT_READS("\r\n\r\n", "crlf");
    ASSERT_READS("\r", "cr");
}
END_TEST

START_TEST(csv_reader_keeps_empty_cells)
{
    ASSERT_READS("a,b,c\n,,\n\"\",x,\n", "[a|b|c] [||] [|x|] lf");
}
END_TEST

START_TEST(csv_reader_keeps_spaces_and_tabs)
{
    ASSERT_READS(" a , b\n\t1\t,  \n", "[ a | b] [\t1\t|  ] lf");
}
END_TEST

START_TEST(csv_reader_keeps_commas_quotes_and_line_ends_inside_quotes)
{
    ASSERT_READS("a,b\n\"x,y\",\"he said \"\"no\"\"\"\n\"1\n2\",\"3\r\n4\r5\"\n",
                 "[a|b] [x,y|he said \"no\"] [1\n2|3\r\n4\r5] lf");
    ASSERT_READS("a\n\"\"\"\"\n", "[a] [\"] lf");
}
END_TEST

START_TEST(csv_reader_takes_a_comma_as_the_only_delimiter_where_it_was_told_no_other)
{
    ASSERT_READS("a;b\n1;2\n", "[a;b] [1;2] lf");
    ASSERT_READS("a\tb\n1\t2\n", "[a\tb] [1\t2] lf");
}
END_TEST

START_TEST(csv_reader_keeps_text_that_other_programs_would_run)
{
    ASSERT_READS("a\n=cmd|'/c calc'!A1\n", "[a] [=cmd|'/c calc'!A1] lf");
}
END_TEST

START_TEST(csv_reader_keeps_invalid_utf8_in_cells)
{
    ASSERT_READS("a\n\xFF\xFE\n", "[a] [\xFF\xFE] lf");
}
END_TEST

START_TEST(csv_reader_counts_the_rows_below_the_header)
{
    struct text seen = {0};
    struct rejection rejection;
    struct csv_reader *reader = csv_reader_create(put_row, &seen);
    ck_assert_uint_eq(csv_reader_rows(reader), 0);
    ck_assert(csv_reader_feed(reader, "a\n", 2, &rejection));
    ck_assert_uint_eq(csv_reader_rows(reader), 0);
    ck_assert(csv_reader_feed(reader, "1\n\n2", 4, &rejection));
    ck_assert_uint_eq(csv_reader_rows(reader), 1);
    ck_assert(csv_reader_finish(reader, &rejection));
    ck_assert_uint_eq(csv_reader_rows(reader), 2);
    csv_reader_free(reader);
    text_free(&seen);
}
END_TEST

static bool put_number(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    (void)cells;
    (void)count;
    text_printf(context, "%" PRIu64 " ", row);
    return true;
}

START_TEST(csv_reader_numbers_the_header_0_and_passes_over_blank_lines)
{
    struct text seen = {0};
    struct rejection rejection;
    struct csv_reader *reader = csv_reader_create(put_number, &seen);
    ck_assert(csv_reader_feed(reader, "\na\n\n1\r\n\r\n2\n", 11, &rejection));
    ck_assert(csv_reader_finish(reader, &rejection));
    ck_assert_str_eq(seen.bytes, "0 1 2 ");
    csv_reader_free(reader);
    text_free(&seen);
}
END_TEST

static bool refuse_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    (void)cells;
    (void)count;
    (*(int *)context)++;
    return row < 1;
}

START_TEST(csv_reader_stops_without_a_rejection_when_its_caller_gives_up)
{
    int calls = 0;
    struct rejection rejection = {.reason = REASON_NONE};
    struct csv_reader *reader = csv_reader_create(refuse_row, &calls);
    ck_assert(!csv_reader_feed(reader, "a\n1\n2\n3\n", 8, &rejection));
    ck_assert(!csv_reader_feed(reader, "4\n", 2, &rejection));
    ck_assert(!csv_reader_finish(reader, &rejection));
    ck_assert_int_eq(calls, 2);
    ck_assert_int_eq(rejection.reason, REASON_NONE);
    csv_reader_free(reader);
}
END_TEST

/* ---- dialects ---- */

START_TEST(csv_reader_gives_the_same_rows_for_every_line_ending)
{
    ASSERT_READS("a,b\r\n1,2\r\n", "[a|b] [1|2] crlf");
    ASSERT_READS("a,b\r1,2\r", "[a|b] [1|2] cr");
    ASSERT_READS("a,b\n1,2\r\n", "[a|b] [1|2] mixed");
    ASSERT_READS("a,b\r1,2\n", "[a|b] [1|2] mixed");
    ASSERT_READS("a,b\r\n1,2\r", "[a|b] [1|2] mixed");
    ASSERT_READS("a,b\n\r1,2\n\r", "[a|b] [1|2] mixed");
}
END_TEST

START_TEST(csv_reader_does_not_count_line_ends_inside_cells_as_line_endings)
{
    ASSERT_READS("a\n\"1\r\n2\r3\"\n", "[a] [1\r\n2\r3] lf");
    ASSERT_READS("a\r\n\"1\n2\"\r\n", "[a] [1\n2] crlf");
}
END_TEST

START_TEST(csv_reader_passes_over_blank_lines_of_every_kind)
{
    ASSERT_READS("a\n\n1\n\n\n2\n\n", "[a] [1] [2] lf");
    ASSERT_READS("a\r\n\r\n1\r\n\r\n", "[a] [1] crlf");
    ASSERT_READS("a\r\r1\r", "[a] [1] cr");
    ASSERT_READS("\n\na\n1\n", "[a] [1] lf");
}
END_TEST

START_TEST(csv_reader_passes_over_a_byte_order_mark_wherever_a_chunk_is_cut)
{
    ASSERT_READS("\xEF\xBB\xBF"
                 "a,b\n1,2\n",
                 "[a|b] [1|2] lf bom");
    ASSERT_READS("\xEF\xBB\xBF", "lf bom");
    ASSERT_READS("\xEF\xBB\xBF\"a\",b\n", "[a|b] lf bom");
}
END_TEST

START_TEST(csv_reader_keeps_what_only_begins_like_a_byte_order_mark)
{
    ASSERT_READS("\xEF\xBB\xBC"
                 "a\n",
                 "[\xEF\xBB\xBC"
                 "a] lf");
    ASSERT_READS("\xEF\xBA\xBF\n", "[\xEF\xBA\xBF] lf");
    ASSERT_READS("\xEF\xBB", "encoding-error: line 1, column 1: the header is not UTF-8");
    ASSERT_READS("\xEF\xBB"
                 "a\n",
                 "encoding-error: line 1, column 1: the header is not UTF-8");
}
END_TEST

START_TEST(csv_reader_passes_over_one_byte_order_mark_at_the_start_only)
{
    ASSERT_READS("\xEF\xBB\xBF\xEF\xBB\xBF"
                 "a\n",
                 "[\xEF\xBB\xBF"
                 "a] lf bom");
    ASSERT_READS("a\n\xEF\xBB\xBF\n", "[a] [\xEF\xBB\xBF] lf");
}
END_TEST

/* ---- damage ---- */

START_TEST(csv_reader_rejects_an_unclosed_quote_where_it_opens)
{
    ASSERT_READS("a,b\n1,\"2\n", "[a|b] unclosed-quote: line 2, column 2: the file ends inside "
                                 "the quoted cell that starts here");
    ASSERT_READS("\"", "unclosed-quote: line 1, column 1: the file ends inside the quoted cell "
                       "that starts here");
    ASSERT_READS("a,b\n\"x\ny\",\"\n\n\n", "[a|b] unclosed-quote: line 3, column 2: the file ends "
                                           "inside the quoted cell that starts here");
}
END_TEST

START_TEST(csv_reader_rejects_a_quote_inside_a_bare_cell)
{
    ASSERT_READS("a\n1\"2\"\n", "[a] stray-quote: line 2, column 1: a quote inside a bare cell, "
                                "or text behind a closing quote");
    ASSERT_READS("a,b\n1,a\"b\n3,4\n", "[a|b] stray-quote: line 2, column 2: a quote inside a bare "
                                       "cell, or text behind a closing quote");
}
END_TEST

START_TEST(csv_reader_rejects_text_behind_a_closing_quote)
{
    ASSERT_READS("a,b\n\"a\"b,2\n3,4\n", "[a|b] stray-quote: line 2, column 1: a quote inside a "
                                         "bare cell, or text behind a closing quote");
    ASSERT_READS("a\n\"1\" \n", "[a] stray-quote: line 2, column 1: a quote inside a bare cell, or "
                                "text behind a closing quote");
}
END_TEST

START_TEST(csv_reader_delivers_no_phantom_row_after_damage)
{
    ASSERT_READS("a,b\n1,2\nx,y\"z", "[a|b] [1|2] stray-quote: line 3, column 2: a quote inside a "
                                     "bare cell, or text behind a closing quote");
    ASSERT_READS("a,b\n1,2\n3,\"4", "[a|b] [1|2] unclosed-quote: line 3, column 2: the file ends "
                                    "inside the quoted cell that starts here");
    ASSERT_READS("a\n1\n2\0\n3\n", "[a] [1] nul-byte: line 3, column 1: a NUL byte");
}
END_TEST

START_TEST(csv_reader_rejects_a_nul_byte_wherever_it_stands)
{
    ASSERT_READS("\0", "nul-byte: line 1, column 1: a NUL byte");
    ASSERT_READS("a,\0b\n", "nul-byte: line 1, column 2: a NUL byte");
    ASSERT_READS("a,b\n1,2\n\0", "[a|b] [1|2] nul-byte: line 3, column 1: a NUL byte");
    ASSERT_READS("a\n\"x\n\0\"\n", "[a] nul-byte: line 3, column 1: a NUL byte");
    ASSERT_READS("\xEF\xBB\xBF\0", "nul-byte: line 1, column 1: a NUL byte");
}
END_TEST

START_TEST(csv_reader_rejects_invalid_utf8_in_the_header)
{
    ASSERT_READS("a,\xC3(\n1,2\n", "encoding-error: line 1, column 2: the header is not UTF-8");
    ASSERT_READS("\xED\xA0\x80\n", "encoding-error: line 1, column 1: the header is not UTF-8");
    ASSERT_READS("\n\n\xFF,\"a\nb\"\n",
                 "encoding-error: line 3, column 1: the header is not UTF-8");
    ASSERT_READS("\n\n\"a\nb\",\xFF\n",
                 "encoding-error: line 4, column 2: the header is not UTF-8");
}
END_TEST

START_TEST(csv_reader_rejects_a_row_with_more_cells_than_the_header)
{
    ASSERT_READS("a,b\n1,2\n3,4,5\n", "[a|b] [1|2] extra-cell: line 3, column 3: 3 cells where the "
                                      "header has 2");
    ASSERT_READS("a\n1,\n", "[a] extra-cell: line 2, column 2: 2 cells where the header has 1");
}
END_TEST

START_TEST(csv_reader_rejects_a_row_with_fewer_cells_than_the_header)
{
    ASSERT_READS("a,b,c\n1,2,3\n4\n", "[a|b|c] [1|2|3] missing-cell: line 3, column 2: 1 cells "
                                      "where the header has 3");
    ASSERT_READS("a,b\n \n",
                 "[a|b] missing-cell: line 2, column 2: 1 cells where the header has 2");
    ASSERT_READS("a,b\n1", "[a|b] missing-cell: line 2, column 2: 1 cells where the header has 2");
}
END_TEST

START_TEST(csv_reader_counts_lines_of_every_ending_for_the_place_of_damage)
{
    ASSERT_READS("a\r\n\r\n1\r\nx\"\r\n", "[a] [1] stray-quote: line 4, column 1: a quote inside a "
                                          "bare cell, or text behind a closing quote");
    ASSERT_READS("a\r\r1\rx\"",
                 "[a] [1] stray-quote: line 4, column 1: a quote inside a bare cell, "
                 "or text behind a closing quote");
    ASSERT_READS("a\n\"1\n2\r\n3\r4\"\nx\"", "[a] [1\n2\r\n3\r4] stray-quote: line 6, column 1: a "
                                             "quote inside a bare cell, or text behind a closing "
                                             "quote");
}
END_TEST

START_TEST(csv_reader_counts_the_line_ends_of_each_cell_for_itself)
{
    ASSERT_READS("a,b\n\"1\r\",\"\n2\"\nx\"", "[a|b] [1\r|\n2] stray-quote: line 5, column 1: a "
                                              "quote inside a bare cell, or text behind a closing "
                                              "quote");
}
END_TEST

/* ---- settings ---- */

START_TEST(csv_reader_takes_the_delimiter_that_it_is_told_and_no_other)
{
    delimiter = ';';
    ASSERT_READS("a;b\n1,5;\"2;\"\"3\"\n", "[a|b] [1,5|2;\"3] lf");
    delimiter = '\t';
    ASSERT_READS("a\tb\n1,5\t\"2\t3\"\n", "[a|b] [1,5|2\t3] lf");
    delimiter = '|';
    ASSERT_READS("a|b\n1,5|\"2\n3\"\n", "[a|b] [1,5|2\n3] lf");
}
END_TEST

START_TEST(csv_reader_reports_the_delimiter_by_which_it_read)
{
    struct csv_reader *reader = csv_reader_create(put_row, NULL);
    ck_assert_int_eq(csv_reader_dialect(reader).delimiter, ',');
    csv_reader_delimiter(reader, '|');
    ck_assert_int_eq(csv_reader_dialect(reader).delimiter, '|');
    csv_reader_free(reader);
}
END_TEST

START_TEST(csv_reader_fills_and_cuts_ragged_rows_where_they_are_accepted)
{
    ragged = true;
    ASSERT_READS("a,b,c\n1\n1,2\n1,2,3\n1,2,3,4\n\"1\",,,,5\n",
                 "[a|b|c] [1||] [1|2|] [1|2|3] [1|2|3] [1||] lf ragged 4");
    ASSERT_READS("a\n1,2\n\n3", "[a] [1] [3] lf ragged 1");
}
END_TEST

START_TEST(csv_reader_fills_a_row_up_to_a_header_that_is_wider_than_any_row)
{
    ragged = true;
    ASSERT_READS("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s\n1,2\n",
                 "[a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s] [1|2|||||||||||||||||] lf ragged 1");
}
END_TEST

START_TEST(csv_reader_rejects_other_damage_in_ragged_rows_too)
{
    ragged = true;
    ASSERT_READS("a,b\n1\n2,3,4\"\n", "[a|b] [1|] stray-quote: line 3, column 3: a quote inside "
                                      "a bare cell, or text behind a closing quote");
}
END_TEST

START_TEST(csv_reader_holds_the_limits_against_cells_that_a_ragged_row_loses)
{
    ragged = true;
    limits = LIMITS_DEFAULT;
    limits.field_bytes = 3;
    limits.columns = 3;
    ASSERT_READS("a\n1,wxyz\n", "[a] too-large: line 2, column 2: more than 3 bytes in a cell "
                                "(--max-field-length)");
    ASSERT_READS("a\n1,2,3,4\n", "[a] too-large: line 2, column 4: more than 3 cells in a row "
                                 "(--max-columns)");
}
END_TEST

/* ---- the way of a row ---- */

/* Counts the rows whose cells all lie in the text that is read. */
struct whereabouts {
    const char *text;
    size_t length;
    int inside, outside;
};

static bool note_whereabouts(void *context, const struct csv_cell *cells, size_t count,
                             uint64_t row)
{
    struct whereabouts *seen = context;
    bool inside = true;
    (void)row;
    for (size_t i = 0; i < count; i++)
        inside =
            inside && cells[i].bytes >= seen->text && cells[i].bytes <= seen->text + seen->length;
    *(inside ? &seen->inside : &seen->outside) += 1;
    return true;
}

static struct whereabouts whereabouts_by(enum csv_path path, const char *csv)
{
    struct whereabouts seen = {.text = csv, .length = strlen(csv)};
    struct rejection rejection;
    struct csv_reader *reader = create_reader(note_whereabouts, &seen, path);
    ck_assert_ptr_nonnull(reader);
    ck_assert(csv_reader_feed(reader, csv, seen.length, &rejection));
    ck_assert(csv_reader_finish(reader, &rejection));
    csv_reader_free(reader);
    return seen;
}

START_TEST(csv_reader_hands_plain_rows_out_where_they_stand)
{
    static const char CSV[] = "a,b\n1,2\r\n\n\"3\",\"4,\n5\"\r\n,\n";
    ck_assert_int_eq(whereabouts_by(CSV_PATH_BEST, CSV).inside, 4);
    ck_assert_int_eq(whereabouts_by(CSV_PATH_PORTABLE, CSV).inside, 4);
    ck_assert_int_eq(whereabouts_by(CSV_PATH_CAREFUL, CSV).outside, 4);
}
END_TEST

START_TEST(csv_reader_asks_libcsv_about_one_row_and_not_about_the_next)
{
    struct whereabouts seen = whereabouts_by(CSV_PATH_BEST, "a,b\n1,2\r3,4\n5,6\n\r7,8\n9,0\n");
    ck_assert_int_eq(seen.outside, 3);
    ck_assert_int_eq(seen.inside, 3);
}
END_TEST

START_TEST(csv_reader_has_the_paths_of_any_machine_and_those_of_this_one)
{
    struct csv_reader *reader = csv_reader_create(put_row, NULL);
    ck_assert(csv_reader_path(reader, CSV_PATH_BEST));
    ck_assert(csv_reader_path(reader, CSV_PATH_CAREFUL));
    ck_assert(csv_reader_path(reader, CSV_PATH_PORTABLE));
    ck_assert(csv_reader_path(reader, CSV_PATH_SSE2) == csv_scan_has(CSV_SCAN_SSE2));
    ck_assert(csv_reader_path(reader, CSV_PATH_AVX2) == csv_scan_has(CSV_SCAN_AVX2));
    csv_reader_free(reader);
}
END_TEST

START_TEST(csv_reader_unquotes_several_cells_of_a_row_and_keeps_them_apart)
{
    ASSERT_READS("a,b,c\n\"\"\"1\",\"\"\"\"\"\",\"2\"\"\"\n\"\"\"3\"\"\",4,\"5\"\"6\"\n",
                 "[a|b|c] [\"1|\"\"|2\"] [\"3\"|4|5\"6] lf");
}
END_TEST

START_TEST(csv_reader_finds_every_mark_at_the_edges_of_blocks_and_windows)
{
    /* Cells of x up to the edge, so that each mark of the row behind falls on it once. */
    static const size_t EDGES[] = {64, 128, 4096, 8192};
    static const char ROW[] = "\",\"b\"\"\r\n\",\"\"\r\n1,2,3\n";
    for (size_t i = 0; i < sizeof EDGES / sizeof *EDGES; i++) {
        for (size_t width = EDGES[i] - 30; width < EDGES[i]; width++) {
            struct text csv = {0}, expected = {0};
            text_put(&csv, "a,b,c\n\"");
            text_put(&expected, "[a|b|c] [");
            for (size_t x = 7; x < width; x++) {
                text_put(&csv, "x");
                text_put(&expected, "x");
            }
            text_put(&csv, ROW);
            text_put(&expected, "|b\"\r\n|] [1|2|3] mixed");
            for (enum csv_path path = CSV_PATH_BEST; path < CSV_PATHS; path++)
                assert_reads_by(path, put_row, csv.bytes, csv.length, csv.length, expected.bytes);
            text_free(&csv);
            text_free(&expected);
        }
    }
}
END_TEST

/* Numbers that are the same in each run. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* Mostly good rows of three cells, and damage of every kind now and then. */
static void put_random_csv(struct text *csv, unsigned *state)
{
    static const char *const CELLS[] = {
        "",         "1",          "item_7",       "2026-11-23",
        "\"\"",     "\"x\"",      "\"a,b\"",      "\"he \"\"said\"\"\"",
        "\"1\n2\"", "\"1\r\n2\"", "\"\r\"\"\n\"", " y "};
    static const char *const ENDS[] = {"\n", "\n", "\r\n", "\n\n", "\r", "\r\r\n"};
    static const char *const DAMAGE[] = {"\"", "a\"b", "\"x\"y", ",", "\xFF", "\r"};
    unsigned rows = next_random(state) % 60;
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned cell = 0; cell < 3; cell++) {
            text_put(csv, cell == 0 ? "" : ",");
            text_put(csv, CELLS[next_random(state) % (sizeof CELLS / sizeof *CELLS)]);
        }
        if (next_random(state) % 100 == 0)
            text_put(csv, DAMAGE[next_random(state) % (sizeof DAMAGE / sizeof *DAMAGE)]);
        text_put(csv, ENDS[next_random(state) % (sizeof ENDS / sizeof *ENDS)]);
    }
}

START_TEST(csv_reader_says_the_same_by_every_path_and_in_chunks_of_any_size)
{
    unsigned state = 1;
    for (int i = 0; i < 1500; i++) {
        struct text csv = {0}, expected = {0};
        put_random_csv(&csv, &state);
        ragged = next_random(&state) % 2 == 0;
        limits = LIMITS_DEFAULT;
        limits.row_bytes = 8 + next_random(&state) % 60;
        ck_assert(
            read_by(CSV_PATH_CAREFUL, put_row, csv.bytes, csv.length, csv.length + 1, &expected));
        for (enum csv_path path = CSV_PATH_BEST; path < CSV_PATHS; path++) {
            assert_reads_by(path, put_row, csv.bytes, csv.length, csv.length + 1, expected.bytes);
            assert_reads_by(path, put_row, csv.bytes, csv.length, next_random(&state) % 300 + 1,
                            expected.bytes);
        }
        text_free(&csv);
        text_free(&expected);
    }
}
END_TEST

/* ---- limits ---- */

#define MAX_CELL_BYTES 1048576u
#define MAX_COLUMNS 16384u

/* `before`, then a cell of `length` bytes, then `behind`. */
static char *long_cell(const char *before, size_t length, const char *behind, size_t *total)
{
    size_t head = strlen(before);
    size_t tail = strlen(behind);
    char *csv = malloc(head + length + tail + 1);
    ck_assert_ptr_nonnull(csv);
    memset(csv, 'x', head + length);
    memcpy(csv, before, head); // NOLINT(bugprone-not-null-terminated-result): the NUL comes below
    memcpy(csv + head + length, behind, tail + 1);
    *total = head + length + tail;
    return csv;
}

/* What a text of that cell says in chunks around the limit, without the rows. */
static void assert_ends(const char *before, size_t length, const char *behind, const char *expected)
{
    size_t total = 0;
    char *csv = long_cell(before, length, behind, &total);
    size_t limit = MAX_CELL_BYTES + strlen(before);
    const size_t chunks[] = {4093,  65536,     65537,     262144,    limit - 2, limit - 1,
                             limit, limit + 1, limit + 2, total - 2, total - 1, total};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct text seen = {0};
        ck_assert(read_by(CSV_PATH_BEST, put_row, csv, total, chunks[i], &seen));
        const char *last = strrchr(seen.bytes, ']');
        last = last == NULL ? seen.bytes : last + 2;
        ck_assert_msg(strcmp(last, expected) == 0, "in chunks of %zu: %s", chunks[i], last);
        text_free(&seen);
    }
    free(csv);
}

START_TEST(csv_reader_reads_a_cell_of_one_mebibyte)
{
    assert_ends("a\n", MAX_CELL_BYTES, "\n", "lf");
    assert_ends("a\n", MAX_CELL_BYTES, "", "lf");
    assert_ends("a\n\"", MAX_CELL_BYTES, "\"\n", "lf");
    assert_ends("a\n\"", MAX_CELL_BYTES - 1, "\"\"\"\n", "lf");
}
END_TEST

START_TEST(csv_reader_rejects_a_cell_of_more_than_one_mebibyte)
{
    static const char TOO_LARGE[] =
        "too-large: line 2, column 1: more than 1048576 bytes in a cell (--max-field-length)";
    assert_ends("a\n", MAX_CELL_BYTES + 1, "\n", TOO_LARGE);
    assert_ends("a\n", MAX_CELL_BYTES + 1, "", TOO_LARGE);
    assert_ends("a\n\"", MAX_CELL_BYTES + 1, "\"\n", TOO_LARGE);
    assert_ends("a\n", 4 * MAX_CELL_BYTES, "", TOO_LARGE);
}
END_TEST

START_TEST(csv_reader_names_the_length_of_a_cell_before_other_damage_in_it)
{
    static const char TOO_LARGE[] =
        "too-large: line 2, column 1: more than 1048576 bytes in a cell (--max-field-length)";
    assert_ends("a\n", MAX_CELL_BYTES + 9, "\"\n", TOO_LARGE);
    assert_ends("a\n\"", MAX_CELL_BYTES + 9, "\"x\n", TOO_LARGE);
    assert_ends("a\n\"", MAX_CELL_BYTES + 9, "", TOO_LARGE);
}
END_TEST

START_TEST(csv_reader_gives_up_a_cell_without_end_soon_after_the_limit)
{
    size_t total = 0;
    char *csv = long_cell("a\n\"", 64u * 1024u * 1024u, "", &total);
    struct rejection rejection;
    struct text seen = {0};
    struct csv_reader *reader = csv_reader_create(put_row, &seen);
    size_t fed = 0;
    while (fed < total && csv_reader_feed(reader, csv + fed, 65536, &rejection))
        fed += 65536;
    ck_assert_int_eq(rejection.reason, REASON_TOO_LARGE);
    ck_assert_uint_le(fed, MAX_CELL_BYTES + 65536);
    csv_reader_free(reader);
    text_free(&seen);
    free(csv);
}
END_TEST

static void assert_columns(size_t cells, const char *expected)
{
    char *csv = malloc(cells + 1);
    struct text seen = {0};
    ck_assert_ptr_nonnull(csv);
    memset(csv, ',', cells - 1);
    csv[cells - 1] = '\n';
    for (size_t chunk = 1000; chunk < 40000; chunk += 15384) {
        text_clear(&seen);
        ck_assert(read_by(CSV_PATH_BEST, put_row, csv, cells, chunk, &seen));
        const char *row =
            seen.length > 0 && seen.bytes[0] == '[' ? strchr(seen.bytes, ' ') + 1 : seen.bytes;
        ck_assert_str_eq(row, expected);
    }
    text_free(&seen);
    free(csv);
}

START_TEST(csv_reader_reads_as_many_columns_as_the_limit_and_rejects_one_more)
{
    assert_columns(MAX_COLUMNS, "lf");
    assert_columns(
        MAX_COLUMNS + 1,
        "too-large: line 1, column 16385: more than 16384 cells in a row (--max-columns)");
    assert_columns(
        100 * MAX_COLUMNS,
        "too-large: line 1, column 16385: more than 16384 cells in a row (--max-columns)");
}
END_TEST

START_TEST(csv_reader_takes_a_cell_as_long_as_the_limit_and_no_longer)
{
    limits = LIMITS_DEFAULT;
    limits.field_bytes = 3;
    ASSERT_READS("a,b\nxyz,\"x\"\"y\"\n", "[a|b] [xyz|x\"y] lf");
    ASSERT_READS("a,b\nx,wxyz\n", "[a|b] too-large: line 2, column 2: more than 3 bytes in a cell "
                                  "(--max-field-length)");
    ASSERT_READS("a,b\nx,\"wxyz\"\n", "[a|b] too-large: line 2, column 2: more than 3 bytes in a "
                                      "cell (--max-field-length)");
    ASSERT_READS("a,b\n\"\n\",\"vwxyz", "[a|b] too-large: line 3, column 2: more than 3 bytes in "
                                        "a cell (--max-field-length)");
}
END_TEST

START_TEST(csv_reader_takes_a_row_as_large_as_the_limit_and_no_larger)
{
    static const char TOO_LARGE[] =
        "[a|b] too-large: line 2, column 2: more than 5 bytes in a row (--max-row-size)";
    limits = LIMITS_DEFAULT;
    limits.row_bytes = 5;
    ASSERT_READS("a,b\nwx,yz\n", "[a|b] [wx|yz] lf");
    ASSERT_READS("a,b\nwxyz,\n", "[a|b] [wxyz|] lf");
    ASSERT_READS("a,b\n\"wx\",\"\"\"\"\n", "[a|b] [wx|\"] lf");
    ASSERT_READS("a,b\nwx,xyz\n", TOO_LARGE);
    ASSERT_READS("a,b\nvwxyz,\n", TOO_LARGE);
    ASSERT_READS("a,b\nwx,\"xyz\n\n\n", TOO_LARGE);
    ASSERT_READS("a\nuvwxyz\n", "[a] too-large: line 2, column 1: more than 5 bytes in a row "
                                "(--max-row-size)");
}
END_TEST

START_TEST(csv_reader_names_the_limit_that_a_cell_meets_first)
{
    limits = LIMITS_DEFAULT;
    limits.field_bytes = 4;
    limits.row_bytes = 6;
    ASSERT_READS("a,b\nx,uvwxyz\n", "[a|b] too-large: line 2, column 2: more than 4 bytes in a "
                                    "cell (--max-field-length)");
    ASSERT_READS("a,b\nwx,uvwxyz\n", "[a|b] too-large: line 2, column 2: more than 6 bytes in a "
                                     "row (--max-row-size)");
}
END_TEST

START_TEST(csv_reader_takes_as_many_columns_as_the_limit_and_no_more)
{
    limits = LIMITS_DEFAULT;
    limits.columns = 2;
    ASSERT_READS("a,b\n1,2\n", "[a|b] [1|2] lf");
    ASSERT_READS("a,b,c\n", "too-large: line 1, column 3: more than 2 cells in a row "
                            "(--max-columns)");
    ASSERT_READS("a,b\n1,2,3\n", "[a|b] too-large: line 2, column 3: more than 2 cells in a row "
                                 "(--max-columns)");
    ASSERT_READS("a,b\n,,\"xyz\n", "[a|b] too-large: line 2, column 3: more than 2 cells in a row "
                                   "(--max-columns)");
}
END_TEST

/* ---- pausing ---- */

/* Where each row ends, as bytes and as a line, when the reading pauses behind it. */
static void assert_pauses(const char *csv, const char *expected)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct text seen = {0};
    struct text places = {0};
    size_t length = strlen(csv);
    pausing = create_reader(put_row_and_pause, &seen, CSV_PATH_BEST);
    for (size_t at = 0; at < length;) {
        ck_assert(csv_reader_feed(pausing, csv + at, length - at, &rejection));
        at += csv_reader_taken(pausing);
        text_printf(&places, "%zu:%" PRIu64 " ", at, csv_reader_line(pausing));
    }
    ck_assert_str_eq(places.bytes, expected);
    csv_reader_free(pausing);
    text_free(&places);
    text_free(&seen);
}

START_TEST(csv_reader_pauses_right_behind_the_row_whichever_way_it_was_read)
{
    assert_pauses("a,b\n1,2\n3,4\n", "4:2 8:3 12:4 ");
    assert_pauses("a,b\n\"1\n\",2\n3,4", "4:2 11:4 14:4 ");
    assert_pauses("a,b\n\"1\",2\r3,4\n", "4:2 10:3 14:4 ");
    assert_pauses("\xEF\xBB\xBF"
                  "a\n\n\nb\n",
                  "5:2 9:5 ");
}
END_TEST

START_TEST(csv_reader_goes_on_at_another_place_with_its_header_and_its_line)
{
    struct rejection rejection = {.reason = REASON_NONE};
    struct text seen = {0};
    pausing = create_reader(put_row_and_pause, &seen, CSV_PATH_BEST);
    ck_assert(csv_reader_feed(pausing, "a,b\r\n1,2\r\n", 10, &rejection));
    csv_reader_go_on_at(pausing, 7);
    ck_assert(csv_reader_feed(pausing, "3,4\n", 4, &rejection));
    ck_assert(!csv_reader_feed(pausing, "5\n", 2, &rejection));
    ck_assert_str_eq(seen.bytes, "[a|b] [3|4] ");
    ck_assert_str_eq(rejection.detail, "line 8, column 2: 1 cells where the header has 2");
    csv_reader_free(pausing);
    text_free(&seen);
}
END_TEST

START_TEST(csv_reader_names_no_option_where_none_sets_the_limits)
{
    limits = LIMITS_DEFAULT;
    limits.fixed = true;
    limits.field_bytes = 3;
    ASSERT_READS("a\n1234\n", "[a] too-large: line 2, column 1: more than 3 bytes in a cell");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_csv_reader", csv_reader_delivers_the_header_first_and_then_each_row,
        csv_reader_needs_no_line_end_behind_the_last_row, csv_reader_finds_no_row_in_nothing,
        csv_reader_keeps_empty_cells, csv_reader_keeps_spaces_and_tabs,
        csv_reader_keeps_commas_quotes_and_line_ends_inside_quotes,
        csv_reader_takes_a_comma_as_the_only_delimiter_where_it_was_told_no_other,
        csv_reader_keeps_text_that_other_programs_would_run, csv_reader_keeps_invalid_utf8_in_cells,
        csv_reader_counts_the_rows_below_the_header,
        csv_reader_numbers_the_header_0_and_passes_over_blank_lines,
        csv_reader_stops_without_a_rejection_when_its_caller_gives_up,
        csv_reader_gives_the_same_rows_for_every_line_ending,
        csv_reader_does_not_count_line_ends_inside_cells_as_line_endings,
        csv_reader_passes_over_blank_lines_of_every_kind,
        csv_reader_passes_over_a_byte_order_mark_wherever_a_chunk_is_cut,
        csv_reader_keeps_what_only_begins_like_a_byte_order_mark,
        csv_reader_passes_over_one_byte_order_mark_at_the_start_only,
        csv_reader_rejects_an_unclosed_quote_where_it_opens,
        csv_reader_rejects_a_quote_inside_a_bare_cell,
        csv_reader_rejects_text_behind_a_closing_quote,
        csv_reader_delivers_no_phantom_row_after_damage,
        csv_reader_rejects_a_nul_byte_wherever_it_stands,
        csv_reader_rejects_invalid_utf8_in_the_header,
        csv_reader_rejects_a_row_with_more_cells_than_the_header,
        csv_reader_rejects_a_row_with_fewer_cells_than_the_header,
        csv_reader_counts_lines_of_every_ending_for_the_place_of_damage,
        csv_reader_counts_the_line_ends_of_each_cell_for_itself,
        csv_reader_reads_a_cell_of_one_mebibyte,
        csv_reader_rejects_a_cell_of_more_than_one_mebibyte,
        csv_reader_names_the_length_of_a_cell_before_other_damage_in_it,
        csv_reader_gives_up_a_cell_without_end_soon_after_the_limit,
        csv_reader_reads_as_many_columns_as_the_limit_and_rejects_one_more,
        csv_reader_takes_a_cell_as_long_as_the_limit_and_no_longer,
        csv_reader_takes_a_row_as_large_as_the_limit_and_no_larger,
        csv_reader_names_the_limit_that_a_cell_meets_first,
        csv_reader_takes_as_many_columns_as_the_limit_and_no_more,
        csv_reader_takes_the_delimiter_that_it_is_told_and_no_other,
        csv_reader_reports_the_delimiter_by_which_it_read,
        csv_reader_fills_and_cuts_ragged_rows_where_they_are_accepted,
        csv_reader_fills_a_row_up_to_a_header_that_is_wider_than_any_row,
        csv_reader_rejects_other_damage_in_ragged_rows_too,
        csv_reader_holds_the_limits_against_cells_that_a_ragged_row_loses,
        csv_reader_hands_plain_rows_out_where_they_stand,
        csv_reader_asks_libcsv_about_one_row_and_not_about_the_next,
        csv_reader_has_the_paths_of_any_machine_and_those_of_this_one,
        csv_reader_unquotes_several_cells_of_a_row_and_keeps_them_apart,
        csv_reader_finds_every_mark_at_the_edges_of_blocks_and_windows,
        csv_reader_says_the_same_by_every_path_and_in_chunks_of_any_size,
        csv_reader_pauses_right_behind_the_row_whichever_way_it_was_read,
        csv_reader_goes_on_at_another_place_with_its_header_and_its_line,
        csv_reader_names_no_option_where_none_sets_the_limits);
}
