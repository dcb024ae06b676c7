/*
 * chart_terminal - which of gnuplot's terminals draws a picture.
 *
 * An SVG is one terminal's. A PNG is drawn by cairo, or by gd in two thirds of the time: on a
 * palette, which is all that straight edges and Latin letters need. What gd does not do well is
 * cairo's: lines that slant (gd's have steps), scripts that are shaped or run from the right (gd
 * puts the letters one behind the other), characters of another font than DejaVu Sans, and an
 * ampersand (gd would take "&lt;" for "<").
 */
#ifndef CONSUMER_CHART_TERMINAL_H
#define CONSUMER_CHART_TERMINAL_H

#include <stdbool.h>

#include "common/text.h"
#include "consumer/config/chart_size.h"

struct chart_format {
    bool svg; /* else PNG */
    struct chart_size size;
};

/*
 * Appends what comes before every picture: encoding, what is bold, and the terminal that needs the
 * longest to get ready.
 */
void chart_terminal_put_preamble(struct text *script, const struct chart_format *format);

/* Appends the terminal for these commands, which draw nothing but upright rectangles or not. */
void chart_terminal_put(struct text *script, const struct chart_format *format,
                        const struct text *commands, bool upright);

#endif
