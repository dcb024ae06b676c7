#include "consumer/stream/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each N that was ever tried leaves N logs. */
#define SOURCES_MAX ((size_t)64 * SHARD_COUNT_MAX)

void sources_free(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        records_piece_free(&sources->items[i].piece);
    free(sources->items);
    *sources = (struct sources){.results_fd = sources->results_fd};
}

static struct source *find(const struct sources *sources, struct shard shard)
{
    for (size_t i = 0; i < sources->count; i++)
        if (shard_is_same(sources->items[i].shard, shard))
            return &sources->items[i];
    return NULL;
}

static struct source *find_or_add(struct sources *sources, struct shard shard)
{
    struct source *found = find(sources, shard);
    if (found != NULL)
        return found;
    struct source *grown = reallocarray(sources->items, sources->count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    sources->items = grown;
    grown[sources->count] = (struct source){.shard = shard};
    return &grown[sources->count++];
}

size_t sources_place(struct sources *sources, struct shard shard)
{
    const struct source *source = find_or_add(sources, shard);
    return source == NULL ? SIZE_MAX : (size_t)(source - sources->items);
}

bool sources_extend(struct sources *sources, struct shard shard, uint64_t log_bytes)
{
    struct source *source = find_or_add(sources, shard);
    if (source == NULL)
        return false;
    if (log_bytes < source->log_bytes)
        records_piece_free(&source->piece);
    source->log_bytes = log_bytes;
    source->unreadable = false;
    return true;
}

void sources_pass(struct sources *sources, struct shard shard)
{
    struct source *source = find(sources, shard);
    if (source == NULL)
        return;
    source->at = source->log_bytes;
    source->known = false;
}

/* ---- asking ---- */

static bool lags(const struct source *source)
{
    return source->at < source->log_bytes;
}

bool sources_lag_of(const struct sources *sources, struct shard shard)
{
    const struct source *source = find(sources, shard);
    return source != NULL && lags(source);
}

bool sources_lag(const struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (lags(&sources->items[i]))
            return true;
    return false;
}

bool sources_are_readable(const struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (lags(&sources->items[i]) && !sources->items[i].unreadable)
            return true;
    return false;
}

uint64_t sources_at(const struct sources *sources, struct shard shard)
{
    const struct source *source = find(sources, shard);
    return source == NULL ? 0 : source->at;
}

uint64_t sources_read_bytes(const struct sources *sources)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < sources->count; i++)
        bytes += sources->items[i].at;
    return bytes;
}

uint64_t sources_left_bytes(const struct sources *sources)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < sources->count; i++)
        bytes += lags(&sources->items[i]) ? sources->items[i].log_bytes - sources->items[i].at : 0;
    return bytes;
}

/* ---- reading ---- */

static size_t read_one(struct sources *sources, struct source *source, size_t most,
                       processed_record_take *take, void *context)
{
    sources->reading = source->shard;
    source->known = false;
    size_t lines = most > 1 ? records_read(sources->results_fd, source->shard, &source->at,
                                           source->log_bytes, most, take, context)
                            : records_read_on(sources->results_fd, source->shard, &source->piece,
                                              &source->at, source->log_bytes, most, take, context);
    if (!lags(source))
        records_piece_free(&source->piece);
    return lines;
}

/* Looks at the time and refuses the record, so that it stays in front. */
static bool note_time(void *context, const struct processed_record *record)
{
    struct source *source = context;
    (void)snprintf(source->next_at, sizeof source->next_at, "%s", record->at);
    source->known = true;
    return false;
}

/* Lines that are damaged are passed on the way to the next record. */
static void look_ahead(struct sources *sources, struct source *source)
{
    uint64_t at = source->at;
    while (!source->known && at < source->log_bytes &&
           records_read_on(sources->results_fd, source->shard, &source->piece, &at,
                           source->log_bytes, 1, note_time, source) > 0)
        source->at = at;
    source->unreadable = !source->known && lags(source);
}

/* RFC 3339 in UTC, with the same number of digits: in the order of time as texts. */
static struct source *earliest(struct sources *sources)
{
    struct source *first = NULL;
    for (size_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->items[i];
        if (!lags(source) || source->unreadable)
            continue;
        look_ahead(sources, source);
        if (source->known && (first == NULL || strcmp(source->next_at, first->next_at) < 0))
            first = source;
    }
    return first;
}

static struct source *only_one(struct sources *sources)
{
    struct source *only = NULL;
    for (size_t i = 0; i < sources->count; i++) {
        if (!lags(&sources->items[i]) || sources->items[i].unreadable)
            continue;
        if (only != NULL)
            return NULL;
        only = &sources->items[i];
    }
    return only;
}

size_t sources_read(struct sources *sources, size_t most, processed_record_take *take,
                    void *context)
{
    size_t lines = 0;
    struct source *source = only_one(sources);
    if (source != NULL) {
        lines = read_one(sources, source, most, take, context);
        source->unreadable = lines == 0;
        return lines;
    }
    while (lines < most && (source = earliest(sources)) != NULL) {
        size_t taken = read_one(sources, source, 1, take, context);
        if (taken == 0)
            break;
        lines += taken;
    }
    return lines;
}

bool sources_back(const struct sources *sources, const size_t *counts, size_t most,
                  struct sources *back)
{
    *back = (struct sources){.results_fd = sources->results_fd};
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *source = &sources->items[i];
        struct source *copy = find_or_add(back, source->shard);
        if (copy == NULL)
            return false;
        copy->log_bytes = source->at;
        copy->at = records_back(sources->results_fd, source->shard, source->at,
                                counts == NULL ? most : counts[i]);
    }
    return true;
}

size_t sources_read_of(struct sources *sources, size_t place, processed_record_take *take,
                       void *context)
{
    return read_one(sources, &sources->items[place], 1, take, context);
}

/* ---- kept ---- */

bool sources_pack(const struct sources *sources, struct text *file)
{
    pack_u64(file, sources->count);
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *source = &sources->items[i];
        uint32_t mark = 0;
        if (!records_mark(sources->results_fd, source->shard, source->at, &mark))
            return false;
        pack_u32(file, source->shard.index);
        pack_u32(file, source->shard.count);
        pack_u64(file, source->at);
        pack_u32(file, mark);
    }
    return true;
}

bool sources_unpack(struct sources *sources, struct unpacker *packed)
{
    size_t count = unpack_count(packed, SOURCES_MAX, 20);
    bool same = !unpack_failed(packed);
    for (size_t i = 0; i < count && same; i++) {
        struct shard shard = {0};
        shard.index = unpack_u32(packed);
        shard.count = unpack_u32(packed);
        uint64_t at = unpack_u64(packed);
        uint32_t kept = unpack_u32(packed);
        uint32_t mark = 0;
        bool is_one = shard.index >= 1 && shard.index <= shard.count;
        struct source *source = is_one ? find_or_add(sources, shard) : NULL;
        same =
            source != NULL && records_mark(sources->results_fd, shard, at, &mark) && mark == kept;
        if (same)
            source->at = source->log_bytes = at;
    }
    return same;
}
