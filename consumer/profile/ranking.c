#include "consumer/profile/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/wait.h"
#include "consumer/profile/extent.h"
#include "consumer/profile/sort.h"

static int compare_integers(const struct ranked *a, const struct ranked *b)
{
    return (a->value.integer > b->value.integer) - (a->value.integer < b->value.integer);
}

/* NaN is one value, behind all others. */
static int compare_numbers(const struct ranked *a, const struct ranked *b)
{
    double x = a->value.number;
    double y = b->value.number;
    if (isnan(x) || isnan(y))
        return (isnan(x) ? 1 : 0) - (isnan(y) ? 1 : 0);
    return (x > y) - (x < y);
}

static int compare_booleans(const struct ranked *a, const struct ranked *b)
{
    return (int)a->value.boolean - (int)b->value.boolean;
}

static int compare_strings(const struct ranked *a, const struct ranked *b)
{
    return extent_compare_bytes(a->entry.bytes, a->entry.length, b->entry.bytes, b->entry.length);
}

/* By moment; the same moment written in two ways stays two values. */
static int compare_moments(const struct ranked *a, const struct ranked *b)
{
    int order = extent_compare_moments(&a->value, &b->value);
    return order != 0 ? order : compare_strings(a, b);
}

typedef int compare_ranked(const struct ranked *a, const struct ranked *b);

static compare_ranked *const ORDER[VALUE_TYPE_COUNT] = {
    [VALUE_INTEGER] = compare_integers, [VALUE_NUMBER] = compare_numbers,
    [VALUE_BOOLEAN] = compare_booleans, [VALUE_DATE] = compare_moments,
    [VALUE_TIME] = compare_moments,     [VALUE_DATETIME] = compare_moments,
    [VALUE_STRING] = compare_strings};

static int compare_by_order(const void *a, const void *b, void *order)
{
    return (*(compare_ranked *const *)order)(a, b);
}

/* Joins texts that are the same value of the type (1 and 01, true and TRUE). Sorted input. */
static size_t merge_equal(struct ranked *ranked, size_t count, compare_ranked *order)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && order(&ranked[kept - 1], &ranked[i]) == 0)
            ranked[kept - 1].entry.count += ranked[i].entry.count;
        else
            ranked[kept++] = ranked[i];
    }
    return kept;
}

static bool read_entries(struct ranked *ranked, const struct tally *tally)
{
    for (size_t i = 0; i < tally_size(tally); i++) {
        ranked[i].entry = tally_entry(tally, i);
        value_read(ranked[i].entry.bytes, ranked[i].entry.length, &ranked[i].value);
        if (i > 0 && i % SORT_RUN == 0 && wait_stopping())
            return false;
    }
    return true;
}

struct ranked *rank_values(const struct tally *tally, enum value_type type, size_t *count)
{
    compare_ranked *order = ORDER[type];
    *count = tally_size(tally);
    struct ranked *ranked = calloc(*count + 1, sizeof *ranked);
    if (ranked == NULL)
        return NULL;
    if (!read_entries(ranked, tally) ||
        !sort_elements(ranked, *count, sizeof *ranked, compare_by_order, &order)) {
        free(ranked);
        return NULL;
    }
    *count = merge_equal(ranked, *count, order);
    return ranked;
}

/* JSON has no such numbers: they are shown as text, in Frictionless's words. */
static bool show_nonfinite(double number, struct column_scalar *scalar)
{
    const char *word = isnan(number) ? "NaN" : number > 0 ? "INF" : "-INF";
    return column_scalar_set_text(scalar, word, strlen(word));
}

bool ranked_show(const struct ranked *ranked, enum value_type type, struct column_scalar *scalar)
{
    switch (type) {
    case VALUE_INTEGER:
        *scalar = (struct column_scalar){.kind = SCALAR_INTEGER, .integer = ranked->value.integer};
        return true;
    case VALUE_NUMBER:
        if (!isfinite(ranked->value.number))
            return show_nonfinite(ranked->value.number, scalar);
        *scalar = (struct column_scalar){.kind = SCALAR_DOUBLE, .number = ranked->value.number};
        return true;
    case VALUE_BOOLEAN:
        *scalar = (struct column_scalar){.kind = SCALAR_BOOLEAN, .boolean = ranked->value.boolean};
        return true;
    default: break;
    }
    return column_scalar_set_text(scalar, ranked->entry.bytes, ranked->entry.length);
}

/* Ranked values come in order, so that of equal counts the first stays in front. */
size_t ranked_most_frequent(const struct ranked *ranked, size_t count,
                            const struct ranked *top[COLUMN_TOP_MAX])
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = kept;
        while (place > 0 && top[place - 1]->entry.count < ranked[i].entry.count)
            place--;
        if (place == COLUMN_TOP_MAX)
            continue;
        kept += kept < COLUMN_TOP_MAX ? 1 : 0;
        memmove(top + place + 1, top + place, (kept - place - 1) * sizeof *top);
        top[place] = &ranked[i];
    }
    return kept;
}
