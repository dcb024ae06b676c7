/*
 * summary: of any CSV that is taken, the summary is strict JSON and UTF-8, and the same bytes
 * however the text was cut.
 */
#include <stdbool.h>
#include <string.h>

#include "common/json.h"
#include "consumer/profile/summary.h"
#include "tests/fuzz/fuzz.h"

static const struct summary_batch BATCH = {.key = "7", .file = "data_7.csv", .sha256 = ""};

/* False when the text is refused. */
static bool summarise(const uint8_t *bytes, size_t length, size_t piece, struct text *summary)
{
    struct profile profile;
    struct rejection rejection = {.reason = REASON_NONE};
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    FUZZ_REQUIRE(profiler != NULL, "no memory");
    bool good = true;
    for (size_t at = 0; good && at < length; at += piece)
        good = profiler_feed(profiler, (const char *)bytes + at,
                             length - at < piece ? length - at : piece, &rejection);
    good = good && profiler_finish(profiler, &profile, &rejection);
    FUZZ_REQUIRE(good || rejection.reason != REASON_NONE, "refused without a reason");
    if (good) {
        summary_write(summary, &BATCH, &profile);
        profile_free(&profile);
    }
    profiler_free(profiler);
    return good;
}

static void require_strict_json(const struct text *summary)
{
    char error[JSON_ERROR_SIZE];
    const char *format = NULL;
    struct json *object = json_parse_object(summary->bytes, summary->length, error);
    FUZZ_REQUIRE(object != NULL, "%s in %s", error, summary->bytes);
    FUZZ_REQUIRE(json_get_text(object, "format", &format) == JSON_FOUND, "%s", summary->bytes);
    json_free(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct text whole = {0};
    struct text cut = {0};
    bool good = summarise(bytes, length, length + 1, &whole);
    FUZZ_REQUIRE(summarise(bytes, length, 3, &cut) == good, "the cut decides");
    if (good) {
        require_strict_json(&whole);
        FUZZ_REQUIRE(strcmp(whole.bytes, cut.bytes) == 0, "%s\nand cut\n%s", whole.bytes,
                     cut.bytes);
    }
    text_free(&whole);
    text_free(&cut);
    return 0;
}
