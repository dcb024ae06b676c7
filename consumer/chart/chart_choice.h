/*
 * chart_choice - which picture suits a batch, from nothing but its profile.
 *
 * Columns are looked at up to SAMPLE_MAX_COLUMNS. A sequence is a first column of numbers that are
 * whole and increase from row to row, beside others: an id, a year, a counter. A time column is
 * drawn over where it only rises or only falls; else the row's number stands below.
 */
#ifndef CONSUMER_CHART_CHOICE_H
#define CONSUMER_CHART_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "consumer/profile/profile.h"

/* The first row whose condition holds; code, tests and docs/charts.md are made from it. */
#define CHART_TABLE(row)                                                                        \
    row(CHART_MANY, "multiples", "more than 6 columns of numbers: a small panel for each") row( \
        CHART_BARS, "bars", "text and numbers, at most 60 rows: a bar a row, as in the file")   \
        row(CHART_LINES, "lines",                                                               \
            "a time or a sequence, and numbers of like size: a line a column")                  \
            row(CHART_UNLIKE, "multiples",                                                      \
                "a time or a sequence, and numbers of unlike size: a panel each")               \
                row(CHART_HISTOGRAMS, "histograms", "numbers otherwise: how often which occur") \
                    row(CHART_COUNTS, "counts",                                                 \
                        "no numbers: how often the most frequent values occur")                 \
                        row(CHART_EMPTY, "empty",                                               \
                            "nothing of all that: says why there is nothing to draw")

#define CHART_ENUMERATOR(name, word, condition) name,
enum chart_kind { CHART_TABLE(CHART_ENUMERATOR) CHART_KIND_COUNT };
#undef CHART_ENUMERATOR

#define CHART_BARS_MAX SAMPLE_MAX_ROWS
/* Columns in one frame, and panels in one picture. */
#define CHART_LINES_MAX 6u
#define CHART_PANELS_MAX 12u
/* Sizes are unlike where a column would take up less than this share of the common frame. */
#define CHART_LEAST_SHARE 0.05

#define CHART_NO_COLUMN SIZE_MAX

struct chart_choice {
    enum chart_kind kind;
    size_t label;   /* of text, for bars */
    size_t over;    /* what numbers are drawn over; CHART_NO_COLUMN is the row's number */
    size_t moments; /* the first column of dates and times */
    size_t counted; /* of which values are frequent, the first of which some repeat */
    size_t numbers[CHART_PANELS_MAX]; /* the first columns of numbers, without `over` */
    size_t count;                     /* so many of them */
    size_t count_of_all;              /* of so many that there are */
};

struct chart_choice chart_choose(const struct profile *profile);
const char *chart_kind_word(enum chart_kind kind);

/* Whether the column is of dates or times. */
bool chart_is_over_time(const struct chart_choice *choice, const struct profile *profile);

#endif
