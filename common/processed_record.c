#include "common/processed_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/json.h"
#include "common/processed_plain.h"

static const char *const OUTCOME_WORDS[] = {[OUTCOME_PROCESSED] = "processed",
                                            [OUTCOME_REJECTED] = "rejected",
                                            [OUTCOME_CHANGED] = "changed"};
static const char *const PLOT_WORDS[] = {
    [PLOT_OK] = "ok", [PLOT_FAILED] = "failed", [PLOT_NONE] = "none"};

#define COUNT(words) (sizeof(words) / sizeof *(words))

/* A plain line has some 300 bytes; one of the longest names goes the longer way. */
#define PLAIN_MAX_BYTES 1024

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

static size_t find_word(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return count;
}

static enum reason reason_of_word(const char *word)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_word((enum reason)i), word) == 0)
            return (enum reason)i;
    return REASON_NONE;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

/* Key and outcome must be there; what else a line lacks, an older version did not write. */
static bool understand(const struct processed_fields *fields, struct processed_record *record,
                       struct rejection *rejection)
{
    const size_t outcomes = COUNT(OUTCOME_WORDS);
    size_t outcome = find_word(or_empty(fields->outcome), OUTCOME_WORDS, outcomes);
    size_t plot = find_word(or_empty(fields->plot), PLOT_WORDS, COUNT(PLOT_WORDS));
    if (fields->key == NULL || outcome == outcomes)
        return false;
    rejection_set(rejection, fields->reason == NULL ? REASON_NONE : reason_of_word(fields->reason),
                  "%s", or_empty(fields->detail));
    *record = (struct processed_record){
        .key = fields->key,
        .file = or_empty(fields->file),
        .outcome = (enum outcome)outcome,
        .rejection = rejection,
        .verified = fields->verified,
        .rows = fields->rows,
        .bytes = fields->bytes,
        .sha256 = or_empty(fields->sha256),
        .plot = plot == COUNT(PLOT_WORDS) ? PLOT_NONE : (enum plot)plot,
        .at = or_empty(fields->at),
    };
    return true;
}

static void read_members(const struct json *object, struct processed_fields *fields)
{
    *fields = (struct processed_fields){.key = NULL};
    (void)json_get_text(object, "key", &fields->key);
    (void)json_get_text(object, "file", &fields->file);
    (void)json_get_text(object, "outcome", &fields->outcome);
    (void)json_get_text(object, "reason", &fields->reason);
    (void)json_get_text(object, "detail", &fields->detail);
    (void)json_get_bool(object, "verified", &fields->verified);
    (void)json_get_u64(object, "rows", &fields->rows);
    (void)json_get_u64(object, "bytes", &fields->bytes);
    (void)json_get_text(object, "sha256", &fields->sha256);
    (void)json_get_text(object, "plot", &fields->plot);
    (void)json_get_text(object, "at", &fields->at);
}

static bool hand_over(const struct processed_fields *fields, processed_record_take *take,
                      void *context)
{
    struct processed_record record;
    struct rejection rejection = {.reason = REASON_NONE};
    return understand(fields, &record, &rejection) && take(context, &record);
}

static bool read_as_json(const char *line, size_t length, processed_record_take *take,
                         void *context)
{
    char error[JSON_ERROR_SIZE];
    struct processed_fields fields;
    struct json *object = json_parse_object(line, length, error);
    if (object == NULL)
        return false;
    read_members(object, &fields);
    bool good = hand_over(&fields, take, context);
    json_free(object);
    return good;
}

enum processed_record_read processed_record_read(const char *line, size_t length,
                                                 processed_record_take *take, void *context)
{
    char copy[PLAIN_MAX_BYTES];
    struct processed_fields fields;
    if (!processed_record_is_whole(line, length))
        return PROCESSED_RECORD_DAMAGED;
    bool plain = length <= sizeof copy;
    if (plain) {
        memcpy(copy, line, length);
        plain = processed_plain_read(copy, length, &fields);
    }
    bool good =
        plain ? hand_over(&fields, take, context) : read_as_json(line, length, take, context);
    return good ? PROCESSED_RECORD_GOOD : PROCESSED_RECORD_UNREADABLE;
}
