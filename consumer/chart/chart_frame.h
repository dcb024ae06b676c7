/*
 * chart_frame - what all pictures have in common: their size, colours, title and axes.
 *
 *     chart_frame_put(script);
 *     chart_frame_put_title(script, &size, "Batch 7", "40 rows");
 *     chart_frame_round(&low, &high, 6);
 *     chart_frame_put_axis(script, CHART_AXIS_Y, low, high, 6);
 *     ... a plot in CHART_COLOURS[0] ...
 *
 * Positions are in pixels of a picture of density 1, which has its origin at the upper left.
 */
#ifndef CONSUMER_CHART_FRAME_H
#define CONSUMER_CHART_FRAME_H

#include "common/text.h"
#include "consumer/config/chart_size.h"

/* Colours that the colour-blind can tell apart (Okabe and Ito 2008); the first is for one series.
 */
#define CHART_COLOURS_COUNT 6u
extern const char *const CHART_COLOURS[CHART_COLOURS_COUNT];
#define CHART_COLOUR_TEXT "#444444"
#define CHART_COLOUR_FAINT "#666666"
#define CHART_COLOUR_GRID "#dddddd"
#define CHART_COLOUR_NONE "#999999" /* where there is no data */

/* Pixels of the font that the terminals are given, and a smaller one where room is short. */
#define CHART_FONT_PX 15u
#define CHART_FONT_SMALL "',9'"
#define CHART_FONT_BOLD(points) "bold.'," points "'" /* see chart_terminal_put_preamble */

/* Forgets the picture before, and sets axes, grid and colours. */
void chart_frame_put(struct text *script);

/*
 * The title in bold, and below it what there is to say about it; both are plain text of ours or
 * somebody else's, cut to the picture's width.
 */
void chart_frame_put_title(struct text *script, const struct chart_size *size, const char *title,
                           const char *below);
/* Where the plot may begin below them. */
#define CHART_TITLE_PX 70u

/*
 * Moves both outwards to whole steps of about so many: 1, 2 or 5 times a power of ten. Two equal
 * ones are moved apart.
 */
void chart_frame_round(double *low, double *high, unsigned steps);

/*
 * An axis from one to the other, with a mark at each whole step between them, and two at least;
 * "1.5M" is 1500000. Where numbers are large and steps small the first mark is the whole number,
 * and the others say what they are more: "1767225600", "+20", "+40". Ends that are too near to each
 * other for doubles to have steps between them are moved apart. Does nothing from 1e300 on.
 */
enum chart_axis { CHART_AXIS_X, CHART_AXIS_Y };
void chart_frame_put_axis(struct text *script, enum chart_axis axis, double low, double high,
                          unsigned steps);

/* Of an axis, at the least, as a share of the largest number on it, so that doubles have steps. */
#define CHART_LEAST_SPAN 4e-15

/* An axis of rows that are counted: from 0 to `most` or more, by whole numbers. */
void chart_frame_put_counts(struct text *script, enum chart_axis axis, double most, unsigned steps);

#endif
