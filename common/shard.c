#include "common/shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/digest.h"
#include "common/fileio.h"
#include "common/number.h"

/* Digits without leading zeros, so that a shard is written in one way. */
static bool read_part(const char *words, size_t length, uint32_t *part)
{
    uint64_t number = 0;
    if (length == 0 || words[0] == '0' || !number_parse_u64(words, length, &number) ||
        number > SHARD_COUNT_MAX)
        return false;
    *part = (uint32_t)number;
    return true;
}

static bool read_between(const char *words, size_t length, const char *between, struct shard *shard)
{
    const char *middle = memmem(words, length, between, strlen(between));
    if (middle == NULL)
        return false;
    const char *count = middle + strlen(between);
    return read_part(words, (size_t)(middle - words), &shard->index) &&
           read_part(count, length - (size_t)(count - words), &shard->count) &&
           shard->index <= shard->count;
}

bool shard_read(const char *words, struct shard *shard)
{
    return read_between(words, strlen(words), "/", shard);
}

void shard_words(char words[SHARD_WORDS_SIZE], struct shard shard)
{
    (void)snprintf(words, SHARD_WORDS_SIZE, "%" PRIu32 "/%" PRIu32, shard.index, shard.count);
}

bool shard_is_whole(struct shard shard)
{
    return shard.count == 1;
}

bool shard_is_same(struct shard left, struct shard right)
{
    return left.index == right.index && left.count == right.count;
}

bool shard_is_before(struct shard left, struct shard right)
{
    return left.count != right.count ? left.count < right.count : left.index < right.index;
}

/* ---- keys ---- */

bool shard_place(struct shard shard, uint64_t number, uint64_t *place)
{
    *place = number / shard.count;
    return number % shard.count == shard.index % shard.count;
}

uint64_t shard_number(struct shard shard, uint64_t place)
{
    return place * shard.count + shard.index % shard.count;
}

bool shard_first_common(struct shard left, struct shard right, uint64_t first, uint64_t last,
                        uint64_t *number)
{
    uint64_t residue = left.index % left.count;
    uint64_t ahead = (residue + left.count - first % left.count) % left.count;
    for (uint32_t tries = 0; tries < right.count && ahead <= last - first; tries++) {
        *number = first + ahead;
        if (*number % right.count == right.index % right.count)
            return true;
        ahead += left.count;
    }
    return false;
}

uint64_t shard_common_step(struct shard left, struct shard right)
{
    uint64_t step = left.count;
    while (step % right.count != 0)
        step += left.count;
    return step;
}

bool shard_owns(struct shard shard, const char *key)
{
    uint64_t number = 0;
    uint64_t place = 0;
    if (!contract_key_number(key, &number))
        number = digest_crc32(key, strlen(key));
    return shard_place(shard, number, &place);
}

/* ---- files ---- */

void shard_file(char name[CONTRACT_NAME_SIZE], const char *file, struct shard shard)
{
    const char *extension = strrchr(file, '.');
    if (shard_is_whole(shard))
        (void)snprintf(name, CONTRACT_NAME_SIZE, "%s", file);
    else
        (void)snprintf(name, CONTRACT_NAME_SIZE, "%.*s.%" PRIu32 "-of-%" PRIu32 "%s",
                       (int)(extension - file), file, shard.index, shard.count, extension);
}

void shard_lock_file(char name[CONTRACT_NAME_SIZE], struct shard shard)
{
    shard_file(name,
               shard_is_whole(shard) ? CONTRACT_CONSUMER_LOCK
                                     : CONTRACT_SHARDS "/" CONTRACT_SHARD_LOCK,
               shard);
}

bool shard_runs(int results_fd, struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    shard_lock_file(name, shard);
    return fileio_lock_is_held(results_fd, name);
}

bool shard_of_file(const char *name, const char *file, struct shard *shard)
{
    const char *extension = strrchr(file, '.');
    size_t stem = (size_t)(extension - file) + 1; /* with the point behind it */
    size_t length = strlen(name);
    size_t tail = strlen(extension);
    *shard = SHARD_WHOLE;
    if (strcmp(name, file) == 0)
        return true;
    return length > stem + tail && memcmp(name, file, stem) == 0 &&
           strcmp(name + length - tail, extension) == 0 &&
           read_between(name + stem, length - stem - tail, "-of-", shard) && shard->count > 1;
}
