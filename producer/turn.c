#include "producer/turn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/trouble.h"

/* How often what is published and acknowledged is looked at while nothing comes in. */
#define IDLE_NS NUMBER_NS_PER_SECOND
/* A writer who is as fast as we are leaves the pipe empty now and then: full batches wait so long
 * for the next bytes, and so long in all, to share their flushes with more. */
#define LINGER_NS (2 * NUMBER_NS_PER_MS)
#define LINGER_IN_ALL_NS (250 * NUMBER_NS_PER_MS)
/* What came through a pipe may take so long to be published after SIGTERM. */
#define LAST_BATCHES_NS (NUMBER_NS_PER_SECOND / 2)

/* --- the readers ------------------------------------------------------------------------------ */

/* A log that came into sight late may know of numbers that were used before. */
static void pass_over_acknowledged(struct run *run, const struct acknowledgements *seen)
{
    const char *path;
    uint64_t last = acknowledgements_last_number(seen, &path);
    if (group_is_bound(&run->group) || last < run->publisher.next ||
        last >= CONTRACT_JSON_INTEGER_MAX)
        return;
    log_info("going on at batch %" PRIu64 ": the consumer's log in %s ends at %" PRIu64, last + 1,
             path, last);
    run->publisher.next = last + 1;
}

static void tidy(struct run *run, const struct acknowledgements *seen)
{
    if (retention_tidy(&run->retention, seen) == 0) {
        condition_end(&run->no_delete);
        return;
    }
    condition_begin(&run->no_delete, "cannot delete an acknowledged batch: %s", strerror(errno));
}

/*
 * Names one that lacks the oldest batch, when the waiting begins: which of several is the slowest
 * may change with each look.
 */
static void tell_who_is_behind(struct run *run)
{
    const struct acknowledgements *seen = readers_seen(run->readers);
    size_t i = acknowledgements_lacking(seen, retention_first_pending(&run->retention));
    if (run->reader_behind.lasts || i >= seen->count)
        return;
    condition_begin(&run->reader_behind,
                    "waiting for the consumer of %s: going on as it acknowledges (--max-pending "
                    "%" PRIu64 ")",
                    seen->paths[i], run->config->max_pending_batches);
}

/* Whether a batch may come behind those that are staged. */
static enum retention_verdict verdict_of(const struct run *run)
{
    return retention_verdict(&run->retention, run->group.staged, run->group.bytes_made);
}

/* True when a batch may be published; else when to look again is on the schedule. */
static bool may_publish(struct run *run)
{
    enum retention_verdict verdict = verdict_of(run);
    if (retention_has_caught_up(&run->retention))
        condition_end(&run->reader_behind);
    if (verdict != RETENTION_DISK_FULL)
        condition_end(&run->disk_full);
    if (verdict == RETENTION_GO)
        return true;
    if (verdict == RETENTION_READER_BEHIND)
        tell_who_is_behind(run);
    else
        condition_begin(&run->disk_full, "waiting for space: less would be free than --min-free");
    schedule_pause(&run->schedule, clock_now_ns(), RUN_RECHECK_NS);
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

static void keep_batch(struct run *run, uint64_t number)
{
    if (!retention_add(&run->retention, number))
        log_warn("batch %" PRIu64 " will not be deleted before a restart: out of memory", number);
}

static void count_batch(struct run *run, const struct group_batch *batch, int64_t now_ns)
{
    run->published++;
    report_batch(batch, now_ns);
    if (!chaos_holds(run->chaos, batch->number))
        keep_batch(run, batch->number);
}

/* What one batch holds up is tried at once without it. */
static int answer_failure(struct run *run, int error_number, const char *error)
{
    if (group_failed_alone(&run->group) || !trouble_passes(error_number, run->directory_fd))
        return run_retry_later(run, error_number, error);
    if (!wait_stopping())
        log_warn("%s: trying one batch at a time", error);
    schedule_pause(&run->schedule, clock_now_ns(), 0);
    return RUN_GO_ON;
}

static int commit(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    struct group_batch done[PUBLISH_TOGETHER_MAX];
    size_t count = group_commit(&run->group, done, error);
    if (count == 0)
        return answer_failure(run, errno, error);
    int64_t now_ns = clock_now_ns();
    condition_end(&run->no_write);
    for (size_t i = 0; i < count; i++)
        count_batch(run, &done[i], now_ns);
    if (run->ingest.place.count > 0)
        retention_spare(&run->retention, place_least_number(&run->ingest.place));
    schedule_succeed(&run->schedule);
    return RUN_GO_ON;
}

/* What faults have held back of the reader's batches is kept and deleted as others are. */
static void follow_chaos(struct run *run, const struct acknowledgements *seen)
{
    char error[PUBLISH_ERROR_SIZE];
    uint64_t number;
    if (chaos_follow(run->chaos, run_only_log(seen), error) != 0)
        condition_begin(&run->no_write, "%s", error);
    while (chaos_release(run->chaos, &number))
        keep_batch(run, number);
}

/* Before a group is begun; what is found out holds for all of it. */
static void look_around(struct run *run)
{
    const struct acknowledgements *seen = readers_follow(run->readers);
    pass_over_acknowledged(run, seen);
    follow_chaos(run, seen);
    retention_follow(&run->retention, seen);
    tidy(run, seen);
}

/* True when what is staged is all for now: more would come later, or not at all. */
static bool is_time_to_commit(const struct run *run, int64_t now_ns)
{
    return group_is_full(&run->group) || run->schedule.due_ns > now_ns ||
           run->published + run->group.staged >= run->config->count || now_ns >= run->end_ns;
}

static int add_batch(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t staged = run->group.staged;
    if (group_add(&run->group, error) != 0)
        return answer_failure(run, errno, error);
    const struct group_batch *made = &run->group.batches[staged];
    int64_t now_ns = clock_now_ns();
    schedule_next(&run->schedule, made->rows, made->begun_ns, now_ns);
    return is_time_to_commit(run, now_ns) ? commit(run) : RUN_GO_ON;
}

/* Nothing is there to be published: why, and until when. */
static int wait_for_source(struct run *run, enum source_state state, const char *error)
{
    int error_number = errno;
    int64_t now_ns = clock_now_ns();
    int64_t until_ns = run->wait.until_ns;
    switch (state) {
    case SOURCE_ENDED: return CONTRACT_EXIT_DONE;
    case SOURCE_DAMAGED: log_error("%s", error); return CONTRACT_EXIT_REJECTED;
    case SOURCE_FAILED:
        if (!trouble_passes(error_number, run->directory_fd)) {
            log_error("%s", error);
            return CONTRACT_EXIT_IO;
        }
        condition_begin(&run->no_read, "%s", error);
        schedule_retry(&run->schedule, now_ns);
        break;
    case SOURCE_WAITING:
        schedule_pause(&run->schedule, now_ns,
                       until_ns < now_ns + IDLE_NS ? until_ns - now_ns : IDLE_NS);
        break;
    case SOURCE_READY: break;
    }
    return RUN_GO_ON;
}

/* True when more rows may come so soon that a commit before would cost more than it gains. */
static bool lingers(struct run *run, enum source_state state)
{
    int64_t now_ns = clock_now_ns();
    uint64_t bytes = run->ingest.inlet.offset_bytes;
    bool flows = bytes != run->seen_bytes;
    run->seen_bytes = bytes;
    if (state != SOURCE_WAITING || !flows ||
        now_ns - run->group.batches[0].begun_ns > LINGER_IN_ALL_NS)
        return false;
    schedule_pause(&run->schedule, now_ns, LINGER_NS);
    return true;
}

int turn_take(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    size_t staged = run->group.staged;
    run->wait.fd = -1;
    if (staged > 0 && verdict_of(run) != RETENTION_GO)
        return commit(run);
    if (staged == 0) {
        look_around(run);
        if (!may_publish(run))
            return RUN_GO_ON;
    }
    enum source_state state = group_look(&run->group, &run->wait, error);
    if (state != SOURCE_FAILED)
        condition_end(&run->no_read);
    if (state == SOURCE_READY)
        return add_batch(run);
    if (staged == 0)
        return wait_for_source(run, state, error);
    return lingers(run, state) ? RUN_GO_ON : commit(run);
}

/* --- the end of a stream ---------------------------------------------------------------------- */

static bool is_ready(struct run *run)
{
    char error[PUBLISH_ERROR_SIZE];
    return group_look(&run->group, &run->wait, error) == SOURCE_READY;
}

/* From SIGTERM on, which may come while the end of --duration is dealt with. */
static bool has_time_left(int64_t *end_ns)
{
    if (wait_stopping() && *end_ns == WAIT_FOREVER)
        *end_ns = clock_now_ns() + LAST_BATCHES_NS;
    return clock_now_ns() < *end_ns;
}

/* A reader that is behind is not waited for now. */
static void publish_the_rest(struct run *run)
{
    int64_t end_ns = WAIT_FOREVER;
    char error[PUBLISH_ERROR_SIZE];
    bool well = !run->no_write.lasts && verdict_of(run) != RETENTION_DISK_FULL;
    ingest_stop(&run->ingest);
    while (well && has_time_left(&end_ns) &&
           run->published + run->group.staged < run->config->count) {
        if (!group_is_full(&run->group) && is_ready(run))
            well = group_add(&run->group, error) == 0;
        else if (run->group.staged > 0)
            well = commit(run) == RUN_GO_ON && run->group.known == run->group.staged;
        else
            break;
    }
}

/* What was read of a pipe is nobody's else any more. */
static void tell_what_is_lost(struct run *run)
{
    struct ingest *ingest = &run->ingest;
    bool told = ingest->damaged;
    uint64_t lost = ingest_count_rest(ingest);
    if (ingest->damaged && !told)
        log_warn("%s", ingest->cause);
    if (lost > 0)
        log_warn("%" PRIu64 " row(s) that were read from %s are lost: %s", lost, ingest->inlet.name,
                 run->published >= run->config->count ? "they are beyond --count"
                                                      : "they could not be published any more");
}

void turn_end(struct run *run, int code)
{
    char error[PUBLISH_ERROR_SIZE];
    struct ingest *ingest = &run->ingest;
    if (run->config->from == NULL)
        return;
    if (!ingest->inlet.seekable && code == CONTRACT_EXIT_DONE)
        publish_the_rest(run);
    if (!ingest->inlet.seekable)
        tell_what_is_lost(run);
    if (ingest->resumed && ingest->over && !ingest->damaged && run->published == 0)
        log_info("%s is published already, as far as it goes", ingest->inlet.name);
    if (ingest_settle(ingest, error) != 0)
        log_warn("%s: the next start finds it out by itself", error);
}
