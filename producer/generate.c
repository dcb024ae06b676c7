#include "producer/generate.h"

#include <string.h>

#include "common/clock.h"
#include "producer/publish.h"

#define CELL_SIZE 256

/* A cell under construction: a distribution writes its text and says how long it is. */
typedef size_t (*cell_writer)(struct generator *generator, const struct schema_column *column,
                              char cell[CELL_SIZE]);

/* Writes a number with at least `width` digits, zeros in front; returns how many there are. */
static size_t put_digits(char *text, uint64_t number, unsigned width)
{
    char digits[20];
    size_t at = sizeof digits;
    while (number > 0 || sizeof digits - at < width) {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    }
    memcpy(text, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

static size_t put_sequence(struct generator *generator, const struct schema_column *column,
                           char cell[CELL_SIZE])
{
    size_t prefix = strnlen(column->prefix, CELL_SIZE / 2);
    memcpy(cell, column->prefix, prefix);
    return prefix + put_digits(cell + prefix, generator->done, 1);
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* Drawn as an integer: a double would have to be rounded to its decimals, and 1 could come out. */
static size_t put_uniform(struct generator *generator, const struct schema_column *column,
                          char cell[CELL_SIZE])
{
    uint64_t drawn = random_between(&generator->random, 0, power_of_ten(column->decimals) - 1);
    cell[0] = '0';
    cell[1] = '.';
    return 2 + put_digits(cell + 2, drawn, column->decimals);
}

static size_t put_clock(struct generator *generator, const struct schema_column *column,
                        char cell[CELL_SIZE])
{
    clock_format_seconds(cell, generator->request.start_seconds +
                                   (int64_t)generator->done * column->step_seconds);
    return strlen(cell);
}

static const cell_writer WRITERS[SCHEMA_DISTRIBUTION_COUNT] = {
    [SCHEMA_SEQUENCE] = put_sequence, [SCHEMA_UNIFORM] = put_uniform, [SCHEMA_CLOCK] = put_clock};

static void append_header(const struct schema *schema, struct text *csv)
{
    struct publish_cell cells[SCHEMA_COLUMNS_MAX];
    for (size_t i = 0; i < schema->column_count; i++)
        cells[i] = (struct publish_cell){schema->columns[i].name, strlen(schema->columns[i].name)};
    publish_append_row(csv, cells, schema->column_count);
}

static void append_row(struct generator *generator, struct text *csv)
{
    const struct schema *schema = generator->request.schema;
    char texts[SCHEMA_COLUMNS_MAX][CELL_SIZE];
    struct publish_cell cells[SCHEMA_COLUMNS_MAX];
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct schema_column *column = &schema->columns[i];
        cells[i].bytes = texts[i];
        cells[i].length = WRITERS[column->distribution](generator, column, texts[i]);
    }
    publish_append_row(csv, cells, schema->column_count);
}

void generate_begin(struct generator *generator, const struct generate_request *request)
{
    *generator = (struct generator){.request = *request};
    random_seed(&generator->random, request->seed, request->batch);
    generator->rows = random_between(&generator->random, request->rows_low, request->rows_high);
}

bool generate_rows(struct generator *generator, struct text *csv, uint64_t at_most)
{
    if (generator->done == 0)
        append_header(generator->request.schema, csv);
    for (; at_most > 0 && generator->done < generator->rows; at_most--, generator->done++)
        append_row(generator, csv);
    return generator->done < generator->rows;
}
