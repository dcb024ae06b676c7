#include "consumer/batch/settled.h"

#include <stdlib.h>

#define FINGERPRINT_MASK ((UINT64_C(1) << SIGNATURE_FINGERPRINT_BITS) - 1)

bool settled_note(struct settled *settled, uint64_t number, uint64_t fingerprint)
{
    if (settled->fresh_count == settled->fresh_capacity) {
        size_t capacity = settled->fresh_capacity == 0 ? 64 : settled->fresh_capacity * 2;
        struct settled_batch *fresh = reallocarray(settled->fresh, capacity, sizeof *fresh);
        if (fresh == NULL)
            return false;
        settled->fresh = fresh;
        settled->fresh_capacity = capacity;
    }
    settled->fresh[settled->fresh_count++] = (struct settled_batch){
        .number = number, .fingerprint = fingerprint & FINGERPRINT_MASK, .listed = 1};
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct settled_batch *a = left;
    const struct settled_batch *b = right;
    return a->number < b->number ? -1 : a->number > b->number ? 1 : 0;
}

static void sort_fresh(struct settled *settled)
{
    struct settled_batch *fresh = settled->fresh;
    size_t kept = 0;
    qsort(fresh, settled->fresh_count, sizeof *fresh, compare);
    for (size_t i = 0; i < settled->fresh_count; i++)
        if ((kept == 0 || fresh[kept - 1].number != fresh[i].number) &&
            settled_find(settled, fresh[i].number) == NULL)
            fresh[kept++] = fresh[i];
    settled->fresh_count = kept;
}

/* From the largest down, so that nothing is moved twice. */
bool settled_merge(struct settled *settled)
{
    if (settled->fresh_count == 0)
        return true;
    sort_fresh(settled);
    size_t old = settled->count;
    size_t fresh = settled->fresh_count;
    struct settled_batch *batches =
        reallocarray(settled->batches, old + fresh + 1, sizeof *batches);
    if (batches == NULL)
        return false;
    settled->batches = batches;
    settled->count = old + fresh;
    for (size_t to = old + fresh; fresh > 0;) {
        bool from_old = old > 0 && batches[old - 1].number > settled->fresh[fresh - 1].number;
        batches[--to] = from_old ? batches[--old] : settled->fresh[--fresh];
    }
    settled->fresh_count = 0;
    return true;
}

struct settled_batch *settled_find(const struct settled *settled, uint64_t number)
{
    const struct settled_batch probe = {.number = number};
    if (number == 0 || settled->count == 0)
        return NULL;
    return bsearch(&probe, settled->batches, settled->count, sizeof probe, compare);
}

void settled_compared(struct settled_batch *batch, uint64_t fingerprint)
{
    batch->fingerprint = fingerprint & FINGERPRINT_MASK;
    batch->sighted = 0;
}

void settled_begin_listing(struct settled *settled)
{
    for (size_t i = 0; i < settled->count; i++)
        settled->batches[i].listed = 0;
}

void settled_forget(struct settled *settled)
{
    size_t kept = 0;
    for (size_t i = 0; i < settled->count; i++)
        if (settled->batches[i].listed || settled->batches[i].sighted)
            settled->batches[kept++] = settled->batches[i];
    settled->count = kept;
}

void settled_free(struct settled *settled)
{
    free(settled->batches);
    free(settled->fresh);
    *settled = (struct settled){0};
}
