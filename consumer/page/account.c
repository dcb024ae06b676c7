#include "consumer/page/account.h"

#include <math.h>
#include <string.h>

#define ELLIPSIS "\xE2\x80\xA6"

/* Cut in front of a character, and not inside it. */
void account_column_name(struct account_column *column, const char *bytes, size_t length)
{
    size_t shown = length;
    bool cut = length >= ACCOUNT_NAME_SIZE;
    if (cut) {
        shown = ACCOUNT_NAME_SIZE - sizeof ELLIPSIS;
        while (shown > 0 && ((unsigned char)bytes[shown] & 0xC0u) == 0x80)
            shown--;
    }
    memcpy(column->name, bytes, shown);
    memcpy(column->name + shown, cut ? ELLIPSIS : "", cut ? sizeof ELLIPSIS : 1);
}

static void set_column(struct account_column *column, const struct column_result *result)
{
    static const int TOLD[ACCOUNT_QUANTILES] = ACCOUNT_QUANTILES_TOLD;
    bool numeric = value_type_is_numeric(result->type) && result->count > result->nonfinite;
    account_column_name(column, result->name, result->name_length);
    column->type = result->type;
    column->count = result->count;
    column->missing = result->missing;
    column->distinct = result->distinct;
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        column->quantiles[i] = numeric ? result->quantiles[TOLD[i]] : (double)NAN;
}

void account_columns(struct account *account, const struct profile *profile)
{
    account->column_count = profile->column_count;
    for (size_t i = 0; i < profile->column_count && i < ACCOUNT_COLUMNS_MAX; i++)
        set_column(&account->columns[i], &profile->columns[i]);
}

const struct account_column *account_numeric_column(const struct account *account, const char *name)
{
    for (size_t i = 0; i < account->column_count && i < ACCOUNT_COLUMNS_MAX; i++) {
        const struct account_column *column = &account->columns[i];
        if (isfinite(column->quantiles[ACCOUNT_P50]) && strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}
