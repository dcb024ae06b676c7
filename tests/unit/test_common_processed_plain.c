#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/processed_plain.h"
#include "common/processed_record.h"
#include "tests/unit/support.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LINE_SIZE 1024

static const struct rejection TORN = {.reason = REASON_STRAY_QUOTE, .detail = "line 3, column 7"};

static const struct processed_record PROCESSED = {.key = "7",
                                                  .file = "data_7.csv",
                                                  .outcome = OUTCOME_PROCESSED,
                                                  .verified = true,
                                                  .rows = 40,
                                                  .bytes = 9223372036854775807,
                                                  .sha256 = HASH_A,
                                                  .plot = PLOT_OK,
                                                  .at = "2026-01-02T03:04:05.678Z"};
static const struct processed_record REJECTED = {.key = "x.1",
                                                 .file = "data_x.1.csv",
                                                 .outcome = OUTCOME_REJECTED,
                                                 .rejection = &TORN,
                                                 .sha256 = "",
                                                 .plot = PLOT_NONE,
                                                 .at = "2026-01-02T03:04:05.678Z"};

/* The line as it stands in the log, without its newline. */
static size_t write_line(char line[LINE_SIZE], const struct processed_record *record)
{
    struct text text = {0};
    processed_record_write(&text, record);
    ck_assert(!text_failed(&text) && text.length < LINE_SIZE);
    memcpy(line, text.bytes, text.length);
    size_t length = text.length - 1;
    line[length] = '\0';
    text_free(&text);
    return length;
}

static bool read_plainly(const char *line, char copy[LINE_SIZE], struct processed_fields *fields)
{
    size_t length = strlen(line);
    memcpy(copy, line, length);
    return processed_plain_read(copy, length, fields);
}

START_TEST(what_this_project_writes_is_plain)
{
    char line[LINE_SIZE];
    char copy[LINE_SIZE];
    struct processed_fields fields;
    (void)write_line(line, &PROCESSED);
    ck_assert(read_plainly(line, copy, &fields));
    ck_assert_str_eq(fields.key, "7");
    ck_assert_str_eq(fields.file, "data_7.csv");
    ck_assert_str_eq(fields.outcome, "processed");
    ck_assert_ptr_null(fields.reason);
    ck_assert_ptr_null(fields.detail);
    ck_assert(fields.verified);
    ck_assert_uint_eq(fields.rows, 40);
    ck_assert_uint_eq(fields.bytes, 9223372036854775807);
    ck_assert_str_eq(fields.sha256, HASH_A);
    ck_assert_str_eq(fields.plot, "ok");
    ck_assert_str_eq(fields.at, "2026-01-02T03:04:05.678Z");
    (void)write_line(line, &REJECTED);
    ck_assert(read_plainly(line, copy, &fields));
    ck_assert_str_eq(fields.reason, "stray-quote");
    ck_assert_str_eq(fields.detail, "line 3, column 7");
    ck_assert(!fields.verified);
    ck_assert_ptr_null(fields.sha256);
}
END_TEST

/* JSON that means the same, or cannot be told from it without a parser. */
START_TEST(what_is_written_otherwise_is_not_plain)
{
    static const struct {
        const char *from, *to;
    } changes[] = {{"\"key\":\"7\"", "\"key\": \"7\""},
                   {"\"key\":\"7\"", "\"key\":\"\\u0037\""},
                   {"\"key\":\"7\"", "\"key\":null"},
                   {"data_7", "data_\xC3\xA9"},
                   {"data_7", "data_\x7F"},
                   {"data_7", "data_\t"},
                   {"\"file\":\"data_7.csv\",", ""},
                   {"\"rows\":40", "\"rows\":040"},
                   {"\"rows\":40", "\"rows\":"},
                   {"\"rows\":40", "\"rows\":-4"},
                   {"\"rows\":40", "\"rows\":4.0"},
                   {"\"rows\":40", "\"rows\":18446744073709551615"},
                   {"\"verified\":true", "\"verified\":True"},
                   {"\"verified\":true", "\"verified\":null"},
                   {"\"plot\"", "\"more\":1,\"plot\""},
                   {"\"}", "\"} "},
                   {"\"}", "\""}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char line[LINE_SIZE];
        char copy[LINE_SIZE];
        char changed[LINE_SIZE];
        struct processed_fields fields;
        (void)write_line(line, &PROCESSED);
        char *at = strstr(line, changes[i].from);
        ck_assert_ptr_nonnull(at);
        (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - line), line, changes[i].to,
                       at + strlen(changes[i].from));
        ck_assert_msg(!read_plainly(changed, copy, &fields), "took %s", changed);
    }
}
END_TEST

static void is_text(const struct json *object, const char *name, const char *plain)
{
    const char *text = NULL;
    (void)json_get_text(object, name, &text);
    ck_assert_msg((text == NULL) == (plain == NULL), "%s", name);
    if (plain != NULL)
        ck_assert_str_eq(text, plain);
}

static void is_count(const struct json *object, const char *name, uint64_t plain)
{
    uint64_t count = 0;
    ck_assert_int_eq(json_get_u64(object, name, &count), JSON_FOUND);
    ck_assert_uint_eq(count, plain);
}

static void is_the_same_in_json(const char *line, size_t length,
                                const struct processed_fields *fields)
{
    char error[JSON_ERROR_SIZE];
    bool verified = !fields->verified;
    struct json *object = json_parse_object(line, length, error);
    ck_assert_msg(object != NULL, "%s in %s", error, line);
    is_text(object, "key", fields->key);
    is_text(object, "file", fields->file);
    is_text(object, "outcome", fields->outcome);
    is_text(object, "reason", fields->reason);
    is_text(object, "detail", fields->detail);
    ck_assert_int_eq(json_get_bool(object, "verified", &verified), JSON_FOUND);
    ck_assert_int_eq(verified, fields->verified);
    is_count(object, "rows", fields->rows);
    is_count(object, "bytes", fields->bytes);
    is_text(object, "sha256", fields->sha256);
    is_text(object, "plot", fields->plot);
    is_text(object, "at", fields->at);
    json_free(object);
}

/* Each byte of a line as each other one. */
static void change_each_byte(const struct processed_record *record, size_t *plain, size_t *other)
{
    char line[LINE_SIZE];
    char copy[LINE_SIZE];
    size_t length = write_line(line, record);
    for (size_t i = 0; i < length; i++) {
        char before = line[i];
        for (int byte = 0; byte < 256; byte++) {
            struct processed_fields fields;
            line[i] = (char)byte;
            memcpy(copy, line, length);
            bool taken = processed_plain_read(copy, length, &fields);
            if (taken)
                is_the_same_in_json(line, length, &fields);
            *(taken ? plain : other) += 1;
        }
        line[i] = before;
    }
}

START_TEST(what_is_plain_means_the_same_to_a_parser_of_json)
{
    size_t plain = 0;
    size_t other = 0;
    change_each_byte(&PROCESSED, &plain, &other);
    change_each_byte(&REJECTED, &plain, &other);
    ck_assert_uint_gt(plain, 10000);
    ck_assert_uint_gt(other, 10000);
}
END_TEST

START_TEST(what_is_cut_short_is_not_plain)
{
    char line[LINE_SIZE];
    char copy[LINE_SIZE];
    struct processed_fields fields;
    size_t length = write_line(line, &PROCESSED);
    for (size_t kept = 0; kept < length; kept++) {
        memcpy(copy, line, kept);
        ck_assert_msg(!processed_plain_read(copy, kept, &fields), "%zu", kept);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_processed_plain", what_this_project_writes_is_plain,
                       what_is_written_otherwise_is_not_plain,
                       what_is_plain_means_the_same_to_a_parser_of_json,
                       what_is_cut_short_is_not_plain);
}
