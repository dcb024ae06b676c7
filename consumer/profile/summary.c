#include "consumer/profile/summary.h"

#include <inttypes.h>
#include <string.h>

#include "common/contract.h"
#include "consumer/profile/column_json.h"

static void put_dialect(struct text *text, const struct profile *profile)
{
    text_put(text, "  \"dialect\": {\"delimiter\": ");
    text_json_string(text, &profile->dialect.delimiter, 1);
    text_printf(text, ", \"header\": %s, \"line_ending\": \"%s\", \"bom\": %s},\n",
                profile->has_header ? "true" : "false", profile->dialect.line_ending,
                profile->dialect.bom ? "true" : "false");
}

static void put_member(struct text *text, const char *name, const char *value)
{
    text_printf(text, "  \"%s\": ", name);
    text_json_string(text, value, strlen(value));
    text_put(text, ",\n");
}

void summary_write(struct text *text, const struct summary_batch *batch,
                   const struct profile *profile)
{
    text_put(text, "{\n");
    put_member(text, "format", CONTRACT_SUMMARY_FORMAT);
    put_member(text, "key", batch->key);
    put_member(text, "file", batch->file);
    text_printf(text, "  \"bytes\": %" PRIu64 ",\n", batch->bytes);
    put_member(text, "sha256", batch->sha256);
    text_printf(text, "  \"verified\": %s,\n", batch->verified ? "true" : "false");
    text_printf(text, "  \"record_count\": %" PRIu64 ",\n", profile->record_count);
    text_printf(text, "  \"column_count\": %zu,\n", profile->column_count);
    text_printf(text, "  \"ragged_rows\": %" PRIu64 ",\n", profile->ragged_rows);
    put_dialect(text, profile);
    text_put(text, "  \"columns\": [");
    for (size_t i = 0; i < profile->column_count; i++) {
        text_put(text, i == 0 ? "\n" : ",\n");
        column_json_write(text, &profile->columns[i], NULL);
    }
    text_put(text, profile->column_count == 0 ? "]\n}\n" : "\n  ]\n}\n");
}

/* A quote inside a string is escaped, so the mark can stand nowhere but before the member. */
bool summary_sha256(const char *bytes, size_t length, char sha256[DIGEST_HEX_SIZE])
{
    static const char mark[] = "\"sha256\": \"";
    const size_t digits = DIGEST_HEX_SIZE - 1;
    const char *at = memmem(bytes, length, mark, sizeof mark - 1);
    if (at == NULL)
        return false;
    at += sizeof mark - 1;
    if ((size_t)(bytes + length - at) < digits)
        return false;
    memcpy(sha256, at, digits);
    sha256[digits] = '\0';
    return digest_is_hex(sha256);
}
