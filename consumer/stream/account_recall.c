#include "consumer/stream/account_recall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"

/* As a rule the columns that are told stand in the first of these bytes, and always in the others,
 * which texts of 4 KiB take. */
#define HEAD_BYTES ((size_t)64 * 1024)
#define HEAD_MAX_BYTES ((size_t)16 * 1024 * 1024)
/* 2^64, of which no count is. */
#define COUNT_END 18446744073709551616.0

/*
 * Behind the last column that is told, when there are more; else 0. Found by the lines that a
 * summary is made of, and no string holds: to parse all of it, where a file has hundreds of columns
 * and some hundred batches are recalled at a start, would take seconds.
 */
static size_t end_of_told(const char *bytes, size_t length)
{
    static const char END[] = "\n    },\n";
    const char *at = bytes;
    for (size_t columns = 0; columns < ACCOUNT_COLUMNS_MAX; columns++) {
        at = memmem(at, length - (size_t)(at - bytes), END, sizeof END - 1);
        if (at == NULL)
            return 0;
        at += strlen("\n    }");
    }
    return (size_t)(at - bytes);
}

/* Of the first bytes, or of all there are. NULL when they do not hold the columns to be told. */
static struct json *parse_head(int fd, size_t size, bool whole)
{
    static const char REST[] = "\n  ]\n}\n";
    char error[JSON_ERROR_SIZE];
    struct json *summary = NULL;
    char *bytes = malloc(size + sizeof REST);
    ssize_t count = bytes == NULL ? -1 : fileio_read_at(fd, bytes, size, 0);
    size_t length = count > 0 ? (size_t)count : 0;
    size_t told = length > 0 ? end_of_told(bytes, length) : 0;
    if (told > 0) {
        memcpy(bytes + told, REST, sizeof REST);
        length = told + sizeof REST - 1;
    }
    if (length > 0 && (told > 0 || whole))
        summary = json_parse_object(bytes, length, error);
    free(bytes);
    return summary;
}

static struct json *read_summary(int results_fd, const char *key)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    struct json *summary = NULL;
    bool whole = false;
    int fd = -1;
    contract_summary_name(name, key);
    if (fileio_open_input(results_fd, name, &fd, &status) != FILEIO_OPENED)
        return NULL;
    for (size_t size = HEAD_BYTES; summary == NULL && !whole && size <= HEAD_MAX_BYTES; size *= 4) {
        whole = (uintmax_t)status.st_size <= size;
        summary = parse_head(fd, size, whole);
    }
    (void)close(fd);
    return summary;
}

static uint64_t count_of(const struct json_value *column, const char *name)
{
    double number = 0;
    bool known = json_number(json_member(column, name), &number);
    return known && number > 0 && number < COUNT_END ? (uint64_t)number : 0;
}

static enum value_type type_of(const struct json_value *column)
{
    const char *word = json_text(json_member(column, "type"));
    for (int type = 0; word != NULL && type < VALUE_TYPE_COUNT; type++)
        if (strcmp(word, value_type_word((enum value_type)type)) == 0)
            return (enum value_type)type;
    return VALUE_STRING;
}

static void recall_column(const struct json_value *column, struct account_column *told)
{
    static const int TOLD[ACCOUNT_QUANTILES] = ACCOUNT_QUANTILES_TOLD;
    const char *name = json_text(json_member(column, "name"));
    const struct json_value *quantiles = json_member(column, "quantiles");
    account_column_name(told, name == NULL ? "" : name, name == NULL ? 0 : strlen(name));
    told->type = type_of(column);
    told->count = count_of(column, "count");
    told->missing = count_of(column, "missing");
    told->distinct = count_of(column, "distinct");
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        if (!json_number(json_member(quantiles, COLUMN_QUANTILE_NAME[TOLD[i]]),
                         &told->quantiles[i]))
            told->quantiles[i] = (double)NAN;
}

static void recall_columns(const struct json *summary, struct account *account)
{
    const struct json_value *column = json_first(json_member(json_root(summary), "columns"));
    for (; column != NULL; column = json_next(column)) {
        if (account->column_count < ACCOUNT_COLUMNS_MAX)
            recall_column(column, &account->columns[account->column_count]);
        account->column_count++;
    }
    uint64_t stated = count_of(json_root(summary), "column_count");
    if (account->column_count == ACCOUNT_COLUMNS_MAX && stated > ACCOUNT_COLUMNS_MAX)
        account->column_count = (size_t)stated;
}

void account_recall(int results_fd, const struct processed_record *record, struct account *account)
{
    *account = (struct account){.outcome = record->outcome,
                                .rejection = *record->rejection,
                                .verified = record->verified,
                                .plot = record->plot,
                                .rows = record->rows,
                                .bytes = record->bytes};
    (void)snprintf(account->key, sizeof account->key, "%s", record->key);
    (void)snprintf(account->at, sizeof account->at, "%s", record->at);
    struct json *summary =
        record->outcome == OUTCOME_PROCESSED ? read_summary(results_fd, record->key) : NULL;
    if (summary != NULL)
        recall_columns(summary, account);
    json_free(summary);
}
