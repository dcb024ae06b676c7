/*
 * backoff - something that fails again and again: told once a kind, and tried again after a
 * wait that doubles with each attempt up to half a minute.
 *
 *     struct backoff backoff = {.condition.over = "it works again"};
 *     errno = ...;
 *     backoff_cause_set(&cause, "write", "plot_8.png");
 *     backoff_fail(&backoff, &cause, now_ns);      not again before backoff.until_ns
 *     ...
 *     backoff_end(&backoff);
 *
 * The kind is the operation and the error: that another file cannot be written either, on the
 * same full disk, is no news. A failure before `until_ns` belongs to the same attempt.
 */
#ifndef CONSUMER_BACKOFF_H
#define CONSUMER_BACKOFF_H

#include <stdint.h>

#include "common/condition.h"

struct backoff_cause {
    const char *operation; /* a verb that outlives it */
    int error;
    char text[256]; /* "cannot write plot_8.png: No space left on device" */
};

struct backoff {
    struct condition condition; /* whose `over` is set by the owner, and `lasts` tells the state */
    struct backoff_cause cause; /* the newest */
    int64_t wait_ns;
    int64_t until_ns;
};

/* With the error that is in errno. */
void backoff_cause_set(struct backoff_cause *cause, const char *operation, const char *name);

void backoff_fail(struct backoff *backoff, const struct backoff_cause *cause, int64_t now_ns);

/* Does nothing when it does not last. */
void backoff_end(struct backoff *backoff);

#endif
