/*
 * waiting - a batch that is left for later, and until when.
 *
 * A batch on its way waits for a moment, and nobody has to know; so that one waits is logged
 * only when it has done so for as long as a file must stand still, and once.
 */
#ifndef CONSUMER_WAITING_H
#define CONSUMER_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "consumer/batch/sighting.h"

/* True when both its files have stood still for so long; when that will be. */
bool waiting_has_settled(const struct sighting *sighting, int64_t settle_ns, int64_t now_ns);
int64_t waiting_settles_at(const struct sighting *sighting, int64_t settle_ns);

/* Puts it off until then (its next_try_ns), or until a file changes. */
void waiting_until(struct sighting *sighting, int64_t next_try_ns, const char *cause,
                   int64_t settle_ns, int64_t now_ns);

#endif
