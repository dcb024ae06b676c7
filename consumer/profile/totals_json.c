#include "consumer/profile/totals_json.h"

#include <inttypes.h>

#include "common/contract.h"
#include "consumer/profile/column_json.h"

static void put_count(struct text *text, const char *name, uint64_t count)
{
    text_printf(text, "  \"%s\": %" PRIu64 ",\n", name, count);
}

void totals_json_write(struct text *text, const struct totals_result *totals)
{
    text_put(text, "{\n  \"format\": \"" CONTRACT_TOTALS_FORMAT "\",\n");
    put_count(text, "batches", totals->batches);
    put_count(text, "left_out", totals->left_out);
    put_count(text, "record_count", totals->rows);
    put_count(text, "bytes", totals->bytes);
    put_count(text, "column_count", totals->column_count);
    put_count(text, "columns_left_out", totals->columns_left_out);
    text_put(text, "  \"columns\": [");
    for (size_t i = 0; i < totals->column_count; i++) {
        text_put(text, i == 0 ? "\n" : ",\n");
        column_json_write(text, &totals->columns[i], &totals->column_batches[i]);
    }
    text_put(text, totals->column_count == 0 ? "]\n}\n" : "\n  ]\n}\n");
}
