#include "producer/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"
#include "common/text.h"
#include "producer/trouble.h"

#define FORMAT "shared-data-source/1"
#define FILE_BYTES_MAX ((size_t)64 * 1024)
#define NAME_DIGITS 16

bool place_name(char name[PLACE_NAME_SIZE], const char *path)
{
    char hex[DIGEST_HEX_SIZE] = "";
    struct digest *digest = digest_create();
    if (digest == NULL)
        return false;
    digest_update(digest, path, strlen(path));
    bool hashed = digest_finish(digest, hex);
    digest_free(digest);
    (void)snprintf(name, PLACE_NAME_SIZE, ".source-%.*s.json", NAME_DIGITS, hex);
    return hashed;
}

uint64_t place_least_number(const struct place *place)
{
    uint64_t least = place->batches[0].number;
    for (size_t i = 1; i < place->count; i++)
        if (place->batches[i].number < least)
            least = place->batches[i].number;
    return least;
}

/* --- out -------------------------------------------------------------------------------------- */

static void put_place(struct text *text, const struct place *place)
{
    text_put(text, "{\n  \"format\": \"" FORMAT "\",\n  \"path\": ");
    text_json_string(text, place->path, strlen(place->path));
    text_printf(text,
                ",\n  \"offset_bytes\": %" PRIu64 ",\n  \"line\": %" PRIu64
                ",\n  \"settled\": %s,\n  \"batches\": [\n",
                place->offset_bytes, place->line, place->settled ? "true" : "false");
    for (size_t i = 0; i < place->count; i++)
        text_printf(text,
                    "    {\"batch\": %" PRIu64 ", \"rows\": %" PRIu64 ", \"sha256\": \"%s\"}%s\n",
                    place->batches[i].number, place->batches[i].rows, place->batches[i].sha256,
                    i + 1 < place->count ? "," : "");
    text_put(text, "  ]\n}\n");
}

int place_write(int directory_fd, const struct place *place, char error[PUBLISH_ERROR_SIZE])
{
    char name[PLACE_NAME_SIZE];
    struct text text = {0};
    int result = -1;
    errno = ENOMEM;
    put_place(&text, place);
    if (place_name(name, place->path))
        result = fileio_replace_text(directory_fd, name, &text, FILEIO_DURABLE);
    if (result == 0)
        result = fileio_sync_directory(directory_fd);
    if (result != 0)
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "keep the place of the stream in", name);
    int saved_errno = errno;
    text_free(&text);
    errno = saved_errno;
    return result;
}

/* --- in --------------------------------------------------------------------------------------- */

/* Counts of our own are below 2^53, which doubles keep exactly. */
static bool take_count(const struct json_value *value, uint64_t *count)
{
    double number = 0;
    if (!json_number(value, &number) || number < 1 || number > (double)CONTRACT_JSON_INTEGER_MAX)
        return false;
    *count = (uint64_t)number;
    return (double)*count == number;
}

static bool take_batch(const struct json_value *item, struct place *place)
{
    if (place->count == PUBLISH_TOGETHER_MAX)
        return false;
    struct place_batch *batch = &place->batches[place->count++];
    const char *sha256 = json_text(json_member(item, "sha256"));
    if (sha256 == NULL || !digest_is_hex(sha256))
        return false;
    memcpy(batch->sha256, sha256, sizeof batch->sha256);
    return take_count(json_member(item, "batch"), &batch->number) &&
           take_count(json_member(item, "rows"), &batch->rows);
}

/* A path that is not UTF-8 stands there with marks in its place; the name is its hash anyway. */
static bool is_path(const char *path, const struct place *place)
{
    return strcmp(path, place->path) == 0 || !text_is_utf8(place->path, strlen(place->path));
}

/* NULL when all is as it was written, else what is not. */
static const char *take_members(const struct json *object, struct place *place)
{
    const char *format = NULL;
    const char *path = NULL;
    if (json_get_text(object, "format", &format) != JSON_FOUND || strcmp(format, FORMAT) != 0)
        return "'format' is not " FORMAT;
    if (json_get_text(object, "path", &path) != JSON_FOUND || !is_path(path, place))
        return "'path' is another one";
    if (json_get_u64(object, "offset_bytes", &place->offset_bytes) != JSON_FOUND ||
        json_get_u64(object, "line", &place->line) != JSON_FOUND ||
        json_get_bool(object, "settled", &place->settled) != JSON_FOUND)
        return "'offset_bytes', 'line' or 'settled' is missing";
    for (const struct json_value *item = json_first(json_member(json_root(object), "batches"));
         item != NULL; item = json_next(item))
        if (!take_batch(item, place))
            return "'batches' is not as it was written";
    return place->count > 0 ? NULL : "'batches' is empty";
}

static enum place_found parse(const char *bytes, size_t length, const char *name,
                              struct place *place, char error[PUBLISH_ERROR_SIZE])
{
    char cause[JSON_ERROR_SIZE];
    struct json *object = json_parse_object(bytes, length, cause);
    if (object == NULL && errno == ENOMEM) {
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "read", name);
        return PLACE_FAILED;
    }
    const char *wrong = object == NULL ? cause : take_members(object, place);
    if (wrong != NULL)
        (void)snprintf(error, PUBLISH_ERROR_SIZE, "%s is damaged: %s", name, wrong);
    json_free(object);
    return wrong == NULL ? PLACE_FOUND : PLACE_DAMAGED;
}

enum place_found place_read(int directory_fd, const char *path, struct place *place,
                            char error[PUBLISH_ERROR_SIZE])
{
    char name[PLACE_NAME_SIZE] = "";
    struct stat status;
    char *bytes = NULL;
    size_t length = 0;
    int fd = -1;
    enum place_found found = PLACE_FAILED;
    *place = (struct place){.count = 0};
    (void)snprintf(place->path, sizeof place->path, "%s", path);
    errno = ENOMEM;
    if (!place_name(name, path)) {
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "hash", "a path");
        return PLACE_FAILED;
    }
    enum fileio_opened opened = fileio_open_input(directory_fd, name, &fd, &status);
    if (opened == FILEIO_UNAVAILABLE && errno == ENOENT)
        return PLACE_NONE;
    if (opened == FILEIO_NOT_REGULAR)
        errno = EINVAL;
    if (opened != FILEIO_OPENED || fileio_read_whole(fd, FILE_BYTES_MAX, &bytes, &length) != 0)
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "read", name);
    else
        found = parse(bytes, length, name, place, error);
    int saved_errno = errno;
    free(bytes);
    if (fd >= 0)
        (void)close(fd);
    errno = saved_errno;
    return found;
}
