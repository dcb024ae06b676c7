#include "consumer/config/chart_size.h"

#include <stdint.h>
#include <string.h>

#include "common/number.h"

static bool read_side(const char *words, size_t length, uint64_t minimum, uint64_t maximum,
                      unsigned *side)
{
    uint64_t pixels = 0;
    bool good = number_parse_u64(words, length, &pixels) && pixels >= minimum && pixels <= maximum;
    *side = good ? (unsigned)pixels : 0;
    return good;
}

bool chart_size_read(const char *words, struct chart_size *size)
{
    size_t width = strcspn(words, "x");
    const char *height = words + width + (words[width] == 'x' ? 1 : 0);
    size_t length = strcspn(height, "@");
    const char *density = height[length] == '@' ? height + length + 1 : "1";
    return read_side(words, width, CHART_SIZE_WIDTH_MIN, CHART_SIZE_WIDTH_MAX, &size->width) &&
           read_side(height, length, CHART_SIZE_HEIGHT_MIN, CHART_SIZE_HEIGHT_MAX, &size->height) &&
           read_side(density, strlen(density), 1, CHART_SIZE_DENSITY_MAX, &size->density) &&
           chart_size_pixels(size) <= CHART_SIZE_PIXELS_MAX;
}

unsigned long chart_size_pixels(const struct chart_size *size)
{
    return (unsigned long)size->width * size->height * size->density * size->density;
}
