/*
 * data-producer - publishes batches of CSV in a shared directory, one after the other, until it
 * is told to end. This file opens what it works with and closes it; see loop for the work.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/config.h"
#include "producer/datapackage.h"
#include "producer/health.h"
#include "producer/loop.h"
#include "producer/schema_source.h"

struct producer {
    struct config config;
    int directory_fd;
    int lock_fd;
    struct schema_draft *schema; /* NULL: the default */
    struct run *run;
};

/* A line was checked among the options; a file is read here, and once. */
static int open_schema(struct producer *producer)
{
    char error[SCHEMA_ERROR_SIZE];
    if (producer->config.schema == NULL)
        return CONTRACT_EXIT_DONE;
    producer->schema = schema_source_load(producer->config.schema, error);
    if (producer->schema != NULL)
        return CONTRACT_EXIT_DONE;
    log_refusal("--schema %s: %s", producer->config.schema, error);
    return CONTRACT_EXIT_CONFIG;
}

static const struct schema *schema_of(const struct producer *producer)
{
    return producer->schema == NULL ? schema_default() : &producer->schema->schema;
}

/* A batch is made in memory, and a system that has too little of it ends who asks for more. */
static int check_rows(const struct producer *producer)
{
    char may_have[NUMBER_HUMAN_SIZE];
    char most[NUMBER_HUMAN_SIZE];
    uint64_t rows = producer->config.rows.high;
    uint64_t bytes = rows * schema_row_bytes(schema_of(producer));
    if (producer->config.from != NULL || bytes <= SYNTHETIC_BATCH_BYTES_MAX)
        return CONTRACT_EXIT_DONE;
    number_format_size(may_have, bytes);
    number_format_size(most, SYNTHETIC_BATCH_BYTES_MAX);
    log_refusal("--rows %" PRIu64 ": a batch of this schema may have %s, and is made in memory: at "
                "most %s",
                rows, may_have, most);
    return CONTRACT_EXIT_CONFIG;
}

static int open_directory(struct producer *producer)
{
    producer->directory_fd = fileio_open_directory(producer->config.dir);
    if (producer->directory_fd >= 0)
        return CONTRACT_EXIT_DONE;
    log_refusal("--dir %s: %s", producer->config.dir, strerror(errno));
    return CONTRACT_EXIT_CONFIG;
}

static int take_lock(struct producer *producer)
{
    if (fileio_lock_directory(producer->directory_fd) == 0)
        producer->lock_fd = fileio_lock(producer->directory_fd, CONTRACT_PRODUCER_LOCK);
    if (producer->lock_fd >= 0)
        return CONTRACT_EXIT_DONE;
    if (errno == EWOULDBLOCK) {
        log_refusal("another producer holds %s/%s", producer->config.dir, CONTRACT_PRODUCER_LOCK);
        return CONTRACT_EXIT_UNAVAILABLE;
    }
    log_refusal("cannot create %s/%s: %s", producer->config.dir, CONTRACT_PRODUCER_LOCK,
                strerror(errno));
    return CONTRACT_EXIT_CANNOT_CREATE;
}

static int publish_batches(struct producer *producer)
{
    int code = open_schema(producer);
    if (code != CONTRACT_EXIT_DONE || (code = check_rows(producer)) != CONTRACT_EXIT_DONE ||
        (code = take_lock(producer)) != CONTRACT_EXIT_DONE)
        return code;
    producer->run = run_create(&producer->config, schema_of(producer), producer->directory_fd,
                               producer->lock_fd);
    if (producer->run != NULL)
        return loop_run(producer->run);
    log_refusal("cannot start on %s: %s", producer->config.dir, strerror(errno));
    return CONTRACT_EXIT_SOFTWARE;
}

static int check_health(struct producer *producer)
{
    static const int CODES[] = {[HEALTH_GOOD] = CONTRACT_EXIT_DONE,
                                [HEALTH_NOBODY] = CONTRACT_EXIT_UNAVAILABLE,
                                [HEALTH_TROUBLE] = CONTRACT_EXIT_WAITING};
    char cause[HEALTH_CAUSE_SIZE];
    enum health_verdict verdict = health_ask(producer->directory_fd, clock_now_ns(), cause);
    if (verdict != HEALTH_GOOD)
        log_refusal("%s: %s", producer->config.dir, cause);
    return CODES[verdict];
}

static int run_as_asked(struct producer *producer)
{
    /* First of all: as process 1 a signal without a handler is lost. */
    if (wait_open() != 0) {
        log_refusal("cannot prepare for signals: %s", strerror(errno));
        return CONTRACT_EXIT_IO;
    }
    int code = open_directory(producer);
    if (code != CONTRACT_EXIT_DONE)
        return code;
    if (producer->config.health)
        return check_health(producer);
    if (producer->config.datapackage)
        return datapackage_run(&producer->config, producer->directory_fd);
    return publish_batches(producer);
}

static void close_all(struct producer *producer)
{
    run_free(producer->run);
    schema_draft_free(producer->schema);
    if (producer->lock_fd >= 0)
        (void)close(producer->lock_fd);
    if (producer->directory_fd >= 0)
        (void)close(producer->directory_fd);
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
    code = run_as_asked(&producer);
    close_all(&producer);
    return code;
}
