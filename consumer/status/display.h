/*
 * display - somebody else's text on a terminal: what it may hold, and how wide it is.
 *
 *     size_t cells = display_append(&line, cell.bytes, cell.length, 24);
 *     display_pad(&line, 24 - cells);
 *
 * A cell of a terminal holds one character; those of Chinese, Japanese and Korean and most emoji
 * take two, accents that join the letter before them none (Unicode Standard Annex 11, as the
 * C library's table for UTF-8 has it, whatever the locale). Nothing that moves the cursor, changes
 * colours, turns the direction of writing or cannot be seen at all gets through: a line feed
 * shows as \n, an escape as \x1b, a zero width space as \u200b, a byte that is not UTF-8 as \xff.
 */
#ifndef CONSUMER_DISPLAY_H
#define CONSUMER_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

/* No limit, or no terminal. */
#define DISPLAY_ENDLESS SIZE_MAX

/*
 * Appends what can be shown of `bytes` in `limit` cells, the last of which is an ellipsis where
 * it is not all. Returns the cells that it takes.
 */
size_t display_append(struct text *text, const char *bytes, size_t length, size_t limit);

/* Whether a character, of valid UTF-8, cannot be seen, or turns what stands beside it. */
bool display_is_invisible(const char *bytes, size_t length);

/* The cells that all of it takes. */
size_t display_width(const char *bytes, size_t length);

void display_pad(struct text *text, size_t cells);

/* Cells of a line of the terminal that `fd` is; DISPLAY_ENDLESS where it is none. */
size_t display_terminal_width(int fd);

#endif
