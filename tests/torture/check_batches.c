#include "tests/torture/check_batches.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/torture/check_support.h"

struct number_range {
    uint64_t lowest, highest; /* 0 when there is none */
};

/* 0 when the name is not of that shape. */
static uint64_t number_in(const char *name, const char *prefix, const char *suffix)
{
    char *behind = NULL;
    if (!check_begins(name, prefix))
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

static size_t header_of(const struct volume_file *csv)
{
    const char *newline = memchr(csv->bytes, '\n', csv->length);
    return newline == NULL ? csv->length : (size_t)(newline - csv->bytes) + 1;
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
        return check_is_json(file) || check_because(why, "%s is half", file->name);
    if (data == NULL && when == CHECK_KILLED && is_old(stand, now, file->name))
        return true;
    if (data == NULL)
        return check_because(why, "%s has no data", file->name);
    return agrees(file, data, number) ||
           check_because(why, "%s does not agree with its data", file->name);
}

static bool check_data_file(const struct stand *stand, const struct volume *now,
                            const struct volume_file *file, uint64_t number, enum check_when when,
                            char why[CHECK_WHY_SIZE])
{
    if (metadata_file(now, number) != NULL)
        return true;
    if (when >= CHECK_FINISHED || (when == CHECK_CLAIMED && !may_be_deleted(stand, number)))
        return check_because(why, "%s has no metadata", file->name);
    if (when == CHECK_LOST || may_be_deleted(stand, number) || is_old(stand, now, file->name) ||
        number > last_committed(now))
        return true;
    return check_because(why, "%s has no metadata, and a later batch has", file->name);
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
    if (check_is_temporary(file->name))
        return when < CHECK_FINISHED || check_because(why, "%s was left behind", file->name);
    return strcmp(file->name, ".producer.lock") == 0 ||
           strcmp(file->name, ".producer.retired") == 0 ||
           (stand->scenario->streams && check_begins(file->name, ".source-")) ||
           check_because(why, "%s is no name of this program", file->name);
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
            return check_because(why, "%s is gone, or has changed after it could be seen", name);
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
        return check_because(why, "batches go on to %" PRIu64 ", and not to %" PRIu64,
                             range.highest, expected);
    if (range.lowest < first && when >= CHECK_FINISHED)
        return check_because(why, "the oldest batch is %" PRIu64 ", and not %" PRIu64, range.lowest,
                             first);
    for (uint64_t number = first; number <= expected; number++)
        if ((data_file(now, number) == NULL || metadata_file(now, number) == NULL) &&
            !(when == CHECK_RECOVERED && data_file(before, number) == NULL))
            return check_because(why, "batch %" PRIu64 " is not whole", number);
    return true;
}

/*
 * Whether the rows of a batch are some of the stream's, none of which was `seen` before. Behind
 * a power loss they may come later than in the stream: a number that was given up is not used
 * again.
 */
static bool check_rows(const struct volume_file *data, const struct volume_file *stream,
                       bool in_order, char seen[], char why[CHECK_WHY_SIZE])
{
    size_t header = header_of(stream);
    size_t length = data->length - header;
    if (data->length <= header || memcmp(data->bytes, stream->bytes, header) != 0)
        return check_because(why, "%s has another header, or no row", data->name);
    const char *rows = memmem(stream->bytes, stream->length, data->bytes + header - 1, length + 1);
    size_t at = rows == NULL ? 0 : (size_t)(rows + 1 - stream->bytes);
    if (rows == NULL || memchr(seen + at, true, length) != NULL)
        return check_because(why, "%s has rows that are not the stream's, or twice", data->name);
    if (in_order && memchr(seen, false, at) != NULL)
        return check_because(why, "%s has rows that come before others of the stream", data->name);
    memset(seen + at, true, length);
    return true;
}

/* Each row of the stream once; all of them, where the daemon says that it is done. */
static bool check_stream(const struct stand *stand, const struct volume *now, enum check_when when,
                         char why[CHECK_WHY_SIZE])
{
    const struct volume_file *stream = volume_find(&stand->other, STAND_STREAM);
    uint64_t last = last_committed(now);
    char *seen = calloc(stream->length, 1);
    bool good = true;
    if (seen == NULL)
        die("out of memory");
    memset(seen, true, header_of(stream));
    for (uint64_t number = 1; number <= last && good; number++)
        if (data_file(now, number) != NULL && metadata_file(now, number) != NULL)
            good = check_rows(data_file(now, number), stream, when != CHECK_RECOVERED, seen, why);
    if (good && when >= CHECK_CLAIMED && memchr(seen, false, stream->length) != NULL)
        good = check_because(why, "some rows of the stream are in no batch");
    free(seen);
    return good;
}

bool check_batches(const struct stand *stand, const struct volume *before, const struct volume *now,
                   enum check_when when, char why[CHECK_WHY_SIZE])
{
    for (size_t i = 0; i < now->count; i++)
        if (!check_batch_file(stand, now, &now->files[i], when, why))
            return false;
    if (when != CHECK_LOST && !check_unchanged(stand, before, now, why))
        return false;
    if (stand->scenario->streams)
        return when == CHECK_LOST || check_stream(stand, now, when, why);
    return when < CHECK_CLAIMED || check_numbers(stand, before, now, when, why);
}

bool check_batches_kept(const struct stand *stand, const struct volume *durable,
                        const struct volume *now, char why[CHECK_WHY_SIZE])
{
    return check_unchanged(stand, durable, now, why);
}
