#include "manual/words.h"

#include <string.h>

#define BLANKS " \n"

/* Steps to the next word of a text; 0 behind the last, else its length. */
static size_t next_word(const char **at, size_t length)
{
    *at += length;
    *at += strspn(*at, BLANKS);
    return strcspn(*at, BLANKS);
}

static bool ends_sentence(const char *word, size_t length)
{
    return length > 0 && word[length - 1] == '.';
}

static void put_word(const char *word, size_t length, bool begins_line,
                     const struct words_layout *layout, FILE *out)
{
    if (layout->put != NULL)
        layout->put(word, length, begins_line, out);
    else
        (void)fwrite(word, 1, length, out);
}

void words_print(const char *text, const struct words_layout *layout, FILE *out)
{
    const char *word = text;
    size_t prefix = strlen(layout->prefix);
    size_t column = 0;
    bool sentence_ended = false;
    for (size_t length = next_word(&word, 0); length > 0; length = next_word(&word, length)) {
        bool fits = column + 1 + length <= layout->columns;
        bool begins = column == 0 || !fits || (layout->sentences && sentence_ended);
        if (begins) {
            (void)fprintf(out, "%s%s", column == 0 ? "" : "\n", layout->prefix);
            column = prefix + length;
        } else {
            (void)fputc(' ', out);
            column += 1 + length;
        }
        put_word(word, length, begins, layout, out);
        sentence_ended = ends_sentence(word, length);
    }
    if (column > 0)
        (void)fputc('\n', out);
}

/* Within parentheses nothing ends. */
static bool ends_clause(const char *text, size_t length)
{
    int open = 0;
    for (size_t i = 0; i < length; i++)
        open += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    return open <= 0 && strchr(".;:", text[length - 1]) != NULL;
}

void words_first_clause(const char *text, char clause[WORDS_CLAUSE_SIZE])
{
    const char *word = text;
    size_t used = 0;
    for (size_t length = next_word(&word, 0); length > 0; length = next_word(&word, length)) {
        if (used + 1 + length >= WORDS_CLAUSE_SIZE)
            break;
        if (used > 0)
            clause[used++] = ' ';
        memcpy(clause + used, word, length);
        used += length;
        if (ends_clause(clause, used))
            break;
    }
    while (used > 0 && strchr(".;:,", clause[used - 1]) != NULL)
        used--;
    clause[used] = '\0';
}
