#include "common/processed_checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"

#define FORMAT "shared-data-checkpoint/1"
/* Ten million exceptions; beyond that the log is parsed. */
#define CHECKPOINT_MAX_BYTES ((size_t)1 << 31)

/* ---- writing ---- */

static void write_header(struct text *text, const struct processed_index *index,
                         const struct processed_position *position, size_t exceptions)
{
    const struct processed_totals *totals = processed_index_totals(index);
    size_t start = text->length;
    text_printf(text,
                "{\"format\":\"" FORMAT "\",\"log_bytes\":%" PRIu64 ",\"log_lines\":%" PRIu64
                ",\"log_crc\":%" PRIu32 ",",
                position->bytes, position->lines, position->crc);
    text_printf(text,
                "\"processed\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"rows\":%" PRIu64
                ",\"bytes\":%" PRIu64 ",\"exceptions\":%zu,\"ranges\":\"",
                totals->processed, totals->rejected, totals->rows, totals->bytes, exceptions);
    processed_index_write_ranges(index, text);
    text_put(text, "\"");
    processed_record_seal(text, start);
}

int processed_checkpoint_write(int results_fd, struct shard shard,
                               const struct processed_index *index,
                               const struct processed_position *position)
{
    char name[CONTRACT_NAME_SIZE];
    struct text text = {0};
    struct text exceptions = {0};
    int result = -1;
    shard_file(name, CONTRACT_PROCESSED_CHECKPOINT, shard);
    size_t count = processed_index_write_exceptions(index, &exceptions);
    write_header(&text, index, position, count);
    if (exceptions.length > 0)
        text_append(&text, exceptions.bytes, exceptions.length);
    if (text_failed(&text) || text_failed(&exceptions))
        errno = ENOMEM;
    else
        result = fileio_replace(results_fd, name, text.bytes, text.length, FILEIO_DERIVED);
    int saved_errno = errno;
    text_free(&text);
    text_free(&exceptions);
    errno = saved_errno;
    return result;
}

/* ---- reading ---- */

static char *read_file(int results_fd, struct shard shard, size_t *length)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    char *bytes = NULL;
    int fd = -1;
    shard_file(name, CONTRACT_PROCESSED_CHECKPOINT, shard);
    if (fileio_open_input(results_fd, name, &fd, &status) != FILEIO_OPENED)
        return NULL;
    if (fileio_read_whole(fd, CHECKPOINT_MAX_BYTES, &bytes, length) != 0)
        bytes = NULL;
    (void)close(fd);
    return bytes;
}

static bool get_u64(const struct json *object, const char *name, uint64_t *value)
{
    return json_get_u64(object, name, value) == JSON_FOUND;
}

static bool read_header(const char *line, size_t length, struct processed_index *index,
                        struct processed_position *position, struct processed_totals *totals,
                        uint64_t *exceptions)
{
    char error[JSON_ERROR_SIZE];
    const char *format = "";
    const char *ranges = "";
    uint64_t crc = 0;
    if (!processed_record_is_whole(line, length))
        return false;
    struct json *object = json_parse_object(line, length, error);
    if (object == NULL)
        return false;
    bool good =
        json_get_text(object, "format", &format) == JSON_FOUND && strcmp(format, FORMAT) == 0 &&
        get_u64(object, "log_bytes", &position->bytes) &&
        get_u64(object, "log_lines", &position->lines) && get_u64(object, "log_crc", &crc) &&
        get_u64(object, "processed", &totals->processed) &&
        get_u64(object, "rejected", &totals->rejected) && get_u64(object, "rows", &totals->rows) &&
        get_u64(object, "bytes", &totals->bytes) && get_u64(object, "exceptions", exceptions) &&
        position->bytes > 0 && json_get_text(object, "ranges", &ranges) == JSON_FOUND &&
        processed_index_restore(index, ranges);
    position->crc = (uint32_t)crc;
    json_free(object);
    return good;
}

static bool take(void *index, const struct processed_record *record)
{
    return processed_index_take(index, record);
}

/* All of them, and nothing behind. */
static bool read_exceptions(const char *bytes, size_t length, struct processed_index *index,
                            uint64_t count)
{
    for (; count > 0; count--) {
        const char *end = memchr(bytes, '\n', length);
        if (end == NULL)
            return false;
        size_t line = (size_t)(end - bytes);
        if (processed_record_read(bytes, line, take, index) != PROCESSED_RECORD_GOOD)
            return false;
        bytes += line + 1;
        length -= line + 1;
    }
    return length == 0;
}

static bool read_all(const char *bytes, size_t length, struct processed_index *index,
                     struct processed_position *position)
{
    struct processed_totals totals = {0};
    uint64_t exceptions = 0;
    const char *end = memchr(bytes, '\n', length);
    if (end == NULL)
        return false;
    size_t header = (size_t)(end - bytes);
    if (!read_header(bytes, header, index, position, &totals, &exceptions) ||
        !read_exceptions(end + 1, length - header - 1, index, exceptions))
        return false;
    processed_index_set_totals(index, &totals);
    return true;
}

struct processed_index *processed_checkpoint_read(int results_fd, struct shard shard,
                                                  struct processed_position *position)
{
    size_t length = 0;
    char *bytes = read_file(results_fd, shard, &length);
    struct processed_index *index = bytes == NULL ? NULL : processed_index_create(shard);
    if (index != NULL && !read_all(bytes, length, index, position)) {
        processed_index_free(index);
        index = NULL;
    }
    free(bytes);
    return index;
}
