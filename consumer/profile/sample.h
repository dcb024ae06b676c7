/*
 * sample - the first rows as they stand, for a picture that has a bar for each.
 */
#ifndef CONSUMER_SAMPLE_H
#define CONSUMER_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_reader.h"

/* With more rows than these no row is drawn by itself. */
#define SAMPLE_MAX_ROWS 60u
/* Of each row, so many cells, and of each cell so many bytes: more is not drawn. */
#define SAMPLE_MAX_COLUMNS 32u
#define SAMPLE_CELL_BYTES 63u

struct sample;

struct sample *sample_create(void);
void sample_free(struct sample *sample);

/* Takes in the next row. False when memory is short. */
bool sample_add(struct sample *sample, const struct csv_cell *cells, size_t count);

/* Rows kept. */
size_t sample_rows(const struct sample *sample);

/*
 * One cell of a kept row, cut to the characters that SAMPLE_CELL_BYTES hold; empty for a
 * column beyond the limit.
 */
struct csv_cell sample_cell(const struct sample *sample, size_t row, size_t column);

#endif
