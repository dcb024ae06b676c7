#include "producer/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/wait.h"
#include "producer/trouble.h"

static void name_what_ends(struct run *run)
{
    run->reader_behind.over = "the consumer has caught up";
    run->disk_full.over = "there is space again: going on";
    run->no_log.over = "all logs can be read: going on";
    run->no_write.over = "writing works again: going on";
    run->no_delete.over = "deleting acknowledged batches works again";
    run->no_read.over = "reading works again: going on";
}

struct run *run_create(const struct config *config, const struct schema *schema, int directory_fd,
                       int lock_fd)
{
    char error[PUBLISH_ERROR_SIZE];
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->config = config;
    run->schema = schema;
    run->directory_fd = directory_fd;
    run->lock_fd = lock_fd;
    run->wait.fd = run->ingest.inlet.fd = -1;
    name_what_ends(run);
    size_t field_count = schema_fields(schema, run->fields);
    run->readers = readers_open(&config->results);
    if (run->readers != NULL &&
        publish_open(&run->publisher, directory_fd, run->fields, field_count, error) == 0)
        return run;
    int saved_errno = errno;
    run_free(run);
    errno = saved_errno;
    return NULL;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    group_close(&run->group);
    synthetic_close(&run->synthetic);
    ingest_close(&run->ingest);
    chaos_close(run->chaos);
    retention_close(&run->retention);
    publish_close(&run->publisher);
    readers_close(run->readers);
    free(run);
}

const struct processed_logs *run_only_log(const struct acknowledgements *seen)
{
    return seen->count > 0 ? seen->logs[0] : NULL;
}

int run_retry_later(struct run *run, int error_number, const char *error)
{
    if (!trouble_passes(error_number, run->directory_fd)) {
        log_error("%s: %s", run->config->dir, error);
        return CONTRACT_EXIT_IO;
    }
    if (!wait_stopping())
        condition_begin(&run->no_write, "%s", error);
    schedule_retry(&run->schedule, clock_now_ns());
    return RUN_GO_ON;
}

/* Shows --health what is the matter. A reader that is slow or not there yet is not our trouble. */
static void show_health(struct run *run, int64_t now_ns)
{
    const struct condition *const troubles[] = {&run->no_write, &run->disk_full, &run->no_read,
                                                &run->no_delete};
    const char *trouble = readers_trouble(run->readers);
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles && trouble == NULL; i++)
        if (troubles[i]->lasts)
            trouble = troubles[i]->text;
    /* Where it cannot be written, the line that is there grows old, which says the same. */
    (void)health_show(run->lock_fd, &run->shown, trouble, now_ns);
}

/* Else --health would find nobody, and a second producer only the directory's lock in its way. */
static int check_lock(const struct run *run)
{
    if (fileio_lock_stands(run->directory_fd, CONTRACT_PRODUCER_LOCK, run->lock_fd))
        return RUN_GO_ON;
    log_error("%s/%s was removed or replaced, and keeps nobody out any more: start again",
              run->config->dir, CONTRACT_PRODUCER_LOCK);
    return CONTRACT_EXIT_IO;
}

static int64_t earlier(int64_t left_ns, int64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

/* What is late of batches with faults is published when it is due, whatever else is waited for. */
static void publish_late(struct run *run, int64_t now_ns)
{
    char error[PUBLISH_ERROR_SIZE];
    if (chaos_publish_late(run->chaos, now_ns, error) != 0)
        condition_begin(&run->no_write, "%s", error);
}

int run_wait(struct run *run)
{
    struct pollfd inlet = {.fd = run->wait.fd, .events = POLLIN};
    for (;;) {
        int64_t now_ns = clock_now_ns();
        int64_t due_ns = run->schedule.due_ns;
        int64_t wake_ns = earlier(earlier(due_ns, run->end_ns), now_ns + HEALTH_BEAT_NS);
        show_health(run, now_ns);
        publish_late(run, now_ns);
        wake_ns = earlier(wake_ns, chaos_deadline(run->chaos));
        if (now_ns >= run->end_ns && run->group.staged == 0)
            return CONTRACT_EXIT_DONE;
        switch (wait_for(&inlet, inlet.fd >= 0 ? 1 : 0, wake_ns)) {
        case WAIT_STOP: return CONTRACT_EXIT_DONE;
        case WAIT_ERROR: log_error("cannot wait: %s", strerror(errno)); return CONTRACT_EXIT_IO;
        case WAIT_READY:
            schedule_pause(&run->schedule, now_ns, 0);
            due_ns = now_ns;
            break;
        case WAIT_TIMEOUT: break;
        }
        int code = check_lock(run);
        if (code != RUN_GO_ON || clock_now_ns() >= due_ns)
            return code;
    }
}
