#include "consumer/batch/revisit.h"

#include <string.h>
#include <sys/stat.h>

#include "consumer/batch/outputs.h"

/*
 * The log has the last word, and its index leaves out most hashes; a summary that agrees
 * spares reading the log for each batch after a start.
 */
static bool is_what_was_processed(const struct processed_logs *logs, int results_fd,
                                  const struct processed_entry *entry, const char *key,
                                  const char *sha256)
{
    char recorded[DIGEST_HEX_SIZE];
    if (entry->sha256[0] != '\0')
        return strcmp(entry->sha256, sha256) == 0;
    if (outputs_sha256(results_fd, key, recorded) && strcmp(recorded, sha256) == 0)
        return true;
    return processed_logs_recall(logs, key, recorded) && strcmp(recorded, sha256) == 0;
}

/* As a backup by hard links gives it: that changes no content. */
static bool has_only_a_second_name(const struct sighting *sighting, const struct reading *reading)
{
    return reading->rejection.reason == REASON_NOT_A_REGULAR_FILE && S_ISREG(sighting->data.mode);
}

bool revisit_finds_no_news(const struct processed_logs *logs, int results_fd,
                           const struct sighting *sighting, const struct reading *reading)
{
    const struct processed_entry *entry = processed_logs_find(logs, sighting->key);
    return has_only_a_second_name(sighting, reading) ||
           is_what_was_processed(logs, results_fd, entry, sighting->key, reading->sha256) ||
           processed_logs_know_change(logs, sighting->key, reading->sha256);
}
