/*
 * data-consumer: turns every batch in a shared directory into a summary and a chart, once.
 * This file opens what it works with, in an order that matters, and closes it; see loop for the
 * work.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/processed_logs.h"
#include "common/wait.h"
#include "consumer/batch/rebuild.h"
#include "consumer/config/config.h"
#include "consumer/elders.h"
#include "consumer/jail.h"
#include "consumer/loop.h"
#include "consumer/profile/profile_tool.h"
#include "consumer/status/report.h"

/* As many as the hard limit lets it have, up to this. */
#define DESCRIPTORS 8192

struct consumer {
    struct config config;
    int results_fd;
    int lock_fd;
    struct elders *elders;
    struct processed_log *log;
    struct processed_logs *logs; /* that one, and those of other shards */
    struct loop *loop;
};

static int refuse(int exit_code, const char *operation, const char *path)
{
    log_refusal("cannot %s %s: %s", operation, path, strerror(errno));
    return exit_code;
}

/* ---- opening ---- */

static int check_shared(const struct consumer *consumer)
{
    int fd = fileio_open_directory(consumer->config.shared_path);
    if (fd < 0)
        return refuse(CONTRACT_EXIT_CONFIG, "read the directory --dir",
                      consumer->config.shared_path);
    (void)close(fd);
    return CONTRACT_EXIT_DONE;
}

/*
 * Else a power loss could take all of a new directory with it. Where its parent may not be read
 * or is a read-only mount, somebody else made the directory, and no harm comes of trying.
 */
static void flush_name(const struct consumer *consumer)
{
    if (fileio_sync_parent(consumer->results_fd) != 0)
        log_debug("cannot flush the directory above %s: %s", consumer->config.results_path,
                  strerror(errno));
}

/* Where the results lie in the shared directory, that is the producer's to lock. */
static bool is_ours_alone(const struct consumer *consumer)
{
    struct stat shared;
    return stat(consumer->config.shared_path, &shared) == 0 &&
           !fileio_is_same(consumer->results_fd, &shared);
}

/* Several shards share a directory; then each has but its own lock in it. */
static bool lock_directory(const struct consumer *consumer)
{
    return !is_ours_alone(consumer) || !shard_is_whole(consumer->config.shard) ||
           fileio_lock_directory(consumer->results_fd) == 0;
}

static int take_lock(struct consumer *consumer)
{
    const char *path = consumer->config.results_path;
    char lock[CONTRACT_NAME_SIZE];
    shard_lock_file(lock, consumer->config.shard);
    if (elders_prepare(consumer->results_fd, consumer->config.shard) == 0 &&
        lock_directory(consumer))
        consumer->lock_fd = fileio_lock(consumer->results_fd, lock);
    if (consumer->lock_fd >= 0) {
        (void)futimens(consumer->lock_fd, NULL); /* since when, for --health */
        return CONTRACT_EXIT_DONE;
    }
    if (errno != EWOULDBLOCK)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "write to the directory --results", path);
    log_refusal("another data-consumer holds %s/%s", path, lock);
    return CONTRACT_EXIT_UNAVAILABLE;
}

static int enter(struct consumer *consumer)
{
    int code = take_lock(consumer);
    if (code != CONTRACT_EXIT_DONE)
        return code;
    consumer->elders =
        elders_enter(consumer->results_fd, consumer->config.shard, consumer->lock_fd);
    return consumer->elders != NULL
               ? CONTRACT_EXIT_DONE
               : refuse(CONTRACT_EXIT_CANNOT_CREATE, "take a ticket in the directory --results",
                        consumer->config.results_path);
}

static int open_results(struct consumer *consumer)
{
    const char *path = consumer->config.results_path;
    /* Nothing can be rebuilt in a directory that is not there: its path is mistyped. */
    if (!consumer->config.rebuild && mkdir(path, 0755) != 0 && errno != EEXIST)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "make the directory --results", path);
    consumer->results_fd = fileio_open_directory(path);
    if (consumer->results_fd < 0)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "open the directory --results", path);
    flush_name(consumer);
    return enter(consumer);
}

/*
 * What others are writing is no remains of a crash, but nobody writes at one file for an hour. It
 * is counted from when the lock was taken, by the clock that the temporaries' ages are of.
 */
static int tidy(const struct consumer *consumer)
{
    struct stat lock = {0};
    int64_t written_before_s = FILEIO_WHENEVER;
    if (elders_anybody_runs(consumer->results_fd, consumer->config.shard))
        written_before_s = fstat(consumer->lock_fd, &lock) == 0 ? lock.st_mtim.tv_sec - 3600 : 0;
    if (fileio_remove_temporaries(consumer->results_fd, written_before_s) == 0)
        return CONTRACT_EXIT_DONE;
    return refuse(CONTRACT_EXIT_IO, "tidy", consumer->config.results_path);
}

static int open_logs(struct consumer *consumer)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    consumer->log = processed_log_open(consumer->results_fd, consumer->config.shard,
                                       PROCESSED_LOG_WRITE, error);
    if (consumer->log != NULL)
        consumer->logs = processed_logs_open(consumer->results_fd, consumer->log, error);
    if (consumer->logs == NULL) {
        log_refusal("%s: %s", consumer->config.results_path, error);
        return CONTRACT_EXIT_IO;
    }
    if (processed_log_cut_bytes(consumer->log) > 0)
        log_warn("%s: cut a torn tail of %" PRIu64 " bytes, left by a crash",
                 processed_log_name(consumer->log), processed_log_cut_bytes(consumer->log));
    return CONTRACT_EXIT_DONE;
}

/* Each shard's log holds one, and of numbers of shards that were there once there may be many. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The directories, and then the jail, before a byte of what stands in them is read. */
static int open_directories(struct consumer *consumer)
{
    int code = CONTRACT_EXIT_DONE;
    allow_descriptors();
    /* First of all: as process 1 a signal without a handler is lost, and the log may be long. */
    if (wait_open() != 0)
        return refuse(CONTRACT_EXIT_SOFTWARE, "handle signals for", consumer->config.shared_path);
    code = check_shared(consumer);
    if (code == CONTRACT_EXIT_DONE)
        code = open_results(consumer);
    return code == CONTRACT_EXIT_DONE ? jail_enter(&consumer->config, consumer->results_fd) : code;
}

static int open_rest(struct consumer *consumer)
{
    int code = tidy(consumer);
    if (code == CONTRACT_EXIT_DONE)
        code = open_logs(consumer);
    if (wait_stopping())
        return CONTRACT_EXIT_DONE;
    if (code != CONTRACT_EXIT_DONE)
        return code;
    errno = ENOMEM;
    const struct loop_parts parts = {.config = &consumer->config,
                                     .results_fd = consumer->results_fd,
                                     .lock_fd = consumer->lock_fd,
                                     .elders = consumer->elders,
                                     .log = consumer->log,
                                     .logs = consumer->logs};
    consumer->loop = loop_create(&parts);
    return consumer->loop != NULL
               ? CONTRACT_EXIT_DONE
               : refuse(CONTRACT_EXIT_SOFTWARE, "start on", consumer->config.shared_path);
}

static void close_all(struct consumer *consumer)
{
    loop_free(consumer->loop);
    processed_logs_close(consumer->logs);
    processed_log_close(consumer->log);
    elders_free(consumer->elders);
    if (consumer->results_fd >= 0)
        (void)close(consumer->results_fd);
    if (consumer->lock_fd >= 0)
        (void)close(consumer->lock_fd);
}

static const char *outcome_of(const struct rebuilt *rebuilt, const char *done)
{
    if (rebuilt->dropped + rebuilt->made > 0)
        return done;
    return rebuilt->kept > 0 ? "the log is whole: nothing to rebuild"
                             : "there is neither a record nor a summary: nothing to rebuild";
}

static int rebuild(struct consumer *consumer)
{
    char error[REBUILD_ERROR_SIZE];
    struct rebuilt rebuilt;
    char log[CONTRACT_NAME_SIZE];
    char done[CONTRACT_NAME_SIZE + 16];
    /* What they record meanwhile would be made a second time. */
    if (elders_anybody_runs(consumer->results_fd, consumer->config.shard)) {
        log_refusal("--rebuild: a consumer of another shard runs on %s: end all of them first",
                    consumer->config.results_path);
        return CONTRACT_EXIT_UNAVAILABLE;
    }
    shard_file(log, CONTRACT_PROCESSED_LOG, consumer->config.shard);
    (void)snprintf(done, sizeof done, "rebuilt %s", log);
    if (rebuild_log(consumer->results_fd, consumer->config.shard, &rebuilt, error) != 0) {
        if (wait_stopping())
            return CONTRACT_EXIT_DONE;
        log_refusal("%s: %s", consumer->config.results_path, error);
        return CONTRACT_EXIT_IO;
    }
    log_event(LOG_LEVEL_INFO, outcome_of(&rebuilt, done),
              (struct log_field[]){
                  log_count("kept", rebuilt.kept), log_count("damaged", rebuilt.dropped),
                  log_count("from_summaries", rebuilt.made), log_text("old_log", rebuilt.old_log)},
              rebuilt.old_log[0] == '\0' ? 3 : 4);
    return CONTRACT_EXIT_DONE;
}

static int run_as_asked(struct consumer *consumer)
{
    int code = open_directories(consumer);
    if (code != CONTRACT_EXIT_DONE || wait_stopping())
        return code;
    if (consumer->config.rebuild)
        return rebuild(consumer);
    code = open_rest(consumer);
    return code == CONTRACT_EXIT_DONE && !wait_stopping() ? loop_run(consumer->loop) : code;
}

static int health(const struct config *config)
{
    char answer[512];
    int code = report_health(config->results_path, config->shard, answer, sizeof answer);
    (void)printf("data-consumer: %s\n", answer);
    return code;
}

/*
 * Each batch takes the same few hundred KiB and gives them back. Handed to the kernel and asked for
 * anew every time, they would be a sixth of what a small batch costs.
 */
static void keep_memory_between_batches(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_TRIM_THRESHOLD, 8 << 20);
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int main(int argc, char *argv[])
{
    struct consumer consumer = {.results_fd = -1, .lock_fd = -1};
    int code = CONTRACT_EXIT_DONE;
    if (fileio_hold_standard_descriptors() != 0)
        return CONTRACT_EXIT_IO;
    if (!config_load(&consumer.config, argc, argv, &code))
        return code;
    if (consumer.config.health)
        return health(&consumer.config);
    log_open("data-consumer", (enum log_format)consumer.config.log_format,
             (enum log_level)consumer.config.log_level);
    if (consumer.config.profile)
        return profile_tool_run(&consumer.config);
    keep_memory_between_batches();
    code = run_as_asked(&consumer);
    close_all(&consumer);
    return code;
}
