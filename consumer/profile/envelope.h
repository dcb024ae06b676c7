/*
 * envelope - the course of a column's numbers over the rows, in bounded memory and without losing
 * a peak: rows that follow one another fall into buckets of equal size, of each of which the
 * first, the last, the smallest and the largest number are kept. That is what a line through all
 * of them leaves of itself in a column of pixels (M4: Jugel, Jerzak, Hackenbroich and Markl 2014,
 * "M4: a visualization-oriented time series data aggregation", PVLDB 7(10)).
 *
 *     struct envelope envelope = {0};
 *     envelope_add(&envelope, numbers, count, true);          ... and so on
 *     envelope_free(&envelope);
 *
 * A bucket is of one row at first. Each time that there would be more than ENVELOPE_BUCKETS of
 * them, every two become one; so what is kept depends on the numbers alone, and not on the blocks
 * in which they came.
 */
#ifndef CONSUMER_ENVELOPE_H
#define CONSUMER_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as a picture has columns of pixels, about. Even. */
#define ENVELOPE_BUCKETS 1024u

/* Of the numbers of some rows; all are NaN where there is none. */
struct envelope_bucket {
    double first, last, min, max;
};

/* All zero is the state before the first row. */
struct envelope {
    struct envelope_bucket *buckets; /* of rows_a_bucket rows each, the last of some of them */
    size_t count;
    size_t capacity;
    uint64_t rows_a_bucket; /* 0 before the first row */
    uint64_t rows;
    double previous;          /* the last number, */
    bool has_previous;        /* when there was one */
    bool rises, falls, halts; /* somewhere, from a number to the next; missing ones halt as well */
};

/* It is empty then, and may be used again. */
void envelope_free(struct envelope *envelope);

/*
 * Takes in a number a row; what is not finite is none. `finite` says that all are, which is
 * cheaper. False when memory is short.
 */
bool envelope_add(struct envelope *envelope, const double *numbers, size_t count, bool finite);

/* Whether numbers only rise, or only fall, from row to row, and not all are the same: an axis to
 * draw over. */
bool envelope_is_ordered(const struct envelope *envelope);

/* Whether each number is larger than the one before, and none is missing. */
bool envelope_increases(const struct envelope *envelope);

#endif
