/*
 * daemon - a daemon under the shim, ready to be run again and again.
 *
 *     daemon_start(&daemon, shim, control_path, output_path, arguments, 0);
 *     for each point:  result = daemon_run(&daemon, &point);
 *     daemon_end(&daemon);
 *
 * Its directories must not change their names; what is in them may, between runs.
 */
#ifndef TORTURE_DAEMON_H
#define TORTURE_DAEMON_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "tests/torture/control.h"

/* Longer than this, by the clock on our wall, is a hang. */
#define DAEMON_PATIENCE_SECONDS 10

struct daemon {
    struct control *control; /* what the last run said */
    pid_t server;
    int command_fd;
    int answer_fd;
    int output_fd; /* what the daemon printed, since the last run began */
    int64_t runs;
};

struct daemon_result {
    int status; /* as waitpid() gives it */
    bool hung;
};

/*
 * `arguments` begins with the program's path, and ends with NULL. The daemon may have so many
 * `descriptors`; 0: as many as we.
 */
void daemon_start(struct daemon *daemon, const char *shim, const char *control_path,
                  const char *output_path, char *const arguments[], rlim_t descriptors);
struct daemon_result daemon_run(struct daemon *daemon, const struct control_point *point);
void daemon_end(struct daemon *daemon);

/* The last run ended by itself, with this code. */
bool daemon_exited(const struct daemon_result *result, int code);

#endif
