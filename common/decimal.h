/*
 * decimal - the number in a cell, fast: what number_parse_i64 and number_parse_double say of a
 * text, to the last bit, in one reading and in a fifth of the time.
 *
 * The digits are gathered into 64 bits. Where they and the power of ten are both exact doubles,
 * one rounded operation gives the answer (Clinger 1990, "How to read floating point numbers
 * accurately"); else 128 bits of the power of five do (Lemire 2021, "Number parsing at a
 * gigabyte per second"). What has more digits than 64 bits hold lies between two numbers that
 * have not; where these round to different doubles, number_parse_double is asked.
 */
#ifndef COMMON_DECIMAL_H
#define COMMON_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decimal {
    double number;   /* the nearest double; infinite beyond the range; -0 keeps its sign */
    int64_t integer; /* the number, where it is an integer; else 0 */
    bool is_integer; /* number_parse_i64 takes the text: no point, no exponent, fits 64 bits */
};

/* False for a text that is no number, which leaves the result alone; see number.h. */
bool decimal_parse(const char *text, size_t length, struct decimal *decimal);

#endif
