/*
 * sample - rows to draw, in bounded memory: all of them while they fit, then every
 * second, every fourth ... of the whole file, evenly spread and always the same
 * ones for the same file.
 */
#ifndef CONSUMER_SAMPLE_H
#define CONSUMER_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/csv_reader.h"

#define SAMPLE_MAX_ROWS 2048u
/* Of each row, so many cells, and of each cell so many bytes: more is not drawn. */
#define SAMPLE_MAX_COLUMNS 32u
#define SAMPLE_CELL_BYTES 63u

struct sample;

struct sample *sample_create(void);
void sample_free(struct sample *sample);

/* The next row, from 0, that is wanted. */
uint64_t sample_next(const struct sample *sample);

/* Takes in that row. False when memory is short. */
bool sample_add(struct sample *sample, const struct csv_cell *cells, size_t count);

/* Rows kept; row i of them is row i * stride (from 0) of the file. */
size_t sample_rows(const struct sample *sample);
uint64_t sample_stride(const struct sample *sample);

/*
 * One cell of a kept row, cut to the characters that SAMPLE_CELL_BYTES hold; empty for a
 * column beyond the limit.
 */
struct csv_cell sample_cell(const struct sample *sample, size_t row, size_t column);

#endif
