/*
 * dialect - finds out how a CSV is written, from its first bytes. Pure functions: the same bytes
 * give the same answer.
 *
 *     char delimiter = dialect_guess_delimiter(bytes, length, whole);
 *     bool header = dialect_first_row_is_header(first, second, count);
 *     dialect_field_name(name, 0);                    "field1", where there is no header
 *
 * Doubt has one answer each: a comma, and a header. The words are those of Frictionless's Table
 * Dialect (`delimiter`, `header`), and so are the names of columns without a header.
 */
#ifndef CONSUMER_DIALECT_H
#define CONSUMER_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/csv_reader.h"

/* So many first bytes are looked at; more are passed over. */
#define DIALECT_SAMPLE_BYTES ((size_t)64 * 1024)

/* "field" and any number of a column, with its NUL. */
#define DIALECT_NAME_SIZE 32

/*
 * Comma, semicolon, tab or pipe. `whole`: these bytes are all of the file, so that its last line
 * counts without a line end too; else it counts only where there is no other.
 *
 * Each delimiter is tried as a strict reader of RFC 4180 would: quotes hold what they enclose
 * together, and the first row says how many cells the others have. It comes into question when
 * the first row has more than one cell and most rows have as many. Of several the one with the
 * highest score wins, after van den Burg, Nazabal and Sutton, "Wrangling messy CSV files by
 * detecting row and type patterns" (2019), who multiply how alike the rows are with how many
 * cells look like values:
 *
 *     rows as long as the first    clean cells of those
 *     ------------------------- x  --------------------
 *               rows                 cells of those
 *
 * A cell is clean that is quoted, or holds no other delimiter; a comma between two digits is none,
 * nor is a comma or semicolon before a space. So "1,5;2,5" has semicolons: they give two clean
 * cells of two, and commas two of three.
 */
char dialect_guess_delimiter(const char *bytes, size_t length, bool whole);

/*
 * Whether the first of two rows of `count` cells each is a header; `second` is NULL where there
 * is none. It is not only when it holds what nobody calls a column: a number with a fraction or
 * an exponent, a date, a time or a datetime, each above a cell of that type; and when no text in
 * it stands above something else than text. Whole numbers decide nothing, for years are headings.
 */
bool dialect_first_row_is_header(const struct csv_cell *first, const struct csv_cell *second,
                                 size_t count);

/* The name of the column at `index`, from 0, of a file without a header: "field1" is the first. */
void dialect_field_name(char name[DIALECT_NAME_SIZE], size_t index);

#endif
