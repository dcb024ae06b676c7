#include "producer/moment.h"

#include <string.h>
#include <time.h>

#include "common/digits.h"

#define DATE_LENGTH 10    /* 2026-11-23 */
#define SECONDS_LENGTH 19 /* 2026-11-23T10:15:00 */
#define OFFSET_LENGTH 6   /* +01:00 */
#define FRACTION_DIGITS 3

/* --- reading --------------------------------------------------------------------------------- */

/* `count` digits, or -1. */
static int take_number(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!digits_is(text[i]))
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* Seconds since 1970 of the day's begin; false for a day that no calendar has. */
static bool read_date(const char *text, time_t *seconds)
{
    struct tm day = {.tm_year = take_number(text, 4) - 1900,
                     .tm_mon = take_number(text + 5, 2) - 1,
                     .tm_mday = take_number(text + 8, 2)};
    struct tm same;
    if (day.tm_year < 70 || day.tm_mon < 0 || day.tm_mday < 1 || text[4] != '-' || text[7] != '-')
        return false;
    struct tm asked = day;
    *seconds = timegm(&asked); /* which makes of February 30 a day in March */
    return gmtime_r(seconds, &same) != NULL && same.tm_mon == day.tm_mon &&
           same.tm_mday == day.tm_mday;
}

bool moment_is_date(const char *text, size_t length)
{
    time_t seconds;
    return length == DATE_LENGTH && read_date(text, &seconds);
}

/* "10:15:00" in seconds, or -1. A leap second has no place in a count of days. */
static int read_time(const char *text)
{
    int hours = take_number(text, 2);
    int minutes = take_number(text + 3, 2);
    int seconds = take_number(text + 6, 2);
    if (text[2] != ':' || text[5] != ':' || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59 || seconds < 0 || seconds > 59)
        return -1;
    return (hours * 60 + minutes) * 60 + seconds;
}

/* ".123" as milliseconds, one to three digits; steps over it. -1 when it is none. */
static int read_fraction(const char **at, const char *end)
{
    int milliseconds = 0;
    int scale = 100;
    if (*at == end || **at != '.')
        return 0;
    const char *first = ++*at;
    for (; *at < end && digits_is(**at) && *at - first < FRACTION_DIGITS; ++*at, scale /= 10)
        milliseconds += (**at - '0') * scale;
    return *at == first ? -1 : milliseconds;
}

/* What "Z" or "+01:30" is ahead of UTC, in minutes. */
static bool read_offset(const char *text, size_t length, int *minutes)
{
    *minutes = 0;
    if (length == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if (length != OFFSET_LENGTH || text[3] != ':' || (text[0] != '+' && text[0] != '-'))
        return false;
    int hours = take_number(text + 1, 2);
    int rest = take_number(text + 4, 2);
    *minutes = (hours * 60 + rest) * (text[0] == '-' ? -1 : 1);
    return hours >= 0 && hours <= 23 && rest >= 0 && rest <= 59;
}

bool moment_parse(const char *text, size_t length, int64_t *milliseconds)
{
    const char *end = text + length;
    const char *at = text + SECONDS_LENGTH;
    time_t day;
    int minutes;
    if (length <= SECONDS_LENGTH || !read_date(text, &day) || strchr("Tt", text[10]) == NULL)
        return false;
    int seconds = read_time(text + DATE_LENGTH + 1);
    int fraction = read_fraction(&at, end);
    if (seconds < 0 || fraction < 0 || !read_offset(at, (size_t)(end - at), &minutes))
        return false;
    int64_t moment =
        ((int64_t)day + seconds - (int64_t)minutes * 60) * MOMENT_MS_PER_SECOND + fraction;
    if (moment < 0 || moment > MOMENT_LAST)
        return false;
    *milliseconds = moment;
    return true;
}

/* --- writing --------------------------------------------------------------------------------- */

void moment_begin(struct moment_writer *writer, enum moment_form form)
{
    *writer = (struct moment_writer){.form = form, .day = -1};
}

static void put_pair(char *at, int64_t number)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
}

static size_t put_fraction(char *at, int64_t milliseconds)
{
    at[0] = '.';
    at[1] = (char)('0' + milliseconds / 100);
    put_pair(at + 2, milliseconds % 100);
    at[4] = 'Z';
    return FRACTION_DIGITS + 2;
}

static void begin_day(struct moment_writer *writer, int64_t day)
{
    clock_format_seconds(writer->text, day * (MOMENT_MS_PER_DAY / MOMENT_MS_PER_SECOND));
    writer->day = day;
}

char *moment_write(struct moment_writer *writer, char *at, int64_t milliseconds)
{
    int64_t moment = milliseconds < 0 ? 0 : milliseconds > MOMENT_LAST ? MOMENT_LAST : milliseconds;
    int64_t day = moment / MOMENT_MS_PER_DAY;
    uint32_t of_day = (uint32_t)(moment - day * MOMENT_MS_PER_DAY);
    uint32_t second = of_day / 1000;
    if (day != writer->day)
        begin_day(writer, day);
    memcpy(at, writer->text, CLOCK_TIMESTAMP_SIZE);
    if (writer->form == MOMENT_DATE)
        return at + DATE_LENGTH;
    put_pair(at + 11, second / 3600);
    put_pair(at + 14, second / 60 % 60);
    put_pair(at + 17, second % 60);
    if (writer->form == MOMENT_SECONDS)
        return at + SECONDS_LENGTH + 1;
    return at + SECONDS_LENGTH + put_fraction(at + SECONDS_LENGTH, of_day % 1000);
}
