#include "consumer/profile/sort_numbers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 8
#define DIGITS (1u << DIGIT_BITS)
#define PASSES_MAX 4
/* Steps of the insertion sort, a number: beyond it, it would be quadratic. */
#define STEPS_MAX 8
/* Fewer are sorted faster by insertion alone. */
#define FEW 32u
#define SIGN (UINT64_C(1) << 63)

/* Unsigned integers in the order of the doubles: negative ones have all bits turned, others the
 * sign. */
static uint64_t key_of(double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return (bits & SIGN) != 0 ? ~bits : bits | SIGN;
}

static double number_of(uint64_t key)
{
    double number = 0;
    uint64_t bits = (key & SIGN) != 0 ? key & ~SIGN : ~key;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void sort_by_digit(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    uint32_t places[DIGITS] = {0};
    uint32_t place = 0;
    for (size_t i = 0; i < count; i++)
        places[from[i] >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t with_digit = places[digit];
        places[digit] = place;
        place += with_digit;
    }
    for (size_t i = 0; i < count; i++)
        to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* False when it was broken off; the keys are all there then. */
static bool insert(uint64_t *keys, size_t count)
{
    size_t steps = 0;
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
        steps += i - at;
        if (steps > STEPS_MAX * count)
            return false;
    }
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* In what bits the keys differ. */
static uint64_t differing(const uint64_t *keys, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 1; i < count; i++)
        bits |= keys[i] ^ keys[0];
    return bits;
}

/* Sorts by the highest differing bits; returns where the keys are then. */
static uint64_t *sort_by_digits(uint64_t *keys, uint64_t *scratch, size_t count)
{
    uint64_t bits = differing(keys, count);
    if (bits == 0)
        return keys;
    unsigned width = 64 - (unsigned)__builtin_clzll(bits);
    unsigned shift = width > PASSES_MAX * DIGIT_BITS ? width - PASSES_MAX * DIGIT_BITS : 0;
    for (; shift < width; shift += DIGIT_BITS) {
        sort_by_digit(keys, scratch, count, shift);
        uint64_t *swap = keys;
        keys = scratch;
        scratch = swap;
    }
    return keys;
}

void sort_numbers(double *numbers, size_t count, uint64_t *scratch)
{
    uint64_t *keys = scratch;
    uint64_t *other = scratch + count;
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(numbers[i]);
    if (count > FEW)
        keys = sort_by_digits(keys, other, count);
    if (!insert(keys, count))
        qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++)
        numbers[i] = number_of(keys[i]);
}
