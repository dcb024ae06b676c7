#include "common/processed_recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fileio.h"
#include "common/processed_record.h"
#include "common/text.h"
#include "common/wait.h"

/* More than a record has, and less than what an allocator asks the kernel for and gives back each
 * time. */
#define READ_BYTES ((size_t)96 * 1024)

struct recall {
    const char *key;
    char *sha256;
    bool found;
};

static bool recall_line(void *context, const struct processed_record *record)
{
    struct recall *recall = context;
    if (record->outcome == OUTCOME_PROCESSED && strcmp(record->key, recall->key) == 0) {
        (void)snprintf(recall->sha256, DIGEST_HEX_SIZE, "%s", record->sha256);
        recall->found = true;
    }
    return true;
}

/* Only lines that begin like the key's are parsed. */
static void recall_from(struct recall *recall, const struct text *start, const char *buffer,
                        size_t length)
{
    for (const char *end; (end = memchr(buffer, '\n', length)) != NULL;) {
        size_t line = (size_t)(end - buffer);
        if (line > start->length && memcmp(buffer, start->bytes, start->length) == 0)
            (void)processed_record_read(buffer, line, recall_line, recall);
        buffer += line + 1;
        length -= line + 1;
    }
}

static void recall_all(int fd, uint64_t bytes, struct recall *recall, const struct text *start,
                       char *buffer)
{
    uint64_t at = 0;
    while (at < bytes && !wait_stopping()) {
        size_t size = bytes - at < READ_BYTES ? (size_t)(bytes - at) : READ_BYTES;
        ssize_t count = fileio_read_at(fd, buffer, size, (off_t)at);
        const char *last = count <= 0 ? NULL : memrchr(buffer, '\n', (size_t)count);
        if (last == NULL)
            return;
        recall_from(recall, start, buffer, (size_t)(last - buffer) + 1);
        at += (uint64_t)(last - buffer) + 1;
    }
}

bool processed_recall(int fd, uint64_t bytes, const char *key, char sha256[DIGEST_HEX_SIZE])
{
    struct recall recall = {.key = key, .sha256 = sha256};
    struct text start = {0};
    char *buffer = malloc(READ_BYTES);
    text_put(&start, "{\"key\":");
    text_json_string(&start, key, strlen(key));
    if (buffer != NULL && !text_failed(&start))
        recall_all(fd, bytes, &recall, &start, buffer);
    text_free(&start);
    free(buffer);
    return recall.found;
}
