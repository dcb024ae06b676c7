#include "consumer/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "consumer/hash.h"
#include "consumer/short_bytes.h"

#define FIRST_ENTRIES 16u
#define FIRST_BYTES 256u
/* At a time, as every value looks for its place anew. */
#define GROWTH 4u
#define NONE SIZE_MAX

struct counter {
    uint64_t hash;
    uint64_t count;
    uint64_t missed; /* the error when it was taken: what may have come before */
    uint32_t at;     /* of its bytes in the tally's */
    uint32_t length;
};

/* Who stands here, and enough of its hash to pass most others by without a look at them. */
struct slot {
    uint32_t place; /* one more than its place among the counters; 0 is free */
    uint32_t mark;
};

struct tally {
    struct tally_room room;
    struct counter *counters;
    size_t count, capacity;
    struct slot *slots; /* twice the capacity */
    char *bytes;
    size_t bytes_used, bytes_capacity;
    uint64_t key;
    bool summary;
    uint64_t error;

    /* of a summary: which values came in this window, and all that have counters, by their hash */
    uint64_t *seen;
    size_t window; /* additions that are left of it */
    bool left_out; /* some value lost its first occurrence in it */
};

/* ---- the table ---- */

static size_t first_slot(const struct tally *tally, uint64_t hash)
{
    return (size_t)hash_fold(hash ^ tally->key, tally->key | 1) & (2 * tally->capacity - 1);
}

static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The counter of the value, or NONE; then *free_slot is where it belongs. */
static size_t find(const struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                   size_t *free_slot, unsigned *same_hash)
{
    size_t mask = 2 * tally->capacity - 1;
    size_t at = first_slot(tally, hash);
    for (; tally->slots[at].place != 0; at = (at + 1) & mask) {
        if (tally->slots[at].mark != mark_of(hash))
            continue;
        size_t place = tally->slots[at].place - 1;
        const struct counter *counter = &tally->counters[place];
        if (counter->hash != hash)
            continue;
        if (counter->length == length &&
            short_bytes_equal(tally->bytes + counter->at, bytes, length))
            return place;
        ++*same_hash;
    }
    *free_slot = at;
    return NONE;
}

static void take_slot(struct tally *tally, size_t place)
{
    size_t mask = 2 * tally->capacity - 1;
    uint64_t hash = tally->counters[place].hash;
    size_t at = first_slot(tally, hash);
    while (tally->slots[at].place != 0)
        at = (at + 1) & mask;
    tally->slots[at] = (struct slot){.place = (uint32_t)place + 1, .mark = mark_of(hash)};
}

static void fill_slots(struct tally *tally)
{
    memset(tally->slots, 0, 2 * tally->capacity * sizeof *tally->slots);
    for (size_t place = 0; place < tally->count; place++)
        take_slot(tally, place);
}

/* ---- room ---- */

static bool set_capacity(struct tally *tally, size_t capacity)
{
    struct slot *slots = calloc(2 * capacity, sizeof *slots);
    struct counter *counters =
        slots == NULL ? NULL : realloc(tally->counters, capacity * sizeof *counters);
    if (counters == NULL) {
        free(slots);
        return false;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->counters = counters;
    tally->capacity = capacity;
    fill_slots(tally);
    return true;
}

static bool set_bytes_capacity(struct tally *tally, size_t capacity)
{
    char *bytes = realloc(tally->bytes, capacity);
    if (bytes == NULL)
        return false;
    tally->bytes = bytes;
    tally->bytes_capacity = capacity;
    return true;
}

static bool make_room_for_bytes(struct tally *tally, size_t length)
{
    size_t capacity = tally->bytes_capacity;
    while (capacity - tally->bytes_used < length)
        capacity *= 2;
    return capacity == tally->bytes_capacity || set_bytes_capacity(tally, capacity);
}

struct tally *tally_create(const struct tally_room *room)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL)
        return NULL;
    tally->room = *room;
    if (getrandom(&tally->key, sizeof tally->key, GRND_NONBLOCK) < 0)
        tally->key = (uint64_t)(uintptr_t)tally; /* early at boot: the address varies as well */
    if (set_bytes_capacity(tally, FIRST_BYTES) && set_capacity(tally, FIRST_ENTRIES))
        return tally;
    tally_free(tally);
    return NULL;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    free(tally->counters);
    free(tally->slots);
    free(tally->bytes);
    free(tally->seen);
    free(tally);
}

/* ---- the summary ---- */

/* How often the value can have come, at most. */
static uint64_t most_of(const struct counter *counter)
{
    return counter->count + counter->missed;
}

/* Drops those who came no more often than `error` says of any value. The rest stays in its order.
 */
static void raise_error(struct tally *tally, uint64_t error)
{
    size_t kept = 0;
    size_t used = 0;
    for (size_t i = 0; i < tally->count; i++) {
        struct counter counter = tally->counters[i];
        if (most_of(&counter) <= error)
            continue;
        memmove(tally->bytes + used, tally->bytes + counter.at, counter.length);
        counter.at = (uint32_t)used;
        used += counter.length;
        tally->counters[kept++] = counter;
    }
    tally->count = kept;
    tally->bytes_used = used;
    tally->error = error;
}

/* Below it, how many came how often is counted; from it on, sorted. Most came seldom. */
#define COUNTED_MOST 1024u

static int compare_descending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a < b) - (a > b);
}

/* The one at `rank`, from 0, of those that came COUNTED_MOST times or more, the highest first. */
static bool select_often(const struct tally *tally, size_t rank, uint64_t *selected)
{
    uint64_t *most = malloc(tally->count * sizeof *most);
    size_t count = 0;
    if (most == NULL)
        return false;
    for (size_t i = 0; i < tally->count; i++)
        if (most_of(&tally->counters[i]) >= COUNTED_MOST)
            most[count++] = most_of(&tally->counters[i]);
    qsort(most, count, sizeof *most, compare_descending);
    *selected = most[rank];
    free(most);
    return true;
}

/* How often those came, at most, of whom `rank` came more often or as often. */
static bool select_rank(const struct tally *tally, size_t rank, uint64_t *selected)
{
    uint32_t times[COUNTED_MOST + 1] = {0};
    for (size_t i = 0; i < tally->count; i++) {
        uint64_t most = most_of(&tally->counters[i]);
        times[most < COUNTED_MOST ? most : COUNTED_MOST]++;
    }
    size_t above = times[COUNTED_MOST];
    if (above > rank)
        return select_often(tally, rank, selected);
    *selected = COUNTED_MOST;
    while (above <= rank && *selected > 0)
        above += times[--*selected];
    return true;
}

/* Raises the error until at most half of the counters are taken. */
static bool purge(struct tally *tally)
{
    uint64_t most = 0;
    size_t keep = tally->room.counters / 2;
    if (tally->count <= keep)
        return true;
    if (!select_rank(tally, keep, &most))
        return false;
    /* Long values may have raised the error past what counters say already. */
    raise_error(tally, most > tally->error ? most : tally->error);
    return true;
}

/* Values too long for a summary: any may have come as often as the most frequent of them. */
static uint64_t most_of_long(struct tally *tally)
{
    uint64_t most = 0;
    for (size_t i = 0; i < tally->count; i++)
        if (tally->counters[i].length > TALLY_COUNTED_BYTES && tally->counters[i].count > most)
            most = tally->counters[i].count;
    return most;
}

static void drop_long(struct tally *tally)
{
    size_t kept = 0;
    tally_add_error(tally, most_of_long(tally));
    for (size_t i = 0; i < tally->count; i++)
        if (tally->counters[i].length <= TALLY_COUNTED_BYTES)
            tally->counters[kept++] = tally->counters[i];
    tally->count = kept;
}

/* Counters that are taken seldom are few, and few stay near. False changes nothing. */
static bool fit(struct tally *tally)
{
    size_t capacity = FIRST_ENTRIES;
    while (capacity < 2 * tally->count && capacity < tally->room.counters)
        capacity *= 2;
    return capacity >= tally->capacity / 4 || set_capacity(tally, capacity);
}

/* ---- windows ---- */

/* So many bits a counter let one in 16 new values pass for one that came before, at the most. */
#define BITS_PER_COUNTER 16u

static size_t seen_words(const struct tally *tally)
{
    return tally->room.counters * BITS_PER_COUNTER / 64;
}

/* Whether a value of this hash was there; from now on it was. */
static bool was_seen(struct tally *tally, uint64_t hash)
{
    uint64_t *word = &tally->seen[hash / 64 & (seen_words(tally) - 1)];
    uint64_t bit = UINT64_C(1) << (hash & 63);
    bool seen = (*word & bit) != 0;
    *word |= bit;
    return seen;
}

static void open_window(struct tally *tally)
{
    raise_error(tally, tally->error);
    (void)fit(tally);
    fill_slots(tally);
    memset(tally->seen, 0, seen_words(tally) * sizeof *tally->seen);
    for (size_t i = 0; i < tally->count; i++)
        (void)was_seen(tally, tally->counters[i].hash);
    tally->window = tally->room.counters;
    tally->left_out = false;
}

/* A value's first time in a window is left out, if it has no counter: once a window for each. */
static bool leave_out(struct tally *tally, uint64_t hash)
{
    if (tally->window == 0)
        open_window(tally);
    tally->window--;
    if (was_seen(tally, hash))
        return false;
    tally->error += tally->left_out ? 0 : 1;
    tally->left_out = true;
    return true;
}

bool tally_summarise(struct tally *tally)
{
    tally->seen = calloc(seen_words(tally), sizeof *tally->seen);
    if (tally->seen == NULL || !purge(tally)) {
        free(tally->seen);
        tally->seen = NULL;
        return false;
    }
    tally->summary = true;
    drop_long(tally);
    open_window(tally);
    size_t bytes = FIRST_BYTES;
    while (bytes < tally->bytes_used)
        bytes *= 2;
    (void)set_bytes_capacity(tally, bytes);
    return true;
}

/* ---- adding ---- */

static bool is_full(const struct tally *tally, size_t length)
{
    return tally->count == tally->room.values || length > tally->room.bytes - tally->bytes_used;
}

static bool grow(struct tally *tally)
{
    size_t most = tally->summary ? tally->room.counters : tally->room.values;
    size_t wanted = GROWTH * tally->capacity;
    if (tally->count < tally->capacity)
        return true;
    if (tally->capacity < most)
        return set_capacity(tally, wanted < most ? wanted : most);
    if (!purge(tally))
        return false;
    fill_slots(tally);
    return true;
}

static void append(struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                   uint64_t times, size_t slot)
{
    struct counter *counter = &tally->counters[tally->count];
    *counter = (struct counter){.hash = hash,
                                .count = times,
                                .missed = tally->error,
                                .at = (uint32_t)tally->bytes_used,
                                .length = (uint32_t)length};
    short_bytes_copy(tally->bytes + tally->bytes_used, bytes, length);
    tally->bytes_used += length;
    tally->count++;
    tally->slots[slot] = (struct slot){.place = (uint32_t)tally->count, .mark = mark_of(hash)};
}

static enum tally_outcome add_new(struct tally *tally, const char *bytes, size_t length,
                                  uint64_t hash, uint64_t times, size_t slot)
{
    if (tally->count == tally->capacity) {
        unsigned same_hash = 0;
        if (!grow(tally))
            return TALLY_NO_MEMORY;
        (void)find(tally, bytes, length, hash, &slot, &same_hash);
    }
    if (!make_room_for_bytes(tally, length))
        return TALLY_NO_MEMORY;
    append(tally, bytes, length, hash, times, slot);
    return TALLY_COUNTED;
}

static enum tally_outcome count_value(struct tally *tally, const char *bytes, size_t length,
                                      uint64_t hash, uint64_t times)
{
    size_t slot = 0;
    unsigned same_hash = 0;
    size_t place = find(tally, bytes, length, hash, &slot, &same_hash);
    if (place != NONE) {
        tally->counters[place].count += times;
        return TALLY_COUNTED;
    }
    bool crowded = same_hash >= TALLY_SAME_HASH;
    if (!tally->summary && (crowded || is_full(tally, length)))
        return TALLY_FULL;
    if (tally->summary && (crowded || length > TALLY_COUNTED_BYTES)) {
        tally->error += times;
        return TALLY_COUNTED;
    }
    return add_new(tally, bytes, length, hash, times, slot);
}

enum tally_outcome tally_add(struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                             uint64_t times)
{
    if (tally->summary && times == 1 && leave_out(tally, hash))
        return TALLY_COUNTED;
    /* With a counter, nothing of it is left out any more. */
    if (tally->summary)
        (void)was_seen(tally, hash);
    return count_value(tally, bytes, length, hash, times);
}

/* So many values later, what was fetched has come. */
#define FETCHED_AHEAD 12u
/* Smaller tables stay in a processor's first cache. */
#define NEAR_COUNTERS 256u

static void fetch(const struct tally *tally, uint64_t hash)
{
    __builtin_prefetch(&tally->slots[first_slot(tally, hash)]);
}

/* The first values of a window stay without counters for the most part, and cost no more than that.
 */
static size_t leave_out_cells(struct tally *tally, const uint64_t *hashes, size_t count, size_t at)
{
    while (at < count && leave_out(tally, hashes[at]))
        at++;
    return at;
}

/* Most values that come again stand where they are looked for first. */
static bool count_at_once(struct tally *tally, const struct csv_cell *cell, uint64_t hash)
{
    const struct slot slot = tally->slots[first_slot(tally, hash)];
    if (slot.place == 0 || slot.mark != mark_of(hash))
        return false;
    struct counter *counter = &tally->counters[slot.place - 1];
    if (counter->hash != hash || counter->length != cell->length ||
        !short_bytes_equal(tally->bytes + counter->at, cell->bytes, cell->length))
        return false;
    counter->count++;
    return true;
}

enum tally_outcome tally_add_cells(struct tally *tally, const struct csv_cell *cells,
                                   const uint64_t *hashes, size_t count, size_t *at)
{
    enum tally_outcome outcome = TALLY_COUNTED;
    bool far = !tally->summary && tally->capacity > NEAR_COUNTERS;
    for (; *at < count; ++*at) {
        if (far && *at + FETCHED_AHEAD < count)
            fetch(tally, hashes[*at + FETCHED_AHEAD]);
        if (tally->summary && (*at = leave_out_cells(tally, hashes, count, *at)) == count)
            break;
        if (count_at_once(tally, &cells[*at], hashes[*at]))
            continue;
        outcome = count_value(tally, cells[*at].bytes, cells[*at].length, hashes[*at], 1);
        if (outcome != TALLY_COUNTED)
            break;
    }
    return outcome;
}

/* ---- asking ---- */

bool tally_is_exact(const struct tally *tally)
{
    return !tally->summary;
}

uint64_t tally_error(const struct tally *tally)
{
    return tally->error;
}

void tally_add_error(struct tally *tally, uint64_t occurrences)
{
    for (size_t i = 0; i < tally->count; i++)
        tally->counters[i].missed += occurrences;
    tally->error += occurrences;
}

size_t tally_size(const struct tally *tally)
{
    return tally->count;
}

struct tally_entry tally_entry(const struct tally *tally, size_t place)
{
    const struct counter *counter = &tally->counters[place];
    return (struct tally_entry){.bytes = tally->bytes + counter->at,
                                .length = counter->length,
                                .hash = counter->hash,
                                .count = counter->count};
}
