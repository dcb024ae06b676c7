#include "consumer/row_block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/short_bytes.h"

/* What stays in a processor's second cache beside the columns' tables. */
#define BLOCK_CELLS 16384u
#define BLOCK_BYTES (256u * 1024u)
/* A closing quote, a delimiter and an opening quote. */
#define SPAN_GAP 3u

struct row_block {
    size_t columns;
    size_t rows, rows_max;
    struct csv_cell *cells;
    char *bytes;
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
    block->cells = calloc(block->rows_max * columns + 1, sizeof *block->cells);
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

struct row_shape {
    size_t bytes; /* of its cells */
    size_t span; /* from the first one's first byte to the last one's last; 0: they lie scattered */
};

/* Cells lie one behind the other as they do in a file, with little in between, or anywhere. */
static struct row_shape shape_of(const struct csv_cell *cells, size_t count)
{
    size_t bytes = 0;
    bool scattered = count == 0;
    uintptr_t begin = count > 0 ? (uintptr_t)cells[0].bytes : 0;
    uintptr_t at = begin;
    for (size_t i = 0; i < count; i++) {
        uintptr_t cell = (uintptr_t)cells[i].bytes;
        scattered |= cell - at > SPAN_GAP;
        bytes += cells[i].length;
        at = cell + cells[i].length;
    }
    return (struct row_shape){.bytes = bytes, .span = scattered ? 0 : at - begin};
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

/* `kept` is where the row's first cell belongs; that of the next column is rows_max further on. */
static void copy_span(const struct row_block *block, const struct csv_cell *cells, size_t span,
                      struct csv_cell *kept)
{
    char *to = block->bytes + block->used;
    const char *from = cells[0].bytes;
    memcpy(to, from, span);
    for (size_t i = 0; i < block->columns; i++, kept += block->rows_max)
        *kept = (struct csv_cell){.bytes = to + (cells[i].bytes - from), .length = cells[i].length};
}

static void copy_cells(const struct row_block *block, const struct csv_cell *cells,
                       struct csv_cell *kept)
{
    char *to = block->bytes + block->used;
    for (size_t i = 0; i < block->columns; i++, kept += block->rows_max) {
        *kept = (struct csv_cell){.bytes = to, .length = cells[i].length};
        short_bytes_copy(to, cells[i].bytes, cells[i].length);
        to += cells[i].length;
    }
}

enum row_block_outcome row_block_add(struct row_block *block, const struct csv_cell *cells)
{
    struct csv_cell *kept = block->cells + block->rows;
    const struct row_shape shape = shape_of(cells, block->columns);
    /* Counted without what stands between the cells, which is not the same on every way here. */
    size_t bytes = shape.bytes + block->columns * SPAN_GAP;
    if (block->rows > 0 &&
        (block->rows == block->rows_max || bytes > block->capacity - block->used))
        return ROW_BLOCK_FULL;
    if (block->rows == 0 && !make_room(block, bytes))
        return ROW_BLOCK_NO_MEMORY;
    if (shape.span > 0)
        copy_span(block, cells, shape.span, kept);
    else
        copy_cells(block, cells, kept);
    block->used += bytes;
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
