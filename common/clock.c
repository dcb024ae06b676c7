#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        return 0; /* only for an unknown clock, and both are in POSIX */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

/* Years beyond 9999 have no form in RFC 3339: such a clock is shown at the edge. */
static int64_t bounded(int64_t seconds)
{
    const int64_t last = INT64_C(253402300799);
    return seconds < 0 ? 0 : seconds > last ? last : seconds;
}

static void format_time(char text[CLOCK_TIMESTAMP_SIZE], int64_t seconds, const char *tail)
{
    time_t when = (time_t)bounded(seconds);
    struct tm utc;
    memset(&utc, 0, sizeof utc);
    (void)gmtime_r(&when, &utc);
    char date[CLOCK_TIMESTAMP_SIZE - 8];
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text, CLOCK_TIMESTAMP_SIZE, "%s%s", date, tail);
}

void clock_format_seconds(char text[CLOCK_TIMESTAMP_SIZE], int64_t seconds_since_1970)
{
    format_time(text, seconds_since_1970, "Z");
}

void clock_format_now(char text[CLOCK_TIMESTAMP_SIZE])
{
    int64_t now = clock_wall_ns();
    char tail[8];
    (void)snprintf(tail, sizeof tail, ".%03dZ", (int)(now / 1000000 % 1000));
    format_time(text, now / 1000000000, tail);
}
