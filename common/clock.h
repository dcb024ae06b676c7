/*
 * clock - what time it is, for people and for deadlines.
 *
 * Deadlines and durations use the monotonic clock, which never steps;
 * the wall clock is only ever written down, never compared.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

/* "2026-11-23T10:15:00.123Z" and its NUL. */
#define CLOCK_TIMESTAMP_SIZE 32

/* Nanoseconds of the monotonic clock. */
int64_t clock_now_ns(void);

/* Nanoseconds since 1970-01-01T00:00:00Z by the wall clock. */
int64_t clock_wall_ns(void);

/* RFC 3339, UTC: whole seconds, and now with milliseconds. */
void clock_format_seconds(char text[CLOCK_TIMESTAMP_SIZE], int64_t seconds_since_1970);
void clock_format_now(char text[CLOCK_TIMESTAMP_SIZE]);

#endif
