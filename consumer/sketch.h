/*
 * sketch - what a column's statistics are read off: which values there are and
 * how often (tally), and how numbers are spread (quantiles).
 *
 * Both are exact and hold what they are given; each says so itself
 * (sketch_tally_is_exact, sketch_quantiles_rank_error), so that a caller
 * reports the error of what it reads without knowing how it was made.
 */
#ifndef CONSUMER_SKETCH_H
#define CONSUMER_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- tally: distinct values and their counts ---- */

struct sketch_tally;

struct sketch_entry {
    const char *bytes; /* owned by the tally; valid until the next add */
    size_t length;
    uint64_t count;
};

struct sketch_tally *sketch_tally_create(void);
void sketch_tally_free(struct sketch_tally *tally);

/* Counts one occurrence. False when memory is short: the tally is as before. */
bool sketch_tally_add(struct sketch_tally *tally, const char *bytes, size_t length);

size_t sketch_tally_distinct(const struct sketch_tally *tally);
bool sketch_tally_is_exact(const struct sketch_tally *tally);

/* All entries, in the order in which their values first came. */
const struct sketch_entry *sketch_tally_entries(const struct sketch_tally *tally, size_t *count);

/* ---- quantiles: order statistics of finite numbers ---- */

struct sketch_quantiles;

struct sketch_quantiles *sketch_quantiles_create(void);
void sketch_quantiles_free(struct sketch_quantiles *quantiles);

/* False when memory is short: the sketch is as before. */
bool sketch_quantiles_add(struct sketch_quantiles *quantiles, double number);

/*
 * To be called before the questions below, after the last add. False when memory is short
 * or SIGTERM has come.
 */
bool sketch_quantiles_settle(struct sketch_quantiles *quantiles);

/*
 * The quantile p in [0, 1] by linear interpolation between order statistics:
 * R's type 7 (Hyndman and Fan 1996, definition 7). NaN when there are no numbers.
 */
double sketch_quantiles_at(const struct sketch_quantiles *quantiles, double p);

/* Largest possible error of a quantile's rank, as a share of all numbers; 0 is exact. */
double sketch_quantiles_rank_error(const struct sketch_quantiles *quantiles);

/*
 * Counts the numbers in `bins` intervals between edges[0] and edges[bins]: each
 * holds its lower edge and not its upper one, but for the last, which holds both.
 */
void sketch_quantiles_histogram(const struct sketch_quantiles *quantiles, const double *edges,
                                size_t bins, uint64_t *counts);

#endif
