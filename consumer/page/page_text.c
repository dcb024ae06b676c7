#include "consumer/page/page_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "consumer/status/display.h"

#define DASH "\xE2\x80\x93"
#define NARROW_SPACE "\xE2\x80\xAF"
#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8"
#define POP_ISOLATE "\xE2\x81\xA9"

/* ---- text ---- */

static const char *reference_to(char character)
{
    switch (character) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    default: return "&#39;";
    }
}

static void put_escaped(struct text *html, const char *string)
{
    for (;;) {
        size_t plain = strcspn(string, "&<>\"'");
        text_append(html, string, plain);
        string += plain;
        if (*string == '\0')
            return;
        text_put(html, reference_to(*string++));
    }
}

void page_put_attribute(struct text *html, const char *bytes, size_t length, size_t cells)
{
    struct text shown = {0};
    (void)display_append(&shown, bytes, length, cells);
    text_put(html, FIRST_STRONG_ISOLATE);
    if (shown.bytes != NULL)
        put_escaped(html, shown.bytes);
    text_put(html, POP_ISOLATE);
    html->failed = html->failed || text_failed(&shown);
    text_free(&shown);
}

void page_put_text(struct text *html, const char *bytes, size_t length, size_t cells)
{
    struct text shown = {0};
    (void)display_append(&shown, bytes, length, cells);
    text_put(html, "<bdi>");
    if (shown.bytes != NULL)
        put_escaped(html, shown.bytes);
    text_put(html, "</bdi>");
    html->failed = html->failed || text_failed(&shown);
    text_free(&shown);
}

void page_put_string(struct text *html, const char *string, size_t cells)
{
    page_put_text(html, string, strlen(string), cells);
}

static bool is_unreserved(char character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') ||
           (character != '\0' && strchr("-._~", character) != NULL);
}

void page_put_address(struct text *html, const char *name)
{
    for (; *name != '\0'; name++) {
        if (is_unreserved(*name))
            text_append(html, name, 1);
        else
            text_printf(html, "%%%02X", (unsigned)(unsigned char)*name);
    }
}

/* ---- numbers ---- */

/* Digits, or digits behind a sign. */
static void put_grouped(struct text *html, const char *digits)
{
    if (*digits == '-') {
        text_put(html, "\xE2\x88\x92");
        digits++;
    }
    size_t length = strlen(digits);
    for (size_t at = 0; at < length; at++) {
        if (at > 0 && length > 4 && (length - at) % 3 == 0)
            text_put(html, NARROW_SPACE);
        text_append(html, digits + at, 1);
    }
}

void page_put_count(struct text *html, uint64_t count)
{
    char digits[NUMBER_INTEGER_SIZE];
    (void)snprintf(digits, sizeof digits, "%" PRIu64, count);
    put_grouped(html, digits);
}

void page_put_number(struct text *html, double number)
{
    char digits[NUMBER_DOUBLE_SIZE];
    double size = fabs(number);
    if (!isfinite(number)) {
        text_put(html, DASH);
    } else if (size >= 999.95 && size < 1e15) {
        (void)snprintf(digits, sizeof digits, "%.0f", number);
        put_grouped(html, digits);
    } else {
        (void)snprintf(digits, sizeof digits, "%.4g", size);
        text_printf(html, "%s%s", number < 0 ? "\xE2\x88\x92" : "", digits);
    }
}

void page_put_scalar(struct text *html, const struct column_scalar *scalar, size_t cells)
{
    char digits[NUMBER_INTEGER_SIZE];
    switch (scalar->kind) {
    case SCALAR_NONE: text_put(html, DASH); return;
    case SCALAR_INTEGER:
        number_format_int128(digits, scalar->integer);
        put_grouped(html, digits);
        return;
    case SCALAR_DOUBLE: page_put_number(html, scalar->number); return;
    case SCALAR_BOOLEAN: text_put(html, scalar->boolean ? "true" : "false"); return;
    case SCALAR_TEXT: page_put_text(html, scalar->text, scalar->length, cells); return;
    }
}

/* "1.4KiB" -> "1.4 KiB", but "2m05s" as it is */
static void put_apart(struct text *html, const char *quantity)
{
    size_t number = strspn(quantity, "0123456789.");
    const char *unit = quantity + number;
    text_append(html, quantity, number);
    text_put(html, strpbrk(unit, "0123456789") == NULL ? NARROW_SPACE : "");
    text_put(html, unit);
}

void page_put_size(struct text *html, uint64_t value_bytes)
{
    char size[NUMBER_HUMAN_SIZE];
    number_format_size(size, value_bytes);
    put_apart(html, size);
}

void page_put_duration(struct text *html, int64_t value_ns)
{
    char duration[NUMBER_HUMAN_SIZE];
    number_format_duration(duration, value_ns);
    put_apart(html, duration);
}

void page_put_share(struct text *html, uint64_t part, uint64_t whole)
{
    double percent = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
    if (part > 0 && percent < 0.1)
        text_put(html, "&lt;0.1");
    else if (part < whole && percent > 99.9)
        text_put(html, "&gt;99.9");
    else
        text_printf(html, percent < 9.95 ? "%.2g" : "%.3g", percent);
    text_put(html, NARROW_SPACE "%");
}

/* ---- times ---- */

void page_put_time(struct text *html, const char *timestamp)
{
    size_t length = strlen(timestamp);
    if (length < sizeof "2026-11-23T10:15:00" - 1) {
        text_put(html, DASH);
        return;
    }
    text_put(html, "<time datetime=\"");
    put_escaped(html, timestamp);
    text_printf(html, "\">%.10s %.8s</time>", timestamp, timestamp + 11);
}
