#include "consumer/stream/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/pack.h"

#define MAGIC "SDTRENDS"
#define VERSION 1u

/* So many places of a level become one of the next. */
#define STEP 4u
/* The last of them is reached after 10^15 batches, which doubles count exactly. */
#define LEVELS 24u

/* A queue of places, oldest first, that goes round in its array. */
struct level {
    struct trend_place *places; /* NULL before its first use */
    size_t first, count;
};

struct trend {
    uint64_t batches, rejected;
    char names[TREND_COLUMNS_MAX][ACCOUNT_NAME_SIZE];
    size_t column_count;
    size_t columns_left_out;
    struct level levels[LEVELS];
};

struct trend *trend_create(void)
{
    return calloc(1, sizeof(struct trend));
}

void trend_free(struct trend *trend)
{
    if (trend == NULL)
        return;
    for (size_t i = 0; i < LEVELS; i++)
        free(trend->levels[i].places);
    free(trend);
}

/* ---- places ---- */

/* Those that stay when the oldest go up, and the ones that go. */
static size_t capacity_of(size_t at)
{
    return (at == 0 ? TREND_NEWEST : TREND_PLACES) + STEP;
}

/* Batches of each of its places: STEP to the power of the level. */
static uint64_t width_of(size_t at)
{
    return UINT64_C(1) << 2 * at;
}

static struct trend_place *place_of(const struct trend *trend, size_t at, size_t i)
{
    const struct level *level = &trend->levels[at];
    return &level->places[(level->first + i) % capacity_of(at)];
}

/* Between both, and finite as they are, whatever is rounded. */
static double mean_of(double a, double b, double share_of_b)
{
    double mean = a * (1 - share_of_b) + b * share_of_b;
    return fmin(fmax(mean, fmin(a, b)), fmax(a, b));
}

static void join_figure(struct trend_figure *into, const struct trend_figure *next)
{
    if (next->count == 0)
        return;
    double share = (double)next->count / ((double)into->count + (double)next->count);
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        into->quantiles[i] = mean_of(into->quantiles[i], next->quantiles[i], share);
    into->count += next->count;
}

void trend_join(struct trend_place *into, const struct trend_place *next)
{
    into->batches += next->batches;
    into->rejected += next->rejected;
    for (size_t i = 0; i < TREND_COLUMNS_MAX; i++)
        join_figure(&into->figures[i], &next->figures[i]);
}

static bool use_level(struct trend *trend, size_t at)
{
    struct level *level = &trend->levels[at];
    if (level->places == NULL)
        level->places = calloc(capacity_of(at), sizeof *level->places);
    return level->places != NULL;
}

/* Memory for all that one more place can move, before anything moves. */
static bool make_room(struct trend *trend)
{
    size_t at = 0;
    while (use_level(trend, at) && trend->levels[at].count + 1 == capacity_of(at))
        at++;
    return trend->levels[at].places != NULL;
}

static void append(struct trend *trend, size_t at, const struct trend_place *place)
{
    struct level *level = &trend->levels[at];
    *place_of(trend, at, level->count++) = *place;
    if (level->count < capacity_of(at))
        return;
    struct trend_place joined = *place_of(trend, at, 0);
    for (size_t i = 1; i < STEP; i++)
        trend_join(&joined, place_of(trend, at, i));
    level->first = (level->first + STEP) % capacity_of(at);
    level->count -= STEP;
    append(trend, at + 1, &joined);
}

/* ---- columns ---- */

static bool has_numbers(const struct account_column *column)
{
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        if (!isfinite(column->quantiles[i]))
            return false;
    return column->count > 0;
}

/* Behind the last batch of the newest place that has it. */
static uint64_t last_met(const struct trend *trend, size_t column)
{
    for (size_t at = 0; at < LEVELS; at++)
        for (size_t i = trend->levels[at].count; i-- > 0;) {
            const struct trend_place *place = place_of(trend, at, i);
            if (place->figures[column].count > 0)
                return place->first + place->batches;
        }
    return 0;
}

/* The one that was missed for longest, unless that is not long; the maximum where there is none. */
static size_t longest_missed(const struct trend *trend, const struct trend_place *place)
{
    size_t found = TREND_COLUMNS_MAX;
    uint64_t longest = TREND_FORGOTTEN;
    for (size_t i = 0; i < trend->column_count; i++) {
        uint64_t age = trend_column_age(trend, i);
        if (place->figures[i].count > 0 || age < longest)
            continue;
        longest = age + 1;
        found = i;
    }
    return found;
}

static void forget_column(struct trend *trend, size_t column)
{
    for (size_t at = 0; at < LEVELS; at++)
        for (size_t i = 0; i < trend->levels[at].count; i++)
            place_of(trend, at, i)->figures[column].count = 0;
}

static size_t room_for_column(struct trend *trend, const struct trend_place *place)
{
    if (trend->column_count < TREND_COLUMNS_MAX)
        return trend->column_count++;
    size_t column = longest_missed(trend, place);
    if (column < TREND_COLUMNS_MAX)
        forget_column(trend, column);
    return column;
}

/* The first of that name that has no figure yet, or a new one; the maximum where there is no
 * room. */
static size_t find_column(struct trend *trend, const char *name, const struct trend_place *place)
{
    for (size_t i = 0; i < trend->column_count; i++)
        if (place->figures[i].count == 0 && strcmp(trend->names[i], name) == 0)
            return i;
    size_t column = room_for_column(trend, place);
    if (column < TREND_COLUMNS_MAX)
        memcpy(trend->names[column], name, strlen(name) + 1);
    return column;
}

static void take_columns(struct trend *trend, const struct account *account,
                         struct trend_place *place)
{
    size_t left_out = 0;
    for (size_t i = 0; i < account->column_count && i < ACCOUNT_COLUMNS_MAX; i++) {
        const struct account_column *column = &account->columns[i];
        if (!has_numbers(column))
            continue;
        size_t found = find_column(trend, column->name, place);
        left_out += found == TREND_COLUMNS_MAX ? 1 : 0;
        if (found == TREND_COLUMNS_MAX)
            continue;
        place->figures[found].count = column->count;
        memcpy(place->figures[found].quantiles, column->quantiles, sizeof column->quantiles);
    }
    if (left_out > trend->columns_left_out)
        trend->columns_left_out = left_out;
}

bool trend_add(struct trend *trend, const struct account *account)
{
    if (account->outcome == OUTCOME_CHANGED)
        return true;
    if (!make_room(trend))
        return false;
    struct trend_place place = {.first = trend->batches + 1, .batches = 1};
    if (account->outcome == OUTCOME_REJECTED)
        place.rejected = 1;
    else
        take_columns(trend, account, &place);
    trend->batches++;
    trend->rejected += place.rejected;
    append(trend, 0, &place);
    return true;
}

/* ---- asking ---- */

uint64_t trend_batches(const struct trend *trend)
{
    return trend->batches;
}

uint64_t trend_rejected(const struct trend *trend)
{
    return trend->rejected;
}

size_t trend_column_count(const struct trend *trend)
{
    return trend->column_count;
}

const char *trend_column_name(const struct trend *trend, size_t column)
{
    return trend->names[column];
}

uint64_t trend_column_age(const struct trend *trend, size_t column)
{
    return trend->batches + 1 - last_met(trend, column);
}

size_t trend_columns_left_out(const struct trend *trend)
{
    return trend->columns_left_out;
}

size_t trend_place_count(const struct trend *trend)
{
    size_t count = 0;
    for (size_t at = 0; at < LEVELS; at++)
        count += trend->levels[at].count;
    return count;
}

const struct trend_place *trend_place(const struct trend *trend, size_t i)
{
    size_t at = LEVELS - 1;
    for (; i >= trend->levels[at].count; at--)
        i -= trend->levels[at].count;
    return place_of(trend, at, i);
}

/* ---- kept ---- */

static void pack_place(const struct trend_place *place, size_t columns, struct text *file)
{
    pack_u64(file, place->rejected);
    for (size_t i = 0; i < columns; i++) {
        pack_u64(file, place->figures[i].count);
        if (place->figures[i].count > 0)
            pack_doubles(file, place->figures[i].quantiles, ACCOUNT_QUANTILES);
    }
}

/* Where a place begins, and how wide it is, follows from those before it. */
void trend_pack(const struct trend *trend, struct text *file)
{
    pack_begin(file, MAGIC, VERSION);
    pack_u64(file, trend->columns_left_out);
    pack_u64(file, trend->column_count);
    for (size_t i = 0; i < trend->column_count; i++)
        pack_bytes(file, trend->names[i], strlen(trend->names[i]));
    for (size_t at = LEVELS; at-- > 0;) {
        pack_u64(file, trend->levels[at].count);
        for (size_t i = 0; i < trend->levels[at].count; i++)
            pack_place(place_of(trend, at, i), trend->column_count, file);
    }
    pack_end(file);
}

static bool unpack_name(struct unpacker *packed, char name[ACCOUNT_NAME_SIZE])
{
    size_t length = 0;
    const char *bytes = unpack_bytes(packed, &length);
    if (bytes == NULL || length >= ACCOUNT_NAME_SIZE)
        return unpack_refuse(packed);
    memcpy(name, bytes, length);
    name[length] = '\0';
    return true;
}

static void unpack_place(struct unpacker *packed, struct trend *trend, struct trend_place *place)
{
    place->first = trend->batches + 1;
    place->rejected = unpack_up_to(packed, place->batches);
    for (size_t i = 0; i < trend->column_count; i++) {
        place->figures[i].count = unpack_u64(packed);
        if (place->figures[i].count > 0)
            unpack_doubles(packed, place->figures[i].quantiles, ACCOUNT_QUANTILES);
    }
    trend->batches += place->batches;
    trend->rejected += place->rejected;
}

static bool unpack_level(struct unpacker *packed, struct trend *trend, size_t at)
{
    /* Nothing goes up from the last level, so none that comes may fill it. */
    size_t most = at == LEVELS - 1 ? 0 : capacity_of(at) - 1;
    size_t count = unpack_count(packed, most, sizeof(uint64_t));
    if (count > 0 && !use_level(trend, at))
        return false;
    for (size_t i = 0; i < count && !unpack_failed(packed); i++) {
        struct trend_place place = {.batches = width_of(at)};
        unpack_place(packed, trend, &place);
        *place_of(trend, at, trend->levels[at].count++) = place;
    }
    return !unpack_failed(packed);
}

static bool unpack_all(struct unpacker *packed, struct trend *trend)
{
    trend->columns_left_out = (size_t)unpack_u64(packed);
    size_t columns = unpack_count(packed, TREND_COLUMNS_MAX, sizeof(uint32_t));
    for (; trend->column_count < columns; trend->column_count++)
        if (!unpack_name(packed, trend->names[trend->column_count]))
            return false;
    for (size_t at = LEVELS; at-- > 0;)
        if (!unpack_level(packed, trend, at))
            return false;
    return unpack_close(packed);
}

struct trend *trend_unpack(const char *bytes, size_t length)
{
    struct unpacker packed;
    if (!unpack_open(&packed, bytes, length, MAGIC, VERSION))
        return NULL;
    struct trend *trend = trend_create();
    if (trend == NULL || unpack_all(&packed, trend))
        return trend;
    trend_free(trend);
    return NULL;
}
