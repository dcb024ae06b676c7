#include "consumer/profile/row_block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/short_bytes.h"

/* What stays in a processor's second cache beside the columns' tables. */
#define BLOCK_CELLS 16384u
#define BLOCK_BYTES (256u * 1024u)

struct row_block {
    size_t columns;
    size_t rows, rows_max;
    struct csv_cell *cells; /* rows_max of the first column, of the second ... */
    uintptr_t lasting;      /* where bytes begin that need no copy, */
    size_t lasting_length;  /* and how many */
    char *bytes;            /* copies of others */
    size_t used, capacity;
};

struct row_block *row_block_create(size_t columns)
{
    struct row_block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return NULL;
    size_t rows = columns > 0 ? BLOCK_CELLS / columns : 1;
    block->columns = columns;
    block->rows_max = rows < 1 ? 1 : rows > ROW_BLOCK_ROWS ? ROW_BLOCK_ROWS : rows;
    block->capacity = BLOCK_BYTES;
    block->cells = reallocarray(NULL, block->rows_max * columns + 1, sizeof *block->cells);
    block->bytes = malloc(block->capacity);
    if (block->cells != NULL && block->bytes != NULL)
        return block;
    row_block_free(block);
    return NULL;
}

void row_block_free(struct row_block *block)
{
    if (block == NULL)
        return;
    free(block->cells);
    free(block->bytes);
    free(block);
}

void row_block_lasts(struct row_block *block, const char *bytes, size_t length)
{
    block->lasting = (uintptr_t)bytes;
    block->lasting_length = length;
}

static bool lasts(const struct row_block *block, const struct csv_cell *cell)
{
    return (uintptr_t)cell->bytes - block->lasting < block->lasting_length;
}

/* Of the cells that are to be copied. */
static size_t passing_bytes(const struct row_block *block, const struct csv_cell *cells)
{
    size_t bytes = 0;
    for (size_t i = 0; i < block->columns; i++)
        bytes += lasts(block, &cells[i]) ? 0 : cells[i].length;
    return bytes;
}

/* Only while it is empty: its cells point into the bytes. */
static bool make_room(struct row_block *block, size_t bytes)
{
    if (bytes <= block->capacity)
        return true;
    char *larger = realloc(block->bytes, bytes);
    if (larger == NULL)
        return false;
    block->bytes = larger;
    block->capacity = bytes;
    return true;
}

static const char *copy(struct row_block *block, const struct csv_cell *cell)
{
    char *to = block->bytes + block->used;
    short_bytes_copy(to, cell->bytes, cell->length);
    block->used += cell->length;
    return to;
}

/* Copies what does not last of a row whose cells are in their places. */
static enum row_block_outcome copy_passing(struct row_block *block, struct csv_cell *row,
                                           const struct csv_cell *cells)
{
    size_t bytes = passing_bytes(block, cells);
    if (block->rows > 0 && bytes > block->capacity - block->used)
        return ROW_BLOCK_FULL;
    if (block->rows == 0 && !make_room(block, bytes))
        return ROW_BLOCK_NO_MEMORY;
    for (size_t i = 0; i < block->columns; i++)
        if (!lasts(block, &cells[i]))
            row[i * block->rows_max].bytes = copy(block, &cells[i]);
    block->rows++;
    return ROW_BLOCK_ADDED;
}

/* A row counts only once all of it is there, so one that does not fit leaves nothing behind. */
enum row_block_outcome row_block_add(struct row_block *block, const struct csv_cell *cells)
{
    struct csv_cell *row = block->cells + block->rows;
    bool all_last = true;
    if (block->rows == block->rows_max)
        return ROW_BLOCK_FULL;
    for (size_t i = 0; i < block->columns; i++) {
        row[i * block->rows_max] = cells[i];
        all_last &= lasts(block, &cells[i]);
    }
    if (!all_last)
        return copy_passing(block, row, cells);
    block->rows++;
    return ROW_BLOCK_ADDED;
}

/* A row that was larger than a block leaves no larger block behind. */
void row_block_clear(struct row_block *block)
{
    block->rows = 0;
    block->used = 0;
    if (block->capacity <= BLOCK_BYTES)
        return;
    char *smaller = realloc(block->bytes, BLOCK_BYTES);
    if (smaller == NULL)
        return;
    block->bytes = smaller;
    block->capacity = BLOCK_BYTES;
}

size_t row_block_rows(const struct row_block *block)
{
    return block->rows;
}

const struct csv_cell *row_block_column(const struct row_block *block, size_t column)
{
    return block->cells + column * block->rows_max;
}
