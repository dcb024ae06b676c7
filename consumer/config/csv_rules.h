/*
 * csv_rules - how a CSV is to be read. What nobody says is found out from the file itself
 * (dialect).
 */
#ifndef CONSUMER_CSV_RULES_H
#define CONSUMER_CSV_RULES_H

#include <stdbool.h>

enum csv_header { CSV_HEADER_AUTO, CSV_HEADER_PRESENT, CSV_HEADER_ABSENT };

/* All zero: everything is found out, rows are as long as the first, only the empty cell is missing.
 */
struct csv_rules {
    char delimiter; /* 0: found out */
    enum csv_header header;
    bool accept_ragged;  /* rows may be shorter or longer than the first */
    const char *missing; /* words that stand for no value, with commas between; NULL: none */
};

#define CSV_RULES_AUTO ((struct csv_rules){.delimiter = '\0'})

/*
 * The words for delimiters and for the enum above, NULL-terminated, as options take them. The
 * delimiter of CSV_DELIMITER_WORDS[i] is CSV_DELIMITERS[i]: that of "auto" is 0. Behind it they
 * stand in the order in which they are preferred.
 */
extern const char *const CSV_DELIMITER_WORDS[];
extern const char *const CSV_HEADER_WORDS[];
#define CSV_DELIMITERS "\0,;\t|"
#define CSV_DELIMITER_COUNT (sizeof CSV_DELIMITERS - 1)

/* The word for a delimiter; NULL for a character that is none. */
const char *csv_delimiter_word(char delimiter);

#endif
