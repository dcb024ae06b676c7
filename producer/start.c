#include "producer/start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/moment.h"
#include "producer/recovery.h"
#include "producer/resume.h"

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

static void report_start(const struct run *run)
{
    char next[32];
    char seed[32];
    char pace[NUMBER_HUMAN_SIZE];
    (void)snprintf(next, sizeof next, "%" PRIu64, run->publisher.next);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, run->config->seed);
    describe_pace(pace, run->config);
    const struct log_field fields[] = {
        log_text("dir", run->config->dir),
        log_text("next_batch", next),
        log_text("seed", seed),
        log_text(run->config->rate.count != 0 ? "rate" : "interval", pace),
        log_count("burst", run->config->burst),
    };
    size_t count = sizeof fields / sizeof *fields;
    log_event(LOG_LEVEL_INFO, "publishing", fields, run->config->burst > 1 ? count : count - 1);
}

static int open_chaos(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    const struct chaos_options options = {.directory_fd = run->directory_fd,
                                          .manifest = run->config->fault_manifest,
                                          .faults = &run->config->faults,
                                          .seed = run->config->seed};
    if (chaos_open(&options, &run->chaos, error) != 0) {
        log_refusal("--fault-manifest: %s", error);
        return CONTRACT_EXIT_CANNOT_CREATE;
    }
    if (run->chaos == NULL)
        return RUN_GO_ON;
    run->publisher.state = chaos_state;
    run->publisher.state_context = run->chaos;
    log_warn("--faults is on: batches are bad on purpose, as %s says of each",
             run->config->fault_manifest);
    return RUN_GO_ON;
}

/* What is held is not for retention yet. */
static int resume_chaos(struct run *run, struct recovery *recovery)
{
    char error[PUBLISH_ERROR_SIZE];
    struct chaos_found found = {.log = run_only_log(readers_seen(run->readers)),
                                .next = run->publisher.next,
                                .numbers = recovery->numbers,
                                .count = recovery->count};
    if (chaos_resume(run->chaos, &found, error) != 0) {
        log_error("%s: %s", run->config->dir, error);
        return CONTRACT_EXIT_IO;
    }
    recovery->count = found.count;
    return RUN_GO_ON;
}

/*
 * A log that is there and cannot be read may have any number, and acknowledge anything: it is
 * waited for, as a disk that cannot be written is. `readers` have told what the matter is.
 */
static const struct acknowledgements *look_at_logs(struct run *run)
{
    const struct acknowledgements *seen = readers_follow(run->readers);
    if (readers_trouble(run->readers) == NULL) {
        condition_end(&run->no_log);
        return seen;
    }
    condition_begin(&run->no_log, "waiting for the log of each consumer that is there: which "
                                  "numbers were used, and what was published, stands in it");
    schedule_retry(&run->schedule, clock_now_ns());
    return NULL;
}

static int recover(struct run *run)
{
    const struct retention_limits limits = {
        run->config->keep_batches, run->config->max_pending_batches, run->config->min_free_bytes};
    struct recovery recovery;
    char error[PUBLISH_ERROR_SIZE];
    int code = RUN_GO_ON;
    schedule_begin(&run->schedule, &run->plan, clock_now_ns());
    while ((code = run_wait(run)) == RUN_GO_ON) {
        const struct acknowledgements *seen = look_at_logs(run);
        if (seen == NULL)
            continue;
        if (recovery_run(&recovery, &run->publisher, seen, error) == 0)
            break;
        if ((code = run_retry_later(run, errno, error)) != RUN_GO_ON)
            break;
    }
    if (code != RUN_GO_ON)
        return code;
    condition_end(&run->no_write);
    report_recovery(&recovery);
    code = resume_chaos(run, &recovery);
    retention_open(&run->retention, run->directory_fd, &limits, &recovery.numbers, recovery.count);
    return code;
}

static int open_stream(struct run *run)
{
    const struct config *config = run->config;
    const struct ingest_options options = {.from = config->from,
                                           .directory_fd = run->directory_fd,
                                           .rows_low = config->rows.low,
                                           .rows_high = config->rows.high,
                                           .seed = config->seed,
                                           .interval_ns = config->interval.mean_ns};
    char error[PUBLISH_ERROR_SIZE];
    if (config->from == NULL)
        return RUN_GO_ON;
    if (ingest_open(&run->ingest, &options, error) != 0) {
        log_refusal("%s", error);
        return CONTRACT_EXIT_NO_INPUT;
    }
    run->publisher.description = ingest_description(&run->ingest);
    run->publisher.field_count = 0; /* those of each batch are its own */
    return RUN_GO_ON;
}

/* Behind recovery, which has made batches of what a crash had left. */
static int resume(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &run->ingest;
    if (run->config->from == NULL)
        return RUN_GO_ON;
    switch (resume_run(ingest, run->directory_fd, readers_seen(run->readers), error)) {
    case RESUME_ANEW: return RUN_GO_ON;
    case RESUME_GOES_ON:
        log_info("going on with %s at line %" PRIu64, ingest->inlet.name, ingest_next_line(ingest));
        retention_spare(&run->retention, place_least_number(&ingest->place));
        return RUN_GO_ON;
    case RESUME_REFUSED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case RESUME_FAILED: break;
    }
    if (wait_stopping())
        return CONTRACT_EXIT_DONE;
    log_error("%s", error);
    return CONTRACT_EXIT_IO;
}

static int64_t created_of(void *context, uint64_t number)
{
    const struct generate_request *request = context;
    return generate_start(request, number, clock_wall_ns() / NUMBER_NS_PER_SECOND);
}

/* What all synthetic batches have in common; also those that recovery completes. */
static void prepare_request(struct run *run)
{
    const char *start = run->config->start_time;
    int64_t start_ms = 0;
    bool fixed = start != NULL && moment_parse(start, strlen(start), &start_ms);
    run->request = (struct generate_request){.schema = run->schema,
                                             .seed = run->config->seed,
                                             .rows_low = run->config->rows.low,
                                             .rows_high = run->config->rows.high,
                                             .start_seconds = start_ms / MOMENT_MS_PER_SECOND,
                                             .start_fixed = fixed};
    run->publisher.created = created_of;
    run->publisher.created_context = &run->request;
}

/* In a group only what is due at once: else each batch is published when it is made. */
static void open_group(struct run *run)
{
    run->source = run->config->from != NULL
                      ? ingest_source(&run->ingest)
                      : synthetic_open(&run->synthetic, &run->request, run->chaos);
    group_open(&run->group, &run->publisher, &run->source, schedule_is_crowded(&run->schedule));
    run->group.chaos = run->chaos;
}

/* From here on the run's time counts, and its points of time. */
static void begin(struct run *run)
{
    int64_t now_ns = clock_now_ns();
    schedule_begin(&run->schedule, &run->plan, now_ns);
    run->end_ns = run->config->duration_ns == CONFIG_FOR_EVER ? WAIT_FOREVER
                                                              : now_ns + run->config->duration_ns;
    open_group(run);
    report_start(run);
}

int start_run(struct run *run)
{
    run->plan = plan_of(run->config);
    run->end_ns = WAIT_FOREVER;
    prepare_request(run);
    int code = open_stream(run);
    if (code != RUN_GO_ON || (code = open_chaos(run)) != RUN_GO_ON ||
        (code = recover(run)) != RUN_GO_ON || (code = resume(run)) != RUN_GO_ON)
        return code;
    begin(run);
    return RUN_GO_ON;
}
