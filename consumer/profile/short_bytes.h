/*
 * short_bytes - copying and comparing texts of which most have few bytes, as cells have: by a first
 * and a last word that overlap, where memcpy(3) and memcmp(3) of a length that no compiler knows
 * would each cost a call. Nothing outside [bytes, bytes + length) is touched.
 */
#ifndef CONSUMER_SHORT_BYTES_H
#define CONSUMER_SHORT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t short_bytes_word(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, 8);
    return word;
}

static inline uint32_t short_bytes_half(const char *bytes)
{
    uint32_t half = 0;
    memcpy(&half, bytes, 4);
    return half;
}

/* Of 4 to 32 bytes. */
static inline bool short_bytes_equal_words(const char *a, const char *b, size_t length)
{
    if (length < 8)
        return short_bytes_half(a) == short_bytes_half(b) &&
               short_bytes_half(a + length - 4) == short_bytes_half(b + length - 4);
    if (short_bytes_word(a) != short_bytes_word(b) ||
        short_bytes_word(a + length - 8) != short_bytes_word(b + length - 8))
        return false;
    return length <= 16 || (short_bytes_word(a + 8) == short_bytes_word(b + 8) &&
                            short_bytes_word(a + length - 16) == short_bytes_word(b + length - 16));
}

/* Whether `length` bytes are the same. */
static inline bool short_bytes_equal(const char *a, const char *b, size_t length)
{
    if (length >= 4 && length <= 32)
        return short_bytes_equal_words(a, b, length);
    return length == 0 || memcmp(a, b, length) == 0;
}

/* Copies `length` bytes between places that do not overlap. */
static inline void short_bytes_copy(char *to, const char *from, size_t length)
{
    if (length > 32 || length < 4) {
        if (length > 0)
            memcpy(to, from, length);
    } else if (length > 16) {
        memcpy(to, from, 16);
        memcpy(to + length - 16, from + length - 16, 16);
    } else if (length >= 8) {
        memcpy(to, from, 8);
        memcpy(to + length - 8, from + length - 8, 8);
    } else {
        memcpy(to, from, 4);
        memcpy(to + length - 4, from + length - 4, 4);
    }
}

#endif
