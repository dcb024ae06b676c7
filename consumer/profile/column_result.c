#include "consumer/profile/column_result.h"

#include <stdlib.h>
#include <string.h>

const double COLUMN_QUANTILE_P[COLUMN_QUANTILES] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
const char *const COLUMN_QUANTILE_NAME[COLUMN_QUANTILES] = {"p01", "p05", "p25", "p50",
                                                            "p75", "p95", "p99"};

/* Cut in front of a character, and not inside it. */
static size_t shown_length(const char *bytes, size_t length)
{
    size_t shown = COLUMN_TEXT_BYTES;
    if (length <= COLUMN_TEXT_BYTES)
        return length;
    while (shown > COLUMN_TEXT_BYTES - 3 && ((unsigned char)bytes[shown] & 0xC0u) == 0x80)
        shown--;
    return shown;
}

bool column_scalar_set_text(struct column_scalar *scalar, const char *bytes, size_t length)
{
    size_t shown = shown_length(bytes, length);
    *scalar = (struct column_scalar){.kind = SCALAR_TEXT, .length = shown};
    scalar->text = malloc(shown + 1);
    if (scalar->text == NULL)
        return false;
    if (shown > 0)
        memcpy(scalar->text, bytes, shown);
    return true;
}

void column_result_free(struct column_result *result)
{
    free(result->name);
    free(result->min.text);
    free(result->max.text);
    for (size_t i = 0; i < COLUMN_TOP_MAX; i++)
        free(result->top[i].value.text);
    *result = (struct column_result){.count = 0};
}
