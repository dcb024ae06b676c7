/*
 * metadata and the strict JSON below it: a document is taken exactly when a grammar written out
 * from RFC 8259 takes it, but for what we refuse beyond it by name; every count that was read
 * stands in the text digit for digit; and what was read, written and read again is the same.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/json.h"
#include "common/metadata.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

static const struct metadata_subject SUBJECT = {.key = "7", .file = "data_7.csv"};

/* ---- RFC 8259, by recursive descent; true and false are taken or not ---- */

struct grammar {
    const char *at, *end;
    unsigned depth;
};

static bool value(struct grammar *g);

static void space(struct grammar *g)
{
    while (g->at < g->end && (*g->at == ' ' || *g->at == '\t' || *g->at == '\n' || *g->at == '\r'))
        g->at++;
}

static bool one(struct grammar *g, char character)
{
    if (g->at == g->end || *g->at != character)
        return false;
    g->at++;
    return true;
}

static bool word(struct grammar *g, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(g->end - g->at) < length || memcmp(g->at, text, length) != 0)
        return false;
    g->at += length;
    return true;
}

static bool digits(struct grammar *g)
{
    const char *first = g->at;
    while (g->at < g->end && isdigit((unsigned char)*g->at))
        g->at++;
    return g->at > first;
}

static bool number(struct grammar *g)
{
    (void)one(g, '-');
    if (!one(g, '0') && !digits(g))
        return false;
    if (one(g, '.') && !digits(g))
        return false;
    if (one(g, 'e') || one(g, 'E')) {
        if (!one(g, '+'))
            (void)one(g, '-');
        return digits(g);
    }
    return true;
}

static bool four_hex(struct grammar *g, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, g->at++) {
        if (g->at == g->end || !isxdigit((unsigned char)*g->at))
            return false;
        int digit = tolower((unsigned char)*g->at);
        *code = *code * 16 + (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return true;
}

/* Behind a backslash. Half a surrogate pair is no character. */
static bool escape(struct grammar *g)
{
    unsigned code;
    unsigned low;
    if (g->at == g->end)
        return false;
    char kind = *g->at++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    if (!four_hex(g, &code) || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code < 0xD800 || code > 0xDBFF)
        return true;
    return word(g, "\\u") && four_hex(g, &low) && low >= 0xDC00 && low <= 0xDFFF;
}

static bool string(struct grammar *g)
{
    if (!one(g, '"'))
        return false;
    while (g->at < g->end && *g->at != '"') {
        unsigned char character = (unsigned char)*g->at++;
        if (character < 0x20 || (character == '\\' && !escape(g)))
            return false;
    }
    return one(g, '"');
}

static bool member(struct grammar *g, bool named)
{
    space(g);
    if (named && !string(g))
        return false;
    space(g);
    return (!named || one(g, ':')) && value(g);
}

static bool members(struct grammar *g, char close)
{
    bool named = close == '}';
    space(g);
    if (one(g, close))
        return true;
    do {
        if (!member(g, named))
            return false;
        space(g);
    } while (one(g, ','));
    return one(g, close);
}

static bool nested(struct grammar *g, char close)
{
    bool good = ++g->depth <= 4096 && members(g, close);
    g->depth--;
    return good;
}

static bool value(struct grammar *g)
{
    space(g);
    if (one(g, '{'))
        return nested(g, '}');
    if (one(g, '['))
        return nested(g, ']');
    if (g->at < g->end && *g->at == '"')
        return string(g);
    return word(g, "true") || word(g, "false") || word(g, "null") || number(g);
}

static bool is_json_object(const char *bytes, size_t length)
{
    struct grammar g = {.at = bytes, .end = bytes + length};
    if (!text_is_utf8(bytes, length))
        return false;
    (void)word(&g, "\xEF\xBB\xBF");
    space(&g);
    bool object = g.at < g.end && *g.at == '{';
    bool good = value(&g);
    space(&g);
    return object && good && g.at == g.end;
}

/* ---- properties ---- */

/* What is refused although it is JSON. */
static bool refused_by_name(const char *error)
{
    static const char *const WORDS[] = {"is there twice", "out of range", "nested too deeply",
                                        "too many digits", "\\u0000 in a string"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strstr(error, WORDS[i]) != NULL)
            return true;
    return false;
}

static void check_json(const char *bytes, size_t length)
{
    char error[JSON_ERROR_SIZE];
    struct json *object = json_parse_object(bytes, length, error);
    bool is_json = is_json_object(bytes, length);
    FUZZ_REQUIRE(object == NULL || is_json, "taken, and is no JSON object");
    FUZZ_REQUIRE(object != NULL || !is_json || refused_by_name(error), "refused: %s", error);
    json_free(object);
}

static void require_digits_in(const char *bytes, size_t length, bool has, uint64_t count)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%" PRIu64, count);
    FUZZ_REQUIRE(!has || memmem(bytes, length, text, (size_t)size) != NULL, "%s is not in it",
                 text);
}

static void require_same_claims(const struct metadata_claims *a, const struct metadata_claims *b)
{
    FUZZ_REQUIRE(!a->has_bytes || a->bytes == b->bytes, "bytes");
    FUZZ_REQUIRE(!a->has_record_count || a->record_count == b->record_count, "record_count");
    FUZZ_REQUIRE(!a->has_sha256 || strcmp(a->sha256, b->sha256) == 0, "sha256");
}

static void write_claims(const struct metadata_claims *claims, struct text *text)
{
    static const struct metadata_field FIELDS[] = {{"a", "string"}};
    struct metadata metadata = {.batch = 7,
                                .filename = SUBJECT.file,
                                .bytes = claims->bytes,
                                .record_count = claims->record_count,
                                .run_id = "r",
                                .description = "d",
                                .fields = FIELDS,
                                .field_count = 1};
    memset(metadata.sha256, '0', sizeof metadata.sha256 - 1);
    if (claims->has_sha256)
        memcpy(metadata.sha256, claims->sha256, sizeof metadata.sha256);
    metadata_write(text, &metadata);
}

static void check_fixed_point(const struct metadata_claims *claims)
{
    struct text first = {0};
    struct text second = {0};
    struct metadata_claims again;
    struct rejection rejection = {.reason = REASON_NONE};
    write_claims(claims, &first);
    FUZZ_REQUIRE(metadata_read(first.bytes, first.length, &SUBJECT, &again, &rejection), "%s",
                 rejection.detail);
    require_same_claims(claims, &again);
    FUZZ_REQUIRE(again.has_sha256, "what we write states no hash");
    write_claims(&again, &second);
    FUZZ_REQUIRE(strcmp(first.bytes, second.bytes) == 0, "%s", second.bytes);
    text_free(&first);
    text_free(&second);
}

static void check_metadata(const char *bytes, size_t length)
{
    struct metadata_claims claims;
    struct rejection rejection = {.reason = REASON_NONE};
    if (!metadata_read(bytes, length, &SUBJECT, &claims, &rejection)) {
        FUZZ_REQUIRE(rejection.reason == REASON_METADATA_INVALID ||
                         rejection.reason == REASON_METADATA_MISMATCH,
                     "refused as %s", reason_word(rejection.reason));
        FUZZ_REQUIRE(strncmp(rejection.detail, "metadata: ", 10) == 0, "%s", rejection.detail);
        return;
    }
    require_digits_in(bytes, length, claims.has_bytes, claims.bytes);
    require_digits_in(bytes, length, claims.has_record_count, claims.record_count);
    check_fixed_point(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    /* In memory of its own size: our texts end in no NUL. */
    char *copy = malloc(length > 0 ? length : 1);
    FUZZ_REQUIRE(copy != NULL, "no memory");
    if (length > 0)
        memcpy(copy, bytes, length);
    check_json(copy, length);
    check_metadata(copy, length);
    free(copy);
    return 0;
}
