#include "producer/retired.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/number.h"

#define FILE_BYTES_MAX 64

/* Digits and a line end. */
static int parse(const char *bytes, size_t length, uint64_t *below)
{
    if (length > 0 && bytes[length - 1] == '\n' && number_parse_u64(bytes, length - 1, below) &&
        *below <= CONTRACT_JSON_INTEGER_MAX + 1)
        return 0;
    errno = EBADMSG;
    return -1;
}

int retired_read(int directory_fd, uint64_t *below)
{
    char *bytes = NULL;
    size_t length = 0;
    struct stat status;
    int fd = -1;
    *below = 1;
    switch (fileio_open_input(directory_fd, CONTRACT_PRODUCER_RETIRED, &fd, &status)) {
    case FILEIO_OPENED: break;
    case FILEIO_NOT_REGULAR: errno = EBADMSG; return -1;
    case FILEIO_UNAVAILABLE: return errno == ENOENT ? 0 : -1;
    }
    int result = fileio_read_whole(fd, FILE_BYTES_MAX, &bytes, &length);
    if (result == 0)
        result = parse(bytes, length, below);
    int saved_errno = errno;
    free(bytes);
    (void)close(fd);
    errno = saved_errno;
    return result;
}

int retired_raise(int directory_fd, uint64_t below)
{
    struct text text = {0};
    uint64_t before;
    if (retired_read(directory_fd, &before) != 0)
        return -1;
    if (before >= below)
        return 0;
    text_printf(&text, "%" PRIu64 "\n", below);
    int result =
        fileio_replace_text(directory_fd, CONTRACT_PRODUCER_RETIRED, &text, FILEIO_DURABLE);
    if (result == 0)
        result = fileio_sync_directory(directory_fd);
    int saved_errno = errno;
    text_free(&text);
    errno = saved_errno;
    return result;
}
