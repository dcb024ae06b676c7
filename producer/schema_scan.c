#include "producer/schema_scan.h"

#include <string.h>

static void skip_spaces(const char **at)
{
    *at += strspn(*at, " \t\r\n");
}

bool schema_scan_mark(const char **at, char mark)
{
    skip_spaces(at);
    if (**at != mark || mark == '\0')
        return false;
    ++*at;
    return true;
}

static size_t keep(char text[SCHEMA_SCAN_SIZE], const char *from, size_t length)
{
    size_t kept = length < SCHEMA_SCAN_SIZE ? length : SCHEMA_SCAN_SIZE - 1;
    memcpy(text, from, kept);
    text[kept] = '\0';
    return kept;
}

void schema_scan_word(const char **at, char word[SCHEMA_SCAN_SIZE])
{
    skip_spaces(at);
    size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    (void)keep(word, *at, length);
    *at += length;
}

static const char *take_quoted(const char **at, char text[SCHEMA_SCAN_SIZE])
{
    size_t length = 0;
    for (++*at; **at != '\0' && (**at != '"' || (*at)[1] == '"'); ++*at) {
        if (length == SCHEMA_SCAN_SIZE - 1)
            return "a text in quotes is too long";
        *at += **at == '"';
        text[length++] = **at;
    }
    text[length] = '\0';
    return schema_scan_mark(at, '"') ? NULL : "a quote is not closed";
}

const char *schema_scan_text(const char **at, const char *stops, char text[SCHEMA_SCAN_SIZE])
{
    skip_spaces(at);
    if (**at == '"')
        return take_quoted(at, text);
    const char *first = *at;
    size_t length = strcspn(first, stops);
    *at += length;
    while (length > 0 && strchr(" \t\r\n", first[length - 1]) != NULL)
        length--;
    return keep(text, first, length) == length ? NULL : "a text is too long";
}
