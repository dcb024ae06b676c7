#include "consumer/batch/rebuild.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fileio.h"
#include "common/json.h"
#include "common/processed_index.h"
#include "common/processed_logs.h"
#include "common/text.h"
#include "common/wait.h"

#define SUMMARY_PATTERN "summary_*.json"
#define SUMMARY_MAX_BYTES ((size_t)1024 * 1024 * 1024)
#define LOG_MAX_BYTES ((size_t)64 * 1024 * 1024 * 1024)
#define OLD_LOGS_MAX 1000

struct rebuild {
    int results_fd;
    struct shard shard;
    char log[CONTRACT_NAME_SIZE]; /* its name */
    const struct processed_logs *others;
    struct rebuilt *rebuilt;
    char *error;
    struct processed_index *index; /* of the kept lines */
    struct text kept;
    struct text made;
    char **keys; /* that have a summary and no record */
    size_t key_count, key_capacity;
    bool there_was_a_log;
};

static int fail(struct rebuild *rebuild, const char *operation, const char *name)
{
    (void)snprintf(rebuild->error, REBUILD_ERROR_SIZE, "cannot %s %.120s: %s", operation, name,
                   strerror(errno));
    return -1;
}

/*
 * -1 with errno; ENOENT when there is none. Not by fileio_open_input(), which refuses a file with
 * two names: a crash in keep_old_log() leaves the log with as many.
 */
static int read_file(int directory_fd, const char *name, size_t maximum, char **bytes,
                     size_t *length)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    int result = fileio_read_whole(fd, maximum, bytes, length);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    return result;
}

static bool is_stopped(struct rebuild *rebuild)
{
    errno = EINTR;
    return wait_stopping() && fail(rebuild, "finish", rebuild->log) != 0;
}

/* ---- the lines that are whole ---- */

static bool take(void *context, const struct processed_record *record)
{
    return processed_index_take(context, record);
}

/* A good line is not dropped for want of memory. */
static int keep_line(struct rebuild *rebuild, const char *line, size_t length)
{
    errno = 0;
    if (processed_record_read(line, length, take, rebuild->index) != PROCESSED_RECORD_GOOD) {
        rebuild->rebuilt->dropped++;
        return errno == ENOMEM ? fail(rebuild, "read", rebuild->log) : 0;
    }
    rebuild->rebuilt->kept++;
    text_append(&rebuild->kept, line, length);
    text_append(&rebuild->kept, "\n", 1);
    return 0;
}

static int keep_lines(struct rebuild *rebuild)
{
    char *log = NULL;
    size_t length = 0;
    if (read_file(rebuild->results_fd, rebuild->log, LOG_MAX_BYTES, &log, &length) != 0)
        return errno == ENOENT ? 0 : fail(rebuild, "read", rebuild->log);
    int result = 0;
    rebuild->there_was_a_log = true;
    for (size_t at = 0; at < length && result == 0;) {
        const char *end = memchr(log + at, '\n', length - at);
        size_t line = end == NULL ? length - at : (size_t)(end - (log + at));
        result = is_stopped(rebuild) ? -1 : keep_line(rebuild, log + at, line);
        at += line + 1;
    }
    free(log);
    return result;
}

/* ---- what the summaries say ---- */

static bool add_key(struct rebuild *rebuild, const char *key)
{
    if (rebuild->key_count == rebuild->key_capacity) {
        size_t capacity = rebuild->key_capacity == 0 ? 64 : rebuild->key_capacity * 2;
        char **keys = reallocarray(rebuild->keys, capacity, sizeof *keys);
        if (keys == NULL)
            return false;
        rebuild->keys = keys;
        rebuild->key_capacity = capacity;
    }
    rebuild->keys[rebuild->key_count] = strdup(key);
    return rebuild->keys[rebuild->key_count++] != NULL;
}

static bool is_processed(const struct rebuild *rebuild, const char *key)
{
    const struct processed_entry *entry = processed_index_find(rebuild->index, key);
    if (entry == NULL || entry->outcome != OUTCOME_PROCESSED)
        entry = processed_logs_find(rebuild->others, key);
    return entry != NULL && entry->outcome == OUTCOME_PROCESSED;
}

static int compare_keys(const void *left, const void *right)
{
    return contract_key_compare(*(char *const *)left, *(char *const *)right);
}

static int list_keys(struct rebuild *rebuild)
{
    DIR *directory = fileio_list(rebuild->results_fd);
    const struct dirent *entry = NULL;
    char key[CONTRACT_KEY_MAX + 1];
    int result = -1;
    if (directory == NULL)
        goto out;
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (contract_match(SUMMARY_PATTERN, entry->d_name, key) &&
            shard_owns(rebuild->shard, key) && !is_processed(rebuild, key) &&
            !add_key(rebuild, key))
            goto out;
    if (errno != 0)
        goto out;
    if (rebuild->key_count > 1)
        qsort(rebuild->keys, rebuild->key_count, sizeof *rebuild->keys, compare_keys);
    result = 0;
out:
    if (result != 0)
        (void)fail(rebuild, "list", "the directory --results");
    if (directory != NULL)
        (void)closedir(directory);
    return result;
}

static enum plot plot_of(const struct rebuild *rebuild, const char *key)
{
    static const char *const EXTENSIONS[] = {"png", "svg"};
    char name[CONTRACT_NAME_SIZE];
    for (size_t i = 0; i < sizeof EXTENSIONS / sizeof *EXTENSIONS; i++) {
        contract_plot_name(name, key, EXTENSIONS[i]);
        if (faccessat(rebuild->results_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return PLOT_OK;
    }
    return PLOT_NONE;
}

static bool understand(const struct json *summary, const char *key, struct processed_record *record)
{
    const char *stated = "";
    return json_get_text(summary, "key", &stated) == JSON_FOUND && strcmp(stated, key) == 0 &&
           json_get_text(summary, "file", &record->file) == JSON_FOUND &&
           json_get_text(summary, "sha256", &record->sha256) == JSON_FOUND &&
           json_get_bool(summary, "verified", &record->verified) == JSON_FOUND &&
           json_get_u64(summary, "bytes", &record->bytes) == JSON_FOUND &&
           json_get_u64(summary, "record_count", &record->rows) == JSON_FOUND;
}

/* A summary that is not whole makes no record: its batch is taken anew. */
static void make_record(struct rebuild *rebuild, const char *key, const struct json *summary)
{
    struct processed_record record = {.key = key, .outcome = OUTCOME_PROCESSED};
    if (summary == NULL || !understand(summary, key, &record))
        return;
    record.plot = plot_of(rebuild, key);
    processed_record_write(&rebuild->made, &record);
    rebuild->rebuilt->made++;
}

/* No plain file that may be read stands under the name: the daemon never wrote it. */
static bool is_no_summary(int error_number)
{
    static const int ERRORS[] = {ENOENT, EACCES, EISDIR, ELOOP, ENXIO};
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (ERRORS[i] == error_number)
            return true;
    return false;
}

static int make_records(struct rebuild *rebuild)
{
    for (size_t i = 0; i < rebuild->key_count; i++) {
        char name[CONTRACT_NAME_SIZE];
        char why[JSON_ERROR_SIZE];
        char *bytes = NULL;
        size_t length = 0;
        contract_summary_name(name, rebuild->keys[i]);
        if (is_stopped(rebuild))
            return -1;
        if (read_file(rebuild->results_fd, name, SUMMARY_MAX_BYTES, &bytes, &length) != 0) {
            if (is_no_summary(errno))
                continue;
            return fail(rebuild, "read", name);
        }
        struct json *summary = json_parse_object(bytes, length, why);
        bool short_of_memory = summary == NULL && errno == ENOMEM;
        make_record(rebuild, rebuild->keys[i], summary);
        json_free(summary);
        free(bytes);
        if (short_of_memory)
            return fail(rebuild, "understand", name);
    }
    return 0;
}

/* ---- the new log ---- */

/* A second name first: so neither log is ever without one. */
static int keep_old_log(struct rebuild *rebuild)
{
    char *name = rebuild->rebuilt->old_log;
    (void)snprintf(name, CONTRACT_NAME_SIZE, "%.200s.damaged", rebuild->log);
    for (int i = 2; linkat(rebuild->results_fd, rebuild->log, rebuild->results_fd, name, 0) != 0;
         i++) {
        if (errno != EEXIST || i > OLD_LOGS_MAX)
            return fail(rebuild, "keep the old log as", name);
        (void)snprintf(name, CONTRACT_NAME_SIZE, "%.200s.damaged-%d", rebuild->log, i);
    }
    return 0;
}

static int write_log(struct rebuild *rebuild)
{
    text_append(&rebuild->made, rebuild->kept.bytes, rebuild->kept.length);
    errno = ENOMEM;
    if (text_failed(&rebuild->kept) || text_failed(&rebuild->made))
        return fail(rebuild, "make", rebuild->log);
    if (rebuild->there_was_a_log && keep_old_log(rebuild) != 0)
        return -1;
    /* It may speak of more bytes than the new log has. */
    char checkpoint[CONTRACT_NAME_SIZE];
    shard_file(checkpoint, CONTRACT_PROCESSED_CHECKPOINT, rebuild->shard);
    if (unlinkat(rebuild->results_fd, checkpoint, 0) != 0 && errno != ENOENT)
        return fail(rebuild, "remove", checkpoint);
    if (fileio_replace(rebuild->results_fd, rebuild->log, rebuild->made.bytes, rebuild->made.length,
                       FILEIO_DURABLE) != 0 ||
        fileio_sync_directory(rebuild->results_fd) != 0)
        return fail(rebuild, "write", rebuild->log);
    return 0;
}

/* A log that is whole is not the one that was meant, where another cannot be read. */
static int check_others(struct rebuild *rebuild)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    if (rebuild->rebuilt->dropped > 0)
        return 0;
    struct processed_logs *all = processed_logs_open(rebuild->results_fd, NULL, error);
    if (all == NULL)
        (void)snprintf(rebuild->error, REBUILD_ERROR_SIZE, "%.255s", error);
    processed_logs_close(all);
    return all == NULL ? -1 : 0;
}

static int rebuild_all(struct rebuild *rebuild, struct processed_logs *others)
{
    errno = ENOMEM;
    if (rebuild->index == NULL || others == NULL)
        return fail(rebuild, "index", rebuild->log);
    rebuild->others = others;
    if (keep_lines(rebuild) != 0 || check_others(rebuild) != 0 || list_keys(rebuild) != 0 ||
        make_records(rebuild) != 0)
        return -1;
    return rebuild->rebuilt->dropped + rebuild->rebuilt->made == 0 ? 0 : write_log(rebuild);
}

int rebuild_log(int results_fd, struct shard shard, struct rebuilt *rebuilt,
                char error[REBUILD_ERROR_SIZE])
{
    struct rebuild rebuild = {
        .results_fd = results_fd, .shard = shard, .rebuilt = rebuilt, .error = error};
    *rebuilt = (struct rebuilt){0};
    shard_file(rebuild.log, CONTRACT_PROCESSED_LOG, shard);
    rebuild.index = processed_index_create(shard);
    struct processed_logs *others = processed_logs_open_others(results_fd, shard);
    int result = rebuild_all(&rebuild, others);
    for (size_t i = 0; i < rebuild.key_count; i++)
        free(rebuild.keys[i]);
    free(rebuild.keys);
    text_free(&rebuild.kept);
    text_free(&rebuild.made);
    processed_logs_close(others);
    processed_index_free(rebuild.index);
    return result;
}
