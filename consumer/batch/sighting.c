#include "consumer/batch/sighting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refresh_file(struct sighting *sighting, int directory_fd, const char *name,
                         struct signature *known, int64_t now_ns)
{
    struct signature now = signature_read(directory_fd, name);
    if (signature_is_same(&now, known))
        return;
    *known = now;
    sighting->unchanged_since_ns = now_ns;
    sighting->next_try_ns = 0;
    if (sighting->decided)
        sighting->waiting_since_ns = now_ns;
    sighting->decided = false;
    sighting->changed_in_flight = sighting->in_flight;
}

void sighting_refresh(struct sighting *sighting, int directory_fd, int64_t now_ns)
{
    /* Metadata first: it is renamed into place last, so data read after it is complete. */
    refresh_file(sighting, directory_fd, sighting->metadata_name, &sighting->metadata, now_ns);
    refresh_file(sighting, directory_fd, sighting->data_name, &sighting->data, now_ns);
}

void sighting_data_name(const char *pattern, const char *key, char name[CONTRACT_NAME_SIZE])
{
    const char *star = strchr(pattern, '*');
    (void)snprintf(name, CONTRACT_NAME_SIZE, "%.*s%s%s", (int)(star - pattern), pattern, key,
                   star + 1);
}

static const char *put_behind(char **end, const char *text)
{
    char *start = *end;
    size_t size = strlen(text) + 1;
    memcpy(start, text, size);
    *end += size;
    return start;
}

/* One allocation, its names behind it. */
struct sighting *sighting_new(const char *pattern, const char *key, int64_t now_ns)
{
    char data[CONTRACT_NAME_SIZE];
    char metadata[CONTRACT_NAME_SIZE];
    sighting_data_name(pattern, key, data);
    contract_metadata_name(metadata, key);
    struct sighting *sighting =
        calloc(1, sizeof *sighting + strlen(key) + strlen(data) + strlen(metadata) + 3);
    if (sighting == NULL)
        return NULL;
    char *end = (char *)(sighting + 1);
    sighting->key = put_behind(&end, key);
    sighting->data_name = put_behind(&end, data);
    sighting->metadata_name = put_behind(&end, metadata);
    (void)contract_key_number(key, &sighting->number);
    sighting->waiting_since_ns = sighting->unchanged_since_ns = now_ns;
    return sighting;
}

int sighting_compare(const char *key, uint64_t number, const struct sighting *sighting)
{
    if (number != 0 && sighting->number != 0)
        return number < sighting->number ? -1 : number > sighting->number ? 1 : 0;
    return contract_key_compare(key, sighting->key);
}
