/*
 * column - one column's running state, in bounded memory however long the column gets.
 *
 *     struct column *column = column_create(name, length, columns);
 *     column_add(column, cells, count, scratch);       for each block of rows
 *     column_finish(column, &result);                          see column_finish
 *     column_free(column);
 *
 * Types are decided by all cells, not by a sample: the column's is the narrowest that all its cells
 * can be read as (see value). Until the end each cell counts as the text that it is, and while all
 * so far are numbers, or dates, as that as well; so a type that turns out to be wider at whatever
 * row takes nothing back.
 *
 * While its different texts fit (COLUMN_VALUES of them, and fewer where there are very many
 * columns) they are all kept, and everything is exact (tally). Then their place is taken by
 * sketches: cardinality, quantiles, extent, and a tally of the most frequent ones. Count, extremes
 * and lengths are exact in either case, sum, mean, deviation and skewness to rounding.
 *
 * Statistics are over the values that are there; those of a numeric column over the finite ones.
 */
#ifndef CONSUMER_COLUMN_H
#define CONSUMER_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/csv_reader.h"
#include "common/value.h"
#include "consumer/profile/missing.h"
#include "consumer/profile/tally.h"

/* Different values that are kept, where columns are not so many that they share COLUMN_BYTES. */
#define COLUMN_VALUES 65536u
/* What the values of all columns together may take. */
#define COLUMN_BYTES (400u << 20)

/* Cells that one column_add takes in at most. */
#define COLUMN_BLOCK 1024u

struct column;

/* Room to work in, for one call at a time, and what all columns are told. NULL when memory is
 * short. */
struct column_scratch;
struct column_scratch *column_scratch_create(const struct missing *missing);
void column_scratch_free(struct column_scratch *scratch);

/* `columns` is how many there are. NULL when memory is short. */
struct column *column_create(const char *name, size_t length, size_t columns);

/* As column_create, of as many different values as there is room for. */
struct column *column_create_in(const char *name, size_t length, const struct tally_room *room);
void column_free(struct column *column);

/* Takes in cells of a block of rows. False when memory is short: the column is not to be used then.
 */
bool column_add(struct column *column, const struct csv_cell *cells, size_t count,
                struct column_scratch *scratch);

/*
 * What the column_add before has read the cells as, those with a value, in their order: numbers
 * or moments while the column may be of these, else NULL. Valid until the next column_add.
 */
struct column_values {
    const double *numbers;
    const struct value *moments;
    size_t count;
    bool finite; /* all numbers are, for sure */
};
struct column_values column_added(const struct column *column,
                                  const struct column_scratch *scratch);

/* Afterwards `into` is of the cells of both, its own first: for totals over batches. As column_add.
 */
bool column_merge(struct column *into, const struct column *from);

#endif
