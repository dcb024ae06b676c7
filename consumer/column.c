#include "consumer/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/wait.h"
#include "consumer/moments.h"
#include "consumer/sketch.h"
#include "consumer/sort.h"

const double COLUMN_QUANTILE_P[COLUMN_QUANTILES] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
const char *const COLUMN_QUANTILE_NAME[COLUMN_QUANTILES] = {"p01", "p05", "p25", "p50",
                                                            "p75", "p95", "p99"};

struct column {
    char *name;
    size_t name_length;
    value_types types; /* what every cell so far can be read as */
    uint64_t count;
    uint64_t missing;
    struct sketch_tally *tally; /* cells as text: right whatever type the column ends as */

    /* kept for as long as the column may be numeric */
    struct sketch_quantiles *quantiles;
    struct moments moments;
    number_int128 integer_sum;
    double min, max;
    uint64_t zeros, negatives, nonfinite;
};

struct column *column_create(const char *name, size_t length)
{
    struct column *column = calloc(1, sizeof *column);
    if (column == NULL)
        return NULL;
    column->types = VALUE_ALL_TYPES;
    column->name = malloc(length + 1);
    column->tally = sketch_tally_create();
    column->quantiles = sketch_quantiles_create();
    if (column->name == NULL || column->tally == NULL || column->quantiles == NULL) {
        column_free(column);
        return NULL;
    }
    if (length > 0)
        memcpy(column->name, name, length);
    column->name_length = length;
    return column;
}

void column_free(struct column *column)
{
    if (column == NULL)
        return;
    free(column->name);
    sketch_tally_free(column->tally);
    sketch_quantiles_free(column->quantiles);
    free(column);
}

static bool may_be_numeric(const struct column *column)
{
    return (column->types & VALUE_TYPE_BIT(VALUE_NUMBER)) != 0;
}

static bool add_number(struct column *column, const struct value *value)
{
    double number = value->number;
    if (!isfinite(number)) {
        column->nonfinite++;
        return true;
    }
    bool first = column->moments.count == 0;
    if (first || number < column->min)
        column->min = number;
    if (first || number > column->max)
        column->max = number;
    column->zeros += number == 0 ? 1 : 0;
    column->negatives += number < 0 ? 1 : 0;
    moments_add(&column->moments, number);
    if ((value->types & VALUE_TYPE_BIT(VALUE_INTEGER)) != 0)
        column->integer_sum += value->integer;
    return sketch_quantiles_add(column->quantiles, number);
}

bool column_add(struct column *column, const char *bytes, size_t length)
{
    struct value value;
    if (value_is_missing(bytes, length)) {
        column->missing++;
        return true;
    }
    value_read(bytes, length, &value);
    column->count++;
    column->types &= value.types;
    if (may_be_numeric(column) && !add_number(column, &value))
        return false;
    return sketch_tally_add(column->tally, bytes, length);
}

/* ---- the result ---- */

static bool set_text(struct column_scalar *scalar, const char *bytes, size_t length)
{
    scalar->text = malloc(length + 1);
    if (scalar->text == NULL)
        return false;
    if (length > 0)
        memcpy(scalar->text, bytes, length);
    scalar->kind = SCALAR_TEXT;
    scalar->length = length;
    return true;
}

/* A distinct value as it is ordered and shown once the type is known. */
struct ranked {
    struct value value;
    struct sketch_entry entry;
};

static int compare_bytes(const struct sketch_entry *a, const struct sketch_entry *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter == 0 ? 0 : memcmp(a->bytes, b->bytes, shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_integers(const struct ranked *a, const struct ranked *b)
{
    return (a->value.integer > b->value.integer) - (a->value.integer < b->value.integer);
}

/* NaN is one value, behind all others. */
static int compare_numbers(const struct ranked *a, const struct ranked *b)
{
    double x = a->value.number;
    double y = b->value.number;
    if (isnan(x) || isnan(y))
        return (isnan(x) ? 1 : 0) - (isnan(y) ? 1 : 0);
    return (x > y) - (x < y);
}

static int compare_booleans(const struct ranked *a, const struct ranked *b)
{
    return (int)a->value.boolean - (int)b->value.boolean;
}

/* By moment; the same moment written in two ways stays two values. */
static int compare_moments(const struct ranked *a, const struct ranked *b)
{
    if (a->value.seconds != b->value.seconds)
        return a->value.seconds > b->value.seconds ? 1 : -1;
    if (a->value.nanoseconds != b->value.nanoseconds)
        return a->value.nanoseconds > b->value.nanoseconds ? 1 : -1;
    return compare_bytes(&a->entry, &b->entry);
}

static int compare_strings(const struct ranked *a, const struct ranked *b)
{
    return compare_bytes(&a->entry, &b->entry);
}

typedef int compare_ranked(const struct ranked *a, const struct ranked *b);

static compare_ranked *const ORDER[VALUE_TYPE_COUNT] = {
    [VALUE_INTEGER] = compare_integers, [VALUE_NUMBER] = compare_numbers,
    [VALUE_BOOLEAN] = compare_booleans, [VALUE_DATE] = compare_moments,
    [VALUE_TIME] = compare_moments,     [VALUE_DATETIME] = compare_moments,
    [VALUE_STRING] = compare_strings};

static int compare_by_order(const void *a, const void *b, void *order)
{
    return (*(compare_ranked *const *)order)(a, b);
}

/* Joins texts that are the same value of the type (1 and 01, true and TRUE). Sorted input. */
static size_t merge_equal(struct ranked *ranked, size_t count, compare_ranked *order)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && order(&ranked[kept - 1], &ranked[i]) == 0)
            ranked[kept - 1].entry.count += ranked[i].entry.count;
        else
            ranked[kept++] = ranked[i];
    }
    return kept;
}

static bool read_entries(struct ranked *ranked, const struct sketch_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        value_read(entries[i].bytes, entries[i].length, &ranked[i].value);
        ranked[i].entry = entries[i];
        if (i % SORT_RUN == 0 && wait_stopping())
            return false;
    }
    return true;
}

/* All distinct values in the order of their type; NULL when memory is short or on SIGTERM. */
static struct ranked *rank_values(const struct column *column, compare_ranked *order, size_t *count)
{
    const struct sketch_entry *entries = sketch_tally_entries(column->tally, count);
    struct ranked *ranked = calloc(*count + 1, sizeof *ranked);
    if (ranked == NULL)
        return NULL;
    if (!read_entries(ranked, entries, *count) ||
        !sort_elements(ranked, *count, sizeof *ranked, compare_by_order, &order)) {
        free(ranked);
        return NULL;
    }
    *count = merge_equal(ranked, *count, order);
    return ranked;
}

/* JSON has no such numbers: they are shown as text, in Frictionless's words. */
static bool show_nonfinite(double number, struct column_scalar *scalar)
{
    const char *word = isnan(number) ? "NaN" : number > 0 ? "INF" : "-INF";
    return set_text(scalar, word, strlen(word));
}

static bool show(const struct ranked *ranked, enum value_type type, struct column_scalar *scalar)
{
    switch (type) {
    case VALUE_INTEGER:
        *scalar = (struct column_scalar){.kind = SCALAR_INTEGER, .integer = ranked->value.integer};
        return true;
    case VALUE_NUMBER:
        if (!isfinite(ranked->value.number))
            return show_nonfinite(ranked->value.number, scalar);
        *scalar = (struct column_scalar){.kind = SCALAR_DOUBLE, .number = ranked->value.number};
        return true;
    case VALUE_BOOLEAN:
        *scalar = (struct column_scalar){.kind = SCALAR_BOOLEAN, .boolean = ranked->value.boolean};
        return true;
    default: break;
    }
    return set_text(scalar, ranked->entry.bytes, ranked->entry.length);
}

static bool set_extremes(const struct column *column, const struct ranked *ranked, size_t count,
                         struct column_result *result)
{
    if (result->type == VALUE_NUMBER) {
        if (column->moments.count > 0) {
            result->min = (struct column_scalar){.kind = SCALAR_DOUBLE, .number = column->min};
            result->max = (struct column_scalar){.kind = SCALAR_DOUBLE, .number = column->max};
        }
        return true;
    }
    return count == 0 || (show(&ranked[0], result->type, &result->min) &&
                          show(&ranked[count - 1], result->type, &result->max));
}

/* Input in the order of values, so that of equal counts the first stays in front. */
static size_t most_frequent(const struct ranked *ranked, size_t count,
                            const struct ranked *top[COLUMN_TOP_MAX])
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = kept;
        while (place > 0 && top[place - 1]->entry.count < ranked[i].entry.count)
            place--;
        if (place == COLUMN_TOP_MAX)
            continue;
        kept += kept < COLUMN_TOP_MAX ? 1 : 0;
        memmove(top + place + 1, top + place, (kept - place - 1) * sizeof *top);
        top[place] = &ranked[i];
    }
    return kept;
}

static bool set_top(const struct ranked *ranked, size_t count, struct column_result *result)
{
    const struct ranked *top[COLUMN_TOP_MAX];
    size_t kept = most_frequent(ranked, count, top);
    for (; result->top_count < kept; result->top_count++) {
        struct column_top *shown = &result->top[result->top_count];
        if (!show(top[result->top_count], result->type, &shown->value))
            return false;
        shown->count = top[result->top_count]->entry.count;
    }
    return true;
}

static void set_lengths(const struct ranked *ranked, size_t count, struct column_result *result)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t length = text_utf8_count(ranked[i].entry.bytes, ranked[i].entry.length);
        if (i == 0 || length < result->min_length)
            result->min_length = length;
        if (length > result->max_length)
            result->max_length = length;
        total += length * ranked[i].entry.count;
    }
    result->mean_length = result->count == 0 ? (double)NAN : (double)total / (double)result->count;
}

/* Sturges 1926: 1 + ceil(log2 n) intervals, in integers so that no libm has a say. */
static size_t bin_count(uint64_t count)
{
    size_t bins = 1;
    for (uint64_t reached = 1; reached < count && bins < COLUMN_BINS_MAX; reached *= 2)
        bins++;
    return bins;
}

static void set_histogram(struct column *column, struct column_result *result)
{
    uint64_t count = column->moments.count;
    if (count == 0)
        return;
    bool point = column->min == column->max;
    result->bins = point ? 1 : bin_count(count);
    result->edges[0] = column->min;
    for (size_t i = 1; i < result->bins; i++) {
        double share = (double)i / (double)result->bins;
        /* Weighted ends, not min + i * width: the width of -1e308 .. 1e308 is infinite. */
        double edge = column->min * (1 - share) + column->max * share;
        /* Ends a few roundings apart: the weighted sum may fall back or overshoot. */
        result->edges[i] = fmin(fmax(edge, result->edges[i - 1]), column->max);
    }
    result->edges[result->bins] = column->max;
    sketch_quantiles_histogram(column->quantiles, result->edges, result->bins, result->bin_counts);
}

static bool set_numeric(struct column *column, struct column_result *result)
{
    const struct moments *moments = &column->moments;
    if (!sketch_quantiles_settle(column->quantiles))
        return false;
    if (result->type == VALUE_INTEGER)
        result->sum =
            (struct column_scalar){.kind = SCALAR_INTEGER, .integer = column->integer_sum};
    else
        result->sum = (struct column_scalar){.kind = SCALAR_DOUBLE, .number = moments_sum(moments)};
    result->mean = moments_mean(moments);
    result->stddev = moments_stddev(moments);
    result->skewness = moments_skewness(moments);
    result->zeros = column->zeros;
    result->negatives = column->negatives;
    result->nonfinite = column->nonfinite;
    for (size_t i = 0; i < COLUMN_QUANTILES; i++)
        result->quantiles[i] = sketch_quantiles_at(column->quantiles, COLUMN_QUANTILE_P[i]);
    result->rank_error = sketch_quantiles_rank_error(column->quantiles);
    set_histogram(column, result);
    return true;
}

bool column_finish(struct column *column, struct column_result *result)
{
    *result = (struct column_result){.count = column->count, .missing = column->missing};
    /* Of a column without a single value nothing is known but that it is text. */
    result->type = column->count == 0 ? VALUE_STRING : value_narrowest(column->types);
    compare_ranked *order = ORDER[result->type];
    size_t distinct = 0;
    struct ranked *ranked = rank_values(column, order, &distinct);
    if (ranked == NULL)
        return false;
    result->name = column->name;
    result->name_length = column->name_length;
    column->name = NULL;
    result->distinct = distinct;
    result->distinct_exact = result->top_exact = sketch_tally_is_exact(column->tally);
    bool good = set_extremes(column, ranked, distinct, result);
    if (value_type_is_numeric(result->type))
        good = good && set_numeric(column, result);
    if (result->type == VALUE_STRING)
        set_lengths(ranked, distinct, result);
    good = good && set_top(ranked, distinct, result);
    free(ranked);
    return good;
}

void column_result_free(struct column_result *result)
{
    free(result->name);
    free(result->min.text);
    free(result->max.text);
    for (size_t i = 0; i < COLUMN_TOP_MAX; i++)
        free(result->top[i].value.text);
    *result = (struct column_result){0};
}
