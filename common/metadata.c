#include "common/metadata.h"

#include <inttypes.h>
#include <string.h>

#include "common/contract.h"
#include "common/json.h"

#define HASH_PREFIX "sha256:"

static void put_member(struct text *text, const char *name, const char *value)
{
    text_printf(text, "  \"%s\": ", name);
    text_json_string(text, value, strlen(value));
    text_put(text, ",\n");
}

static void put_fields(struct text *text, const struct metadata *metadata)
{
    text_put(text, "  \"schema\": {\n    \"fields\": [\n");
    for (size_t i = 0; i < metadata->field_count; i++) {
        const struct metadata_field *field = &metadata->fields[i];
        text_put(text, "      {\"name\": ");
        text_json_string(text, field->name, strlen(field->name));
        text_printf(text, ", \"type\": \"%s\"}%s\n", field->type,
                    i + 1 < metadata->field_count ? "," : "");
    }
    text_put(text, "    ]\n  },\n");
}

void metadata_write(struct text *text, const struct metadata *metadata)
{
    text_put(text, "{\n");
    text_printf(text, "  \"name\": \"data_%" PRIu64 "\",\n", metadata->batch);
    put_member(text, "path", metadata->filename);
    put_member(text, "profile", "tabular-data-resource");
    put_member(text, "$schema", "https://datapackage.org/profiles/2.0/dataresource.json");
    put_member(text, "type", "table");
    put_member(text, "format", "csv");
    put_member(text, "mediatype", "text/csv");
    put_member(text, "encoding", "utf-8");
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

static bool check_batch(const struct json *object, const char *key, struct rejection *rejection)
{
    uint64_t stated = 0;
    uint64_t number = 0;
    switch (json_get_u64(object, "batch", &stated)) {
    case JSON_ABSENT: return true;
    case JSON_WRONG_TYPE: return wrong(rejection, "batch", "a whole number up to 2^53 - 1");
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
    return found != JSON_WRONG_TYPE || wrong(rejection, name, "a whole number up to 2^53 - 1");
}

/* A hash by another algorithm is not refused; it just verifies nothing. */
static bool take_hash(const struct json *object, struct metadata_claims *claims,
                      struct rejection *rejection)
{
    const char *value = NULL;
    size_t prefix = sizeof HASH_PREFIX - 1;
    enum json_found found = json_get_text(object, "hash", &value);
    if (found == JSON_WRONG_TYPE)
        return wrong(rejection, "hash", "a string");
    if (found == JSON_ABSENT || strncmp(value, HASH_PREFIX, prefix) != 0)
        return true;
    if (!digest_is_hex(value + prefix))
        return wrong(rejection, "hash", "'sha256:' and 64 hexadecimal digits");
    memcpy(claims->sha256, value + prefix, DIGEST_HEX_SIZE);
    claims->has_sha256 = true;
    return true;
}

bool metadata_read(const char *bytes, size_t length, const char *key, const char *file,
                   struct metadata_claims *claims, struct rejection *rejection)
{
    char error[JSON_ERROR_SIZE];
    *claims = (struct metadata_claims){0};
    struct json *object = json_parse_object(bytes, length, error);
    if (object == NULL) {
        rejection_set(rejection, REASON_METADATA_INVALID, "metadata: %s", error);
        return false;
    }
    bool good = check_name(object, "path", file, rejection) &&
                check_name(object, "filename", file, rejection) &&
                check_batch(object, key, rejection) &&
                take_count(object, "bytes", &claims->has_bytes, &claims->bytes, rejection) &&
                take_count(object, "record_count", &claims->has_record_count, &claims->record_count,
                           rejection) &&
                take_hash(object, claims, rejection);
    json_free(object);
    return good;
}
