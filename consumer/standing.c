#include "consumer/standing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/log.h"
#include "consumer/status/metrics.h"
#include "consumer/status/progress.h"
#include "consumer/status/report.h"

/* Counting for the line takes at most one part of so many of the time. */
#define COUNTING_SHARE 50

struct standing {
    struct standing_sources sources;
    struct report report;
    struct report whole;    /* the same of all shards, for whoever reports */
    uint64_t waiting_bytes; /* of the data files of what waits and was not read yet */
    struct progress *progress;
    int64_t counted_until_ns; /* no new line before that */
    int64_t begun_ns;
    int64_t told_ns;
    bool is_stale;
    uint64_t told_bytes; /* of the log */
    bool status_failed;
    bool metrics_failed;
};

struct standing *standing_create(const struct standing_sources *sources)
{
    struct standing *standing = calloc(1, sizeof *standing);
    if (standing == NULL)
        return NULL;
    standing->sources = *sources;
    standing->report.shard = processed_log_shard(sources->log);
    if (sources->with_progress)
        standing->progress = progress_open(STDERR_FILENO);
    return standing;
}

void standing_free(struct standing *standing)
{
    if (standing == NULL)
        return;
    progress_close(standing->progress);
    free(standing);
}

void standing_begin(struct standing *standing, int64_t now_ns)
{
    clock_format_now(standing->report.started_at);
    standing->sources.meters->started_at_ns = clock_wall_ns();
    standing->begun_ns = now_ns;
    standing->told_ns = now_ns - REPORT_SPACING_NS;
    standing->is_stale = true;
    progress_begin(standing->progress, now_ns);
}

void standing_changed(struct standing *standing)
{
    standing->is_stale = true;
}

void standing_scanned(struct standing *standing)
{
    clock_format_now(standing->report.last_scan_at);
    standing->sources.meters->scanned_at_ns = clock_wall_ns();
}

bool standing_has_scanned(const struct standing *standing)
{
    return standing->report.last_scan_at[0] != '\0';
}

/* ---- gathering ---- */

static void count_waiting(struct standing *standing, int64_t now_ns)
{
    const struct discovery *discovery = standing->sources.discovery;
    struct report *report = &standing->report;
    report->backlog = 0;
    report->oldest_wait_ns = 0;
    standing->waiting_bytes = 0;
    for (size_t i = 0; i < discovery_count(discovery); i++) {
        const struct sighting *sighting = discovery_at(discovery, i);
        if (sighting->decided || sighting->processed)
            continue;
        report->backlog++;
        if (now_ns - sighting->waiting_since_ns > report->oldest_wait_ns)
            report->oldest_wait_ns = now_ns - sighting->waiting_since_ns;
        if (!sighting->in_flight && sighting->data.there)
            standing->waiting_bytes += (uint64_t)sighting->data.size;
    }
}

static void gather(struct standing *standing, int64_t now_ns)
{
    const struct standing_sources *sources = &standing->sources;
    struct report *report = &standing->report;
    report->processed = processed_logs_count(sources->logs, OUTCOME_PROCESSED);
    report->rejected = processed_logs_count(sources->logs, OUTCOME_REJECTED);
    report->own_processed = processed_log_count(sources->log, OUTCOME_PROCESSED);
    report->own_rejected = processed_log_count(sources->log, OUTCOME_REJECTED);
    report->skipped = discovery_skipped(sources->discovery);
    report->inotify = discovery_fd(sources->discovery) >= 0;
    count_waiting(standing, now_ns);
}

/* ---- telling ---- */

/* Told once, as long as it lasts. */
static void note_written(const char *name, int result, bool *failed)
{
    if (result != 0 && !*failed)
        log_warn("cannot write %s: %s", name, strerror(errno));
    *failed = result != 0;
}

/* What waits for the others, too. */
static void gather_whole(struct standing *standing)
{
    const struct processed_log *log = NULL;
    standing->whole = standing->report;
    for (size_t i = 0; (log = processed_logs_at(standing->sources.logs, i)) != NULL; i++)
        if (!shard_is_same(processed_log_shard(log), standing->report.shard))
            report_add(&standing->whole, standing->sources.results_fd, processed_log_shard(log));
}

/* 1/1, where it runs as well, writes that file for itself. */
static int write_whole(const struct standing *standing)
{
    int results_fd = standing->sources.results_fd;
    if (shard_is_whole(standing->report.shard) || shard_runs(results_fd, SHARD_WHOLE))
        return 0;
    return report_write_whole(results_fd, &standing->whole);
}

static int write_status(const struct standing *standing)
{
    int result = report_write_status(standing->sources.results_fd, &standing->report);
    if (!stream_reports(standing->sources.stream))
        return result;
    return write_whole(standing) == 0 ? result : -1;
}

static void write_now(struct standing *standing, const char *trouble, int64_t now_ns)
{
    int results_fd = standing->sources.results_fd;
    standing->told_ns = now_ns;
    standing->told_bytes = processed_log_bytes(standing->sources.log);
    standing->is_stale = false;
    (void)snprintf(standing->report.trouble, sizeof standing->report.trouble, "%s", trouble);
    gather(standing, now_ns);
    gather_whole(standing);
    note_written(CONTRACT_STATUS, write_status(standing), &standing->status_failed);
    note_written(CONTRACT_METRICS,
                 metrics_write(results_fd, &standing->report, standing->sources.meters),
                 &standing->metrics_failed);
    stream_publish(standing->sources.stream, &standing->whole, now_ns);
}

static void show_progress(struct standing *standing, int64_t now_ns)
{
    const struct meters *meters = standing->sources.meters;
    if (!progress_is_due(standing->progress, now_ns) || now_ns < standing->counted_until_ns)
        return;
    count_waiting(standing, now_ns);
    standing->counted_until_ns = now_ns + COUNTING_SHARE * (clock_now_ns() - now_ns);
    uint64_t done = meters_batches(meters);
    const struct progress_work work = {.unit = "batches",
                                       .items = done,
                                       .items_total = done + standing->report.backlog,
                                       .bytes = meters->taken_bytes + meters->reading_bytes,
                                       .bytes_total =
                                           meters->taken_bytes + standing->waiting_bytes};
    progress_show(standing->progress, &work, now_ns);
}

/* A record is news as well: what had been taken when the files were written waits no more. */
static bool has_news(const struct standing *standing)
{
    return standing->is_stale || processed_log_bytes(standing->sources.log) != standing->told_bytes;
}

void standing_tell(struct standing *standing, const char *trouble, int64_t now_ns)
{
    int64_t age = now_ns - standing->told_ns;
    if (age >= REPORT_HEARTBEAT_NS || (has_news(standing) && age >= REPORT_SPACING_NS))
        write_now(standing, trouble, now_ns);
    show_progress(standing, now_ns);
}

int64_t standing_deadline(const struct standing *standing)
{
    int64_t files =
        standing->told_ns + (has_news(standing) ? REPORT_SPACING_NS : REPORT_HEARTBEAT_NS);
    int64_t line = progress_deadline(standing->progress);
    if (line < standing->counted_until_ns)
        line = standing->counted_until_ns;
    return line < files ? line : files;
}

/* ---- the end ---- */

static void log_summary(const struct standing *standing, const char *message)
{
    const struct meters *meters = standing->sources.meters;
    int64_t took_ns = clock_now_ns() - standing->begun_ns;
    double per_second = (double)meters_batches(meters) * 1e9 / (double)(took_ns > 0 ? took_ns : 1);
    log_event(LOG_LEVEL_INFO, message,
              (struct log_field[]){log_count("processed", meters->decided[OUTCOME_PROCESSED]),
                                   log_count("rejected", meters->decided[OUTCOME_REJECTED]),
                                   log_count("rows", meters->rows),
                                   log_bytes("size", meters->bytes), log_duration("took", took_ns),
                                   log_count("per_second", (uint64_t)(per_second + 0.5)),
                                   log_count("waiting", standing->report.backlog)},
              7);
}

static const struct report *report_again(void *context)
{
    struct standing *standing = context;
    gather(standing, clock_now_ns());
    gather_whole(standing);
    note_written(CONTRACT_STATUS, write_whole(standing), &standing->status_failed);
    return &standing->whole;
}

void standing_end(struct standing *standing, const char *trouble, const char *message, bool summary)
{
    write_now(standing, trouble, clock_now_ns());
    stream_last_word(standing->sources.stream, report_again, standing);
    progress_close(standing->progress);
    standing->progress = NULL;
    if (summary)
        log_summary(standing, message);
    else
        log_event(LOG_LEVEL_INFO, message,
                  (struct log_field[]){log_count("waiting", standing->report.backlog)}, 1);
}
