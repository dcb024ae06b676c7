#include "consumer/batch/backoff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

#define WAIT_MIN_NS NUMBER_NS_PER_SECOND
#define WAIT_MAX_NS (30 * NUMBER_NS_PER_SECOND)

void backoff_cause_set(struct backoff_cause *cause, const char *operation, const char *name)
{
    cause->error = errno;
    cause->operation = operation;
    (void)snprintf(cause->text, sizeof cause->text, "cannot %s %.160s: %s", operation, name,
                   strerror(cause->error));
}

static bool is_same_kind(const struct backoff_cause *a, const struct backoff_cause *b)
{
    return a->error == b->error && strcmp(a->operation, b->operation) == 0;
}

static int64_t next_wait(const struct backoff *backoff)
{
    if (!backoff->condition.lasts)
        return WAIT_MIN_NS;
    return backoff->wait_ns * 2 < WAIT_MAX_NS ? backoff->wait_ns * 2 : WAIT_MAX_NS;
}

void backoff_fail(struct backoff *backoff, const struct backoff_cause *cause, int64_t now_ns)
{
    bool lasts = backoff->condition.lasts;
    if (!lasts || now_ns >= backoff->until_ns) {
        backoff->wait_ns = next_wait(backoff);
        backoff->until_ns = now_ns + backoff->wait_ns;
    }
    if (!lasts || !is_same_kind(cause, &backoff->cause))
        condition_begin(&backoff->condition, "%s; trying again", cause->text);
    backoff->cause = *cause;
}

void backoff_end(struct backoff *backoff)
{
    condition_end(&backoff->condition);
}
