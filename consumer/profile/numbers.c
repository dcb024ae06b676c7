#include "consumer/profile/numbers.h"

#include <math.h>
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

#define DISTANCES 256u

static void take_distances(struct numbers *numbers, const int64_t *integers, size_t count)
{
    double distances[DISTANCES];
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        distances[taken++] = (double)((number_int128)integers[i] - numbers->integer_first);
        if (taken == DISTANCES || i + 1 == count) {
            moments_add_block(&numbers->integer_moments, distances, taken);
            taken = 0;
        }
    }
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
    if (numbers->integer_count == 0)
        numbers->integer_first = integers[0];
    take_integer_extremes(numbers, min, max);
    numbers->integer_count += count;
    numbers->integer_sum += sum;
    take_distances(numbers, integers, count);
}

/* Long division: the whole part is an integer, and what is left over less than one. */
double numbers_integer_mean(const struct numbers *numbers)
{
    if (numbers->integer_count == 0)
        return (double)NAN;
    number_int128 count = numbers->integer_count;
    number_int128 whole = numbers->integer_sum / count;
    number_int128 rest = numbers->integer_sum % count;
    return (double)whole + (double)rest / (double)count;
}

/* Of two columns the distances are from two integers, which may be far apart themselves. */
static void merge_distances(struct numbers *into, const struct numbers *from)
{
    struct moments moved = from->integer_moments;
    if (into->integer_count == 0)
        into->integer_first = from->integer_first;
    moments_move(&moved, (double)((number_int128)from->integer_first - into->integer_first));
    moments_merge(&into->integer_moments, &moved);
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
    merge_distances(into, from);
    into->integer_count += from->integer_count;
    into->integer_sum += from->integer_sum;
    moments_merge(&into->moments, &from->moments);
}

/* ---- kept ---- */

static void pack_integers(const struct numbers *numbers, struct text *text)
{
    pack_u64(text, numbers->integer_count);
    pack_u64(text, (uint64_t)numbers->integer_sum);
    pack_i64(text, (int64_t)(numbers->integer_sum >> 64));
    pack_i64(text, numbers->integer_min);
    pack_i64(text, numbers->integer_max);
    pack_i64(text, numbers->integer_first);
    moments_pack(&numbers->integer_moments, text);
}

void numbers_pack(const struct numbers *numbers, struct text *text)
{
    moments_pack(&numbers->moments, text);
    pack_double(text, numbers->min);
    pack_double(text, numbers->max);
    pack_u64(text, numbers->zeros);
    pack_u64(text, numbers->negatives);
    pack_u64(text, numbers->nonfinite);
    pack_integers(numbers, text);
}

/* A sum lies between as many of the least and of the greatest; far from what 128 bits hold. */
static bool is_sum(const struct numbers *numbers)
{
    number_int128 count = numbers->integer_count;
    return numbers->integer_count <= INT64_MAX &&
           numbers->integer_sum >= count * numbers->integer_min &&
           numbers->integer_sum <= count * numbers->integer_max;
}

static void unpack_integers(struct unpacker *packed, struct numbers *numbers)
{
    numbers->integer_count = unpack_u64(packed);
    uint64_t low = unpack_u64(packed);
    numbers->integer_sum = (number_int128)unpack_i64(packed) * ((number_int128)1 << 64) + low;
    numbers->integer_min = unpack_i64(packed);
    numbers->integer_max = unpack_i64(packed);
    numbers->integer_first = unpack_i64(packed);
    moments_unpack(packed, &numbers->integer_moments);
    if (!is_sum(numbers))
        (void)unpack_refuse(packed);
}

void numbers_unpack(struct unpacker *packed, struct numbers *numbers)
{
    *numbers = (struct numbers){.zeros = 0};
    moments_unpack(packed, &numbers->moments);
    numbers->min = unpack_finite(packed);
    numbers->max = unpack_finite(packed);
    numbers->zeros = unpack_u64(packed);
    numbers->negatives = unpack_u64(packed);
    numbers->nonfinite = unpack_u64(packed);
    unpack_integers(packed, numbers);
}
