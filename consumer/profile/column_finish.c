#include "consumer/profile/column_finish.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "consumer/profile/column_state.h"
#include "consumer/profile/ranking.h"

/* The column's different values in the order of its type; of sketches, the frequent ones. */
struct values {
    struct ranked *ranked;
    size_t count;
};

static struct column_scalar scalar_of_double(double number)
{
    return (struct column_scalar){.kind = SCALAR_DOUBLE, .number = number};
}

static struct column_scalar scalar_of_integer(number_int128 integer)
{
    return (struct column_scalar){.kind = SCALAR_INTEGER, .integer = integer};
}

static struct column_scalar scalar_of_boolean(bool boolean)
{
    return (struct column_scalar){.kind = SCALAR_BOOLEAN, .boolean = boolean};
}

static bool set_extent(const struct extent_text *first, const struct extent_text *last,
                       struct column_result *result)
{
    return column_scalar_set_text(&result->min, first->bytes, first->length) &&
           column_scalar_set_text(&result->max, last->bytes, last->length);
}

/* ---- of numbers ---- */

static void set_extremes_of_numbers(const struct numbers *numbers, struct column_result *result)
{
    if (result->type == VALUE_INTEGER) {
        result->min = scalar_of_integer(numbers->integer_min);
        result->max = scalar_of_integer(numbers->integer_max);
    } else if (numbers->moments.count > 0) {
        result->min = scalar_of_double(numbers->min);
        result->max = scalar_of_double(numbers->max);
    }
}

static void set_moments(const struct numbers *numbers, struct column_result *result)
{
    bool integers = result->type == VALUE_INTEGER;
    const struct moments *moments = integers ? &numbers->integer_moments : &numbers->moments;
    double sum = moments_sum(&numbers->moments);
    result->sum = integers ? scalar_of_integer(numbers->integer_sum) : scalar_of_double(sum);
    result->sum_overflow = !integers && !isfinite(sum);
    result->mean = integers ? numbers_integer_mean(numbers) : moments_mean(moments);
    result->stddev = moments_stddev(moments);
    result->skewness = moments_skewness(moments);
    result->zeros = numbers->zeros;
    result->negatives = numbers->negatives;
    result->nonfinite = numbers->nonfinite;
}

/* Sturges 1926: 1 + ceil(log2 n) intervals, in integers so that no libm has a say. */
static size_t bin_count(uint64_t count)
{
    size_t bins = 1;
    for (uint64_t reached = 1; reached < count && bins < COLUMN_BINS_MAX; reached *= 2)
        bins++;
    return bins;
}

static void set_histogram(const struct numbers *numbers, const struct distribution *spread,
                          struct column_result *result)
{
    double min = numbers->min;
    double max = numbers->max;
    result->bins = min == max ? 1 : bin_count(numbers->moments.count);
    result->edges[0] = min;
    for (size_t i = 1; i < result->bins; i++) {
        double share = (double)i / (double)result->bins;
        /* Weighted ends, not min + i * width: the width of -1e308 .. 1e308 is infinite. */
        double edge = min * (1 - share) + max * share;
        /* Ends a few roundings apart: the weighted sum may fall back or overshoot. */
        result->edges[i] = fmin(fmax(edge, result->edges[i - 1]), max);
    }
    result->edges[result->bins] = max;
    distribution_histogram(spread, result->edges, result->bins, result->bin_counts);
}

/* Every finite value, with its count. */
static bool spread_values(const struct values *values, struct distribution *spread)
{
    *spread = (struct distribution){.points = calloc(values->count + 1, sizeof *spread->points)};
    if (spread->points == NULL)
        return false;
    for (size_t i = 0; i < values->count; i++) {
        const struct ranked *ranked = &values->ranked[i];
        if (!isfinite(ranked->value.number))
            continue;
        spread->points[spread->count++] = (struct distribution_point){
            .number = ranked->value.number, .weight = ranked->entry.count};
        spread->weight += ranked->entry.count;
    }
    return true;
}

static bool set_spread(const struct column *column, const struct values *values,
                       struct column_result *result)
{
    struct distribution spread;
    bool sketched = column->sketches != NULL;
    if (!(sketched ? quantiles_spread(column->sketches->quantiles, &spread)
                   : spread_values(values, &spread)))
        return false;
    for (size_t i = 0; i < COLUMN_QUANTILES; i++)
        result->quantiles[i] = distribution_quantile(&spread, COLUMN_QUANTILE_P[i]);
    result->rank_error = sketched ? QUANTILES_RANK_ERROR : 0;
    if (column->numbers.moments.count > 0)
        set_histogram(&column->numbers, &spread, result);
    free(spread.points);
    return true;
}

static bool set_numeric(const struct column *column, const struct values *values,
                        struct column_result *result)
{
    set_extremes_of_numbers(&column->numbers, result);
    set_moments(&column->numbers, result);
    return set_spread(column, values, result);
}

/* ---- of everything else ---- */

static bool set_extremes(const struct column *column, const struct values *values,
                         struct column_result *result)
{
    const struct extent *extent = column->sketches == NULL ? NULL : &column->sketches->extent;
    if (extent != NULL && result->type == VALUE_STRING)
        return set_extent(&extent->first, &extent->last, result);
    if (extent != NULL)
        return set_extent(&extent->earliest.text, &extent->latest.text, result);
    return values->count == 0 ||
           (ranked_show(&values->ranked[0], result->type, &result->min) &&
            ranked_show(&values->ranked[values->count - 1], result->type, &result->max));
}

static void set_lengths_of_extent(const struct extent *extent, struct column_result *result)
{
    result->min_length = extent->min_length;
    result->max_length = extent->max_length;
    result->mean_length = (double)extent->total_length / (double)extent->count;
}

static void set_lengths_of_values(const struct values *values, struct column_result *result)
{
    uint64_t total = 0;
    for (size_t i = 0; i < values->count; i++) {
        const struct tally_entry *entry = &values->ranked[i].entry;
        uint64_t length = text_utf8_count(entry->bytes, entry->length);
        if (i == 0 || length < result->min_length)
            result->min_length = length;
        if (length > result->max_length)
            result->max_length = length;
        total += length * entry->count;
    }
    result->mean_length = result->count == 0 ? (double)NAN : (double)total / (double)result->count;
}

static void set_lengths(const struct column *column, const struct values *values,
                        struct column_result *result)
{
    if (column->sketches != NULL)
        set_lengths_of_extent(&column->sketches->extent, result);
    else
        set_lengths_of_values(values, result);
}

/* ---- which values, and how often ---- */

/* Of however many texts, there are two values at most. */
static void set_booleans(const struct column *column, struct column_result *result)
{
    bool more = column->booleans[1] > column->booleans[0];
    result->min = scalar_of_boolean(column->booleans[0] == 0);
    result->max = scalar_of_boolean(column->booleans[1] > 0);
    for (int turn = 0; turn < 2; turn++) {
        bool boolean = (turn == 0) == more;
        uint64_t count = column->booleans[boolean ? 1 : 0];
        if (count > 0)
            result->top[result->top_count++] =
                (struct column_top){.value = scalar_of_boolean(boolean), .count = count};
    }
    result->distinct = result->top_count;
}

static void set_distinct(const struct column *column, const struct values *values,
                         struct column_result *result)
{
    const struct column_sketches *sketches = column->sketches;
    result->distinct = values->count;
    if (sketches == NULL)
        return;
    uint64_t estimate = cardinality_estimate(value_type_is_numeric(result->type) ? sketches->numbers
                                                                                 : sketches->texts);
    result->distinct = estimate < column->count ? estimate : column->count;
    result->distinct_error = CARDINALITY_ERROR;
}

/* A count that a value without a counter may have as well says nothing. */
static bool set_top(const struct column *column, const struct values *values,
                    struct column_result *result)
{
    const struct ranked *top[COLUMN_TOP_MAX];
    size_t kept = ranked_most_frequent(values->ranked, values->count, top);
    result->top_error = tally_error(column->tally);
    while (kept > 0 && top[kept - 1]->entry.count <= result->top_error)
        kept--;
    for (; result->top_count < kept; result->top_count++) {
        struct column_top *shown = &result->top[result->top_count];
        if (!ranked_show(top[result->top_count], result->type, &shown->value))
            return false;
        shown->count = top[result->top_count]->entry.count;
    }
    return true;
}

static bool set_values(const struct column *column, struct column_result *result)
{
    struct values values = {.count = 0};
    values.ranked = rank_values(column->tally, result->type, &values.count);
    if (values.ranked == NULL)
        return false;
    set_distinct(column, &values, result);
    bool good = value_type_is_numeric(result->type) ? set_numeric(column, &values, result)
                                                    : set_extremes(column, &values, result);
    if (result->type == VALUE_STRING)
        set_lengths(column, &values, result);
    good = good && set_top(column, &values, result);
    free(values.ranked);
    return good;
}

static bool set_name(const struct column *column, struct column_result *result)
{
    result->name = malloc(column->name_length + 1);
    if (result->name == NULL)
        return false;
    memcpy(result->name, column->name, column->name_length);
    result->name_length = column->name_length;
    return true;
}

bool column_finish(const struct column *column, struct column_result *result)
{
    *result = (struct column_result){.count = column->count, .missing = column->missing};
    /* Of a column without a single value nothing is known but that it is text. */
    result->type = column->count == 0 ? VALUE_STRING : value_narrowest(column->types);
    if (!set_name(column, result))
        return false;
    if (result->type != VALUE_BOOLEAN)
        return set_values(column, result);
    set_booleans(column, result);
    return true;
}
