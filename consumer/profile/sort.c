#include "consumer/profile/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/wait.h"

struct sorting {
    char *from;
    char *to;
    size_t count;
    size_t size;
    sort_compare *compare;
    void *context;
};

static bool stopped(void)
{
    errno = EINTR;
    return wait_stopping();
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool sort_runs(const struct sorting *sorting)
{
    for (size_t at = 0; at < sorting->count; at += SORT_RUN) {
        if (at > 0 && stopped())
            return false;
        qsort_r(sorting->from + at * sorting->size, smaller(SORT_RUN, sorting->count - at),
                sorting->size, sorting->compare, sorting->context);
    }
    return true;
}

/* Merges from[left..middle) and from[middle..right) into to[left..right). */
static bool merge(const struct sorting *sorting, size_t left, size_t middle, size_t right)
{
    size_t size = sorting->size;
    size_t low = left;
    size_t high = middle;
    for (size_t at = left; at < right; at++) {
        const char *a = sorting->from + low * size;
        const char *b = sorting->from + high * size;
        bool take_low =
            high == right || (low < middle && sorting->compare(a, b, sorting->context) <= 0);
        memcpy(sorting->to + at * size, take_low ? a : b, size);
        low += take_low ? 1 : 0;
        high += take_low ? 0 : 1;
        if (at % SORT_RUN == 0 && stopped())
            return false;
    }
    return true;
}

static bool merge_runs(struct sorting *sorting)
{
    for (size_t width = SORT_RUN; width < sorting->count; width *= 2) {
        for (size_t left = 0; left < sorting->count; left += 2 * width) {
            size_t middle = smaller(left + width, sorting->count);
            size_t right = smaller(left + 2 * width, sorting->count);
            if (!merge(sorting, left, middle, right))
                return false;
        }
        char *swap = sorting->from;
        sorting->from = sorting->to;
        sorting->to = swap;
    }
    return true;
}

bool sort_elements(void *elements, size_t count, size_t size, sort_compare *compare, void *context)
{
    struct sorting sorting = {
        .from = elements, .count = count, .size = size, .compare = compare, .context = context};
    if (!sort_runs(&sorting))
        return false;
    if (count <= SORT_RUN)
        return true;
    char *room = reallocarray(NULL, count, size);
    if (room == NULL)
        return false;
    sorting.to = room;
    bool merged = merge_runs(&sorting);
    /* A pass that was broken off has changed `to` alone; `from` holds every element. */
    if (sorting.from != (char *)elements)
        memcpy(elements, sorting.from, count * size);
    free(room);
    errno = EINTR;
    return merged;
}
