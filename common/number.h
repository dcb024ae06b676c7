/*
 * number - strict text to number and back: one grammar each, independent of
 * any locale, for options, metadata and cells alike.
 *
 * The parsers take the whole of `text[0..length)` or refuse it: no leading or
 * trailing spaces, no hexadecimal, no thousands separators, a point for the
 * decimal mark. On refusal the result is left alone. Nothing is allocated, so a text is never
 * refused because memory is short.
 */
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any double in text, with its NUL. */
#define NUMBER_DOUBLE_SIZE 32
/* Room for any 128-bit integer in text, with its sign and NUL. */
#define NUMBER_INTEGER_SIZE 48
/* Room for a duration or a size as people read them, with its NUL. */
#define NUMBER_HUMAN_SIZE 32

#define NUMBER_NS_PER_MS INT64_C(1000000)
#define NUMBER_NS_PER_SECOND INT64_C(1000000000)

__extension__ typedef __int128 number_int128;

/* [0-9]+ that fits 64 bits. */
bool number_parse_u64(const char *text, size_t length, uint64_t *value);

/* [+-]?[0-9]+ that fits 64 bits. */
bool number_parse_i64(const char *text, size_t length, int64_t *value);

/*
 * [+-]?(digits[.digits] | .digits)([eE][+-]?digits)?  correctly rounded.
 * Beyond the range of a double it is infinite, as IEEE 754 rounds it.
 */
bool number_parse_double(const char *text, size_t length, double *value);

/* A number and its unit: ns, us, ms, s, m, h ("250ms", "1.5s"; "0" needs no unit). */
bool number_parse_duration(const char *text, size_t length, int64_t *value_ns);

/*
 * A duration, and by how many percent of it one may differ from the next: "5s", "5s±20%", or
 * "5s+-20%" where the keyboard has no ±. At most 100 percent; without them 0.
 */
bool number_parse_period(const char *text, size_t length, int64_t *value_ns, uint64_t *percent);

/* A whole number and the time for which it stands, a second, a minute or an hour: "1000/s", "90/m".
 */
bool number_parse_rate(const char *text, size_t length, uint64_t *count, int64_t *per_ns);

/* A whole number and its unit: none or B, KiB, MiB, GiB, TiB, kB, MB, GB, TB. */
bool number_parse_size(const char *text, size_t length, uint64_t *value_bytes);

/* The fewest digits that read back to the same double. The value must be finite; -0 is "0". */
void number_format_double(char text[NUMBER_DOUBLE_SIZE], double value);

void number_format_int128(char text[NUMBER_INTEGER_SIZE], number_int128 value);

/* "3.2ms", "1.5s", "2m05s": three digits that matter, for people. */
void number_format_duration(char text[NUMBER_HUMAN_SIZE], int64_t value_ns);

/* "1000/s", as number_parse_rate() reads it. */
void number_format_rate(char text[NUMBER_HUMAN_SIZE], uint64_t count, int64_t per_ns);

/* "871B", "1.4KiB", "64MiB": for people. */
void number_format_size(char text[NUMBER_HUMAN_SIZE], uint64_t value_bytes);

#endif
