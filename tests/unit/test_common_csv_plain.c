#include <string.h>

#include "common/csv_plain.h"
#include "common/text.h"
#include "tests/unit/support.h"

/*
 * What csv_plain takes of a text: its rows as "[cell|cell]", and behind them how many bytes it
 * left for somebody else to judge.
 */
#define ASSERT_TAKES(csv, expected) assert_takes(csv, sizeof(csv) - 1, expected)

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

/* Those of a test, which is a process of its own. */
static struct limits limits;

static uint64_t take(const char *csv, size_t length, struct text *seen)
{
    struct csv_rows rows;
    struct rejection rejection;
    struct csv_plain *plain = csv_plain_create();
    ck_assert_ptr_nonnull(plain);
    csv_rows_init(&rows, put_row, seen);
    rows.rejection = &rejection;
    rows.accepts_ragged = true;
    if (limits.columns > 0)
        rows.limits = limits;
    csv_plain_chunk(plain, csv, length);
    size_t taken = csv_plain_rows(plain, csv, &rows);
    ck_assert_uint_eq(rows.count, 0);
    ck_assert_uint_eq(rows.breaks, 0);
    text_printf(seen, "left %zu", length - taken);
    uint64_t line = rows.line;
    csv_plain_free(plain);
    csv_rows_free(&rows);
    return line;
}

static void assert_takes(const char *csv, size_t length, const char *expected)
{
    struct text seen = {0};
    (void)take(csv, length, &seen);
    ck_assert_str_eq(seen.bytes, expected);
    text_free(&seen);
}

START_TEST(csv_plain_takes_bare_cells_and_blank_lines)
{
    ASSERT_TAKES("a,b\n1,\n\n,2\r\n\r\n", "[a|b] [1|] [|2] left 0");
}
END_TEST

START_TEST(csv_plain_takes_quoted_cells_with_anything_inside)
{
    ASSERT_TAKES("\"a\",b\n\"1,\n2\",\"\"\"\"\n\"\",\"3\r4\"\r\n",
                 "[a|b] [1,\n2|\"] [|3\r4] left 0");
}
END_TEST

START_TEST(csv_plain_leaves_a_row_whose_end_is_not_in_the_chunk)
{
    ASSERT_TAKES("a\n1", "[a] left 1");
    ASSERT_TAKES("a\n1,", "[a] left 2");
    ASSERT_TAKES("a\n1\r", "[a] left 2");
    ASSERT_TAKES("a\n\r", "[a] left 1");
    ASSERT_TAKES("a\n\"1\n", "[a] left 3");
    ASSERT_TAKES("a\n\"1\"", "[a] left 3");
    ASSERT_TAKES("a\n\"1\"\r", "[a] left 4");
}
END_TEST

START_TEST(csv_plain_leaves_a_row_that_ends_in_a_lone_cr)
{
    ASSERT_TAKES("a\n1\r2\n", "[a] left 4");
    ASSERT_TAKES("a\n\r\r\n", "[a] left 3");
    ASSERT_TAKES("a\n\"1\"\r2\n", "[a] left 6");
}
END_TEST

START_TEST(csv_plain_leaves_a_row_with_a_quote_where_none_belongs)
{
    ASSERT_TAKES("a\n1\"2\n", "[a] left 4");
    ASSERT_TAKES("a\n1\"\n", "[a] left 3");
    ASSERT_TAKES("a\n1\"2\"\n", "[a] left 5");
    ASSERT_TAKES("a\n\"1\"2\n", "[a] left 5");
    ASSERT_TAKES("a\n\"1\" ,2\n", "[a] left 7");
    ASSERT_TAKES("a\n\"1\" \"2\"\n", "[a] left 8");
}
END_TEST

START_TEST(csv_plain_leaves_a_row_with_a_nul)
{
    ASSERT_TAKES("a\n1\0\n", "[a] left 3");
    ASSERT_TAKES("a\n\0\n", "[a] left 2");
    ASSERT_TAKES("a\n\"1\0\"\n", "[a] left 5");
    ASSERT_TAKES("a\n\"1\"\0\n", "[a] left 5");
}
END_TEST

START_TEST(csv_plain_leaves_a_row_beyond_a_limit_and_takes_one_that_meets_it)
{
    limits = (struct limits){.field_bytes = 3, .row_bytes = 7, .columns = 3};
    ASSERT_TAKES("abc\n", "[abc] left 0");
    ASSERT_TAKES("abcd\n", "left 5");
    ASSERT_TAKES("abc,def\n", "[abc|def] left 0");
    ASSERT_TAKES("abc,de,\n", "[abc|de|] left 0");
    ASSERT_TAKES("abc,de,f\n", "left 9");
    ASSERT_TAKES("\"abc\",\"\"\"e\"\n", "[abc|\"e] left 0");
    ASSERT_TAKES("a,b,c\n", "[a|b|c] left 0");
    ASSERT_TAKES("a,b,c,\n", "left 7");
}
END_TEST

START_TEST(csv_plain_counts_the_lines_inside_cells)
{
    struct text seen = {0};
    const char *csv = "a\n\"1\n2\r\n3\r4\"\n\n\"\r\"\"\n\"\r\n";
    ck_assert_uint_eq(take(csv, strlen(csv), &seen), 10);
    text_free(&seen);
}
END_TEST

START_TEST(csv_plain_goes_on_where_somebody_else_has_read_a_row)
{
    struct text seen = {0};
    struct csv_rows rows;
    struct csv_plain *plain = csv_plain_create();
    const char *csv = "a\n1\r2\n3\n";
    csv_rows_init(&rows, put_row, &seen);
    csv_plain_chunk(plain, csv, 8);
    ck_assert_uint_eq(csv_plain_rows(plain, csv, &rows), 2);
    ck_assert_uint_eq(csv_plain_rows(plain, csv + 6, &rows), 2);
    /* From a place before the last, too. */
    ck_assert_uint_eq(csv_plain_rows(plain, csv + 4, &rows), 4);
    ck_assert_str_eq(seen.bytes, "[a] [3] [2] [3] ");
    csv_plain_free(plain);
    csv_rows_free(&rows);
    text_free(&seen);
}
END_TEST

static bool refuse_second(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    (void)cells;
    (void)count;
    *(uint64_t *)context = row;
    return row < 1;
}

START_TEST(csv_plain_stops_where_its_caller_gives_up)
{
    uint64_t last = 0;
    struct csv_rows rows;
    struct csv_plain *plain = csv_plain_create();
    const char *csv = "a\n1\n2\n3\n";
    csv_rows_init(&rows, refuse_second, &last);
    csv_plain_chunk(plain, csv, 8);
    ck_assert_uint_eq(csv_plain_rows(plain, csv, &rows), 4);
    ck_assert(rows.stopped);
    ck_assert_uint_eq(last, 1);
    csv_plain_free(plain);
    csv_rows_free(&rows);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_csv_plain", csv_plain_takes_bare_cells_and_blank_lines,
                       csv_plain_takes_quoted_cells_with_anything_inside,
                       csv_plain_leaves_a_row_whose_end_is_not_in_the_chunk,
                       csv_plain_leaves_a_row_that_ends_in_a_lone_cr,
                       csv_plain_leaves_a_row_with_a_quote_where_none_belongs,
                       csv_plain_leaves_a_row_with_a_nul,
                       csv_plain_leaves_a_row_beyond_a_limit_and_takes_one_that_meets_it,
                       csv_plain_counts_the_lines_inside_cells,
                       csv_plain_goes_on_where_somebody_else_has_read_a_row,
                       csv_plain_stops_where_its_caller_gives_up);
}
