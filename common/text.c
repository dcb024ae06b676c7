#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more < text->capacity - text->length)
        return true;
    if (more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4) {
        text->failed = true;
        return false;
    }
    size_t capacity = text->capacity == 0 ? 256 : text->capacity;
    while (capacity - text->length <= more)
        capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_put(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

/* Into the room that is there; only what does not fit is printed twice. */
void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;
    size_t room = text->failed ? 0 : text->capacity - text->length;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, arguments);
    bool fits = length >= 0 && (size_t)length < room;
    if (!fits && room > 0)
        text->bytes[text->length] = '\0';
    if (length < 0)
        text->failed = true;
    else if (!fits && reserve(text, (size_t)length)) {
        (void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        fits = true;
    }
    if (fits)
        text->length += (size_t)length;
    va_end(again);
    va_end(arguments);
}

bool text_failed(const struct text *text)
{
    return text->failed;
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->bytes != NULL)
        text->bytes[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

static bool in_range(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

/* The table of well-formed sequences in the Unicode standard (3-7), row by row. */
size_t text_utf8_length(const char *bytes, size_t available)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (available == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (in_range(b[0], 0xC2, 0xDF))
        return available >= 2 && in_range(b[1], 0x80, 0xBF) ? 2 : 0;
    if (in_range(b[0], 0xE0, 0xEF)) {
        unsigned char low = b[0] == 0xE0 ? 0xA0 : 0x80;
        unsigned char high = b[0] == 0xED ? 0x9F : 0xBF;
        return available >= 3 && in_range(b[1], low, high) && in_range(b[2], 0x80, 0xBF) ? 3 : 0;
    }
    if (in_range(b[0], 0xF0, 0xF4)) {
        unsigned char low = b[0] == 0xF0 ? 0x90 : 0x80;
        unsigned char high = b[0] == 0xF4 ? 0x8F : 0xBF;
        return available >= 4 && in_range(b[1], low, high) && in_range(b[2], 0x80, 0xBF) &&
                       in_range(b[3], 0x80, 0xBF)
                   ? 4
                   : 0;
    }
    return 0;
}

static uint64_t high_bits(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return word & UINT64_C(0x8080808080808080);
}

/* Eight at a time, the last eight overlapping those before: what is not ASCII is rare. */
static bool is_ascii(const char *bytes, size_t length)
{
    size_t at = 0;
    if (length < 8) {
        unsigned char any = 0;
        for (; at < length; at++)
            any |= (unsigned char)bytes[at];
        return any < 0x80;
    }
    for (; at + 8 < length; at += 8)
        if (high_bits(bytes + at) != 0)
            return false;
    return high_bits(bytes + length - 8) == 0;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    if (is_ascii(bytes, length))
        return true;
    for (size_t at = 0; at < length;) {
        size_t step = text_utf8_length(bytes + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

size_t text_utf8_count(const char *bytes, size_t length)
{
    size_t count = 0;
    if (is_ascii(bytes, length))
        return length;
    for (size_t at = 0; at < length; count++) {
        size_t step = text_utf8_length(bytes + at, length - at);
        at += step == 0 ? 1 : step;
    }
    return count;
}

static void json_character(struct text *text, char character)
{
    switch (character) {
    case '"': text_append(text, "\\\"", 2); return;
    case '\\': text_append(text, "\\\\", 2); return;
    case '\n': text_append(text, "\\n", 2); return;
    case '\r': text_append(text, "\\r", 2); return;
    case '\t': text_append(text, "\\t", 2); return;
    default: text_printf(text, "\\u%04x", (unsigned)(unsigned char)character); return;
    }
}

static bool json_plain(char character)
{
    unsigned char byte = (unsigned char)character;
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F;
}

/* U+0080 to U+009F: JSON allows them, a terminal that shows them obeys them. */
static bool is_second_control(const char *bytes, size_t step)
{
    return step == 2 && (unsigned char)bytes[0] == 0xC2 && (unsigned char)bytes[1] < 0xA0;
}

/* Bytes that stand for themselves, up to the first that does not. */
static size_t plain_length(const char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && (unsigned char)bytes[count] < 0x80 && json_plain(bytes[count]))
        count++;
    return count;
}

void text_json_string(struct text *text, const char *bytes, size_t length)
{
    text_append(text, "\"", 1);
    for (size_t at = 0; at < length;) {
        size_t plain = plain_length(bytes + at, length - at);
        text_append(text, bytes + at, plain);
        at += plain;
        if (at == length)
            break;
        size_t step = text_utf8_length(bytes + at, length - at);
        if (step == 0)
            text_put(text, "\xEF\xBF\xBD"); /* U+FFFD */
        else if (is_second_control(bytes + at, step))
            json_character(text, bytes[at + 1]);
        else if (step > 1)
            text_append(text, bytes + at, step);
        else
            json_character(text, bytes[at]);
        at += step == 0 ? 1 : step;
    }
    text_append(text, "\"", 1);
}

void text_json_string_or_null(struct text *text, const char *string)
{
    if (string == NULL)
        text_put(text, "null");
    else
        text_json_string(text, string, strlen(string));
}
