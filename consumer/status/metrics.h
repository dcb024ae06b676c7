/*
 * metrics - metrics.prom: how the daemon stands and what it has done, in Prometheus' text format
 * (version 0.0.4), for the textfile collector of its node exporter.
 *
 * It is written beside status.json, as often, and as little flushed; it may be deleted at any
 * time and comes back. Each family of metrics is a row of one table, which docs/metrics.md
 * lists. What is counted from the start of the process says so in its HELP; Prometheus takes the
 * fall to zero for the restart that it is. No label holds a word of somebody else's: the causes of
 * troubles and the names of batches are in status.json and in the log.
 */
#ifndef CONSUMER_METRICS_H
#define CONSUMER_METRICS_H

#include "common/text.h"
#include "consumer/status/meters.h"
#include "consumer/status/report.h"

/* Appends all of it; see text_failed(). */
void metrics_format(struct text *text, const struct report *report, const struct meters *meters);

/* Writes metrics.prom whole. 0, or -1 with errno. */
int metrics_write(int results_fd, const struct report *report, const struct meters *meters);

#endif
