/*
 * moment - points in time as RFC 3339 writes them, in UTC and to the millisecond: read once, and
 * written millions of times.
 *
 *     if (!moment_parse("2026-01-01T00:00:00Z", 20, &milliseconds)) ...
 *
 *     struct moment_writer writer;
 *     moment_begin(&writer, MOMENT_SECONDS);
 *     at = moment_write(&writer, at, milliseconds);          any number of times
 *
 * From 1970 to 9999; what lies beyond is written as the first or the last moment of these. Only
 * when the day is another than that of the call before is a calendar asked.
 */
#ifndef PRODUCER_MOMENT_H
#define PRODUCER_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"

#define MOMENT_MS_PER_SECOND INT64_C(1000)
#define MOMENT_MS_PER_DAY INT64_C(86400000)
/* 9999-12-31T23:59:59.999Z */
#define MOMENT_LAST INT64_C(253402300799999)

/* Milliseconds since 1970 of a date, a time and Z or an offset; false when it is none of them. */
bool moment_parse(const char *text, size_t length, int64_t *milliseconds);

/* True for a date of the calendar: "2026-02-28". */
bool moment_is_date(const char *text, size_t length);

enum moment_form {
    MOMENT_DATE,        /* 2026-11-23 */
    MOMENT_SECONDS,     /* 2026-11-23T10:15:00Z */
    MOMENT_MILLISECONDS /* 2026-11-23T10:15:00.123Z */
};

struct moment_writer {
    enum moment_form form;
    int64_t day; /* whose date `text` begins with */
    char text[CLOCK_TIMESTAMP_SIZE];
};

void moment_begin(struct moment_writer *writer, enum moment_form form);

/* Writes at most CLOCK_TIMESTAMP_SIZE bytes, without a NUL; returns the end of what counts. */
char *moment_write(struct moment_writer *writer, char *at, int64_t milliseconds);

#endif
