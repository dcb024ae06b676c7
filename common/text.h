/*
 * text - a growing buffer of bytes, UTF-8, and JSON put together by hand.
 *
 *     struct text line = {0};
 *     text_json_string(&line, "a \"b\"", 5);
 *     if (text_failed(&line)) ...          one check at the end is enough
 *     text_free(&line);
 *
 * JSON is written here and not by cJSON because the formats fix the order of
 * keys and the digits of numbers: cJSON's printer rounds integers beyond 2^53
 * and lets invalid UTF-8 through. (Reading JSON is cJSON's work.)
 *
 * After a failed allocation every further call does nothing and text_failed()
 * says so; nothing is ever half appended.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;     /* NUL-terminated once anything was appended; NULL before */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
    bool failed;     /* an allocation failed: the content is incomplete */
};

void text_append(struct text *text, const char *bytes, size_t length);
void text_put(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool text_failed(const struct text *text);

/* Forgets the content and keeps the memory for the next one. */
void text_clear(struct text *text);

/* Releases the memory; the text is empty and may be used again. */
void text_free(struct text *text);

/* Appends a JSON string, quoted and escaped; bytes that are not UTF-8 become U+FFFD. */
void text_json_string(struct text *text, const char *bytes, size_t length);

/* Appends a JSON string or, for NULL, null. */
void text_json_string_or_null(struct text *text, const char *string);

/*
 * Length in bytes, 1 to 4, of the valid UTF-8 sequence at `bytes` (RFC 3629:
 * no overlong forms, no surrogates, nothing past U+10FFFF); 0 when it is none.
 */
size_t text_utf8_length(const char *bytes, size_t available);

bool text_is_utf8(const char *bytes, size_t length);

/* Number of characters; each byte of an invalid sequence counts as one. */
size_t text_utf8_count(const char *bytes, size_t length);

#endif
