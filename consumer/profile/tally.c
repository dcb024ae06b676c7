#include "consumer/profile/tally.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/profile/counters.h"

struct tally {
    struct tally_room room;
    struct counters counters;
    bool summary;
    uint64_t error;

    /* of a summary: which values came in this window, and all that have counters, by their hash */
    uint64_t *seen;
    size_t window; /* additions that are left of it */
    bool left_out; /* some value lost its first occurrence in it */
};

struct tally *tally_create(const struct tally_room *room)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL)
        return NULL;
    tally->room = *room;
    if (counters_open(&tally->counters))
        return tally;
    tally_free(tally);
    return NULL;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    counters_close(&tally->counters);
    free(tally->seen);
    free(tally);
}

/* ---- the summary ---- */

/* How often the value can have come, at most. */
static uint64_t most_of(const struct counter *counter)
{
    return counter->count + counter->missed;
}

static bool came_more_often(const struct counter *counter, uint64_t error)
{
    return most_of(counter) > error;
}

/* Those go who came no more often than `error` says of any value. */
static void raise_error(struct tally *tally, uint64_t error)
{
    counters_keep(&tally->counters, came_more_often, error);
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
    uint64_t *most = malloc(tally->counters.count * sizeof *most);
    size_t count = 0;
    if (most == NULL)
        return false;
    for (size_t i = 0; i < tally->counters.count; i++)
        if (most_of(&tally->counters.list[i]) >= COUNTED_MOST)
            most[count++] = most_of(&tally->counters.list[i]);
    qsort(most, count, sizeof *most, compare_descending);
    *selected = most[rank];
    free(most);
    return true;
}

/* How often those came, at most, of whom `rank` came more often or as often. */
static bool select_rank(const struct tally *tally, size_t rank, uint64_t *selected)
{
    uint32_t times[COUNTED_MOST + 1] = {0};
    for (size_t i = 0; i < tally->counters.count; i++) {
        uint64_t most = most_of(&tally->counters.list[i]);
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
    if (tally->counters.count <= keep)
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
    for (size_t i = 0; i < tally->counters.count; i++)
        if (tally->counters.list[i].length > TALLY_COUNTED_BYTES &&
            tally->counters.list[i].count > most)
            most = tally->counters.list[i].count;
    return most;
}

static bool is_short(const struct counter *counter, uint64_t longest)
{
    return counter->length <= longest;
}

static void drop_long(struct tally *tally)
{
    tally_add_error(tally, most_of_long(tally));
    counters_keep(&tally->counters, is_short, TALLY_COUNTED_BYTES);
}

/* Counters that are taken seldom are few, and few stay near. */
#define FEWEST 8u

static void fit(struct tally *tally)
{
    size_t capacity = FEWEST;
    while (capacity < 2 * tally->counters.count && capacity < tally->room.counters)
        capacity *= 2;
    if (capacity < tally->counters.capacity / 4)
        (void)counters_set_capacity(&tally->counters, capacity);
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
    fit(tally);
    memset(tally->seen, 0, seen_words(tally) * sizeof *tally->seen);
    for (size_t i = 0; i < tally->counters.count; i++)
        (void)was_seen(tally, tally->counters.list[i].hash);
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
    counters_shrink_bytes(&tally->counters);
    return true;
}

/* ---- adding ---- */

/* At a time, as every value looks for its place anew. */
#define GROWTH 4u

static bool is_full(const struct tally *tally, size_t length)
{
    const struct counters *counters = &tally->counters;
    return counters->count == tally->room.values ||
           length > tally->room.bytes - counters->bytes_used;
}

static bool grow(struct tally *tally)
{
    size_t most = tally->summary ? tally->room.counters : tally->room.values;
    size_t capacity = tally->counters.capacity;
    if (capacity >= most)
        return purge(tally);
    return counters_set_capacity(&tally->counters,
                                 GROWTH * capacity < most ? GROWTH * capacity : most);
}

static enum tally_outcome add_new(struct tally *tally, const struct csv_cell *value, uint64_t hash,
                                  uint64_t times, struct counters_found *found)
{
    struct counters *counters = &tally->counters;
    if (counters->count == counters->capacity) {
        if (!grow(tally))
            return TALLY_NO_MEMORY;
        (void)counters_find(counters, value->bytes, value->length, hash, found);
    }
    struct counter *counter = counters_append(counters, value->bytes, value->length, hash, found);
    if (counter == NULL)
        return TALLY_NO_MEMORY;
    counter->count = times;
    counter->missed = tally->error;
    return TALLY_COUNTED;
}

static enum tally_outcome count_value(struct tally *tally, const struct csv_cell *value,
                                      uint64_t hash, uint64_t times)
{
    struct counters_found found;
    size_t place = counters_find(&tally->counters, value->bytes, value->length, hash, &found);
    if (place != COUNTERS_NONE) {
        tally->counters.list[place].count += times;
        return TALLY_COUNTED;
    }
    bool crowded = found.same_hash >= TALLY_SAME_HASH;
    if (!tally->summary && (crowded || is_full(tally, value->length)))
        return TALLY_FULL;
    if (tally->summary && (crowded || value->length > TALLY_COUNTED_BYTES)) {
        tally->error += times;
        return TALLY_COUNTED;
    }
    return add_new(tally, value, hash, times, &found);
}

enum tally_outcome tally_add(struct tally *tally, const char *bytes, size_t length, uint64_t hash,
                             uint64_t times)
{
    if (tally->summary && times == 1 && leave_out(tally, hash))
        return TALLY_COUNTED;
    /* With a counter, nothing of it is left out any more. */
    if (tally->summary)
        (void)was_seen(tally, hash);
    const struct csv_cell value = {.bytes = bytes, .length = length};
    return count_value(tally, &value, hash, times);
}

/* So many values later, what was fetched has come. */
#define FETCHED_AHEAD 12u
/* Smaller tables stay in a processor's first cache. */
#define NEAR_COUNTERS 256u

/* The first values of a window stay without counters for the most part, and cost no more than that.
 */
static size_t leave_out_cells(struct tally *tally, const uint64_t *hashes, size_t count, size_t at)
{
    while (at < count && leave_out(tally, hashes[at]))
        at++;
    return at;
}

enum tally_outcome tally_add_cells(struct tally *tally, const struct csv_cell *cells,
                                   const uint64_t *hashes, size_t count, size_t *at)
{
    struct counters *counters = &tally->counters;
    enum tally_outcome outcome = TALLY_COUNTED;
    bool far = !tally->summary && counters->capacity > NEAR_COUNTERS;
    for (; *at < count && outcome == TALLY_COUNTED; *at += outcome == TALLY_COUNTED ? 1 : 0) {
        if (far && *at + FETCHED_AHEAD < count)
            counters_expect(counters, hashes[*at + FETCHED_AHEAD]);
        if (tally->summary && (*at = leave_out_cells(tally, hashes, count, *at)) == count)
            break;
        const struct csv_cell *cell = &cells[*at];
        struct counter *counter =
            counters_find_at_once(counters, cell->bytes, cell->length, hashes[*at]);
        if (counter != NULL)
            counter->count++;
        else
            outcome = count_value(tally, cell, hashes[*at], 1);
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
    for (size_t i = 0; occurrences > 0 && i < tally->counters.count; i++)
        tally->counters.list[i].missed += occurrences;
    tally->error += occurrences;
}

size_t tally_size(const struct tally *tally)
{
    return tally->counters.count;
}

struct tally_entry tally_entry(const struct tally *tally, size_t place)
{
    const struct counter *counter = &tally->counters.list[place];
    return (struct tally_entry){.bytes = tally->counters.bytes + counter->at,
                                .length = counter->length,
                                .hash = counter->hash,
                                .count = counter->count};
}

size_t tally_bytes(const struct tally *tally)
{
    return sizeof *tally + counters_bytes(&tally->counters) +
           (tally->summary ? seen_words(tally) * sizeof *tally->seen : 0);
}

/* ---- kept ---- */

static void pack_window(const struct tally *tally, struct text *text)
{
    pack_u64(text, tally->window);
    pack_flag(text, tally->left_out);
    for (size_t i = 0; i < seen_words(tally); i++)
        pack_u64(text, tally->seen[i]);
}

void tally_pack(const struct tally *tally, struct text *text)
{
    pack_u64(text, tally->room.values);
    pack_u64(text, tally->room.bytes);
    pack_u64(text, tally->room.counters);
    pack_u64(text, tally->error);
    counters_pack(&tally->counters, text);
    pack_flag(text, tally->summary);
    if (tally->summary)
        pack_window(tally, text);
}

static bool unpack_window(struct unpacker *packed, struct tally *tally)
{
    tally->window = (size_t)unpack_up_to(packed, tally->room.counters);
    tally->left_out = unpack_flag(packed);
    tally->seen = calloc(seen_words(tally), sizeof *tally->seen);
    if (tally->seen == NULL)
        return false;
    for (size_t i = 0; i < seen_words(tally); i++)
        tally->seen[i] = unpack_u64(packed);
    return true;
}

static bool unpack_tally(struct unpacker *packed, struct tally *tally)
{
    if (unpack_u64(packed) != tally->room.values || unpack_u64(packed) != tally->room.bytes ||
        unpack_u64(packed) != tally->room.counters)
        return unpack_refuse(packed);
    tally->error = unpack_u64(packed);
    if (!counters_unpack(packed, &tally->counters, tally->room.values, tally->room.bytes))
        return false;
    tally->summary = unpack_flag(packed);
    return (!tally->summary || unpack_window(packed, tally)) && !unpack_failed(packed) &&
           (tally->summary || tally->error == 0 || unpack_refuse(packed));
}

struct tally *tally_unpack(struct unpacker *packed, const struct tally_room *room)
{
    struct tally *tally = tally_create(room);
    if (tally == NULL || unpack_tally(packed, tally))
        return tally;
    tally_free(tally);
    return NULL;
}
