#include "consumer/status/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"
#include "common/text.h"

#define STATUS_MAX_BYTES (64 * 1024)

static void format_status(struct text *text, const struct report *report)
{
    char now[CLOCK_TIMESTAMP_SIZE];
    char shard[SHARD_WORDS_SIZE];
    clock_format_now(now);
    shard_words(shard, report->shard);
    text_printf(text,
                "{\n  \"pid\": %ld,\n  \"shard\": \"%s\",\n  \"started_at\": \"%s\",\n"
                "  \"last_scan_at\": ",
                (long)getpid(), shard, report->started_at);
    text_json_string_or_null(text, report->last_scan_at[0] == '\0' ? NULL : report->last_scan_at);
    text_printf(text, ",\n  \"updated_at\": \"%s\",\n  \"updated_monotonic_ms\": %" PRId64 ",\n",
                now, clock_now_ns() / NUMBER_NS_PER_MS);
    text_printf(text, "  \"processed\": %" PRIu64 ",\n  \"rejected\": %" PRIu64 ",\n",
                report->processed, report->rejected);
    text_printf(text, "  \"skipped\": %" PRIu64 ",\n", report->skipped);
    text_printf(text,
                "  \"backlog\": %" PRIu64 ",\n  \"oldest_waiting_seconds\": %" PRId64 ".%03d,\n",
                report->backlog, report->oldest_wait_ns / NUMBER_NS_PER_SECOND,
                (int)(report->oldest_wait_ns / NUMBER_NS_PER_MS % 1000));
    text_printf(text, "  \"wake\": \"%s\",\n  \"trouble\": ", report->inotify ? "inotify" : "poll");
    text_json_string_or_null(text, report->trouble[0] == '\0' ? NULL : report->trouble);
    text_put(text, "\n}\n");
}

static int write_status(int results_fd, const char *name, const struct report *report)
{
    struct text text = {0};
    format_status(&text, report);
    int result = fileio_replace_text(results_fd, name, &text, FILEIO_DERIVED);
    int saved_errno = errno;
    text_free(&text);
    errno = saved_errno;
    return result;
}

int report_write_status(int results_fd, const struct report *report)
{
    char name[CONTRACT_NAME_SIZE];
    shard_file(name, CONTRACT_STATUS, report->shard);
    return write_status(results_fd, name, report);
}

int report_write_whole(int results_fd, const struct report *report)
{
    return write_status(results_fd, CONTRACT_STATUS, report);
}

/* The parsed status of a shard; NULL with the cause in `answer`. */
static struct json *read_status(int results_fd, struct shard shard, char *answer, size_t size)
{
    char name[CONTRACT_NAME_SIZE];
    char error[JSON_ERROR_SIZE];
    struct stat status;
    struct json *object = NULL;
    char *bytes = NULL;
    size_t length = 0;
    int fd = -1;
    shard_file(name, CONTRACT_STATUS, shard);
    errno = EINVAL; /* where it is no plain file */
    if (fileio_open_input(results_fd, name, &fd, &status) == FILEIO_OPENED &&
        fileio_read_whole(fd, STATUS_MAX_BYTES, &bytes, &length) == 0)
        object = json_parse_object(bytes, length, error);
    else
        (void)snprintf(error, sizeof error, "cannot be read: %s", strerror(errno));
    if (object == NULL)
        (void)snprintf(answer, size, "%.50s: %s", name, error);
    free(bytes);
    if (fd >= 0)
        (void)close(fd);
    return object;
}

/* One that cannot be read adds nothing until it can. */
void report_add(struct report *report, int results_fd, struct shard shard)
{
    char answer[JSON_ERROR_SIZE + CONTRACT_NAME_SIZE];
    uint64_t backlog = 0;
    struct json *status = shard_runs(results_fd, shard)
                              ? read_status(results_fd, shard, answer, sizeof answer)
                              : NULL;
    if (status == NULL)
        return;
    if (json_get_u64(status, "backlog", &backlog) == JSON_FOUND)
        report->backlog += backlog;
    double waited_s = 0;
    if (json_number(json_member(json_root(status), "oldest_waiting_seconds"), &waited_s) &&
        waited_s * 1e9 > (double)report->oldest_wait_ns && waited_s < 1e9)
        report->oldest_wait_ns = (int64_t)(waited_s * 1e9);
    json_free(status);
}

static int judge(const struct json *status, char *answer, size_t size)
{
    const char *trouble = NULL;
    uint64_t updated_ms = 0;
    uint64_t backlog = 0;
    (void)json_get_u64(status, "updated_monotonic_ms", &updated_ms);
    (void)json_get_u64(status, "backlog", &backlog);
    int64_t age_ms = clock_now_ns() / NUMBER_NS_PER_MS - (int64_t)updated_ms;
    if (age_ms < 0) {
        (void)snprintf(answer, size, "stands still: nothing heard since the machine started");
        return CONTRACT_EXIT_WAITING;
    }
    if (age_ms > REPORT_STALE_NS / NUMBER_NS_PER_MS) {
        (void)snprintf(answer, size, "stands still: nothing heard for %" PRId64 " seconds",
                       age_ms / 1000);
        return CONTRACT_EXIT_WAITING;
    }
    if (json_get_text(status, "trouble", &trouble) == JSON_FOUND) {
        (void)snprintf(answer, size, "in trouble: %s", trouble);
        return CONTRACT_EXIT_WAITING;
    }
    (void)snprintf(answer, size, "healthy: %" PRIu64 " waiting", backlog);
    return CONTRACT_EXIT_DONE;
}

static bool is_of_shard(const struct json *status, struct shard shard)
{
    char words[SHARD_WORDS_SIZE];
    const char *teller = words;
    shard_words(words, shard);
    (void)json_get_text(status, "shard", &teller);
    return strcmp(teller, words) == 0;
}

/* The lock's file tells since when it is held. A clock that was set back may say so of any status,
 * which is why nobody is asked about one that is fresh. */
static bool is_of_an_earlier_run(int results_fd, const char *lock, struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat locked;
    struct stat told;
    shard_file(name, CONTRACT_STATUS, shard);
    if (fstatat(results_fd, lock, &locked, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (fstatat(results_fd, name, &told, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    return told.st_mtim.tv_sec < locked.st_mtim.tv_sec;
}

/* 1/1 has the name to which others, where they report, write as well. */
static int judge_running(int results_fd, const char *lock, struct shard shard, char *answer,
                         size_t size)
{
    int code = CONTRACT_EXIT_WAITING;
    const char *trouble = NULL;
    struct json *status = read_status(results_fd, shard, answer, size);
    bool own = status != NULL && is_of_shard(status, shard);
    if (own)
        code = judge(status, answer, size);
    bool told = own && json_get_text(status, "trouble", &trouble) == JSON_FOUND;
    if (code != CONTRACT_EXIT_DONE && !told &&
        ((status != NULL && !own) || is_of_an_earlier_run(results_fd, lock, shard)))
        (void)snprintf(answer, size,
                       "has told nothing since it started: it is reading the logs, or "
                       "cannot write its status");
    json_free(status);
    return code;
}

int report_health(const char *results_path, struct shard shard, char *answer, size_t size)
{
    char lock[CONTRACT_NAME_SIZE];
    int code = CONTRACT_EXIT_WAITING;
    int results_fd = fileio_open_directory(results_path);
    if (results_fd < 0) {
        (void)snprintf(answer, size, "cannot open %s: %s", results_path, strerror(errno));
        return CONTRACT_EXIT_UNAVAILABLE;
    }
    shard_lock_file(lock, shard);
    if (shard_runs(results_fd, shard)) {
        code = judge_running(results_fd, lock, shard, answer, size);
    } else {
        (void)snprintf(answer, size, "not running: nobody holds %s/%s", results_path, lock);
        code = CONTRACT_EXIT_UNAVAILABLE;
    }
    (void)close(results_fd);
    return code;
}
