#include "tests/torture/check.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/torture/check_batches.h"
#include "tests/torture/check_support.h"

#define LOG "processed.log"
#define RECORDS_MAX 64

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
    if (crc == NULL || plot == NULL || plot > crc || length < 8 ||
        !check_begins(line, "{\"key\":\""))
        return false;
    (void)snprintf(expected, sizeof expected, "%08" PRIx32 "\"}",
                   check_crc32(line, (size_t)(crc - line)));
    if ((size_t)(line + length - crc) != sizeof crc_member - 1 + 10 ||
        memcmp(crc + sizeof crc_member - 1, expected, 10) != 0)
        return false;
    *record = (struct record){.line = line, .length = (size_t)(plot - line)};
    (void)sscanf(line + 8, "%31[^\"]", record->key);
    record->processed = memmem(line, length, "\"outcome\":\"processed\"", 21) != NULL;
    record->drawn = check_begins(plot, ",\"plot\":\"ok\"");
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
            return check_because(why, "%s: a good line behind a damaged one", LOG);
        if (good && records->count == RECORDS_MAX)
            return check_because(why, "%s: more than %d records", LOG, RECORDS_MAX);
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
        return check_because(why, "a record that should not be: %.*s", (int)record->length,
                             record->line);
    if (times_there(there, record) > 1)
        return check_because(why, "batch %s has its record twice", record->key);
    if (record->processed && !volume_same(now, &stand->reference, summary))
        return check_because(why, "batch %s has a record, and not its %s", record->key, summary);
    if (record->drawn && !volume_same(now, &stand->reference, plot))
        return check_because(why, "batch %s has a record of its chart, and not its %s", record->key,
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
        return check_because(why, "%s has lost records that were in it at the start", LOG);
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
        return check_because(why, "%s still has a damaged end", LOG);
    for (size_t i = 0; i < expected.count; i++)
        if (times_there(&there, &expected.items[i]) == 0)
            return check_because(why, "batch %s has no record: %.*s", expected.items[i].key,
                                 (int)expected.items[i].length, expected.items[i].line);
    return true;
}

/* ---- the consumer's files ---- */

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
        return check_is_json(file) ? DERIVED_WHOLE : DERIVED_HALF;
    if (strcmp(file->name, "index.html") == 0 || check_begins(file->name, "page-"))
        return is_page(file) ? DERIVED_WHOLE : DERIVED_HALF;
    return check_begins(file->name, "trend.") ? DERIVED_WHOLE : NOT_DERIVED;
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
    if (check_is_temporary(name))
        return when < CHECK_FINISHED || check_because(why, "%s was left behind", name);
    enum derived derived = judge_derived(file);
    if (derived != NOT_DERIVED)
        return derived == DERIVED_WHOLE || when == CHECK_LOST ||
               check_because(why, "%s is half", name);
    return volume_same(now, &stand->reference, name) || volume_same(now, &stand->own, name) ||
           check_because(why, "%s is not what an undisturbed run makes", name);
}

static bool is_output(const char *name)
{
    return check_begins(name, "summary_");
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
            return check_because(why, "%s is missing, or another", name);
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
    return check_because(why, "%s has lost records that had been flushed", LOG);
}

bool check_volume(const struct stand *stand, const struct volume *before, const struct volume *now,
                  enum check_when when, char why[CHECK_WHY_SIZE])
{
    return stand->scenario->is_consumer ? check_results(stand, now, when, why)
                                        : check_batches(stand, before, now, when, why);
}
