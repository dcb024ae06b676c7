#include "common/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tests/unit/support.h"

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct metadata_field FIELDS[] = {
    {"label", "string"}, {"value", "number"}, {"timestamp", "datetime"}};

static const struct metadata METADATA = {.batch = 7,
                                         .filename = "data_7.csv",
                                         .bytes = 1387,
                                         .record_count = 41,
                                         .sha256 = HASH,
                                         .created = "2026-11-23T10:15:00Z",
                                         .run_id = "2026-11-23T10:00:00Z-42",
                                         .description = "a \"test\"\n",
                                         .fields = FIELDS,
                                         .field_count = 3};

static struct metadata_claims claims;
static struct rejection rejection;

static bool reads(const char *document)
{
    rejection = (struct rejection){0};
    return metadata_read(document, strlen(document), "7", "data_7.csv", &claims, &rejection);
}

static void assert_accepted(const char *document)
{
    ck_assert_msg(reads(document), "%s: %s", document, rejection.detail);
}

static void assert_rejected(const char *document, enum reason reason, const char *detail)
{
    ck_assert_msg(!reads(document), "%s", document);
    ck_assert_msg(rejection.reason == reason, "%s: %s", document, reason_word(rejection.reason));
    ck_assert_msg(strstr(rejection.detail, detail) != NULL, "%s: %s", document, rejection.detail);
}

START_TEST(what_is_written_reads_back_to_the_same_claims)
{
    struct text text = {0};
    metadata_write(&text, &METADATA);
    ck_assert(!text_failed(&text));
    assert_accepted(text.bytes);
    ck_assert(claims.has_bytes && claims.has_record_count && claims.has_sha256);
    ck_assert_uint_eq(claims.bytes, 1387);
    ck_assert_uint_eq(claims.record_count, 41);
    ck_assert_str_eq(claims.sha256, HASH);
    text_free(&text);
}
END_TEST

START_TEST(what_is_written_is_the_documented_document)
{
    struct text text = {0};
    metadata_write(&text, &METADATA);
    ck_assert_str_eq(text.bytes,
                     "{\n"
                     "  \"name\": \"data_7\",\n"
                     "  \"path\": \"data_7.csv\",\n"
                     "  \"profile\": \"tabular-data-resource\",\n"
                     "  \"$schema\": \"https://datapackage.org/profiles/2.0/dataresource.json\",\n"
                     "  \"type\": \"table\",\n"
                     "  \"format\": \"csv\",\n"
                     "  \"mediatype\": \"text/csv\",\n"
                     "  \"encoding\": \"utf-8\",\n"
                     "  \"bytes\": 1387,\n"
                     "  \"hash\": \"sha256:" HASH "\",\n"
                     "  \"schema\": {\n"
                     "    \"fields\": [\n"
                     "      {\"name\": \"label\", \"type\": \"string\"},\n"
                     "      {\"name\": \"value\", \"type\": \"number\"},\n"
                     "      {\"name\": \"timestamp\", \"type\": \"datetime\"}\n"
                     "    ]\n"
                     "  },\n"
                     "  \"created\": \"2026-11-23T10:15:00Z\",\n"
                     "  \"batch\": 7,\n"
                     "  \"record_count\": 41,\n"
                     "  \"run_id\": \"2026-11-23T10:00:00Z-42\",\n"
                     "  \"filename\": \"data_7.csv\",\n"
                     "  \"description\": \"a \\\"test\\\"\\n\"\n"
                     "}\n");
    text_free(&text);
}
END_TEST

START_TEST(hostile_column_names_are_still_json)
{
    char error[JSON_ERROR_SIZE];
    const struct metadata_field fields[] = {{"a\"b\\c\n", "string"}, {"\xff\x1b", "string"}};
    struct metadata metadata = METADATA;
    struct text text = {0};
    metadata.fields = fields;
    metadata.field_count = 2;
    metadata_write(&text, &metadata);
    struct json *object = json_parse_object(text.bytes, text.length, error);
    ck_assert_msg(object != NULL, "%s", error);
    json_free(object);
    text_free(&text);
}
END_TEST

START_TEST(a_batch_without_columns_still_has_a_schema)
{
    struct metadata metadata = METADATA;
    struct text text = {0};
    metadata.field_count = 0;
    metadata_write(&text, &metadata);
    assert_accepted(text.bytes);
    ck_assert_ptr_nonnull(strstr(text.bytes, "\"fields\": ["));
    text_free(&text);
}
END_TEST

START_TEST(metadata_of_another_program_may_say_less)
{
    assert_accepted("{\"filename\": \"data_7.csv\", \"record_count\": 41,"
                    " \"created_at\": \"2026-11-23T10:15:00\", \"description\": \"a batch\"}");
    ck_assert(claims.has_record_count);
    ck_assert_uint_eq(claims.record_count, 41);
    ck_assert(!claims.has_bytes);
    ck_assert(!claims.has_sha256);
}
END_TEST

START_TEST(metadata_that_says_nothing_claims_nothing)
{
    assert_accepted("{}");
    ck_assert(!claims.has_record_count && !claims.has_bytes && !claims.has_sha256);
    assert_accepted("{\"path\": null, \"bytes\": null, \"hash\": null, \"batch\": null}");
    ck_assert(!claims.has_record_count && !claims.has_bytes && !claims.has_sha256);
}
END_TEST

START_TEST(claims_of_an_earlier_document_do_not_stay)
{
    assert_accepted("{\"bytes\": 1, \"record_count\": 2, \"hash\": \"sha256:" HASH "\"}");
    ck_assert(claims.has_sha256);
    assert_accepted("{}");
    ck_assert(!claims.has_record_count && !claims.has_bytes && !claims.has_sha256);
    ck_assert_str_eq(claims.sha256, "");
}
END_TEST

START_TEST(another_path_or_filename_is_a_mismatch)
{
    const char *const names[] = {
        "data_8.csv", "../data_7.csv", "/shared-data/data_7.csv", "./data_7.csv",
        "DATA_7.csv", "data_7.csv ",   "data_7.csv\\u0001",       "",
        "/etc/passwd"};
    char document[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(document, sizeof document, "{\"path\": \"%s\"}", names[i]);
        assert_rejected(document, REASON_METADATA_MISMATCH, "'path' is");
        (void)snprintf(document, sizeof document, "{\"filename\": \"%s\"}", names[i]);
        assert_rejected(document, REASON_METADATA_MISMATCH, "'filename' is");
    }
}
END_TEST

START_TEST(another_batch_number_is_a_mismatch)
{
    assert_accepted("{\"batch\": 7}");
    assert_rejected("{\"batch\": 8}", REASON_METADATA_MISMATCH,
                    "'batch' is 8, the file name says 7");
    assert_rejected("{\"batch\": 0}", REASON_METADATA_MISMATCH, "'batch' is 0");
}
END_TEST

START_TEST(a_batch_number_beside_a_key_that_is_no_number_says_nothing)
{
    const char document[] = "{\"batch\": 8, \"path\": \"orders-x.csv\"}";
    ck_assert(metadata_read(document, strlen(document), "x", "orders-x.csv", &claims, &rejection));
}
END_TEST

START_TEST(members_of_the_wrong_type_are_invalid_and_named)
{
    assert_rejected("{\"path\": 7}", REASON_METADATA_INVALID, "'path' is not a string");
    assert_rejected("{\"path\": [\"data_7.csv\"]}", REASON_METADATA_INVALID, "'path' is not");
    assert_rejected("{\"filename\": {}}", REASON_METADATA_INVALID, "'filename' is not a string");
    assert_rejected("{\"batch\": \"7\"}", REASON_METADATA_INVALID, "'batch' is not a whole number");
    assert_rejected("{\"bytes\": \"1\"}", REASON_METADATA_INVALID, "'bytes' is not a whole number");
    assert_rejected("{\"record_count\": true}", REASON_METADATA_INVALID, "'record_count' is not");
    assert_rejected("{\"hash\": 5}", REASON_METADATA_INVALID, "'hash' is not a string");
}
END_TEST

START_TEST(counts_that_are_none_are_invalid)
{
    const char *const counts[] = {"-1", "1.5", "9007199254740993", "1e300", "18446744073709551615"};
    char document[128];
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        (void)snprintf(document, sizeof document, "{\"record_count\": %s}", counts[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "'record_count' is not a whole number");
        (void)snprintf(document, sizeof document, "{\"bytes\": %s}", counts[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "'bytes' is not a whole number");
    }
    assert_accepted("{\"record_count\": 9007199254740991, \"bytes\": 0}");
    ck_assert_uint_eq(claims.record_count, UINT64_C(9007199254740991));
    ck_assert(claims.has_bytes);
    ck_assert_uint_eq(claims.bytes, 0);
}
END_TEST

START_TEST(a_sha256_that_is_none_is_invalid)
{
    const char *const hashes[] = {"sha256:",
                                  "sha256:abc",
                                  "sha256:" HASH "0",
                                  "sha256: " HASH,
                                  "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F"
                                  "20015AD",
                                  "sha256:g"};
    char document[128];
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        (void)snprintf(document, sizeof document, "{\"hash\": \"%s\"}", hashes[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "64 hexadecimal digits");
    }
}
END_TEST

START_TEST(a_hash_by_another_algorithm_verifies_nothing)
{
    assert_accepted("{\"hash\": \"md5:900150983cd24fb0d6963f7d28e17f72\"}");
    ck_assert(!claims.has_sha256);
    assert_accepted("{\"hash\": \"900150983cd24fb0d6963f7d28e17f72\"}");
    ck_assert(!claims.has_sha256);
}
END_TEST

START_TEST(what_is_no_strict_json_is_invalid_and_says_where)
{
    assert_rejected("", REASON_METADATA_INVALID, "metadata: ");
    assert_rejected("{\"batch\": 7", REASON_METADATA_INVALID, "at byte");
    assert_rejected("{\"batch\": 7} trailing", REASON_METADATA_INVALID, "text behind");
    assert_rejected("{\"batch\": 7}{\"batch\": 7}", REASON_METADATA_INVALID, "text behind");
    assert_rejected("{\"bytes\": 1, \"bytes\": 2}", REASON_METADATA_INVALID, "twice");
    assert_rejected("{\"bytes\": 1, \"BYTES\": 2}", REASON_METADATA_INVALID, "twice");
    assert_rejected("{\"bytes\": NaN}", REASON_METADATA_INVALID, "not JSON");
    assert_rejected("{\"bytes\": 1e999}", REASON_METADATA_INVALID, "out of range");
    assert_rejected("{\"path\": \"data_7.csv\\u0000\"}", REASON_METADATA_INVALID, "\\u0000");
    assert_rejected("[]", REASON_METADATA_INVALID, "not a JSON object");
}
END_TEST

START_TEST(a_path_of_a_megabyte_is_quoted_shortly)
{
    struct text text = {0};
    text_put(&text, "{\"path\": \"");
    for (int i = 0; i < 100000; i++)
        text_put(&text, "0123456789");
    text_put(&text, "\"}");
    assert_rejected(text.bytes, REASON_METADATA_MISMATCH, "the file is 'data_7.csv'");
    text_free(&text);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_metadata", what_is_written_reads_back_to_the_same_claims,
        what_is_written_is_the_documented_document, hostile_column_names_are_still_json,
        a_batch_without_columns_still_has_a_schema, metadata_of_another_program_may_say_less,
        metadata_that_says_nothing_claims_nothing, claims_of_an_earlier_document_do_not_stay,
        another_path_or_filename_is_a_mismatch, another_batch_number_is_a_mismatch,
        a_batch_number_beside_a_key_that_is_no_number_says_nothing,
        members_of_the_wrong_type_are_invalid_and_named, counts_that_are_none_are_invalid,
        a_sha256_that_is_none_is_invalid, a_hash_by_another_algorithm_verifies_nothing,
        what_is_no_strict_json_is_invalid_and_says_where, a_path_of_a_megabyte_is_quoted_shortly);
}
