#include "consumer/profile/column_state.h"

static size_t sketches_bytes(const struct column_sketches *sketches)
{
    size_t bytes =
        sizeof *sketches + cardinality_bytes(sketches->texts) + extent_bytes(&sketches->extent);
    if (sketches->numbers != NULL)
        bytes += cardinality_bytes(sketches->numbers);
    if (sketches->quantiles != NULL)
        bytes += quantiles_bytes(sketches->quantiles);
    return bytes;
}

size_t column_bytes(const struct column *column)
{
    return sizeof *column + column->name_length + tally_bytes(column->tally) +
           (column->sketches == NULL ? 0 : sketches_bytes(column->sketches));
}
