#include "consumer/profile/envelope.h"

#include <math.h>
#include <stdlib.h>

/* Minima and maxima are taken in so many lanes: in one, each would wait for the one before. */
#define LANES 4u

static const struct envelope_bucket NOTHING = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

void envelope_free(struct envelope *envelope)
{
    free(envelope->buckets);
    *envelope = (struct envelope){.buckets = NULL};
}

/* ---- buckets ---- */

/* Into a bucket of earlier rows. */
static void join(struct envelope_bucket *into, const struct envelope_bucket *from)
{
    if (isnan(from->first))
        return;
    if (isnan(into->first)) {
        *into = *from;
        return;
    }
    into->last = from->last;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

static void halve(struct envelope *envelope)
{
    for (size_t i = 0; i < envelope->count / 2; i++) {
        struct envelope_bucket both = envelope->buckets[2 * i];
        join(&both, &envelope->buckets[2 * i + 1]);
        envelope->buckets[i] = both;
    }
    envelope->count /= 2;
    envelope->rows_a_bucket *= 2;
}

/* A new bucket, the last one being full. */
static bool open_bucket(struct envelope *envelope)
{
    if (envelope->count == ENVELOPE_BUCKETS)
        halve(envelope);
    if (envelope->count == envelope->capacity) {
        size_t capacity = envelope->capacity == 0 ? 64 : envelope->capacity * 2;
        struct envelope_bucket *buckets =
            realloc(envelope->buckets, capacity * sizeof *envelope->buckets);
        if (buckets == NULL)
            return false;
        envelope->buckets = buckets;
        envelope->capacity = capacity;
    }
    envelope->buckets[envelope->count++] = NOTHING;
    return true;
}

/* ---- rows ---- */

/* Of at least one number. */
static struct envelope_bucket summary_of(const double *numbers, size_t count)
{
    double min[LANES];
    double max[LANES];
    size_t at = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        min[lane] = max[lane] = numbers[0];
    for (; at + LANES <= count; at += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double number = numbers[at + lane];
            min[lane] = number < min[lane] ? number : min[lane];
            max[lane] = number > max[lane] ? number : max[lane];
        }
    for (; at < count; at++) {
        min[0] = numbers[at] < min[0] ? numbers[at] : min[0];
        max[0] = numbers[at] > max[0] ? numbers[at] : max[0];
    }
    for (size_t lane = 1; lane < LANES; lane++) {
        min[0] = min[lane] < min[0] ? min[lane] : min[0];
        max[0] = max[lane] > max[0] ? max[lane] : max[0];
    }
    return (struct envelope_bucket){numbers[0], numbers[count - 1], min[0], max[0]};
}

static void take(struct envelope_bucket *bucket, const double *numbers, size_t count, bool finite)
{
    if (finite) {
        const struct envelope_bucket all = summary_of(numbers, count);
        join(bucket, &all);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct envelope_bucket one = {numbers[i], numbers[i], numbers[i], numbers[i]};
        if (isfinite(numbers[i]))
            join(bucket, &one);
    }
}

/* ---- order ---- */

/* All are finite. In one pass without a branch, so that it takes several at a time. */
static void compare(struct envelope *envelope, const double *numbers, size_t count)
{
    unsigned rises = 0;
    unsigned falls = 0;
    unsigned halts = 0;
    for (size_t i = 1; i < count; i++) {
        rises |= numbers[i] > numbers[i - 1] ? 1 : 0;
        falls |= numbers[i] < numbers[i - 1] ? 1 : 0;
        halts |= numbers[i] == numbers[i - 1] ? 1 : 0;
    }
    envelope->rises = envelope->rises || rises != 0;
    envelope->falls = envelope->falls || falls != 0;
    envelope->halts = envelope->halts || halts != 0;
}

static void compare_one(struct envelope *envelope, double number)
{
    const double both[] = {envelope->previous, number};
    if (!isfinite(number)) {
        envelope->halts = true;
        return;
    }
    if (envelope->has_previous)
        compare(envelope, both, 2);
    envelope->previous = number;
    envelope->has_previous = true;
}

/* What rises and falls will never be in order again, and most columns do after a few rows. */
static void take_order(struct envelope *envelope, const double *numbers, size_t count, bool finite)
{
    if (envelope->rises && envelope->falls)
        return;
    size_t compared = finite ? 1 : count;
    for (size_t i = 0; i < compared; i++)
        compare_one(envelope, numbers[i]);
    if (finite) {
        compare(envelope, numbers, count);
        envelope->previous = numbers[count - 1];
    }
}

bool envelope_add(struct envelope *envelope, const double *numbers, size_t count, bool finite)
{
    if (envelope->rows_a_bucket == 0)
        envelope->rows_a_bucket = 1;
    while (count > 0) {
        /* A full one has none of its rows left, and so has each behind a halving. */
        uint64_t filled = envelope->rows % envelope->rows_a_bucket;
        if (filled == 0 && !open_bucket(envelope))
            return false;
        filled = envelope->rows % envelope->rows_a_bucket;
        uint64_t room = envelope->rows_a_bucket - filled;
        size_t taken = count < room ? count : (size_t)room;
        take_order(envelope, numbers, taken, finite);
        take(&envelope->buckets[envelope->count - 1], numbers, taken, finite);
        envelope->rows += taken;
        numbers += taken;
        count -= taken;
    }
    return true;
}

/* ---- asking ---- */

bool envelope_is_ordered(const struct envelope *envelope)
{
    return envelope->rises != envelope->falls;
}

bool envelope_increases(const struct envelope *envelope)
{
    return envelope->rises && !envelope->falls && !envelope->halts;
}
