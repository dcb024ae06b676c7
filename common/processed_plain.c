#include "common/processed_plain.h"

#include <string.h>

/* More may not fit into 64 bits. */
#define DIGITS_MAX 19

/* What is still to be read; `good` while it was as expected. */
struct cursor {
    char *at, *end;
    bool good;
};

static void literal(struct cursor *cursor, const char *expected, size_t length)
{
    cursor->good = cursor->good && (size_t)(cursor->end - cursor->at) >= length &&
                   memcmp(cursor->at, expected, length) == 0;
    if (cursor->good)
        cursor->at += length;
}

#define LITERAL(cursor, text) literal(cursor, text, sizeof text - 1)

static bool is_plain(char byte)
{
    return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

static const char *quoted(struct cursor *cursor)
{
    LITERAL(cursor, "\"");
    char *start = cursor->at;
    char *at = start;
    while (at < cursor->end && is_plain(*at))
        at++;
    cursor->at = at;
    LITERAL(cursor, "\"");
    if (!cursor->good)
        return NULL;
    *at = '\0';
    return start;
}

static const char *quoted_or_null(struct cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at == '"')
        return quoted(cursor);
    LITERAL(cursor, "null");
    return NULL;
}

static bool truth(struct cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at == 't') {
        LITERAL(cursor, "true");
        return true;
    }
    LITERAL(cursor, "false");
    return false;
}

static uint64_t count(struct cursor *cursor)
{
    uint64_t value = 0;
    const char *start = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        value = value * 10 + (uint64_t)(*cursor->at - '0');
    size_t digits = (size_t)(cursor->at - start);
    cursor->good =
        cursor->good && digits > 0 && digits <= DIGITS_MAX && (digits == 1 || *start != '0');
    return value;
}

bool processed_plain_read(char *line, size_t length, struct processed_fields *fields)
{
    struct cursor cursor = {.at = line, .end = line + length, .good = true};
    LITERAL(&cursor, "{\"key\":");
    fields->key = quoted(&cursor);
    LITERAL(&cursor, ",\"file\":");
    fields->file = quoted(&cursor);
    LITERAL(&cursor, ",\"outcome\":");
    fields->outcome = quoted(&cursor);
    LITERAL(&cursor, ",\"reason\":");
    fields->reason = quoted_or_null(&cursor);
    LITERAL(&cursor, ",\"detail\":");
    fields->detail = quoted_or_null(&cursor);
    LITERAL(&cursor, ",\"verified\":");
    fields->verified = truth(&cursor);
    LITERAL(&cursor, ",\"rows\":");
    fields->rows = count(&cursor);
    LITERAL(&cursor, ",\"bytes\":");
    fields->bytes = count(&cursor);
    LITERAL(&cursor, ",\"sha256\":");
    fields->sha256 = quoted_or_null(&cursor);
    LITERAL(&cursor, ",\"plot\":");
    fields->plot = quoted(&cursor);
    LITERAL(&cursor, ",\"at\":");
    fields->at = quoted(&cursor);
    LITERAL(&cursor, ",\"crc\":");
    (void)quoted(&cursor);
    LITERAL(&cursor, "}");
    return cursor.good && cursor.at == cursor.end;
}
