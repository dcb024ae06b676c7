#include "consumer/batch/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/log.h"
#include "common/wait.h"
#include "consumer/batch/announce.h"
#include "consumer/batch/commits.h"
#include "consumer/batch/outputs.h"
#include "consumer/batch/reading.h"
#include "consumer/batch/reread.h"
#include "consumer/batch/revisit.h"
#include "consumer/batch/waiting.h"
#include "consumer/chart/drawings.h"
#include "consumer/profile/profile.h"
#include "consumer/profile/summary.h"

/* A file that could not be opened for now (permission, lease) is tried again after this. */
#define RETRY_NS NUMBER_NS_PER_SECOND
/* Of columns' states that wait for a flush, so that two groups of batches are some 12 MiB at most.
 */
#define STATES_BYTES ((size_t)6 * 1024 * 1024)

struct pipeline {
    const struct config *config;
    int results_fd;
    struct processed_log *log;
    const struct processed_logs *logs;
    pipeline_tick *tick;
    void *context;
    struct reader *reader;
    struct text text; /* of the summary being written */
    struct drawings *drawings;
    struct condition no_charts;
    struct commits *commits;
    struct meters meters;
    uint64_t rejected;
    struct stream *stream; /* borrowed */
    struct text trend;     /* commands of its picture */
    bool trend_is_drawn;   /* at this moment */
    bool failed_meanwhile; /* a chart or a commit, while a batch was read */
    struct backoff_cause cause;
};

/* In the middle of a large batch the charts of the ones before it go on. */
static void on_tick(void *context, uint64_t bytes)
{
    struct pipeline *pipeline = context;
    pipeline->meters.reading_bytes = bytes;
    if (!pipeline_advance(pipeline, clock_now_ns()))
        pipeline->failed_meanwhile = true;
    pipeline->tick(pipeline->context);
}

struct pipeline *pipeline_create(const struct pipeline_parts *parts)
{
    const struct config *config = parts->config;
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return NULL;
    pipeline->config = config;
    pipeline->results_fd = parts->results_fd;
    pipeline->log = parts->log;
    pipeline->logs = parts->logs;
    pipeline->stream = parts->stream;
    pipeline->tick = parts->tick;
    pipeline->context = parts->context;
    pipeline->no_charts.over = "charts are drawn again";
    pipeline->reader = reader_create(on_tick, pipeline);
    pipeline->drawings = drawings_create((enum config_chart)config->chart, &config->chart_size,
                                         (size_t)config->jobs);
    if (pipeline->drawings != NULL)
        pipeline->commits =
            commits_create(parts->results_fd, parts->log, drawings_capacity(pipeline->drawings));
    if (pipeline->reader != NULL) {
        reader_limit(pipeline->reader, &config->limits);
        reader_rules(pipeline->reader, &config->rules);
    }
    if (pipeline->reader != NULL && pipeline->drawings != NULL && pipeline->commits != NULL)
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    drawings_free(pipeline->drawings);
    commits_free(pipeline->commits);
    reader_free(pipeline->reader);
    text_free(&pipeline->text);
    text_free(&pipeline->trend);
    free(pipeline);
}

/* ---- deciding ---- */

static enum pipeline_taken trouble(struct pipeline *pipeline, const char *operation,
                                   const char *name)
{
    backoff_cause_set(&pipeline->cause, operation, name);
    return PIPELINE_TROUBLE;
}

static enum pipeline_taken wait_until(const struct pipeline *pipeline, struct sighting *sighting,
                                      int64_t next_try_ns, const char *cause, int64_t now_ns)
{
    waiting_until(sighting, next_try_ns, cause, pipeline->config->settle_ns, now_ns);
    return PIPELINE_WAITS;
}

static enum pipeline_taken wait_to_settle(const struct pipeline *pipeline,
                                          struct sighting *sighting, const char *cause,
                                          int64_t now_ns)
{
    return wait_until(pipeline, sighting, waiting_settles_at(sighting, pipeline->config->settle_ns),
                      cause, now_ns);
}

static enum pipeline_taken decided(struct sighting *sighting)
{
    sighting->decided = true;
    sighting->wait_told = false;
    return PIPELINE_DECIDED;
}

static bool has_settled(const struct pipeline *pipeline, const struct sighting *sighting,
                        int64_t now_ns)
{
    return waiting_has_settled(sighting, pipeline->config->settle_ns, now_ns);
}

/* ---- recording ---- */

static struct decision *begin(struct pipeline *pipeline, struct sighting *sighting,
                              const struct reading *reading, int64_t now_ns)
{
    struct decision *decision = commits_begin(pipeline->commits, sighting);
    decision->started_ns = now_ns;
    decision->rejection = reading->rejection;
    decision->verified = reading->verified;
    decision->rows = reading->rows;
    decision->bytes = reading->bytes;
    decision->plot = PLOT_NONE;
    pipeline->meters.taken_bytes += reading->bytes;
    memcpy(decision->sha256, reading->sha256, sizeof decision->sha256);
    return decision;
}

static enum pipeline_taken ready(struct pipeline *pipeline, struct decision *decision,
                                 enum outcome outcome)
{
    decision->outcome = outcome;
    (void)commits_ready(pipeline->commits, decision);
    return PIPELINE_TAKEN;
}

/* Its record is durable. What changed since it was read is looked into once more. */
static void on_recorded(void *context, struct decision *decision)
{
    struct pipeline *pipeline = context;
    struct sighting *sighting = decision->sighting;
    if (!sighting->changed_in_flight)
        (void)decided(sighting);
    sighting->processed = decision->outcome != OUTCOME_REJECTED;
    meters_decided(&pipeline->meters, decision->outcome, decision->rows, decision->bytes);
    pipeline->rejected += decision->outcome == OUTCOME_REJECTED ? 1 : 0;
    announce_decision(decision, pipeline->stream);
}

typedef int flush(struct commits *commits, commits_done *done, void *context,
                  struct commits_failure *failure);

static bool commit_by(struct pipeline *pipeline, flush *way)
{
    struct commits_failure failure;
    if (commits_is_empty(pipeline->commits))
        return true;
    int64_t since_ns = clock_now_ns();
    int result = way(pipeline->commits, on_recorded, pipeline, &failure);
    int saved_errno = errno;
    stream_committed(pipeline->stream, processed_log_bytes(pipeline->log));
    meters_took(&pipeline->meters, METERS_COMMIT, clock_now_ns() - since_ns);
    errno = saved_errno;
    if (result == 0)
        return true;
    (void)trouble(pipeline, failure.operation, failure.name);
    return false;
}

bool pipeline_commit(struct pipeline *pipeline)
{
    return commit_by(pipeline, commits_flush);
}

static bool commit_if_due(struct pipeline *pipeline)
{
    bool due = commits_noted_bytes(pipeline->commits) > STATES_BYTES ||
               commits_is_full(pipeline->commits, clock_now_ns());
    return !due || commit_by(pipeline, commits_flush_begin);
}

/* ---- rejecting ---- */

/* What is wrong and has stood still for `settle` is final, until its files change. */
static enum pipeline_taken reject(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct reading *reading, int64_t now_ns)
{
    const struct processed_entry *entry = processed_logs_find(pipeline->logs, sighting->key);
    char failed[CONTRACT_NAME_SIZE];
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_to_settle(pipeline, sighting, reading->rejection.detail, now_ns);
    /* A crash may have left outputs of what the file held then; a rejected batch has none. */
    if (outputs_remove(pipeline->results_fd, sighting->key, failed) != 0)
        return trouble(pipeline, "remove", failed);
    if (entry != NULL && entry->outcome == OUTCOME_REJECTED &&
        entry->reason == reading->rejection.reason && strcmp(entry->sha256, reading->sha256) == 0) {
        pipeline->rejected++;
        return decided(sighting); /* the record of an earlier run stands */
    }
    return ready(pipeline, begin(pipeline, sighting, reading, now_ns), OUTCOME_REJECTED);
}

/* ---- processing ---- */

/*
 * The batch is left undecided, and taken anew from its input. What is there of it is flushed, so
 * that its names are free by then.
 */
static bool give_up(struct pipeline *pipeline, struct decision *decision, const char *name)
{
    (void)trouble(pipeline, "write", name);
    commits_drop(pipeline->commits, decision);
    (void)pipeline_commit(pipeline);
    return false;
}

static bool add_output(struct pipeline *pipeline, struct decision *decision, const char *name,
                       const char *bytes, size_t length)
{
    return commits_output(pipeline->commits, decision, name, bytes, length) ||
           give_up(pipeline, decision, name);
}

static bool add_summary(struct pipeline *pipeline, struct decision *decision,
                        const struct reading *reading)
{
    char name[CONTRACT_NAME_SIZE];
    struct summary_batch about = {.key = decision->sighting->key,
                                  .file = decision->sighting->data_name,
                                  .bytes = reading->bytes,
                                  .sha256 = reading->sha256,
                                  .verified = reading->verified};
    contract_summary_name(name, about.key);
    text_clear(&pipeline->text);
    summary_write(&pipeline->text, &about, &reading->profile);
    if (!text_failed(&pipeline->text))
        return add_output(pipeline, decision, name, pipeline->text.bytes, pipeline->text.length);
    errno = ENOMEM;
    return give_up(pipeline, decision, name);
}

/* Where memory is short nothing but the totals is the worse for it, and they say so. */
static void note_columns(struct pipeline *pipeline, struct decision *decision,
                         struct reading *reading)
{
    struct notice *notice = notice_create();
    if (notice == NULL)
        return;
    account_columns(&notice->account, &reading->profile);
    notice->states = reading->states;
    reading->states = NULL;
    commits_note(pipeline->commits, decision, notice,
                 notice->states == NULL ? 0 : batch_states_bytes(notice->states));
}

static void note_drawing(struct pipeline *pipeline, const char *failure)
{
    if (failure != NULL)
        condition_begin(&pipeline->no_charts, "no charts: %s", failure);
    else
        condition_end(&pipeline->no_charts);
}

static bool on_trend_drawn(struct pipeline *pipeline, const char *image, size_t length,
                           const char *failure)
{
    pipeline->trend_is_drawn = false;
    note_drawing(pipeline, failure);
    stream_trend_drawn(pipeline->stream, image, length);
    return true;
}

static bool on_drawn(void *context, void *drawn, const char *image, size_t length,
                     const char *failure)
{
    struct pipeline *pipeline = context;
    if (drawn == &pipeline->trend)
        return on_trend_drawn(pipeline, image, length, failure);
    struct decision *decision = drawn;
    char name[CONTRACT_NAME_SIZE];
    note_drawing(pipeline, failure);
    decision->plot = failure == NULL ? PLOT_OK : PLOT_FAILED;
    pipeline->meters.charts[decision->plot]++;
    meters_took(&pipeline->meters, METERS_DRAW, clock_now_ns() - decision->drawn_since_ns);
    contract_plot_name(name, decision->sighting->key, config_chart_extension(pipeline->config));
    if (failure == NULL && !add_output(pipeline, decision, name, image, length))
        return false;
    (void)ready(pipeline, decision, OUTCOME_PROCESSED);
    return true;
}

bool pipeline_advance(struct pipeline *pipeline, int64_t now_ns)
{
    bool drawn = drawings_advance(pipeline->drawings, now_ns, on_drawn, pipeline);
    pipeline->meters.gnuplot_restarts = drawings_restarts(pipeline->drawings);
    return commit_if_due(pipeline) && drawn;
}

static bool is_drawing_all(const struct pipeline *pipeline)
{
    size_t capacity = drawings_capacity(pipeline->drawings);
    return capacity > 0 && drawings_under_way(pipeline->drawings) == capacity;
}

/* Or one chart that takes long holds as many records, or as much memory, as may wait. */
static bool is_full(const struct pipeline *pipeline, const struct sighting *sighting)
{
    if (!commits_has_room(pipeline->commits))
        return true;
    return !sighting->processed &&
           (is_drawing_all(pipeline) || (drawings_under_way(pipeline->drawings) > 0 &&
                                         commits_noted_bytes(pipeline->commits) > STATES_BYTES));
}

static enum pipeline_taken process(struct pipeline *pipeline, struct sighting *sighting,
                                   struct reading *reading, int64_t now_ns)
{
    struct decision *decision = begin(pipeline, sighting, reading, now_ns);
    if (!add_summary(pipeline, decision, reading))
        return PIPELINE_TROUBLE;
    note_columns(pipeline, decision, reading);
    if (drawings_capacity(pipeline->drawings) == 0)
        return ready(pipeline, decision, OUTCOME_PROCESSED);
    decision->drawn_since_ns = clock_now_ns();
    drawings_begin(pipeline->drawings, sighting->key, &reading->profile, decision,
                   decision->drawn_since_ns);
    return PIPELINE_TAKEN;
}

/* ---- after it was processed ---- */

/* A batch that was processed is final: other content under its key is noted once. */
static enum pipeline_taken note_change(struct pipeline *pipeline, struct sighting *sighting,
                                       const struct reading *reading, int64_t now_ns)
{
    if (revisit_finds_no_news(pipeline->logs, pipeline->results_fd, sighting, reading))
        return decided(sighting);
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_to_settle(pipeline, sighting, "changed after it was processed", now_ns);
    struct decision *decision = begin(pipeline, sighting, reading, now_ns);
    decision->verified = false;
    decision->rows = 0;
    if (decision->rejection.reason == REASON_NONE)
        rejection_set(&decision->rejection, REASON_NONE,
                      "other content than was processed; results are kept");
    return ready(pipeline, decision, OUTCOME_CHANGED);
}

/* ---- one batch ---- */

static enum reading_verdict read_batch(struct pipeline *pipeline, int directory_fd,
                                       const struct sighting *sighting, struct reading *reading)
{
    int64_t since_ns = clock_now_ns();
    enum reading_verdict verdict =
        reader_read(pipeline->reader, directory_fd, sighting,
                    sighting->processed ? READER_HASH : READER_PROFILE, reading);
    int saved_errno = errno;
    meters_took(&pipeline->meters, sighting->processed ? METERS_COMPARE : METERS_READ,
                clock_now_ns() - since_ns);
    pipeline->meters.reading_bytes = 0;
    errno = saved_errno;
    return verdict;
}

static enum pipeline_taken judge(struct pipeline *pipeline, int directory_fd,
                                 struct sighting *sighting, int64_t now_ns)
{
    struct reading reading;
    enum pipeline_taken taken = PIPELINE_STOPPED;
    enum reading_verdict verdict = read_batch(pipeline, directory_fd, sighting, &reading);
    switch (verdict) {
    case READING_GOOD:
    case READING_REJECTED:
        if (sighting->processed)
            taken = note_change(pipeline, sighting, &reading, now_ns);
        /* Without a hash metadata is no commit mark: sizes and counts fit half a cell as well. */
        else if (verdict == READING_GOOD && !reading.verified &&
                 !has_settled(pipeline, sighting, now_ns))
            taken = wait_to_settle(pipeline, sighting,
                                   "its metadata states no hash, and it has not stood still yet",
                                   now_ns);
        else if (verdict == READING_GOOD)
            taken = process(pipeline, sighting, &reading, now_ns);
        else
            taken = reject(pipeline, sighting, &reading, now_ns);
        break;
    case READING_WAIT:
        taken = wait_until(pipeline, sighting, now_ns + RETRY_NS, reading.cause, now_ns);
        break;
    case READING_FAILED:
        (void)trouble(pipeline, "read", reading.failed_name);
        taken = PIPELINE_UNREADABLE;
        break;
    case READING_STOPPED: break;
    }
    reading_free(&reading);
    bool failed = pipeline->failed_meanwhile && taken != PIPELINE_STOPPED;
    pipeline->failed_meanwhile = false;
    return failed ? PIPELINE_TROUBLE : taken;
}

/* ---- the stream ---- */

/* Batches come first. Where it fails it is tried again no sooner than it is drawn otherwise. */
static void begin_trend(struct pipeline *pipeline, int64_t now_ns)
{
    if (pipeline->trend_is_drawn || is_drawing_all(pipeline) ||
        !stream_wants_trend(pipeline->stream, now_ns))
        return;
    pipeline->trend_is_drawn = true;
    text_clear(&pipeline->trend);
    stream_trend_script(pipeline->stream, drawings_format(pipeline->drawings), &pipeline->trend,
                        now_ns);
    drawings_begin_script(pipeline->drawings, &pipeline->trend, &pipeline->trend, now_ns);
}

struct rereading {
    struct pipeline *pipeline;
    int directory_fd;
};

static bool reread(void *context, const struct processed_record *record,
                   struct batch_states **states)
{
    const struct rereading *rereading = context;
    return reread_batch(rereading->pipeline->reader, rereading->directory_fd,
                        rereading->pipeline->config->match, record, states);
}

bool pipeline_rest(struct pipeline *pipeline, int directory_fd)
{
    struct rereading rereading = {.pipeline = pipeline, .directory_fd = directory_fd};
    begin_trend(pipeline, clock_now_ns());
    bool more = stream_rest(pipeline->stream, reread, &rereading);
    pipeline->meters.reading_bytes = 0;
    return more;
}

void pipeline_finish(struct pipeline *pipeline)
{
    struct pollfd fds[WAIT_MAX_FDS];
    stream_finish(pipeline->stream);
    /* A gnuplot that hangs would hold up the end. */
    while (!pipeline->no_charts.lasts) {
        begin_trend(pipeline, clock_now_ns());
        size_t count = pipeline_fds(pipeline, fds, WAIT_MAX_FDS);
        if (!pipeline->trend_is_drawn ||
            wait_for(fds, count, pipeline_deadline(pipeline)) == WAIT_STOP ||
            !pipeline_advance(pipeline, clock_now_ns()))
            break;
    }
}

/* ---- one of all batches ---- */

enum pipeline_taken pipeline_take(struct pipeline *pipeline, int directory_fd,
                                  struct sighting *sighting, int64_t now_ns)
{
    if (sighting->decided || sighting->in_flight)
        return PIPELINE_DECIDED;
    if (!sighting->data.there && !sighting->metadata.there)
        return decided(sighting);
    if (now_ns < sighting->next_try_ns)
        return PIPELINE_WAITS;
    const struct processed_entry *entry = processed_logs_find(pipeline->logs, sighting->key);
    sighting->processed = entry != NULL && entry->outcome == OUTCOME_PROCESSED;
    if (!sighting->data.there)
        return sighting->processed ? decided(sighting)
                                   : wait_until(pipeline, sighting, WAIT_FOREVER,
                                                "metadata is there, data is not", now_ns);
    if (!sighting->processed && !sighting->metadata.there &&
        !has_settled(pipeline, sighting, now_ns))
        return wait_to_settle(pipeline, sighting, "no metadata, and it has not stood still yet",
                              now_ns);
    begin_trend(pipeline, now_ns);
    if (!commit_if_due(pipeline))
        return PIPELINE_TROUBLE;
    if (is_full(pipeline, sighting))
        return PIPELINE_FULL;
    return judge(pipeline, directory_fd, sighting, now_ns);
}

/* ---- for the loop ---- */

size_t pipeline_fds(const struct pipeline *pipeline, struct pollfd *fds, size_t size)
{
    return drawings_fds(pipeline->drawings, fds, size);
}

int64_t pipeline_deadline(const struct pipeline *pipeline)
{
    int64_t drawn_ns = drawings_deadline(pipeline->drawings);
    int64_t commit_ns = commits_deadline(pipeline->commits);
    return drawn_ns < commit_ns ? drawn_ns : commit_ns;
}

size_t pipeline_in_flight(const struct pipeline *pipeline)
{
    return commits_in_flight(pipeline->commits);
}

uint64_t pipeline_rejected(const struct pipeline *pipeline)
{
    return pipeline->rejected;
}

struct meters *pipeline_meters(struct pipeline *pipeline)
{
    return &pipeline->meters;
}

const char *pipeline_trouble(const struct pipeline *pipeline)
{
    return pipeline->cause.text;
}

const struct backoff_cause *pipeline_cause(const struct pipeline *pipeline)
{
    return &pipeline->cause;
}
