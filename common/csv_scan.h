/*
 * csv_scan - where in some bytes those stand that can mean something in CSV: the delimiter, a
 * quote, LF, CR and NUL. Every other byte belongs to its cell whatever stands around it, so who
 * goes from one of these marks to the next has seen all that there is to see.
 *
 *     uint32_t positions[4096 + CSV_SCAN_SLACK];
 *     size_t count = csv_scan(csv_scan_best(), bytes, 4096, ',', positions);
 *
 * 64 bytes at a time become a mask of 64 bits, one for each mark (Langdale and Lemire, "Parsing
 * Gigabytes of JSON per Second", 2019). The masks are made in one of three ways, which differ in
 * speed alone. Compiled with PORTABLE defined, this file and power_sums know the first alone, as
 * where the machine has no other.
 */
#ifndef COMMON_CSV_SCAN_H
#define COMMON_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From slow to fast. */
enum csv_scan_kind {
    CSV_SCAN_PORTABLE, /* any machine: eight bytes in an integer */
    CSV_SCAN_SSE2,     /* any x86-64 */
    CSV_SCAN_AVX2,     /* x86-64 since about 2013 */
    CSV_SCAN_KINDS
};

/* False where this machine, or the one it was compiled for, lacks the instructions. */
bool csv_scan_has(enum csv_scan_kind kind);

/* The fastest that this machine has. */
enum csv_scan_kind csv_scan_best(void);

/* Positions are written some at a time, and so many entries behind the last may be overwritten. */
#define CSV_SCAN_SLACK 8

/*
 * Writes the positions of all marks in rising order and returns how many they are. `positions` has
 * room for `length` of them and CSV_SCAN_SLACK; `length` is below 4 GiB, and nothing behind it is
 * read. The kind is one that the machine has; the delimiter is a comma, semicolon, tab or pipe.
 */
size_t csv_scan(enum csv_scan_kind kind, const char *bytes, size_t length, char delimiter,
                uint32_t *positions);

#endif
