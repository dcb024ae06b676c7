/*
 * chart_text - what gets into gnuplot's commands of a picture from outside: names, labels, numbers.
 *
 *     chart_text_open(script, "names");
 *     chart_text_put_line(script, name, length, CHART_TEXT_NAME);
 *     chart_text_close(script);
 *     text_put(script, "set ylabel " CHART_TEXT_LINE("names", "1") "\n");
 *
 * The commands themselves are fixed texts. Somebody else's text goes into a data block, each line
 * behind a '=' so that none can end the block, and gnuplot reads it from there as a plain string,
 * with enhanced text off. What cannot be seen becomes a space, control characters
 * and what turns the direction of writing with it, and damaged bytes U+FFFD. Numbers are
 * printed by us. So there is nothing that a cell could hold that gnuplot would execute.
 *
 * Text is cut by its width, so that it stays where there is room for it: the advances of DejaVu
 * Sans for ASCII, and for other characters what is usual for their script. A width is in
 * hundredths of the font's size: at 15 pixels, 100 of them are 15 pixels.
 */
#ifndef CONSUMER_CHART_TEXT_H
#define CONSUMER_CHART_TEXT_H

#include <stddef.h>

#include "common/text.h"

/* Widths that texts are cut to. */
#define CHART_TEXT_LABEL 1500u /* beside an axis: some 24 letters */
#define CHART_TEXT_NAME 3200u  /* below an axis: some 50 letters */

/* How wide it is, all of it. */
size_t chart_text_width(const char *bytes, size_t length);

/* Appends one line of text, at most so wide; an ellipsis stands where it was cut. */
void chart_text_put(struct text *script, const char *bytes, size_t length, size_t width);

/* A data block, $NAME: lines of text or rows of numbers between the two. */
void chart_text_open(struct text *script, const char *name);
void chart_text_close(struct text *script);

/* A whole line of a block of texts. */
void chart_text_put_line(struct text *script, const char *bytes, size_t length, size_t width);

/* A line of a block as a string in a command, without the '=' in front; `line` may be a name. */
#define CHART_TEXT_LINE(block, line) "substr($" block "[" line "], 2, strlen($" block "[" line "]))"

/* A number that gnuplot reads back to the last bit; where it is not finite NaN, which ends a line
 * and has no bar. */
void chart_text_put_number(struct text *script, double number);

#endif
