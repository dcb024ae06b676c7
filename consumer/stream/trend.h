/*
 * trend - how the numbers of batches went over the stream, in bounded memory however long it gets:
 * five quantiles of each numeric column, for each batch by itself or for some in a row.
 *
 *     struct trend *trend = trend_create();
 *     trend_add(trend, account);                    for each decided batch, in that order
 *     for (i = 0; i < trend_place_count(trend); i++) ... trend_place(trend, i) ...
 *     trend_free(trend);
 *
 * An archive as Oetiker's RRDtool keeps it (Oetiker 1998, LISA XII), of which SmokePing draws
 * percentiles over time: each level has a fixed number of places, and when the newest is full its
 * four oldest places become one of the next level. So the newest TREND_NEWEST batches at least
 * stand by themselves, those before in fours, then in sixteens, and so on: TREND_PLACES places of
 * each, at least. Places of one level are of the same width, and the first batch of all begins one,
 * so what a place is of depends on its number alone and not on when anything was drawn. A hundred
 * million batches take 11 levels, 700 KiB in memory, and 120 KiB packed for two columns.
 *
 * Of four places each quantile becomes the mean of theirs, weighted by how many values they are of.
 * That is no quantile of all these values, but what the batches' quantiles were on average, which
 * is what a trend is of.
 *
 * Columns are known by their names; of several of a name, by which of them they are.
 * TREND_COLUMNS_MAX are kept that had numbers. One more takes the place of the one that was missed
 * for longest, if that was for TREND_FORGOTTEN batches at the least; what was kept of it is gone
 * then.
 */
#ifndef CONSUMER_TREND_H
#define CONSUMER_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/page/account.h"

#define TREND_COLUMNS_MAX 12
#define TREND_FORGOTTEN 64
#define TREND_NEWEST 256
#define TREND_PLACES 96

/* Of one column. */
struct trend_figure {
    uint64_t count; /* of values; 0: there were none, and no quantiles either */
    double quantiles[ACCOUNT_QUANTILES];
};

/* Batches in a row. */
struct trend_place {
    uint64_t first;    /* number of the first, from 1, in the order of decision */
    uint64_t batches;  /* so many, */
    uint64_t rejected; /* of which so many were rejected */
    struct trend_figure figures[TREND_COLUMNS_MAX];
};

struct trend;

/* NULL when memory is short. */
struct trend *trend_create(void);
void trend_free(struct trend *trend);

/*
 * Takes in a decision. A rejected batch is a gap, and stays one when it was mended and comes again;
 * a `changed` record decides nothing and adds nothing. False when memory is short: then the trend
 * lacks this batch and nothing else.
 */
bool trend_add(struct trend *trend, const struct account *account);

/* Batches that were decided, and those of them that were rejected. */
uint64_t trend_batches(const struct trend *trend);
uint64_t trend_rejected(const struct trend *trend);

size_t trend_column_count(const struct trend *trend);

/* How many batches it was missed, at the least: 0 of one that the newest has. */
uint64_t trend_column_age(const struct trend *trend, size_t column);
const char *trend_column_name(const struct trend *trend, size_t column);

/* Numeric columns of one batch that found no room, at most. */
size_t trend_columns_left_out(const struct trend *trend);

/* Oldest first, without a hole between them. Valid until the trend changes. */
size_t trend_place_count(const struct trend *trend);
const struct trend_place *trend_place(const struct trend *trend, size_t i);

/* Makes `into`, which ends where `next` begins, a place of both. */
void trend_join(struct trend_place *into, const struct trend_place *next);

/* As totals_pack and totals_unpack. */
void trend_pack(const struct trend *trend, struct text *file);
struct trend *trend_unpack(const char *bytes, size_t length);

#endif
