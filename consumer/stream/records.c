#include "consumer/stream/records.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/fileio.h"

/* Some hundreds of records, */
#define PIECE_BYTES ((size_t)96 * 1024)
/* and some tens. */
#define KEPT_BYTES ((size_t)16 * 1024)
#define BACK_BYTES ((size_t)1024 * 1024)
#define MARK_BYTES ((size_t)4096)

/* Bytes [at, at + size) of the log, as many as there are; free() them. NULL when there are none. */
static char *read_piece(int results_fd, struct shard shard, uint64_t at, size_t size,
                        size_t *length)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    int fd = -1;
    ssize_t count = -1;
    char *bytes = NULL;
    shard_file(name, CONTRACT_PROCESSED_LOG, shard);
    if (fileio_open_input(results_fd, name, &fd, &status) != FILEIO_OPENED)
        return NULL;
    bytes = malloc(size);
    if (bytes != NULL)
        count = fileio_read_at(fd, bytes, size, (off_t)at);
    (void)close(fd);
    if (count <= 0) {
        free(bytes);
        return NULL;
    }
    *length = (size_t)count;
    return bytes;
}

static size_t piece_size(uint64_t at, uint64_t end, size_t most)
{
    return end - at < most ? (size_t)(end - at) : most;
}

/* Who asked for the records, and whether the last one was refused. */
struct taker {
    processed_record_take *take;
    void *context;
    bool refused;
};

static bool hand_on(void *context, const struct processed_record *record)
{
    struct taker *taker = context;
    taker->refused = !taker->take(taker->context, record);
    return !taker->refused;
}

/* Lines of the piece, whole ones; how many bytes they are comes to *behind. */
static size_t take_lines(const char *bytes, size_t length, size_t most, struct taker *taker,
                         size_t *behind)
{
    size_t lines = 0;
    const char *end;
    *behind = 0;
    while (lines < most && (end = memchr(bytes + *behind, '\n', length - *behind)) != NULL) {
        const char *line = bytes + *behind;
        size_t line_length = (size_t)(end - line);
        (void)processed_record_read(line, line_length, hand_on, taker);
        if (taker->refused)
            break;
        *behind += line_length + 1;
        lines++;
    }
    return lines;
}

size_t records_read(int results_fd, struct shard shard, uint64_t *at, uint64_t end, size_t most,
                    processed_record_take *take, void *context)
{
    struct taker taker = {.take = take, .context = context};
    size_t length = 0;
    size_t behind = 0;
    char *bytes =
        *at < end ? read_piece(results_fd, shard, *at, piece_size(*at, end, PIECE_BYTES), &length)
                  : NULL;
    if (bytes == NULL)
        return 0;
    size_t lines = take_lines(bytes, length, most, &taker, &behind);
    free(bytes);
    *at += behind;
    return lines;
}

void records_piece_free(struct records_piece *piece)
{
    free(piece->bytes);
    *piece = (struct records_piece){0};
}

static size_t take_of_piece(const struct records_piece *piece, uint64_t *at, uint64_t end,
                            size_t most, struct taker *taker)
{
    size_t behind = 0;
    uint64_t piece_end = piece->at + piece->length;
    if (piece->bytes == NULL || *at < piece->at || *at >= piece_end || *at >= end)
        return 0;
    size_t length = (size_t)((piece_end < end ? piece_end : end) - *at);
    size_t lines = take_lines(piece->bytes + (*at - piece->at), length, most, taker, &behind);
    *at += behind;
    return lines;
}

/* The second size is for a line that is longer than most pieces. */
size_t records_read_on(int results_fd, struct shard shard, struct records_piece *piece,
                       uint64_t *at, uint64_t end, size_t most, processed_record_take *take,
                       void *context)
{
    static const size_t sizes[] = {KEPT_BYTES, PIECE_BYTES};
    struct taker taker = {.take = take, .context = context};
    size_t lines = take_of_piece(piece, at, end, most, &taker);
    for (size_t i = 0; i < 2 && lines == 0 && !taker.refused && *at < end; i++) {
        records_piece_free(piece);
        piece->bytes =
            read_piece(results_fd, shard, *at, piece_size(*at, end, sizes[i]), &piece->length);
        piece->at = *at;
        lines = take_of_piece(piece, at, end, most, &taker);
    }
    return lines;
}

uint64_t records_back(int results_fd, struct shard shard, uint64_t end, size_t count)
{
    size_t length = 0;
    uint64_t from = end > BACK_BYTES ? end - BACK_BYTES : 0;
    char *bytes = read_piece(results_fd, shard, from, (size_t)(end - from), &length);
    if (bytes == NULL)
        return end;
    size_t start = length;
    for (size_t lines = 0; lines < count && start > 0; lines++) {
        const char *newline = memrchr(bytes, '\n', start - 1);
        if (newline == NULL && from > 0)
            break; /* its beginning lies in front of the piece */
        start = newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
    }
    free(bytes);
    return from + start;
}

bool records_mark(int results_fd, struct shard shard, uint64_t end, uint32_t *mark)
{
    size_t length = 0;
    uint64_t from = end > MARK_BYTES ? end - MARK_BYTES : 0;
    *mark = 0;
    if (end == 0)
        return true;
    char *bytes = read_piece(results_fd, shard, from, (size_t)(end - from), &length);
    bool there = bytes != NULL && length == end - from;
    if (there)
        *mark = digest_crc32(bytes, length);
    free(bytes);
    return there;
}
