/*
 * chart - a batch's profile as gnuplot commands: which picture suits it, and how it
 * looks.
 *
 * The commands are fixed texts. What comes from the file (names, labels) goes into
 * data blocks, each line behind a '=' so that none can end the block, cut to a length
 * and stripped of control characters; gnuplot reads it from there as plain strings,
 * with enhanced text off. Numbers are printed by us. So there is nothing that a cell
 * could hold that gnuplot would execute.
 */
#ifndef CONSUMER_CHART_H
#define CONSUMER_CHART_H

#include "common/text.h"
#include "consumer/profile.h"

/* Which picture is drawn: the first row whose condition holds. */
#define CHART_TABLE(row)                                                                         \
    row(CHART_EMPTY, "empty", "nothing to draw: says why") row(                                  \
        CHART_BARS, "bars", "a column of text and one of numbers, at most 60 rows: a bar a row") \
        row(CHART_LINES, "lines",                                                                \
            "numbers: each numeric column over time, or over the row's number")                  \
            row(CHART_COUNTS, "counts", "no numbers: how often the most frequent values occur")

#define CHART_ENUMERATOR(name, word, condition) name,
enum chart_kind { CHART_TABLE(CHART_ENUMERATOR) CHART_KIND_COUNT };
#undef CHART_ENUMERATOR

#define CHART_BARS_MAX 60
#define CHART_WIDTH_PX 1000
#define CHART_HEIGHT_PX 600

enum chart_kind chart_choose(const struct profile *profile);
const char *chart_kind_word(enum chart_kind kind);

/* The commands that every child gets first: terminal, encoding, font. Static. */
extern const char CHART_PREAMBLE_PNG[];
extern const char CHART_PREAMBLE_SVG[];

/* Appends the commands of one picture; see text_failed(). */
void chart_write(struct text *script, const char *key, const struct profile *profile);

#endif
