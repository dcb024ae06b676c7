#include "consumer/numbers.h"

#include <stdbool.h>

static void take_extremes(struct numbers *numbers, double min, double max)
{
    bool first = numbers->moments.count == 0;
    if (first || min < numbers->min)
        numbers->min = min;
    if (first || max > numbers->max)
        numbers->max = max;
}

void numbers_add(struct numbers *numbers, const double *finite, size_t count)
{
    if (count == 0)
        return;
    double min = finite[0];
    double max = finite[0];
    uint64_t zeros = 0;
    uint64_t negatives = 0;
    for (size_t i = 0; i < count; i++) {
        min = finite[i] < min ? finite[i] : min;
        max = finite[i] > max ? finite[i] : max;
        zeros += finite[i] == 0 ? 1 : 0;
        negatives += finite[i] < 0 ? 1 : 0;
    }
    take_extremes(numbers, min, max);
    numbers->zeros += zeros;
    numbers->negatives += negatives;
    moments_add_block(&numbers->moments, finite, count);
}

static void take_integer_extremes(struct numbers *numbers, int64_t min, int64_t max)
{
    bool first = numbers->integer_count == 0;
    if (first || min < numbers->integer_min)
        numbers->integer_min = min;
    if (first || max > numbers->integer_max)
        numbers->integer_max = max;
}

void numbers_add_integers(struct numbers *numbers, const int64_t *integers, size_t count)
{
    if (count == 0)
        return;
    int64_t min = integers[0];
    int64_t max = integers[0];
    number_int128 sum = 0;
    for (size_t i = 0; i < count; i++) {
        min = integers[i] < min ? integers[i] : min;
        max = integers[i] > max ? integers[i] : max;
        sum += integers[i];
    }
    take_integer_extremes(numbers, min, max);
    numbers->integer_count += count;
    numbers->integer_sum += sum;
}

void numbers_merge(struct numbers *into, const struct numbers *from)
{
    if (from->moments.count > 0)
        take_extremes(into, from->min, from->max);
    if (from->integer_count > 0)
        take_integer_extremes(into, from->integer_min, from->integer_max);
    into->zeros += from->zeros;
    into->negatives += from->negatives;
    into->nonfinite += from->nonfinite;
    into->integer_count += from->integer_count;
    into->integer_sum += from->integer_sum;
    moments_merge(&into->moments, &from->moments);
}
