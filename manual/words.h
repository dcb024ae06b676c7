/*
 * words - the help of a row as running text. It is laid out for --help in the table, with line ends
 * and indentation of its own; everywhere else only its words count.
 */
#ifndef MANUAL_WORDS_H
#define MANUAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct words_layout {
    const char *prefix; /* of each line */
    size_t columns;     /* of a line, its prefix among them; a longer word has one of its own */
    bool sentences;     /* a sentence begins a line */
    /* Writes a word as the format has it; NULL: as it is. */
    void (*put)(const char *word, size_t length, bool begins_line, FILE *out);
};

/* Prints words in lines; the last one ends, too. Columns are counted in bytes. */
void words_print(const char *text, const struct words_layout *layout, FILE *out);

#define WORDS_CLAUSE_SIZE 256

/* The first clause of a text, as much as stands beside an option in a menu. */
void words_first_clause(const char *text, char clause[WORDS_CLAUSE_SIZE]);

#endif
