/*
 * quantiles - how numbers are spread, from one look at each, in some 100 KiB.
 *
 *     struct quantiles *quantiles = quantiles_create(QUANTILES_CAPACITY);
 *     quantiles_add(quantiles, numbers, count);
 *     struct distribution spread;
 *     quantiles_spread(quantiles, &spread);
 *     ... distribution_quantile(&spread, 0.5) ...
 *     free(spread.points);
 *
 * A hierarchy of compactors (Karnin, Lang and Liberty 2016; after Manku, Rajagopalan and Lindsay
 * 1999): a number on level h stands for 2^h of them; a level that is full is sorted and hands
 * every second number up, beginning with the first or the second by the fall of a coin and, the
 * next time, by its opposite. When all levels are in use the lowest goes, and of each 2, 4, 8 ...
 * numbers that come one is taken in, chosen at random. The coin is a generator with a fixed seed:
 * the same numbers in the same order give the same answers.
 *
 * With c numbers a level the standard deviation of a rank is below 1 / c of all numbers by the
 * compactors, and below 1 / (2 sqrt(256 c)) by the choice: of 1,024 together 0.14 % at the worst,
 * so that the error that is stated is three and a half of them.
 */
#ifndef CONSUMER_QUANTILES_H
#define CONSUMER_QUANTILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/profile/distribution.h"
#include "consumer/profile/pack.h"

/* Numbers a level holds: even, and the same for sketches that are merged. */
#define QUANTILES_CAPACITY 1024u

/* The error of a quantile's rank that is stated, as a share of all numbers. */
#define QUANTILES_RANK_ERROR 0.005

struct quantiles;

/* NULL when memory is short. */
struct quantiles *quantiles_create(size_t capacity);
void quantiles_free(struct quantiles *quantiles);

/* Takes in finite numbers. False when memory is short: the sketch is not to be used any more. */
bool quantiles_add(struct quantiles *quantiles, const double *numbers, size_t count);

/* Takes in one number that came `weight` times. As quantiles_add. */
bool quantiles_add_weighted(struct quantiles *quantiles, double number, uint64_t weight);

/* Afterwards `into` stands for what both took in. As quantiles_add. */
bool quantiles_merge(struct quantiles *into, const struct quantiles *from);

/* False when memory is short. The points are to be freed. */
bool quantiles_spread(const struct quantiles *quantiles, struct distribution *spread);

/* What it takes in memory. */
size_t quantiles_bytes(const struct quantiles *quantiles);

/* How many numbers it stands for. */
uint64_t quantiles_weight(const struct quantiles *quantiles);

/*
 * What was packed comes back as it was: it goes on with the same coin. The capacity must be the
 * same. NULL when the bytes are none, which unpack_failed() says, or memory is short.
 */
void quantiles_pack(const struct quantiles *quantiles, struct text *text);
struct quantiles *quantiles_unpack(struct unpacker *packed, size_t capacity);

#endif
