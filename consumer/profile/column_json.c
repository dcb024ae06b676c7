#include "consumer/profile/column_json.h"

#include <inttypes.h>
#include <math.h>

static void put_double(struct text *text, double value)
{
    char digits[NUMBER_DOUBLE_SIZE];
    if (!isfinite(value)) {
        text_put(text, "null");
        return;
    }
    number_format_double(digits, value);
    text_put(text, digits);
}

static void put_scalar(struct text *text, const struct column_scalar *scalar)
{
    char digits[NUMBER_INTEGER_SIZE];
    switch (scalar->kind) {
    case SCALAR_NONE: text_put(text, "null"); return;
    case SCALAR_INTEGER:
        number_format_int128(digits, scalar->integer);
        text_put(text, digits);
        return;
    case SCALAR_DOUBLE: put_double(text, scalar->number); return;
    case SCALAR_BOOLEAN: text_put(text, scalar->boolean ? "true" : "false"); return;
    case SCALAR_TEXT: text_json_string(text, scalar->text, scalar->length); return;
    }
}

static void put_name(struct text *text, const char *name)
{
    text_put(text, ",\n      \"");
    text_put(text, name);
    text_put(text, "\": ");
}

static void put_named_count(struct text *text, const char *name, uint64_t count)
{
    put_name(text, name);
    text_printf(text, "%" PRIu64, count);
}

static void put_named_flag(struct text *text, const char *name, bool flag)
{
    put_name(text, name);
    text_put(text, flag ? "true" : "false");
}

static void put_named_double(struct text *text, const char *name, double value)
{
    put_name(text, name);
    put_double(text, value);
}

static void put_quantiles(struct text *text, const struct column_result *column)
{
    put_name(text, "quantiles");
    text_put(text, "{");
    for (size_t i = 0; i < COLUMN_QUANTILES; i++) {
        text_printf(text, "\"%s\": ", COLUMN_QUANTILE_NAME[i]);
        put_double(text, column->quantiles[i]);
        text_put(text, ", ");
    }
    text_put(text, "\"rank_error\": ");
    put_double(text, column->rank_error);
    text_put(text, "}");
}

static void put_histogram(struct text *text, const struct column_result *column)
{
    put_name(text, "histogram");
    text_put(text, "{\"edges\": [");
    for (size_t i = 0; column->bins > 0 && i <= column->bins; i++) {
        text_put(text, i == 0 ? "" : ", ");
        put_double(text, column->edges[i]);
    }
    text_put(text, "], \"counts\": [");
    for (size_t i = 0; i < column->bins; i++)
        text_printf(text, "%s%" PRIu64, i == 0 ? "" : ", ", column->bin_counts[i]);
    text_put(text, "]}");
}

static void put_numeric(struct text *text, const struct column_result *column)
{
    put_name(text, "sum");
    put_scalar(text, &column->sum);
    put_named_flag(text, "sum_overflow", column->sum_overflow);
    put_named_double(text, "mean", column->mean);
    put_named_double(text, "stddev", column->stddev);
    put_named_double(text, "skewness", column->skewness);
    put_named_count(text, "zeros", column->zeros);
    put_named_count(text, "negatives", column->negatives);
    put_named_count(text, "nonfinite", column->nonfinite);
    put_quantiles(text, column);
    put_histogram(text, column);
}

static void put_top(struct text *text, const struct column_result *column)
{
    put_name(text, "top");
    text_put(text, "[");
    for (size_t i = 0; i < column->top_count; i++) {
        text_put(text, i == 0 ? "\n        {\"value\": " : ",\n        {\"value\": ");
        put_scalar(text, &column->top[i].value);
        text_printf(text, ", \"count\": %" PRIu64 "}", column->top[i].count);
    }
    text_put(text, column->top_count == 0 ? "]" : "\n      ]");
    put_named_flag(text, "top_exact", column->top_error == 0);
    put_named_count(text, "top_error", column->top_error);
}

static void put_lengths(struct text *text, const struct column_result *column)
{
    bool any = column->count > 0;
    put_named_double(text, "min_length", any ? (double)column->min_length : (double)NAN);
    put_named_double(text, "max_length", any ? (double)column->max_length : (double)NAN);
    put_named_double(text, "mean_length", column->mean_length);
}

void column_json_write(struct text *text, const struct column_result *column,
                       const uint64_t *batches)
{
    text_put(text, "    {\n      \"name\": ");
    text_json_string(text, column->name, column->name_length);
    put_name(text, "type");
    text_printf(text, "\"%s\"", value_type_word(column->type));
    if (batches != NULL)
        put_named_count(text, "batches", *batches);
    put_named_count(text, "count", column->count);
    put_named_count(text, "missing", column->missing);
    put_named_count(text, "distinct", column->distinct);
    put_named_flag(text, "distinct_exact", column->distinct_error == 0);
    put_named_double(text, "distinct_error", column->distinct_error);
    put_name(text, "min");
    put_scalar(text, &column->min);
    put_name(text, "max");
    put_scalar(text, &column->max);
    if (value_type_is_numeric(column->type))
        put_numeric(text, column);
    put_top(text, column);
    if (column->type == VALUE_STRING)
        put_lengths(text, column);
    text_put(text, "\n    }");
}
