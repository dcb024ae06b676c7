#include <stdio.h>
#include <string.h>

#include "consumer/profile/sample.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct csv_cell cell_of(const char *text)
{
    return (struct csv_cell){.bytes = text, .length = strlen(text)};
}

static void assert_cell(const struct sample *sample, size_t row, size_t column,
                        const char *expected)
{
    struct csv_cell cell = sample_cell(sample, row, column);
    ck_assert_msg(cell.length == strlen(expected) && memcmp(cell.bytes, expected, cell.length) == 0,
                  "row %zu, column %zu: '%.*s', not '%s'", row, column, (int)cell.length,
                  cell.bytes, expected);
}

/* The first so many rows of a file; the two cells of row i are i and -i. */
static struct sample *sample_of_rows(size_t rows)
{
    struct sample *sample = sample_create();
    ck_assert_ptr_nonnull(sample);
    for (size_t row = 0; row < rows; row++) {
        char number[24];
        char negative[24];
        (void)snprintf(number, sizeof number, "%zu", row);
        (void)snprintf(negative, sizeof negative, "-%zu", row);
        ck_assert(sample_add(sample, (struct csv_cell[]){cell_of(number), cell_of(negative)}, 2));
    }
    return sample;
}

START_TEST(sample_keeps_the_first_rows_as_they_come)
{
    static const size_t ROWS[] = {0, 1, 2, 15, 16, SAMPLE_MAX_ROWS, SAMPLE_MAX_ROWS + 1, 1000};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct sample *sample = sample_of_rows(ROWS[i]);
        size_t kept = ROWS[i] < SAMPLE_MAX_ROWS ? ROWS[i] : SAMPLE_MAX_ROWS;
        ck_assert_uint_eq(sample_rows(sample), kept);
        for (size_t row = 0; row < kept; row++) {
            char expected[24];
            (void)snprintf(expected, sizeof expected, "-%zu", row);
            assert_cell(sample, row, 0, expected + 1);
            assert_cell(sample, row, 1, expected);
        }
        sample_free(sample);
    }
}
END_TEST

START_TEST(sample_of_nothing_has_no_rows_and_empty_cells)
{
    struct sample *sample = sample_create();
    ck_assert_uint_eq(sample_rows(sample), 0);
    assert_cell(sample, 0, 0, "");
    sample_free(sample);
    sample_free(NULL);
}
END_TEST

START_TEST(sample_has_an_empty_cell_beyond_its_rows_and_columns)
{
    struct sample *sample = sample_of_rows(3);
    assert_cell(sample, 2, 1, "-2");
    assert_cell(sample, 3, 0, "");
    assert_cell(sample, 2, 2, "");
    assert_cell(sample, SIZE_MAX, SIZE_MAX, "");
    sample_free(sample);
}
END_TEST

START_TEST(sample_keeps_the_first_cells_of_a_row_that_is_too_wide)
{
    struct csv_cell cells[SAMPLE_MAX_COLUMNS + 8];
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
    struct sample *sample = sample_create();
    for (size_t i = 0; i < COUNT(cells); i++)
        cells[i] = (struct csv_cell){.bytes = LETTERS + i, .length = 1};
    for (int row = 0; row < 3; row++)
        ck_assert(sample_add(sample, cells, COUNT(cells)));
    ck_assert_uint_eq(sample_rows(sample), 3);
    assert_cell(sample, 1, 0, "a");
    assert_cell(sample, 2, SAMPLE_MAX_COLUMNS - 1, "F");
    assert_cell(sample, 2, SAMPLE_MAX_COLUMNS, "");
    sample_free(sample);
}
END_TEST

START_TEST(sample_keeps_empty_cells_and_those_with_nul_bytes)
{
    struct sample *sample = sample_create();
    struct csv_cell cells[] = {
        {.bytes = "", .length = 0}, {.bytes = NULL, .length = 0}, {.bytes = "a\0b", .length = 3}};
    ck_assert(sample_add(sample, cells, COUNT(cells)));
    assert_cell(sample, 0, 0, "");
    assert_cell(sample, 0, 1, "");
    ck_assert_uint_eq(sample_cell(sample, 0, 2).length, 3);
    ck_assert_mem_eq(sample_cell(sample, 0, 2).bytes, "a\0b", 3);
    sample_free(sample);
}
END_TEST

START_TEST(sample_keeps_its_own_copy_of_a_cell)
{
    char bytes[] = "first";
    struct sample *sample = sample_create();
    ck_assert(sample_add(sample, &(struct csv_cell){.bytes = bytes, .length = 5}, 1));
    bytes[0] = 'F';
    assert_cell(sample, 0, 0, "first");
    sample_free(sample);
}
END_TEST

START_TEST(sample_cuts_a_cell_to_its_first_bytes)
{
    char bytes[SAMPLE_CELL_BYTES + 2];
    char expected[SAMPLE_CELL_BYTES + 1] = "";
    struct sample *sample = sample_create();
    memset(bytes, 'x', sizeof bytes);
    memset(expected, 'x', SAMPLE_CELL_BYTES);
    for (size_t less = 0; less < 4; less++)
        ck_assert(sample_add(sample,
                             &(struct csv_cell){.bytes = bytes, .length = sizeof bytes - less}, 1));
    for (size_t row = 0; row < 3; row++)
        assert_cell(sample, row, 0, expected);
    assert_cell(sample, 3, 0, expected + 1);
    sample_free(sample);
}
END_TEST

/* Twenty times U+1F600, four bytes each, from each of the four possible places on. */
START_TEST(sample_cuts_no_character_in_two)
{
    char bytes[96] = "abc";
    struct sample *sample = sample_create();
    for (size_t i = 0; i < 80; i++)
        bytes[3 + i] = "\xF0\x9F\x98\x80"[i % 4];
    for (size_t from = 0; from < 4; from++)
        ck_assert(
            sample_add(sample, &(struct csv_cell){.bytes = bytes + from, .length = 83 - from}, 1));
    for (size_t from = 0; from < 4; from++) {
        struct csv_cell cell = sample_cell(sample, from, 0);
        ck_assert_uint_eq(cell.length, SAMPLE_CELL_BYTES - from);
        ck_assert_mem_eq(cell.bytes, bytes + from, cell.length);
    }
    sample_free(sample);
}
END_TEST

START_TEST(sample_cuts_bytes_that_are_no_characters_near_the_limit)
{
    char bytes[80];
    struct sample *sample = sample_create();
    memset(bytes, 0x80, sizeof bytes);
    ck_assert(sample_add(sample, &(struct csv_cell){.bytes = bytes, .length = sizeof bytes}, 1));
    ck_assert_uint_le(sample_cell(sample, 0, 0).length, SAMPLE_CELL_BYTES);
    ck_assert_uint_ge(sample_cell(sample, 0, 0).length, SAMPLE_CELL_BYTES - 3);
    sample_free(sample);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_sample", sample_keeps_the_first_rows_as_they_come,
                       sample_of_nothing_has_no_rows_and_empty_cells,
                       sample_has_an_empty_cell_beyond_its_rows_and_columns,
                       sample_keeps_the_first_cells_of_a_row_that_is_too_wide,
                       sample_keeps_empty_cells_and_those_with_nul_bytes,
                       sample_keeps_its_own_copy_of_a_cell, sample_cuts_a_cell_to_its_first_bytes,
                       sample_cuts_no_character_in_two,
                       sample_cuts_bytes_that_are_no_characters_near_the_limit);
}
