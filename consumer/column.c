#include "consumer/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/column_state.h"
#include "consumer/hash.h"

struct column_scratch {
    const struct missing *missing;
    size_t count;                        /* cells with a value, of those that came */
    struct csv_cell cells[COLUMN_BLOCK]; /* they */
    uint64_t hashes[COLUMN_BLOCK];
    struct value values[COLUMN_BLOCK]; /* what each was read as, but where nobody asks any more */
    double finite[COLUMN_BLOCK];
    int64_t integers[COLUMN_BLOCK];
};

struct column_scratch *column_scratch_create(const struct missing *missing)
{
    struct column_scratch *scratch = malloc(sizeof *scratch);
    if (scratch != NULL)
        scratch->missing = missing;
    return scratch;
}

void column_scratch_free(struct column_scratch *scratch)
{
    free(scratch);
}

/* ---- opening and closing ---- */

/* A value of few bytes takes so much room, with its place in the table. */
#define VALUE_BYTES 96u
#define VALUES_MIN 256u
#define TEXT_BYTES_PER_VALUE 64u
#define VALUES_PER_COUNTER 8u

static struct tally_room room_of_one_in(size_t columns)
{
    size_t values = COLUMN_VALUES;
    while (values > VALUES_MIN && values * VALUE_BYTES > COLUMN_BYTES / (columns > 0 ? columns : 1))
        values /= 2;
    return (struct tally_room){.values = values,
                               .bytes = values * TEXT_BYTES_PER_VALUE,
                               .counters = values / VALUES_PER_COUNTER};
}

struct column *column_create(const char *name, size_t length, size_t columns)
{
    const struct tally_room room = room_of_one_in(columns);
    struct column *column = calloc(1, sizeof *column);
    if (column == NULL)
        return NULL;
    column->types = VALUE_ALL_TYPES;
    column->name = malloc(length + 1);
    column->tally = tally_create(&room);
    if (column->name == NULL || column->tally == NULL) {
        column_free(column);
        return NULL;
    }
    if (length > 0)
        memcpy(column->name, name, length);
    column->name_length = length;
    return column;
}

static void free_sketches_of_numbers(struct column_sketches *sketches)
{
    cardinality_free(sketches->numbers);
    quantiles_free(sketches->quantiles);
    sketches->numbers = NULL;
    sketches->quantiles = NULL;
}

static void free_sketches(struct column_sketches *sketches)
{
    if (sketches == NULL)
        return;
    cardinality_free(sketches->texts);
    extent_free(&sketches->extent);
    free_sketches_of_numbers(sketches);
    free(sketches);
}

void column_free(struct column *column)
{
    if (column == NULL)
        return;
    free(column->name);
    tally_free(column->tally);
    free_sketches(column->sketches);
    free(column);
}

/* ---- reading cells ---- */

static void gather(struct column *column, const struct csv_cell *cells, size_t count, size_t stride,
                   struct column_scratch *scratch)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct csv_cell *cell = &cells[i * stride];
        if (!missing_is(scratch->missing, cell->bytes, cell->length))
            scratch->cells[kept++] = *cell;
    }
    scratch->count = kept;
    column->count += kept;
    column->missing += count - kept;
}

static void hash_cells(struct column_scratch *scratch)
{
    for (size_t i = 0; i < scratch->count; i++)
        scratch->hashes[i] = hash_bytes(scratch->cells[i].bytes, scratch->cells[i].length);
}

static bool may_be(const struct column *column, value_types types)
{
    return (column->types & types) != 0;
}

static void narrow(struct column *column, value_types types)
{
    column->types &= types;
    if (!may_be(column, COLUMN_NUMBERS) && column->sketches != NULL)
        free_sketches_of_numbers(column->sketches);
}

/* What a column of numbers keeps, if it still is one behind these cells. */
static void take_numbers(struct column *column, struct column_scratch *scratch)
{
    size_t finite = 0;
    for (size_t i = 0; i < scratch->count; i++) {
        scratch->finite[finite] = scratch->values[i].number;
        finite += isfinite(scratch->values[i].number) ? 1 : 0;
    }
    column->numbers.nonfinite += scratch->count - finite;
    numbers_add(&column->numbers, scratch->finite, finite);
    if (!may_be(column, VALUE_TYPE_BIT(VALUE_INTEGER)))
        return;
    for (size_t i = 0; i < scratch->count; i++)
        scratch->integers[i] = scratch->values[i].integer;
    numbers_add_integers(&column->numbers, scratch->integers, scratch->count);
}

static void take_booleans(struct column *column, const struct column_scratch *scratch)
{
    for (size_t i = 0; i < scratch->count; i++)
        column->booleans[scratch->values[i].boolean ? 1 : 0]++;
}

/* A column that is text for sure need not be read as anything else. */
static void read_cells(struct column *column, struct column_scratch *scratch)
{
    value_types types = column->types;
    for (size_t i = 0; i < scratch->count && types != VALUE_TYPE_BIT(VALUE_STRING); i++) {
        value_read(scratch->cells[i].bytes, scratch->cells[i].length, &scratch->values[i]);
        types &= scratch->values[i].types;
    }
    narrow(column, types);
    if (may_be(column, COLUMN_NUMBERS))
        take_numbers(column, scratch);
    if (may_be(column, VALUE_TYPE_BIT(VALUE_BOOLEAN)))
        take_booleans(column, scratch);
}

/* ---- sketches ---- */

static struct column_sketches *create_sketches(const struct column *column)
{
    bool numeric = may_be(column, COLUMN_NUMBERS);
    struct column_sketches *sketches = calloc(1, sizeof *sketches);
    if (sketches == NULL)
        return NULL;
    sketches->texts = cardinality_create();
    if (numeric) {
        sketches->numbers = cardinality_create();
        sketches->quantiles = quantiles_create(QUANTILES_CAPACITY);
    }
    if (sketches->texts != NULL &&
        (!numeric || (sketches->numbers != NULL && sketches->quantiles != NULL)))
        return sketches;
    free_sketches(sketches);
    return NULL;
}

/* All NaNs are one number, and there is no -0 among values. */
static uint64_t hash_number(double number)
{
    uint64_t bits = UINT64_MAX;
    if (!isnan(number))
        memcpy(&bits, &number, sizeof bits);
    return hash_word(bits);
}

/* An entry of an exact tally goes into sketches: `times` occurrences at once. */
static bool sketch_entry(struct column *column, const struct tally_entry *entry)
{
    struct column_sketches *sketches = column->sketches;
    struct value value = {.types = VALUE_TYPE_BIT(VALUE_STRING)};
    if (column->types != VALUE_TYPE_BIT(VALUE_STRING))
        value_read(entry->bytes, entry->length, &value);
    const struct csv_cell text = {.bytes = entry->bytes, .length = entry->length};
    cardinality_add(sketches->texts, &entry->hash, 1);
    if (!extent_add_times(&sketches->extent, &text, entry->count))
        return false;
    if (may_be(column, COLUMN_MOMENTS))
        return extent_add_moments(&sketches->extent, &value, &text, 1);
    if (!may_be(column, COLUMN_NUMBERS))
        return true;
    uint64_t hash = hash_number(value.number);
    cardinality_add(sketches->numbers, &hash, 1);
    return !isfinite(value.number) ||
           quantiles_add_weighted(sketches->quantiles, value.number, entry->count);
}

static bool sketch_entries(struct column *column, const struct tally *tally)
{
    for (size_t i = 0; i < tally_size(tally); i++) {
        const struct tally_entry entry = tally_entry(tally, i);
        if (!sketch_entry(column, &entry))
            return false;
    }
    return true;
}

/* The values have become too many: what is kept of them goes into sketches. */
static bool start_sketching(struct column *column)
{
    column->sketches = create_sketches(column);
    return column->sketches != NULL && sketch_entries(column, column->tally) &&
           tally_summarise(column->tally);
}

/* Its hashes take the place of those of the texts, which have been used by then. */
static bool sketch_numbers(struct column *column, struct column_scratch *scratch, size_t from)
{
    size_t finite = 0;
    for (size_t i = from; i < scratch->count; i++) {
        double number = scratch->values[i].number;
        scratch->hashes[i] = hash_number(number);
        scratch->finite[finite] = number;
        finite += isfinite(number) ? 1 : 0;
    }
    cardinality_add(column->sketches->numbers, scratch->hashes + from, scratch->count - from);
    return quantiles_add(column->sketches->quantiles, scratch->finite, finite);
}

static bool sketch_cells(struct column *column, struct column_scratch *scratch, size_t from)
{
    struct column_sketches *sketches = column->sketches;
    const struct csv_cell *cells = scratch->cells + from;
    size_t count = scratch->count - from;
    cardinality_add(sketches->texts, scratch->hashes + from, count);
    if (!extent_add(&sketches->extent, cells, count))
        return false;
    if (may_be(column, COLUMN_MOMENTS))
        return extent_add_moments(&sketches->extent, scratch->values + from, cells, count);
    return !may_be(column, COLUMN_NUMBERS) || sketch_numbers(column, scratch, from);
}

/* ---- adding ---- */

/* So many cells later, what was fetched has come. */
#define EXPECTED_AHEAD 12u

/* Counts a value; where it no longer fits, sketches are made of all that came before. */
static bool count_value(struct column *column, const char *bytes, size_t length, uint64_t hash,
                        uint64_t times)
{
    enum tally_outcome outcome = tally_add(column->tally, bytes, length, hash, times);
    if (outcome == TALLY_FULL)
        outcome = start_sketching(column) ? tally_add(column->tally, bytes, length, hash, times)
                                          : TALLY_NO_MEMORY;
    return outcome == TALLY_COUNTED;
}

bool column_add(struct column *column, const struct csv_cell *cells, size_t count, size_t stride,
                struct column_scratch *scratch)
{
    gather(column, cells, count, stride, scratch);
    read_cells(column, scratch);
    hash_cells(scratch);
    size_t sketched = column->sketches != NULL ? 0 : scratch->count;
    for (size_t i = 0; i < scratch->count; i++) {
        if (i + EXPECTED_AHEAD < scratch->count)
            tally_expect(column->tally, scratch->hashes[i + EXPECTED_AHEAD]);
        if (!count_value(column, scratch->cells[i].bytes, scratch->cells[i].length,
                         scratch->hashes[i], 1))
            return false;
        /* From the cell that was too many; those before it are in the sketches already. */
        if (column->sketches != NULL && sketched > i)
            sketched = i;
    }
    return column->sketches == NULL || sketch_cells(column, scratch, sketched);
}

/* ---- two into one ---- */

static bool merge_sketches(struct column_sketches *into, const struct column_sketches *from,
                           bool numeric)
{
    cardinality_merge(into->texts, from->texts);
    if (numeric)
        cardinality_merge(into->numbers, from->numbers);
    return extent_merge(&into->extent, &from->extent) &&
           (!numeric || quantiles_merge(into->quantiles, from->quantiles));
}

/* Where `from` still has every value, each goes where `into` keeps its own. */
static bool merge_values(struct column *into, const struct column *from)
{
    for (size_t i = 0; i < tally_size(from->tally); i++) {
        const struct tally_entry entry = tally_entry(from->tally, i);
        if (!count_value(into, entry.bytes, entry.length, entry.hash, entry.count))
            return false;
        if (into->sketches != NULL && from->sketches == NULL && !sketch_entry(into, &entry))
            return false;
    }
    tally_add_error(into->tally, tally_error(from->tally));
    return true;
}

bool column_merge(struct column *into, const struct column *from)
{
    narrow(into, from->types);
    into->count += from->count;
    into->missing += from->missing;
    into->booleans[0] += from->booleans[0];
    into->booleans[1] += from->booleans[1];
    numbers_merge(&into->numbers, &from->numbers);
    if (from->sketches != NULL) {
        if (into->sketches == NULL && !start_sketching(into))
            return false;
        if (!merge_sketches(into->sketches, from->sketches, may_be(into, COLUMN_NUMBERS)))
            return false;
    }
    return merge_values(into, from);
}
