#include "producer/survey.h"

#include <errno.h>

#include "common/csv_reader.h"
#include "common/fileio.h"
#include "common/wait.h"

#define READ_BYTES ((size_t)64 * 1024)

static bool take_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct survey *survey = context;
    if (row == 0)
        return columns_name(&survey->columns, cells, count);
    columns_take(&survey->columns, cells);
    return true;
}

/* What is damaged is hashed to its end all the same. 0 unless memory is short. */
static int take_bytes(struct csv_reader *reader, const char *bytes, size_t count,
                      struct survey *survey)
{
    errno = ENOMEM;
    if (survey->damage.reason != REASON_NONE)
        return 0;
    bool good = bytes == NULL ? csv_reader_finish(reader, &survey->damage)
                              : csv_reader_feed(reader, bytes, count, &survey->damage);
    return good || survey->damage.reason != REASON_NONE ? 0 : -1;
}

/* 0 when all of it was read. */
static int read_all(int fd, struct digest *digest, struct csv_reader *reader, struct survey *survey)
{
    static char buffer[READ_BYTES];
    ssize_t count;
    while ((count = fileio_read_at(fd, buffer, READ_BYTES, (off_t)survey->bytes)) > 0) {
        survey->bytes += (uint64_t)count;
        digest_update(digest, buffer, (size_t)count);
        if (take_bytes(reader, buffer, (size_t)count, survey) != 0)
            return -1;
        errno = EINTR;
        if (wait_stopping())
            return -1;
    }
    return count < 0 ? -1 : take_bytes(reader, NULL, 0, survey);
}

enum survey_result survey_file(int fd, struct digest *digest, struct survey *survey)
{
    *survey = (struct survey){.bytes = 0};
    struct csv_reader *reader = csv_reader_create(take_row, survey);
    errno = ENOMEM;
    int result = reader == NULL ? -1 : read_all(fd, digest, reader, survey);
    int saved_errno = errno;
    if (result == 0)
        survey->rows = csv_reader_rows(reader);
    csv_reader_free(reader);
    /* Also after an error: it readies the digest for the next file. */
    bool hashed = digest_finish(digest, survey->sha256);
    errno = result == 0 ? ENOMEM : saved_errno;
    if (result != 0 || !hashed)
        return SURVEY_FAILED;
    return survey->damage.reason == REASON_NONE ? SURVEY_GOOD : SURVEY_DAMAGED;
}

void survey_free(struct survey *survey)
{
    columns_free(&survey->columns);
}
