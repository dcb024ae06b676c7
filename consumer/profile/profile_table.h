/*
 * profile_table - a profile for people: one line about the file, a line a column, and what the
 * columns hold most often.
 *
 *     orders.csv  2.5KiB  59 rows  2 columns  comma, header, lf
 *
 *     column  type     count  missing  distinct        min       max      mean    stddev ...
 *     city    string      59        0         3     Berlin      Rome
 *     amount  number      57        2        57  0.0164719  0.932749  0.493322  0.287823 ...
 *
 *     column  length  most frequent
 *     city    4-6     Rome x31  Berlin x20  Paris x8
 *
 * Numbers have six digits that matter, whole ones all of theirs up to twelve; what is counted or
 * ranked approximately has a mark in front. The statistics that do not fit beside the others
 * stand in a table of their own below. Where rows were filled or cut to the first one's length the
 * file's line ends in their number ("lf, 2 rows ragged"). The text holds nothing that a terminal
 * obeys (display).
 */
#ifndef CONSUMER_PROFILE_TABLE_H
#define CONSUMER_PROFILE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/profile/profile.h"

/* What is told of the file beside its profile; borrowed. */
struct profile_table_file {
    const char *name;
    uint64_t bytes;
};

/*
 * Appends the block of one file, for a terminal of so many cells a line; DISPLAY_ENDLESS: as wide
 * as it comes. A terminal too narrow for a name and a number wraps its lines. See text_failed().
 */
void profile_table_write(struct text *text, const struct profile_table_file *file,
                         const struct profile *profile, size_t width);

#endif
