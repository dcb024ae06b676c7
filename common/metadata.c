#include "common/metadata.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/contract.h"
#include "common/json.h"

#define HASH_PREFIX "sha256:"
#define NAME_PREFIX "data_"
#define PROFILE "tabular-data-resource"
#define MD5_DIGITS 32
/* With its format, no other field is as long. */
#define LONGEST_TYPE "datetime"
/* Names, a hash, counts, and a description of some hundred bytes, each of which may be escaped. */
#define BESIDE_COLUMNS_BYTES ((size_t)8 * 1024)
#define COUNT_WORDS "a whole number in digits alone, up to 2^64 - 1"

static void put_member(struct text *text, const char *name, const char *value)
{
    text_printf(text, "  \"%s\": ", name);
    text_json_string(text, value, strlen(value));
    text_put(text, ",\n");
}

/*
 * The default format of these two has neither fractions of a second nor offsets from UTC, which our
 * values may have.
 */
static const char *format_of(const char *type)
{
    return strcmp(type, "time") == 0 || strcmp(type, "datetime") == 0 ? ", \"format\": \"any\""
                                                                      : "";
}

static void put_field(struct text *text, const char *name, const char *type)
{
    text_put(text, "      {\"name\": ");
    text_json_string(text, name, strlen(name));
    text_printf(text, ", \"type\": \"%s\"%s}", type, format_of(type));
}

static void put_fields(struct text *text, const struct metadata *metadata)
{
    text_put(text, "  \"schema\": {\n    \"fields\": [\n");
    for (size_t i = 0; i < metadata->field_count; i++) {
        put_field(text, metadata->fields[i].name, metadata->fields[i].type);
        text_put(text, i + 1 < metadata->field_count ? ",\n" : "\n");
    }
    text_put(text, "    ]\n  },\n");
}

void metadata_write(struct text *text, const struct metadata *metadata)
{
    text_put(text, "{\n");
    text_printf(text, "  \"name\": \"" NAME_PREFIX "%" PRIu64 "\",\n", metadata->batch);
    put_member(text, "path", metadata->filename);
    put_member(text, "profile", PROFILE);
    put_member(text, "$schema", "https://datapackage.org/profiles/2.0/dataresource.json");
    put_member(text, "type", "table");
    put_member(text, "format", "csv");
    put_member(text, "mediatype", "text/csv");
    put_member(text, "encoding", "utf-8");
    /* Libraries guess it where it is not said, and take a colon, a letter or a space for it. */
    text_put(text, "  \"dialect\": {\"delimiter\": \",\"},\n");
    text_printf(text, "  \"bytes\": %" PRIu64 ",\n", metadata->bytes);
    text_printf(text, "  \"hash\": \"" HASH_PREFIX "%s\",\n", metadata->sha256);
    put_fields(text, metadata);
    put_member(text, "created", metadata->created);
    text_printf(text, "  \"batch\": %" PRIu64 ",\n", metadata->batch);
    text_printf(text, "  \"record_count\": %" PRIu64 ",\n", metadata->record_count);
    put_member(text, "run_id", metadata->run_id);
    put_member(text, "filename", metadata->filename);
    text_put(text, "  \"description\": ");
    text_json_string(text, metadata->description, strlen(metadata->description));
    text_put(text, "\n}\n");
}

size_t metadata_most_bytes(const struct metadata_field *fields, size_t field_count)
{
    struct text text = {0};
    for (size_t i = 0; i < field_count; i++) {
        put_field(&text, fields[i].name, LONGEST_TYPE);
        text_put(&text, ",\n");
    }
    size_t bytes = text_failed(&text) ? 0 : text.length + BESIDE_COLUMNS_BYTES;
    text_free(&text);
    return bytes;
}

static bool wrong(struct rejection *rejection, const char *name, const char *expected)
{
    rejection_set(rejection, REASON_METADATA_INVALID, "metadata: '%s' is not %s", name, expected);
    return false;
}

/* `path` and `filename` must be the very name: so no '..', no '/', no other file. */
static bool check_name(const struct json *object, const char *name, const char *file,
                       struct rejection *rejection)
{
    const char *value = NULL;
    switch (json_get_text(object, name, &value)) {
    case JSON_ABSENT: return true;
    case JSON_WRONG_TYPE: return wrong(rejection, name, "a string");
    case JSON_FOUND: break;
    }
    if (strcmp(value, file) == 0)
        return true;
    rejection_set(rejection, REASON_METADATA_MISMATCH,
                  "metadata: '%s' is '%.80s', the file is '%.80s'", name, value, file);
    return false;
}

/*
 * `name` may be anything, but where it is written as our producer does, data_N, N is the batch's:
 * metadata_8.json copied to metadata_7.json is another batch's.
 */
static bool check_resource_name(const struct json *object, const char *key,
                                struct rejection *rejection)
{
    const char *value = NULL;
    uint64_t number = 0;
    switch (json_get_text(object, "name", &value)) {
    case JSON_ABSENT: return true;
    case JSON_WRONG_TYPE: return wrong(rejection, "name", "a string");
    case JSON_FOUND: break;
    }
    if (strncmp(value, NAME_PREFIX, sizeof NAME_PREFIX - 1) != 0 ||
        !contract_key_number(value + sizeof NAME_PREFIX - 1, &number) ||
        !contract_key_number(key, &number) || strcmp(value + sizeof NAME_PREFIX - 1, key) == 0)
        return true;
    rejection_set(rejection, REASON_METADATA_MISMATCH,
                  "metadata: 'name' is '%.80s', the file name says %s", value, key);
    return false;
}

static bool check_batch(const struct json *object, const char *key, struct rejection *rejection)
{
    uint64_t stated = 0;
    uint64_t number = 0;
    switch (json_get_u64(object, "batch", &stated)) {
    case JSON_ABSENT: return true;
    case JSON_WRONG_TYPE: return wrong(rejection, "batch", COUNT_WORDS);
    case JSON_FOUND: break;
    }
    if (!contract_key_number(key, &number) || number == stated)
        return true;
    rejection_set(rejection, REASON_METADATA_MISMATCH,
                  "metadata: 'batch' is %" PRIu64 ", the file name says %s", stated, key);
    return false;
}

static bool take_count(const struct json *object, const char *name, bool *has, uint64_t *value,
                       struct rejection *rejection)
{
    enum json_found found = json_get_u64(object, name, value);
    *has = found == JSON_FOUND;
    return found != JSON_WRONG_TYPE || wrong(rejection, name, COUNT_WORDS);
}

static bool is_hex_digit(char character)
{
    return character != '\0' && strchr("0123456789abcdefABCDEF", character) != NULL;
}

static size_t count_hex(const char *text)
{
    size_t count = 0;
    while (is_hex_digit(text[count]))
        count++;
    return count;
}

/* ALGORITHM:DIGITS, or MD5 without its name, as Frictionless has it. */
static bool is_hash_by_another(const char *value)
{
    const char *digits = value + strspn(value, "abcdefghijklmnopqrstuvwxyz"
                                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/");
    size_t count = 0;
    if (*digits == '\0')
        return count_hex(value) == MD5_DIGITS && strlen(value) == MD5_DIGITS;
    if (*digits != ':' || digits == value)
        return false;
    count = count_hex(digits + 1);
    return count > 0 && digits[1 + count] == '\0';
}

static bool take_sha256(const char *digits, struct metadata_claims *claims)
{
    if (count_hex(digits) != DIGEST_HEX_SIZE - 1 || digits[DIGEST_HEX_SIZE - 1] != '\0')
        return false;
    for (size_t i = 0; i < DIGEST_HEX_SIZE; i++) {
        char digit = digits[i];
        if (digit >= 'A' && digit <= 'F')
            digit = (char)(digit - 'A' + 'a');
        claims->sha256[i] = digit;
    }
    return claims->has_sha256 = true;
}

/*
 * Written as SHA256: it is as much a claim as in lower case; to pass over it would call a batch
 * unverified whose hash is stated, and wrong.
 */
static bool take_hash(const struct json *object, struct metadata_claims *claims,
                      struct rejection *rejection)
{
    const char *value = NULL;
    size_t prefix = sizeof HASH_PREFIX - 1;
    enum json_found found = json_get_text(object, "hash", &value);
    if (found == JSON_WRONG_TYPE)
        return wrong(rejection, "hash", "a string");
    if (found == JSON_ABSENT)
        return true;
    if (strncasecmp(value, HASH_PREFIX, prefix) == 0)
        return take_sha256(value + prefix, claims) ||
               wrong(rejection, "hash", "'sha256:' and 64 hexadecimal digits");
    return is_hash_by_another(value) ||
           wrong(rejection, "hash", "the name of an algorithm, ':' and hexadecimal digits");
}

bool metadata_read(const char *bytes, size_t length, const struct metadata_subject *subject,
                   struct metadata_claims *claims, struct rejection *rejection)
{
    char error[JSON_ERROR_SIZE];
    size_t depth = subject->json_depth == 0 ? JSON_DEPTH_MAX : subject->json_depth;
    *claims = (struct metadata_claims){0};
    struct json *object = json_parse_object_within(bytes, length, depth, error);
    if (object == NULL) {
        rejection_set(rejection, errno == ENOMEM ? REASON_NONE : REASON_METADATA_INVALID,
                      "metadata: %s", error);
        return false;
    }
    bool good = check_name(object, "path", subject->file, rejection) &&
                check_name(object, "filename", subject->file, rejection) &&
                check_resource_name(object, subject->key, rejection) &&
                check_batch(object, subject->key, rejection) &&
                take_count(object, "bytes", &claims->has_bytes, &claims->bytes, rejection) &&
                take_count(object, "record_count", &claims->has_record_count, &claims->record_count,
                           rejection) &&
                take_hash(object, claims, rejection);
    json_free(object);
    return good;
}

static const char *lacking_of(const struct json *object, const char *key)
{
    const struct json_value *root = json_root(object);
    const char *name = json_text(json_member(root, "name"));
    const char *profile = json_text(json_member(root, "profile"));
    const struct json_value *fields = json_member(json_member(root, "schema"), "fields");
    if (name == NULL || strncmp(name, NAME_PREFIX, sizeof NAME_PREFIX - 1) != 0 ||
        strcmp(name + sizeof NAME_PREFIX - 1, key) != 0)
        return "'name' is not " NAME_PREFIX "N, so another batch may have it too";
    if (json_text(json_member(root, "path")) == NULL)
        return "it states no 'path'";
    if (profile == NULL || strcmp(profile, PROFILE) != 0)
        return "'profile' is not " PROFILE;
    return json_first(fields) == NULL ? "'schema' has no fields" : NULL;
}

bool metadata_is_resource(const char *bytes, size_t length, const struct metadata_subject *subject,
                          struct rejection *rejection)
{
    char error[JSON_ERROR_SIZE];
    struct json *object = json_parse_object(bytes, length, error);
    const char *lacking = object == NULL ? error : lacking_of(object, subject->key);
    rejection->reason = REASON_NONE;
    if (lacking != NULL && (object != NULL || errno != ENOMEM))
        rejection_set(rejection, REASON_METADATA_INVALID, "metadata: %s", lacking);
    json_free(object);
    return lacking == NULL;
}
