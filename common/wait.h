/*
 * wait - everything a daemon waits for, in one ppoll(2): file descriptors, a
 * deadline, and the wish that it end.
 *
 *     wait_open();                                   SIGTERM and SIGINT are ours now
 *     while (wait_for(fds, count, deadline_ns) != WAIT_STOP)
 *         ...
 *
 * A handler sets a flag and writes one byte to a pipe; so a signal that arrives
 * between a check and the poll is never slept over, and it works as PID 1,
 * where signals without a handler are dropped.
 */
#ifndef COMMON_WAIT_H
#define COMMON_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A deadline that never comes. */
#define WAIT_FOREVER INT64_MAX
/* The most descriptors that one call waits for. */
#define WAIT_MAX_FDS 32

enum wait_result {
    WAIT_READY,   /* a descriptor has something: see its revents */
    WAIT_TIMEOUT, /* the deadline has come */
    WAIT_STOP,    /* SIGTERM or SIGINT has arrived, now or earlier */
    WAIT_ERROR    /* errno says why */
};

/*
 * Installs the handlers. SIGPIPE and SIGXFSZ are ignored from here on: what they tell of is an
 * error of write(2) as well. 0, or -1 with errno.
 */
int wait_open(void);

/* True once SIGTERM or SIGINT has arrived; cheap enough for the middle of a parse. */
bool wait_stopping(void);

/*
 * Waits until a descriptor is ready, the deadline of the monotonic clock
 * (nanoseconds) has come or the program shall end, whichever is first. Entries
 * with a negative fd are passed over. EINTR is dealt with inside.
 */
enum wait_result wait_for(struct pollfd *fds, size_t count, int64_t deadline_ns);

#endif
