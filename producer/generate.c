#include "producer/generate.h"

#include <string.h>

#include "producer/moment.h"
#include "producer/publish.h"
#include "producer/random.h"

/* Rows are put together here and appended many at a time: it stays in the nearest cache. */
#define BLOCK_SIZE ((size_t)64 * 1024)
#define ROW_SIZE_MAX ((size_t)SCHEMA_COLUMNS_MAX * DRAW_CELL_SIZE)

_Static_assert(ROW_SIZE_MAX < BLOCK_SIZE, "a row fits a block");

int64_t generate_start(const struct generate_request *request, uint64_t batch, int64_t now_seconds)
{
    int64_t milliseconds;
    int64_t start;
    if (!request->start_fixed)
        return now_seconds;
    bool beyond =
        __builtin_mul_overflow(request->rows_high, schema_row_ms(request->schema), &milliseconds) ||
        __builtin_add_overflow(milliseconds, MOMENT_MS_PER_SECOND - 1, &milliseconds) ||
        __builtin_mul_overflow(batch - 1, milliseconds / MOMENT_MS_PER_SECOND, &start) ||
        __builtin_add_overflow(start, request->start_seconds, &start);
    const int64_t last = MOMENT_LAST / MOMENT_MS_PER_SECOND;
    return beyond || start > last ? last : start;
}

static void append_header(const struct schema *schema, struct text *csv)
{
    struct csv_cell cells[SCHEMA_COLUMNS_MAX];
    for (size_t i = 0; i < schema->column_count; i++)
        cells[i] = (struct csv_cell){schema->columns[i].name, strlen(schema->columns[i].name)};
    publish_append_row(csv, cells, schema->column_count);
}

void generate_begin(struct generator *generator, const struct generate_request *request)
{
    const struct schema *schema = request->schema;
    struct random_state random;
    generator->request = *request;
    generator->done = 0;
    generator->ready = 0;
    random_seed(&random, request->seed, request->batch);
    generator->rows = random_between(&random, request->rows_low, request->rows_high);
    const struct draw_batch batch = {.seed = request->seed,
                                     .number = request->batch,
                                     .rows = generator->rows,
                                     .rows_low = request->rows_low,
                                     .rows_high = request->rows_high,
                                     .start_ms = request->start_seconds * MOMENT_MS_PER_SECOND,
                                     .columns = schema->column_count};
    bool taken = false;
    for (size_t i = 0; i < schema->column_count; i++) {
        bool first = !taken && DISTRIBUTIONS[schema->columns[i].distribution].draws;
        draw_begin(&generator->columns[i], &schema->columns[i], i, &batch, first ? &random : NULL);
        taken |= first;
    }
}

static char *write_row(struct generator *generator, char *at)
{
    size_t last = generator->request.schema->column_count - 1;
    for (size_t i = 0; i < last; i++) {
        at = draw_cell(&generator->columns[i], at);
        *at++ = ',';
    }
    at = draw_cell(&generator->columns[last], at);
    *at++ = '\n';
    return at;
}

static bool has_failed(const struct generator *generator)
{
    bool failed = false;
    for (size_t i = 0; i < generator->request.schema->column_count; i++)
        failed |= generator->columns[i].failed;
    return failed;
}

static bool look_ahead(struct generator *generator, uint64_t at_most)
{
    size_t count = generator->request.schema->column_count;
    while (generator->ready < count &&
           draw_look_ahead(&generator->columns[generator->ready], at_most))
        generator->ready++;
    return generator->ready == count;
}

bool generate_rows(struct generator *generator, struct text *csv, uint64_t at_most)
{
    char block[BLOCK_SIZE];
    char *at = block;
    const char *full =
        block + BLOCK_SIZE - generator->request.schema->column_count * DRAW_CELL_SIZE;
    if (!look_ahead(generator, at_most))
        return true;
    if (generator->done == 0)
        append_header(generator->request.schema, csv);
    for (; at_most > 0 && generator->done < generator->rows; at_most--, generator->done++) {
        at = write_row(generator, at);
        if (at < full)
            continue;
        text_append(csv, block, (size_t)(at - block));
        at = block;
    }
    text_append(csv, block, (size_t)(at - block));
    csv->failed |= has_failed(generator);
    return generator->done < generator->rows;
}
