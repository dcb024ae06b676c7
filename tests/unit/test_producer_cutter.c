#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/cutter.h"
#include "tests/unit/support.h"

/*
 * Every stream is cut in chunks of each size and must come to the same: each batch with where its
 * first row stands, "OFFSET:LINE{CSV}", then what was wrong, if anything was.
 */
static void put_batch(struct cutter *cutter, struct text *seen)
{
    struct cut cut;
    ck_assert(cutter_take(cutter, &cut));
    text_printf(seen, "%" PRIu64 ":%" PRIu64 "{", cut.offset_bytes, cut.line);
    text_append(seen, cut.csv.bytes, cut.csv.length);
    text_put(seen, "} ");
    cut_free(&cut);
}

static enum cutter_answer feed_chunk(struct cutter *cutter, const char *bytes, size_t length,
                                     struct text *seen, struct rejection *damage)
{
    enum cutter_answer answer = CUTTER_HUNGRY;
    for (size_t at = 0, taken = 0; at < length && answer != CUTTER_DAMAGED; at += taken) {
        /* In memory of its own, so that a sanitizer sees a step beyond the chunk. */
        char *copy = malloc(length - at);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes + at, length - at);
        answer = cutter_feed(cutter, copy, length - at, &taken, damage);
        free(copy);
        if (answer == CUTTER_FULL)
            put_batch(cutter, seen);
    }
    return answer;
}

static void cut_by(const char *csv, size_t length, size_t chunk, uint64_t rows, struct text *seen)
{
    struct rejection damage = {.reason = REASON_NONE};
    enum cutter_answer answer = CUTTER_HUNGRY;
    struct cutter *cutter = cutter_create();
    ck_assert_ptr_nonnull(cutter);
    cutter_begin(cutter, rows);
    for (size_t at = 0; at < length && answer != CUTTER_DAMAGED; at += chunk)
        answer =
            feed_chunk(cutter, csv + at, length - at < chunk ? length - at : chunk, seen, &damage);
    if (answer != CUTTER_DAMAGED)
        answer = cutter_finish(cutter, &damage);
    if (cutter_rows(cutter) > 0)
        put_batch(cutter, seen);
    if (answer == CUTTER_DAMAGED)
        text_printf(seen, "%s: %s", reason_word(damage.reason), damage.detail);
    cutter_free(cutter);
}

static void assert_cuts(const char *csv, size_t length, uint64_t rows, const char *expected)
{
    for (size_t chunk = length + 1; chunk > 0; chunk--) {
        struct text seen = {0};
        text_put(&seen, "");
        cut_by(csv, length, chunk, rows, &seen);
        ck_assert_msg(strcmp(seen.bytes, expected) == 0, "in chunks of %zu bytes:\n%s\nand not\n%s",
                      chunk, seen.bytes, expected);
        text_free(&seen);
    }
}
#define ASSERT_CUTS(csv, rows, expected) assert_cuts(csv, sizeof(csv) - 1, rows, expected)

START_TEST(cutter_gives_each_batch_the_header_and_its_rows)
{
    ASSERT_CUTS("a,b\n1,2\n3,4\n5,6\n", 2, "4:2{a,b\n1,2\n3,4\n} 12:4{a,b\n5,6\n} ");
    ASSERT_CUTS("a\n1\n2\n", 1, "2:2{a\n1\n} 4:3{a\n2\n} ");
    ASSERT_CUTS("a\n1\n2\n", 9, "2:2{a\n1\n2\n} ");
}
END_TEST

START_TEST(cutter_needs_no_line_end_behind_the_last_row)
{
    ASSERT_CUTS("a,b\n1,2\n3,4", 1, "4:2{a,b\n1,2\n} 8:3{a,b\n3,4\n} ");
    ASSERT_CUTS("a,b\n1,\"x\"", 5, "4:2{a,b\n1,x\n} ");
}
END_TEST

START_TEST(cutter_never_cuts_inside_quotes)
{
    ASSERT_CUTS("a,b\n\"1\n2\",\"\n\n\"\n3,\"x,\"\"y\"\"\"\n", 1,
                "4:2{a,b\n\"1\n2\",\"\n\n\"\n} 15:6{a,b\n3,\"x,\"\"y\"\"\"\n} ");
}
END_TEST

START_TEST(cutter_takes_crlf_and_gives_lf)
{
    ASSERT_CUTS("a,b\r\n1,\"x\r\ny\"\r\n2,3\r\n", 1, "5:2{a,b\n1,\"x\r\ny\"\n} 15:4{a,b\n2,3\n} ");
}
END_TEST

START_TEST(cutter_drops_a_byte_order_mark_and_blank_lines)
{
    ASSERT_CUTS("\xEF\xBB\xBF"
                "a,b\n\n1,2\n\n",
                5, "7:2{a,b\n1,2\n} ");
}
END_TEST

START_TEST(cutter_keeps_a_row_of_one_empty_cell)
{
    ASSERT_CUTS("a\n\"\"\n1\n", 5, "2:2{a\n\"\"\n1\n} ");
}
END_TEST

START_TEST(cutter_keeps_all_rows_before_the_damage_and_names_its_place)
{
    ASSERT_CUTS("a,b\n1,2\n3\n4,5\n", 5,
                "4:2{a,b\n1,2\n} missing-cell: line 3, column 2: 1 cells where the header has 2");
    ASSERT_CUTS("a,b\n1,2\n\"\n\n\",4\n3,4,5\n", 1,
                "4:2{a,b\n1,2\n} 8:3{a,b\n\"\n\n\",4\n} "
                "extra-cell: line 6, column 3: 3 cells where the header has 2");
    ASSERT_CUTS(
        "a,b\n1,2\n3,x\"y\n", 5,
        "4:2{a,b\n1,2\n} stray-quote: line 3, column 2: a quote inside a bare cell, or text "
        "behind a closing quote");
    ASSERT_CUTS("a,b\n1,2\n3,\0\n", 5, "4:2{a,b\n1,2\n} nul-byte: line 3, column 2: a NUL byte");
    ASSERT_CUTS("a,b\n1,2\n3,\"x\ny", 5,
                "4:2{a,b\n1,2\n} unclosed-quote: line 3, column 2: the file ends inside the quoted "
                "cell that starts here");
}
END_TEST

START_TEST(cutter_calls_what_is_not_utf8_damage_and_names_the_cell)
{
    ASSERT_CUTS("a,b,c\n1,2,3\n\"x\ny\",\xC3\xA4,\xC3\n4,5,6\n", 5,
                "6:2{a,b,c\n1,2,3\n} encoding-error: line 4, column 3: the cell is not UTF-8");
    ASSERT_CUTS("a,\xFF\n1,2\n", 5, "encoding-error: line 1, column 2: the header is not UTF-8");
}
END_TEST

START_TEST(cutter_gives_no_batch_of_nothing_or_of_a_header_alone)
{
    ASSERT_CUTS("", 5, "");
    ASSERT_CUTS("a,b\n", 5, "");
}
END_TEST

START_TEST(cutter_cuts_a_batch_early_that_outgrows_its_bytes)
{
    struct text csv = {0};
    struct rejection damage;
    struct cut cut;
    size_t taken;
    text_put(&csv, "a,b\n");
    while (csv.length < CUTTER_BATCH_BYTES + 4096)
        text_put(&csv, "0123456789abcdef,0123456789abcde\n");
    struct cutter *cutter = cutter_create();
    cutter_begin(cutter, UINT64_MAX);
    ck_assert_int_eq(cutter_feed(cutter, csv.bytes, csv.length, &taken, &damage), CUTTER_HUNGRY);
    ck_assert_int_eq(cutter_feed(cutter, csv.bytes + taken, csv.length - taken, &taken, &damage),
                     CUTTER_FULL);
    ck_assert(cutter_take(cutter, &cut));
    ck_assert_uint_ge(cut.csv.length, CUTTER_BATCH_BYTES);
    ck_assert_uint_lt(cut.csv.length, CUTTER_BATCH_BYTES + 33);
    cut_free(&cut);
    cutter_free(cutter);
    text_free(&csv);
}
END_TEST

START_TEST(cutter_gives_up_a_row_without_end)
{
    static char bytes[1 << 16];
    struct rejection damage = {.reason = REASON_NONE};
    enum cutter_answer answer;
    size_t taken;
    uint64_t fed = 0;
    memset(bytes, 'x', sizeof bytes);
    struct cutter *cutter = cutter_create();
    cutter_begin(cutter, 1);
    ck_assert_int_eq(cutter_feed(cutter, "a\n", 2, &taken, &damage), CUTTER_HUNGRY);
    do {
        answer = cutter_feed(cutter, bytes, sizeof bytes, &taken, &damage);
        fed += sizeof bytes;
    } while (answer == CUTTER_HUNGRY && fed <= 2 * CUTTER_CELL_BYTES);
    ck_assert_int_eq(answer, CUTTER_DAMAGED);
    ck_assert_str_eq(damage.detail, "line 2, column 1: more than 1048576 bytes in a cell");
    cutter_free(cutter);
}
END_TEST

/* The types of the columns of the last batch, one letter each: of integer, number ... */
static void assert_types(const char *csv, uint64_t rows, const char *expected)
{
    struct rejection damage;
    struct cut cut = {.rows = 0};
    size_t taken;
    char types[16] = "";
    struct cutter *cutter = cutter_create();
    cutter_begin(cutter, rows);
    for (size_t at = 0; at < strlen(csv); at += taken)
        if (cutter_feed(cutter, csv + at, strlen(csv) - at, &taken, &damage) == CUTTER_FULL) {
            cut_free(&cut);
            ck_assert(cutter_take(cutter, &cut));
        }
    struct columns *columns = cutter_columns(cutter);
    const struct metadata_field *fields = columns_fields_of(columns, cut.types);
    for (size_t i = 0; i < columns->count; i++)
        types[i] = fields[i].type[0];
    ck_assert_str_eq(types, expected);
    ck_assert_str_eq(fields[0].name, "first");
    cut_free(&cut);
    cutter_free(cutter);
}

START_TEST(cutter_states_the_type_that_all_values_of_a_batch_have)
{
    assert_types("first,b,c,d\n1,1.5,true,2026-01-02T03:04:05Z\n2,3,false,2026-01-02\n", 2, "inbd");
    assert_types("first,b\n,\n1,\n", 2, "is"); /* without a value: strings */
    assert_types("first\n1\nx\n", 2, "s");
    assert_types("first\nx\n1\n", 1, "i"); /* of this batch alone */
}
END_TEST

START_TEST(cutter_goes_on_elsewhere_with_the_header_it_has)
{
    struct rejection damage;
    struct cut cut;
    size_t taken;
    struct cutter *cutter = cutter_create();
    ck_assert_int_eq(cutter_feed(cutter, "a,b\nxxx", 7, &taken, &damage), CUTTER_HUNGRY);
    ck_assert_uint_eq(taken, 4);
    ck_assert(cutter_has_header(cutter));
    cutter_go_on_at(cutter, 400, 70);
    cutter_begin(cutter, 1);
    ck_assert_int_eq(cutter_feed(cutter, "1,2\n", 4, &taken, &damage), CUTTER_FULL);
    ck_assert_uint_eq(cutter_line(cutter), 71);
    ck_assert(cutter_take(cutter, &cut));
    ck_assert_str_eq(cut.csv.bytes, "a,b\n1,2\n");
    ck_assert_uint_eq(cut.offset_bytes, 400);
    ck_assert_uint_eq(cut.line, 70);
    cut_free(&cut);
    cutter_free(cutter);
}
END_TEST

/* A header of so many names of 600 bytes. */
static void put_long_header(struct text *csv, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_printf(csv, "%s%0600zu", i == 0 ? "" : ",", i);
    text_put(csv, "\n");
}

START_TEST(cutter_refuses_a_header_whose_metadata_no_consumer_would_take)
{
    struct text fits = {0};
    struct text csv = {0};
    struct rejection damage;
    size_t taken;
    struct cutter *cutter = cutter_create();
    put_long_header(&fits, 1500);
    ck_assert_int_eq(cutter_feed(cutter, fits.bytes, fits.length, &taken, &damage), CUTTER_HUNGRY);
    ck_assert(cutter_has_header(cutter));
    cutter_free(cutter);
    cutter = cutter_create();
    put_long_header(&csv, 1600);
    ck_assert_int_eq(cutter_feed(cutter, csv.bytes, csv.length, &taken, &damage), CUTTER_DAMAGED);
    ck_assert_int_eq(damage.reason, REASON_TOO_LARGE);
    ck_assert_ptr_nonnull(
        strstr(damage.detail, "line 1, column 1: with the names of 1600 columns"));
    cutter_free(cutter);
    text_free(&fits);
    text_free(&csv);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_cutter", cutter_gives_each_batch_the_header_and_its_rows,
        cutter_needs_no_line_end_behind_the_last_row, cutter_never_cuts_inside_quotes,
        cutter_takes_crlf_and_gives_lf, cutter_drops_a_byte_order_mark_and_blank_lines,
        cutter_keeps_a_row_of_one_empty_cell,
        cutter_keeps_all_rows_before_the_damage_and_names_its_place,
        cutter_calls_what_is_not_utf8_damage_and_names_the_cell,
        cutter_gives_no_batch_of_nothing_or_of_a_header_alone,
        cutter_cuts_a_batch_early_that_outgrows_its_bytes, cutter_gives_up_a_row_without_end,
        cutter_states_the_type_that_all_values_of_a_batch_have,
        cutter_goes_on_elsewhere_with_the_header_it_has,
        cutter_refuses_a_header_whose_metadata_no_consumer_would_take);
}
