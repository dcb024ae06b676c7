/*
 * chart_size - how large a picture is, and how dense: 1000x600, 1000x600@2.
 */
#ifndef CONSUMER_CHART_SIZE_H
#define CONSUMER_CHART_SIZE_H

#include <stdbool.h>

/*
 * Pixels of the picture's layout, and how many real ones stand for each of them in either
 * direction: 1000x600@2 is drawn on 2000x1200 and looks like 1000x600 on a screen of twice the
 * density.
 */
struct chart_size {
    unsigned width, height;
    unsigned density;
};

#define CHART_SIZE_DEFAULT "1000x600"
#define CHART_SIZE_WIDTH_MIN 400u
#define CHART_SIZE_WIDTH_MAX 4000u
#define CHART_SIZE_HEIGHT_MIN 300u
#define CHART_SIZE_HEIGHT_MAX 3000u
#define CHART_SIZE_DENSITY_MAX 3u
/* Real ones: gnuplot takes 4 bytes and some tenths of a microsecond for each. */
#define CHART_SIZE_PIXELS_MAX 25000000u

/* Reads WIDTHxHEIGHT or WIDTHxHEIGHT@DENSITY; false where it is none, or out of bounds. */
bool chart_size_read(const char *words, struct chart_size *size);

/* Of the picture as it is drawn. */
unsigned long chart_size_pixels(const struct chart_size *size);

#endif
