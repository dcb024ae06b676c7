#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/row_block.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* ---- rows as they come from a file or from elsewhere ---- */

/* How the cells of a row lie in memory. */
struct layout {
    const char *name;
    size_t gap;       /* bytes between two cells */
    bool backwards;   /* the last cell comes first */
    bool empty_is_no; /* an empty cell is nowhere */
};

static const struct layout LAYOUTS[] = {
    {"plain, as in a file", 1, false, false},
    {"quoted, as in a file", 3, false, false},
    {"as in a file, but for the empty cells", 1, false, true},
    {"one behind the other", 0, false, false},
    {"farther apart", 4, false, false},
    {"far apart", 1000, false, false},
    {"backwards", 1, true, false},
    {"backwards, but for the empty cells", 0, true, true},
};

/* The length of a cell. */
typedef size_t length_of(size_t row, size_t column);

static char byte_of(size_t row, size_t column, size_t at)
{
    return (char)(row * 131 + column * 31 + at * 7 + 1);
}

struct row {
    char *bytes; /* of this size to the byte, so that a look past it is seen when sanitized */
    struct csv_cell *cells;
};

static struct row make_row(size_t row, size_t columns, length_of *length,
                           const struct layout *layout)
{
    size_t size = columns == 0 ? 0 : (columns - 1) * layout->gap;
    for (size_t i = 0; i < columns; i++)
        size += length(row, i);
    struct row made = {.bytes = malloc(size), .cells = calloc(columns + 1, sizeof *made.cells)};
    if (made.cells == NULL || (made.bytes == NULL && size > 0))
        ck_abort_msg("no memory");
    if (size > 0)
        memset(made.bytes, '"', size);
    size_t at = layout->backwards ? size : 0;
    for (size_t i = 0; i < columns; i++) {
        size_t bytes = length(row, i);
        size_t gap = i == 0 ? 0 : layout->gap;
        at = layout->backwards ? at - gap - bytes : at + gap;
        bool nowhere = bytes == 0 && layout->empty_is_no;
        made.cells[i] =
            (struct csv_cell){.bytes = nowhere ? NULL : made.bytes + at, .length = bytes};
        for (size_t j = 0; j < bytes; j++)
            made.bytes[at + j] = byte_of(row, i, j);
        at += layout->backwards ? 0 : bytes;
    }
    return made;
}

/* What was added is no longer there when a block is read. */
static enum row_block_outcome add_row(struct row_block *block, size_t row, size_t columns,
                                      length_of *length, const struct layout *layout)
{
    struct row made = make_row(row, columns, length, layout);
    enum row_block_outcome outcome = row_block_add(block, made.cells);
    free(made.bytes);
    free(made.cells);
    return outcome;
}

static void assert_cell(const struct csv_cell *cell, size_t row, size_t column, size_t length)
{
    if (cell->length != length || cell->bytes == NULL)
        ck_abort_msg("row %zu, column %zu: %zu bytes, not %zu", row, column, cell->length, length);
    for (size_t i = 0; i < length; i++)
        if (cell->bytes[i] != byte_of(row, column, i))
            ck_abort_msg("row %zu, column %zu: byte %zu of %zu", row, column, i, length);
}

/* The block's rows are those from `first` on. */
static void assert_holds(const struct row_block *block, size_t first, size_t columns,
                         length_of *length)
{
    for (size_t column = 0; column < columns; column++) {
        const struct csv_cell *cells = row_block_column(block, column);
        for (size_t row = 0; row < row_block_rows(block); row++)
            assert_cell(&cells[row], first + row, column, length(first + row, column));
    }
}

#define ENDS_MAX 200u

/* The rows of each block, the last one included; returns how many blocks. */
static size_t cut_rows(size_t rows, size_t columns, length_of *length, const struct layout *layout,
                       size_t *ends)
{
    size_t blocks = 0;
    size_t first = 0;
    struct row_block *block = row_block_create(columns);
    ck_assert_ptr_nonnull(block);
    for (size_t row = 0; row <= rows; row++) {
        if (row < rows && add_row(block, row, columns, length, layout) == ROW_BLOCK_ADDED)
            continue;
        assert_holds(block, first, columns, length);
        ck_assert_uint_lt(blocks, ENDS_MAX);
        ends[blocks++] = row_block_rows(block);
        first = row;
        row_block_clear(block);
        ck_assert_uint_eq(row_block_rows(block), 0);
        if (row < rows)
            ck_assert_int_eq(add_row(block, row, columns, length, layout), ROW_BLOCK_ADDED);
    }
    row_block_free(block);
    return blocks;
}

/* Every block holds what was added, and ends at the same row in every layout. */
static size_t check_rows(size_t rows, size_t columns, length_of *length, size_t *first_block)
{
    size_t expected[ENDS_MAX];
    size_t ends[ENDS_MAX];
    size_t blocks = cut_rows(rows, columns, length, &LAYOUTS[0], expected);
    for (size_t i = 1; i < COUNT(LAYOUTS); i++) {
        ck_assert_msg(cut_rows(rows, columns, length, &LAYOUTS[i], ends) == blocks &&
                          memcmp(ends, expected, blocks * sizeof *ends) == 0,
                      "blocks end at other rows: %s", LAYOUTS[i].name);
    }
    *first_block = expected[0];
    return blocks;
}

/* ---- lengths ---- */

static size_t short_cells(size_t row, size_t column)
{
    return (row * 5 + column * 3) % 8;
}

static size_t empty_cells(size_t row, size_t column)
{
    (void)row;
    (void)column;
    return 0;
}

static size_t some_empty(size_t row, size_t column)
{
    return (row + column) % 3 == 0 ? 9 : 0;
}

static size_t longer_cells(size_t row, size_t column)
{
    return (row * 37 + column * 11) % 997;
}

static size_t medium_cells(size_t row, size_t column)
{
    return (row * 7 + column) % 40;
}

/* One row in ten is larger than a block. */
static size_t some_huge(size_t row, size_t column)
{
    return row % 10 == 3 && column == 1 ? 400000 : short_cells(row, column);
}

static size_t one_byte(size_t row, size_t column)
{
    (void)row;
    (void)column;
    return 1;
}

/* ---- what a block holds ---- */

START_TEST(row_block_is_empty_at_first)
{
    struct row_block *block = row_block_create(3);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(row_block_rows(block), 0);
    row_block_free(block);
    row_block_free(NULL);
}
END_TEST

START_TEST(row_block_of_few_columns_is_full_of_as_many_rows_as_are_stated)
{
    static const size_t COLUMNS[] = {1, 2, 3, 8};
    for (size_t i = 0; i < COUNT(COLUMNS); i++) {
        size_t first = 0;
        (void)check_rows(2 * ROW_BLOCK_ROWS + 1, COLUMNS[i], short_cells, &first);
        ck_assert_uint_eq(first, ROW_BLOCK_ROWS);
        ck_assert_uint_eq(check_rows(ROW_BLOCK_ROWS, COLUMNS[i], short_cells, &first), 1);
        ck_assert_uint_eq(check_rows(ROW_BLOCK_ROWS + 1, COLUMNS[i], short_cells, &first), 2);
    }
}
END_TEST

START_TEST(row_block_of_many_columns_holds_fewer_rows)
{
    size_t first = 0;
    ck_assert_uint_gt(check_rows(50, 1000, short_cells, &first), 2);
    ck_assert_uint_ge(first, 8);
    (void)check_rows(3, 20000, short_cells, &first);
    ck_assert_uint_ge(first, 1);
}
END_TEST

START_TEST(row_block_holds_empty_cells_and_rows_of_nothing_else)
{
    size_t first = 0;
    (void)check_rows(2000, 1, empty_cells, &first);
    ck_assert_uint_eq(first, ROW_BLOCK_ROWS);
    (void)check_rows(2000, 3, empty_cells, &first);
    (void)check_rows(2000, 1, some_empty, &first);
    (void)check_rows(2000, 3, some_empty, &first);
    (void)check_rows(40, 1000, some_empty, &first);
    (void)check_rows(2, 20000, empty_cells, &first);
}
END_TEST

START_TEST(row_block_is_full_of_bytes_at_the_same_row_however_its_cells_lie)
{
    size_t first = 0;
    ck_assert_uint_gt(check_rows(2000, 3, longer_cells, &first), 2);
    ck_assert_uint_lt(first, ROW_BLOCK_ROWS);
    ck_assert_uint_gt(check_rows(700, 1, longer_cells, &first), 1);
    ck_assert_uint_gt(check_rows(20, 1000, longer_cells, &first), 2);
}
END_TEST

START_TEST(row_block_takes_a_row_that_is_larger_than_a_block)
{
    size_t first = 0;
    ck_assert_uint_ge(check_rows(35, 3, some_huge, &first), 8);
    ck_assert_uint_eq(first, 3);
    (void)check_rows(2, 20000, medium_cells, &first);
    ck_assert_uint_eq(first, 1);
}
END_TEST

static size_t rows_that_fit(struct row_block *block)
{
    size_t row = 0;
    row_block_clear(block);
    while (add_row(block, row, 3, longer_cells, &LAYOUTS[0]) == ROW_BLOCK_ADDED)
        row++;
    return row;
}

START_TEST(row_block_ends_where_it_would_have_without_the_large_row_before)
{
    struct row_block *block = row_block_create(3);
    ck_assert_ptr_nonnull(block);
    size_t expected = rows_that_fit(block);
    row_block_clear(block);
    ck_assert_int_eq(add_row(block, 3, 3, some_huge, &LAYOUTS[0]), ROW_BLOCK_ADDED);
    ck_assert_int_eq(add_row(block, 4, 3, one_byte, &LAYOUTS[0]), ROW_BLOCK_FULL);
    ck_assert_uint_eq(rows_that_fit(block), expected);
    row_block_free(block);
}
END_TEST

START_TEST(row_block_that_is_full_does_not_change)
{
    struct row_block *block = row_block_create(2);
    size_t row = 0;
    ck_assert_ptr_nonnull(block);
    while (add_row(block, row, 2, short_cells, &LAYOUTS[1]) == ROW_BLOCK_ADDED)
        row++;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(add_row(block, 7, 2, one_byte, &LAYOUTS[0]), ROW_BLOCK_FULL);
        ck_assert_int_eq(add_row(block, 7, 2, some_huge, &LAYOUTS[6]), ROW_BLOCK_FULL);
    }
    ck_assert_uint_eq(row_block_rows(block), row);
    assert_holds(block, 0, 2, short_cells);
    row_block_free(block);
}
END_TEST

/* ---- cells of a chunk ---- */

START_TEST(row_block_leaves_cells_of_a_chunk_where_they_are_and_copies_others)
{
    static const char FILE_BYTES[] = "before,first,second,last,behind";
    const char *chunk = FILE_BYTES + 7;
    const size_t length = sizeof "first,second,last" - 1;
    const struct csv_cell cells[] = {{FILE_BYTES, 6}, {chunk, 5},      {chunk + 6, 6},
                                     {chunk + 6, 0},  {chunk + 13, 4}, {chunk + 18, 6}};
    static const bool STAYS[] = {false, true, true, true, true, false};
    struct row_block *block = row_block_create(COUNT(cells));
    ck_assert_ptr_nonnull(block);
    row_block_lasts(block, chunk, length);
    ck_assert_int_eq(row_block_add(block, cells), ROW_BLOCK_ADDED);
    for (size_t i = 0; i < COUNT(cells); i++) {
        const struct csv_cell *kept = row_block_column(block, i);
        ck_assert_uint_eq(kept->length, cells[i].length);
        ck_assert_mem_eq(kept->bytes, cells[i].bytes, kept->length);
        ck_assert_msg((kept->bytes == cells[i].bytes) == STAYS[i], "cell %zu", i);
    }
    row_block_free(block);
}
END_TEST

START_TEST(row_block_copies_cells_of_a_chunk_that_lasts_no_more)
{
    char first[] = "first";
    char second[] = "second";
    const struct csv_cell of_first = {first, 5};
    const struct csv_cell of_second = {second, 6};
    struct row_block *block = row_block_create(1);
    ck_assert_ptr_nonnull(block);
    row_block_lasts(block, first, sizeof first);
    row_block_lasts(block, second, sizeof second);
    ck_assert_int_eq(row_block_add(block, &of_first), ROW_BLOCK_ADDED);
    ck_assert_int_eq(row_block_add(block, &of_second), ROW_BLOCK_ADDED);
    memset(first, '~', sizeof first);
    ck_assert_mem_eq(row_block_column(block, 0)[0].bytes, "first", 5);
    ck_assert_ptr_eq(row_block_column(block, 0)[1].bytes, second);
    row_block_free(block);
}
END_TEST

/* They take up none of its bytes, so rows of any size fit, up to their number. */
START_TEST(row_block_is_not_full_of_bytes_by_cells_of_a_chunk)
{
    const size_t length = 1000000;
    char *chunk = calloc(1, length);
    struct csv_cell cells[] = {{chunk, 1}, {chunk, 0}};
    struct row_block *block = row_block_create(COUNT(cells));
    ck_assert(chunk != NULL && block != NULL);
    row_block_lasts(block, chunk, length);
    for (size_t row = 0; row < ROW_BLOCK_ROWS; row++, cells[0].length = length)
        if (row_block_add(block, cells) != ROW_BLOCK_ADDED)
            ck_abort_msg("row %zu was not taken", row);
    ck_assert_int_eq(row_block_add(block, cells), ROW_BLOCK_FULL);
    row_block_free(block);
    free(chunk);
}
END_TEST

/* Cells of one row may be the same bytes, or part of one another's. */
START_TEST(row_block_holds_cells_that_overlap)
{
    static const char TEXT[] = "abcdef";
    const struct csv_cell cells[] = {{TEXT, 6}, {TEXT + 2, 3}, {TEXT, 6}, {TEXT + 6, 0}};
    struct row_block *block = row_block_create(COUNT(cells));
    ck_assert_ptr_nonnull(block);
    ck_assert_int_eq(row_block_add(block, cells), ROW_BLOCK_ADDED);
    ck_assert_int_eq(row_block_add(block, cells), ROW_BLOCK_ADDED);
    for (size_t i = 0; i < COUNT(cells); i++)
        for (size_t row = 0; row < 2; row++) {
            const struct csv_cell *kept = &row_block_column(block, i)[row];
            ck_assert_uint_eq(kept->length, cells[i].length);
            ck_assert_mem_eq(kept->bytes, cells[i].bytes, kept->length);
            ck_assert(kept->bytes != cells[i].bytes);
        }
    row_block_free(block);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_row_block", row_block_is_empty_at_first,
                       row_block_of_few_columns_is_full_of_as_many_rows_as_are_stated,
                       row_block_of_many_columns_holds_fewer_rows,
                       row_block_holds_empty_cells_and_rows_of_nothing_else,
                       row_block_is_full_of_bytes_at_the_same_row_however_its_cells_lie,
                       row_block_takes_a_row_that_is_larger_than_a_block,
                       row_block_ends_where_it_would_have_without_the_large_row_before,
                       row_block_that_is_full_does_not_change,
                       row_block_leaves_cells_of_a_chunk_where_they_are_and_copies_others,
                       row_block_copies_cells_of_a_chunk_that_lasts_no_more,
                       row_block_is_not_full_of_bytes_by_cells_of_a_chunk,
                       row_block_holds_cells_that_overlap);
}
