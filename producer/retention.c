#include "producer/retention.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/contract.h"
#include "producer/retired.h"

#define TIDY_AT_ONCE 1000
#define LOOKUPS_PER_DECISION 16
/* Numbers are noted as deleted so many ahead, where so many are used: a flush for all of them. */
#define RETIRED_AHEAD 1000

/* --- ascending numbers ----------------------------------------------------------------------- */

/* Space in front, from numbers that were taken off, is used before more is asked for. */
static bool make_room(struct retention_numbers *numbers)
{
    if (numbers->first + numbers->count < numbers->capacity)
        return true;
    if (numbers->first > numbers->count) {
        memcpy(numbers->items, numbers->items + numbers->first,
               numbers->count * sizeof *numbers->items);
        numbers->first = 0;
        return true;
    }
    size_t capacity = numbers->capacity < 64 ? 64 : numbers->capacity * 2;
    uint64_t *items = reallocarray(numbers->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    numbers->items = items;
    numbers->capacity = capacity;
    return true;
}

/* Nearly always at the end: readers take batches in order. */
static bool insert(struct retention_numbers *numbers, uint64_t number)
{
    if (!make_room(numbers))
        return false;
    uint64_t *items = numbers->items + numbers->first;
    size_t at = numbers->count++;
    for (; at > 0 && items[at - 1] > number; at--)
        items[at] = items[at - 1];
    items[at] = number;
    return true;
}

static void take_first(struct retention_numbers *numbers)
{
    numbers->first++;
    numbers->count--;
}

/* --- what is pending ------------------------------------------------------------------------- */

void retention_open(struct retention *retention, int directory_fd,
                    const struct retention_limits *limits, uint64_t **numbers, size_t count)
{
    *retention = (struct retention){.directory_fd = directory_fd, .limits = *limits};
    retention->pending =
        (struct retention_numbers){.items = *numbers, .count = count, .capacity = count};
    *numbers = NULL;
}

void retention_close(struct retention *retention)
{
    free(retention->pending.items);
    free(retention->acknowledged.items);
    *retention = (struct retention){.directory_fd = -1};
}

bool retention_add(struct retention *retention, uint64_t number)
{
    retention->added = true;
    return insert(&retention->pending, number);
}

/* `more` batches are on their way. */
static bool at_high_water(const struct retention *retention, size_t more)
{
    return retention->limits.max_pending_batches != 0 &&
           retention->pending.count + more >= retention->limits.max_pending_batches;
}

/*
 * Before anybody waits, for a single decision: a batch whose commit seemed to fail may have been
 * acknowledged before it was added here.
 */
static bool worth_asking(const struct retention *retention, uint64_t decisions)
{
    if (!retention->asked)
        return true;
    uint64_t news = decisions - retention->decisions;
    if (at_high_water(retention, 0))
        return news > 0 || retention->added;
    return news > 0 && news >= retention->pending.count / LOOKUPS_PER_DECISION;
}

static void merge(uint64_t *items, const struct retention_numbers *left,
                  const struct retention_numbers *right)
{
    const uint64_t *a = left->items + left->first;
    const uint64_t *b = right->items + right->first;
    size_t i = 0;
    size_t j = 0;
    while (i < left->count || j < right->count)
        if (j == right->count || (i < left->count && a[i] < b[j]))
            *items++ = a[i++];
        else
            *items++ = b[j++];
}

/* What some logs said says nothing about others. False when memory is short. */
static bool take_all_back(struct retention *retention)
{
    struct retention_numbers *pending = &retention->pending;
    struct retention_numbers *acknowledged = &retention->acknowledged;
    size_t count = pending->count + acknowledged->count;
    retention->asked = false;
    if (acknowledged->count == 0)
        return true;
    uint64_t *items = reallocarray(NULL, count, sizeof *items);
    if (items == NULL)
        return false;
    merge(items, pending, acknowledged);
    free(pending->items);
    free(acknowledged->items);
    *pending = (struct retention_numbers){.items = items, .count = count, .capacity = count};
    *acknowledged = (struct retention_numbers){.items = NULL};
    return true;
}

static void ask(struct retention *retention, const struct acknowledgements *seen)
{
    struct retention_numbers *pending = &retention->pending;
    size_t left = 0;
    for (size_t i = 0; i < pending->count; i++) {
        uint64_t number = pending->items[pending->first + i];
        if (!acknowledgements_have(seen, number) || !insert(&retention->acknowledged, number))
            pending->items[left++] = number;
    }
    pending->first = 0;
    pending->count = left;
}

void retention_follow(struct retention *retention, const struct acknowledgements *seen)
{
    retention->reader_seen = seen->count > 0;
    if (seen->count == 0)
        return;
    if (seen->epoch != retention->epoch && !take_all_back(retention))
        return;
    retention->epoch = seen->epoch;
    uint64_t decisions = acknowledgements_decisions(seen);
    if (!worth_asking(retention, decisions))
        return;
    ask(retention, seen);
    retention->decisions = decisions;
    retention->asked = true;
    retention->added = false;
}

/* --- what goes ------------------------------------------------------------------------------- */

/* A directory that somebody put under the name is not ours to remove, nor to stumble over. */
static int remove_file(int directory_fd, const char *name)
{
    if (unlinkat(directory_fd, name, 0) == 0 || errno == ENOENT || errno == EISDIR)
        return 0;
    return -1;
}

static int remove_batch(int directory_fd, uint64_t number)
{
    char key[32];
    char metadata[CONTRACT_NAME_SIZE];
    char data[CONTRACT_NAME_SIZE];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    contract_metadata_name(metadata, key);
    contract_data_name(data, number);
    if (remove_file(directory_fd, metadata) != 0)
        return -1;
    return remove_file(directory_fd, data);
}

void retention_spare(struct retention *retention, uint64_t from_number)
{
    retention->spared_from = from_number;
}

/* True while the oldest acknowledged batch is one too many. */
static bool has_one_to_delete(const struct retention *retention)
{
    const struct retention_numbers *acknowledged = &retention->acknowledged;
    return acknowledged->count > retention->limits.keep_batches &&
           (retention->spared_from == 0 ||
            acknowledged->items[acknowledged->first] < retention->spared_from);
}

/* Of other logs than those that were asked, nothing is known. */
static bool may_delete(const struct retention *retention, const struct acknowledgements *seen)
{
    return seen->all_seen && seen->epoch == retention->epoch && has_one_to_delete(retention);
}

static uint64_t last_of(const struct retention_numbers *numbers)
{
    return numbers->count == 0 ? 0 : numbers->items[numbers->first + numbers->count - 1];
}

/* Below all that is spared, and not above what is used: no number is passed over by this. */
static uint64_t retired_below_for(const struct retention *retention, uint64_t number)
{
    uint64_t below = number + RETIRED_AHEAD;
    uint64_t pending = last_of(&retention->pending);
    uint64_t acknowledged = last_of(&retention->acknowledged);
    uint64_t highest = pending > acknowledged ? pending : acknowledged;
    if (below > highest + 1)
        below = highest + 1;
    if (retention->spared_from != 0 && below > retention->spared_from)
        below = retention->spared_from;
    return below;
}

/*
 * Where there is no space for the note, deleting makes some: that goes first, as long as a higher
 * number is still there to be seen.
 */
static int retire(struct retention *retention, uint64_t number)
{
    if (number < retention->retired_below)
        return 0;
    uint64_t below = retired_below_for(retention, number);
    if (retired_raise(retention->directory_fd, below) == 0) {
        retention->retired_below = below;
        return 0;
    }
    bool no_space = errno == ENOSPC || errno == EDQUOT;
    return no_space && below > number + 1 ? 0 : -1;
}

static int delete_first(struct retention *retention)
{
    struct retention_numbers *acknowledged = &retention->acknowledged;
    uint64_t number = acknowledged->items[acknowledged->first];
    if (retire(retention, number) != 0 || remove_batch(retention->directory_fd, number) != 0)
        return -1;
    take_first(acknowledged);
    return 0;
}

int retention_tidy(struct retention *retention, const struct acknowledgements *seen)
{
    if (!may_delete(retention, seen))
        return 0;
    /* What a power loss could still take back acknowledges nothing. */
    if (acknowledgements_settle(seen) != 0)
        return -1;
    for (int i = 0; i < TIDY_AT_ONCE && has_one_to_delete(retention); i++)
        if (delete_first(retention) != 0)
            return -1;
    return 0;
}

/* A batch that is to come must leave as much as is to stay free. */
static bool is_full(const struct retention *retention, uint64_t bytes)
{
    struct statvfs space;
    uint64_t wanted;
    if (retention->limits.min_free_bytes == 0 || fstatvfs(retention->directory_fd, &space) != 0)
        return false;
    if (__builtin_add_overflow(retention->limits.min_free_bytes, bytes, &wanted))
        wanted = UINT64_MAX;
    return space.f_bavail < wanted / space.f_frsize;
}

enum retention_verdict retention_verdict(const struct retention *retention, size_t more,
                                         uint64_t bytes)
{
    if (retention->reader_seen && at_high_water(retention, more))
        return RETENTION_READER_BEHIND;
    return is_full(retention, bytes) ? RETENTION_DISK_FULL : RETENTION_GO;
}

uint64_t retention_first_pending(const struct retention *retention)
{
    return retention->pending.count == 0 ? 0 : retention->pending.items[retention->pending.first];
}

bool retention_has_caught_up(const struct retention *retention)
{
    return !retention->reader_seen || retention->limits.max_pending_batches == 0 ||
           retention->pending.count <= retention->limits.max_pending_batches / 2;
}
