/*
 * data-producer - publishes batches of CSV in a shared directory, one after the
 * other, until it is told to end. From the first batch on it must not die of
 * anything that passes: it says what is the matter, waits, and tries again with
 * the same batch under the same number.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/acknowledgements.h"
#include "producer/config.h"
#include "producer/generate.h"
#include "producer/publish.h"
#include "producer/recovery.h"
#include "producer/retention.h"
#include "producer/schedule.h"
#include "producer/schema.h"

/* Goes on; any other value is the code to exit with. */
#define GO_ON (-1)
/* How soon news of the reader or of free space are noticed while they are waited for. */
#define RECHECK_NS (100 * NUMBER_NS_PER_MS)
/* Rows between two looks at whether to end: some milliseconds. */
#define ROWS_AT_ONCE 10000

struct producer {
    struct config config;
    int directory_fd;
    int lock_fd;
    struct acknowledgements *seen;
    struct publisher publisher;
    struct retention retention;
    struct schedule schedule;
    struct metadata_field fields[SCHEMA_COLUMNS_MAX];
    struct text csv;
    struct publish_batch batch; /* what `csv` holds, while `prepared` */
    bool prepared;
    int64_t begun_ns;
    uint64_t published;
    struct condition no_reader, unreadable_log, reader_behind, disk_full, no_write, no_delete;
};

/* --- open ------------------------------------------------------------------------------------- */

static int open_directory(struct producer *producer)
{
    producer->directory_fd = fileio_open_directory(producer->config.dir);
    if (producer->directory_fd >= 0)
        return GO_ON;
    log_refusal("--dir %s: %s", producer->config.dir, strerror(errno));
    return CONTRACT_EXIT_CONFIG;
}

static int take_lock(struct producer *producer)
{
    producer->lock_fd = fileio_lock(producer->directory_fd, CONTRACT_PRODUCER_LOCK);
    if (producer->lock_fd >= 0)
        return GO_ON;
    if (errno == EWOULDBLOCK) {
        log_refusal("another producer holds %s/%s", producer->config.dir, CONTRACT_PRODUCER_LOCK);
        return CONTRACT_EXIT_UNAVAILABLE;
    }
    log_refusal("cannot create %s/%s: %s", producer->config.dir, CONTRACT_PRODUCER_LOCK,
                strerror(errno));
    return CONTRACT_EXIT_CANNOT_CREATE;
}

static int open_publisher(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t field_count = schema_fields(schema_default(), producer->fields);
    producer->seen = acknowledgements_open(producer->config.results);
    if (producer->seen != NULL && publish_open(&producer->publisher, producer->directory_fd,
                                               producer->fields, field_count, error) == 0)
        return GO_ON;
    log_refusal("%s", producer->seen == NULL ? "out of memory" : error);
    return CONTRACT_EXIT_SOFTWARE;
}

static int open_all(struct producer *producer)
{
    int code;
    producer->no_reader.over = "the results directory has appeared: batches are now deleted "
                               "and the consumer waited for, as configured";
    producer->unreadable_log.over = "the consumer's log can be read again";
    producer->reader_behind.over = "the consumer has caught up";
    producer->disk_full.over = "there is space again: going on";
    producer->no_write.over = "writing works again: going on";
    producer->no_delete.over = "deleting acknowledged batches works again";
    if ((code = open_directory(producer)) != GO_ON || (code = take_lock(producer)) != GO_ON)
        return code;
    return open_publisher(producer);
}

static void close_all(struct producer *producer)
{
    text_free(&producer->csv);
    retention_close(&producer->retention);
    publish_close(&producer->publisher);
    acknowledgements_close(producer->seen);
    if (producer->lock_fd >= 0)
        (void)close(producer->lock_fd);
    if (producer->directory_fd >= 0)
        (void)close(producer->directory_fd);
}

/* --- trouble ---------------------------------------------------------------------------------- */

/* What somebody can put right while we wait; all else needs a new start. */
static bool passes(int error_number)
{
    static const int PASSING[] = {ENOSPC, EDQUOT, EIO,    EROFS, EACCES, EPERM,  ENOMEM,
                                  EMFILE, ENFILE, EAGAIN, EBUSY, EINTR,  ENOLCK, ETIMEDOUT};
    for (size_t i = 0; i < sizeof PASSING / sizeof *PASSING; i++)
        if (PASSING[i] == error_number)
            return true;
    return false;
}

/* Ends where trying again is no use; else the next attempt is on the schedule. */
static int retry_later(struct producer *producer, int error_number, const char *error)
{
    if (!passes(error_number)) {
        log_error("%s: %s", producer->config.dir, error);
        return CONTRACT_EXIT_IO;
    }
    if (!wait_stopping())
        condition_begin(&producer->no_write, "%s", error);
    schedule_retry(&producer->schedule, clock_now_ns());
    return GO_ON;
}

/* GO_ON when the time has come, 0 when the program shall end. */
static int wait_until_due(struct producer *producer)
{
    switch (wait_for(NULL, 0, producer->schedule.due_ns)) {
    case WAIT_STOP: return CONTRACT_EXIT_DONE;
    case WAIT_ERROR: log_error("cannot wait: %s", strerror(errno)); return CONTRACT_EXIT_IO;
    case WAIT_READY:
    case WAIT_TIMEOUT: break;
    }
    return GO_ON;
}

/* --- the reader ------------------------------------------------------------------------------- */

static void follow_reader(struct producer *producer)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    switch (acknowledgements_refresh(producer->seen, error)) {
    case ACKNOWLEDGEMENTS_NOT_THERE:
        condition_begin(&producer->no_reader,
                        "no results directory %s: no batch is deleted and no reader waited for",
                        producer->config.results);
        break;
    case ACKNOWLEDGEMENTS_TROUBLE: condition_begin(&producer->unreadable_log, "%s", error); break;
    case ACKNOWLEDGEMENTS_FOLLOWED:
        condition_end(&producer->no_reader);
        condition_end(&producer->unreadable_log);
        break;
    }
}

/* A log that came into sight late may know of numbers that were used before. */
static void pass_over_acknowledged(struct producer *producer, const struct processed_log *log)
{
    uint64_t last = log == NULL ? 0 : processed_log_last_number(log);
    if (producer->prepared || last < producer->publisher.next || last >= CONTRACT_JSON_INTEGER_MAX)
        return;
    log_info("going on at batch %" PRIu64 ": the consumer's log ends at %" PRIu64, last + 1, last);
    producer->publisher.next = last + 1;
}

static void tidy(struct producer *producer)
{
    if (retention_tidy(&producer->retention) == 0) {
        condition_end(&producer->no_delete);
        return;
    }
    condition_begin(&producer->no_delete, "cannot delete an acknowledged batch: %s",
                    strerror(errno));
}

/* True when a batch may be published; else when to look again is on the schedule. */
static bool may_publish(struct producer *producer)
{
    enum retention_verdict verdict = retention_verdict(&producer->retention);
    if (retention_has_caught_up(&producer->retention))
        condition_end(&producer->reader_behind);
    if (verdict != RETENTION_DISK_FULL)
        condition_end(&producer->disk_full);
    if (verdict == RETENTION_GO)
        return true;
    if (verdict == RETENTION_READER_BEHIND)
        condition_begin(
            &producer->reader_behind,
            "waiting for the consumer: going on as it acknowledges (--max-pending %" PRIu64 ")",
            producer->config.max_pending_batches);
    else
        condition_begin(&producer->disk_full, "waiting for space: less is free than --min-free");
    schedule_pause(&producer->schedule, clock_now_ns(), RECHECK_NS);
    return false;
}

/* --- one batch -------------------------------------------------------------------------------- */

/*
 * Makes the bytes of the next batch, unless they are there from an attempt that
 * failed. False when memory is short, or the program shall end.
 */
static bool prepare(struct producer *producer)
{
    struct generator generator;
    struct generate_request request = {.schema = schema_default(),
                                       .seed = producer->config.seed,
                                       .batch = producer->publisher.next,
                                       .rows_low = producer->config.rows.low,
                                       .rows_high = producer->config.rows.high,
                                       .start_seconds = clock_wall_ns() / NUMBER_NS_PER_SECOND};
    if (producer->prepared)
        return true;
    text_clear(&producer->csv);
    generate_begin(&generator, &request);
    while (generate_rows(&generator, &producer->csv, ROWS_AT_ONCE))
        if (wait_stopping() || text_failed(&producer->csv))
            break;
    if (text_failed(&producer->csv))
        text_free(&producer->csv); /* gives back what was in the way */
    producer->prepared = producer->csv.length > 0 && generator.done == generator.rows;
    producer->batch = (struct publish_batch){
        .csv = &producer->csv, .rows = generator.rows, .created_seconds = request.start_seconds};
    return producer->prepared;
}

static void report_batch(const struct producer *producer, uint64_t number, int64_t now_ns)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    const struct log_field fields[] = {
        log_text("batch", key), log_count("rows", producer->batch.rows),
        log_bytes("size", producer->csv.length), log_duration("took", now_ns - producer->begun_ns)};
    log_event(LOG_LEVEL_INFO, "published", fields, sizeof fields / sizeof *fields);
}

static int publish_one(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    uint64_t number = producer->publisher.next;
    producer->begun_ns = clock_now_ns();
    if (!prepare(producer))
        return retry_later(producer, ENOMEM, "cannot prepare a batch: out of memory");
    if (publish_batch(&producer->publisher, &producer->batch, error) != 0)
        return retry_later(producer, errno, error);
    int64_t now_ns = clock_now_ns();
    producer->prepared = false;
    producer->published++;
    condition_end(&producer->no_write);
    report_batch(producer, number, now_ns);
    if (!retention_add(&producer->retention, number))
        log_warn("batch %" PRIu64 " will not be deleted before a restart: out of memory", number);
    schedule_next(&producer->schedule, producer->begun_ns, now_ns);
    return GO_ON;
}

static int tick(struct producer *producer)
{
    follow_reader(producer);
    const struct processed_log *log = acknowledgements_log(producer->seen);
    pass_over_acknowledged(producer, log);
    retention_follow(&producer->retention, log);
    tidy(producer);
    return may_publish(producer) ? publish_one(producer) : GO_ON;
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

static void report_start(const struct producer *producer)
{
    char next[32];
    char seed[32];
    (void)snprintf(next, sizeof next, "%" PRIu64, producer->publisher.next);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, producer->config.seed);
    const struct log_field fields[] = {log_text("dir", producer->config.dir),
                                       log_text("next_batch", next), log_text("seed", seed),
                                       log_duration("interval", producer->config.interval_ns)};
    log_event(LOG_LEVEL_INFO, "publishing", fields, sizeof fields / sizeof *fields);
}

static int recover(struct producer *producer)
{
    const struct retention_limits limits = {producer->config.keep_batches,
                                            producer->config.max_pending_batches,
                                            producer->config.min_free_bytes};
    struct recovery recovery;
    char error[PUBLISH_ERROR_SIZE];
    int code = GO_ON;
    schedule_begin(&producer->schedule, clock_now_ns(), producer->config.interval_ns);
    while ((code = wait_until_due(producer)) == GO_ON) {
        follow_reader(producer);
        if (recovery_run(&recovery, &producer->publisher, acknowledgements_log(producer->seen),
                         error) == 0)
            break;
        if ((code = retry_later(producer, errno, error)) != GO_ON)
            break;
    }
    if (code != GO_ON)
        return code;
    condition_end(&producer->no_write);
    report_recovery(&recovery);
    retention_open(&producer->retention, producer->directory_fd, &limits, &recovery.numbers,
                   recovery.count);
    return GO_ON;
}

static int run(struct producer *producer)
{
    int code = recover(producer);
    if (code != GO_ON)
        return code;
    report_start(producer);
    schedule_begin(&producer->schedule, clock_now_ns(), producer->config.interval_ns);
    while (code == GO_ON && producer->published < producer->config.count)
        if ((code = wait_until_due(producer)) == GO_ON)
            code = tick(producer);
    if (code == GO_ON)
        code = CONTRACT_EXIT_DONE;
    if (code == CONTRACT_EXIT_DONE)
        log_info("ending after %" PRIu64 " batch(es)", producer->published);
    return code;
}

static int check_health(struct producer *producer)
{
    int code = open_directory(producer);
    if (code != GO_ON)
        return code;
    if (fileio_lock_is_held(producer->directory_fd, CONTRACT_PRODUCER_LOCK))
        return CONTRACT_EXIT_DONE;
    log_refusal("no producer runs on %s", producer->config.dir);
    return CONTRACT_EXIT_UNAVAILABLE;
}

int main(int argc, char *argv[])
{
    static struct producer producer = {.directory_fd = -1, .lock_fd = -1};
    if (fileio_hold_standard_descriptors() != 0)
        return CONTRACT_EXIT_IO;
    int code = config_load(argc, argv, &producer.config);
    if (code >= 0)
        return code;
    log_open(CONFIG_OPTIONS.program, (enum log_format)producer.config.log_format,
             (enum log_level)producer.config.log_level);
    if (producer.config.health)
        code = check_health(&producer);
    else if (wait_open() != 0) {
        log_refusal("cannot prepare for signals: %s", strerror(errno));
        code = CONTRACT_EXIT_IO;
    } else if ((code = open_all(&producer)) == GO_ON)
        code = run(&producer);
    close_all(&producer);
    return code;
}
