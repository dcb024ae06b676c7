/*
 * power_of_five - 128 leading bits of each power of five that the way from decimal text to a
 * double can meet: 5^-342 to 5^308.
 *
 * The bits are those of the exact power, cut off where the exponent is not negative, rounded up
 * where it is, as the proof of their sufficiency asks (Lemire 2021, "Number parsing at a gigabyte
 * per second"; Mushtak and Lemire 2023, "Fast number parsing without fallback"). They are
 * computed in integers at the first call, in 70 us, and not kept in the source, where
 * nobody could check 1302 words.
 */
#ifndef COMMON_POWER_OF_FIVE_H
#define COMMON_POWER_OF_FIVE_H

#include <stdint.h>

#define POWER_OF_FIVE_MIN (-342)
#define POWER_OF_FIVE_MAX 308

/* The highest bit of `high` is 1. */
struct power_of_five {
    uint64_t high;
    uint64_t low;
};

/* The exponent is one of the above; threads may ask at the same time. */
struct power_of_five power_of_five(int exponent);

#endif
