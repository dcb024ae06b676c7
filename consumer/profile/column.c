#include "consumer/profile/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "consumer/profile/column_state.h"
#include "consumer/profile/hash.h"

struct column_scratch {
    const struct missing *missing;
    const struct csv_cell *cells;       /* those with a value, of those that came: */
    size_t count;                       /* so many */
    struct csv_cell kept[COLUMN_BLOCK]; /* room for them, where not all that came have one */
    uint64_t hashes[COLUMN_BLOCK];
    struct value_day day;
    /* what each was read as, as far as somebody still asks */
    struct value values[COLUMN_BLOCK];
    double numbers[COLUMN_BLOCK];
    int64_t integers[COLUMN_BLOCK];
    const double *finite;             /* of the numbers those that are: */
    size_t finite_count;              /* so many */
    double finite_kept[COLUMN_BLOCK]; /* room for them, where not all are */
};

struct column_scratch *column_scratch_create(const struct missing *missing)
{
    /* All of it cleared would be most of the time that a small batch takes. */
    struct column_scratch *scratch = malloc(sizeof *scratch);
    if (scratch == NULL)
        return NULL;
    scratch->missing = missing;
    scratch->day = (struct value_day){.known = false};
    return scratch;
}

void column_scratch_free(struct column_scratch *scratch)
{
    free(scratch);
}

/* ---- opening and closing ---- */

/* So much room a value takes: its counter and two slots, and its text, which is of few bytes or of
   as many as there is room for. */
#define COUNTER_BYTES 48u
#define TEXT_BYTES_MIN 32u
#define TEXT_BYTES_MAX 128u
#define VALUES_MIN 256u
#define VALUES_PER_COUNTER 8u

static struct tally_room room_of_one_in(size_t columns)
{
    size_t values = COLUMN_VALUES;
    size_t text = TEXT_BYTES_MAX;
    size_t share = COLUMN_BYTES / (columns > 0 ? columns : 1);
    while (values > VALUES_MIN && values * (COUNTER_BYTES + TEXT_BYTES_MIN) > share)
        values /= 2;
    while (text > TEXT_BYTES_MIN && values * (COUNTER_BYTES + text) > share)
        text /= 2;
    return (struct tally_room){
        .values = values, .bytes = values * text, .counters = values / VALUES_PER_COUNTER};
}

struct column *column_create(const char *name, size_t length, size_t columns)
{
    const struct tally_room room = room_of_one_in(columns);
    return column_create_in(name, length, &room);
}

struct column *column_create_in(const char *name, size_t length, const struct tally_room *room)
{
    struct column *column = calloc(1, sizeof *column);
    if (column == NULL)
        return NULL;
    column->types = VALUE_ALL_TYPES;
    column->name = malloc(length + 1);
    column->tally = tally_create(room);
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

static size_t count_empty(const struct csv_cell *cells, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += cells[i].length == 0 ? 1 : 0;
    return found;
}

static size_t count_missing(const struct missing *missing, const struct csv_cell *cells,
                            size_t count)
{
    size_t found = 0;
    if (missing->lengths == 0)
        return count_empty(cells, count);
    for (size_t i = 0; i < count; i++)
        found += missing_is(missing, cells[i].bytes, cells[i].length) ? 1 : 0;
    return found;
}

static void gather(struct column *column, const struct csv_cell *cells, size_t count,
                   struct column_scratch *scratch)
{
    size_t missing = count_missing(scratch->missing, cells, count);
    scratch->cells = missing == 0 ? cells : scratch->kept;
    scratch->count = count - missing;
    column->count += scratch->count;
    column->missing += missing;
    if (missing == 0)
        return;
    struct csv_cell *to = scratch->kept;
    for (size_t i = 0; i < count; i++)
        if (!missing_is(scratch->missing, cells[i].bytes, cells[i].length))
            *to++ = cells[i];
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

/* From the cell `from` on. */
static void gather_finite(struct column_scratch *scratch, size_t from)
{
    size_t kept = 0;
    for (size_t i = from; i < scratch->count; i++)
        kept += isfinite(scratch->numbers[i]) ? 1 : 0;
    scratch->finite = scratch->numbers + from;
    scratch->finite_count = kept;
    if (kept == scratch->count - from)
        return;
    scratch->finite = scratch->finite_kept;
    for (size_t i = from, to = 0; i < scratch->count; i++)
        if (isfinite(scratch->numbers[i]))
            scratch->finite_kept[to++] = scratch->numbers[i];
}

/* What a column of numbers keeps, if it still is one behind these cells. */
static void take_numbers(struct column *column, struct column_scratch *scratch)
{
    gather_finite(scratch, 0);
    column->numbers.nonfinite += scratch->count - scratch->finite_count;
    numbers_add(&column->numbers, scratch->finite, scratch->finite_count);
    if (may_be(column, VALUE_TYPE_BIT(VALUE_INTEGER)))
        numbers_add_integers(&column->numbers, scratch->integers, scratch->count);
}

static void take_booleans(struct column *column, const struct column_scratch *scratch)
{
    for (size_t i = 0; i < scratch->count; i++)
        column->booleans[scratch->values[i].boolean ? 1 : 0]++;
}

/* What the cell may be; its value in full. */
static value_types read_cell(struct column_scratch *scratch, size_t i)
{
    struct value *value = &scratch->values[i];
    value_read_next(scratch->cells[i].bytes, scratch->cells[i].length, &scratch->day, value);
    scratch->numbers[i] = value->number;
    scratch->integers[i] = value->integer;
    return value->types;
}

/* As read_cell, where it only matters whether it is a number, and which. */
static value_types read_number(struct column_scratch *scratch, size_t i)
{
    struct decimal decimal;
    if (!decimal_parse(scratch->cells[i].bytes, scratch->cells[i].length, &decimal))
        return read_cell(scratch, i);
    scratch->numbers[i] = decimal.number + 0.0; /* -0 is 0 */
    scratch->integers[i] = decimal.integer;
    return decimal.is_integer ? VALUE_ALL_TYPES : ~VALUE_TYPE_BIT(VALUE_INTEGER);
}

/* A column that is text for sure need not be read as anything else. */
static void read_cells(struct column *column, struct column_scratch *scratch)
{
    value_types types = column->types;
    for (size_t i = 0; i < scratch->count && types != VALUE_TYPE_BIT(VALUE_STRING); i++) {
        value_types others = types & ~(COLUMN_NUMBERS | VALUE_TYPE_BIT(VALUE_STRING));
        types &= others == 0 ? read_number(scratch, i) : read_cell(scratch, i);
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

/* Beyond it, an integer is no double for sure. */
#define EXACT_INTEGER (INT64_C(1) << 53)

/*
 * As an integer where a double could not tell it from its neighbours; else 1 and 1.0 are one
 * number. All NaNs are one, and there is no -0 among values. `integer` is 0 for what is none.
 */
static uint64_t hash_number(double number, int64_t integer)
{
    uint64_t bits = UINT64_MAX;
    if (integer > EXACT_INTEGER || integer < -EXACT_INTEGER)
        return hash_word((uint64_t)integer ^ HASH_PI_2);
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
    uint64_t hash = hash_number(value.number, value.integer);
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
    for (size_t i = from; i < scratch->count; i++)
        scratch->hashes[i] = hash_number(scratch->numbers[i], scratch->integers[i]);
    cardinality_add(column->sketches->numbers, scratch->hashes + from, scratch->count - from);
    /* From the first on, they have been gathered for the sums. */
    if (from > 0)
        gather_finite(scratch, from);
    return quantiles_add(column->sketches->quantiles, scratch->finite, scratch->finite_count);
}

static bool sketch_cells(struct column *column, struct column_scratch *scratch, size_t from)
{
    struct column_sketches *sketches = column->sketches;
    const struct csv_cell *cells = scratch->cells + from;
    size_t count = scratch->count - from;
    cardinality_add(sketches->texts, scratch->hashes + from, count);
    bool ascii = column->types != VALUE_TYPE_BIT(VALUE_STRING);
    if (!extent_add(&sketches->extent, cells, count, ascii))
        return false;
    if (may_be(column, COLUMN_MOMENTS))
        return extent_add_moments(&sketches->extent, scratch->values + from, cells, count);
    return !may_be(column, COLUMN_NUMBERS) || sketch_numbers(column, scratch, from);
}

/* ---- adding ---- */

/* The values become too many at the cell that the tally has no room for; the rest is sketched. */
static bool count_cells(struct column *column, const struct column_scratch *scratch,
                        size_t *sketched)
{
    size_t at = 0;
    enum tally_outcome outcome =
        tally_add_cells(column->tally, scratch->cells, scratch->hashes, scratch->count, &at);
    *sketched = column->sketches != NULL ? 0 : at;
    if (outcome != TALLY_FULL)
        return outcome == TALLY_COUNTED;
    return start_sketching(column) &&
           tally_add_cells(column->tally, scratch->cells, scratch->hashes, scratch->count, &at) ==
               TALLY_COUNTED;
}

bool column_add(struct column *column, const struct csv_cell *cells, size_t count,
                struct column_scratch *scratch)
{
    size_t sketched = 0;
    gather(column, cells, count, scratch);
    read_cells(column, scratch);
    hash_cells(scratch);
    return count_cells(column, scratch, &sketched) &&
           (column->sketches == NULL || sketch_cells(column, scratch, sketched));
}

struct column_values column_added(const struct column *column, const struct column_scratch *scratch)
{
    return (struct column_values){
        .numbers = may_be(column, COLUMN_NUMBERS) ? scratch->numbers : NULL,
        .moments = may_be(column, COLUMN_MOMENTS) ? scratch->values : NULL,
        .count = scratch->count,
        .finite = scratch->finite_count == scratch->count,
    };
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

/* Counts a value; where it no longer fits, sketches are made of all that came before. */
static bool count_value(struct column *column, const struct tally_entry *value)
{
    struct tally *tally = column->tally;
    enum tally_outcome outcome =
        tally_add(tally, value->bytes, value->length, value->hash, value->count);
    if (outcome == TALLY_FULL && start_sketching(column))
        outcome = tally_add(tally, value->bytes, value->length, value->hash, value->count);
    return outcome == TALLY_COUNTED;
}

/* Where `from` still has every value, each goes where `into` keeps its own. */
static bool merge_values(struct column *into, const struct column *from)
{
    tally_add_error(into->tally, tally_error(from->tally));
    for (size_t i = 0; i < tally_size(from->tally); i++) {
        const struct tally_entry entry = tally_entry(from->tally, i);
        if (!count_value(into, &entry))
            return false;
        if (into->sketches != NULL && from->sketches == NULL && !sketch_entry(into, &entry))
            return false;
    }
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
