#include "common/processed_logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/number.h"
#include "common/processed_repeats.h"

/* Two new names within one tick of a file system's clock leave one mtime. */
#define LIST_EVERY_NS NUMBER_NS_PER_SECOND

struct followed {
    struct processed_log *log;
    bool own;
    struct stat file; /* as it was when it was read; st_ino 0: not there */
};

struct processed_logs {
    int results_fd;   /* borrowed */
    struct shard but; /* whose log is passed over, with others that cannot be read; 0/0: nobody's */
    struct followed *followed;
    size_t count;
    uint64_t generation;
    struct timespec listed_mtime; /* of .shards */
    int64_t listed_ns;
    struct processed_entry *answer; /* one that several logs make up */
    struct processed_repeats *repeats;
};

static int fail(char error[PROCESSED_LOG_ERROR_SIZE], const char *operation, const char *name)
{
    (void)snprintf(error, PROCESSED_LOG_ERROR_SIZE, "cannot %s %.100s: %s", operation, name,
                   strerror(errno));
    return -1;
}

/* ---- following one ---- */

static int look_at(const struct processed_logs *logs, const char *name, struct stat *file,
                   char error[PROCESSED_LOG_ERROR_SIZE])
{
    *file = (struct stat){0};
    if (fstatat(logs->results_fd, name, file, 0) == 0 || errno == ENOENT)
        return 0;
    return fail(error, "look at", name);
}

/*
 * A log that was replaced goes on under another inode, while the descriptor stays with the old one
 * for ever; one that was written anew in its place is shorter at first, and so is one whose torn
 * tail was cut, which costs a second reading. It is looked at before it is opened: a replacement
 * in between shows at the next refresh.
 */
static bool is_replaced(const struct followed *followed, const struct stat *file)
{
    const struct stat *before = &followed->file;
    return before->st_ino != 0 &&
           (before->st_dev != file->st_dev || before->st_ino != file->st_ino ||
            file->st_size < before->st_size);
}

static bool join_all(const struct processed_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        if (!processed_repeats_join(logs->repeats, processed_log_index(logs->followed[i].log)))
            return false;
    return true;
}

static int follow(struct processed_logs *logs, struct followed *followed,
                  char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat file;
    if (followed->own)
        return 0;
    if (look_at(logs, processed_log_name(followed->log), &file, error) != 0)
        return -1;
    if (is_replaced(followed, &file)) {
        struct processed_log *anew = processed_log_open(
            logs->results_fd, processed_log_shard(followed->log), PROCESSED_LOG_READ, error);
        if (anew == NULL)
            return -1;
        processed_repeats_clear(logs->repeats);
        processed_log_close(followed->log);
        followed->log = anew;
        logs->generation++;
        if (!join_all(logs))
            return fail(error, "follow", processed_log_name(anew));
    } else if (processed_log_refresh(followed->log, error) != 0) {
        return -1;
    }
    followed->file = file;
    return 0;
}

/* ---- finding them ---- */

static bool is_followed(const struct processed_logs *logs, struct shard shard)
{
    for (size_t i = 0; i < logs->count; i++)
        if (shard_is_same(processed_log_shard(logs->followed[i].log), shard))
            return true;
    return shard_is_same(shard, logs->but);
}

static int add(struct processed_logs *logs, struct processed_log *log, bool own,
               const struct stat *file)
{
    struct followed *grown = reallocarray(logs->followed, logs->count + 1, sizeof *grown);
    if (grown == NULL)
        return -1;
    logs->followed = grown;
    if (!processed_repeats_join(logs->repeats, processed_log_index(log)))
        return -1;
    logs->followed[logs->count++] = (struct followed){.log = log, .own = own, .file = *file};
    return 0;
}

static int begin_to_follow(struct processed_logs *logs, struct shard shard,
                           char error[PROCESSED_LOG_ERROR_SIZE])
{
    char name[CONTRACT_NAME_SIZE];
    struct stat file;
    if (is_followed(logs, shard))
        return 0;
    shard_file(name, CONTRACT_PROCESSED_LOG, shard);
    if (look_at(logs, name, &file, error) != 0)
        return -1;
    struct processed_log *log =
        processed_log_open(logs->results_fd, shard, PROCESSED_LOG_READ, error);
    if (log == NULL)
        return logs->but.count > 0 ? 0 : -1;
    if (add(logs, log, false, &file) == 0)
        return 0;
    processed_log_close(log);
    return fail(error, "follow", name);
}

/* All shards of which a file of this name stands in the directory. */
static int follow_listed(struct processed_logs *logs, int directory_fd, const char *file,
                         char error[PROCESSED_LOG_ERROR_SIZE])
{
    const struct dirent *entry = NULL;
    struct shard shard;
    int result = 0;
    DIR *directory = fileio_list(directory_fd);
    if (directory == NULL)
        return fail(error, "list", "the shards");
    while (result == 0 && (errno = 0, entry = readdir(directory)) != NULL)
        if (shard_of_file(entry->d_name, file, &shard))
            result = begin_to_follow(logs, shard, error);
    if (entry == NULL && errno != 0)
        result = fail(error, "list", "the shards");
    (void)closedir(directory);
    return result;
}

static bool is_listed(const struct processed_logs *logs, const struct stat *directory)
{
    return directory->st_mtim.tv_sec == logs->listed_mtime.tv_sec &&
           directory->st_mtim.tv_nsec == logs->listed_mtime.tv_nsec &&
           clock_now_ns() - logs->listed_ns < LIST_EVERY_NS;
}

static int look_for_new(struct processed_logs *logs, char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct stat directory;
    if (look_at(logs, CONTRACT_SHARDS, &directory, error) != 0)
        return -1;
    if (directory.st_ino == 0 || is_listed(logs, &directory))
        return 0;
    int fd = fileio_open_directory_at(logs->results_fd, CONTRACT_SHARDS);
    if (fd < 0)
        return fail(error, "open", CONTRACT_SHARDS);
    int result = follow_listed(logs, fd, CONTRACT_SHARD_LOCK, error);
    (void)close(fd);
    if (result != 0)
        return -1;
    logs->listed_mtime = directory.st_mtim;
    logs->listed_ns = clock_now_ns();
    return 0;
}

/* ---- opening ---- */

static int open_all(struct processed_logs *logs, struct processed_log *own,
                    char error[PROCESSED_LOG_ERROR_SIZE])
{
    const struct stat untouched = {0};
    logs->answer = calloc(1, sizeof *logs->answer);
    logs->repeats = processed_repeats_create();
    if (logs->answer == NULL || logs->repeats == NULL ||
        (own != NULL && add(logs, own, true, &untouched) != 0))
        return fail(error, "open", "the logs");
    return begin_to_follow(logs, SHARD_WHOLE, error) != 0 ||
                   follow_listed(logs, logs->results_fd, CONTRACT_PROCESSED_LOG, error) != 0
               ? -1
               : look_for_new(logs, error);
}

static struct processed_logs *open_logs(int results_fd, struct processed_log *own, struct shard but,
                                        char error[PROCESSED_LOG_ERROR_SIZE])
{
    struct processed_logs *logs = calloc(1, sizeof *logs);
    error[0] = '\0';
    if (logs == NULL) {
        (void)fail(error, "open", "the logs");
        return NULL;
    }
    logs->results_fd = results_fd;
    logs->but = but;
    if (open_all(logs, own, error) == 0)
        return logs;
    processed_logs_close(logs);
    return NULL;
}

struct processed_logs *processed_logs_open(int results_fd, struct processed_log *own,
                                           char error[PROCESSED_LOG_ERROR_SIZE])
{
    return open_logs(results_fd, own, (struct shard){0}, error);
}

struct processed_logs *processed_logs_open_others(int results_fd, struct shard but)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    return open_logs(results_fd, NULL, but, error);
}

void processed_logs_close(struct processed_logs *logs)
{
    if (logs == NULL)
        return;
    processed_repeats_free(logs->repeats);
    for (size_t i = 0; i < logs->count; i++)
        if (!logs->followed[i].own)
            processed_log_close(logs->followed[i].log);
    free(logs->followed);
    free(logs->answer);
    free(logs);
}

int processed_logs_refresh(struct processed_logs *logs, char error[PROCESSED_LOG_ERROR_SIZE])
{
    for (size_t i = 0; i < logs->count; i++)
        if (follow(logs, &logs->followed[i], error) != 0)
            return -1;
    return look_for_new(logs, error);
}

/* ---- asking ---- */

/* Where one log has what was processed, another may have that it changed since. */
static const struct processed_entry *with_change(const struct processed_logs *logs,
                                                 const struct processed_entry *standing,
                                                 const struct processed_entry *change)
{
    if (standing == NULL || change == NULL || standing == change)
        return standing;
    *logs->answer = *standing;
    logs->answer->changed = true;
    memcpy(logs->answer->changed_sha256, change->changed_sha256, DIGEST_HEX_SIZE);
    return logs->answer;
}

/* Which log was told last of the change, nobody knows. */
bool processed_logs_know_change(const struct processed_logs *logs, const char *key,
                                const char *sha256)
{
    for (size_t i = 0; i < logs->count; i++) {
        const struct processed_entry *entry = processed_log_find(logs->followed[i].log, key);
        if (entry != NULL && entry->changed && strcmp(entry->changed_sha256, sha256) == 0)
            return true;
    }
    return false;
}

const struct processed_entry *processed_logs_find(const struct processed_logs *logs,
                                                  const char *key)
{
    const struct processed_entry *standing = NULL;
    const struct processed_entry *change = NULL;
    for (size_t i = 0; i < logs->count; i++) {
        const struct processed_entry *entry = processed_log_find(logs->followed[i].log, key);
        if (entry == NULL)
            continue;
        if (entry->changed)
            change = entry;
        if (entry->outcome != OUTCOME_CHANGED &&
            (standing == NULL || standing->outcome == OUTCOME_REJECTED) &&
            (standing == NULL || entry->outcome == OUTCOME_PROCESSED))
            standing = entry;
    }
    return with_change(logs, standing, change);
}

bool processed_logs_recall(const struct processed_logs *logs, const char *key,
                           char sha256[DIGEST_HEX_SIZE])
{
    for (size_t i = 0; i < logs->count; i++) {
        const struct processed_entry *entry = processed_log_find(logs->followed[i].log, key);
        if (entry != NULL && entry->outcome == OUTCOME_PROCESSED)
            return processed_log_recall(logs->followed[i].log, key, sha256);
    }
    return false;
}

uint64_t processed_logs_count(const struct processed_logs *logs, enum outcome outcome)
{
    uint64_t count = 0;
    for (size_t i = 0; i < logs->count; i++)
        count += processed_log_count(logs->followed[i].log, outcome);
    return count - processed_repeats_count(logs->repeats, outcome);
}

bool processed_logs_repeat(const struct processed_logs *logs)
{
    return processed_repeats_count(logs->repeats, OUTCOME_PROCESSED) > 0;
}

bool processed_logs_have_elsewhere(const struct processed_logs *logs, struct shard shard,
                                   const char *key)
{
    return processed_repeats_have_elsewhere(logs->repeats, shard, key);
}

uint64_t processed_logs_last_number(const struct processed_logs *logs)
{
    uint64_t last = 0;
    for (size_t i = 0; i < logs->count; i++) {
        uint64_t number = processed_log_last_number(logs->followed[i].log);
        last = number > last ? number : last;
    }
    return last;
}

int processed_logs_settle(const struct processed_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        if (processed_log_settle(logs->followed[i].log) != 0)
            return -1;
    return 0;
}

uint64_t processed_logs_generation(const struct processed_logs *logs)
{
    return logs->generation;
}

const struct processed_log *processed_logs_at(const struct processed_logs *logs, size_t index)
{
    return index < logs->count ? logs->followed[index].log : NULL;
}
