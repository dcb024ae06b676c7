#include "common/processed_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/json.h"

static const char *const OUTCOME_WORDS[] = {[OUTCOME_PROCESSED] = "processed",
                                            [OUTCOME_REJECTED] = "rejected",
                                            [OUTCOME_CHANGED] = "changed"};
static const char *const PLOT_WORDS[] = {
    [PLOT_OK] = "ok", [PLOT_FAILED] = "failed", [PLOT_NONE] = "none"};

#define CRC_MARK ",\"crc\":\""
#define CRC_DIGITS 8
/* Mark, digits, quote and brace. */
#define CRC_TAIL (sizeof CRC_MARK - 1 + CRC_DIGITS + 2)

const char *outcome_word(enum outcome outcome)
{
    return OUTCOME_WORDS[outcome];
}

/* ---- writing ---- */

static void put_text(struct text *line, const char *name, const char *value)
{
    text_printf(line, "\"%s\":", name);
    text_json_string_or_null(line, value);
    text_put(line, ",");
}

void processed_record_seal(struct text *line, size_t start)
{
    if (!text_failed(line))
        text_printf(line, CRC_MARK "%08" PRIx32 "\"}\n",
                    digest_crc32(line->bytes + start, line->length - start));
}

void processed_record_write(struct text *line, const struct processed_record *record)
{
    char now[CLOCK_TIMESTAMP_SIZE];
    size_t start = line->length;
    const struct rejection *rejection = record->rejection;
    bool reasoned = rejection != NULL && rejection->reason != REASON_NONE;
    clock_format_now(now);
    text_put(line, "{");
    put_text(line, "key", record->key);
    put_text(line, "file", record->file);
    put_text(line, "outcome", OUTCOME_WORDS[record->outcome]);
    put_text(line, "reason", reasoned ? reason_word(rejection->reason) : NULL);
    put_text(line, "detail", rejection == NULL ? NULL : rejection->detail);
    text_printf(line, "\"verified\":%s,\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",",
                record->verified ? "true" : "false", record->rows, record->bytes);
    put_text(line, "sha256", record->sha256[0] == '\0' ? NULL : record->sha256);
    put_text(line, "plot", PLOT_WORDS[record->plot]);
    text_printf(line, "\"at\":\"%s\"", record->at == NULL ? now : record->at);
    processed_record_seal(line, start);
}

/* ---- reading ---- */

bool processed_record_is_whole(const char *line, size_t length)
{
    char expected[CRC_DIGITS + 3];
    size_t body = length - CRC_TAIL;
    if (length <= CRC_TAIL || memcmp(line + body, CRC_MARK, sizeof CRC_MARK - 1) != 0)
        return false;
    (void)snprintf(expected, sizeof expected, "%08" PRIx32 "\"}", digest_crc32(line, body));
    return memcmp(line + length - sizeof expected + 1, expected, sizeof expected - 1) == 0;
}

bool processed_record_ends_whole(const char *line, size_t length)
{
    static const char start[] = "{\"key\":";
    const char *end = line + length;
    const char *at = memmem(line, length, start, sizeof start - 1);
    while (at != NULL && !processed_record_is_whole(at, (size_t)(end - at)))
        at = memmem(at + 1, (size_t)(end - at) - 1, start, sizeof start - 1);
    return at != NULL || processed_record_is_whole(line, length);
}

static bool find_word(const char *word, const char *const *words, size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0) {
            *index = i;
            return true;
        }
    return false;
}

static enum reason reason_of_word(const char *word)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_word((enum reason)i), word) == 0)
            return (enum reason)i;
    return REASON_NONE;
}

/* Key and outcome must be there; what else a line lacks, an older version did not write. */
static bool understand(const struct json *object, struct processed_record *record,
                       struct rejection *rejection)
{
    const char *word = "";
    const char *reason = "";
    const char *detail = "";
    const char *plot = "";
    size_t outcome = 0;
    size_t drawn = PLOT_NONE;
    *record = (struct processed_record){.file = "", .sha256 = "", .at = "", .rejection = rejection};
    (void)json_get_text(object, "file", &record->file);
    (void)json_get_text(object, "sha256", &record->sha256);
    (void)json_get_text(object, "reason", &reason);
    (void)json_get_text(object, "detail", &detail);
    (void)json_get_text(object, "plot", &plot);
    (void)json_get_text(object, "at", &record->at);
    (void)json_get_bool(object, "verified", &record->verified);
    (void)json_get_u64(object, "rows", &record->rows);
    (void)json_get_u64(object, "bytes", &record->bytes);
    if (json_get_text(object, "key", &record->key) != JSON_FOUND ||
        json_get_text(object, "outcome", &word) != JSON_FOUND ||
        !find_word(word, OUTCOME_WORDS, sizeof OUTCOME_WORDS / sizeof *OUTCOME_WORDS, &outcome))
        return false;
    (void)find_word(plot, PLOT_WORDS, sizeof PLOT_WORDS / sizeof *PLOT_WORDS, &drawn);
    record->outcome = (enum outcome)outcome;
    record->plot = (enum plot)drawn;
    rejection_set(rejection, reason_of_word(reason), "%s", detail);
    return true;
}

enum processed_record_read processed_record_read(const char *line, size_t length,
                                                 processed_record_take *take, void *context)
{
    char error[JSON_ERROR_SIZE];
    struct processed_record record;
    struct rejection rejection = {.reason = REASON_NONE};
    enum processed_record_read result = PROCESSED_RECORD_UNREADABLE;
    if (!processed_record_is_whole(line, length))
        return PROCESSED_RECORD_DAMAGED;
    struct json *object = json_parse_object(line, length, error);
    if (object != NULL && understand(object, &record, &rejection) && take(context, &record))
        result = PROCESSED_RECORD_GOOD;
    json_free(object);
    return result;
}
