/*
 * run - what a producer at work holds, and how it waits: for the time of the next batch, for bytes
 * of a stream, for trouble to pass. `start` opens it, `turn` works on it.
 *
 *     struct run *run = run_create(&config, schema, directory_fd, lock_fd);
 *     while ((code = run_wait(run)) == RUN_GO_ON)
 *         code = ...                              one step; RUN_GO_ON, or the code to exit with
 *     run_free(run);
 */
#ifndef PRODUCER_RUN_H
#define PRODUCER_RUN_H

#include <stdint.h>

#include "common/condition.h"
#include "producer/chaos.h"
#include "producer/config.h"
#include "producer/group.h"
#include "producer/health.h"
#include "producer/ingest.h"
#include "producer/publish.h"
#include "producer/readers.h"
#include "producer/retention.h"
#include "producer/schedule.h"
#include "producer/schema.h"
#include "producer/synthetic.h"

/* Goes on; any other value is the code to exit with. */
#define RUN_GO_ON (-1)
/* How soon news of the reader or of free space are noticed while they are waited for. */
#define RUN_RECHECK_NS (100 * NUMBER_NS_PER_MS)

struct run {
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
    struct generate_request request; /* of every synthetic batch, but for its number */
    struct synthetic synthetic;
    struct ingest ingest; /* with --from */
    struct source source;
    struct source_wait wait;
    uint64_t seen_bytes; /* of the stream, when full batches last waited for more */
    struct group group;
    struct chaos *chaos; /* NULL without --faults */
    uint64_t published;
    struct health_shown shown;
    struct condition reader_behind, disk_full, no_log, no_write, no_delete, no_read;
};

/* All are borrowed. NULL with errno when memory is short, or the system gives no random bits. */
struct run *run_create(const struct config *config, const struct schema *schema, int directory_fd,
                       int lock_fd);
void run_free(struct run *run);

/*
 * Waits until a batch is due or there is something to read. RUN_GO_ON then, 0 when the program
 * shall end; at the end of --duration what is staged is not left so.
 */
int run_wait(struct run *run);

/* Tells the trouble. Ends where trying again is no use; else the next attempt is on the schedule.
 */
int run_retry_later(struct run *run, int error_number, const char *error);

/* The log of the one reader that a run with faults goes by; NULL while it cannot be seen. */
const struct processed_logs *run_only_log(const struct acknowledgements *seen);

#endif
