/*
 * chart_time - an axis of time: marks at whole seconds, minutes, hours, days, months or years of
 * the calendar, in UTC.
 */
#ifndef CONSUMER_CHART_TIME_H
#define CONSUMER_CHART_TIME_H

#include "common/text.h"

/*
 * The horizontal axis from `low` to `high`, in seconds since 1970, with about `steps` marks.
 * Midnight shows as the day that begins. Each span down to a millisecond gets marks.
 */
void chart_time_put_axis(struct text *script, double low, double high, unsigned steps);

#endif
