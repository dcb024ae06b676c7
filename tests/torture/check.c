#include "tests/torture/check.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG "processed.log"
#define RECORDS_MAX 64

static bool because(char why[CHECK_WHY_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool because(char why[CHECK_WHY_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, CHECK_WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

uint32_t check_crc32(const char *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
    size_t length = strlen(text);
    size_t tail = strlen(with);
    return length >= tail && strcmp(text + length - tail, with) == 0;
}

static bool is_temporary(const char *name)
{
    return name[0] == '.' && ends(name, ".tmp");
}

/* ---- the log ---- */

/* A record: its line up to the chart, which a fault may cost a batch, and the time. */
struct record {
    const char *line;
    size_t length;
    char key[32];
    bool processed, drawn;
};

struct records {
    struct record items[RECORDS_MAX];
    size_t count;
    bool damaged; /* the last line is no record */
};

static bool read_record(const char *line, size_t length, struct record *record)
{
    static const char crc_member[] = ",\"crc\":\"";
    const char *crc = memmem(line, length, crc_member, sizeof crc_member - 1);
    const char *plot = memmem(line, length, ",\"plot\":", 8);
    char expected[16];
    if (crc == NULL || plot == NULL || plot > crc || length < 8 || !begins(line, "{\"key\":\""))
        return false;
    (void)snprintf(expected, sizeof expected, "%08" PRIx32 "\"}",
                   check_crc32(line, (size_t)(crc - line)));
    if ((size_t)(line + length - crc) != sizeof crc_member - 1 + 10 ||
        memcmp(crc + sizeof crc_member - 1, expected, 10) != 0)
        return false;
    *record = (struct record){.line = line, .length = (size_t)(plot - line)};
    (void)sscanf(line + 8, "%31[^\"]", record->key);
    record->processed = memmem(line, length, "\"outcome\":\"processed\"", 21) != NULL;
    record->drawn = begins(plot, ",\"plot\":\"ok\"");
    return true;
}

/* Reads the log from `from` on; false where damage has anything behind it. */
static bool read_log(const struct volume *results, size_t from, struct records *records,
                     char why[CHECK_WHY_SIZE])
{
    const struct volume_file *log = volume_find(results, LOG);
    records->count = 0;
    records->damaged = false;
    const char *at = log == NULL ? "" : log->bytes + from;
    const char *behind = log == NULL ? at : log->bytes + log->length;
    while (at < behind) {
        const char *newline = memchr(at, '\n', (size_t)(behind - at));
        struct record record;
        bool good = newline != NULL && read_record(at, (size_t)(newline - at), &record);
        if (good && records->damaged)
            return because(why, "%s: a good line behind a damaged one", LOG);
        if (good && records->count == RECORDS_MAX)
            return because(why, "%s: more than %d records", LOG, RECORDS_MAX);
        if (good)
            records->items[records->count++] = record;
        records->damaged = records->damaged || !good;
        at = newline == NULL ? behind : newline + 1;
    }
    return true;
}

static size_t times_there(const struct records *records, const struct record *record)
{
    size_t times = 0;
    for (size_t i = 0; i < records->count; i++)
        times += records->items[i].length == record->length &&
                 memcmp(records->items[i].line, record->line, record->length) == 0;
    return times;
}

static bool check_record(const struct stand *stand, const struct volume *now,
                         const struct records *there, const struct records *expected,
                         const struct record *record, char why[CHECK_WHY_SIZE])
{
    char summary[VOLUME_NAME_SIZE];
    char plot[VOLUME_NAME_SIZE];
    (void)snprintf(summary, sizeof summary, "summary_%s.json", record->key);
    (void)snprintf(plot, sizeof plot, "plot_%s.png", record->key);
    if (times_there(expected, record) == 0)
        return because(why, "a record that should not be: %.*s", (int)record->length, record->line);
    if (times_there(there, record) > 1)
        return because(why, "batch %s has its record twice", record->key);
    if (record->processed && !volume_same(now, &stand->reference, summary))
        return because(why, "batch %s has a record, and not its %s", record->key, summary);
    if (record->drawn && !volume_same(now, &stand->reference, plot))
        return because(why, "batch %s has a record of its chart, and not its %s", record->key,
                       plot);
    return true;
}

/* The whole lines that were there at the start. */
static bool check_history(const struct stand *stand, const struct volume *now,
                          char why[CHECK_WHY_SIZE])
{
    const struct volume_file *log = volume_find(now, LOG);
    const struct volume_file *start = volume_find(&stand->own, LOG);
    if (stand->history_bytes == 0)
        return true;
    if (log == NULL || log->length < stand->history_bytes ||
        memcmp(log->bytes, start->bytes, stand->history_bytes) != 0)
        return because(why, "%s has lost records that were in it at the start", LOG);
    return true;
}

static bool check_log(const struct stand *stand, const struct volume *now, enum check_when when,
                      char why[CHECK_WHY_SIZE])
{
    struct records there;
    struct records expected;
    if (!check_history(stand, now, why) || !read_log(now, stand->history_bytes, &there, why) ||
        !read_log(&stand->reference, stand->history_bytes, &expected, why))
        return false;
    for (size_t i = 0; i < there.count; i++)
        if (!check_record(stand, now, &there, &expected, &there.items[i], why))
            return false;
    if (when < CHECK_CLAIMED)
        return true;
    if (there.damaged)
        return because(why, "%s still has a damaged end", LOG);
    for (size_t i = 0; i < expected.count; i++)
        if (times_there(&there, &expected.items[i]) == 0)
            return because(why, "batch %s has no record: %.*s", expected.items[i].key,
                           (int)expected.items[i].length, expected.items[i].line);
    return true;
}

/* ---- the consumer's files ---- */

static bool is_json(const struct volume_file *file)
{
    cJSON *json = cJSON_ParseWithLength(file->bytes, file->length);
    cJSON_Delete(json);
    return json != NULL;
}

static bool is_page(const struct volume_file *file)
{
    static const char END[] = "</html>\n";
    return file->length >= sizeof END - 1 &&
           memcmp(file->bytes + file->length - (sizeof END - 1), END, sizeof END - 1) == 0;
}

/*
 * Derived files hold the time or what a run came to, so no two runs make the same. Whole they are,
 * except that a loss of power may take what nobody flushed.
 */
enum derived { NOT_DERIVED, DERIVED_WHOLE, DERIVED_HALF };

static enum derived judge_derived(const struct volume_file *file)
{
    static const char *const SEALED[] = {"processed.checkpoint", "stream.state", "totals.state",
                                         "metrics.prom"};
    for (size_t i = 0; i < sizeof SEALED / sizeof *SEALED; i++)
        if (strcmp(file->name, SEALED[i]) == 0)
            return DERIVED_WHOLE; /* or noticed by its reader */
    if (strcmp(file->name, "status.json") == 0 || strcmp(file->name, "totals.json") == 0)
        return is_json(file) ? DERIVED_WHOLE : DERIVED_HALF;
    if (strcmp(file->name, "index.html") == 0 || begins(file->name, "page-"))
        return is_page(file) ? DERIVED_WHOLE : DERIVED_HALF;
    return begins(file->name, "trend.") ? DERIVED_WHOLE : NOT_DERIVED;
}

/* Never half, not even for a moment: outputs are the reference's, or not there at all. */
static bool check_result_file(const struct stand *stand, const struct volume *now,
                              const struct volume_file *file, enum check_when when,
                              char why[CHECK_WHY_SIZE])
{
    const char *name = file->name;
    if (strcmp(name, LOG) == 0 || strcmp(name, ".consumer.lock") == 0 ||
        strcmp(name, ".report.lock") == 0)
        return true;
    if (is_temporary(name))
        return when < CHECK_FINISHED || because(why, "%s was left behind", name);
    enum derived derived = judge_derived(file);
    if (derived != NOT_DERIVED)
        return derived == DERIVED_WHOLE || when == CHECK_LOST || because(why, "%s is half", name);
    return volume_same(now, &stand->reference, name) || volume_same(now, &stand->own, name) ||
           because(why, "%s is not what an undisturbed run makes", name);
}

static bool is_output(const char *name)
{
    return begins(name, "summary_");
}

static bool check_results(const struct stand *stand, const struct volume *now, enum check_when when,
                          char why[CHECK_WHY_SIZE])
{
    for (size_t i = 0; i < now->count; i++)
        if (!check_result_file(stand, now, &now->files[i], when, why))
            return false;
    for (size_t i = 0; i < stand->reference.count; i++) {
        const char *name = stand->reference.files[i].name;
        bool must =
            is_output(name) && (when >= CHECK_CLAIMED || volume_find(&stand->own, name) != NULL);
        if (must && !volume_same(now, &stand->reference, name))
            return because(why, "%s is missing, or another", name);
    }
    return check_log(stand, now, when, why);
}

/* A line of `durable` may be followed by others in `now`; it must not be gone. */
bool check_records_kept(const struct volume *durable, const struct volume *now,
                        char why[CHECK_WHY_SIZE])
{
    const struct volume_file *log = volume_find(now, LOG);
    const struct volume_file *kept = volume_find(durable, LOG);
    const char *newline = kept == NULL ? NULL : memrchr(kept->bytes, '\n', kept->length);
    size_t whole = newline == NULL ? 0 : (size_t)(newline - kept->bytes) + 1;
    if (whole == 0 ||
        (log != NULL && log->length >= whole && memcmp(log->bytes, kept->bytes, whole) == 0))
        return true;
    return because(why, "%s has lost records that had been flushed", LOG);
}

/* ---- the producer's files ---- */

struct number_range {
    uint64_t lowest, highest; /* 0 when there is none */
};

/* 0 when the name is not of that shape. */
static uint64_t number_in(const char *name, const char *prefix, const char *suffix)
{
    char *behind = NULL;
    if (!begins(name, prefix))
        return 0;
    uint64_t number = strtoull(name + strlen(prefix), &behind, 10);
    return strcmp(behind, suffix) == 0 ? number : 0;
}

static uint64_t data_number(const char *name)
{
    return number_in(name, "data_", ".csv");
}

static uint64_t metadata_number(const char *name)
{
    return number_in(name, "metadata_", ".json");
}

static const struct volume_file *data_file(const struct volume *volume, uint64_t number)
{
    char name[VOLUME_NAME_SIZE];
    (void)snprintf(name, sizeof name, "data_%" PRIu64 ".csv", number);
    return volume_find(volume, name);
}

static const struct volume_file *metadata_file(const struct volume *volume, uint64_t number)
{
    char name[VOLUME_NAME_SIZE];
    (void)snprintf(name, sizeof name, "metadata_%" PRIu64 ".json", number);
    return volume_find(volume, name);
}

static bool text_is(const cJSON *metadata, const char *member, const char *expected)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(metadata, member);
    return cJSON_IsString(item) && strcmp(item->valuestring, expected) == 0;
}

static bool number_is(const cJSON *metadata, const char *member, uint64_t expected)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(metadata, member);
    return cJSON_IsNumber(item) && item->valuedouble == (double)expected;
}

static uint64_t rows_of(const struct volume_file *data)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < data->length; i++)
        lines += data->bytes[i] == '\n';
    return lines == 0 ? 0 : lines - 1;
}

static void hash_of(const struct volume_file *data, char hash[80])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    (void)SHA256((const unsigned char *)data->bytes, data->length, digest);
    size_t length = (size_t)snprintf(hash, 80, "sha256:");
    for (size_t i = 0; i < sizeof digest; i++)
        length += (size_t)snprintf(hash + length, 80 - length, "%02x", digest[i]);
}

static bool agrees(const struct volume_file *text, const struct volume_file *data, uint64_t number)
{
    char hash[80];
    cJSON *metadata = cJSON_ParseWithLength(text->bytes, text->length);
    hash_of(data, hash);
    bool good = metadata != NULL && text_is(metadata, "path", data->name) &&
                text_is(metadata, "hash", hash) && number_is(metadata, "batch", number) &&
                number_is(metadata, "bytes", data->length) &&
                number_is(metadata, "record_count", rows_of(data));
    cJSON_Delete(metadata);
    return good;
}

/* What was there at the start in this very shape is not the fault of the run. */
static bool is_old(const struct stand *stand, const struct volume *now, const char *name)
{
    return volume_same(&stand->own, now, name);
}

static struct number_range range_of(const struct volume *volume)
{
    struct number_range range = {0};
    for (size_t i = 0; i < volume->count; i++) {
        uint64_t number = data_number(volume->files[i].name);
        if (number > range.highest)
            range.highest = number;
        if (number != 0 && (range.lowest == 0 || number < range.lowest))
            range.lowest = number;
    }
    return range;
}

/* The highest number that has metadata. */
static uint64_t last_committed(const struct volume *volume)
{
    uint64_t last = 0;
    for (size_t i = 0; i < volume->count; i++) {
        uint64_t number = metadata_number(volume->files[i].name);
        if (number > last && data_file(volume, number) != NULL)
            last = number;
    }
    return last;
}

static bool may_be_deleted(const struct stand *stand, uint64_t number)
{
    return number + stand->scenario->keep <= stand->scenario->acknowledged;
}

static bool check_metadata_file(const struct stand *stand, const struct volume *now,
                                const struct volume_file *file, uint64_t number,
                                enum check_when when, char why[CHECK_WHY_SIZE])
{
    const struct volume_file *data = data_file(now, number);
    if (data == NULL && when == CHECK_LOST)
        return is_json(file) || because(why, "%s is half", file->name);
    if (data == NULL && when == CHECK_KILLED && is_old(stand, now, file->name))
        return true;
    if (data == NULL)
        return because(why, "%s has no data", file->name);
    return agrees(file, data, number) ||
           because(why, "%s does not agree with its data", file->name);
}

static bool check_data_file(const struct stand *stand, const struct volume *now,
                            const struct volume_file *file, uint64_t number, enum check_when when,
                            char why[CHECK_WHY_SIZE])
{
    if (metadata_file(now, number) != NULL)
        return true;
    if (when >= CHECK_FINISHED || (when == CHECK_CLAIMED && !may_be_deleted(stand, number)))
        return because(why, "%s has no metadata", file->name);
    if (when == CHECK_LOST || may_be_deleted(stand, number) || is_old(stand, now, file->name) ||
        number > last_committed(now))
        return true;
    return because(why, "%s has no metadata, and a later batch has", file->name);
}

static bool check_batch_file(const struct stand *stand, const struct volume *now,
                             const struct volume_file *file, enum check_when when,
                             char why[CHECK_WHY_SIZE])
{
    uint64_t data = data_number(file->name);
    uint64_t metadata = metadata_number(file->name);
    if (metadata != 0)
        return check_metadata_file(stand, now, file, metadata, when, why);
    if (data != 0)
        return check_data_file(stand, now, file, data, when, why);
    if (is_temporary(file->name))
        return when < CHECK_FINISHED || because(why, "%s was left behind", file->name);
    return strcmp(file->name, ".producer.lock") == 0 ||
           strcmp(file->name, ".producer.retired") == 0 ||
           because(why, "%s is no name of this program", file->name);
}

/* What a reader could have seen stays as it was, except metadata whose data was lost. */
static bool check_unchanged(const struct stand *stand, const struct volume *before,
                            const struct volume *now, char why[CHECK_WHY_SIZE])
{
    for (size_t i = 0; i < before->count; i++) {
        const char *name = before->files[i].name;
        uint64_t metadata = metadata_number(name);
        uint64_t number = metadata != 0 ? metadata : data_number(name);
        if (number == 0 || (metadata != 0 && data_file(before, metadata) == NULL))
            continue;
        if (may_be_deleted(stand, number) && volume_find(now, name) == NULL)
            continue;
        if (!volume_same(before, now, name))
            return because(why, "%s is gone, or has changed after it could be seen", name);
    }
    return true;
}

static bool check_numbers(const struct stand *stand, const struct volume *before,
                          const struct volume *now, enum check_when when, char why[CHECK_WHY_SIZE])
{
    struct number_range range = range_of(now);
    uint64_t last = range_of(before).highest;
    uint64_t known = stand->scenario->acknowledged;
    uint64_t expected = (last > known ? last : known) + stand->scenario->count;
    uint64_t first = known == 0 ? 1 : known - stand->scenario->keep + 1;
    if (range.highest != expected)
        return because(why, "batches go on to %" PRIu64 ", and not to %" PRIu64, range.highest,
                       expected);
    if (range.lowest < first && when >= CHECK_FINISHED)
        return because(why, "the oldest batch is %" PRIu64 ", and not %" PRIu64, range.lowest,
                       first);
    for (uint64_t number = first; number <= expected; number++)
        if ((data_file(now, number) == NULL || metadata_file(now, number) == NULL) &&
            !(when == CHECK_RECOVERED && data_file(before, number) == NULL))
            return because(why, "batch %" PRIu64 " is not whole", number);
    return true;
}

static bool check_batches(const struct stand *stand, const struct volume *before,
                          const struct volume *now, enum check_when when, char why[CHECK_WHY_SIZE])
{
    for (size_t i = 0; i < now->count; i++)
        if (!check_batch_file(stand, now, &now->files[i], when, why))
            return false;
    if (when != CHECK_LOST && !check_unchanged(stand, before, now, why))
        return false;
    return when < CHECK_CLAIMED || check_numbers(stand, before, now, when, why);
}

bool check_batches_kept(const struct stand *stand, const struct volume *durable,
                        const struct volume *now, char why[CHECK_WHY_SIZE])
{
    return check_unchanged(stand, durable, now, why);
}

bool check_volume(const struct stand *stand, const struct volume *before, const struct volume *now,
                  enum check_when when, char why[CHECK_WHY_SIZE])
{
    return stand->scenario->is_consumer ? check_results(stand, now, when, why)
                                        : check_batches(stand, before, now, when, why);
}
