/*
 * digits - eight decimal digits at a time, in one word.
 *
 * A word is eight bytes of text as a little-endian machine loads them, the first character
 * lowest, whatever the machine. What must be a digit is checked and what it is worth is summed
 * up in parallel within the word (SWAR; Lemire 2021, "Number parsing at a gigabyte per second"),
 * in a fraction of the time of a loop over bytes.
 *
 *     uint64_t word = digits_load(text);
 *     if (digits_only(word))
 *         value = digits_value(word);
 */
#ifndef COMMON_DIGITS_H
#define COMMON_DIGITS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The byte in all eight places of a word. */
#define DIGITS_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline bool digits_is(char character)
{
    return (unsigned char)(character - '0') < 10;
}

/* The eight bytes from `bytes` on. */
static inline uint64_t digits_load(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/* The four bytes from `bytes` on, in the lower half. */
static inline uint64_t digits_load_4(const char *bytes)
{
    uint32_t half;
    memcpy(&half, bytes, sizeof half);
    return le32toh(half);
}

/*
 * The last `count` bytes, 1 to 8, of those in [first, end), of which there are 4 or more, behind
 * as many '0' as it takes to fill the word. No byte outside is touched.
 */
static inline uint64_t digits_load_last(const char *first, const char *end, size_t count)
{
    size_t there = (size_t)(end - first);
    unsigned zeros = 8 * (8 - (unsigned)count);
    uint64_t word = there >= 8
                        ? digits_load(end - 8)
                        : digits_load_4(first) << (8 * (8 - there)) | digits_load_4(end - 4) << 32;
    return zeros == 0 ? word : word >> zeros << zeros | DIGITS_EACH('0') >> (64 - zeros);
}

/* Whether all eight are digits: the upper half of each byte is 3, and also when 6 is added. */
static inline bool digits_only(uint64_t word)
{
    uint64_t upper = DIGITS_EACH(0xF0);
    return ((word & upper) | ((word + DIGITS_EACH(6)) & upper) >> 4) == DIGITS_EACH(0x33);
}

/*
 * Whether each byte is that of the shape, or any digit where the shape has a '0', as in "00:00:00".
 * Of a shape that is a literal only constants are left: what each byte may differ by at most, 9
 * or 0, is added to what it does, from which the highest bit tells whether that was more.
 */
static inline bool digits_have_shape(uint64_t word, const char shape[9])
{
    uint64_t expected = digits_load(shape);
    uint64_t unlike_zero = expected ^ DIGITS_EACH('0');
    uint64_t fixed = ((unlike_zero + DIGITS_EACH(0x7F)) | unlike_zero) & DIGITS_EACH(0x80);
    uint64_t slack = DIGITS_EACH(9) - (fixed >> 7) * 9;
    uint64_t difference = word ^ expected;
    uint64_t beyond = (difference + (DIGITS_EACH(0x7F) - slack)) | difference;
    return (beyond & DIGITS_EACH(0x80)) == 0;
}

/* The number that eight digits are: of digits the pairs, of pairs the fours, of fours the whole. */
static inline uint64_t digits_value(uint64_t word)
{
    word = (word & DIGITS_EACH(0x0F)) * ((10 << 8) + 1) >> 8;
    word = (word & UINT64_C(0x00FF00FF00FF00FF)) * ((100 << 16) + 1) >> 16;
    return (word & UINT64_C(0x0000FFFF0000FFFF)) * ((UINT64_C(10000) << 32) + 1) >> 32;
}

/*
 * In each byte of the answer the number that the digit there and the next one are together; in
 * the last the digit alone, times ten. What lies at a byte that is no digit, or before one, has
 * no meaning.
 */
static inline uint64_t digits_pairs(uint64_t word)
{
    word &= DIGITS_EACH(0x0F);
    return word * 10 + (word >> 8);
}

/* The byte of a word that the character at `place`, 0 to 7, stands in. */
static inline int digits_at(uint64_t word, unsigned place)
{
    return (int)(word >> (8 * place) & 0xFF);
}

#endif
