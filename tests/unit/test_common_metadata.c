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

static const struct metadata_subject SUBJECT = {.key = "7", .file = "data_7.csv"};

static struct metadata_claims claims;
static struct rejection rejection;

static bool reads(const char *document)
{
    rejection = (struct rejection){0};
    return metadata_read(document, strlen(document), &SUBJECT, &claims, &rejection);
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
    ck_assert_str_eq(
        text.bytes, "{\n"
                    "  \"name\": \"data_7\",\n"
                    "  \"path\": \"data_7.csv\",\n"
                    "  \"profile\": \"tabular-data-resource\",\n"
                    "  \"$schema\": \"https://datapackage.org/profiles/2.0/dataresource.json\",\n"
                    "  \"type\": \"table\",\n"
                    "  \"format\": \"csv\",\n"
                    "  \"mediatype\": \"text/csv\",\n"
                    "  \"encoding\": \"utf-8\",\n"
                    "  \"dialect\": {\"delimiter\": \",\"},\n"
                    "  \"bytes\": 1387,\n"
                    "  \"hash\": \"sha256:" HASH "\",\n"
                    "  \"schema\": {\n"
                    "    \"fields\": [\n"
                    "      {\"name\": \"label\", \"type\": \"string\"},\n"
                    "      {\"name\": \"value\", \"type\": \"number\"},\n"
                    "      {\"name\": \"timestamp\", \"type\": \"datetime\", \"format\": \"any\"}\n"
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

START_TEST(metadata_is_never_longer_than_it_is_said_to_be_at_most)
{
    char description[512];
    const struct metadata_field fields[] = {{"\x01\x02\x03", "datetime"}, {"\xff", "string"}};
    struct metadata metadata = METADATA;
    struct text text = {0};
    memset(description, '\x01', sizeof description - 1);
    description[sizeof description - 1] = '\0';
    metadata.fields = fields;
    metadata.field_count = 2;
    metadata.batch = metadata.bytes = metadata.record_count = UINT64_MAX;
    metadata.description = description;
    metadata_write(&text, &metadata);
    ck_assert_uint_le(text.length, metadata_most_bytes(fields, 2));
    ck_assert_uint_le(metadata_most_bytes(fields, 2), text.length + 8192);
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

static const struct metadata_subject ORDERS = {.key = "x", .file = "orders-x.csv"};

START_TEST(a_batch_number_beside_a_key_that_is_no_number_says_nothing)
{
    const char document[] = "{\"batch\": 8, \"path\": \"orders-x.csv\"}";
    ck_assert(metadata_read(document, strlen(document), &ORDERS, &claims, &rejection));
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
    const char *const counts[] = {"-1", "1.5", "1.0", "1e2", "-0", "1e300", "18446744073709551616"};
    char document[128];
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        (void)snprintf(document, sizeof document, "{\"record_count\": %s}", counts[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "'record_count' is not a whole number");
        (void)snprintf(document, sizeof document, "{\"bytes\": %s}", counts[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "'bytes' is not a whole number");
    }
    assert_accepted("{\"record_count\": 18446744073709551615, \"bytes\": 0}");
    ck_assert_uint_eq(claims.record_count, UINT64_MAX);
    ck_assert(claims.has_bytes);
    ck_assert_uint_eq(claims.bytes, 0);
}
END_TEST

START_TEST(metadata_refuses_a_sha256_that_is_none)
{
    const char *const hashes[] = {"sha256:",         "sha256:abc", "sha256:" HASH "0",
                                  "sha256: " HASH,   "sha256:g",   "sha256:" HASH " ",
                                  "SHA256:" HASH "0"};
    char document[128];
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        (void)snprintf(document, sizeof document, "{\"hash\": \"%s\"}", hashes[i]);
        assert_rejected(document, REASON_METADATA_INVALID, "64 hexadecimal digits");
    }
}
END_TEST

START_TEST(metadata_takes_a_sha256_in_capitals_as_the_same_claim)
{
    static const char CAPITALS[] =
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    const char *const prefixes[] = {"sha256:", "SHA256:", "Sha256:"};
    char document[128];
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        (void)snprintf(document, sizeof document, "{\"hash\": \"%s%s\"}", prefixes[i], CAPITALS);
        assert_accepted(document);
        ck_assert(claims.has_sha256);
        ck_assert_str_eq(claims.sha256, HASH);
    }
}
END_TEST

START_TEST(metadata_refuses_a_hash_that_is_no_hash)
{
    const char *const hashes[] = {"",
                                  HASH,
                                  ":" HASH,
                                  "sha256",
                                  "md5:",
                                  "md5:xy",
                                  "md5: 900150",
                                  " sha256:" HASH,
                                  "sha 256:" HASH,
                                  "none",
                                  "sha256=" HASH,
                                  "a:b:c"};
    char document[128];
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        (void)snprintf(document, sizeof document, "{\"hash\": \"%s\"}", hashes[i]);
        assert_rejected(document, REASON_METADATA_INVALID,
                        "'hash' is not the name of an algorithm");
    }
}
END_TEST

START_TEST(a_hash_by_another_algorithm_verifies_nothing)
{
    assert_accepted("{\"hash\": \"md5:900150983cd24fb0d6963f7d28e17f72\"}");
    ck_assert(!claims.has_sha256);
    assert_accepted("{\"hash\": \"900150983cd24fb0d6963f7d28e17f72\"}");
    ck_assert(!claims.has_sha256);
    assert_accepted("{\"hash\": \"sha512/256:0123456789abcdef\"}");
    ck_assert(!claims.has_sha256);
}
END_TEST

START_TEST(metadata_refuses_the_name_of_another_batch)
{
    assert_rejected("{\"name\": \"data_8\"}", REASON_METADATA_MISMATCH,
                    "'name' is 'data_8', the file name says 7");
    assert_rejected("{\"name\": 7}", REASON_METADATA_INVALID, "'name' is not a string");
    assert_accepted("{\"name\": \"data_7\"}");
    assert_accepted("{\"name\": \"a-resource-of-ours\"}");
    assert_accepted("{\"name\": \"data_of_last_week\"}");
    static const char OTHER[] = "{\"name\": \"data_8\"}";
    ck_assert(metadata_read(OTHER, strlen(OTHER), &ORDERS, &claims, &rejection));
}
END_TEST

START_TEST(metadata_refuses_a_batch_number_that_only_a_double_would_take_for_its_own)
{
    static const struct metadata_subject LARGE = {.key = "9007199254740992",
                                                  .file = "data_9007199254740992.csv"};
    static const char NEXT[] = "{\"batch\": 9007199254740993}";
    static const char OWN[] = "{\"batch\": 9007199254740992}";
    ck_assert(!metadata_read(NEXT, strlen(NEXT), &LARGE, &claims, &rejection));
    ck_assert_int_eq(rejection.reason, REASON_METADATA_MISMATCH);
    ck_assert(metadata_read(OWN, strlen(OWN), &LARGE, &claims, &rejection));
}
END_TEST

START_TEST(metadata_keeps_counts_exact_up_to_2_to_the_64_less_1_both_ways)
{
    const uint64_t counts[] = {0, 1, (UINT64_C(1) << 53) - 1, (UINT64_C(1) << 53) + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct metadata metadata = METADATA;
        struct text text = {0};
        metadata.bytes = counts[i];
        metadata.record_count = UINT64_MAX - counts[i];
        metadata_write(&text, &metadata);
        assert_accepted(text.bytes);
        ck_assert_uint_eq(claims.bytes, counts[i]);
        ck_assert_uint_eq(claims.record_count, UINT64_MAX - counts[i]);
        text_free(&text);
    }
}
END_TEST

/* ---- documents that are no strict JSON, by the words of the fault ---- */

static void assert_invalid(const char *document, const char *detail)
{
    assert_rejected(document, REASON_METADATA_INVALID, detail);
}

START_TEST(metadata_refuses_trailing_junk)
{
    assert_invalid("{\"batch\": 7} trailing", "text behind the document at byte 12");
    assert_invalid("{\"batch\": 7}}", "text behind");
    assert_accepted("{\"batch\": 7}\r\n\t \n");
}
END_TEST

START_TEST(metadata_refuses_two_documents)
{
    assert_invalid("{\"batch\": 7}{\"batch\": 7}", "text behind");
    assert_invalid("{\"batch\": 7}\n{\"batch\": 7}\n", "text behind");
}
END_TEST

START_TEST(metadata_refuses_duplicate_keys)
{
    assert_invalid("{\"bytes\": 1, \"bytes\": 1}", "'bytes' is there twice");
    assert_invalid("{\"schema\": {\"fields\": [{\"name\": \"a\", \"name\": \"b\"}]}}", "twice");
}
END_TEST

START_TEST(metadata_refuses_keys_that_differ_in_case_only)
{
    assert_invalid("{\"bytes\": 1, \"Bytes\": 2}", "twice");
    assert_invalid("{\"x\": 1, \"X\": 2}", "twice");
}
END_TEST

START_TEST(metadata_refuses_a_raw_nul)
{
    static const char NUL[] = "{\"path\": \"data_7.csv\"}\0";
    ck_assert(!metadata_read(NUL, sizeof NUL - 1, &SUBJECT, &claims, &rejection));
    ck_assert_int_eq(rejection.reason, REASON_METADATA_INVALID);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "NUL byte at byte 22"));
}
END_TEST

START_TEST(metadata_refuses_an_escaped_nul)
{
    assert_invalid("{\"path\": \"data_7.csv\\u0000\"}", "\\u0000");
    assert_invalid("{\"data\\u0000\": 1}", "\\u0000");
}
END_TEST

START_TEST(metadata_refuses_invalid_utf8)
{
    assert_invalid("{\"description\": \"\xC3(\"}", "UTF-8");
    assert_invalid("{\"\xFF\": 1}", "UTF-8");
    assert_invalid("{\"description\": \"\xC0\xAF\"}", "UTF-8");
}
END_TEST

START_TEST(metadata_refuses_lone_surrogates)
{
    assert_invalid("{\"description\": \"\\ud83d\"}", "not JSON");
    assert_invalid("{\"description\": \"\\ude00\\ud83d\"}", "not JSON");
    assert_invalid("{\"description\": \"\xED\xA0\xBD\"}", "UTF-8");
}
END_TEST

static bool reads_nested(size_t levels, size_t depth_max)
{
    struct metadata_subject subject = SUBJECT;
    struct text text = {0};
    subject.json_depth = depth_max;
    text_put(&text, "{\"schema\":");
    for (size_t i = 1; i < levels; i++)
        text_put(&text, "[");
    for (size_t i = 1; i < levels; i++)
        text_put(&text, "]");
    text_put(&text, "}");
    bool read = metadata_read(text.bytes, text.length, &subject, &claims, &rejection);
    text_free(&text);
    return read;
}

START_TEST(metadata_refuses_1001_levels_and_one_more_than_was_allowed)
{
    ck_assert(reads_nested(JSON_DEPTH_MAX, 0));
    ck_assert(!reads_nested(JSON_DEPTH_MAX + 1, 0));
    ck_assert(reads_nested(1000, 1000));
    ck_assert(!reads_nested(1001, 1000));
    ck_assert_int_eq(rejection.reason, REASON_METADATA_INVALID);
    ck_assert_ptr_nonnull(strstr(rejection.detail, "nested too deeply at byte"));
}
END_TEST

START_TEST(metadata_refuses_two_million_brackets)
{
    struct text text = {0};
    for (int i = 0; i < 2000000; i++)
        text_put(&text, "[");
    assert_invalid(text.bytes, "nested too deeply at byte 32");
    text_free(&text);
}
END_TEST

START_TEST(metadata_refuses_numbers_that_json_has_not)
{
    const char *const numbers[] = {"NaN", "nan", "Infinity", "-Infinity", "0x10", "01", "+1", ".5"};
    char document[64];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)snprintf(document, sizeof document, "{\"x\": %s}", numbers[i]);
        assert_invalid(document, " at byte ");
    }
}
END_TEST

START_TEST(metadata_refuses_1e999)
{
    assert_invalid("{\"x\": 1e999}", "out of range");
    assert_invalid("{\"x\": -1e999}", "out of range");
}
END_TEST

START_TEST(metadata_refuses_a_number_of_60_digits)
{
    assert_invalid("{\"x\": 123456789012345678901234567890123456789012345678901234567890}",
                   "too many digits at byte 6");
}
END_TEST

START_TEST(metadata_refuses_a_path_of_another_place)
{
    const char *const paths[] = {
        "../data_7.csv",      "..",           "/etc/passwd",
        "sub/data_7.csv",     "./data_7.csv", "http://localhost/data_7.csv",
        "file:///data_7.csv", "data_7.csv#",  "data_7%2Ecsv"};
    char document[64];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        (void)snprintf(document, sizeof document, "{\"path\": \"%s\"}", paths[i]);
        assert_rejected(document, REASON_METADATA_MISMATCH, "'path' is");
    }
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
        metadata_is_never_longer_than_it_is_said_to_be_at_most,
        a_batch_without_columns_still_has_a_schema, metadata_of_another_program_may_say_less,
        metadata_that_says_nothing_claims_nothing, claims_of_an_earlier_document_do_not_stay,
        another_path_or_filename_is_a_mismatch, another_batch_number_is_a_mismatch,
        a_batch_number_beside_a_key_that_is_no_number_says_nothing,
        members_of_the_wrong_type_are_invalid_and_named, counts_that_are_none_are_invalid,
        metadata_refuses_a_sha256_that_is_none,
        metadata_takes_a_sha256_in_capitals_as_the_same_claim,
        metadata_refuses_a_hash_that_is_no_hash, a_hash_by_another_algorithm_verifies_nothing,
        metadata_refuses_the_name_of_another_batch,
        metadata_refuses_a_batch_number_that_only_a_double_would_take_for_its_own,
        metadata_keeps_counts_exact_up_to_2_to_the_64_less_1_both_ways,
        metadata_refuses_trailing_junk, metadata_refuses_two_documents,
        metadata_refuses_duplicate_keys, metadata_refuses_keys_that_differ_in_case_only,
        metadata_refuses_a_raw_nul, metadata_refuses_an_escaped_nul, metadata_refuses_invalid_utf8,
        metadata_refuses_lone_surrogates,
        metadata_refuses_1001_levels_and_one_more_than_was_allowed,
        metadata_refuses_two_million_brackets, metadata_refuses_numbers_that_json_has_not,
        metadata_refuses_1e999, metadata_refuses_a_number_of_60_digits,
        metadata_refuses_a_path_of_another_place, a_path_of_a_megabyte_is_quoted_shortly);
}
