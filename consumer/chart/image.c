#include "consumer/chart/image.h"

#include <stdint.h>
#include <string.h>

#include "common/digest.h"

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* PNG (ISO/IEC 15948): signature, then chunks of length, type, data and CRC, IHDR to IEND. */
static bool png_is_whole(const char *bytes, size_t length)
{
    static const char signature[] = "\x89PNG\r\n\x1a\n";
    size_t at = sizeof signature - 1;
    bool has_pixels = false;
    if (length < at || memcmp(bytes, signature, at) != 0)
        return false;
    while (length - at >= 12) {
        size_t data = big_endian(bytes + at);
        if (data > length - at - 12)
            return false;
        const char *type = bytes + at + 4;
        if (digest_crc32(type, data + 4) != big_endian(type + 4 + data))
            return false;
        if (at == sizeof signature - 1 && memcmp(type, "IHDR", 4) != 0)
            return false;
        at += data + 12;
        has_pixels = has_pixels || memcmp(type, "IDAT", 4) == 0;
        if (memcmp(type, "IEND", 4) == 0)
            return has_pixels && at == length;
    }
    return false;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\r' || character == '\n' || character == '\t';
}

static bool svg_is_whole(const char *bytes, size_t length)
{
    static const char ending[] = "</svg>";
    while (length > 0 && is_space(bytes[length - 1]))
        length--;
    size_t tail = sizeof ending - 1;
    return length > 64 && memcmp(bytes, "<?xml", 5) == 0 &&
           memcmp(bytes + length - tail, ending, tail) == 0;
}

bool image_is_whole(enum image_kind kind, const char *bytes, size_t length)
{
    return kind == IMAGE_PNG ? png_is_whole(bytes, length) : svg_is_whole(bytes, length);
}
