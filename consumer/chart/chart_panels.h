/*
 * chart_panels - several small pictures in one: a panel a column, each with its name above it.
 */
#ifndef CONSUMER_CHART_PANELS_H
#define CONSUMER_CHART_PANELS_H

#include "common/text.h"
#include "consumer/chart/chart_choice.h"
#include "consumer/config/chart_size.h"

/* How many of so many have room; the choice is to have no more than these. */
size_t chart_panels_fitting(size_t count, const struct chart_size *size);

/* How often which numbers occur. */
void chart_panels_put_histograms(struct text *script, const struct profile *profile,
                                 const struct chart_choice *choice, const struct chart_size *size);

/* A line a panel, all over the same axis. */
void chart_panels_put_lines(struct text *script, const struct profile *profile,
                            const struct chart_choice *choice, const struct chart_size *size);

#endif
