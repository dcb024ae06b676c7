/*
 * walk - a random walk that goes on from batch to batch and keeps no state between them.
 *
 *     walk_begin(&walk, &place, random, start, sd);
 *     while (!walk_look_ahead(&walk, 10000))
 *         ...                                         somewhere to ask whether to go on
 *     value = walk_next(&walk);                       for each row
 *
 * The level that batch N begins at is a Brownian motion at N - 1, which is a function of seed and N
 * alone: each whole number has one normal of its own, those of the powers of two are steps from
 * one to the next, and all others lie between their neighbours as Lévy's midpoints do (Lévy 1948;
 * Karatzas and Shreve, "Brownian Motion and Stochastic Calculus", 1991, 2.3). So a level costs as
 * many draws as its number has bits. In between the rows walk with normal steps, bent so that they
 * end where the next batch begins (a Brownian bridge): the walk has no seams, and each step the
 * standard deviation it should have, in the mean of all batches where they differ in length.
 */
#ifndef PRODUCER_WALK_H
#define PRODUCER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "producer/random.h"

/* Which walk it is, and where on it a batch lies. */
struct walk_place {
    uint64_t seed;
    uint64_t branch; /* of the seed: the same for each batch, another for each walk */
    uint64_t batch;  /* from 1 */
    uint64_t rows;   /* of this batch */
    double rows_mean;
};

struct walk {
    struct random_state random;
    double sd;
    double level; /* of the row that comes next, but for the bend */
    double bend;  /* from row to row, so that the end is reached */
    uint64_t row;
    /* Until it was looked ahead to the end: */
    struct random_state ahead;
    uint64_t rows; /* that are still to be looked at, */
    uint64_t of;   /* of all so many */
    double end;    /* where the steps so far lead to; in the end, */
    double aim;    /* and where they should */
};

/* A Brownian motion at a whole number: 0 at 0, and normal steps of standard deviation 1. */
double walk_motion(uint64_t seed, uint64_t branch, uint64_t at);

/* The steps are drawn from a copy of `random`. */
void walk_begin(struct walk *walk, const struct walk_place *place,
                const struct random_state *random, double start, double sd);

/* Draws at most so many steps to find out where they lead to, which bends the walk. True when all
 * have been. */
bool walk_look_ahead(struct walk *walk, uint64_t at_most);

double walk_next(struct walk *walk);

#endif
