#include "consumer/marks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bands of one column in the last batches, the oldest overwritten first. */
struct band {
    char name[ACCOUNT_NAME_SIZE]; /* "" is a place that nobody has */
    double low[MARKS_WINDOW];
    double high[MARKS_WINDOW];
    bool left[MARKS_WINDOW]; /* the median was outside */
    size_t count;
    size_t next;
    uint64_t batch; /* that last had the column */
};

struct marks {
    uint64_t batches;
    size_t last_count; /* columns of the batch before */
    struct account_column last[ACCOUNT_COLUMNS_MAX];
    struct band bands[ACCOUNT_COLUMNS_MAX];
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
__attribute__((format(printf, 2, 3))) static void note(char line[ACCOUNT_NOTE_SIZE],
                                                       const char *format, ...)
{
    static const char MORE[] = "; \xE2\x80\xA6";
    char part[ACCOUNT_NOTE_SIZE] = "; ";
    size_t length = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(part + 2, sizeof part - 2, format, arguments);
    va_end(arguments);
    const char *added = length == 0 ? part + 2 : part;
    bool cut = needed < 0 || (size_t)needed >= sizeof part - 2 ||
               length + strlen(added) + sizeof MORE > ACCOUNT_NOTE_SIZE;
    if (!cut)
        memcpy(line + length, added, strlen(added) + 1);
    else if (length >= sizeof MORE && strcmp(line + length - (sizeof MORE - 1), MORE) != 0)
        memcpy(line + length, MORE, sizeof MORE);
}

/* ---- changes ---- */

static size_t told(size_t column_count)
{
    return column_count < ACCOUNT_COLUMNS_MAX ? column_count : ACCOUNT_COLUMNS_MAX;
}

static const struct account_column *find(const struct account_column *columns, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < told(count); i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static void note_columns(const struct marks *marks, struct account *account)
{
    for (size_t i = 0; i < told(account->column_count); i++) {
        const struct account_column *column = &account->columns[i];
        const struct account_column *before = find(marks->last, marks->last_count, column->name);
        if (before == NULL)
            note(account->change, "new: %s", column->name);
        else if (before->type != column->type)
            note(account->change, "%s: %s, was %s", column->name, value_type_word(column->type),
                 value_type_word(before->type));
    }
    for (size_t i = 0; i < told(marks->last_count); i++)
        if (find(account->columns, account->column_count, marks->last[i].name) == NULL)
            note(account->change, "gone: %s", marks->last[i].name);
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
    note_columns(marks, account);
    if (account->change[0] != '\0')
        return;
    if (account->column_count != marks->last_count)
        note(account->change, "%zu columns, were %zu", account->column_count, marks->last_count);
    else if (!same_order(marks, account))
        note(account->change, "columns in another order");
}

/* ---- drift ---- */

/* The column's own, or a free one, or that of the column that was missed for longest. */
static struct band *band_of(struct marks *marks, const char *name)
{
    struct band *oldest = &marks->bands[0];
    for (size_t i = 0; i < ACCOUNT_COLUMNS_MAX; i++) {
        struct band *band = &marks->bands[i];
        if (band->count > 0 && strcmp(band->name, name) == 0)
            return band;
        if (band->batch < oldest->batch)
            oldest = band;
    }
    *oldest = (struct band){.count = 0};
    memcpy(oldest->name, name, sizeof oldest->name);
    return oldest;
}

/* Around the first, so that the average of equal numbers is that very number. */
static double average(const double *values, size_t count)
{
    double distance = 0;
    for (size_t i = 1; i < count; i++)
        distance += (values[i] - values[0]) / (double)count;
    return count == 0 ? (double)NAN : values[0] + distance;
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
    double median = column->quantiles[ACCOUNT_P50];
    double low = average(band->low, band->count);
    double high = average(band->high, band->count);
    bool outside = band->count >= MARKS_FEWEST && (median < low || median > high);
    if (outside && times_left(band) < MARKS_OFTEN)
        note(drift, "%s: median %.4g, usual %.4g to %.4g", column->name, median, low, high);
    return outside;
}

static void watch(struct marks *marks, const struct account_column *column,
                  char drift[ACCOUNT_NOTE_SIZE])
{
    struct band *band = band_of(marks, column->name);
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
            watch(marks, &account->columns[i], account->drift);
    marks->last_count = account->column_count;
    memcpy(marks->last, account->columns, sizeof marks->last);
}
