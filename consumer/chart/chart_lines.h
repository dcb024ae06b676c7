/*
 * chart_lines - numbers over a time, over a sequence or over the rows of the file.
 *
 * Where there are more rows than an envelope has buckets, a bucket is drawn by a line from its
 * first number to its last, and around it a band from its smallest to its largest: the line goes
 * where all of them together would have gone, and no peak is lost.
 *
 * A missing value is a gap: the line ends before it, and begins behind it. What stands alone
 * between two gaps is a point.
 */
#ifndef CONSUMER_CHART_LINES_H
#define CONSUMER_CHART_LINES_H

#include "common/text.h"
#include "consumer/chart/chart_choice.h"
#include "consumer/config/chart_size.h"

/* All columns in one frame, each in a colour of its own. */
void chart_lines_put(struct text *script, const struct profile *profile,
                     const struct chart_choice *choice, const struct chart_size *size);

/* The block $data: what they are drawn over, then a number a column, or three; and $aloneN for each
 * column that has points without a line. */
void chart_lines_put_data(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice);

/* The axis below, with `steps` marks or so. True where marks are long. */
bool chart_lines_put_axis(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice, unsigned steps);

/* Its name as a line of a block; UTC is told where the file has times of another offset. */
void chart_lines_put_axis_name(struct text *script, const struct profile *profile,
                               const struct chart_choice *choice);

/* The upright axis around all numbers of columns `from` to `to` of the choice. */
void chart_lines_put_range(struct text *script, const struct profile *profile,
                           const struct chart_choice *choice, size_t from, size_t to,
                           unsigned steps);

/* Column `index` of the choice, as some items of a plot command. */
void chart_lines_put_item(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice, size_t index, const char *colour);

/* Rows of the file that a point of the line stands for. */
uint64_t chart_lines_stride(const struct profile *profile, const struct chart_choice *choice);

#endif
