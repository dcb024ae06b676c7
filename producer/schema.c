#include "producer/schema.h"

#include <string.h>

#include "producer/moment.h"

/* Numbers, UUIDs, times and names are shorter. */
#define DRAWN_BYTES 40

static const struct schema_column MEASUREMENTS[] = {
    {.name = "label",
     .type = COLUMN_STRING,
     .distribution = DISTRIBUTION_SEQUENCE,
     .parameters = {[2] = 1},
     .prefix = "item_"},
    {.name = "value",
     .type = COLUMN_NUMBER,
     .distribution = DISTRIBUTION_UNIFORM,
     .parameters = {0, 1},
     .decimals = 11},
    {.name = "timestamp",
     .type = COLUMN_DATETIME,
     .distribution = DISTRIBUTION_TIME,
     .parameters = {MOMENT_MS_PER_SECOND}},
};

const struct schema *schema_default(void)
{
    static const struct schema measurements = {
        .columns = MEASUREMENTS, .column_count = sizeof MEASUREMENTS / sizeof *MEASUREMENTS};
    return &measurements;
}

size_t schema_fields(const struct schema *schema, struct metadata_field fields[SCHEMA_COLUMNS_MAX])
{
    for (size_t i = 0; i < schema->column_count; i++)
        fields[i] = (struct metadata_field){.name = schema->columns[i].name,
                                            .type = column_type_word(schema->columns[i].type)};
    return schema->column_count;
}

/* In quotes, each of its bytes being one itself. */
static size_t text_bytes(size_t length)
{
    return 2 * length + 2;
}

static size_t cell_bytes(const struct schema_column *column)
{
    size_t bytes = column->prefix == NULL ? 0 : text_bytes(strlen(column->prefix));
    size_t widest = column->choice_count == 0 ? DRAWN_BYTES : 0;
    for (size_t i = 0; i < column->choice_count; i++)
        if (text_bytes(column->choices[i].length) > widest)
            widest = text_bytes(column->choices[i].length);
    return bytes + widest;
}

size_t schema_row_bytes(const struct schema *schema)
{
    size_t bytes = 0;
    for (size_t i = 0; i < schema->column_count; i++)
        bytes += cell_bytes(&schema->columns[i]) + 1;
    return bytes;
}

int64_t schema_row_ms(const struct schema *schema)
{
    int64_t longest = 0;
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct schema_column *column = &schema->columns[i];
        if (column->distribution == DISTRIBUTION_TIME && column->parameters[0] > (double)longest)
            longest = (int64_t)column->parameters[0];
    }
    return longest == 0 ? MOMENT_MS_PER_SECOND : longest;
}
