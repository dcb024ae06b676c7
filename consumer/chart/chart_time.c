#include "consumer/chart/chart_time.h"

#include <math.h>
#include <time.h>

#include "consumer/chart/chart_text.h"

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0
#define MONTH (30.436875 * DAY)
#define YEAR (12 * MONTH)

/* How a mark is written. */
enum look { SECOND, MINUTES, DAY_OF_YEAR, MONTH_OF_YEAR, YEAR_ALONE };

/* Steps from short to long. */
static const struct step {
    double seconds;
    int months; /* 0: all are equally long */
    enum look look;
} STEPS[] = {
    {0.001, 0, SECOND},
    {0.002, 0, SECOND},
    {0.005, 0, SECOND},
    {0.01, 0, SECOND},
    {0.02, 0, SECOND},
    {0.05, 0, SECOND},
    {0.1, 0, SECOND},
    {0.2, 0, SECOND},
    {0.5, 0, SECOND},
    {1, 0, SECOND},
    {2, 0, SECOND},
    {5, 0, SECOND},
    {10, 0, SECOND},
    {15, 0, SECOND},
    {30, 0, SECOND},
    {MINUTE, 0, MINUTES},
    {2 * MINUTE, 0, MINUTES},
    {5 * MINUTE, 0, MINUTES},
    {10 * MINUTE, 0, MINUTES},
    {15 * MINUTE, 0, MINUTES},
    {30 * MINUTE, 0, MINUTES},
    {HOUR, 0, MINUTES},
    {2 * HOUR, 0, MINUTES},
    {3 * HOUR, 0, MINUTES},
    {6 * HOUR, 0, MINUTES},
    {12 * HOUR, 0, MINUTES},
    {DAY, 0, DAY_OF_YEAR},
    {2 * DAY, 0, DAY_OF_YEAR},
    {7 * DAY, 0, DAY_OF_YEAR},
    {14 * DAY, 0, DAY_OF_YEAR},
    {MONTH, 1, MONTH_OF_YEAR},
    {2 * MONTH, 2, MONTH_OF_YEAR},
    {3 * MONTH, 3, MONTH_OF_YEAR},
    {6 * MONTH, 6, MONTH_OF_YEAR},
    {YEAR, 12, YEAR_ALONE},
    {2 * YEAR, 24, YEAR_ALONE},
    {5 * YEAR, 60, YEAR_ALONE},
    {10 * YEAR, 120, YEAR_ALONE},
    {20 * YEAR, 240, YEAR_ALONE},
    {50 * YEAR, 600, YEAR_ALONE},
    {100 * YEAR, 1200, YEAR_ALONE},
    {200 * YEAR, 2400, YEAR_ALONE},
    {500 * YEAR, 6000, YEAR_ALONE},
    {1000 * YEAR, 12000, YEAR_ALONE},
    {2000 * YEAR, 24000, YEAR_ALONE},
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Marks of any axis, so that no span makes them endless. */
#define MARKS_MAX 40u

static const struct step *step_of(double span, unsigned steps)
{
    size_t i = 0;
    while (i + 1 < COUNT(STEPS) && span > STEPS[i].seconds * steps)
        i++;
    return &STEPS[i];
}

static void put_words(struct text *script, const struct tm *civil, enum look look)
{
    switch (look) {
    case SECOND:
        text_printf(script, "%02d:%02d:%02d", civil->tm_hour, civil->tm_min, civil->tm_sec);
        break;
    case MINUTES: text_printf(script, "%02d:%02d", civil->tm_hour, civil->tm_min); break;
    case DAY_OF_YEAR: text_printf(script, "%02d-%02d", civil->tm_mon + 1, civil->tm_mday); break;
    case MONTH_OF_YEAR:
        text_printf(script, "%04d-%02d", civil->tm_year + 1900, civil->tm_mon + 1);
        break;
    case YEAR_ALONE: text_printf(script, "%04d", civil->tm_year + 1900); break;
    }
}

static void put_mark(struct text *script, double at, const struct step *step, bool has_days)
{
    double whole = floor(at + 1e-6); /* marks are of whole milliseconds */
    time_t seconds = (time_t)whole;
    struct tm civil = {.tm_year = 70};
    (void)gmtime_r(&seconds, &civil);
    bool new_day = has_days && step->look == MINUTES && civil.tm_hour == 0 && civil.tm_min == 0;
    text_put(script, "\"");
    put_words(script, &civil, new_day ? DAY_OF_YEAR : step->look);
    int digits = step->seconds < 0.01 ? 3 : step->seconds < 0.1 ? 2 : 1;
    if (step->seconds < 1)
        text_printf(script, ".%0*d", digits, (int)((at - whole) * pow(10, digits) + 0.5));
    text_printf(script, "\" %.3f", at);
}

/* The first of a month, so many months behind year 0. */
static double start_of_month(int months)
{
    struct tm civil = {.tm_year = months / 12 - 1900, .tm_mon = months % 12, .tm_mday = 1};
    return (double)timegm(&civil);
}

static int month_of(double at)
{
    time_t seconds = (time_t)at;
    struct tm civil = {.tm_year = 70};
    (void)gmtime_r(&seconds, &civil);
    return (civil.tm_year + 1900) * 12 + civil.tm_mon;
}

/* The mark with this number, counted from one before the axis. */
static double mark_at(double low, const struct step *step, unsigned number)
{
    if (step->months > 0)
        return start_of_month((month_of(low) / step->months + (int)number) * step->months);
    /* Weeks begin on Mondays, and day 4 of the epoch was one. */
    double from = step->seconds >= 7 * DAY ? 4 * DAY : 0;
    return (floor((low - from) / step->seconds) + number) * step->seconds + from;
}

/* Returns how many there are; NULL only counts them. */
static unsigned put_marks(struct text *script, double low, double high, const struct step *step,
                          bool has_days)
{
    unsigned marks = 0;
    for (unsigned number = 0; number < MARKS_MAX; number++) {
        double at = mark_at(low, step, number);
        if (at < low || at > high)
            continue;
        if (script != NULL)
            text_put(script, marks == 0 ? "" : ", ");
        if (script != NULL)
            put_mark(script, at, step, has_days);
        marks++;
    }
    return marks;
}

/* One mark says nothing about a scale, and none would be gnuplot's to choose: steps are smaller. */
static const struct step *two_marks_of(double low, double high, unsigned steps)
{
    const struct step *step = step_of(high - low, steps);
    while (step > STEPS && put_marks(NULL, low, high, step, false) < 2)
        step--;
    return step;
}

bool chart_time_put_axis(struct text *script, double low, double high, unsigned steps,
                         bool has_days)
{
    const struct step *step = two_marks_of(low, high, steps);
    text_put(script, "set xrange [");
    chart_text_put_number(script, low);
    text_put(script, ":");
    chart_text_put_number(script, high);
    text_put(script, "]\nset xtics (");
    (void)put_marks(script, low, high, step, has_days);
    text_put(script, ")\n");
    return step->seconds < 1;
}
