/*
 * glyphs - which characters the fonts of this machine can draw. The one door to fontconfig.
 *
 * A character that no font has becomes a box of hexadecimal digits in pango, and in a PNG of
 * gnuplot, which draws on an enlarged canvas, one of twenty times the size: over the whole chart.
 * In an SVG it is up to whoever looks at it.
 */
#ifndef CONSUMER_GLYPHS_H
#define CONSUMER_GLYPHS_H

#include "common/text.h"

/*
 * Replaces in UTF-8 text each character that no font has by U+FFFD, and by '?' where no font has
 * that either; see text_failed(). The fonts are listed once, by glyphs_prepare() or
 * when the first text is met that is not ASCII.
 */
void glyphs_replace_missing(struct text *text);

/*
 * Finds out what the fonts have, some 20 ms. To be called at the start, while there is memory:
 * fontconfig does not survive the lack of it.
 */
void glyphs_prepare(void);

/* Gives back what was listed; it is listed anew when it is needed again. */
void glyphs_forget(void);

#endif
