/*
 * trend_chart - the trend as gnuplot commands: a panel for each numeric column, above one another
 * and over the same batches, so that what happened to several at once is seen (small multiples,
 * Tufte 1990).
 *
 * Of each batch a panel has the median, inside the band from 25 to 75 % of its values, inside that
 * from 5 to 95 %, as SmokePing draws the spread of a round trip. A batch is as wide as every other
 * one. Where a batch has no value in the column there is a gap, and at the foot a red mark
 * where one was rejected. What is narrower than a pixel or two is drawn together with its
 * neighbours, by the same means as in the archive.
 */
#ifndef CONSUMER_TREND_CHART_H
#define CONSUMER_TREND_CHART_H

#include "common/text.h"
#include "consumer/chart/chart_terminal.h"
#include "consumer/stream/trend.h"

#define TREND_CHART_PANELS_MAX 6u
/* Columns that one of so many batches had come before those that none had. */
#define TREND_CHART_RECENT 32u

/* Steps along a panel, at most. */
#define TREND_CHART_STEPS_MAX 400u

/* Appends the commands of the picture; see text_failed(). */
void trend_chart_write(struct text *script, const struct chart_format *format,
                       const struct trend *trend);

#endif
