/*
 * page_glyph - numbers as small pictures in a line of text: SVG elements without a number on them.
 *
 * After Tufte's sparklines and small multiples ("Beautiful Evidence", 2006): what stands below one
 * another has one scale, and no axis or frame takes the place of data. They fill whatever box the
 * style sheet gives to their class; lines keep their width.
 */
#ifndef CONSUMER_PAGE_GLYPH_H
#define CONSUMER_PAGE_GLYPH_H

#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* Of 5, 25, 50, 75 and 95 %, in this order; NaN where there are no numbers. */
enum { PAGE_P05, PAGE_P25, PAGE_P50, PAGE_P75, PAGE_P95 };
#define PAGE_QUANTILES 5

struct page_scale {
    double low; /* both are finite; low > high is a scale of nothing yet */
    double high;
};

#define PAGE_SCALE_EMPTY ((struct page_scale){.low = 1, .high = -1})

/* Widens the scale to what of these is finite. */
void page_scale_take(struct page_scale *scale, const double *numbers, size_t count);

/* Where a number stands on it, from 0 to 1; the middle when all of it is one number. */
double page_scale_at(const struct page_scale *scale, double number);

/* Bars of one width, `marked` (0 to 1 from left to right, or NaN) a line among them. No bar of
 * something is as low as one of nothing. */
void page_glyph_histogram(struct text *html, const uint64_t *counts, size_t bins, double marked);

/* 5 % to 95 % as a line, the middle half as a box, the median as a stroke in it. */
void page_glyph_range(struct text *html, const double quantiles[PAGE_QUANTILES],
                      const struct page_scale *scale);

/* The median of one batch after the other, in a band from 5 % to 95 %, with a dot at the newest.
 * A batch without any (NaN) is a gap, and one between two gaps has a width. */
void page_glyph_course(struct text *html, const double (*batches)[PAGE_QUANTILES], size_t count,
                       const struct page_scale *scale);

/* A bar as long as part is in whole. */
void page_glyph_bar(struct text *html, uint64_t part, uint64_t whole);

#endif
