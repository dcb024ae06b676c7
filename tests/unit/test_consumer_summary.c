#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "consumer/profile/summary.h"
#include "tests/unit/support.h"

static const struct summary_batch BATCH = {
    .key = "7", .file = "data_7.csv", .bytes = 1234, .sha256 = "00ff", .verified = true};

/* The summary of a CSV text; the caller frees it. */
static char *summary_as(const struct summary_batch *batch, const char *csv, size_t length)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct text text = {0};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert_msg(profiler_feed(profiler, csv, length, &rejection), "%s", rejection.detail);
    ck_assert_msg(profiler_finish(profiler, &profile, &rejection), "%s", rejection.detail);
    summary_write(&text, batch, &profile);
    ck_assert(!text_failed(&text));
    profile_free(&profile);
    profiler_free(profiler);
    return text.bytes;
}

static char *summary_of(const char *csv)
{
    return summary_as(&BATCH, csv, strlen(csv));
}

static struct json *parsed(const char *summary)
{
    char error[JSON_ERROR_SIZE];
    struct json *object = json_parse_object(summary, strlen(summary), error);
    ck_assert_msg(object != NULL, "%s in %s", error, summary);
    return object;
}

static void assert_says(const char *csv, const char *part)
{
    char *summary = summary_of(csv);
    json_free(parsed(summary));
    ck_assert_msg(strstr(summary, part) != NULL, "no %s in\n%s", part, summary);
    free(summary);
}

START_TEST(summary_says_which_batch_it_is_of)
{
    const char *value = NULL;
    uint64_t number = 0;
    bool verified = false;
    char *summary = summary_of("a,b\n1,2\n");
    struct json *object = parsed(summary);
    ck_assert_int_eq(json_get_text(object, "format", &value), JSON_FOUND);
    ck_assert_str_eq(value, "shared-data-summary/1");
    ck_assert_int_eq(json_get_text(object, "key", &value), JSON_FOUND);
    ck_assert_str_eq(value, "7");
    ck_assert_int_eq(json_get_text(object, "file", &value), JSON_FOUND);
    ck_assert_str_eq(value, "data_7.csv");
    ck_assert_int_eq(json_get_text(object, "sha256", &value), JSON_FOUND);
    ck_assert_str_eq(value, "00ff");
    ck_assert_int_eq(json_get_u64(object, "bytes", &number), JSON_FOUND);
    ck_assert_uint_eq(number, 1234);
    ck_assert_int_eq(json_get_u64(object, "record_count", &number), JSON_FOUND);
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(json_get_u64(object, "column_count", &number), JSON_FOUND);
    ck_assert_uint_eq(number, 2);
    ck_assert_int_eq(json_get_bool(object, "verified", &verified), JSON_FOUND);
    ck_assert(verified);
    json_free(object);
    free(summary);
}
END_TEST

/* Each name stands behind the one before it. */
static void assert_order(const char *summary, const char *const *names, size_t count)
{
    const char *at = summary;
    for (size_t i = 0; i < count; i++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "\"%s\": ", names[i]);
        const char *found = strstr(at, quoted);
        ck_assert_msg(found != NULL, "%s is not behind %s", names[i], i == 0 ? "" : names[i - 1]);
        at = found + 1;
    }
}

START_TEST(summary_has_its_members_in_a_fixed_order)
{
    static const char *const TOP[] = {"format",
                                      "key",
                                      "file",
                                      "bytes",
                                      "sha256",
                                      "verified",
                                      "record_count",
                                      "column_count",
                                      "ragged_rows",
                                      "dialect",
                                      "delimiter",
                                      "header",
                                      "line_ending",
                                      "bom",
                                      "columns",
                                      "name",
                                      "type",
                                      "count",
                                      "missing",
                                      "distinct",
                                      "distinct_exact",
                                      "distinct_error",
                                      "min",
                                      "max",
                                      "sum",
                                      "mean",
                                      "stddev",
                                      "skewness",
                                      "zeros",
                                      "negatives",
                                      "nonfinite",
                                      "quantiles",
                                      "p01",
                                      "p05",
                                      "p25",
                                      "p50",
                                      "p75",
                                      "p95",
                                      "p99",
                                      "rank_error",
                                      "histogram",
                                      "edges",
                                      "counts",
                                      "top",
                                      "top_exact",
                                      "top_error"};
    static const char *const TEXT[] = {"columns",    "max",        "top",       "value",
                                       "count",      "top_exact",  "top_error", "min_length",
                                       "max_length", "mean_length"};
    char *numbers = summary_of("a\n1\n");
    char *texts = summary_of("a\nx\n");
    assert_order(numbers, TOP, sizeof TOP / sizeof *TOP);
    assert_order(texts, TEXT, sizeof TEXT / sizeof *TEXT);
    ck_assert_ptr_null(strstr(texts, "\"mean\""));
    ck_assert_ptr_null(strstr(numbers, "min_length"));
    free(numbers);
    free(texts);
}
END_TEST

START_TEST(summary_has_null_for_what_is_not_defined)
{
    assert_says("a\n5\n", "\"stddev\": null");
    assert_says("a\n5\n", "\"skewness\": null");
    assert_says("a\n1\n2\n", "\"skewness\": null");
    assert_says("a\nnan\n", "\"mean\": null");
    assert_says("a\nnan\n", "\"min\": null");
    assert_says("a\nnan\n", "\"p50\": null");
    assert_says("a\nnan\n", "\"histogram\": {\"edges\": [], \"counts\": []}");
    assert_says("a\n\"\"\n", "\"max\": null");
    assert_says("a\n\"\"\n", "\"mean_length\": null");
    assert_says("a\n1.7e308\n1.7e308\n", "\"sum\": null");
    assert_says("a\n1.7e308\n1.7e308\n", "\"sum_overflow\": true");
}
END_TEST

START_TEST(summary_never_holds_nan_or_infinity)
{
    static const char *const TEXTS[] = {"a\nnan\ninf\n-inf\n1e999\n", "a\n1e308\n-1e308\n1e308\n",
                                        "a\n1.7e308\n1.7e308\n1.7e308\n0.5\n", "a\n", ""};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        char *summary = summary_of(TEXTS[i]);
        json_free(parsed(summary));
        ck_assert_ptr_null(strstr(summary, ": nan"));
        ck_assert_ptr_null(strstr(summary, ": -nan"));
        ck_assert_ptr_null(strstr(summary, ": inf"));
        ck_assert_ptr_null(strstr(summary, ": -inf"));
        free(summary);
    }
}
END_TEST

START_TEST(summary_of_nothing_is_defined)
{
    assert_says("", "\"record_count\": 0,\n  \"column_count\": 0");
    assert_says("", "\"header\": false");
    assert_says("", "\"columns\": []\n}\n");
    assert_says("a\n", "\"header\": true");
}
END_TEST

START_TEST(summary_prints_integers_with_every_digit)
{
    assert_says("a\n9007199254740993\n", "\"min\": 9007199254740993");
    assert_says("a\n9223372036854775807\n9223372036854775807\n", "\"sum\": 18446744073709551614");
    assert_says("a\n-9223372036854775808\n", "\"value\": -9223372036854775808");
}
END_TEST

START_TEST(summary_prints_numbers_with_the_fewest_digits_that_read_back)
{
    assert_says("a\n0.1\n", "\"mean\": 0.1,");
    assert_says("a\n0.30000000000000004\n", "\"max\": 0.30000000000000004,");
    assert_says("a\n100.0\n", "\"sum\": 100,");
    assert_says("a\n-0.0\n", "\"min\": 0,");
}
END_TEST

START_TEST(summary_escapes_names_and_values)
{
    assert_says("\"a \"\"b\"\"\n\"\nx\n", "\"name\": \"a \\\"b\\\"\\n\"");
    assert_says("a\nback\\slash\n", "\"value\": \"back\\\\slash\"");
    assert_says("a\n\x01\x7f\n", "\\u0001");
    assert_says("a\n\xFFx\n", "\"value\": \"\xEF\xBF\xBDx\"");
    assert_says("\xF0\x9F\x98\x80\n1\n", "\"name\": \"\xF0\x9F\x98\x80\"");
}
END_TEST

START_TEST(summary_escapes_the_key_and_the_file)
{
    struct summary_batch batch = BATCH;
    batch.key = "a\"b";
    batch.file = "data_a\"b.csv";
    char *summary = summary_as(&batch, "a\n", 2);
    json_free(parsed(summary));
    ck_assert_ptr_nonnull(strstr(summary, "\"key\": \"a\\\"b\""));
    free(summary);
}
END_TEST

START_TEST(summary_shows_each_dialect)
{
    assert_says("a\r\n1\r\n", "\"line_ending\": \"crlf\"");
    assert_says("a\r1\r", "\"line_ending\": \"cr\"");
    assert_says("a\r1\n", "\"line_ending\": \"mixed\"");
    assert_says("\xEF\xBB\xBF"
                "a\n",
                "\"bom\": true");
}
END_TEST

START_TEST(summary_of_the_same_bytes_is_the_same_document)
{
    static const char CSV[] = "a,b\nx,1\ny,2.5\nx,\nz,nan\n";
    char *first = summary_of(CSV);
    char *second = summary_of(CSV);
    ck_assert_str_eq(first, second);
    ck_assert_int_eq(first[strlen(first) - 1], '\n');
    free(first);
    free(second);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_summary", summary_says_which_batch_it_is_of,
                       summary_has_its_members_in_a_fixed_order,
                       summary_has_null_for_what_is_not_defined,
                       summary_never_holds_nan_or_infinity, summary_of_nothing_is_defined,
                       summary_prints_integers_with_every_digit,
                       summary_prints_numbers_with_the_fewest_digits_that_read_back,
                       summary_escapes_names_and_values, summary_escapes_the_key_and_the_file,
                       summary_shows_each_dialect, summary_of_the_same_bytes_is_the_same_document);
}
