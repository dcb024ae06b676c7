/*
 * image - whether bytes are one whole picture. They come from a child that may have died in the
 * middle of it, or may lie.
 */
#ifndef CONSUMER_IMAGE_H
#define CONSUMER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum image_kind { IMAGE_PNG, IMAGE_SVG };

/*
 * True when the bytes are one image and nothing behind: each chunk of a PNG with its CRC, or an
 * SVG from its declaration to its last tag. What it shows is not looked at.
 */
bool image_is_whole(enum image_kind kind, const char *bytes, size_t length);

#endif
