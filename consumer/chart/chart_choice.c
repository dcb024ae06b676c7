#include "consumer/chart/chart_choice.h"

#include <math.h>

static const char *const KIND_WORDS[] = {
#define CHART_WORD(name, word, condition) [name] = word,
    CHART_TABLE(CHART_WORD)
#undef CHART_WORD
};

const char *chart_kind_word(enum chart_kind kind)
{
    return KIND_WORDS[kind];
}

/* ---- columns ---- */

static bool is_moments(const struct column_result *column)
{
    bool moments =
        column->type == VALUE_DATE || column->type == VALUE_TIME || column->type == VALUE_DATETIME;
    return moments && column->count > 0;
}

/* gnuplot's axes overflow beyond it, and have no steps below the other. */
#define LARGEST 1e300
#define SMALLEST 1e-280

static bool is_numbers(const struct column_result *column)
{
    if (!value_type_is_numeric(column->type) || column->bins == 0)
        return false;
    double largest = fmax(fabs(column->edges[0]), fabs(column->edges[column->bins]));
    return largest == 0 || (largest > SMALLEST && largest < LARGEST);
}

static bool is_label(const struct column_result *column)
{
    return column->type == VALUE_STRING && column->count > 0;
}

/* Of very many different values none may be frequent. */
static bool has_frequent_values(const struct column_result *column)
{
    return !value_type_is_numeric(column->type) && column->top_count > 0;
}

/* Bars of one row each would say nothing. */
static bool has_repeated_values(const struct column_result *column)
{
    return has_frequent_values(column) && column->top[0].count > 1;
}

/* The first column of which `is` holds. */
static size_t find_column(const struct profile *profile, bool (*is)(const struct column_result *))
{
    for (size_t i = 0; i < profile->column_count && i < SAMPLE_MAX_COLUMNS; i++)
        if (is(&profile->columns[i]))
            return i;
    return CHART_NO_COLUMN;
}

/* ---- what numbers are drawn over ---- */

static bool is_sequence(const struct profile *profile, size_t column)
{
    const struct column_result *result = &profile->columns[column];
    return result->type == VALUE_INTEGER && result->missing == 0 && profile->record_count > 2 &&
           envelope_increases(&profile->courses[column]);
}

static void find_numbers(const struct profile *profile, struct chart_choice *choice)
{
    choice->count = 0;
    choice->count_of_all = 0;
    for (size_t i = 0; i < profile->column_count; i++) {
        if (!is_numbers(&profile->columns[i]) || i == choice->over)
            continue;
        choice->count_of_all++;
        if (choice->count < CHART_PANELS_MAX && i < SAMPLE_MAX_COLUMNS)
            choice->numbers[choice->count++] = i;
    }
}

static void find_axis(const struct profile *profile, struct chart_choice *choice)
{
    size_t first = find_column(profile, is_numbers);
    choice->over = CHART_NO_COLUMN;
    find_numbers(profile, choice);
    if (choice->moments != CHART_NO_COLUMN &&
        envelope_is_ordered(&profile->courses[choice->moments]))
        choice->over = choice->moments;
    else if (choice->count > 1 && is_sequence(profile, first))
        choice->over = first;
    find_numbers(profile, choice);
}

bool chart_is_over_time(const struct chart_choice *choice, const struct profile *profile)
{
    return choice->over != CHART_NO_COLUMN && is_moments(&profile->columns[choice->over]);
}

/* ---- conditions, in the order of the table ---- */

static bool are_many(const struct profile *profile, const struct chart_choice *choice)
{
    (void)profile;
    return choice->count_of_all > CHART_LINES_MAX && choice->count > 0;
}

static bool are_bars(const struct profile *profile, const struct chart_choice *choice)
{
    return choice->label != CHART_NO_COLUMN && choice->count > 0 &&
           profile->record_count <= CHART_BARS_MAX;
}

static bool have_axis(const struct chart_choice *choice)
{
    bool has_axis = choice->over != CHART_NO_COLUMN || choice->moments != CHART_NO_COLUMN;
    return has_axis && choice->count > 0;
}

/* A column that does not move is a mark to hold others against, and asks for no room. */
static bool are_alike(const struct profile *profile, const struct chart_choice *choice)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    double least = (double)INFINITY;
    for (size_t i = 0; i < choice->count; i++) {
        const struct column_result *column = &profile->columns[choice->numbers[i]];
        double from = column->edges[0];
        double to = column->edges[column->bins];
        low = fmin(low, from);
        high = fmax(high, to);
        least = to > from ? fmin(least, to - from) : least;
    }
    return choice->count < 2 || least >= (high - low) * CHART_LEAST_SHARE;
}

static bool are_lines(const struct profile *profile, const struct chart_choice *choice)
{
    return have_axis(choice) && are_alike(profile, choice);
}

static bool are_unlike(const struct profile *profile, const struct chart_choice *choice)
{
    (void)profile;
    return have_axis(choice);
}

static bool are_numbers(const struct profile *profile, const struct chart_choice *choice)
{
    (void)profile;
    return choice->count > 0;
}

static bool are_counts(const struct profile *profile, const struct chart_choice *choice)
{
    (void)profile;
    return choice->counted != CHART_NO_COLUMN;
}

static bool (*const CONDITIONS[])(const struct profile *, const struct chart_choice *) = {
    [CHART_MANY] = are_many,     [CHART_BARS] = are_bars,          [CHART_LINES] = are_lines,
    [CHART_UNLIKE] = are_unlike, [CHART_HISTOGRAMS] = are_numbers, [CHART_COUNTS] = are_counts,
};

static size_t find_counted(const struct profile *profile)
{
    size_t repeated = find_column(profile, has_repeated_values);
    return repeated != CHART_NO_COLUMN ? repeated : find_column(profile, has_frequent_values);
}

struct chart_choice chart_choose(const struct profile *profile)
{
    struct chart_choice choice = {.label = find_column(profile, is_label),
                                  .moments = find_column(profile, is_moments),
                                  .counted = find_counted(profile)};
    find_axis(profile, &choice);
    int kind = 0;
    while (kind < CHART_EMPTY && !CONDITIONS[kind](profile, &choice))
        kind++;
    choice.kind = (enum chart_kind)kind;
    return choice;
}
