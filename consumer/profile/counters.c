#include "consumer/profile/counters.h"

#include <stdlib.h>
#include <sys/random.h>

#define FIRST_CAPACITY 8u
#define FIRST_BYTES 64u

static bool set_bytes_capacity(struct counters *counters, size_t capacity)
{
    char *bytes = realloc(counters->bytes, capacity);
    if (bytes == NULL)
        return false;
    counters->bytes = bytes;
    counters->bytes_capacity = capacity;
    return true;
}

/*
 * Nobody foresees what this process drew at its first table; what it drew, folded with how many
 * tables there were, gives each a key of its own without a call for each.
 */
static uint64_t new_key(void)
{
    static uint64_t drawn;
    static uint64_t tables;
    if (tables++ == 0 && getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) < 0)
        drawn = (uint64_t)(uintptr_t)&drawn; /* early at boot: the address varies as well */
    return hash_word(drawn + tables);
}

bool counters_open(struct counters *counters)
{
    *counters = (struct counters){.key = new_key()};
    return set_bytes_capacity(counters, FIRST_BYTES) &&
           counters_set_capacity(counters, FIRST_CAPACITY);
}

void counters_close(struct counters *counters)
{
    free(counters->list);
    free(counters->slots);
    free(counters->bytes);
    *counters = (struct counters){.count = 0};
}

/* ---- slots ---- */

static size_t next_slot(const struct counters *counters, size_t slot)
{
    return (slot + 1) & (2 * counters->capacity - 1);
}

size_t counters_find(const struct counters *counters, const char *bytes, size_t length,
                     uint64_t hash, struct counters_found *found)
{
    const struct counters_slot *slots = counters->slots;
    size_t at = counters_first_slot(counters, hash);
    found->same_hash = 0;
    for (; slots[at].place != 0; at = next_slot(counters, at)) {
        if (slots[at].mark != counters_mark(hash))
            continue;
        const struct counter *counter = &counters->list[slots[at].place - 1];
        if (counters_is(counters, counter, bytes, length, hash))
            return slots[at].place - 1;
        found->same_hash += counter->hash == hash ? 1 : 0;
    }
    found->slot = at;
    return COUNTERS_NONE;
}

static void take_slot(struct counters *counters, size_t slot, size_t place)
{
    counters->slots[slot] = (struct counters_slot){
        .place = (uint32_t)place + 1, .mark = counters_mark(counters->list[place].hash)};
}

static void fill_slots(struct counters *counters)
{
    memset(counters->slots, 0, 2 * counters->capacity * sizeof *counters->slots);
    for (size_t place = 0; place < counters->count; place++) {
        size_t slot = counters_first_slot(counters, counters->list[place].hash);
        while (counters->slots[slot].place != 0)
            slot = next_slot(counters, slot);
        take_slot(counters, slot, place);
    }
}

bool counters_set_capacity(struct counters *counters, size_t capacity)
{
    struct counters_slot *slots = calloc(2 * capacity, sizeof *slots);
    struct counter *list = slots == NULL ? NULL : realloc(counters->list, capacity * sizeof *list);
    if (list == NULL) {
        free(slots);
        return false;
    }
    free(counters->slots);
    counters->slots = slots;
    counters->list = list;
    counters->capacity = capacity;
    fill_slots(counters);
    return true;
}

/* ---- the list ---- */

static bool make_room_for_bytes(struct counters *counters, size_t length)
{
    size_t capacity = counters->bytes_capacity;
    while (capacity - counters->bytes_used < length)
        capacity *= 2;
    return capacity == counters->bytes_capacity || set_bytes_capacity(counters, capacity);
}

struct counter *counters_append(struct counters *counters, const char *bytes, size_t length,
                                uint64_t hash, const struct counters_found *found)
{
    if (!make_room_for_bytes(counters, length))
        return NULL;
    size_t place = counters->count++;
    struct counter *counter = &counters->list[place];
    *counter = (struct counter){
        .hash = hash, .at = (uint32_t)counters->bytes_used, .length = (uint32_t)length};
    short_bytes_copy(counters->bytes + counters->bytes_used, bytes, length);
    counters->bytes_used += length;
    take_slot(counters, found->slot, place);
    return counter;
}

void counters_keep(struct counters *counters, counters_condition *keep, uint64_t limit)
{
    size_t kept = 0;
    size_t used = 0;
    for (size_t i = 0; i < counters->count; i++) {
        struct counter counter = counters->list[i];
        if (!keep(&counter, limit))
            continue;
        memmove(counters->bytes + used, counters->bytes + counter.at, counter.length);
        counter.at = (uint32_t)used;
        used += counter.length;
        counters->list[kept++] = counter;
    }
    counters->count = kept;
    counters->bytes_used = used;
    fill_slots(counters);
}

void counters_shrink_bytes(struct counters *counters)
{
    size_t capacity = FIRST_BYTES;
    while (capacity < counters->bytes_used)
        capacity *= 2;
    (void)set_bytes_capacity(counters, capacity);
}

size_t counters_bytes(const struct counters *counters)
{
    return counters->bytes_capacity +
           counters->capacity * (sizeof *counters->list + 2 * sizeof *counters->slots);
}

/* ---- kept ---- */

void counters_pack(const struct counters *counters, struct text *text)
{
    pack_u64(text, counters->capacity);
    pack_u64(text, counters->count);
    for (size_t i = 0; i < counters->count; i++) {
        const struct counter *counter = &counters->list[i];
        pack_u64(text, counter->hash);
        pack_u64(text, counter->count);
        pack_u64(text, counter->missed);
        pack_bytes(text, counters->bytes + counter->at, counter->length);
    }
}

#define PACKED_COUNTER_BYTES (3 * sizeof(uint64_t) + sizeof(uint32_t))

static bool unpack_counter(struct unpacker *packed, struct counters *counters, size_t most_bytes)
{
    struct counters_found found;
    size_t length = 0;
    uint64_t hash = unpack_u64(packed);
    uint64_t count = unpack_u64(packed);
    uint64_t missed = unpack_u64(packed);
    const char *bytes = unpack_bytes(packed, &length);
    if (bytes == NULL || length > most_bytes - counters->bytes_used ||
        counters_find(counters, bytes, length, hash, &found) != COUNTERS_NONE)
        return unpack_refuse(packed);
    struct counter *counter = counters_append(counters, bytes, length, hash, &found);
    if (counter == NULL)
        return false;
    counter->count = count;
    counter->missed = missed;
    return true;
}

bool counters_unpack(struct unpacker *packed, struct counters *counters, size_t most_values,
                     size_t most_bytes)
{
    size_t capacity = (size_t)unpack_up_to(packed, most_values);
    size_t count = unpack_count(packed, capacity, PACKED_COUNTER_BYTES);
    if (unpack_failed(packed) || capacity == 0 || (capacity & (capacity - 1)) != 0)
        return unpack_refuse(packed);
    if (!counters_set_capacity(counters, capacity))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!unpack_counter(packed, counters, most_bytes))
            return false;
    return true;
}
