/*
 * chaos - a run with faults: each batch gets the fault that its number has drawn, and stands in
 * the manifest before anybody can see it. Every function takes a NULL, which is a run without
 * faults, and then does nothing.
 *
 * Start:
 *     chaos_open(&options, &chaos, error);          chaos stays NULL where no rate is above 0
 *     publisher.state = chaos_state;                with publisher.state_context = chaos
 *     recovery_run(...);                            completes metadata as the manifest has it
 *     chaos_resume(chaos, &found, error);
 *
 * Each batch of a group (see group):
 *     next = chaos_pass_gaps(chaos, next);          before the first
 *     of = chaos_begin(chaos, number, &csv, &rows); whose rows it has
 *     if (of != 0)
 *         ... make them ...                         a duplicate has them already, as a rule
 *     published = chaos_damage(chaos, &csv, &rows, columns);
 *     publish_stage(...);                           calls chaos_state()
 *     if (chaos_parts(chaos, number)) ...           nothing more goes into this group
 *
 * Each group:
 *     chaos_write_down(chaos, error);               then it is committed
 *     chaos_published(chaos, now_ns);               or chaos_abandon(chaos): all of it comes again
 *
 * Whenever there is time:
 *     chaos_publish_late(chaos, now_ns, error);     at chaos_deadline() at the latest
 *     chaos_follow(chaos, log, error);
 *     while (chaos_release(chaos, &number)) ...     retention takes over what was held
 *
 * Metadata that is late when the program ends comes with the next start, by recovery.
 */
#ifndef PRODUCER_CHAOS_H
#define PRODUCER_CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/metadata.h"
#include "common/processed_logs.h"
#include "common/text.h"
#include "producer/faults.h"
#include "producer/publish.h"

struct chaos;

struct chaos_options {
    int directory_fd; /* borrowed, as is the path */
    const char *manifest;
    const struct faults *faults; /* copied */
    uint64_t seed;
};

/*
 * Reads the manifest that is there. 0, or -1 with errno and one line in `error`: it cannot be
 * opened or is none.
 */
int chaos_open(const struct chaos_options *options, struct chaos **chaos,
               char error[PUBLISH_ERROR_SIZE]);
void chaos_close(struct chaos *chaos);

/* What a start has found, after recovery. */
struct chaos_found {
    const struct processed_logs *log; /* NULL: cannot be seen */
    uint64_t next;                    /* the number to go on at */
    uint64_t *numbers;                /* batches on disk, ascending; those held are taken out */
    size_t count;
};

/*
 * Goes on with what was still to come of older batches. A number that the manifest has, and that a
 * power loss has taken away, is written down as a gap. 0, or -1 with errno and one line in
 * `error`; may be called again.
 */
int chaos_resume(struct chaos *chaos, struct chaos_found *found, char error[PUBLISH_ERROR_SIZE]);

/* --- a batch --------------------------------------------------------------------------------- */

/* The first number from `next` on that is not left out. */
uint64_t chaos_pass_gaps(struct chaos *chaos, uint64_t next);

/*
 * Plans the batch. 0 when it repeats the one before: then `csv` and `rows` are that one's. Else the
 * number of the batch whose rows it has: its own, or of a duplicate whose original another run has
 * made, that one's.
 */
uint64_t chaos_begin(struct chaos *chaos, uint64_t number, struct text *csv, uint64_t *rows);

/*
 * Damages what was made. False when no data is to be published under the data's name. See
 * text_failed(csv).
 */
bool chaos_damage(struct chaos *chaos, struct text *csv, uint64_t *rows, size_t columns);

/* A publish_state: writes the document; false when it is not to be published, or not yet. */
bool chaos_state(void *chaos, struct text *document, const struct metadata *metadata);

/*
 * True when the group ends behind this batch: the next number is left out; this one is a
 * duplicate, whose bytes are known only as long as nothing is made behind it; or the next one is no
 * file, which a start after a crash takes for a number that was used, and so must not be there
 * before the numbers below it.
 */
bool chaos_parts(const struct chaos *chaos, uint64_t number);

/* --- a group --------------------------------------------------------------------------------- */

/* Makes the lines of all that is staged durable. -1 with errno and one line in `error`. */
int chaos_write_down(struct chaos *chaos, char error[PUBLISH_ERROR_SIZE]);
void chaos_published(struct chaos *chaos, int64_t now_ns);
void chaos_abandon(struct chaos *chaos);

/* --- what comes later ------------------------------------------------------------------------ */

/* See chaos_later. Without faults nothing is held, due or failed. */
bool chaos_holds(const struct chaos *chaos, uint64_t number);
bool chaos_release(struct chaos *chaos, uint64_t *number);
int64_t chaos_deadline(const struct chaos *chaos);
int chaos_publish_late(struct chaos *chaos, int64_t now_ns, char error[PUBLISH_ERROR_SIZE]);
int chaos_follow(struct chaos *chaos, const struct processed_logs *log,
                 char error[PUBLISH_ERROR_SIZE]);

#endif
