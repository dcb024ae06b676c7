/*
 * data-consumer: turns every batch in a shared directory into a summary and a chart, once.
 * From wait_open() on it does not end by itself: what fails is told, waited out and tried again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/processed_log.h"
#include "common/wait.h"
#include "consumer/config.h"
#include "consumer/discovery.h"
#include "consumer/jail.h"
#include "consumer/pipeline.h"
#include "consumer/rebuild.h"
#include "consumer/report.h"
#include "consumer/sandbox.h"

#define TROUBLE_WAIT_MAX_NS (30 * NUMBER_NS_PER_SECOND)
/* Batches are taken for so long before the directory is looked at again. */
#define TAKING_NS (250 * NUMBER_NS_PER_MS)

struct consumer {
    struct config config;
    int results_fd;
    int lock_fd;
    struct processed_log *log;
    struct discovery *discovery;
    struct pipeline *pipeline;

    struct report report;
    int64_t reported_ns;
    bool report_is_stale;
    bool report_failed;
    bool results_are_gone;
    bool shared_is_lost;

    bool is_full;  /* every gnuplot child was busy when a batch was to be taken */
    bool in_haste; /* there was no time to take all that could be */
    bool polled;   /* the next look is a poll and not a hint */
    int64_t next_poll_ns;
    int64_t next_try_ns;   /* the earliest that a waiting batch asked for */
    int64_t settled_by_ns; /* --once: what is not ready by then is left waiting */

    struct condition trouble;
    int64_t trouble_wait_ns;
    int64_t trouble_until_ns;
};

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

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

static int open_results(struct consumer *consumer)
{
    const char *path = consumer->config.results_path;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "make the directory --results", path);
    consumer->results_fd = fileio_open_directory(path);
    if (consumer->results_fd < 0)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "open the directory --results", path);
    consumer->lock_fd = fileio_lock(consumer->results_fd, CONTRACT_CONSUMER_LOCK);
    if (consumer->lock_fd >= 0)
        return CONTRACT_EXIT_DONE;
    if (errno != EWOULDBLOCK)
        return refuse(CONTRACT_EXIT_CANNOT_CREATE, "write to the directory --results", path);
    log_refusal("another data-consumer holds %s/%s", path, CONTRACT_CONSUMER_LOCK);
    return CONTRACT_EXIT_UNAVAILABLE;
}

static int open_log(struct consumer *consumer)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    if (fileio_remove_temporaries(consumer->results_fd) != 0)
        return refuse(CONTRACT_EXIT_IO, "tidy", consumer->config.results_path);
    consumer->log = processed_log_open(consumer->results_fd, PROCESSED_LOG_WRITE, error);
    if (consumer->log == NULL) {
        log_refusal("%s: %s", consumer->config.results_path, error);
        return CONTRACT_EXIT_IO;
    }
    if (processed_log_cut_bytes(consumer->log) > 0)
        log_warn("%s: cut a torn tail of %" PRIu64 " bytes, left by a crash",
                 CONTRACT_PROCESSED_LOG, processed_log_cut_bytes(consumer->log));
    return CONTRACT_EXIT_DONE;
}

static void write_report(struct consumer *consumer, int64_t now_ns);

static void on_tick(void *context)
{
    write_report(context, clock_now_ns());
}

static bool is_processed(void *context, const char *key)
{
    const struct processed_entry *entry = processed_log_find(context, key);
    return entry != NULL && entry->outcome == OUTCOME_PROCESSED;
}

static int open_rest(struct consumer *consumer)
{
    errno = ENOMEM;
    struct discovery_options options = {.path = consumer->config.shared_path,
                                        .pattern = consumer->config.match,
                                        .names_at_once = consumer->config.scan_names,
                                        .is_processed = is_processed,
                                        .context = consumer->log};
    consumer->discovery = discovery_create(&options);
    consumer->pipeline =
        pipeline_create(&consumer->config, consumer->results_fd, consumer->log, on_tick, consumer);
    if (consumer->discovery == NULL || consumer->pipeline == NULL)
        return refuse(CONTRACT_EXIT_SOFTWARE, "start on", consumer->config.shared_path);
    clock_format_now(consumer->report.started_at);
    return CONTRACT_EXIT_DONE;
}

static int open_all(struct consumer *consumer)
{
    int code = CONTRACT_EXIT_DONE;
    /* First of all: as process 1 a signal without a handler is lost, and the log may be long. */
    if (wait_open() != 0)
        return refuse(CONTRACT_EXIT_SOFTWARE, "handle signals for", consumer->config.shared_path);
    code = check_shared(consumer);
    if (code == CONTRACT_EXIT_DONE)
        code = open_results(consumer);
    if (code == CONTRACT_EXIT_DONE)
        code = jail_enter(&consumer->config, consumer->results_fd);
    if (code == CONTRACT_EXIT_DONE)
        code = open_log(consumer);
    if (wait_stopping())
        return CONTRACT_EXIT_DONE;
    return code == CONTRACT_EXIT_DONE ? open_rest(consumer) : code;
}

static void close_all(struct consumer *consumer)
{
    pipeline_free(consumer->pipeline);
    discovery_free(consumer->discovery);
    processed_log_close(consumer->log);
    if (consumer->results_fd >= 0)
        (void)close(consumer->results_fd);
    if (consumer->lock_fd >= 0)
        (void)close(consumer->lock_fd);
}

/* ---- telling ---- */

static void count_waiting(struct consumer *consumer, int64_t now_ns)
{
    struct report *report = &consumer->report;
    report->backlog = 0;
    report->oldest_wait_ns = 0;
    for (size_t i = 0; i < discovery_count(consumer->discovery); i++) {
        const struct sighting *sighting = discovery_at(consumer->discovery, i);
        if (sighting->decided || sighting->processed)
            continue;
        report->backlog++;
        if (now_ns - sighting->waiting_since_ns > report->oldest_wait_ns)
            report->oldest_wait_ns = now_ns - sighting->waiting_since_ns;
    }
}

/* At most once a second when something has changed, at least at every heartbeat. */
static void write_report(struct consumer *consumer, int64_t now_ns)
{
    int64_t age = now_ns - consumer->reported_ns;
    if (age < REPORT_SPACING_NS || (!consumer->report_is_stale && age < REPORT_HEARTBEAT_NS))
        return;
    consumer->reported_ns = now_ns;
    consumer->report_is_stale = false;
    consumer->report.processed = processed_log_count(consumer->log, OUTCOME_PROCESSED);
    consumer->report.rejected = processed_log_count(consumer->log, OUTCOME_REJECTED);
    consumer->report.skipped = discovery_skipped(consumer->discovery);
    consumer->report.inotify = discovery_fd(consumer->discovery) >= 0;
    count_waiting(consumer, now_ns);
    bool failed = report_write_status(consumer->results_fd, &consumer->report) != 0;
    if (failed && !consumer->report_failed)
        log_warn("cannot write %s: %s", CONTRACT_STATUS, strerror(errno));
    consumer->report_failed = failed;
}

/* Tried again after a wait that doubles up to half a minute. */
static void enter_trouble(struct consumer *consumer, const char *what, int64_t now_ns)
{
    if (!consumer->trouble.lasts)
        consumer->trouble_wait_ns = NUMBER_NS_PER_SECOND / 2;
    condition_begin(&consumer->trouble, "%s; trying again", what);
    consumer->trouble_wait_ns *= 2;
    if (consumer->trouble_wait_ns > TROUBLE_WAIT_MAX_NS)
        consumer->trouble_wait_ns = TROUBLE_WAIT_MAX_NS;
    consumer->trouble_until_ns = now_ns + consumer->trouble_wait_ns;
    (void)snprintf(consumer->report.trouble, sizeof consumer->report.trouble, "%s", what);
    consumer->report_is_stale = true;
}

static void leave_trouble(struct consumer *consumer)
{
    if (consumer->trouble.lasts)
        consumer->report_is_stale = true;
    condition_end(&consumer->trouble);
    consumer->report.trouble[0] = '\0';
}

/* ---- the loop: look, take, wait ---- */

/* Under its name stands the directory that we hold: not removed, moved or mounted over. */
static bool results_are_there(const struct consumer *consumer)
{
    struct stat by_name;
    struct stat opened;
    return stat(consumer->config.results_path, &by_name) == 0 &&
           fstat(consumer->results_fd, &opened) == 0 && by_name.st_dev == opened.st_dev &&
           by_name.st_ino == opened.st_ino;
}

/* --once takes what came in time, however long that lasts, and not what still comes. */
static bool has_seen_enough(const struct consumer *consumer, int64_t now_ns)
{
    return consumer->config.once && now_ns > consumer->settled_by_ns &&
           consumer->report.last_scan_at[0] != '\0' &&
           discovery_deadline(consumer->discovery) == WAIT_FOREVER;
}

static bool look(struct consumer *consumer, int64_t now_ns)
{
    char what[300];
    if (has_seen_enough(consumer, now_ns)) {
        consumer->next_poll_ns = WAIT_FOREVER;
        return true;
    }
    enum discovery_look why = consumer->polled ? DISCOVERY_POLL : DISCOVERY_HINT;
    if (discovery_look(consumer->discovery, why, now_ns) != 0) {
        (void)snprintf(what, sizeof what, "cannot read %.200s: %s", consumer->config.shared_path,
                       strerror(errno));
        enter_trouble(consumer, what, now_ns);
        consumer->shared_is_lost = sandbox_has_lost(consumer->config.shared_path);
        return false;
    }
    if (consumer->polled) {
        consumer->polled = false;
        consumer->results_are_gone = !results_are_there(consumer);
        consumer->next_poll_ns = now_ns + consumer->config.poll_interval_ns;
        clock_format_now(consumer->report.last_scan_at);
    }
    return true;
}

/* True when it got through: decided, in flight, or waiting for something of its own. */
static bool take(struct consumer *consumer, struct sighting *sighting, int64_t now_ns)
{
    switch (pipeline_take(consumer->pipeline, discovery_directory(consumer->discovery), sighting,
                          now_ns)) {
    case PIPELINE_DECIDED:
    case PIPELINE_TAKEN: consumer->report_is_stale = true; return true;
    case PIPELINE_WAITS:
        consumer->next_try_ns = earliest(consumer->next_try_ns, sighting->next_try_ns);
        return true;
    case PIPELINE_TROUBLE:
        enter_trouble(consumer, pipeline_trouble(consumer->pipeline), now_ns);
        return false;
    case PIPELINE_FULL: consumer->is_full = true; return false;
    case PIPELINE_STOPPED: break;
    }
    return false;
}

/* Of new batches, or of those that were processed and are only compared. */
static bool take_some(struct consumer *consumer, bool processed, int64_t until_ns)
{
    for (size_t i = 0; i < discovery_count(consumer->discovery); i++) {
        struct sighting *sighting = discovery_at(consumer->discovery, i);
        if (sighting->decided || sighting->in_flight || sighting->processed != processed)
            continue;
        int64_t now_ns = clock_now_ns();
        if (now_ns > until_ns) {
            consumer->in_haste = true;
            consumer->next_try_ns = now_ns;
            return true;
        }
        if (!take(consumer, sighting, now_ns))
            return false;
        write_report(consumer, now_ns);
    }
    return true;
}

/* What was taken becomes durable at once when there is nothing else to take. */
static void take_all(struct consumer *consumer, int64_t now_ns)
{
    consumer->next_try_ns = WAIT_FOREVER;
    consumer->is_full = consumer->in_haste = false;
    bool through = take_some(consumer, false, now_ns + TAKING_NS) &&
                   take_some(consumer, true, now_ns + TAKING_NS);
    if (!pipeline_commit(consumer->pipeline))
        enter_trouble(consumer, pipeline_trouble(consumer->pipeline), now_ns);
    else if (through)
        leave_trouble(consumer);
    else if (consumer->is_full && consumer->trouble.lasts) /* it could not be tried */
        consumer->trouble_until_ns = now_ns + consumer->trouble_wait_ns;
}

static void work(struct consumer *consumer)
{
    int64_t now_ns = clock_now_ns();
    bool in_trouble = consumer->trouble.lasts && now_ns < consumer->trouble_until_ns;
    if (!pipeline_advance(consumer->pipeline, now_ns))
        enter_trouble(consumer, pipeline_trouble(consumer->pipeline), now_ns);
    else if (!in_trouble && look(consumer, now_ns))
        take_all(consumer, now_ns);
    write_report(consumer, clock_now_ns());
}

static int64_t next_deadline(const struct consumer *consumer)
{
    int64_t heartbeat = consumer->report_is_stale ? REPORT_SPACING_NS : REPORT_HEARTBEAT_NS;
    int64_t deadline =
        earliest(consumer->reported_ns + heartbeat, pipeline_deadline(consumer->pipeline));
    if (consumer->trouble.lasts)
        return earliest(deadline, consumer->trouble_until_ns);
    if (consumer->config.once && clock_now_ns() <= consumer->settled_by_ns)
        deadline = earliest(deadline, consumer->settled_by_ns);
    deadline = earliest(deadline, discovery_deadline(consumer->discovery));
    return earliest(deadline, earliest(consumer->next_poll_ns, consumer->next_try_ns));
}

/* False when the program shall end. */
static bool wait(struct consumer *consumer)
{
    struct pollfd fds[WAIT_MAX_FDS];
    size_t count = pipeline_fds(consumer->pipeline, fds, WAIT_MAX_FDS - 1);
    bool listening = !consumer->trouble.lasts && consumer->next_poll_ns != WAIT_FOREVER;
    fds[count++] =
        (struct pollfd){.fd = listening ? discovery_fd(consumer->discovery) : -1, .events = POLLIN};
    enum wait_result result = wait_for(fds, count, next_deadline(consumer));
    consumer->polled = consumer->polled || clock_now_ns() >= consumer->next_poll_ns;
    return result != WAIT_STOP;
}

/* ---- --once ---- */

static bool nothing_waits(const struct consumer *consumer)
{
    for (size_t i = 0; i < discovery_count(consumer->discovery); i++)
        if (!discovery_at(consumer->discovery, i)->decided)
            return false;
    return true;
}

static bool once_is_over(const struct consumer *consumer)
{
    if (!consumer->config.once || pipeline_in_flight(consumer->pipeline) > 0)
        return false;
    bool too_late = clock_now_ns() > consumer->settled_by_ns;
    /* A directory that could not be read is not an empty one. */
    if (consumer->trouble.lasts || consumer->report.last_scan_at[0] == '\0')
        return too_late;
    bool busy = consumer->in_haste || discovery_deadline(consumer->discovery) != WAIT_FOREVER;
    return !busy && (too_late || nothing_waits(consumer));
}

/* What another start mends and going on would not: then no record could be trusted to last. */
static bool is_beyond_help(const struct consumer *consumer)
{
    return processed_log_is_broken(consumer->log) || consumer->results_are_gone ||
           consumer->shared_is_lost;
}

static int exit_code(const struct consumer *consumer)
{
    if (processed_log_is_broken(consumer->log)) {
        log_error("%s; the log cannot be trusted to be written any more: start again",
                  pipeline_trouble(consumer->pipeline));
        return CONTRACT_EXIT_IO;
    }
    if (consumer->results_are_gone) {
        log_error("the directory --results %s is no longer there: start again",
                  consumer->config.results_path);
        return CONTRACT_EXIT_IO;
    }
    if (consumer->shared_is_lost) {
        log_error("the directory --dir %s was replaced by another, which the jail does not let "
                  "this process read: start again",
                  consumer->config.shared_path);
        return CONTRACT_EXIT_IO;
    }
    if (!consumer->config.once || wait_stopping())
        return CONTRACT_EXIT_DONE;
    if (consumer->trouble.lasts)
        return CONTRACT_EXIT_IO;
    if (pipeline_rejected(consumer->pipeline) > 0)
        return CONTRACT_EXIT_REJECTED;
    return nothing_waits(consumer) ? CONTRACT_EXIT_DONE : CONTRACT_EXIT_WAITING;
}

static void greet(const struct consumer *consumer)
{
    log_event(LOG_LEVEL_INFO, "watching",
              (struct log_field[]){
                  log_text("dir", consumer->config.shared_path),
                  log_text("results", consumer->config.results_path),
                  log_count("processed", processed_log_count(consumer->log, OUTCOME_PROCESSED)),
                  log_count("rejected", processed_log_count(consumer->log, OUTCOME_REJECTED)),
                  log_duration("poll", consumer->config.poll_interval_ns)},
              5);
}

static int run(struct consumer *consumer)
{
    int64_t now_ns = clock_now_ns();
    greet(consumer);
    consumer->polled = consumer->report_is_stale = true;
    consumer->reported_ns = now_ns - REPORT_SPACING_NS;
    /* A little longer than a file must stand still, so that what settles is still taken. */
    consumer->settled_by_ns = now_ns + consumer->config.settle_ns + consumer->config.settle_ns / 4 +
                              100 * NUMBER_NS_PER_MS;
    do
        work(consumer);
    while (!once_is_over(consumer) && !is_beyond_help(consumer) && wait(consumer));
    consumer->reported_ns = 0;
    consumer->report_is_stale = true;
    write_report(consumer, clock_now_ns());
    int code = exit_code(consumer);
    log_event(LOG_LEVEL_INFO, wait_stopping() ? "stopped by a signal" : "done",
              (struct log_field[]){log_count("waiting", consumer->report.backlog)}, 1);
    return code;
}

static int rebuild(struct consumer *consumer)
{
    char error[REBUILD_ERROR_SIZE];
    struct rebuilt rebuilt;
    int code = open_results(consumer);
    if (code != CONTRACT_EXIT_DONE)
        return code;
    if (rebuild_log(consumer->results_fd, &rebuilt, error) != 0) {
        log_refusal("%s: %s", consumer->config.results_path, error);
        return CONTRACT_EXIT_IO;
    }
    log_event(LOG_LEVEL_INFO,
              rebuilt.dropped + rebuilt.made == 0 ? "the log is whole: nothing to rebuild"
                                                  : "rebuilt " CONTRACT_PROCESSED_LOG,
              (struct log_field[]){
                  log_count("kept", rebuilt.kept), log_count("damaged", rebuilt.dropped),
                  log_count("from_summaries", rebuilt.made), log_text("old_log", rebuilt.old_log)},
              rebuilt.old_log[0] == '\0' ? 3 : 4);
    return CONTRACT_EXIT_DONE;
}

static int run_as_asked(struct consumer *consumer)
{
    if (consumer->config.rebuild)
        return rebuild(consumer);
    int code = open_all(consumer);
    return code == CONTRACT_EXIT_DONE && !wait_stopping() ? run(consumer) : code;
}

static int health(const struct config *config)
{
    char answer[512];
    int code = report_health(config->results_path, config->poll_interval_ns, answer, sizeof answer);
    (void)printf("data-consumer: %s\n", answer);
    return code;
}

int main(int argc, char *argv[])
{
    struct consumer consumer = {
        .results_fd = -1, .lock_fd = -1, .trouble.over = "it works again: going on"};
    int code = CONTRACT_EXIT_DONE;
    if (fileio_hold_standard_descriptors() != 0)
        return CONTRACT_EXIT_IO;
    if (!config_load(&consumer.config, argc, argv, &code))
        return code;
    if (consumer.config.health)
        return health(&consumer.config);
    log_open("data-consumer", (enum log_format)consumer.config.log_format,
             (enum log_level)consumer.config.log_level);
    code = run_as_asked(&consumer);
    close_all(&consumer);
    return code;
}
