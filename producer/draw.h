/*
 * draw - the cells of one column in one batch, from the first row to the last.
 *
 *     draw_begin(&draw, column, index, &batch, random);
 *     while (!draw_look_ahead(&draw, 10000))     a walk has to know where it leads to
 *     at = draw_cell(&draw, at);                 for each row
 *
 * Pure: seed, batch and row decide each cell. Each column draws from streams of its own, values
 * from one and what is missing or lies far out from another: so a rate changes no other cell, and
 * a column that is added behind the others changes none of theirs. (The first column that draws at
 * all goes on in the stream that the number of rows was drawn from.)
 *
 * A cell that cannot need quotes is written where it stands. All others go through `publish`.
 */
#ifndef PRODUCER_DRAW_H
#define PRODUCER_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "producer/moment.h"
#include "producer/random.h"
#include "producer/schema.h"
#include "producer/walk.h"

/* More than any cell takes, in quotes too, and what is overwritten behind it. */
#define DRAW_CELL_SIZE 640

/* What the columns of a batch have in common. */
struct draw_batch {
    uint64_t seed;
    uint64_t number;
    uint64_t rows;
    uint64_t rows_low; /* bounds of the rows that any batch has */
    uint64_t rows_high;
    int64_t start_ms; /* since 1970 */
    size_t columns;
};

struct draw {
    const struct schema_column *column;
    char *(*write)(struct draw *draw, char *at);
    uint64_t row;
    uint64_t place; /* row 0 of this batch among the rows of all, were each as long as it may be */
    bool modified;  /* cells are missing or lie far out, */
    bool outlying;  /* and this one does */
    bool plain;     /* no cell can need quotes, */
    bool alone;     /* but an empty one that is the whole row */
    bool failed;    /* memory was short */
    size_t prefix_length;
    struct random_state random;
    struct random_state modifiers;
    double level;  /* DISTRIBUTION_STEP, */
    uint64_t seed; /* and whence it is drawn */
    uint64_t branch;
    int64_t low;     /* DISTRIBUTION_UNIFORM, in units of the last decimal */
    uint64_t last;   /* from low, included */
    int64_t next_ms; /* DISTRIBUTION_TIME, without jitter */
    struct walk walk;
    struct moment_writer moment;
};

/* `index` is the column's in the schema. `random` is drawn from when it is not NULL. */
void draw_begin(struct draw *draw, const struct schema_column *column, size_t index,
                const struct draw_batch *batch, const struct random_state *random);

/* Looks at no more than so many rows that are to come; true when nothing is left to look at. */
bool draw_look_ahead(struct draw *draw, uint64_t at_most);

/*
 * Writes the next cell and returns its end; up to DRAW_CELL_SIZE bytes from `at` on may be
 * overwritten. When memory is short, draw->failed is set.
 */
char *draw_cell(struct draw *draw, char *at);

#endif
