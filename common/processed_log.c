#include "common/processed_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"
#include "common/text.h"
#include "common/wait.h"

/* No record comes near it: keys, names and details are all bounded. */
#define LINE_MAX_BYTES (64 * 1024)
#define READ_BYTES (256 * 1024)

static const char *const OUTCOME_WORDS[] = {[OUTCOME_PROCESSED] = "processed",
                                            [OUTCOME_REJECTED] = "rejected",
                                            [OUTCOME_CHANGED] = "changed"};
static const char *const PLOT_WORDS[] = {
    [PLOT_OK] = "ok", [PLOT_FAILED] = "failed", [PLOT_NONE] = "none"};

struct processed_log {
    int directory_fd; /* borrowed, for opening a log that appears later */
    int fd;
    enum processed_log_mode mode;
    off_t end; /* just behind the last good line */
    uint64_t lines;
    uint64_t cut_bytes;
    bool broken;
    void *index; /* tsearch(3) tree of struct processed_entry, by key */
    uint64_t standing[2];
    uint64_t last_number;
    struct text line;
};

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const struct processed_entry *)left)->key,
                  ((const struct processed_entry *)right)->key);
}

static void free_entry(void *pointer)
{
    struct processed_entry *entry = pointer;
    free(entry->key);
    free(entry);
}

static struct processed_entry *find_entry(const struct processed_log *log, const char *key)
{
    struct processed_entry probe = {.key = (char *)(uintptr_t)key};
    void *node = tfind(&probe, &log->index, compare_entries);
    return node == NULL ? NULL : *(struct processed_entry **)node;
}

static struct processed_entry *add_entry(struct processed_log *log, const char *key)
{
    struct processed_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->key = strdup(key);
    if (entry->key == NULL || tsearch(entry, &log->index, compare_entries) == NULL) {
        free_entry(entry);
        return NULL;
    }
    return entry;
}

/* What a line says, in the form in which replay and append both remember it. */
struct decision {
    const char *key;
    enum outcome outcome;
    enum reason reason;
    const char *sha256;
};

static void note_number(struct processed_log *log, const char *key)
{
    uint64_t number = 0;
    if (contract_key_number(key, &number) && number > log->last_number)
        log->last_number = number;
}

static bool remember(struct processed_log *log, const struct decision *decision)
{
    struct processed_entry *entry = find_entry(log, decision->key);
    if (decision->outcome == OUTCOME_CHANGED) {
        if (entry != NULL) {
            entry->changed = true;
            (void)snprintf(entry->changed_sha256, sizeof entry->changed_sha256, "%s",
                           decision->sha256);
        }
        return true;
    }
    if (entry != NULL)
        log->standing[entry->outcome]--;
    else if ((entry = add_entry(log, decision->key)) == NULL)
        return false;
    log->standing[decision->outcome]++;
    entry->outcome = decision->outcome;
    entry->reason = decision->reason;
    entry->changed = false;
    entry->changed_sha256[0] = '\0';
    (void)snprintf(entry->sha256, sizeof entry->sha256, "%s", decision->sha256);
    note_number(log, decision->key);
    return true;
}

static bool find_word(const char *word, const char *const *words, size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0) {
            *index = i;
            return true;
        }
    return false;
}

static enum reason reason_of_word(const char *word)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_word((enum reason)i), word) == 0)
            return (enum reason)i;
    return REASON_NONE;
}

/* True when the line carries its own checksum and it is right. */
static bool crc_is_right(const char *line, size_t length)
{
    static const char mark[] = ",\"crc\":\"";
    const size_t tail = sizeof mark - 1 + 8 + 2; /* mark, eight digits, "} */
    char expected[16];
    if (length <= tail || memcmp(line + length - tail, mark, sizeof mark - 1) != 0)
        return false;
    (void)snprintf(expected, sizeof expected, "%08" PRIx32 "\"}",
                   digest_crc32(line, length - tail));
    return memcmp(line + length - 10, expected, 10) == 0;
}

enum replayed { REPLAYED, DAMAGED, OUT_OF_MEMORY };

static enum replayed replay_line(struct processed_log *log, const char *line, size_t length)
{
    char error[JSON_ERROR_SIZE];
    struct decision decision = {.sha256 = ""};
    const char *word = "";
    const char *reason = "";
    size_t outcome = 0;
    if (!crc_is_right(line, length))
        return DAMAGED;
    struct json *object = json_parse_object(line, length, error);
    if (object == NULL)
        return DAMAGED;
    enum replayed result = DAMAGED;
    (void)json_get_text(object, "sha256", &decision.sha256);
    (void)json_get_text(object, "reason", &reason);
    if (json_get_text(object, "key", &decision.key) == JSON_FOUND &&
        json_get_text(object, "outcome", &word) == JSON_FOUND &&
        find_word(word, OUTCOME_WORDS, sizeof OUTCOME_WORDS / sizeof *OUTCOME_WORDS, &outcome)) {
        decision.outcome = (enum outcome)outcome;
        decision.reason = reason_of_word(reason);
        result = remember(log, &decision) ? REPLAYED : OUT_OF_MEMORY;
    }
    json_free(object);
    return result;
}

/*
 * True when the line ends in a whole record, wherever that begins: where the newline between two
 * records was damaged, the second is good.
 */
static bool ends_in_good_record(const char *line, size_t length)
{
    static const char start[] = "{\"key\":";
    const char *end = line + length;
    const char *at = memmem(line, length, start, sizeof start - 1);
    while (at != NULL && !crc_is_right(at, (size_t)(end - at)))
        at = memmem(at + 1, (size_t)(end - at) - 1, start, sizeof start - 1);
    return at != NULL || crc_is_right(line, length);
}

/* True when a whole line with a right checksum starts somewhere in the file from `at` on. */
static bool good_line_behind(const struct processed_log *log, off_t at)
{
    char *buffer = malloc(READ_BYTES);
    bool found = false;
    while (buffer != NULL && !found) {
        ssize_t count = fileio_read_at(log->fd, buffer, READ_BYTES, at);
        const char *newline = count <= 0 ? NULL : memrchr(buffer, '\n', (size_t)count);
        if (newline == NULL && count < READ_BYTES)
            break;
        size_t whole = newline == NULL ? READ_BYTES : (size_t)(newline - buffer) + 1;
        for (size_t start = 0; start < whole && !found;) {
            const char *end = memchr(buffer + start, '\n', whole - start);
            size_t length = end == NULL ? whole - start : (size_t)(end - (buffer + start));
            found = ends_in_good_record(buffer + start, length);
            start += length + 1;
        }
        at += (off_t)whole;
    }
    free(buffer);
    return found;
}

/*
 * Replays the whole lines in the buffer. Returns the bytes taken; fewer than
 * there are when a line is damaged or unfinished.
 */
static size_t replay_lines(struct processed_log *log, const char *buffer, size_t count,
                           enum replayed *result)
{
    size_t taken = 0;
    *result = REPLAYED;
    while (taken < count) {
        const char *end = memchr(buffer + taken, '\n', count - taken);
        if (end == NULL)
            break;
        size_t length = (size_t)(end - (buffer + taken));
        *result = replay_line(log, buffer + taken, length);
        if (*result != REPLAYED)
            break;
        log->lines++;
        taken += length + 1;
    }
    return taken;
}

static int fail(char error[PROCESSED_LOG_ERROR_SIZE], const char *what)
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "%s: %s", CONTRACT_PROCESSED_LOG, what);
    return -1;
}

static int fail_errno(char error[PROCESSED_LOG_ERROR_SIZE], const char *operation)
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot %s %s: %s", operation,
                   CONTRACT_PROCESSED_LOG, strerror(errno));
    return -1;
}

static int replay(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    char *buffer = malloc(READ_BYTES);
    int status = -1;
    if (buffer == NULL)
        return fail(error, "out of memory");
    for (;;) {
        enum replayed result;
        ssize_t count = fileio_read_at(log->fd, buffer, READ_BYTES, log->end);
        if (wait_stopping()) {
            (void)fail(error, "stopped by a signal while it was read");
            break;
        }
        if (count < 0) {
            (void)fail_errno(error, "read");
            break;
        }
        size_t taken = replay_lines(log, buffer, (size_t)count, &result);
        log->end += (off_t)taken;
        if (result == OUT_OF_MEMORY) {
            (void)fail(error, "out of memory");
            break;
        }
        if (result == REPLAYED && taken > 0)
            continue;
        bool endless = count == READ_BYTES; /* no newline in all of it: no record is that long */
        if ((result == DAMAGED || endless) && good_line_behind(log, log->end)) {
            (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE,
                           "%s: line %" PRIu64
                           " (at byte %jd) is damaged, with good lines behind it",
                           CONTRACT_PROCESSED_LOG, log->lines + 1, (intmax_t)log->end);
            break;
        }
        status = 0;
        break;
    }
    free(buffer);
    return status;
}

static int cut_tail(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat status;
    if (fstat(log->fd, &status) != 0)
        return fail_errno(error, "look at");
    if (status.st_size <= log->end)
        return 0;
    log->cut_bytes = (uint64_t)(status.st_size - log->end);
    if (ftruncate(log->fd, log->end) != 0 || fsync(log->fd) != 0)
        return fail_errno(error, "cut the torn tail of");
    return 0;
}

static int open_file(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    int flags = log->mode == PROCESSED_LOG_WRITE ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY;
    log->fd = openat(log->directory_fd, CONTRACT_PROCESSED_LOG,
                     flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (log->fd < 0 && !(log->mode == PROCESSED_LOG_READ && errno == ENOENT))
        return fail_errno(error, "open");
    return 0;
}

struct processed_log *processed_log_open(int results_fd, enum processed_log_mode mode,
                                         char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct processed_log *log = calloc(1, sizeof *log);
    error[0] = '\0';
    if (log == NULL) {
        (void)fail(error, "out of memory");
        return NULL;
    }
    log->directory_fd = results_fd;
    log->mode = mode;
    log->fd = -1;
    if (open_file(log, error) != 0 || (log->fd >= 0 && replay(log, error) != 0))
        goto fail;
    if (mode == PROCESSED_LOG_WRITE && cut_tail(log, error) != 0)
        goto fail;
    /* The log's own name must last before any record in it may be called durable. */
    if (mode == PROCESSED_LOG_WRITE && fileio_sync_directory(results_fd) != 0) {
        (void)fail_errno(error, "flush the directory of");
        goto fail;
    }
    return log;
fail:
    processed_log_close(log);
    return NULL;
}

void processed_log_close(struct processed_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        (void)close(log->fd);
    tdestroy(log->index, free_entry);
    text_free(&log->line);
    free(log);
}

int processed_log_refresh(struct processed_log *log, char error[PROCESSED_LOG_ERROR_SIZE])
{
    if (log->fd < 0 && open_file(log, error) != 0)
        return -1;
    return log->fd < 0 ? 0 : replay(log, error);
}

uint64_t processed_log_cut_bytes(const struct processed_log *log)
{
    return log->cut_bytes;
}

const struct processed_entry *processed_log_find(const struct processed_log *log, const char *key)
{
    return find_entry(log, key);
}

uint64_t processed_log_count(const struct processed_log *log, enum outcome outcome)
{
    return outcome == OUTCOME_CHANGED ? 0 : log->standing[outcome];
}

uint64_t processed_log_last_number(const struct processed_log *log)
{
    return log->last_number;
}

static void put_text(struct text *line, const char *name, const char *value)
{
    text_printf(line, "\"%s\":", name);
    text_json_string_or_null(line, value);
    text_put(line, ",");
}

static void format_record(struct text *line, const struct processed_record *record)
{
    char at[CLOCK_TIMESTAMP_SIZE];
    const struct rejection *rejection = record->rejection;
    clock_format_now(at);
    text_clear(line);
    text_put(line, "{");
    put_text(line, "key", record->key);
    put_text(line, "file", record->file);
    put_text(line, "outcome", OUTCOME_WORDS[record->outcome]);
    put_text(line, "reason",
             rejection == NULL || rejection->reason == REASON_NONE
                 ? NULL
                 : reason_word(rejection->reason));
    put_text(line, "detail", rejection == NULL ? NULL : rejection->detail);
    text_printf(line, "\"verified\":%s,\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",",
                record->verified ? "true" : "false", record->rows, record->bytes);
    put_text(line, "sha256", record->sha256[0] == '\0' ? NULL : record->sha256);
    put_text(line, "plot", PLOT_WORDS[record->plot]);
    text_printf(line, "\"at\":\"%s\"", at);
    if (!text_failed(line))
        text_printf(line, ",\"crc\":\"%08" PRIx32 "\"}\n", digest_crc32(line->bytes, line->length));
}

/* A half line would hide the good ones behind it, so it goes before anything else is written. */
static int take_back(struct processed_log *log)
{
    int saved_errno = errno;
    if (ftruncate(log->fd, log->end) != 0)
        log->broken = true;
    errno = saved_errno;
    return -1;
}

/* A record in a file that was removed or replaced would be lost with it. */
static bool is_still_there(const struct processed_log *log)
{
    struct stat by_name;
    struct stat opened;
    return fstatat(log->directory_fd, CONTRACT_PROCESSED_LOG, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(log->fd, &opened) == 0 && by_name.st_dev == opened.st_dev &&
           by_name.st_ino == opened.st_ino;
}

int processed_log_append(struct processed_log *log, const struct processed_record *record)
{
    if (!log->broken && !is_still_there(log))
        log->broken = true;
    if (log->broken) {
        errno = ESTALE;
        return -1;
    }
    format_record(&log->line, record);
    if (text_failed(&log->line) || log->line.length > LINE_MAX_BYTES) {
        errno = ENOMEM;
        return -1;
    }
    if (fileio_append(log->fd, log->line.bytes, log->line.length) != 0)
        return take_back(log);
    if (fileio_flush(log->fd) != 0) {
        log->broken = true;
        return -1;
    }
    struct decision decision = {.key = record->key,
                                .outcome = record->outcome,
                                .reason = record->rejection == NULL ? REASON_NONE
                                                                    : record->rejection->reason,
                                .sha256 = record->sha256};
    log->end += (off_t)log->line.length;
    log->lines++;
    if (!remember(log, &decision)) {
        log->broken = true; /* it is durable, but this process no longer knows: replay it */
        return -1;
    }
    return 0;
}

bool processed_log_is_broken(const struct processed_log *log)
{
    return log->broken;
}
