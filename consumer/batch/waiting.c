#include "consumer/batch/waiting.h"

#include "common/log.h"

bool waiting_has_settled(const struct sighting *sighting, int64_t settle_ns, int64_t now_ns)
{
    return now_ns - sighting->unchanged_since_ns >= settle_ns;
}

int64_t waiting_settles_at(const struct sighting *sighting, int64_t settle_ns)
{
    return sighting->unchanged_since_ns + settle_ns;
}

void waiting_until(struct sighting *sighting, int64_t next_try_ns, const char *cause,
                   int64_t settle_ns, int64_t now_ns)
{
    int64_t tell_at_ns = sighting->waiting_since_ns + settle_ns;
    if (!sighting->wait_told && now_ns > tell_at_ns) {
        sighting->wait_told = true;
        log_event(LOG_LEVEL_WARN, "waiting for batch",
                  (struct log_field[]){log_text("batch", sighting->key), log_text("cause", cause)},
                  2);
    }
    bool tell_first = !sighting->wait_told && tell_at_ns < next_try_ns;
    sighting->next_try_ns = tell_first ? tell_at_ns + 1 : next_try_ns;
}
