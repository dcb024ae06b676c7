/*
 * hash - 64 bits of a value, the same ones on every machine.
 *
 * Sketches are made of these bits, and a sketch is part of what a summary says; so there is no
 * key in them. What must not be foreseen, the place in a table of values that strangers chose,
 * is drawn from them with a key of the table's own (see tally).
 *
 * Words are folded by the two halves of a 128-bit product, as in Yi's wyhash and Hickey's ahash.
 */
#ifndef CONSUMER_HASH_H
#define CONSUMER_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 hash_uint128;

/* The fractional digits of pi: as good as any, and nobody's choice. */
#define HASH_PI_0 UINT64_C(0x243f6a8885a308d3)
#define HASH_PI_1 UINT64_C(0x13198a2e03707344)
#define HASH_PI_2 UINT64_C(0xa4093822299f31d0)

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    hash_uint128 product = (hash_uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load(const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Of one word, such as a number's bits. */
static inline uint64_t hash_word(uint64_t word)
{
    return hash_fold(hash_fold(word ^ HASH_PI_0, HASH_PI_1) ^ word, HASH_PI_2);
}

static inline uint64_t hash_rotate(uint64_t word)
{
    return word << 32 | word >> 32;
}

/*
 * A product of which one factor is 0 says nothing of the other, and who knows the constants can
 * have that; so both go in beside it.
 */
static inline uint64_t hash_pair(uint64_t a, uint64_t b)
{
    return hash_fold(a, b) ^ a ^ hash_rotate(b);
}

/* Every byte counts, and so does the length. */
static inline uint64_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t state = HASH_PI_2 + HASH_PI_0 * length;
    uint64_t first = 0;
    uint64_t last = 0;
    for (; length > 16; bytes += 16, length -= 16)
        state = hash_pair(hash_load(bytes, 8) ^ HASH_PI_0, hash_load(bytes + 8, 8) ^ state);
    if (length >= 8) {
        first = hash_load(bytes, 8);
        last = hash_load(bytes + length - 8, 8);
    } else if (length >= 4) {
        first = hash_load(bytes, 4);
        last = hash_load(bytes + length - 4, 4);
    } else if (length > 0) {
        first = (unsigned char)bytes[0];
        last = (uint64_t)(unsigned char)bytes[length / 2] << 8 | (unsigned char)bytes[length - 1];
    }
    return hash_fold(hash_pair(first ^ HASH_PI_1, last ^ state) ^ HASH_PI_0, HASH_PI_2);
}

#endif
