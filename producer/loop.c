#include "producer/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/chaos.h"
#include "producer/group.h"
#include "producer/health.h"
#include "producer/ingest.h"
#include "producer/moment.h"
#include "producer/publish.h"
#include "producer/readers.h"
#include "producer/recovery.h"
#include "producer/resume.h"
#include "producer/retention.h"
#include "producer/schedule.h"
#include "producer/synthetic.h"
#include "producer/trouble.h"

/* Goes on; any other value is the code to exit with. */
#define GO_ON (-1)
/* How soon news of the reader or of free space are noticed while they are waited for. */
#define RECHECK_NS (100 * NUMBER_NS_PER_MS)
/* How often what is published and acknowledged is looked at while nothing comes in. */
#define IDLE_NS NUMBER_NS_PER_SECOND
/* A writer who is as fast as we are leaves the pipe empty now and then: full batches wait so long
 * for the next bytes, and so long in all, to share their flushes with more. */
#define LINGER_NS (2 * NUMBER_NS_PER_MS)
#define LINGER_IN_ALL_NS (250 * NUMBER_NS_PER_MS)
/* What came through a pipe may take so long to be published when the program is to end. */
#define LAST_BATCHES_NS (NUMBER_NS_PER_SECOND / 2)

struct loop {
    const struct config *config;
    const struct schema *schema;
    int directory_fd;
    int lock_fd;
    struct readers *readers;
    struct publisher publisher;
    struct retention retention;
    struct schedule_plan plan;
    struct schedule schedule;
    int64_t end_ns; /* of --duration */
    struct metadata_field fields[SCHEMA_COLUMNS_MAX];
    struct synthetic synthetic;
    struct ingest ingest; /* with --from */
    struct source source;
    struct source_wait wait;
    uint64_t seen_bytes; /* of the stream, when full batches last waited for more */
    struct group group;
    struct chaos *chaos; /* NULL without --faults */
    uint64_t published;
    struct health_shown shown;
    struct condition reader_behind, disk_full, no_write, no_delete, no_read;
};

/* --- open ------------------------------------------------------------------------------------- */

static struct schedule_plan plan_of(const struct config *config)
{
    /* Batches of a stream are due when they are full; how long a part waits is its source's. */
    if (config->from != NULL)
        return (struct schedule_plan){.burst = 1};
    return (struct schedule_plan){.interval_ns = config->interval.mean_ns,
                                  .jitter_percent = config->interval.percent,
                                  .rate_rows = config->rate.count,
                                  .rate_per_ns = config->rate.per_ns,
                                  .burst = config->burst,
                                  .seed = config->seed};
}

static void name_what_ends(struct loop *loop)
{
    loop->reader_behind.over = "the consumer has caught up";
    loop->disk_full.over = "there is space again: going on";
    loop->no_write.over = "writing works again: going on";
    loop->no_delete.over = "deleting acknowledged batches works again";
    loop->no_read.over = "reading works again: going on";
}

struct loop *loop_create(const struct config *config, const struct schema *schema, int directory_fd,
                         int lock_fd)
{
    char error[PUBLISH_ERROR_SIZE];
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->config = config;
    loop->schema = schema;
    loop->directory_fd = directory_fd;
    loop->lock_fd = lock_fd;
    loop->plan = plan_of(config);
    loop->wait.fd = loop->ingest.inlet.fd = -1;
    name_what_ends(loop);
    size_t field_count = schema_fields(schema, loop->fields);
    loop->readers = readers_open(&config->results);
    if (loop->readers != NULL &&
        publish_open(&loop->publisher, directory_fd, loop->fields, field_count, error) == 0)
        return loop;
    int saved_errno = errno;
    loop_free(loop);
    errno = saved_errno;
    return NULL;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    group_close(&loop->group);
    synthetic_close(&loop->synthetic);
    ingest_close(&loop->ingest);
    chaos_close(loop->chaos);
    retention_close(&loop->retention);
    publish_close(&loop->publisher);
    readers_close(loop->readers);
    free(loop);
}

/* --- trouble ---------------------------------------------------------------------------------- */

/* Ends where trying again is no use; else the next attempt is on the schedule. */
static int retry_later(struct loop *loop, int error_number, const char *error)
{
    if (!trouble_passes(error_number, loop->directory_fd)) {
        log_error("%s: %s", loop->config->dir, error);
        return CONTRACT_EXIT_IO;
    }
    if (!wait_stopping())
        condition_begin(&loop->no_write, "%s", error);
    schedule_retry(&loop->schedule, clock_now_ns());
    return GO_ON;
}

/* Shows --health what is the matter. A reader that is slow or not there yet is not our trouble. */
static void show_health(struct loop *loop, int64_t now_ns)
{
    const struct condition *const troubles[] = {&loop->no_write, &loop->disk_full, &loop->no_read,
                                                &loop->no_delete};
    const char *trouble = readers_trouble(loop->readers);
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles && trouble == NULL; i++)
        if (troubles[i]->lasts)
            trouble = troubles[i]->text;
    /* Where it cannot be written, the line that is there grows old, which says the same. */
    (void)health_show(loop->lock_fd, &loop->shown, trouble, now_ns);
}

/* Else --health would find nobody, and a second producer only the directory's lock in its way. */
static int check_lock(const struct loop *loop)
{
    if (fileio_lock_stands(loop->directory_fd, CONTRACT_PRODUCER_LOCK, loop->lock_fd))
        return GO_ON;
    log_error("%s/%s was removed or replaced, and keeps nobody out any more: start again",
              loop->config->dir, CONTRACT_PRODUCER_LOCK);
    return CONTRACT_EXIT_IO;
}

static int64_t earlier(int64_t left_ns, int64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

/* What is late of batches with faults is published when it is due, whatever else is waited for. */
static void publish_late(struct loop *loop, int64_t now_ns)
{
    char error[PUBLISH_ERROR_SIZE];
    if (chaos_publish_late(loop->chaos, now_ns, error) != 0)
        condition_begin(&loop->no_write, "%s", error);
}

/* GO_ON when the time has come or something to read, 0 when the program shall end; what is staged
 * is not left so. */
static int wait_until_due(struct loop *loop)
{
    struct pollfd inlet = {.fd = loop->wait.fd, .events = POLLIN};
    for (;;) {
        int64_t now_ns = clock_now_ns();
        int64_t due_ns = loop->schedule.due_ns;
        int64_t wake_ns = earlier(earlier(due_ns, loop->end_ns), now_ns + HEALTH_BEAT_NS);
        show_health(loop, now_ns);
        publish_late(loop, now_ns);
        wake_ns = earlier(wake_ns, chaos_deadline(loop->chaos));
        if (now_ns >= loop->end_ns && loop->group.staged == 0)
            return CONTRACT_EXIT_DONE;
        switch (wait_for(&inlet, inlet.fd >= 0 ? 1 : 0, wake_ns)) {
        case WAIT_STOP: return CONTRACT_EXIT_DONE;
        case WAIT_ERROR: log_error("cannot wait: %s", strerror(errno)); return CONTRACT_EXIT_IO;
        case WAIT_READY:
            schedule_pause(&loop->schedule, now_ns, 0);
            due_ns = now_ns;
            break;
        case WAIT_TIMEOUT: break;
        }
        int code = check_lock(loop);
        if (code != GO_ON || clock_now_ns() >= due_ns)
            return code;
    }
}

/* --- the readers ------------------------------------------------------------------------------ */

/* A log that came into sight late may know of numbers that were used before. */
static void pass_over_acknowledged(struct loop *loop, const struct acknowledgements *seen)
{
    const char *path;
    uint64_t last = acknowledgements_last_number(seen, &path);
    if (group_is_bound(&loop->group) || last < loop->publisher.next ||
        last >= CONTRACT_JSON_INTEGER_MAX)
        return;
    log_info("going on at batch %" PRIu64 ": the consumer's log in %s ends at %" PRIu64, last + 1,
             path, last);
    loop->publisher.next = last + 1;
}

static void tidy(struct loop *loop, const struct acknowledgements *seen)
{
    if (retention_tidy(&loop->retention, seen) == 0) {
        condition_end(&loop->no_delete);
        return;
    }
    condition_begin(&loop->no_delete, "cannot delete an acknowledged batch: %s", strerror(errno));
}

/*
 * Names one that lacks the oldest batch, when the waiting begins: which of several is the slowest
 * may change with each look.
 */
static void tell_who_is_behind(struct loop *loop)
{
    const struct acknowledgements *seen = readers_seen(loop->readers);
    size_t i = acknowledgements_lacking(seen, retention_first_pending(&loop->retention));
    if (loop->reader_behind.lasts || i >= seen->count)
        return;
    condition_begin(&loop->reader_behind,
                    "waiting for the consumer of %s: going on as it acknowledges (--max-pending "
                    "%" PRIu64 ")",
                    seen->paths[i], loop->config->max_pending_batches);
}

/* True when a batch may be published; else when to look again is on the schedule. */
static bool may_publish(struct loop *loop)
{
    enum retention_verdict verdict = retention_verdict(&loop->retention, 0);
    if (retention_has_caught_up(&loop->retention))
        condition_end(&loop->reader_behind);
    if (verdict != RETENTION_DISK_FULL)
        condition_end(&loop->disk_full);
    if (verdict == RETENTION_GO)
        return true;
    if (verdict == RETENTION_READER_BEHIND)
        tell_who_is_behind(loop);
    else
        condition_begin(&loop->disk_full, "waiting for space: less is free than --min-free");
    schedule_pause(&loop->schedule, clock_now_ns(), RECHECK_NS);
    return false;
}

/* --- batches ---------------------------------------------------------------------------------- */

static void report_batch(const struct group_batch *batch, int64_t now_ns)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, batch->number);
    const struct log_field fields[] = {log_text("batch", key), log_count("rows", batch->rows),
                                       log_bytes("size", batch->bytes),
                                       log_duration("took", now_ns - batch->begun_ns)};
    log_event(LOG_LEVEL_INFO, "published", fields, sizeof fields / sizeof *fields);
}

static void keep_batch(struct loop *loop, uint64_t number)
{
    if (!retention_add(&loop->retention, number))
        log_warn("batch %" PRIu64 " will not be deleted before a restart: out of memory", number);
}

static void count_batch(struct loop *loop, const struct group_batch *batch, int64_t now_ns)
{
    loop->published++;
    report_batch(batch, now_ns);
    if (!chaos_holds(loop->chaos, batch->number))
        keep_batch(loop, batch->number);
}

/* What one batch holds up is tried at once without it. */
static int answer_failure(struct loop *loop, int error_number, const char *error)
{
    if (group_failed_alone(&loop->group) || !trouble_passes(error_number, loop->directory_fd))
        return retry_later(loop, error_number, error);
    if (!wait_stopping())
        log_warn("%s: trying one batch at a time", error);
    schedule_pause(&loop->schedule, clock_now_ns(), 0);
    return GO_ON;
}

static int commit(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    struct group_batch done[PUBLISH_TOGETHER_MAX];
    size_t count = group_commit(&loop->group, done, error);
    if (count == 0)
        return answer_failure(loop, errno, error);
    int64_t now_ns = clock_now_ns();
    condition_end(&loop->no_write);
    for (size_t i = 0; i < count; i++)
        count_batch(loop, &done[i], now_ns);
    if (loop->ingest.place.count > 0)
        retention_spare(&loop->retention, loop->ingest.place.batches[0].number);
    schedule_succeed(&loop->schedule);
    return GO_ON;
}

/* The log of the one reader that a run with faults goes by; NULL while it cannot be seen. */
static const struct processed_log *only_log(const struct acknowledgements *seen)
{
    return seen->count > 0 ? seen->logs[0] : NULL;
}

/* What faults have held back of the reader's batches is kept and deleted as others are. */
static void follow_chaos(struct loop *loop, const struct acknowledgements *seen)
{
    char error[PUBLISH_ERROR_SIZE];
    uint64_t number;
    if (chaos_follow(loop->chaos, only_log(seen), error) != 0)
        condition_begin(&loop->no_write, "%s", error);
    while (chaos_release(loop->chaos, &number))
        keep_batch(loop, number);
}

/* Before a group is begun; what is found out holds for all of it. */
static void look_around(struct loop *loop)
{
    const struct acknowledgements *seen = readers_follow(loop->readers);
    pass_over_acknowledged(loop, seen);
    follow_chaos(loop, seen);
    retention_follow(&loop->retention, seen);
    tidy(loop, seen);
}

/* True when what is staged is all for now: more would come later, or not at all. */
static bool is_time_to_commit(const struct loop *loop, int64_t now_ns)
{
    return group_is_full(&loop->group) || loop->schedule.due_ns > now_ns ||
           loop->published + loop->group.staged >= loop->config->count || now_ns >= loop->end_ns;
}

static int add_batch(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t staged = loop->group.staged;
    if (group_add(&loop->group, error) != 0)
        return answer_failure(loop, errno, error);
    const struct group_batch *made = &loop->group.batches[staged];
    int64_t now_ns = clock_now_ns();
    schedule_next(&loop->schedule, made->rows, made->begun_ns, now_ns);
    return is_time_to_commit(loop, now_ns) ? commit(loop) : GO_ON;
}

/* Nothing is there to be published: why, and until when. */
static int wait_for_source(struct loop *loop, enum source_state state, const char *error)
{
    int error_number = errno;
    int64_t now_ns = clock_now_ns();
    int64_t until_ns = loop->wait.until_ns;
    switch (state) {
    case SOURCE_ENDED: return CONTRACT_EXIT_DONE;
    case SOURCE_DAMAGED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case SOURCE_FAILED:
        if (!trouble_passes(error_number, loop->directory_fd)) {
            log_error("%s", error);
            return CONTRACT_EXIT_IO;
        }
        condition_begin(&loop->no_read, "%s", error);
        schedule_retry(&loop->schedule, now_ns);
        break;
    case SOURCE_WAITING:
        schedule_pause(&loop->schedule, now_ns,
                       until_ns < now_ns + IDLE_NS ? until_ns - now_ns : IDLE_NS);
        break;
    case SOURCE_READY: break;
    }
    return GO_ON;
}

/* True when more rows may come so soon that a commit before would cost more than it gains. */
static bool lingers(struct loop *loop, enum source_state state)
{
    int64_t now_ns = clock_now_ns();
    uint64_t bytes = loop->ingest.inlet.offset_bytes;
    bool flows = bytes != loop->seen_bytes;
    loop->seen_bytes = bytes;
    if (state != SOURCE_WAITING || !flows ||
        now_ns - loop->group.batches[0].begun_ns > LINGER_IN_ALL_NS)
        return false;
    schedule_pause(&loop->schedule, now_ns, LINGER_NS);
    return true;
}

/* What is staged never waits: for a reader, space, rows that are not about to come, its next batch,
 * or one that never comes. */
static int tick(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t staged = loop->group.staged;
    loop->wait.fd = -1;
    if (staged > 0 && retention_verdict(&loop->retention, staged) != RETENTION_GO)
        return commit(loop);
    if (staged == 0) {
        look_around(loop);
        if (!may_publish(loop))
            return GO_ON;
    }
    enum source_state state = group_look(&loop->group, &loop->wait, error);
    if (state != SOURCE_FAILED)
        condition_end(&loop->no_read);
    if (state == SOURCE_READY)
        return add_batch(loop);
    if (staged == 0)
        return wait_for_source(loop, state, error);
    return lingers(loop, state) ? GO_ON : commit(loop);
}

/* --- the end of a stream ---------------------------------------------------------------------- */

static bool is_ready(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    return group_look(&loop->group, &loop->wait, error) == SOURCE_READY;
}

/* SIGTERM: what a pipe gave cannot be had again. It goes out while that is quick and nothing is
 * wrong; a reader that is behind is not waited for now. */
static void publish_the_rest(struct loop *loop)
{
    int64_t end_ns = clock_now_ns() + LAST_BATCHES_NS;
    char error[PUBLISH_ERROR_SIZE];
    bool well = !loop->no_write.lasts &&
                retention_verdict(&loop->retention, loop->group.staged) != RETENTION_DISK_FULL;
    ingest_stop(&loop->ingest);
    while (well && clock_now_ns() < end_ns &&
           loop->published + loop->group.staged < loop->config->count) {
        if (!group_is_full(&loop->group) && is_ready(loop))
            well = group_add(&loop->group, error) == 0;
        else if (loop->group.staged > 0)
            well = commit(loop) == GO_ON && loop->group.known == loop->group.staged;
        else
            break;
    }
    uint64_t lost = ingest_rows_held(&loop->ingest);
    if (lost > 0)
        log_warn("%" PRIu64 " row(s) that were read from %s are lost: they could not be published "
                 "any more",
                 lost, loop->ingest.inlet.name);
}

static void finish_stream(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &loop->ingest;
    if (loop->config->from == NULL)
        return;
    if (wait_stopping() && !ingest->inlet.seekable)
        publish_the_rest(loop);
    if (ingest->resumed && ingest->over && !ingest->damaged && loop->published == 0)
        log_info("%s is published already, as far as it goes", ingest->inlet.name);
    if (ingest_settle(ingest, error) != 0)
        log_warn("%s: the next start finds it out by itself", error);
}

/* --- start and loop --------------------------------------------------------------------------- */

static void report_recovery(const struct recovery *recovery)
{
    if (recovery->completed > 0)
        log_info("completed %" PRIu64 " batch(es) that a crash had left without metadata",
                 recovery->completed);
    if (recovery->removed > 0)
        log_warn("removed the metadata of %" PRIu64 " batch(es) whose data was lost",
                 recovery->removed);
    if (recovery->left > 0)
        log_warn("left %" PRIu64 " file(s) alone that are no batch: %s", recovery->left,
                 recovery->why);
}

/* How often batches come, in the words of the options. */
static void describe_pace(char text[NUMBER_HUMAN_SIZE], const struct config *config)
{
    size_t length;
    if (config->rate.count != 0) {
        number_format_rate(text, config->rate.count, config->rate.per_ns);
        return;
    }
    number_format_duration(text, config->interval.mean_ns);
    length = strlen(text);
    if (config->interval.percent != 0)
        (void)snprintf(text + length, NUMBER_HUMAN_SIZE - length, "+-%" PRIu64 "%%",
                       config->interval.percent);
}

static void report_start(const struct loop *loop)
{
    char next[32];
    char seed[32];
    char pace[NUMBER_HUMAN_SIZE];
    (void)snprintf(next, sizeof next, "%" PRIu64, loop->publisher.next);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, loop->config->seed);
    describe_pace(pace, loop->config);
    const struct log_field fields[] = {
        log_text("dir", loop->config->dir),
        log_text("next_batch", next),
        log_text("seed", seed),
        log_text(loop->config->rate.count != 0 ? "rate" : "interval", pace),
        log_count("burst", loop->config->burst),
    };
    size_t count = sizeof fields / sizeof *fields;
    log_event(LOG_LEVEL_INFO, "publishing", fields, loop->config->burst > 1 ? count : count - 1);
}

static int open_chaos(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    const struct chaos_options options = {.directory_fd = loop->directory_fd,
                                          .manifest = loop->config->fault_manifest,
                                          .faults = &loop->config->faults,
                                          .seed = loop->config->seed};
    if (chaos_open(&options, &loop->chaos, error) != 0) {
        log_refusal("--fault-manifest: %s", error);
        return CONTRACT_EXIT_CANNOT_CREATE;
    }
    if (loop->chaos == NULL)
        return GO_ON;
    loop->publisher.state = chaos_state;
    loop->publisher.state_context = loop->chaos;
    log_warn("--faults is on: batches are bad on purpose, as %s says of each",
             loop->config->fault_manifest);
    return GO_ON;
}

/* What is held is not for retention yet. */
static int resume_chaos(struct loop *loop, struct recovery *recovery)
{
    char error[PUBLISH_ERROR_SIZE];
    struct chaos_found found = {.log = only_log(readers_seen(loop->readers)),
                                .next = loop->publisher.next,
                                .numbers = recovery->numbers,
                                .count = recovery->count};
    if (chaos_resume(loop->chaos, &found, error) != 0) {
        log_error("%s: %s", loop->config->dir, error);
        return CONTRACT_EXIT_IO;
    }
    recovery->count = found.count;
    return GO_ON;
}

static int recover(struct loop *loop)
{
    const struct retention_limits limits = {loop->config->keep_batches,
                                            loop->config->max_pending_batches,
                                            loop->config->min_free_bytes};
    struct recovery recovery;
    char error[PUBLISH_ERROR_SIZE];
    int code = GO_ON;
    schedule_begin(&loop->schedule, &loop->plan, clock_now_ns());
    while ((code = wait_until_due(loop)) == GO_ON) {
        const struct acknowledgements *seen = readers_follow(loop->readers);
        if (recovery_run(&recovery, &loop->publisher, seen, error) == 0)
            break;
        if ((code = retry_later(loop, errno, error)) != GO_ON)
            break;
    }
    if (code != GO_ON)
        return code;
    condition_end(&loop->no_write);
    report_recovery(&recovery);
    code = resume_chaos(loop, &recovery);
    retention_open(&loop->retention, loop->directory_fd, &limits, &recovery.numbers,
                   recovery.count);
    return code;
}

static int open_stream(struct loop *loop)
{
    const struct config *config = loop->config;
    const struct ingest_options options = {.from = config->from,
                                           .directory_fd = loop->directory_fd,
                                           .rows_low = config->rows.low,
                                           .rows_high = config->rows.high,
                                           .seed = config->seed,
                                           .interval_ns = config->interval.mean_ns};
    char error[PUBLISH_ERROR_SIZE];
    if (config->from == NULL)
        return GO_ON;
    if (ingest_open(&loop->ingest, &options, error) != 0) {
        log_refusal("%s", error);
        return CONTRACT_EXIT_NO_INPUT;
    }
    loop->publisher.description = ingest_description(&loop->ingest);
    loop->publisher.field_count = 0; /* those of each batch are its own */
    return GO_ON;
}

/* Behind recovery, which has made batches of what a crash had left. */
static int resume(struct loop *loop)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &loop->ingest;
    if (loop->config->from == NULL)
        return GO_ON;
    switch (resume_run(ingest, loop->directory_fd, readers_seen(loop->readers), error)) {
    case RESUME_ANEW: return GO_ON;
    case RESUME_GOES_ON:
        log_info("going on with %s at line %" PRIu64, ingest->inlet.name, ingest_next_line(ingest));
        retention_spare(&loop->retention, ingest->place.batches[0].number);
        return GO_ON;
    case RESUME_REFUSED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case RESUME_FAILED: break;
    }
    if (wait_stopping())
        return CONTRACT_EXIT_DONE;
    log_error("%s", error);
    return CONTRACT_EXIT_IO;
}

/* In a group only what is due at once: else each batch is published when it is made. */
static void open_group(struct loop *loop)
{
    const char *start = loop->config->start_time;
    int64_t start_ms = 0;
    bool fixed = start != NULL && moment_parse(start, strlen(start), &start_ms);
    const struct generate_request request = {.schema = loop->schema,
                                             .seed = loop->config->seed,
                                             .rows_low = loop->config->rows.low,
                                             .rows_high = loop->config->rows.high,
                                             .start_seconds = start_ms / MOMENT_MS_PER_SECOND,
                                             .start_fixed = fixed};
    loop->source = loop->config->from != NULL
                       ? ingest_source(&loop->ingest)
                       : synthetic_open(&loop->synthetic, &request, loop->chaos);
    group_open(&loop->group, &loop->publisher, &loop->source, schedule_is_crowded(&loop->schedule));
    loop->group.chaos = loop->chaos;
}

/* From here on the run's time counts, and its points of time. */
static void begin(struct loop *loop)
{
    int64_t now_ns = clock_now_ns();
    schedule_begin(&loop->schedule, &loop->plan, now_ns);
    loop->end_ns = loop->config->duration_ns == CONFIG_FOR_EVER
                       ? WAIT_FOREVER
                       : now_ns + loop->config->duration_ns;
    open_group(loop);
    report_start(loop);
}

/* A run that has come to its end waits for what it owes. GO_ON when it owes nothing. */
static int wait_for_late(struct loop *loop)
{
    int code = GO_ON;
    loop->end_ns = WAIT_FOREVER;
    while (code == GO_ON && chaos_deadline(loop->chaos) != WAIT_FOREVER) {
        schedule_pause(&loop->schedule, clock_now_ns(), RECHECK_NS);
        code = wait_until_due(loop);
    }
    return code;
}

int loop_run(struct loop *loop)
{
    loop->end_ns = WAIT_FOREVER;
    int code = open_stream(loop);
    if (code != GO_ON || (code = open_chaos(loop)) != GO_ON || (code = recover(loop)) != GO_ON ||
        (code = resume(loop)) != GO_ON)
        return code;
    begin(loop);
    while (code == GO_ON && loop->published < loop->config->count)
        if ((code = wait_until_due(loop)) == GO_ON)
            code = tick(loop);
    if (code == GO_ON)
        code = wait_for_late(loop);
    if (code == GO_ON)
        code = CONTRACT_EXIT_DONE;
    finish_stream(loop);
    if (code == CONTRACT_EXIT_DONE)
        log_info("ending after %" PRIu64 " batch(es)", loop->published);
    return code;
}
