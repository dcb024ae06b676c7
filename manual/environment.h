/*
 * environment - the file that sets a service's environment (systemd.exec(5), EnvironmentFile), with
 * each variable that a daemon reads, described and commented out.
 *
 *     # time between looks at the directory; inotify wakes it earlier where it works
 *     # from 10ms to 1h
 *     #CONSUMER_POLL_INTERVAL=1s
 */
#ifndef MANUAL_ENVIRONMENT_H
#define MANUAL_ENVIRONMENT_H

#include <stdio.h>

#include "manual/sheet.h"

/* `settings` are of the form NAME=VALUE: what the service sets by itself, and shown as the default.
 */
void environment_print(const struct sheet *sheet, size_t count, char *const settings[], FILE *out);

#endif
