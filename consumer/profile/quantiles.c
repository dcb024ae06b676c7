#include "consumer/profile/quantiles.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/profile/sort_numbers.h"

/* In use at the same time; the sampler stands for those below. */
#define LEVELS 10u
/* 2^63 numbers are more than can be counted. */
#define LEVEL_COUNT 64u

struct level {
    double *numbers; /* NULL before its first use and after its last */
    size_t count;    /* below the capacity, but in the middle of adding */
    bool tossed;     /* the coin's last fall counts once more, the other way round */
    bool second;     /* that fall: hand up the second of each two */
};

struct quantiles {
    size_t capacity;
    unsigned lowest;  /* the level that the sampler feeds */
    unsigned highest; /* in use */
    struct level levels[LEVEL_COUNT];
    uint64_t random;
    uint64_t group;  /* how many of the sampler's current 2^lowest numbers have come */
    uint64_t chosen; /* which of them it hands on */
    double number;   /* that one; while it has not come, the newest */
    uint64_t *scratch;
};

struct quantiles *quantiles_create(size_t capacity)
{
    struct quantiles *quantiles = calloc(1, sizeof *quantiles);
    if (quantiles == NULL)
        return NULL;
    quantiles->capacity = capacity;
    quantiles->scratch = malloc(2 * capacity * sizeof *quantiles->scratch);
    if (quantiles->scratch != NULL)
        return quantiles;
    quantiles_free(quantiles);
    return NULL;
}

void quantiles_free(struct quantiles *quantiles)
{
    if (quantiles == NULL)
        return;
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        free(quantiles->levels[i].numbers);
    free(quantiles->scratch);
    free(quantiles);
}

/* SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t next_random(struct quantiles *quantiles)
{
    uint64_t z = quantiles->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- compactors ---- */

static bool is_second(struct quantiles *quantiles, struct level *level)
{
    level->second = level->tossed ? !level->second : (next_random(quantiles) >> 63) != 0;
    level->tossed = !level->tossed;
    return level->second;
}

/* Of each two in order one is kept, at the front; returns how many. An odd last one is not among
 * them. */
static size_t halve(struct quantiles *quantiles, struct level *level)
{
    size_t pairs = level->count / 2;
    size_t offset = is_second(quantiles, level) ? 1 : 0;
    sort_numbers(level->numbers, level->count, quantiles->scratch);
    for (size_t i = 0; i < pairs; i++)
        level->numbers[i] = level->numbers[2 * i + offset];
    return pairs;
}

static bool put(struct quantiles *quantiles, unsigned at, double number);

/* Numbers are put on a level from below alone, so nothing writes over those that go up. */
static bool hand_up(struct quantiles *quantiles, unsigned from, size_t count)
{
    const double *numbers = quantiles->levels[from].numbers;
    for (size_t i = 0; i < count; i++)
        if (!put(quantiles, from + 1, numbers[i]))
            return false;
    return true;
}

static bool compact(struct quantiles *quantiles, unsigned at)
{
    struct level *level = &quantiles->levels[at];
    size_t kept = halve(quantiles, level);
    level->count = 0;
    return hand_up(quantiles, at, kept);
}

static bool use_level(struct quantiles *quantiles, unsigned at)
{
    struct level *level = &quantiles->levels[at];
    if (level->numbers == NULL)
        level->numbers = malloc(quantiles->capacity * sizeof *level->numbers);
    if (at > quantiles->highest)
        quantiles->highest = at;
    return level->numbers != NULL;
}

static bool put(struct quantiles *quantiles, unsigned at, double number)
{
    struct level *level = &quantiles->levels[at];
    if (level->numbers == NULL && !use_level(quantiles, at))
        return false;
    level->numbers[level->count++] = number;
    return level->count < quantiles->capacity || compact(quantiles, at);
}

/* ---- the sampler ---- */

static uint64_t group_size(const struct quantiles *quantiles)
{
    return UINT64_C(1) << quantiles->lowest;
}

static void choose(struct quantiles *quantiles)
{
    quantiles->chosen =
        quantiles->lowest == 0 ? 0 : next_random(quantiles) & (group_size(quantiles) - 1);
}

/* Takes in a number that came `weight` times in a row, but on no level above the lowest. */
static bool sample(struct quantiles *quantiles, double number, uint64_t weight)
{
    while (weight > 0) {
        uint64_t left = group_size(quantiles) - quantiles->group;
        uint64_t step = weight < left ? weight : left;
        if (quantiles->group <= quantiles->chosen)
            quantiles->number = number;
        quantiles->group += step;
        weight -= step;
        if (step < left)
            return true;
        quantiles->group = 0;
        choose(quantiles);
        if (!put(quantiles, quantiles->lowest, quantiles->number))
            return false;
    }
    return true;
}

/*
 * The lowest level goes up by halves, and an odd number to the sampler, whose groups are twice as
 * large from now on. Of the numbers that came of its current group it has chosen one already, which
 * is kept as often as it would be had the group been so large from the start.
 */
static bool raise_lowest(struct quantiles *quantiles)
{
    unsigned old = quantiles->lowest;
    uint64_t weight = group_size(quantiles);
    struct level *level = &quantiles->levels[old];
    size_t count = level->count;
    double last = 0;
    bool good = true;
    quantiles->lowest++;
    if (quantiles->highest < quantiles->lowest)
        quantiles->highest = quantiles->lowest;
    choose(quantiles);
    if (count > 0) {
        size_t kept = halve(quantiles, level);
        last = level->numbers[count - 1];
        good = hand_up(quantiles, old, kept);
    }
    if (good && count % 2 == 1)
        good = sample(quantiles, last, weight);
    free(level->numbers);
    *level = (struct level){.numbers = NULL};
    return good;
}

/* At the end of each addition. */
static bool settle(struct quantiles *quantiles)
{
    while (quantiles->highest - quantiles->lowest >= LEVELS)
        if (!raise_lowest(quantiles))
            return false;
    return true;
}

/* ---- adding ---- */

/* As many as the lowest level has room for; it must stand for one number each. */
static size_t append(struct quantiles *quantiles, const double *numbers, size_t count)
{
    struct level *level = &quantiles->levels[0];
    size_t room = quantiles->capacity - level->count;
    size_t taken = count < room ? count : room;
    if (!use_level(quantiles, 0))
        return 0;
    memcpy(level->numbers + level->count, numbers, taken * sizeof *numbers);
    level->count += taken;
    if (level->count == quantiles->capacity && !compact(quantiles, 0))
        return 0;
    return taken;
}

bool quantiles_add(struct quantiles *quantiles, const double *numbers, size_t count)
{
    size_t at = 0;
    while (at < count) {
        uint64_t size = group_size(quantiles);
        if (quantiles->lowest == 0) {
            size_t taken = append(quantiles, numbers + at, count - at);
            if (taken == 0)
                return false;
            at += taken;
        } else if (quantiles->group == 0 && count - at >= size) {
            double number = numbers[at + quantiles->chosen];
            at += size;
            choose(quantiles);
            if (!put(quantiles, quantiles->lowest, number))
                return false;
        } else if (!sample(quantiles, numbers[at++], 1)) {
            return false;
        }
        if (!settle(quantiles))
            return false;
    }
    return true;
}

bool quantiles_add_weighted(struct quantiles *quantiles, double number, uint64_t weight)
{
    /* On a level for each bit of the weight, but not so high that the lowest must go for it. */
    unsigned top = quantiles->lowest + LEVELS - 1;
    for (uint64_t left = weight >> top; left > 0; left--)
        if (!put(quantiles, top, number))
            return false;
    for (unsigned at = top; at-- > quantiles->lowest;)
        if ((weight >> at & 1) != 0 && !put(quantiles, at, number))
            return false;
    return sample(quantiles, number, weight & (group_size(quantiles) - 1)) && settle(quantiles);
}

static bool merge_level(struct quantiles *into, const struct level *level, unsigned at)
{
    for (size_t i = 0; i < level->count; i++) {
        bool good = at < into->lowest ? sample(into, level->numbers[i], UINT64_C(1) << at)
                                      : put(into, at, level->numbers[i]);
        if (!good)
            return false;
    }
    return true;
}

bool quantiles_merge(struct quantiles *into, const struct quantiles *from)
{
    while (into->lowest < from->lowest)
        if (!raise_lowest(into))
            return false;
    for (unsigned at = from->lowest; at <= from->highest; at++)
        if (!merge_level(into, &from->levels[at], at))
            return false;
    return sample(into, from->number, from->group) && settle(into);
}

/* ---- asking ---- */

static int compare_points(const void *left, const void *right)
{
    const struct distribution_point *a = left;
    const struct distribution_point *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

static void append_point(struct distribution *spread, double number, uint64_t weight)
{
    spread->points[spread->count++] =
        (struct distribution_point){.number = number, .weight = weight};
    spread->weight += weight;
}

bool quantiles_spread(const struct quantiles *quantiles, struct distribution *spread)
{
    size_t count = 1;
    for (unsigned at = 0; at < LEVEL_COUNT; at++)
        count += quantiles->levels[at].count;
    *spread = (struct distribution){.points = malloc(count * sizeof *spread->points)};
    if (spread->points == NULL)
        return false;
    for (unsigned at = 0; at < LEVEL_COUNT; at++)
        for (size_t i = 0; i < quantiles->levels[at].count; i++)
            append_point(spread, quantiles->levels[at].numbers[i], UINT64_C(1) << at);
    if (quantiles->group > 0)
        append_point(spread, quantiles->number, quantiles->group);
    qsort(spread->points, spread->count, sizeof *spread->points, compare_points);
    return true;
}

uint64_t quantiles_weight(const struct quantiles *quantiles)
{
    uint64_t weight = quantiles->group;
    for (unsigned at = 0; at < LEVEL_COUNT; at++)
        weight += (uint64_t)quantiles->levels[at].count << at;
    return weight;
}

size_t quantiles_bytes(const struct quantiles *quantiles)
{
    size_t bytes = sizeof *quantiles + 2 * quantiles->capacity * sizeof *quantiles->scratch;
    for (unsigned at = 0; at < LEVEL_COUNT; at++)
        if (quantiles->levels[at].numbers != NULL)
            bytes += quantiles->capacity * sizeof *quantiles->levels[at].numbers;
    return bytes;
}

/* ---- kept ---- */

static void pack_level(const struct level *level, struct text *text)
{
    pack_flag(text, level->tossed);
    pack_flag(text, level->second);
    pack_u64(text, level->count);
    pack_doubles(text, level->numbers, level->count);
}

void quantiles_pack(const struct quantiles *quantiles, struct text *text)
{
    pack_u64(text, quantiles->lowest);
    pack_u64(text, quantiles->highest);
    for (unsigned at = quantiles->lowest; at <= quantiles->highest; at++)
        pack_level(&quantiles->levels[at], text);
    pack_u64(text, quantiles->random);
    pack_u64(text, quantiles->group);
    pack_u64(text, quantiles->chosen);
    pack_double(text, quantiles->number);
}

/* Reached after 2^59 numbers. Weights add up in 64 bits, and no shift by a level is too far. */
#define LOWEST_MAX 40u

static bool unpack_level(struct quantiles *quantiles, struct unpacker *packed, unsigned at)
{
    struct level *level = &quantiles->levels[at];
    level->tossed = unpack_flag(packed);
    level->second = unpack_flag(packed);
    size_t count = unpack_count(packed, quantiles->capacity - 1, sizeof *level->numbers);
    if (count > 0 && !use_level(quantiles, at))
        return false;
    unpack_doubles(packed, level->numbers, count);
    level->count = count;
    return !unpack_failed(packed);
}

static bool unpack_levels(struct quantiles *quantiles, struct unpacker *packed)
{
    quantiles->lowest = (unsigned)unpack_up_to(packed, LOWEST_MAX);
    quantiles->highest = (unsigned)unpack_up_to(packed, quantiles->lowest + LEVELS - 1);
    for (unsigned at = quantiles->lowest; at <= quantiles->highest; at++)
        if (!unpack_level(quantiles, packed, at))
            return false;
    return quantiles->lowest <= quantiles->highest || unpack_refuse(packed);
}

struct quantiles *quantiles_unpack(struct unpacker *packed, size_t capacity)
{
    struct quantiles *quantiles = quantiles_create(capacity);
    if (quantiles == NULL)
        return NULL;
    bool good = unpack_levels(quantiles, packed);
    quantiles->random = unpack_u64(packed);
    quantiles->group = unpack_up_to(packed, group_size(quantiles) - 1);
    quantiles->chosen = unpack_up_to(packed, group_size(quantiles) - 1);
    quantiles->number = unpack_finite(packed);
    if (good && !unpack_failed(packed))
        return quantiles;
    quantiles_free(quantiles);
    return NULL;
}
