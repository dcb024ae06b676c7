#include "common/keyset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

/* Index of the first range that ends at or behind the number. */
static size_t find_range(const struct keyset *keys, uint64_t number)
{
    size_t low = 0;
    size_t high = keys->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys->ranges[middle].last < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool keyset_has(const struct keyset *keys, uint64_t number)
{
    size_t at = find_range(keys, number);
    return at < keys->count && keys->ranges[at].first <= number;
}

uint64_t keyset_last(const struct keyset *keys)
{
    return keys->count == 0 ? 0 : keys->ranges[keys->count - 1].last;
}

static bool insert(struct keyset *keys, size_t at, struct keyset_range range)
{
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity == 0 ? 16 : keys->capacity * 2;
        struct keyset_range *ranges = reallocarray(keys->ranges, capacity, sizeof *ranges);
        if (ranges == NULL)
            return false;
        keys->ranges = ranges;
        keys->capacity = capacity;
    }
    memmove(keys->ranges + at + 1, keys->ranges + at, (keys->count - at) * sizeof *keys->ranges);
    keys->ranges[at] = range;
    keys->count++;
    return true;
}

static void join_with_next(struct keyset *keys, size_t at)
{
    keys->ranges[at].last = keys->ranges[at + 1].last;
    keys->count--;
    memmove(keys->ranges + at + 1, keys->ranges + at + 2,
            (keys->count - at - 1) * sizeof *keys->ranges);
}

bool keyset_add(struct keyset *keys, uint64_t number)
{
    size_t at = find_range(keys, number);
    bool inside = at < keys->count && keys->ranges[at].first <= number;
    bool behind = at > 0 && keys->ranges[at - 1].last == number - 1;
    bool before = at < keys->count && number != UINT64_MAX && keys->ranges[at].first == number + 1;
    if (inside)
        return true;
    if (behind) {
        keys->ranges[at - 1].last = number;
        if (before)
            join_with_next(keys, at - 1);
        return true;
    }
    if (before) {
        keys->ranges[at].first = number;
        return true;
    }
    return insert(keys, at, (struct keyset_range){number, number});
}

void keyset_write(const struct keyset *keys, struct text *text)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct keyset_range *range = &keys->ranges[i];
        text_printf(text, "%s%" PRIu64, i == 0 ? "" : ",", range->first);
        if (range->last > range->first)
            text_printf(text, "-%" PRIu64, range->last);
    }
}

static bool read_range(const char *text, size_t length, struct keyset_range *range)
{
    const char *dash = memchr(text, '-', length);
    size_t first = dash == NULL ? length : (size_t)(dash - text);
    if (!number_parse_u64(text, first, &range->first))
        return false;
    range->last = range->first;
    return dash == NULL || (number_parse_u64(dash + 1, length - first - 1, &range->last) &&
                            range->last > range->first);
}

bool keyset_read(struct keyset *keys, const char *text)
{
    keyset_free(keys);
    while (*text != '\0') {
        struct keyset_range range;
        size_t length = strcspn(text, ",");
        bool apart = true;
        if (!read_range(text, length, &range))
            break;
        if (keys->count > 0)
            apart = range.first > keyset_last(keys) && range.first - keyset_last(keys) > 1;
        if (!apart || !insert(keys, keys->count, range))
            break;
        text += length;
        if (*text == '\0')
            return true;
        text++;
    }
    bool good = *text == '\0' && keys->count == 0;
    keyset_free(keys);
    return good;
}

void keyset_free(struct keyset *keys)
{
    free(keys->ranges);
    *keys = (struct keyset){0};
}
