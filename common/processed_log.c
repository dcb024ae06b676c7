#include "common/processed_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/processed_checkpoint.h"
#include "common/processed_recall.h"
#include "common/text.h"
#include "common/wait.h"

/* More than a record has, and less than what an allocator asks the kernel for and gives back each
 * time. */
#define READ_BYTES ((size_t)96 * 1024)
#define REMEDY_SIZE 80
/* Some 3 MB of log: parsing them takes less than a tenth of a second. */
#define CHECKPOINT_EVERY 10000
/* Fewer are parsed faster than a person can look. */
#define CHECKPOINT_AT_CLOSE 1000

struct processed_log {
    int directory_fd; /* borrowed, for opening a log that appears later */
    struct shard shard;
    char name[CONTRACT_NAME_SIZE];
    int fd;
    enum processed_log_mode mode;
    struct processed_index *index;
    struct processed_position at; /* just behind the last good line */
    uint64_t checkpoint_lines;    /* how many the newest checkpoint covers */
    uint64_t checkpoint_bytes;    /* how long it says the log was, when it was found at the start */
    uint64_t cut_bytes;
    bool broken;
    struct text staged;
};

static int fail(const struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE],
                const char *what)
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "%.100s: %s", log->name, what);
    return -1;
}

static int fail_errno(const struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE],
                      const char *operation)
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot %s %.100s: %s", operation, log->name,
                   strerror(errno));
    return -1;
}

/* ---- replay ---- */

static bool take(void *context, const struct processed_record *record)
{
    return processed_index_take(context, record);
}

/*
 * Takes in the whole lines in the buffer, and moves the position behind them. Stops at a
 * line that is damaged, unreadable or unfinished.
 */
static enum processed_record_read take_lines(struct processed_log *log, const char *buffer,
                                             size_t count, size_t *taken)
{
    enum processed_record_read result = PROCESSED_RECORD_GOOD;
    const char *end;
    *taken = 0;
    while ((end = memchr(buffer + *taken, '\n', count - *taken)) != NULL) {
        size_t length = (size_t)(end - (buffer + *taken));
        result = processed_record_read(buffer + *taken, length, take, log->index);
        if (result != PROCESSED_RECORD_GOOD)
            break;
        log->at.lines++;
        *taken += length + 1;
    }
    log->at.bytes += *taken;
    log->at.crc = digest_crc32_more(log->at.crc, buffer, *taken);
    return result;
}

/* True when a whole record stands somewhere in the file from `at` on. */
static bool good_line_behind(const struct processed_log *log, off_t at, char *buffer)
{
    bool found = false;
    while (!found) {
        ssize_t count = fileio_read_at(log->fd, buffer, READ_BYTES, at);
        const char *newline = count <= 0 ? NULL : memrchr(buffer, '\n', (size_t)count);
        if (newline == NULL && count < (ssize_t)READ_BYTES)
            break;
        size_t whole = newline == NULL ? READ_BYTES : (size_t)(newline - buffer) + 1;
        for (size_t start = 0; start < whole && !found;) {
            const char *end = memchr(buffer + start, '\n', whole - start);
            size_t length = end == NULL ? whole - start : (size_t)(end - (buffer + start));
            found = processed_record_ends_whole(buffer + start, length);
            start += length + 1;
        }
        at += (off_t)whole;
    }
    return found;
}

/* Who reads another's log would rebuild its own without the number. */
static void remedy(const struct processed_log *log, char text[REMEDY_SIZE])
{
    char words[SHARD_WORDS_SIZE];
    shard_words(words, log->shard);
    if (shard_is_whole(log->shard) && log->mode == PROCESSED_LOG_WRITE)
        (void)snprintf(text, REMEDY_SIZE, "data-consumer --rebuild makes the log again");
    else
        (void)snprintf(text, REMEDY_SIZE, "data-consumer --shard %s --rebuild makes the log again",
                       words);
}

static int refuse_line(const struct processed_log *log, const char *what,
                       char error[PROCESSED_LOG_ERROR_SIZE])
{
    char text[REMEDY_SIZE];
    remedy(log, text);
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE,
                   "%.50s: line %" PRIu64 " (at byte %" PRIu64 ") %s; %s", log->name,
                   log->at.lines + 1, log->at.bytes, what, text);
    return -1;
}

/* What stands behind the last good line: nothing, a torn tail, or what is not to be guessed at. */
static int judge_rest(const struct processed_log *log, enum processed_record_read result,
                      bool endless, char *buffer, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (result == PROCESSED_RECORD_UNREADABLE)
        return refuse_line(log, "is whole, but cannot be understood (or memory is short)", error);
    if ((result == PROCESSED_RECORD_DAMAGED || endless) &&
        good_line_behind(log, (off_t)log->at.bytes, buffer))
        return refuse_line(log, "is damaged, with good lines behind it", error);
    return 0;
}

static int replay_into(struct processed_log *log, char *buffer,
                       char error[PROCESSED_LOG_ERROR_SIZE])
{
    for (;;) {
        size_t taken = 0;
        ssize_t count = fileio_read_at(log->fd, buffer, READ_BYTES, (off_t)log->at.bytes);
        /* A little is read in any case: the last report of a shard that ends shall have it. */
        if (wait_stopping() && (size_t)count == READ_BYTES)
            return fail(log, error, "stopped by a signal while it was read");
        if (count < 0)
            return fail_errno(log, error, "read");
        enum processed_record_read result = take_lines(log, buffer, (size_t)count, &taken);
        if (result == PROCESSED_RECORD_GOOD && taken > 0)
            continue;
        /* No newline in all of the buffer: no record is that long. */
        return judge_rest(log, result, (size_t)count == READ_BYTES, buffer, error);
    }
}

static int replay(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    char *buffer = malloc(READ_BYTES);
    if (buffer == NULL)
        return fail(log, error, "out of memory");
    int result = replay_into(log, buffer, error);
    free(buffer);
    return result;
}

/* ---- the checkpoint ---- */

/* True when the log begins with the bytes that the checkpoint was made of. */
static bool covers(const struct processed_log *log, const struct processed_position *position,
                   char *buffer)
{
    uint64_t done = 0;
    uint32_t crc = 0;
    while (done < position->bytes && !wait_stopping()) {
        size_t size =
            position->bytes - done < READ_BYTES ? (size_t)(position->bytes - done) : READ_BYTES;
        if (fileio_read_at(log->fd, buffer, size, (off_t)done) != (ssize_t)size)
            return false;
        crc = digest_crc32_more(crc, buffer, size);
        done += size;
    }
    return done == position->bytes && crc == position->crc;
}

/* A checkpoint that does not fit is passed over: the log says it all. */
static void use_checkpoint(struct processed_log *log)
{
    struct processed_position position;
    char *buffer = malloc(READ_BYTES);
    struct processed_index *index =
        buffer == NULL ? NULL : processed_checkpoint_read(log->directory_fd, log->shard, &position);
    if (index != NULL)
        log->checkpoint_bytes = position.bytes;
    if (index != NULL && covers(log, &position, buffer)) {
        processed_index_free(log->index);
        log->index = index;
        log->at = position;
        log->checkpoint_lines = position.lines;
        index = NULL;
    }
    processed_index_free(index);
    free(buffer);
}

/* Derived: when it cannot be written, the next start takes a little longer. */
static void leave_checkpoint(struct processed_log *log, uint64_t every)
{
    if (log->at.lines - log->checkpoint_lines < every)
        return;
    (void)processed_checkpoint_write(log->directory_fd, log->shard, log->index, &log->at);
    log->checkpoint_lines = log->at.lines;
}

/* ---- open and close ---- */

static int cut_tail(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat status;
    if (fstat(log->fd, &status) != 0)
        return fail_errno(log, error, "look at");
    if ((uint64_t)status.st_size <= log->at.bytes)
        return 0;
    log->cut_bytes = (uint64_t)status.st_size - log->at.bytes;
    if (log->cut_bytes > PROCESSED_LOG_COMMIT_MAX_BYTES)
        return refuse_line(log, "begins more damage than a crash leaves", error);
    return ftruncate(log->fd, (off_t)log->at.bytes) == 0
               ? 0
               : fail_errno(log, error, "cut the torn tail of");
}

/* What a crash has cut short went through a checkpoint never: that comes behind the flush. */
static int check_length(const struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (log->at.bytes == 0 || log->at.bytes >= log->checkpoint_bytes)
        return 0;
    char checkpoint[CONTRACT_NAME_SIZE];
    char text[REMEDY_SIZE];
    remedy(log, text);
    shard_file(checkpoint, CONTRACT_PROCESSED_CHECKPOINT, log->shard);
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE,
                   "%.50s has %" PRIu64 " bytes, where %.50s knows of %" PRIu64
                   ": it was cut short; %s",
                   log->name, log->at.bytes, checkpoint, log->checkpoint_bytes, text);
    return -1;
}

/*
 * The log's name, and its records: a process that was killed between writing and flushing has
 * left some that only the cache holds, and from here on they count as durable.
 */
static int make_durable(const struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (fileio_flush(log->fd) != 0)
        return fail_errno(log, error, "flush");
    return fileio_sync_directory(log->directory_fd) == 0
               ? 0
               : fail_errno(log, error, "flush the directory of");
}

static int open_file(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    int flags = log->mode == PROCESSED_LOG_WRITE ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY;
    log->fd =
        openat(log->directory_fd, log->name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (log->fd < 0 && !(log->mode == PROCESSED_LOG_READ && errno == ENOENT))
        return fail_errno(log, error, "open");
    return 0;
}

static int open_all(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (open_file(log, error) != 0)
        return -1;
    if (log->fd >= 0) {
        use_checkpoint(log);
        if (replay(log, error) != 0)
            return -1;
    }
    if (log->mode == PROCESSED_LOG_READ)
        return 0;
    if (check_length(log, error) != 0 || cut_tail(log, error) != 0)
        return -1;
    return make_durable(log, error);
}

struct processed_log *processed_log_open(int results_fd, struct shard shard,
                                         enum processed_log_mode mode,
                                         char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct processed_log *log = calloc(1, sizeof *log);
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "%s", log == NULL ? "out of memory" : "");
    if (log == NULL)
        return NULL;
    log->directory_fd = results_fd;
    log->shard = shard;
    log->mode = mode;
    log->fd = -1;
    shard_file(log->name, CONTRACT_PROCESSED_LOG, shard);
    log->index = processed_index_create(shard);
    if (log->index == NULL)
        (void)fail(log, error, "out of memory");
    else if (open_all(log, error) == 0)
        return log;
    log->broken = true; /* no checkpoint of what was not read whole */
    processed_log_close(log);
    return NULL;
}

void processed_log_close(struct processed_log *log)
{
    if (log == NULL)
        return;
    if (log->mode == PROCESSED_LOG_WRITE && !log->broken)
        leave_checkpoint(log, CHECKPOINT_AT_CLOSE);
    if (log->fd >= 0)
        (void)close(log->fd);
    processed_index_free(log->index);
    text_free(&log->staged);
    free(log);
}

int processed_log_refresh(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (log->fd < 0 && open_file(log, error) != 0)
        return -1;
    return log->fd < 0 ? 0 : replay(log, error);
}

/* ---- asking ---- */

struct shard processed_log_shard(const struct processed_log *log)
{
    return log->shard;
}

const char *processed_log_name(const struct processed_log *log)
{
    return log->name;
}

uint64_t processed_log_cut_bytes(const struct processed_log *log)
{
    return log->cut_bytes;
}

const struct processed_entry *processed_log_find(const struct processed_log *log, const char *key)
{
    return processed_index_find(log->index, key);
}

enum verdict processed_log_verdict(const struct processed_log *log, const char *key)
{
    return processed_index_verdict(log->index, key);
}

struct processed_index *processed_log_index(const struct processed_log *log)
{
    return log->index;
}

uint64_t processed_log_count(const struct processed_log *log, enum outcome outcome)
{
    const struct processed_totals *totals = processed_index_totals(log->index);
    return outcome == OUTCOME_PROCESSED  ? totals->processed
           : outcome == OUTCOME_REJECTED ? totals->rejected
                                         : 0;
}

uint64_t processed_log_last_number(const struct processed_log *log)
{
    return processed_index_last_number(log->index);
}

uint64_t processed_log_bytes(const struct processed_log *log)
{
    return log->at.bytes;
}

bool processed_log_recall(const struct processed_log *log, const char *key,
                          char sha256[DIGEST_HEX_SIZE])
{
    return processed_recall(log->fd, log->at.bytes, key, sha256);
}

bool processed_log_had(const struct processed_log *log, const char *key, uint64_t bytes)
{
    char sha256[DIGEST_HEX_SIZE];
    return processed_recall(log->fd, bytes < log->at.bytes ? bytes : log->at.bytes, key, sha256);
}

/* ---- appending ---- */

int processed_log_stage(struct processed_log *log, const struct processed_record *record)
{
    size_t before = log->staged.length;
    processed_record_write(&log->staged, record);
    if (!text_failed(&log->staged) && log->staged.length - before <= PROCESSED_RECORD_MAX_BYTES &&
        log->staged.length <= PROCESSED_LOG_COMMIT_MAX_BYTES)
        return 0;
    /* What was staged before goes too: the buffer cannot be trusted, and all can be staged anew. */
    text_free(&log->staged);
    errno = ENOMEM;
    return -1;
}

/* A half line would hide the good ones behind it, so it goes before anything else is written. */
static void take_back(struct processed_log *log)
{
    int saved_errno = errno;
    if (ftruncate(log->fd, (off_t)log->at.bytes) != 0)
        log->broken = true;
    errno = saved_errno;
}

/* A record in a file that was removed or replaced would be lost with it. */
static bool is_still_there(const struct processed_log *log)
{
    struct stat by_name;
    return fstatat(log->directory_fd, log->name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
           fileio_is_same(log->fd, &by_name);
}

static int write_staged(struct processed_log *log)
{
    size_t taken = 0;
    if (!log->broken && !is_still_there(log))
        log->broken = true;
    if (log->broken) {
        errno = ESTALE;
        return -1;
    }
    if (fileio_append(log->fd, log->staged.bytes, log->staged.length) != 0) {
        take_back(log);
        return -1;
    }
    /* Else the next start would find them in the cache, and believe what is not on the disk. */
    if (fileio_flush(log->fd) != 0) {
        take_back(log);
        log->broken = true;
        return -1;
    }
    (void)take_lines(log, log->staged.bytes, log->staged.length, &taken);
    if (taken == log->staged.length)
        return 0;
    log->broken = true; /* it is durable, but this process no longer knows all of it: replay it */
    errno = ENOMEM;
    return -1;
}

int processed_log_commit(struct processed_log *log)
{
    if (log->staged.length == 0)
        return 0;
    int result = write_staged(log);
    int saved_errno = errno;
    text_clear(&log->staged);
    if (result == 0)
        leave_checkpoint(log, CHECKPOINT_EVERY);
    errno = saved_errno;
    return result;
}

int processed_log_append(struct processed_log *log, const struct processed_record *record)
{
    return processed_log_stage(log, record) == 0 ? processed_log_commit(log) : -1;
}

int processed_log_settle(const struct processed_log *log)
{
    return log->fd < 0 ? 0 : fileio_flush(log->fd);
}

bool processed_log_is_broken(const struct processed_log *log)
{
    return log->broken;
}
