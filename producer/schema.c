#include "producer/schema.h"

static const struct schema_column MEASUREMENTS[] = {
    {.name = "label", .type = "string", .distribution = SCHEMA_SEQUENCE, .prefix = "item_"},
    {.name = "value", .type = "number", .distribution = SCHEMA_UNIFORM, .decimals = 11},
    {.name = "timestamp", .type = "datetime", .distribution = SCHEMA_CLOCK, .step_seconds = 1},
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
                                            .type = schema->columns[i].type};
    return schema->column_count;
}
