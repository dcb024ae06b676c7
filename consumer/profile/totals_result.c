#include "consumer/profile/totals_result.h"

#include <stdlib.h>

void totals_result_free(struct totals_result *totals)
{
    for (size_t i = 0; i < totals->column_count; i++)
        column_result_free(&totals->columns[i]);
    free(totals->columns);
    free(totals->column_batches);
    *totals = (struct totals_result){.batches = 0};
}
