/*
 * schema_scan - the smallest parts of a schema in short form, taken one after the other from a
 * NUL-terminated text.
 *
 *     const char *at = "choice(a, \"b, c\"=2)";
 *     schema_scan_word(&at, word)            "choice"
 *     schema_scan_mark(&at, '(')             true
 *     schema_scan_text(&at, "=,)", word)     NULL, word is "a"
 *
 * Spaces around a part mean nothing. In double quotes a text may hold anything, a quote written
 * twice.
 */
#ifndef PRODUCER_SCHEMA_SCAN_H
#define PRODUCER_SCHEMA_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* A part of more bytes is no part of any schema. */
#define SCHEMA_SCAN_SIZE 300

/* Steps over spaces, and over the mark when it stands there. */
bool schema_scan_mark(const char **at, char mark);

/* Letters, digits and '_', none at all too. Of more than SCHEMA_SCAN_SIZE - 1 only the first. */
void schema_scan_word(const char **at, char word[SCHEMA_SCAN_SIZE]);

/*
 * What stands before one of the `stops` or the end, or in quotes. NULL, or what is wrong with it.
 * Without quotes it ends before its last spaces.
 */
const char *schema_scan_text(const char **at, const char *stops, char text[SCHEMA_SCAN_SIZE]);

#endif
