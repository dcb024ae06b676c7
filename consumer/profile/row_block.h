/*
 * row_block - some rows of a file side by side, so that each column can be worked on by itself: one
 * column's code and tables for a thousand cells, then the next one's.
 *
 *     row_block_lasts(block, chunk, length);
 *     switch (row_block_add(block, cells)) {
 *     case ROW_BLOCK_FULL: ... row_block_column(block, i)[row] ...;
 *                          row_block_clear(block); and add again
 *     ...
 *
 * Cells in a chunk of the file stay where they are, for as long as the chunk does; others are
 * copied.
 */
#ifndef CONSUMER_ROW_BLOCK_H
#define CONSUMER_ROW_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/csv_rows.h"

/* Rows in a block, where few columns leave room for so many. */
#define ROW_BLOCK_ROWS 1024u

struct row_block;

/* Of rows of `columns` cells. NULL when memory is short. */
struct row_block *row_block_create(size_t columns);
void row_block_free(struct row_block *block);

/*
 * From now on cells that lie in these bytes are not copied: the block is to be cleared before they
 * change. No bytes at first.
 */
void row_block_lasts(struct row_block *block, const char *bytes, size_t length);

enum row_block_outcome { ROW_BLOCK_ADDED, ROW_BLOCK_FULL, ROW_BLOCK_NO_MEMORY };

/* Takes in a row; one of any size fits an empty block. */
enum row_block_outcome row_block_add(struct row_block *block, const struct csv_cell *cells);

void row_block_clear(struct row_block *block);

size_t row_block_rows(const struct row_block *block);

/* The column's cells, one a row; valid until the block is cleared. */
const struct csv_cell *row_block_column(const struct row_block *block, size_t column);

#endif
