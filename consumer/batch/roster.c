#include "consumer/batch/roster.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct roster_array *array, size_t needed)
{
    if (needed <= array->capacity)
        return true;
    size_t capacity = array->capacity == 0 ? 64 : array->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    struct sighting **items = reallocarray(array->items, capacity, sizeof(struct sighting *));
    if (items == NULL)
        return false;
    array->items = items;
    array->capacity = capacity;
    return true;
}

static void free_array(struct roster_array *array)
{
    for (size_t i = 0; i < array->count; i++)
        free(array->items[i]);
    free(array->items);
    *array = (struct roster_array){0};
}

void roster_free(struct roster *roster)
{
    free_array(&roster->all);
    free_array(&roster->fresh);
}

static int compare(const void *left, const void *right)
{
    const struct sighting *a = *(struct sighting *const *)left;
    const struct sighting *b = *(struct sighting *const *)right;
    return sighting_compare(a->key, a->number, b);
}

/* Where the key is, or belongs. */
static size_t find_place(const struct roster *roster, const char *key, uint64_t number, bool *found)
{
    size_t low = 0;
    size_t high = roster->all.count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sighting_compare(key, number, roster->all.items[middle]);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct sighting *roster_find(const struct roster *roster, const char *key, uint64_t number)
{
    bool found;
    size_t place = find_place(roster, key, number, &found);
    return found ? roster->all.items[place] : NULL;
}

bool roster_add(struct roster *roster, struct sighting *sighting)
{
    bool found;
    size_t place = find_place(roster, sighting->key, sighting->number, &found);
    if (!grow(&roster->all, roster->all.count + 1))
        return false;
    struct sighting **at = roster->all.items + place;
    memmove(at + 1, at, (roster->all.count - place) * sizeof *at);
    *at = sighting;
    roster->all.count++;
    return true;
}

bool roster_note(struct roster *roster, struct sighting *sighting)
{
    struct roster_array *fresh = &roster->fresh;
    if (!grow(fresh, fresh->count + 1))
        return false;
    fresh->items[fresh->count++] = sighting;
    return true;
}

static bool is_known(const struct roster *roster, const struct sighting *sighting)
{
    return roster_find(roster, sighting->key, sighting->number) != NULL;
}

void roster_sort_fresh(struct roster *roster)
{
    struct sighting **items = roster->fresh.items;
    size_t count = roster->fresh.count;
    size_t unique = 0;
    if (count == 0)
        return;
    qsort(items, count, sizeof(struct sighting *), compare);
    for (size_t i = 0; i < count; i++)
        if ((unique > 0 && compare(&items[unique - 1], &items[i]) == 0) ||
            is_known(roster, items[i]))
            free(items[i]);
        else
            items[unique++] = items[i];
    roster->fresh.count = unique;
}

/* From the last one down, so that nothing is moved twice. */
bool roster_merge(struct roster *roster)
{
    size_t old = roster->all.count;
    size_t new = roster->fresh.count;
    size_t to = old + new;
    if (!grow(&roster->all, to))
        return false;
    struct sighting **all = roster->all.items;
    struct sighting **fresh = roster->fresh.items;
    roster->all.count = to;
    roster->fresh.count = 0;
    while (new > 0) {
        bool from_old = old > 0 && compare(&all[old - 1], &fresh[new - 1]) > 0;
        all[--to] = from_old ? all[--old] : fresh[--new];
    }
    return true;
}
