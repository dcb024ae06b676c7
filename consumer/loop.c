#include "consumer/loop.h"
#include "consumer/absent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "consumer/batch/backoff.h"
#include "consumer/batch/discovery.h"
#include "consumer/batch/pipeline.h"
#include "consumer/footing.h"
#include "consumer/standing.h"

/* Batches are taken for so long before the directory is looked at again. */
#define TAKING_NS (250 * NUMBER_NS_PER_MS)

struct loop {
    const struct config *config;
    int results_fd;
    struct elders *elders;
    struct absent *absent;
    struct processed_log *log;
    struct processed_logs *logs;
    struct discovery *discovery;
    struct pipeline *pipeline;
    struct stream *stream;

    struct standing *standing;

    struct footing footing;

    bool is_full;   /* every gnuplot child was busy when a batch was to be taken */
    bool in_haste;  /* there was no time to take all that could be */
    bool is_behind; /* with what is told of all batches together */
    bool polled;    /* the next look is a poll and not a hint */
    int64_t next_poll_ns;
    int64_t next_try_ns;   /* the earliest that a waiting batch asked for */
    int64_t settled_by_ns; /* --once: what is not ready by then is left waiting, */
    bool compared;         /* and it counts from when all that was processed had been compared */

    struct backoff trouble; /* with what all batches need, */
    struct backoff inputs;  /* and with files of single ones, which stop no other */
    bool failed;            /* in this attempt */
    bool on_trial; /* what was taken since the trouble must get through before more is taken */
};

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- opening ---- */

static void tell(struct loop *loop, int64_t now_ns);

static void on_tick(void *context)
{
    tell(context, clock_now_ns());
}

static bool is_processed(void *context, const char *key)
{
    const struct processed_entry *entry = processed_logs_find(context, key);
    return entry != NULL && entry->outcome == OUTCOME_PROCESSED;
}

static struct standing *create_standing(const struct loop *loop)
{
    const struct standing_sources sources = {.results_fd = loop->results_fd,
                                             .log = loop->log,
                                             .logs = loop->logs,
                                             .discovery = loop->discovery,
                                             .stream = loop->stream,
                                             .meters = pipeline_meters(loop->pipeline),
                                             .with_progress = loop->config->once};
    return standing_create(&sources);
}

static struct discovery *create_discovery(const struct loop *loop)
{
    const struct discovery_options options = {.path = loop->config->shared_path,
                                              .pattern = loop->config->match,
                                              .names_at_once = loop->config->scan_names,
                                              .shard = loop->config->shard,
                                              .is_processed = is_processed,
                                              .context = loop->logs};
    return discovery_create(&options);
}

static struct pipeline *create_pipeline(struct loop *loop)
{
    const struct pipeline_parts parts = {.config = loop->config,
                                         .results_fd = loop->results_fd,
                                         .log = loop->log,
                                         .logs = loop->logs,
                                         .stream = loop->stream,
                                         .tick = on_tick,
                                         .context = loop};
    return pipeline_create(&parts);
}

struct loop *loop_create(const struct loop_parts *parts)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->config = parts->config;
    loop->results_fd = parts->results_fd;
    loop->footing = (struct footing){.config = parts->config,
                                     .results_fd = parts->results_fd,
                                     .lock_fd = parts->lock_fd,
                                     .log = parts->log};
    loop->elders = parts->elders;
    loop->log = parts->log;
    loop->logs = parts->logs;
    loop->trouble.condition.over = "it works again: going on";
    loop->inputs.condition.over = "no batch fails to be read any more";
    loop->absent = absent_create(loop->results_fd, loop->config->shard, clock_now_ns());
    loop->discovery = create_discovery(loop);
    loop->stream = stream_create(loop->results_fd, loop->log, loop->logs,
                                 config_chart_extension(loop->config));
    if (loop->stream != NULL)
        loop->pipeline = create_pipeline(loop);
    if (loop->absent != NULL && loop->discovery != NULL && loop->pipeline != NULL)
        loop->standing = create_standing(loop);
    if (loop->standing != NULL)
        return loop;
    loop_free(loop);
    return NULL;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    standing_free(loop->standing);
    pipeline_free(loop->pipeline);
    stream_free(loop->stream);
    discovery_free(loop->discovery);
    absent_free(loop->absent);
    free(loop);
}

/* ---- telling ---- */

static bool in_trouble(const struct loop *loop)
{
    return loop->trouble.condition.lasts;
}

/* What keeps it from working, "" as a rule. */
static const char *trouble_of(const struct loop *loop)
{
    const struct backoff *trouble = in_trouble(loop) ? &loop->trouble : &loop->inputs;
    return trouble->condition.lasts ? trouble->cause.text : "";
}

static void tell(struct loop *loop, int64_t now_ns)
{
    standing_tell(loop->standing, trouble_of(loop), now_ns);
}

static void enter_trouble(struct loop *loop, const struct backoff_cause *cause, int64_t now_ns)
{
    backoff_fail(&loop->trouble, cause, now_ns);
    loop->failed = true;
    loop->on_trial = false;
    standing_changed(loop->standing);
}

static void leave_trouble(struct loop *loop)
{
    if (in_trouble(loop))
        standing_changed(loop->standing);
    backoff_end(&loop->trouble);
    loop->on_trial = false;
}

/* All that cannot be read are tried again together. */
static void put_off(struct loop *loop, struct sighting *sighting, int64_t now_ns)
{
    backoff_fail(&loop->inputs, pipeline_cause(loop->pipeline), now_ns);
    sighting->next_try_ns = loop->inputs.until_ns;
    loop->next_try_ns = earliest(loop->next_try_ns, sighting->next_try_ns);
    standing_changed(loop->standing);
}

/* In a whole round since they were due again none has failed. */
static void end_put_off(struct loop *loop, int64_t now_ns)
{
    if (!loop->inputs.condition.lasts || now_ns < loop->inputs.until_ns)
        return;
    backoff_end(&loop->inputs);
    standing_changed(loop->standing);
}

/* ---- the loop: look, take, wait ---- */

/* --once takes what came in time, however long that lasts, and not what still comes. */
static bool has_seen_enough(const struct loop *loop, int64_t now_ns)
{
    return loop->config->once && now_ns > loop->settled_by_ns &&
           standing_has_scanned(loop->standing) &&
           discovery_deadline(loop->discovery) == WAIT_FOREVER;
}

static bool look_around(struct loop *loop, int64_t now_ns)
{
    enum discovery_look why = loop->polled ? DISCOVERY_POLL : DISCOVERY_HINT;
    bool seen = discovery_look(loop->discovery, why, now_ns) == 0;
    int saved_errno = errno;
    if (loop->polled)
        meters_took(pipeline_meters(loop->pipeline), METERS_LOOK, clock_now_ns() - now_ns);
    errno = saved_errno;
    return seen;
}

/* A little longer than a file must stand still, so that what settles is still taken. */
static void begin_to_settle(struct loop *loop, int64_t now_ns)
{
    int64_t settle_ns = loop->config->settle_ns;
    loop->settled_by_ns = now_ns + settle_ns + settle_ns / 4 + 100 * NUMBER_NS_PER_MS;
}

/* What was processed is compared in turns, and what has changed is to stand still from then on. */
static void note_comparing(struct loop *loop, int64_t now_ns)
{
    if (loop->compared)
        return;
    begin_to_settle(loop, now_ns);
    loop->compared = discovery_deadline(loop->discovery) == WAIT_FOREVER;
}

/*
 * Who else runs, and then what they have decided: the log of an elder that has ended says it all.
 * While a log cannot be read nothing is taken, since its shard may have decided on it.
 */
static bool look_at_others(struct loop *loop, int64_t now_ns)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    elders_look(loop->elders);
    absent_look(loop->absent, now_ns);
    if (processed_logs_refresh(loop->logs, error) == 0) {
        stream_follow(loop->stream);
        return true;
    }
    struct backoff_cause cause = {.operation = "read", .error = errno};
    (void)snprintf(cause.text, sizeof cause.text, "%.255s", error);
    enter_trouble(loop, &cause, now_ns);
    return false;
}

static bool look(struct loop *loop, int64_t now_ns)
{
    struct backoff_cause cause;
    if (has_seen_enough(loop, now_ns)) {
        loop->next_poll_ns = WAIT_FOREVER;
        return true;
    }
    if (!look_around(loop, now_ns)) {
        backoff_cause_set(&cause, "read", loop->config->shared_path);
        enter_trouble(loop, &cause, now_ns);
        footing_look_at_shared(&loop->footing);
        return false;
    }
    if (loop->polled) {
        footing_look(&loop->footing);
        if (!look_at_others(loop, now_ns))
            return false;
        loop->polled = false;
        loop->next_poll_ns = now_ns + loop->config->poll_interval_ns;
        standing_scanned(loop->standing);
    }
    note_comparing(loop, now_ns);
    return true;
}

/* True when it got through: decided, in flight, or waiting for something of its own. */
static bool take(struct loop *loop, struct sighting *sighting, int64_t now_ns)
{
    switch (pipeline_take(loop->pipeline, discovery_directory(loop->discovery), sighting, now_ns)) {
    case PIPELINE_DECIDED:
    case PIPELINE_TAKEN: standing_changed(loop->standing); return true;
    case PIPELINE_WAITS:
        loop->next_try_ns = earliest(loop->next_try_ns, sighting->next_try_ns);
        return true;
    case PIPELINE_UNREADABLE: put_off(loop, sighting, now_ns); return true;
    case PIPELINE_TROUBLE:
        enter_trouble(loop, pipeline_cause(loop->pipeline), now_ns);
        return false;
    case PIPELINE_FULL: loop->is_full = true; return false;
    case PIPELINE_STOPPED: break;
    }
    return false;
}

/* What an elder owns is looked into again at the next poll, until it has processed it. */
static bool is_left_alone(const struct loop *loop, struct sighting *sighting)
{
    if (sighting->decided || sighting->in_flight)
        return true;
    if (!elders_own(loop->elders, sighting->key))
        return false;
    sighting->decided = sighting->processed = is_processed(loop->logs, sighting->key);
    return true;
}

/* Of new batches, or of those that were processed and are only compared. */
static bool take_some(struct loop *loop, bool processed, int64_t until_ns)
{
    for (size_t i = 0; i < discovery_count(loop->discovery); i++) {
        struct sighting *sighting = discovery_at(loop->discovery, i);
        if (sighting->processed != processed || is_left_alone(loop, sighting))
            continue;
        int64_t now_ns = clock_now_ns();
        if (now_ns > until_ns) {
            loop->in_haste = true;
            loop->next_try_ns = now_ns;
            return true;
        }
        if (!take(loop, sighting, now_ns))
            return false;
        tell(loop, now_ns);
    }
    return true;
}

/* What is still being drawn may yet meet the same trouble. */
static void end_attempt(struct loop *loop)
{
    if (in_trouble(loop) && pipeline_in_flight(loop->pipeline) > 0)
        loop->on_trial = true;
    else
        leave_trouble(loop);
}

static bool commit(struct loop *loop, int64_t now_ns)
{
    if (pipeline_commit(loop->pipeline))
        return true;
    enter_trouble(loop, pipeline_cause(loop->pipeline), now_ns);
    return false;
}

/*
 * What was taken becomes durable at once when there is nothing else to take. While only a gnuplot
 * child is missing there is: the flush is shared with what that one draws next, if that is soon.
 */
static void take_all(struct loop *loop, int64_t now_ns)
{
    loop->next_try_ns = WAIT_FOREVER;
    loop->is_full = loop->in_haste = loop->failed = false;
    bool through =
        take_some(loop, false, now_ns + TAKING_NS) && take_some(loop, true, now_ns + TAKING_NS);
    if (through && !loop->in_haste)
        end_put_off(loop, now_ns);
    if ((loop->is_full || commit(loop, now_ns)) && !loop->failed && (through || loop->is_full))
        end_attempt(loop);
}

/* In trouble nothing is taken until the next attempt, and while one has not ended. */
static bool is_resting(struct loop *loop, int64_t now_ns)
{
    if (in_trouble(loop) && loop->on_trial && commit(loop, now_ns))
        end_attempt(loop);
    return in_trouble(loop) && (loop->on_trial || now_ns < loop->trouble.until_ns);
}

/* There is time for what no batch waits for. */
static void rest(struct loop *loop)
{
    bool busy = in_trouble(loop) || loop->in_haste || loop->is_full;
    loop->is_behind = !busy && pipeline_rest(loop->pipeline, discovery_directory(loop->discovery));
}

static void work(struct loop *loop)
{
    int64_t now_ns = clock_now_ns();
    if (!pipeline_advance(loop->pipeline, now_ns))
        enter_trouble(loop, pipeline_cause(loop->pipeline), now_ns);
    else if (!is_resting(loop, now_ns) && look(loop, now_ns))
        take_all(loop, now_ns);
    rest(loop);
    tell(loop, clock_now_ns());
}

static int64_t next_deadline(const struct loop *loop)
{
    int64_t deadline =
        earliest(standing_deadline(loop->standing), pipeline_deadline(loop->pipeline));
    if (in_trouble(loop))
        return loop->on_trial ? deadline : earliest(deadline, loop->trouble.until_ns);
    if (loop->config->once && clock_now_ns() <= loop->settled_by_ns)
        deadline = earliest(deadline, loop->settled_by_ns);
    if (loop->is_behind)
        return clock_now_ns();
    deadline = earliest(deadline, discovery_deadline(loop->discovery));
    return earliest(deadline, earliest(loop->next_poll_ns, loop->next_try_ns));
}

/* False when the program shall end. */
static bool wait(struct loop *loop)
{
    struct pollfd fds[WAIT_MAX_FDS];
    size_t count = pipeline_fds(loop->pipeline, fds, WAIT_MAX_FDS - 1);
    bool listening = !in_trouble(loop) && loop->next_poll_ns != WAIT_FOREVER;
    fds[count++] =
        (struct pollfd){.fd = listening ? discovery_fd(loop->discovery) : -1, .events = POLLIN};
    enum wait_result result = wait_for(fds, count, next_deadline(loop));
    loop->polled = loop->polled || clock_now_ns() >= loop->next_poll_ns;
    return result != WAIT_STOP;
}

/* ---- --once ---- */

static bool nothing_waits(const struct loop *loop)
{
    for (size_t i = 0; i < discovery_count(loop->discovery); i++)
        if (!discovery_at(loop->discovery, i)->decided)
            return false;
    return true;
}

static bool once_is_over(const struct loop *loop)
{
    if (!loop->config->once || pipeline_in_flight(loop->pipeline) > 0)
        return false;
    bool too_late = clock_now_ns() > loop->settled_by_ns;
    /* A directory that could not be read is not an empty one. */
    if (in_trouble(loop) || !standing_has_scanned(loop->standing))
        return too_late;
    /* Where every gnuplot child is busy, be it with the trend, a batch is still to be taken. */
    bool busy = loop->in_haste || loop->is_full || loop->is_behind ||
                discovery_deadline(loop->discovery) != WAIT_FOREVER;
    return !busy && (too_late || nothing_waits(loop));
}

static int exit_code(const struct loop *loop)
{
    footing_tell(&loop->footing, pipeline_trouble(loop->pipeline));
    if (footing_is_lost(&loop->footing))
        return CONTRACT_EXIT_IO;
    if (!loop->config->once || wait_stopping())
        return CONTRACT_EXIT_DONE;
    if (in_trouble(loop))
        return CONTRACT_EXIT_IO;
    if (pipeline_rejected(loop->pipeline) > 0)
        return CONTRACT_EXIT_REJECTED;
    return nothing_waits(loop) ? CONTRACT_EXIT_DONE : CONTRACT_EXIT_WAITING;
}

static void greet(const struct loop *loop)
{
    char words[SHARD_WORDS_SIZE];
    shard_words(words, loop->config->shard);
    log_event(LOG_LEVEL_INFO, "watching",
              (struct log_field[]){
                  log_text("dir", loop->config->shared_path),
                  log_text("results", loop->config->results_path),
                  log_count("processed", processed_logs_count(loop->logs, OUTCOME_PROCESSED)),
                  log_count("rejected", processed_logs_count(loop->logs, OUTCOME_REJECTED)),
                  log_duration("poll", loop->config->poll_interval_ns), log_text("shard", words)},
              shard_is_whole(loop->config->shard) ? 5 : 6);
}

int loop_run(struct loop *loop)
{
    int64_t now_ns = clock_now_ns();
    standing_begin(loop->standing, now_ns);
    greet(loop);
    loop->polled = true;
    begin_to_settle(loop, now_ns);
    do
        work(loop);
    while (!once_is_over(loop) && !footing_is_lost(&loop->footing) && wait(loop));
    int code = exit_code(loop);
    if (loop->config->once)
        pipeline_finish(loop->pipeline);
    standing_end(loop->standing, trouble_of(loop), wait_stopping() ? "stopped by a signal" : "done",
                 loop->config->once);
    return code;
}
