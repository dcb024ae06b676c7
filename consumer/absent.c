#include "consumer/absent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/condition.h"
#include "common/contract.h"

struct sign {
    struct timespec at; /* of its status */
    int64_t seen_ns;    /* since when it is that */
};

struct absent {
    int results_fd;
    struct shard own;
    int64_t next_ns;
    struct condition some;
    struct sign signs[]; /* one for each shard */
};

struct absent *absent_create(int results_fd, struct shard own, int64_t now_ns)
{
    struct absent *absent = calloc(1, sizeof *absent + own.count * sizeof *absent->signs);
    if (absent == NULL)
        return NULL;
    absent->results_fd = results_fd;
    absent->own = own;
    absent->some.over = "a consumer runs as each shard again";
    for (uint32_t i = 0; i < own.count; i++)
        absent->signs[i].seen_ns = now_ns;
    return absent;
}

void absent_free(struct absent *absent)
{
    free(absent);
}

/* True when it has given none for long. */
static bool is_silent(const struct absent *absent, struct shard shard, struct sign *sign,
                      int64_t now_ns)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    shard_file(name, CONTRACT_STATUS, shard);
    bool there = fstatat(absent->results_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (there &&
        (status.st_mtim.tv_sec != sign->at.tv_sec || status.st_mtim.tv_nsec != sign->at.tv_nsec))
        *sign = (struct sign){.at = status.st_mtim, .seen_ns = now_ns};
    return now_ns - sign->seen_ns >= ABSENT_PATIENCE_NS;
}

void absent_look(struct absent *absent, int64_t now_ns)
{
    char words[SHARD_WORDS_SIZE];
    uint32_t first = 0;
    if (now_ns < absent->next_ns)
        return;
    absent->next_ns = now_ns + ABSENT_EVERY_NS;
    for (uint32_t i = 1; i <= absent->own.count; i++) {
        struct shard shard = {.index = i, .count = absent->own.count};
        if (i != absent->own.index && is_silent(absent, shard, &absent->signs[i - 1], now_ns) &&
            first == 0)
            first = i;
    }
    if (first == 0) {
        condition_end(&absent->some);
        return;
    }
    shard_words(words, (struct shard){.index = first, .count = absent->own.count});
    condition_begin(&absent->some, "no consumer runs as shard %s: its batches wait", words);
}
