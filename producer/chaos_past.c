#include "producer/chaos_past.h"

#include <stdlib.h>

/* A batch is one word: its fault above its number, which has 53 bits. */
#define NUMBER_BITS 56
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

bool chaos_past_take(void *context, uint64_t batch, enum fault fault)
{
    struct chaos_past *past = context;
    if (past->count == past->capacity) {
        size_t capacity = past->capacity == 0 ? 1024 : past->capacity * 2;
        uint64_t *items = reallocarray(past->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        past->items = items;
        past->capacity = capacity;
    }
    past->items[past->count++] = (uint64_t)fault << NUMBER_BITS | (batch & NUMBER_MASK);
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left & NUMBER_MASK;
    uint64_t b = *(const uint64_t *)right & NUMBER_MASK;
    return a < b ? -1 : a > b;
}

static void merge(const uint64_t *left, const uint64_t *right, const uint64_t *end, uint64_t *to)
{
    const uint64_t *middle = right;
    while (left < middle || right < end)
        if (right == end || (left < middle && compare_numbers(left, right) <= 0))
            *to++ = *left++;
        else
            *to++ = *right++;
}

/* Stable, which qsort(3) need not be: of the lines of a batch the last one stands. */
static bool sort_lines(struct chaos_past *past)
{
    uint64_t *other = calloc(past->count + 1, sizeof *other);
    if (other == NULL)
        return false;
    for (size_t run = 1; run < past->count; run *= 2) {
        for (size_t at = 0; at < past->count; at += 2 * run) {
            size_t middle = at + run < past->count ? at + run : past->count;
            size_t end = middle + run < past->count ? middle + run : past->count;
            merge(past->items + at, past->items + middle, past->items + end, other + at);
        }
        uint64_t *sorted = other;
        other = past->items;
        past->items = sorted;
        past->capacity = past->count;
    }
    free(other);
    return true;
}

bool chaos_past_sort(struct chaos_past *past)
{
    size_t kept = 0;
    if (!sort_lines(past))
        return false;
    for (size_t i = 0; i < past->count; i++)
        if (i + 1 == past->count || compare_numbers(&past->items[i], &past->items[i + 1]) != 0)
            past->items[kept++] = past->items[i];
    past->count = kept;
    return true;
}

enum fault chaos_past_fault(const struct chaos_past *past, uint64_t number)
{
    const uint64_t *found = past->count == 0 ? NULL
                                             : bsearch(&number, past->items, past->count,
                                                       sizeof *past->items, compare_numbers);
    return found == NULL ? FAULT_NONE : (enum fault)(*found >> NUMBER_BITS);
}

uint64_t chaos_past_number(const struct chaos_past *past, size_t at)
{
    return past->items[at] & NUMBER_MASK;
}

void chaos_past_free(struct chaos_past *past)
{
    free(past->items);
    *past = (struct chaos_past){0};
}
