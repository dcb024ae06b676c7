/*
 * profile_tool - data-consumer --profile FILE...: prints the profile of each file, in their order,
 * on standard output. It writes nothing else, takes no lock and looks at no shared directory.
 *
 * Where standard error is a terminal a line there shows how far it is (see progress), and is gone
 * before anything is printed.
 *
 * A file that cannot be profiled is told on standard error in one line, and the others are still
 * printed. With --output json each file is one document, the bytes that a batch's summary would
 * have whose key is the file's name without ".csv".
 */
#ifndef CONSUMER_PROFILE_TOOL_H
#define CONSUMER_PROFILE_TOOL_H

#include "consumer/config/config.h"

/*
 * Returns the exit code: CONTRACT_EXIT_DONE, or of what went wrong with any file the one that is
 * the highest: REJECTED for damage, NO_INPUT, IO. A reader of the output that goes away ends it
 * quietly. SIGTERM and SIGINT end it as they end any program, also as process 1.
 */
int profile_tool_run(const struct config *config);

#endif
