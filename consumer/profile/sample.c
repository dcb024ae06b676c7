#include "consumer/profile/sample.h"

#include <stdlib.h>
#include <string.h>

struct kept_cell {
    uint8_t length;
    char bytes[SAMPLE_CELL_BYTES];
};

struct sample {
    struct kept_cell *cells; /* rows of `columns` cells each */
    size_t columns;
    size_t rows, capacity;
};

struct sample *sample_create(void)
{
    return calloc(1, sizeof(struct sample));
}

void sample_free(struct sample *sample)
{
    if (sample == NULL)
        return;
    free(sample->cells);
    free(sample);
}

static bool grow(struct sample *sample)
{
    if (sample->rows < sample->capacity)
        return true;
    size_t capacity = sample->capacity == 0 ? 15 : sample->capacity * 2;
    struct kept_cell *cells = realloc(sample->cells, capacity * sample->columns * sizeof *cells);
    if (cells == NULL)
        return false;
    sample->cells = cells;
    sample->capacity = capacity;
    return true;
}

/* Where to cut a cell that is too long: in front of a character, and not inside it. */
static size_t kept_length(const struct csv_cell *cell)
{
    size_t length = SAMPLE_CELL_BYTES;
    if (cell->length <= SAMPLE_CELL_BYTES)
        return cell->length;
    while (length > SAMPLE_CELL_BYTES - 3 && ((unsigned char)cell->bytes[length] & 0xC0u) == 0x80)
        length--;
    bool inside = ((unsigned char)cell->bytes[length] & 0xC0u) == 0x80;
    return inside ? SAMPLE_CELL_BYTES : length; /* no characters at all: anywhere will do */
}

static void keep(struct kept_cell *kept, const struct csv_cell *cell)
{
    size_t length = kept_length(cell);
    kept->length = (uint8_t)length;
    if (length > 0)
        memcpy(kept->bytes, cell->bytes, length);
}

bool sample_add(struct sample *sample, const struct csv_cell *cells, size_t count)
{
    if (sample->rows == SAMPLE_MAX_ROWS)
        return true;
    if (sample->columns == 0)
        sample->columns = count < SAMPLE_MAX_COLUMNS ? count : SAMPLE_MAX_COLUMNS;
    if (!grow(sample))
        return false;
    for (size_t i = 0; i < sample->columns && i < count; i++)
        keep(&sample->cells[sample->rows * sample->columns + i], &cells[i]);
    sample->rows++;
    return true;
}

size_t sample_rows(const struct sample *sample)
{
    return sample->rows;
}

struct csv_cell sample_cell(const struct sample *sample, size_t row, size_t column)
{
    if (row >= sample->rows || column >= sample->columns)
        return (struct csv_cell){.bytes = "", .length = 0};
    const struct kept_cell *kept = &sample->cells[row * sample->columns + column];
    return (struct csv_cell){.bytes = kept->bytes, .length = kept->length};
}
