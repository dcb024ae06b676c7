#include "consumer/stream/marks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many as two schemas of the most columns have that take turns, and as many again. */
#define BANDS (4 * ACCOUNT_COLUMNS_MAX)

/* Bands of one column in the last batches, the oldest overwritten first. */
struct band {
    char name[ACCOUNT_NAME_SIZE];
    size_t nth; /* of several of that name in a batch */
    double low[MARKS_WINDOW];
    double high[MARKS_WINDOW];
    bool left[MARKS_WINDOW]; /* the median was outside */
    size_t count;            /* 0 is a place that nobody has */
    size_t next;
    uint64_t batch; /* that last had the column */
};

struct marks {
    uint64_t batches;
    size_t last_count; /* columns of the batch before */
    struct account_column last[ACCOUNT_COLUMNS_MAX];
    struct band bands[BANDS];
};

struct marks *marks_create(void)
{
    return calloc(1, sizeof(struct marks));
}

void marks_free(struct marks *marks)
{
    free(marks);
}

/* Adds to a line, and ends it in an ellipsis where there is no room. */
__attribute__((format(printf, 3, 4))) static void
note(char line[ACCOUNT_NOTE_SIZE], const char *separator, const char *format, ...)
{
    static const char MORE[] = "; \xE2\x80\xA6";
    char part[ACCOUNT_NOTE_SIZE];
    size_t length = strlen(line);
    size_t between = length == 0 ? 0 : strlen(separator);
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    bool ended = length >= sizeof MORE && strcmp(line + length - (sizeof MORE - 1), MORE) == 0;
    bool fits = needed >= 0 && length + between + (size_t)needed + sizeof MORE <= ACCOUNT_NOTE_SIZE;
    if (ended)
        return;
    if (fits)
        (void)snprintf(line + length, ACCOUNT_NOTE_SIZE - length, "%.*s%s", (int)between, separator,
                       part);
    else if (length > 0)
        memcpy(line + length, MORE, sizeof MORE);
}

/* ---- changes ---- */

static size_t told(size_t column_count)
{
    return column_count < ACCOUNT_COLUMNS_MAX ? column_count : ACCOUNT_COLUMNS_MAX;
}

/* Columns of a name are told apart by how many of it come before them. */
static size_t nth_of_its_name(const struct account_column *columns, size_t place)
{
    size_t nth = 0;
    for (size_t i = 0; i < place; i++)
        nth += strcmp(columns[i].name, columns[place].name) == 0 ? 1 : 0;
    return nth;
}

static const struct account_column *find(const struct account_column *columns, size_t count,
                                         const char *name, size_t nth)
{
    for (size_t i = 0; i < told(count); i++)
        if (strcmp(columns[i].name, name) == 0 && nth-- == 0)
            return &columns[i];
    return NULL;
}

/* Those of one list that the other has not, as in "gone: a, b". */
static void note_missing(char line[ACCOUNT_NOTE_SIZE], const char *word,
                         const struct account_column *columns, size_t count,
                         const struct account_column *others, size_t other_count)
{
    bool first = true;
    for (size_t i = 0; i < told(count); i++) {
        const char *name = columns[i].name;
        if (find(others, other_count, name, nth_of_its_name(columns, i)) != NULL)
            continue;
        note(line, first ? "; " : ", ", "%s%s", first ? word : "", name);
        first = false;
    }
}

static void note_types(const struct marks *marks, struct account *account)
{
    for (size_t i = 0; i < told(account->column_count); i++) {
        const struct account_column *column = &account->columns[i];
        const struct account_column *before = find(marks->last, marks->last_count, column->name,
                                                   nth_of_its_name(account->columns, i));
        if (before != NULL && before->type != column->type)
            note(account->change, "; ", "%s: %s, was %s", column->name,
                 value_type_word(column->type), value_type_word(before->type));
    }
}

static bool same_order(const struct marks *marks, const struct account *account)
{
    for (size_t i = 0; i < told(account->column_count); i++)
        if (strcmp(account->columns[i].name, marks->last[i].name) != 0)
            return false;
    return true;
}

static void note_change(const struct marks *marks, struct account *account)
{
    note_missing(account->change, "new: ", account->columns, account->column_count, marks->last,
                 marks->last_count);
    note_missing(account->change, "gone: ", marks->last, marks->last_count, account->columns,
                 account->column_count);
    note_types(marks, account);
    if (account->change[0] != '\0')
        return;
    if (account->column_count != marks->last_count)
        note(account->change, "; ", "%zu columns, were %zu", account->column_count,
             marks->last_count);
    else if (!same_order(marks, account))
        note(account->change, "; ", "columns in another order");
}

/* ---- drift ---- */

/*
 * The column's own, or a free one, or that of the column that was missed for longest: but none that
 * was met in the last window, for which NULL. So of more columns than there are places, however
 * they take turns, the first ones keep theirs.
 */
static struct band *band_of(struct marks *marks, const char *name, size_t nth)
{
    struct band *oldest = &marks->bands[0];
    for (size_t i = 0; i < BANDS; i++) {
        struct band *band = &marks->bands[i];
        if (band->count > 0 && band->nth == nth && strcmp(band->name, name) == 0)
            return band;
        if (band->batch < oldest->batch)
            oldest = band;
    }
    if (oldest->count > 0 && oldest->batch + MARKS_WINDOW > marks->batches)
        return NULL;
    *oldest = (struct band){.nth = nth};
    memcpy(oldest->name, name, sizeof oldest->name);
    return oldest;
}

/* By insertion, since it is of some dozens. Halves are added, for a sum may have no double. */
static double median_of(const double *values, size_t count)
{
    double sorted[MARKS_WINDOW] = {0};
    for (size_t i = 0; i < count; i++) {
        size_t place = i;
        for (; place > 0 && sorted[place - 1] > values[i]; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = values[i];
    }
    double low = sorted[(count - 1) / 2];
    double high = sorted[count / 2];
    return low == high ? low : low / 2 + high / 2;
}

static size_t times_left(const struct band *band)
{
    size_t times = 0;
    for (size_t i = 0; i < band->count; i++)
        times += band->left[i] ? 1 : 0;
    return times;
}

/* Whether the median is outside; and a note of it, unless that is nothing new. */
static bool leaves(const struct band *band, const struct account_column *column,
                   char drift[ACCOUNT_NOTE_SIZE])
{
    if (band->count < MARKS_FEWEST)
        return false;
    double median = column->quantiles[ACCOUNT_P50];
    double low = median_of(band->low, band->count);
    double high = median_of(band->high, band->count);
    bool outside = median < low || median > high;
    if (outside && times_left(band) < MARKS_OFTEN)
        note(drift, "; ", "%s: median %.4g, usual %.4g to %.4g", column->name, median, low, high);
    return outside;
}

static void watch(struct marks *marks, const struct account_column *column, size_t nth,
                  char drift[ACCOUNT_NOTE_SIZE])
{
    struct band *band = band_of(marks, column->name, nth);
    if (band == NULL)
        return;
    band->left[band->next] = leaves(band, column, drift);
    band->low[band->next] = column->quantiles[ACCOUNT_P05];
    band->high[band->next] = column->quantiles[ACCOUNT_P95];
    band->batch = marks->batches;
    band->next = (band->next + 1) % MARKS_WINDOW;
    if (band->count < MARKS_WINDOW)
        band->count++;
}

void marks_judge(struct marks *marks, struct account *account)
{
    if (account->outcome != OUTCOME_PROCESSED || account->column_count == 0)
        return;
    if (marks->batches > 0)
        note_change(marks, account);
    marks->batches++;
    for (size_t i = 0; i < told(account->column_count); i++)
        if (isfinite(account->columns[i].quantiles[ACCOUNT_P50]))
            watch(marks, &account->columns[i], nth_of_its_name(account->columns, i),
                  account->drift);
    marks->last_count = account->column_count;
    memcpy(marks->last, account->columns, sizeof marks->last);
}
