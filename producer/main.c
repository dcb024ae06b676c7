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
#include "producer/group.h"
#include "producer/health.h"
#include "producer/ingest.h"
#include "producer/publish.h"
#include "producer/recovery.h"
#include "producer/resume.h"
#include "producer/retention.h"
#include "producer/schedule.h"
#include "producer/schema.h"
#include "producer/synthetic.h"
#include "producer/trouble.h"

/* Goes on; any other value is the code to exit with. */
#define GO_ON (-1)
/* How often what is published and acknowledged is looked at while nothing comes in. */
#define IDLE_NS NUMBER_NS_PER_SECOND
/* A writer who is as fast as we are leaves the pipe empty now and then: full batches wait so long
 * for the next bytes, and so long in all, to share their flushes with more. */
#define LINGER_NS (2 * NUMBER_NS_PER_MS)
#define LINGER_IN_ALL_NS (250 * NUMBER_NS_PER_MS)
/* What came through a pipe may take so long to be published when the program is to end. */
#define LAST_BATCHES_NS (NUMBER_NS_PER_SECOND / 2)
/* How soon news of the reader or of free space are noticed while they are waited for. */
#define RECHECK_NS (100 * NUMBER_NS_PER_MS)

struct producer {
    struct config config;
    int directory_fd;
    int lock_fd;
    struct acknowledgements *seen;
    struct publisher publisher;
    struct retention retention;
    struct schedule schedule;
    struct metadata_field fields[SCHEMA_COLUMNS_MAX];
    struct synthetic synthetic;
    struct source source;
    struct ingest ingest; /* with --from */
    struct source_wait wait;
    uint64_t seen_bytes; /* of the stream, when full batches last waited for more */
    struct group group;
    uint64_t published;
    struct health_shown shown;
    struct condition no_reader, unreadable_log, reader_behind, disk_full, no_write, no_delete,
        no_read;
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
    if (fileio_lock_directory(producer->directory_fd) == 0)
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

static int open_stream(struct producer *producer)
{
    const struct config *config = &producer->config;
    const struct ingest_options options = {.from = config->from,
                                           .directory_fd = producer->directory_fd,
                                           .rows_low = config->rows.low,
                                           .rows_high = config->rows.high,
                                           .seed = config->seed,
                                           .interval_ns = config->interval_ns};
    char error[PUBLISH_ERROR_SIZE];
    if (config->from == NULL)
        return GO_ON;
    if (ingest_open(&producer->ingest, &options, error) != 0) {
        log_refusal("%s", error);
        return CONTRACT_EXIT_NO_INPUT;
    }
    producer->publisher.description = ingest_description(&producer->ingest);
    producer->publisher.field_count = 0; /* those of each batch are its own */
    return GO_ON;
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
    producer->no_read.over = "reading works again: going on";
    if ((code = open_directory(producer)) != GO_ON || (code = take_lock(producer)) != GO_ON ||
        (code = open_publisher(producer)) != GO_ON)
        return code;
    return open_stream(producer);
}

static void close_all(struct producer *producer)
{
    group_close(&producer->group);
    synthetic_close(&producer->synthetic);
    ingest_close(&producer->ingest);
    retention_close(&producer->retention);
    publish_close(&producer->publisher);
    acknowledgements_close(producer->seen);
    if (producer->lock_fd >= 0)
        (void)close(producer->lock_fd);
    if (producer->directory_fd >= 0)
        (void)close(producer->directory_fd);
}

/* --- trouble ---------------------------------------------------------------------------------- */

/* Ends where trying again is no use; else the next attempt is on the schedule. */
static int retry_later(struct producer *producer, int error_number, const char *error)
{
    if (!trouble_passes(error_number, producer->directory_fd)) {
        log_error("%s: %s", producer->config.dir, error);
        return CONTRACT_EXIT_IO;
    }
    if (!wait_stopping())
        condition_begin(&producer->no_write, "%s", error);
    schedule_retry(&producer->schedule, clock_now_ns());
    return GO_ON;
}

/* Shows --health what is the matter. A reader that is slow or not there yet is not our trouble. */
static void show_health(struct producer *producer, int64_t now_ns)
{
    const struct condition *const troubles[] = {&producer->no_write, &producer->disk_full,
                                                &producer->no_read, &producer->unreadable_log,
                                                &producer->no_delete};
    const char *trouble = NULL;
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles && trouble == NULL; i++)
        if (troubles[i]->lasts)
            trouble = troubles[i]->text;
    /* Where it cannot be written, the line that is there grows old, which says the same. */
    (void)health_show(producer->lock_fd, &producer->shown, trouble, now_ns);
}

/* Else --health would find nobody, and a second producer only the directory's lock in its way. */
static int check_lock(const struct producer *producer)
{
    if (fileio_lock_stands(producer->directory_fd, CONTRACT_PRODUCER_LOCK, producer->lock_fd))
        return GO_ON;
    log_error("%s/%s was removed or replaced, and keeps nobody out any more: start again",
              producer->config.dir, CONTRACT_PRODUCER_LOCK);
    return CONTRACT_EXIT_IO;
}

/* GO_ON when the time has come or something to read, 0 when the program shall end. */
static int wait_until_due(struct producer *producer)
{
    struct pollfd inlet = {.fd = producer->wait.fd, .events = POLLIN};
    for (;;) {
        int64_t now_ns = clock_now_ns();
        int64_t beat_ns = now_ns + HEALTH_BEAT_NS;
        int64_t due_ns = producer->schedule.due_ns;
        show_health(producer, now_ns);
        switch (wait_for(&inlet, inlet.fd >= 0 ? 1 : 0, due_ns < beat_ns ? due_ns : beat_ns)) {
        case WAIT_STOP: return CONTRACT_EXIT_DONE;
        case WAIT_ERROR: log_error("cannot wait: %s", strerror(errno)); return CONTRACT_EXIT_IO;
        case WAIT_READY:
            schedule_pause(&producer->schedule, now_ns, 0);
            due_ns = now_ns;
            break;
        case WAIT_TIMEOUT: break;
        }
        int code = check_lock(producer);
        if (code != GO_ON || due_ns <= beat_ns)
            return code;
    }
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
    if (group_is_bound(&producer->group) || last < producer->publisher.next ||
        last >= CONTRACT_JSON_INTEGER_MAX)
        return;
    log_info("going on at batch %" PRIu64 ": the consumer's log ends at %" PRIu64, last + 1, last);
    producer->publisher.next = last + 1;
}

static void tidy(struct producer *producer)
{
    if (retention_tidy(&producer->retention, acknowledgements_log(producer->seen)) == 0) {
        condition_end(&producer->no_delete);
        return;
    }
    condition_begin(&producer->no_delete, "cannot delete an acknowledged batch: %s",
                    strerror(errno));
}

/* True when a batch may be published; else when to look again is on the schedule. */
static bool may_publish(struct producer *producer)
{
    enum retention_verdict verdict = retention_verdict(&producer->retention, 0);
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

static void count_batch(struct producer *producer, const struct group_batch *batch, int64_t now_ns)
{
    producer->published++;
    report_batch(batch, now_ns);
    if (!retention_add(&producer->retention, batch->number))
        log_warn("batch %" PRIu64 " will not be deleted before a restart: out of memory",
                 batch->number);
}

/* What one batch holds up is tried at once without it. */
static int answer_failure(struct producer *producer, int error_number, const char *error)
{
    if (group_failed_alone(&producer->group) ||
        !trouble_passes(error_number, producer->directory_fd))
        return retry_later(producer, error_number, error);
    if (!wait_stopping())
        log_warn("%s: trying one batch at a time", error);
    return GO_ON;
}

static int commit(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    struct group_batch done[PUBLISH_TOGETHER_MAX];
    size_t count = group_commit(&producer->group, done, error);
    if (count == 0)
        return answer_failure(producer, errno, error);
    int64_t now_ns = clock_now_ns();
    condition_end(&producer->no_write);
    for (size_t i = 0; i < count; i++)
        count_batch(producer, &done[i], now_ns);
    if (producer->ingest.place.count > 0)
        retention_spare(&producer->retention, producer->ingest.place.batches[0].number);
    schedule_next(&producer->schedule, done[0].begun_ns, now_ns);
    return GO_ON;
}

/* Before a group is begun; what is found out holds for all of it. */
static void look_around(struct producer *producer)
{
    follow_reader(producer);
    const struct processed_log *log = acknowledgements_log(producer->seen);
    pass_over_acknowledged(producer, log);
    retention_follow(&producer->retention, log);
    tidy(producer);
}

static int add_batch(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    if (group_add(&producer->group, error) != 0)
        return answer_failure(producer, errno, error);
    if (group_is_full(&producer->group) ||
        producer->published + producer->group.staged >= producer->config.count)
        return commit(producer);
    return GO_ON;
}

/* Nothing is there to be published: why, and until when. */
static int wait_for_source(struct producer *producer, enum source_state state, const char *error)
{
    int error_number = errno;
    int64_t now_ns = clock_now_ns();
    int64_t until_ns = producer->wait.until_ns;
    switch (state) {
    case SOURCE_ENDED: return CONTRACT_EXIT_DONE;
    case SOURCE_DAMAGED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case SOURCE_FAILED:
        if (!trouble_passes(error_number, producer->directory_fd)) {
            log_error("%s", error);
            return CONTRACT_EXIT_IO;
        }
        condition_begin(&producer->no_read, "%s", error);
        schedule_retry(&producer->schedule, now_ns);
        break;
    case SOURCE_WAITING:
        schedule_pause(&producer->schedule, now_ns,
                       until_ns < now_ns + IDLE_NS ? until_ns - now_ns : IDLE_NS);
        break;
    case SOURCE_READY: break;
    }
    return GO_ON;
}

/* True when more rows may come so soon that a commit before would cost more than it gains. */
static bool lingers(struct producer *producer, enum source_state state)
{
    int64_t now_ns = clock_now_ns();
    uint64_t bytes = producer->ingest.inlet.offset_bytes;
    bool flows = bytes != producer->seen_bytes;
    producer->seen_bytes = bytes;
    if (state != SOURCE_WAITING || !flows ||
        now_ns - producer->group.batches[0].begun_ns > LINGER_IN_ALL_NS)
        return false;
    schedule_pause(&producer->schedule, now_ns, LINGER_NS);
    return true;
}

/* What is staged never waits: neither for a reader, space or rows that are not about to come, nor
 * for more batches than there will be. */
static int tick(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t staged = producer->group.staged;
    producer->wait.fd = -1;
    if (staged > 0 && retention_verdict(&producer->retention, staged) != RETENTION_GO)
        return commit(producer);
    if (staged == 0) {
        look_around(producer);
        if (!may_publish(producer))
            return GO_ON;
    }
    enum source_state state = group_look(&producer->group, &producer->wait, error);
    if (state != SOURCE_FAILED)
        condition_end(&producer->no_read);
    if (state == SOURCE_READY)
        return add_batch(producer);
    if (staged == 0)
        return wait_for_source(producer, state, error);
    return lingers(producer, state) ? GO_ON : commit(producer);
}

/* --- the end of a stream ---------------------------------------------------------------------- */

static bool is_ready(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    return group_look(&producer->group, &producer->wait, error) == SOURCE_READY;
}

/* SIGTERM: what a pipe gave cannot be had again. It goes out while that is quick and nothing is
 * wrong; a reader that is behind is not waited for now. */
static void publish_the_rest(struct producer *producer)
{
    int64_t end_ns = clock_now_ns() + LAST_BATCHES_NS;
    char error[PUBLISH_ERROR_SIZE];
    bool well =
        !producer->no_write.lasts &&
        retention_verdict(&producer->retention, producer->group.staged) != RETENTION_DISK_FULL;
    ingest_stop(&producer->ingest);
    while (well && clock_now_ns() < end_ns &&
           producer->published + producer->group.staged < producer->config.count) {
        if (!group_is_full(&producer->group) && is_ready(producer))
            well = group_add(&producer->group, error) == 0;
        else if (producer->group.staged > 0)
            well = commit(producer) == GO_ON && producer->group.known == producer->group.staged;
        else
            break;
    }
    uint64_t lost = ingest_rows_held(&producer->ingest);
    if (lost > 0)
        log_warn("%" PRIu64 " row(s) that were read from %s are lost: they could not be published "
                 "any more",
                 lost, producer->ingest.inlet.name);
}

static void finish_stream(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &producer->ingest;
    if (producer->config.from == NULL)
        return;
    if (wait_stopping() && !ingest->inlet.seekable)
        publish_the_rest(producer);
    if (ingest->resumed && ingest->over && !ingest->damaged && producer->published == 0)
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

/* Behind recovery, which has made batches of what a crash had left. */
static int resume(struct producer *producer)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &producer->ingest;
    if (producer->config.from == NULL)
        return GO_ON;
    switch (
        resume_run(ingest, producer->directory_fd, acknowledgements_log(producer->seen), error)) {
    case RESUME_ANEW: return GO_ON;
    case RESUME_GOES_ON:
        log_info("going on with %s at line %" PRIu64, ingest->inlet.name, ingest_next_line(ingest));
        retention_spare(&producer->retention, ingest->place.batches[0].number);
        return GO_ON;
    case RESUME_REFUSED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case RESUME_FAILED: break;
    }
    if (wait_stopping())
        return CONTRACT_EXIT_DONE;
    log_error("%s", error);
    return CONTRACT_EXIT_IO;
}

/* In a group only what is published as fast as possible: else each batch is due when it is made. */
static void open_group(struct producer *producer)
{
    bool together = producer->config.from != NULL || producer->config.interval_ns == 0;
    const struct generate_request request = {.schema = schema_default(),
                                             .seed = producer->config.seed,
                                             .rows_low = producer->config.rows.low,
                                             .rows_high = producer->config.rows.high};
    producer->source = producer->config.from != NULL
                           ? ingest_source(&producer->ingest)
                           : synthetic_open(&producer->synthetic, &request);
    group_open(&producer->group, &producer->publisher, &producer->source, together);
}

static int run(struct producer *producer)
{
    int code = recover(producer);
    if (code != GO_ON || (code = resume(producer)) != GO_ON)
        return code;
    open_group(producer);
    report_start(producer);
    /* Batches of a stream are due when they are full; how long a part waits is its source's. */
    schedule_begin(&producer->schedule, clock_now_ns(),
                   producer->config.from == NULL ? producer->config.interval_ns : 0);
    while (code == GO_ON && producer->published < producer->config.count)
        if ((code = wait_until_due(producer)) == GO_ON)
            code = tick(producer);
    if (code == GO_ON)
        code = CONTRACT_EXIT_DONE;
    finish_stream(producer);
    if (code == CONTRACT_EXIT_DONE)
        log_info("ending after %" PRIu64 " batch(es)", producer->published);
    return code;
}

static int check_health(struct producer *producer)
{
    static const int CODES[] = {[HEALTH_GOOD] = CONTRACT_EXIT_DONE,
                                [HEALTH_NOBODY] = CONTRACT_EXIT_UNAVAILABLE,
                                [HEALTH_TROUBLE] = CONTRACT_EXIT_WAITING};
    char cause[HEALTH_CAUSE_SIZE];
    int code = open_directory(producer);
    if (code != GO_ON)
        return code;
    enum health_verdict verdict = health_ask(producer->directory_fd, clock_now_ns(), cause);
    if (verdict != HEALTH_GOOD)
        log_refusal("%s: %s", producer->config.dir, cause);
    return CODES[verdict];
}

int main(int argc, char *argv[])
{
    static struct producer producer = {
        .directory_fd = -1, .lock_fd = -1, .wait = {.fd = -1}, .ingest = {.inlet = {.fd = -1}}};
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
