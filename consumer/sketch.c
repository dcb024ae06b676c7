#include "consumer/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "consumer/sort.h"

/* ---- tally ---- */

#define ARENA_BLOCK_BYTES (64u * 1024u)

/* Values are copied into blocks that never move, so that entries can point at them. */
struct block {
    struct block *next;
    size_t used;
    size_t size;
    char bytes[];
};

struct sketch_tally {
    struct sketch_entry *entries;
    size_t count;
    size_t entry_capacity;
    uint32_t *slots; /* index into entries plus one; 0 is free */
    size_t slot_count;
    uint64_t seed; /* cells are untrusted: who could foresee the hash could make all collide */
    struct block *blocks;
};

#define FIRST_SLOTS 64u

struct sketch_tally *sketch_tally_create(void)
{
    struct sketch_tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL)
        return NULL;
    tally->slot_count = FIRST_SLOTS;
    tally->slots = calloc(tally->slot_count, sizeof *tally->slots);
    if (tally->slots == NULL) {
        free(tally);
        return NULL;
    }
    if (getrandom(&tally->seed, sizeof tally->seed, GRND_NONBLOCK) < 0)
        tally->seed = (uint64_t)(uintptr_t)tally; /* early at boot: the address varies as well */
    return tally;
}

void sketch_tally_free(struct sketch_tally *tally)
{
    if (tally == NULL)
        return;
    while (tally->blocks != NULL) {
        struct block *next = tally->blocks->next;
        free(tally->blocks);
        tally->blocks = next;
    }
    free(tally->entries);
    free(tally->slots);
    free(tally);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

/* SipHash-1-3 (Aumasson and Bernstein 2012): keyed, and short for short input. */
static uint64_t hash(uint64_t seed, const char *bytes, size_t length)
{
    struct sip s = {seed ^ 0x736f6d6570736575u, ~seed ^ 0x646f72616e646f6du,
                    seed ^ 0x6c7967656e657261u, ~seed ^ 0x7465646279746573u};
    size_t whole = length & ~(size_t)7;
    uint64_t word = 0;
    for (size_t at = 0; at < whole; at += 8) {
        memcpy(&word, bytes + at, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    word = 0;
    if (length > whole)
        memcpy(&word, bytes + whole, length - whole);
    word |= (uint64_t)length << 56;
    s.v3 ^= word;
    sip_round(&s);
    s.v0 ^= word;
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The slot where the value is, or the free one where it belongs. */
static size_t find_slot(const struct sketch_tally *tally, const char *bytes, size_t length)
{
    size_t mask = tally->slot_count - 1;
    size_t slot = (size_t)hash(tally->seed, bytes, length) & mask;
    for (; tally->slots[slot] != 0; slot = (slot + 1) & mask) {
        const struct sketch_entry *entry = &tally->entries[tally->slots[slot] - 1];
        if (entry->length == length && (length == 0 || memcmp(entry->bytes, bytes, length) == 0))
            break;
    }
    return slot;
}

static bool grow_slots(struct sketch_tally *tally)
{
    if (tally->count < tally->slot_count / 2)
        return true;
    uint32_t *old = tally->slots;
    uint32_t *slots = calloc(tally->slot_count * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    tally->slots = slots;
    tally->slot_count *= 2;
    for (size_t i = 0; i < tally->count; i++) {
        const struct sketch_entry *entry = &tally->entries[i];
        slots[find_slot(tally, entry->bytes, entry->length)] = (uint32_t)i + 1;
    }
    free(old);
    return true;
}

static bool grow_entries(struct sketch_tally *tally)
{
    if (tally->count < tally->entry_capacity)
        return true;
    size_t capacity = tally->entry_capacity == 0 ? 32 : tally->entry_capacity * 2;
    if (capacity >= UINT32_MAX)
        return false;
    struct sketch_entry *entries = realloc(tally->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    tally->entries = entries;
    tally->entry_capacity = capacity;
    return true;
}

static const char *keep(struct sketch_tally *tally, const char *bytes, size_t length)
{
    struct block *block = tally->blocks;
    if (block == NULL || block->size - block->used < length) {
        size_t size = length > ARENA_BLOCK_BYTES ? length : ARENA_BLOCK_BYTES;
        block = malloc(sizeof *block + size);
        if (block == NULL)
            return NULL;
        *block = (struct block){.next = tally->blocks, .size = size};
        tally->blocks = block;
    }
    char *copy = block->bytes + block->used;
    if (length > 0)
        memcpy(copy, bytes, length);
    block->used += length;
    return copy;
}

bool sketch_tally_add(struct sketch_tally *tally, const char *bytes, size_t length)
{
    size_t slot = find_slot(tally, bytes, length);
    if (tally->slots[slot] != 0) {
        tally->entries[tally->slots[slot] - 1].count++;
        return true;
    }
    if (!grow_slots(tally) || !grow_entries(tally))
        return false;
    const char *copy = keep(tally, bytes, length);
    if (copy == NULL)
        return false;
    tally->entries[tally->count] =
        (struct sketch_entry){.bytes = copy, .length = length, .count = 1};
    slot = find_slot(tally, bytes, length);
    tally->slots[slot] = (uint32_t)++tally->count;
    return true;
}

size_t sketch_tally_distinct(const struct sketch_tally *tally)
{
    return tally->count;
}

bool sketch_tally_is_exact(const struct sketch_tally *tally)
{
    (void)tally;
    return true;
}

const struct sketch_entry *sketch_tally_entries(const struct sketch_tally *tally, size_t *count)
{
    *count = tally->count;
    return tally->entries;
}

/* ---- quantiles ---- */

struct sketch_quantiles {
    double *numbers;
    size_t count, capacity;
};

struct sketch_quantiles *sketch_quantiles_create(void)
{
    return calloc(1, sizeof(struct sketch_quantiles));
}

void sketch_quantiles_free(struct sketch_quantiles *quantiles)
{
    if (quantiles == NULL)
        return;
    free(quantiles->numbers);
    free(quantiles);
}

bool sketch_quantiles_add(struct sketch_quantiles *quantiles, double number)
{
    if (quantiles->count == quantiles->capacity) {
        size_t capacity = quantiles->capacity == 0 ? 64 : quantiles->capacity * 2;
        double *numbers = realloc(quantiles->numbers, capacity * sizeof *numbers);
        if (numbers == NULL)
            return false;
        quantiles->numbers = numbers;
        quantiles->capacity = capacity;
    }
    quantiles->numbers[quantiles->count++] = number;
    return true;
}

static int compare_doubles(const void *left, const void *right, void *context)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    (void)context;
    return (a > b) - (a < b);
}

bool sketch_quantiles_settle(struct sketch_quantiles *quantiles)
{
    return sort_elements(quantiles->numbers, quantiles->count, sizeof *quantiles->numbers,
                         compare_doubles, NULL);
}

double sketch_quantiles_at(const struct sketch_quantiles *quantiles, double p)
{
    if (quantiles->count == 0)
        return (double)NAN;
    double position = p * (double)(quantiles->count - 1);
    size_t below = (size_t)floor(position);
    double share = position - floor(position);
    double low = quantiles->numbers[below];
    if (share <= 0 || below + 1 >= quantiles->count)
        return low;
    double high = quantiles->numbers[below + 1];
    /* Weighted, as the difference of two large numbers of either sign could overflow. */
    return low == high ? low : low * (1 - share) + high * share;
}

double sketch_quantiles_rank_error(const struct sketch_quantiles *quantiles)
{
    (void)quantiles;
    return 0;
}

void sketch_quantiles_histogram(const struct sketch_quantiles *quantiles, const double *edges,
                                size_t bins, uint64_t *counts)
{
    size_t bin = 0;
    memset(counts, 0, bins * sizeof *counts);
    for (size_t i = 0; i < quantiles->count; i++) {
        while (bin + 1 < bins && quantiles->numbers[i] >= edges[bin + 1])
            bin++;
        counts[bin]++;
    }
}
