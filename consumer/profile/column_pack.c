#include "consumer/profile/column_pack.h"

#include <stdlib.h>

#include "consumer/profile/column_state.h"

static bool is_numeric(const struct column *column)
{
    return (column->types & COLUMN_NUMBERS) != 0;
}

/* ---- packing ---- */

static void pack_sketches(const struct column *column, struct text *text)
{
    const struct column_sketches *sketches = column->sketches;
    cardinality_pack(sketches->texts, text);
    extent_pack(&sketches->extent, text);
    if (!is_numeric(column))
        return;
    cardinality_pack(sketches->numbers, text);
    quantiles_pack(sketches->quantiles, text);
}

void column_pack(const struct column *column, struct text *text)
{
    pack_bytes(text, column->name, column->name_length);
    pack_u32(text, column->types);
    pack_u64(text, column->count);
    pack_u64(text, column->missing);
    pack_u64(text, column->booleans[0]);
    pack_u64(text, column->booleans[1]);
    tally_pack(column->tally, text);
    if (is_numeric(column))
        numbers_pack(&column->numbers, text);
    pack_flag(text, column->sketches != NULL);
    if (column->sketches != NULL)
        pack_sketches(column, text);
}

/* ---- unpacking ---- */

static bool unpack_sketches(struct unpacker *packed, struct column *column)
{
    struct column_sketches *sketches = calloc(1, sizeof *sketches);
    if (sketches == NULL)
        return false;
    column->sketches = sketches;
    sketches->texts = cardinality_unpack(packed);
    if (sketches->texts == NULL || !extent_unpack(packed, &sketches->extent))
        return false;
    if (!is_numeric(column))
        return true;
    sketches->numbers = cardinality_unpack(packed);
    sketches->quantiles = quantiles_unpack(packed, QUANTILES_CAPACITY);
    return sketches->numbers != NULL && sketches->quantiles != NULL;
}

static bool unpack_tally(struct unpacker *packed, struct column *column,
                         const struct tally_room *room)
{
    struct tally *tally = tally_unpack(packed, room);
    if (tally == NULL)
        return false;
    tally_free(column->tally);
    column->tally = tally;
    return true;
}

static struct column *unpack_name(struct unpacker *packed, const struct tally_room *room)
{
    size_t length = 0;
    const char *name = unpack_bytes(packed, &length);
    return name == NULL ? NULL : column_create_in(name, length, room);
}

static bool unpack_state(struct unpacker *packed, struct column *column,
                         const struct tally_room *room)
{
    column->types = unpack_u32(packed);
    column->count = unpack_u64(packed);
    column->missing = unpack_u64(packed);
    column->booleans[0] = unpack_u64(packed);
    column->booleans[1] = unpack_u64(packed);
    if (!unpack_tally(packed, column, room))
        return false;
    if (is_numeric(column))
        numbers_unpack(packed, &column->numbers);
    return !unpack_flag(packed) || unpack_sketches(packed, column);
}

/* ---- what is told twice must be told alike ---- */

static bool has_types(const struct column *column)
{
    const value_types text = VALUE_TYPE_BIT(VALUE_STRING);
    return (column->types & text) != 0 && (column->types & ~VALUE_ALL_TYPES) == 0;
}

static bool agrees_on_numbers(const struct column *column)
{
    const struct numbers *numbers = &column->numbers;
    uint64_t finite = column->count - numbers->nonfinite;
    bool integers = (column->types & VALUE_TYPE_BIT(VALUE_INTEGER)) != 0;
    return numbers->moments.count == finite &&
           (!integers || numbers->integer_count == column->count) &&
           (column->sketches == NULL || quantiles_weight(column->sketches->quantiles) == finite);
}

static bool agrees_on_counts(const struct column *column)
{
    uint64_t left = column->count;
    for (size_t i = 0; i < tally_size(column->tally); i++) {
        uint64_t count = tally_entry(column->tally, i).count;
        if (count > left)
            return false;
        left -= count;
    }
    if (column->sketches == NULL)
        return left == 0 && tally_is_exact(column->tally);
    return !tally_is_exact(column->tally) && column->sketches->extent.count == column->count;
}

static bool agrees(const struct column *column)
{
    return has_types(column) && agrees_on_counts(column) &&
           (!is_numeric(column) || agrees_on_numbers(column));
}

struct column *column_unpack(struct unpacker *packed, const struct tally_room *room)
{
    struct column *column = unpack_name(packed, room);
    if (column == NULL)
        return NULL;
    if (unpack_state(packed, column, room) && !unpack_failed(packed) &&
        (agrees(column) || unpack_refuse(packed)))
        return column;
    column_free(column);
    return NULL;
}
