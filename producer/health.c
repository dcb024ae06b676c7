#include "producer/health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/fileio.h"
#include "common/number.h"

/*
 *     alive_ns=4711000000000 trouble=cannot write data_7.csv: ...      crc=1c291ca3
 *
 * padded with spaces. A line that is read while it is written fails its checksum.
 */
#define BODY_BYTES 624
#define LINE_BYTES (BODY_BYTES + 13)
#define READ_ATTEMPTS 20

static void compose(char line[LINE_BYTES + 1], const char *trouble, int64_t now_ns)
{
    char body[BODY_BYTES + 1];
    (void)snprintf(body, sizeof body, "alive_ns=%" PRId64 " trouble=%s", now_ns, trouble);
    (void)snprintf(line, LINE_BYTES + 1, "%-*s", BODY_BYTES, body);
    (void)snprintf(line + BODY_BYTES, LINE_BYTES + 1 - BODY_BYTES, "crc=%08" PRIx32 "\n",
                   digest_crc32(line, BODY_BYTES));
}

int health_show(int lock_fd, struct health_shown *shown, const char *trouble, int64_t now_ns)
{
    char line[LINE_BYTES + 1];
    uint32_t sum = trouble == NULL ? 0 : digest_crc32(trouble, strlen(trouble));
    if (shown->at_ns != 0 && sum == shown->trouble && now_ns - shown->at_ns < HEALTH_BEAT_NS)
        return 0;
    compose(line, trouble == NULL ? "" : trouble, now_ns);
    ssize_t written = pwrite(lock_fd, line, LINE_BYTES, 0);
    if (written != LINE_BYTES) {
        if (written >= 0)
            errno = ENOSPC;
        shown->at_ns = 0;
        return -1;
    }
    *shown = (struct health_shown){now_ns, sum};
    return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

static bool is_whole(const char line[LINE_BYTES])
{
    char sum[16];
    (void)snprintf(sum, sizeof sum, "crc=%08" PRIx32 "\n", digest_crc32(line, BODY_BYTES));
    return memcmp(line + BODY_BYTES, sum, LINE_BYTES - BODY_BYTES) == 0;
}

static bool read_line(int directory_fd, char line[LINE_BYTES])
{
    int fd;
    struct stat status;
    bool whole = false;
    if (fileio_open_input(directory_fd, CONTRACT_PRODUCER_LOCK, &fd, &status) != FILEIO_OPENED)
        return false;
    for (int i = 0; i < READ_ATTEMPTS && !whole; i++)
        whole = fileio_read_at(fd, line, LINE_BYTES, 0) == LINE_BYTES && is_whole(line);
    (void)close(fd);
    return whole;
}

static bool parse(char line[LINE_BYTES], int64_t *alive_ns, const char **trouble)
{
    size_t end = BODY_BYTES;
    while (end > 0 && line[end - 1] == ' ')
        end--;
    line[end] = '\0';
    char *behind = strstr(line, " trouble=");
    if (strncmp(line, "alive_ns=", 9) != 0 || behind == NULL)
        return false;
    *alive_ns = strtoll(line + 9, NULL, 10);
    *trouble = behind + 9;
    return true;
}

static enum health_verdict judge(int64_t silence_ns, const char *trouble,
                                 char cause[HEALTH_CAUSE_SIZE])
{
    if (silence_ns < 0)
        (void)snprintf(cause, HEALTH_CAUSE_SIZE,
                       "the producer has given no sign of life since this machine was started");
    else if (silence_ns > HEALTH_SILENCE_NS)
        (void)snprintf(cause, HEALTH_CAUSE_SIZE,
                       "the producer has given no sign of life for %" PRId64
                       " s: it hangs, or cannot write",
                       silence_ns / NUMBER_NS_PER_SECOND);
    else if (trouble[0] != '\0')
        (void)snprintf(cause, HEALTH_CAUSE_SIZE, "%s", trouble);
    else
        return HEALTH_GOOD;
    return HEALTH_TROUBLE;
}

enum health_verdict health_ask(int directory_fd, int64_t now_ns, char cause[HEALTH_CAUSE_SIZE])
{
    char line[LINE_BYTES];
    int64_t alive_ns = 0;
    const char *trouble = "";
    cause[0] = '\0';
    if (!fileio_lock_is_held(directory_fd, CONTRACT_PRODUCER_LOCK)) {
        (void)snprintf(cause, HEALTH_CAUSE_SIZE, "no producer runs");
        return HEALTH_NOBODY;
    }
    if (!read_line(directory_fd, line) || !parse(line, &alive_ns, &trouble)) {
        (void)snprintf(cause, HEALTH_CAUSE_SIZE,
                       "the producer runs, but cannot write how it is into %s",
                       CONTRACT_PRODUCER_LOCK);
        return HEALTH_TROUBLE;
    }
    return judge(now_ns - alive_ns, trouble, cause);
}
