/*
 * footing - what the daemon stands on: its log, its lock and both directories. Where one of them is
 * no longer what was opened, no record could be trusted to last; another start mends that, and
 * going on would not.
 *
 *     struct footing footing = {.config = &config, .results_fd = ..., .lock_fd = ..., .log = log};
 *     footing_look(&footing);                      at each poll
 *     footing_look_at_shared(&footing);            when the shared directory could not be read
 *     if (footing_is_lost(&footing)) ...           to end, and to say why:
 *     footing_tell(&footing, "cannot flush processed.log: ...");
 */
#ifndef CONSUMER_FOOTING_H
#define CONSUMER_FOOTING_H

#include <stdbool.h>

#include "common/processed_log.h"
#include "consumer/config/config.h"

struct footing {
    const struct config *config; /* all are borrowed */
    int results_fd;
    int lock_fd;
    const struct processed_log *log;
    /* of footing itself */
    bool results_are_gone;
    bool lock_is_gone;
    bool shared_is_lost;
};

void footing_look(struct footing *footing);
void footing_look_at_shared(struct footing *footing);

bool footing_is_lost(const struct footing *footing);

/* One line in the log; `trouble` is what the log failed with. Nothing when nothing is lost. */
void footing_tell(const struct footing *footing, const char *trouble);

#endif
