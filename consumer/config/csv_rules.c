#include "consumer/config/csv_rules.h"

#include <stddef.h>

const char *const CSV_DELIMITER_WORDS[] = {"auto", "comma", "semicolon", "tab", "pipe", NULL};
const char *const CSV_HEADER_WORDS[] = {"auto", "present", "absent", NULL};

_Static_assert(sizeof CSV_DELIMITER_WORDS / sizeof *CSV_DELIMITER_WORDS == CSV_DELIMITER_COUNT + 1,
               "each delimiter has a word");

const char *csv_delimiter_word(char delimiter)
{
    for (size_t i = 0; i < CSV_DELIMITER_COUNT; i++)
        if (CSV_DELIMITERS[i] == delimiter)
            return CSV_DELIMITER_WORDS[i];
    return NULL;
}
