/*
 * stated - the types that metadata may state of a cell, as whoever reads it by Frictionless's words
 * finds them in it.
 *
 * value.h says what a cell can be read as, and is generous: a consumer reads somebody else's files.
 * What is stated is a promise, and has to hold in the libraries (specs.frictionlessdata.io/table-
 * schema, "types and formats"; datapackage-js, frictionless-py). So of those types a cell has
 *
 *     string alone     with a space or tab at an edge; NaN, INF and -INF written in another way
 *     no integer       with a plus, zeros in front or -0, and beyond 2^53 - 1, which doubles round
 *
 * and each other one that value.h reads in it.
 */
#ifndef PRODUCER_STATED_H
#define PRODUCER_STATED_H

#include <stddef.h>

#include "common/value.h"

/* Of a cell that is not empty, which may be below others: `day` is that of value_read_next(). */
value_types stated_types(const char *bytes, size_t length, struct value_day *day);

#endif
