#include "consumer/profile/totals.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/profile/column_finish.h"
#include "consumer/profile/column_pack.h"
#include "consumer/profile/column_state.h"

#define MAGIC "SDTOTALS"
#define VERSION 1u

/* A text of a value is of 32 bytes or less as a rule. */
static const struct tally_room ROOM = {
    .values = TOTALS_VALUES, .bytes = TOTALS_VALUES * 32u, .counters = TOTALS_VALUES / 8u};

struct totals_column {
    struct column *column;
    uint64_t batches; /* that had it */
    bool again;       /* one with its name stands before it */
    uint64_t taken;   /* the turn in which a column was last merged into it */
};

struct totals {
    uint64_t batches, left_out, rows, bytes;
    uint64_t columns_left_out; /* of one batch, at most */
    struct totals_column columns[TOTALS_COLUMNS_MAX];
    size_t column_count;
    uint64_t turn; /* a batch, or a state, whose columns are being merged */
};

struct totals *totals_create(void)
{
    return calloc(1, sizeof(struct totals));
}

void totals_free(struct totals *totals)
{
    if (totals == NULL)
        return;
    for (size_t i = 0; i < totals->column_count; i++)
        column_free(totals->columns[i].column);
    free(totals);
}

/* ---- which column ---- */

static bool is_named(const struct totals_column *column, const struct column *other)
{
    return column->column->name_length == other->name_length &&
           memcmp(column->column->name, other->name, other->name_length) == 0;
}

/* The first of that name that none was merged into in this turn. */
static struct totals_column *search(struct totals *totals, const struct column *column, bool *again)
{
    for (size_t i = 0; i < totals->column_count; i++) {
        struct totals_column *here = &totals->columns[i];
        if (!is_named(here, column))
            continue;
        if (here->taken != totals->turn)
            return here;
        *again = true;
    }
    return NULL;
}

static struct totals_column *append(struct totals *totals, const struct column *column, bool again)
{
    struct totals_column *new = &totals->columns[totals->column_count];
    *new = (struct totals_column){
        .column = column_create_in(column->name, column->name_length, &ROOM), .again = again};
    if (new->column == NULL)
        return NULL;
    totals->column_count++;
    return new;
}

enum place { PLACE_FOUND, PLACE_NONE, PLACE_NO_MEMORY };

/* Where columns of the next batch go is behind one another, as a rule, as it was the last time. */
static enum place find_place(struct totals *totals, const struct column *column, size_t guess,
                             struct totals_column **place)
{
    bool again = false;
    if (guess < totals->column_count && !totals->columns[guess].again &&
        totals->columns[guess].taken != totals->turn && is_named(&totals->columns[guess], column)) {
        *place = &totals->columns[guess];
        return PLACE_FOUND;
    }
    *place = search(totals, column, &again);
    if (*place != NULL)
        return PLACE_FOUND;
    if (totals->column_count == TOTALS_COLUMNS_MAX || column->name_length > TOTALS_NAME_MAX)
        return PLACE_NONE;
    *place = append(totals, column, again);
    return *place == NULL ? PLACE_NO_MEMORY : PLACE_FOUND;
}

/* ---- merging ---- */

/* Merges what is known of a column from so many batches; *guess is where it may be found. */
static bool take_column(struct totals *totals, const struct column *column, uint64_t batches,
                        size_t *guess, uint64_t *left_out)
{
    struct totals_column *place = NULL;
    switch (find_place(totals, column, *guess, &place)) {
    case PLACE_NO_MEMORY: return false;
    case PLACE_NONE: (*left_out)++; return true;
    case PLACE_FOUND: break;
    }
    place->taken = totals->turn;
    place->batches += batches;
    *guess = (size_t)(place - totals->columns) + 1;
    return column_merge(place->column, column);
}

static void take_left_out(struct totals *totals, uint64_t left_out)
{
    if (left_out > totals->columns_left_out)
        totals->columns_left_out = left_out;
}

bool totals_add(struct totals *totals, const struct batch_states *states, uint64_t bytes)
{
    size_t guess = 0;
    uint64_t left_out = 0;
    totals->turn++;
    for (size_t i = 0; i < states->column_count; i++)
        if (!take_column(totals, states->columns[i], 1, &guess, &left_out))
            return false;
    take_left_out(totals, left_out);
    totals->batches++;
    totals->rows += states->rows;
    totals->bytes += bytes;
    return true;
}

void totals_leave_out(struct totals *totals, uint64_t batches)
{
    totals->left_out += batches;
}

bool totals_merge(struct totals *into, const struct totals *from)
{
    size_t guess = 0;
    uint64_t left_out = from->columns_left_out;
    into->turn++;
    for (size_t i = 0; i < from->column_count; i++)
        if (!take_column(into, from->columns[i].column, from->columns[i].batches, &guess,
                         &left_out))
            return false;
    take_left_out(into, left_out);
    into->batches += from->batches;
    into->left_out += from->left_out;
    into->rows += from->rows;
    into->bytes += from->bytes;
    return true;
}

/* ---- asking ---- */

static bool take_columns(const struct totals *totals, struct totals_result *result)
{
    result->columns = calloc(totals->column_count + 1, sizeof *result->columns);
    result->column_batches = calloc(totals->column_count + 1, sizeof *result->column_batches);
    if (result->columns == NULL || result->column_batches == NULL)
        return false;
    for (size_t i = 0; i < totals->column_count; i++) {
        result->column_batches[i] = totals->columns[i].batches;
        result->column_count++;
        if (!column_finish(totals->columns[i].column, &result->columns[i]))
            return false;
    }
    return true;
}

bool totals_take(const struct totals *totals, struct totals_result *result)
{
    *result = (struct totals_result){.batches = totals->batches,
                                     .left_out = totals->left_out,
                                     .rows = totals->rows,
                                     .bytes = totals->bytes,
                                     .columns_left_out = totals->columns_left_out};
    if (take_columns(totals, result))
        return true;
    totals_result_free(result);
    return false;
}

size_t totals_bytes(const struct totals *totals)
{
    size_t bytes = sizeof *totals;
    for (size_t i = 0; i < totals->column_count; i++)
        bytes += column_bytes(totals->columns[i].column);
    return bytes;
}

/* ---- kept ---- */

void totals_pack(const struct totals *totals, struct text *file)
{
    pack_begin(file, MAGIC, VERSION);
    pack_u64(file, totals->batches);
    pack_u64(file, totals->left_out);
    pack_u64(file, totals->rows);
    pack_u64(file, totals->bytes);
    pack_u64(file, totals->columns_left_out);
    pack_u64(file, totals->column_count);
    for (size_t i = 0; i < totals->column_count; i++) {
        pack_flag(file, totals->columns[i].again);
        pack_u64(file, totals->columns[i].batches);
        column_pack(totals->columns[i].column, file);
    }
    pack_end(file);
}

static bool unpack_columns(struct unpacker *packed, struct totals *totals)
{
    size_t count = unpack_count(packed, TOTALS_COLUMNS_MAX, 1);
    for (size_t i = 0; i < count; i++) {
        struct totals_column *column = &totals->columns[i];
        column->again = unpack_flag(packed);
        column->batches = unpack_u64(packed);
        column->column = column_unpack(packed, &ROOM);
        if (column->column == NULL)
            return false;
        totals->column_count++;
    }
    return true;
}

static bool unpack_all(struct unpacker *packed, struct totals *totals)
{
    totals->batches = unpack_u64(packed);
    totals->left_out = unpack_u64(packed);
    totals->rows = unpack_u64(packed);
    totals->bytes = unpack_u64(packed);
    totals->columns_left_out = unpack_u64(packed);
    return unpack_columns(packed, totals) && unpack_close(packed);
}

struct totals *totals_unpack(const char *bytes, size_t length)
{
    struct unpacker packed;
    if (!unpack_open(&packed, bytes, length, MAGIC, VERSION))
        return NULL;
    struct totals *totals = totals_create();
    if (totals == NULL || unpack_all(&packed, totals))
        return totals;
    totals_free(totals);
    return NULL;
}
