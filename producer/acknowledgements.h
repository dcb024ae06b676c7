/*
 * acknowledgements - what the logs of all readers say together, as plain data: a batch is
 * acknowledged when each of them has a record of it, processed or rejected.
 *
 *     const struct acknowledgements *seen = readers_follow(readers);
 *     if (seen->all_seen && acknowledgements_have(seen, 7))
 *         batch 7 may go
 *
 * A reader that cannot be seen is not among the logs. Those that can be may be waited for all the
 * same, but nothing may be deleted meanwhile: nobody knows what the others still lack.
 */
#ifndef PRODUCER_ACKNOWLEDGEMENTS_H
#define PRODUCER_ACKNOWLEDGEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "common/processed_logs.h"

struct acknowledgements {
    const struct processed_logs *logs[OPTION_LIST_MAX];
    const char *paths[OPTION_LIST_MAX]; /* of the results that the log is of */
    size_t count;
    bool all_seen;
    uint64_t epoch; /* another one than before: the logs are others, and may say less */
};

/* True when every log that can be seen has a record of the batch; false when there is no log. */
bool acknowledgements_have(const struct acknowledgements *seen, uint64_t number);

/* The place among the logs of the first that has no record of the batch; `count` when all do. */
size_t acknowledgements_lacking(const struct acknowledgements *seen, uint64_t number);

/* True when some log has a record of the batch with these bytes; `sha256` in lower case. */
bool acknowledgements_know(const struct acknowledgements *seen, uint64_t number,
                           const char *sha256);

/* Grows whenever anything is decided, within an epoch. */
uint64_t acknowledgements_decisions(const struct acknowledgements *seen);

/* The largest number that any log has, 0 for none; *path is whose it is. */
uint64_t acknowledgements_last_number(const struct acknowledgements *seen, const char **path);

/* As processed_logs_settle(), for all of them: before something is deleted. 0, or -1 with errno. */
int acknowledgements_settle(const struct acknowledgements *seen);

#endif
