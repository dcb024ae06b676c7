/*
 * chart_bars - pictures made of bars: a bar a row, and a bar a frequent value.
 */
#ifndef CONSUMER_CHART_BARS_H
#define CONSUMER_CHART_BARS_H

#include "common/text.h"
#include "consumer/chart/chart_choice.h"
#include "consumer/config/chart_size.h"

/*
 * Upright, in the order of the file, from zero on: one whose foot is cut off lies. The place of a
 * row without a number is left empty, with a grey cross in it; a bar of no height is a zero.
 */
void chart_bars_put(struct text *script, const struct profile *profile,
                    const struct chart_choice *choice, const struct chart_size *size);

/* Rows of those that are drawn which have none. */
size_t chart_bars_without_number(const struct profile *profile, const struct chart_choice *choice);

/* Lying, the most frequent on top, so that long values can be read; each with its number. */
void chart_bars_put_counts(struct text *script, const struct profile *profile,
                           const struct chart_choice *choice, const struct chart_size *size);

#endif
