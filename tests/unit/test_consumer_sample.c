#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "consumer/sample.h"
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

/* A file of so many rows; the two cells of row i are i and -i. */
static struct sample *sample_of_rows(uint64_t rows)
{
    struct sample *sample = sample_create();
    ck_assert_ptr_nonnull(sample);
    for (uint64_t row = 0; row < rows; row = sample_next(sample)) {
        char number[24];
        char negative[24];
        (void)snprintf(number, sizeof number, "%" PRIu64, row);
        (void)snprintf(negative, sizeof negative, "-%" PRIu64, row);
        ck_assert(sample_add(sample, (struct csv_cell[]){cell_of(number), cell_of(negative)}, 2));
    }
    return sample;
}

static void assert_rows(const struct sample *sample)
{
    for (size_t row = 0; row < sample_rows(sample); row++) {
        char expected[24];
        (void)snprintf(expected, sizeof expected, "-%" PRIu64,
                       (uint64_t)row * sample_stride(sample));
        assert_cell(sample, row, 0, expected + 1);
        assert_cell(sample, row, 1, expected);
    }
}

START_TEST(sample_keeps_every_row_while_they_fit)
{
    static const uint64_t ROWS[] = {0, 1, 2, 63, 64, 65, 2047, SAMPLE_MAX_ROWS};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct sample *sample = sample_of_rows(ROWS[i]);
        ck_assert_uint_eq(sample_rows(sample), ROWS[i]);
        ck_assert_uint_eq(sample_stride(sample), 1);
        assert_rows(sample);
        sample_free(sample);
    }
}
END_TEST

START_TEST(sample_keeps_rows_evenly_spread_over_the_whole_of_a_longer_file)
{
    static const struct {
        uint64_t rows;
        uint64_t stride;
        size_t kept;
    } FILES[] = {{2049, 2, 1025},   {2050, 2, 1025},  {2051, 2, 1026},   {4095, 2, 2048},
                 {4096, 2, 2048},   {4097, 4, 1025},  {4098, 4, 1025},   {8192, 4, 2048},
                 {8193, 8, 1025},   {10000, 8, 1250}, {65536, 32, 2048}, {65537, 64, 1025},
                 {100000, 64, 1563}};
    for (size_t i = 0; i < COUNT(FILES); i++) {
        struct sample *sample = sample_of_rows(FILES[i].rows);
        ck_assert_uint_eq(sample_stride(sample), FILES[i].stride);
        ck_assert_uint_eq(sample_rows(sample), FILES[i].kept);
        assert_rows(sample);
        sample_free(sample);
    }
}
END_TEST

START_TEST(sample_never_keeps_more_rows_than_the_limit)
{
    struct sample *sample = sample_create();
    for (int row = 0; row < 20000; row++) {
        ck_assert(sample_add(sample, &(struct csv_cell){.bytes = "x", .length = 1}, 1));
        ck_assert_uint_le(sample_rows(sample), SAMPLE_MAX_ROWS);
    }
    ck_assert_uint_gt(sample_rows(sample), SAMPLE_MAX_ROWS / 2);
    sample_free(sample);
}
END_TEST

START_TEST(sample_of_nothing_has_no_rows_and_empty_cells)
{
    struct sample *sample = sample_create();
    ck_assert_uint_eq(sample_rows(sample), 0);
    ck_assert_uint_eq(sample_stride(sample), 1);
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
    return SUPPORT_RUN(
        "consumer_sample", sample_keeps_every_row_while_they_fit,
        sample_keeps_rows_evenly_spread_over_the_whole_of_a_longer_file,
        sample_never_keeps_more_rows_than_the_limit, sample_of_nothing_has_no_rows_and_empty_cells,
        sample_has_an_empty_cell_beyond_its_rows_and_columns,
        sample_keeps_the_first_cells_of_a_row_that_is_too_wide,
        sample_keeps_empty_cells_and_those_with_nul_bytes, sample_keeps_its_own_copy_of_a_cell,
        sample_cuts_a_cell_to_its_first_bytes, sample_cuts_no_character_in_two,
        sample_cuts_bytes_that_are_no_characters_near_the_limit);
}
