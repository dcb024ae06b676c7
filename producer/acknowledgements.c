#include "producer/acknowledgements.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t acknowledgements_lacking(const struct acknowledgements *seen, uint64_t number)
{
    char key[32];
    size_t i = 0;
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    while (i < seen->count && processed_logs_find(seen->logs[i], key) != NULL)
        i++;
    return i;
}

bool acknowledgements_have(const struct acknowledgements *seen, uint64_t number)
{
    return seen->count > 0 && acknowledgements_lacking(seen, number) == seen->count;
}

/* The index keeps no hash of what was processed in its turn: the log has it. */
static bool has_record_of(const struct processed_logs *log, const char *key, const char *sha256)
{
    char recalled[DIGEST_HEX_SIZE] = "";
    const struct processed_entry *entry = processed_logs_find(log, key);
    if (entry == NULL)
        return false;
    if (entry->sha256[0] != '\0')
        return strcmp(entry->sha256, sha256) == 0;
    return processed_logs_recall(log, key, recalled) && strcmp(recalled, sha256) == 0;
}

bool acknowledgements_know(const struct acknowledgements *seen, uint64_t number, const char *sha256)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    for (size_t i = 0; i < seen->count; i++)
        if (has_record_of(seen->logs[i], key, sha256))
            return true;
    return false;
}

uint64_t acknowledgements_decisions(const struct acknowledgements *seen)
{
    uint64_t decisions = 0;
    for (size_t i = 0; i < seen->count; i++)
        decisions += processed_logs_count(seen->logs[i], OUTCOME_PROCESSED) +
                     processed_logs_count(seen->logs[i], OUTCOME_REJECTED);
    return decisions;
}

uint64_t acknowledgements_last_number(const struct acknowledgements *seen, const char **path)
{
    uint64_t last = 0;
    *path = NULL;
    for (size_t i = 0; i < seen->count; i++) {
        uint64_t number = processed_logs_last_number(seen->logs[i]);
        if (number <= last)
            continue;
        last = number;
        *path = seen->paths[i];
    }
    return last;
}

int acknowledgements_settle(const struct acknowledgements *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        if (processed_logs_settle(seen->logs[i]) != 0)
            return -1;
    return 0;
}
