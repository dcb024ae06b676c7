/*
 * numeral - whole numbers and numbers with a fixed count of decimals as digits, eight at a time.
 *
 *     at = numeral_whole(at, 17);                     17
 *     at = numeral_fixed(at, 4821, 3);                4.821
 *     at = numeral_number(at, 4.8214, 3);             4.821
 *
 * Each writes at `at`, without a NUL, and returns the end of what counts; up to
 * NUMERAL_SIZE bytes behind `at` may be overwritten.
 *
 * The digits of a word come from multiplications that treat halves, quarters and eighths of it
 * side by side, the way back of what Lemire describes for reading (2021, "Number parsing at a
 * gigabyte per second").
 */
#ifndef PRODUCER_NUMERAL_H
#define PRODUCER_NUMERAL_H

#include <stdint.h>

#define NUMERAL_SIZE 64
#define NUMERAL_DECIMALS_MAX 18

char *numeral_whole(char *at, uint64_t number);

/* The number divided by ten to the `decimals`, 0 to NUMERAL_DECIMALS_MAX, with all its digits. */
char *numeral_fixed(char *at, int64_t number, unsigned decimals);

/* Ten to the `exponent`, 0 to NUMERAL_DECIMALS_MAX. */
uint64_t numeral_power_of_ten(unsigned exponent);

/*
 * A finite number rounded to so many decimals, halves up; where that would take more digits than a
 * double has, as few as read back to the same one.
 */
char *numeral_number(char *at, double number, unsigned decimals);

/* The same rounded to an integer, and not beyond what every reader of JSON keeps exactly. */
char *numeral_integer(char *at, double number);

#endif
