/*
 * chart_time - an axis of time: marks at whole seconds, minutes, hours, days, months or years of
 * the calendar, in UTC.
 */
#ifndef CONSUMER_CHART_TIME_H
#define CONSUMER_CHART_TIME_H

#include <stdbool.h>

#include "common/text.h"

/*
 * The horizontal axis from `low` to `high`, in seconds since 1970, with about `steps` marks, and
 * two at least on each span down to two milliseconds. Midnight shows as the day that begins, unless
 * they are times that have no day. True where marks are long, being of parts of a second.
 */
bool chart_time_put_axis(struct text *script, double low, double high, unsigned steps,
                         bool has_days);

#endif
