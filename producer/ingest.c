#include "producer/ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/wait.h"
#include "producer/random.h"

/* --- open and close --------------------------------------------------------------------------- */

int ingest_open(struct ingest *ingest, const struct ingest_options *options,
                char error[PUBLISH_ERROR_SIZE])
{
    *ingest = (struct ingest){.options = *options, .inlet = {.fd = -1}};
    if (inlet_open(&ingest->inlet, options->from, error) != 0)
        return -1;
    const char *slash = strrchr(ingest->inlet.name, '/');
    (void)snprintf(ingest->description, sizeof ingest->description, "rows of %.200s",
                   slash == NULL ? ingest->inlet.name : slash + 1);
    ingest->cutter = cutter_create();
    ingest->digest = digest_create();
    if (ingest->cutter != NULL && ingest->digest != NULL)
        return 0;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "out of memory");
    errno = ENOMEM;
    return -1;
}

static void drop(struct ingest *ingest, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cut_free(&ingest->kept[i]);
    ingest->count -= count;
    memmove(ingest->kept, ingest->kept + count, ingest->count * sizeof *ingest->kept);
}

void ingest_close(struct ingest *ingest)
{
    drop(ingest, ingest->count);
    cutter_free(ingest->cutter);
    ingest->cutter = NULL;
    digest_free(ingest->digest);
    ingest->digest = NULL;
    inlet_close(&ingest->inlet);
}

/* --- cutting ---------------------------------------------------------------------------------- */

static bool keep_batch(struct ingest *ingest)
{
    if (!cutter_take(ingest->cutter, &ingest->kept[ingest->count]))
        return false;
    ingest->rows += ingest->kept[ingest->count++].rows;
    ingest->begun = false;
    ingest->waiting_ns = 0;
    return true;
}

static void end_damaged(struct ingest *ingest, const char *what)
{
    ingest->over = ingest->damaged = true;
    (void)snprintf(ingest->cause, sizeof ingest->cause, "%.200s: %s", ingest->inlet.name, what);
}

static void end_by(struct ingest *ingest, const struct rejection *damage)
{
    end_damaged(ingest, damage->reason == REASON_NONE ? "out of memory" : damage->detail);
}

static void cut_chunk(struct ingest *ingest)
{
    size_t taken = 0;
    struct rejection damage;
    if (cutter_feed(ingest->cutter, ingest->chunk + ingest->at, ingest->length - ingest->at, &taken,
                    &damage) == CUTTER_DAMAGED)
        end_by(ingest, &damage);
    ingest->at += taken;
}

/* Of a file that was shortened the last row may be a half, which nobody would see in its bytes. */
static void end_stream(struct ingest *ingest)
{
    struct rejection damage;
    ingest->over = true;
    if (inlet_was_shortened(&ingest->inlet))
        end_damaged(ingest, "was shortened while it was read");
    else if (cutter_finish(ingest->cutter, &damage) == CUTTER_DAMAGED)
        end_by(ingest, &damage);
    else if (!cutter_has_header(ingest->cutter))
        end_damaged(ingest, "line 1, column 1: no header, for there is no row at all");
    else if (!ingest->resumed && ingest->rows + cutter_rows(ingest->cutter) == 0)
        end_damaged(ingest, "line 2, column 1: no row below the header");
}

static enum inlet_answer read_chunk(struct ingest *ingest)
{
    enum inlet_answer answer =
        inlet_read(&ingest->inlet, ingest->chunk, sizeof ingest->chunk, &ingest->length);
    ingest->at = 0;
    if (answer != INLET_BYTES)
        ingest->length = 0;
    if (answer == INLET_END)
        end_stream(ingest);
    return answer;
}

/* Draws the rows of the next batch, as the generator draws those of its own. */
static void begin_batch(struct ingest *ingest, uint64_t number)
{
    struct random_state random;
    if (ingest->begun)
        return;
    random_seed(&random, ingest->options.seed, number);
    cutter_begin(ingest->cutter,
                 random_between(&random, ingest->options.rows_low, ingest->options.rows_high));
    ingest->begun = true;
}

/* --- the part that waits ---------------------------------------------------------------------- */

/* A plain file has all its rows at once: cut by time, its batches would differ from run to run. */
static int64_t part_is_due_ns(struct ingest *ingest, int64_t now_ns)
{
    if (cutter_rows(ingest->cutter) == 0 || ingest->inlet.seekable ||
        ingest->options.interval_ns == 0)
        return WAIT_FOREVER;
    if (ingest->waiting_ns == 0)
        ingest->waiting_ns = now_ns;
    return ingest->waiting_ns + ingest->options.interval_ns;
}

/* True when the batch under way is to be published as it is. */
static bool is_ripe(struct ingest *ingest, int64_t now_ns)
{
    if (cutter_rows(ingest->cutter) == 0)
        return false;
    return cutter_is_full(ingest->cutter) || (ingest->over && ingest->at == ingest->length) ||
           (ingest->over && ingest->damaged) || part_is_due_ns(ingest, now_ns) <= now_ns;
}

/* --- answers -------------------------------------------------------------------------------- */

static enum source_state fail_reading(const struct ingest *ingest, char error[PUBLISH_ERROR_SIZE])
{
    int saved_errno = errno;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot read %.200s: %s", ingest->inlet.name,
                   strerror(saved_errno));
    errno = saved_errno;
    return SOURCE_FAILED;
}

static enum source_state give_batch(struct ingest *ingest, char error[PUBLISH_ERROR_SIZE])
{
    if (keep_batch(ingest))
        return SOURCE_READY;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot prepare a batch: out of memory");
    errno = ENOMEM;
    return SOURCE_FAILED;
}

static enum source_state give_end(const struct ingest *ingest, char error[PUBLISH_ERROR_SIZE])
{
    if (!ingest->damaged)
        return SOURCE_ENDED;
    memcpy(error, ingest->cause, sizeof ingest->cause);
    return SOURCE_DAMAGED;
}

enum source_state ingest_read_header(struct ingest *ingest, char error[PUBLISH_ERROR_SIZE])
{
    while (!cutter_has_header(ingest->cutter) && !ingest->over) {
        if (ingest->at < ingest->length)
            cut_chunk(ingest);
        else if (read_chunk(ingest) == INLET_FAILED)
            return fail_reading(ingest, error);
    }
    return ingest->over ? give_end(ingest, error) : SOURCE_READY;
}

void ingest_go_on_at(struct ingest *ingest, uint64_t offset_bytes, uint64_t line)
{
    ingest->resumed = true;
    ingest->at = ingest->length = 0;
    inlet_seek(&ingest->inlet, offset_bytes);
    cutter_go_on_at(ingest->cutter, offset_bytes, line);
}

/* --- the source ------------------------------------------------------------------------------- */

static enum source_state look(void *context, const struct source_wish *wish,
                              struct source_wait *wait, char error[PUBLISH_ERROR_SIZE])
{
    struct ingest *ingest = context;
    if (wish->at < ingest->count)
        return SOURCE_READY;
    if (ingest->owed > 0) {
        *wait = (struct source_wait){-1, clock_now_ns()};
        return SOURCE_WAITING;
    }
    begin_batch(ingest, wish->number);
    for (;;) {
        int64_t now_ns = clock_now_ns();
        if (is_ripe(ingest, now_ns))
            return give_batch(ingest, error);
        if (ingest->at < ingest->length && !ingest->damaged) {
            cut_chunk(ingest);
            continue;
        }
        if (ingest->over)
            return give_end(ingest, error);
        switch (read_chunk(ingest)) {
        case INLET_BYTES:
        case INLET_END: break;
        case INLET_FAILED: return fail_reading(ingest, error);
        case INLET_NOTHING_YET:
            *wait = (struct source_wait){ingest->inlet.fd, part_is_due_ns(ingest, now_ns)};
            return SOURCE_WAITING;
        }
    }
}

static int make(void *context, const struct source_wish *wish, struct publish_batch *made,
                char error[PUBLISH_ERROR_SIZE])
{
    struct ingest *ingest = context;
    const struct cut *cut = &ingest->kept[wish->at];
    struct columns *columns = cutter_columns(ingest->cutter);
    (void)error;
    *made = (struct publish_batch){.csv = &cut->csv,
                                   .rows = cut->rows,
                                   .created_seconds = wish->start_seconds,
                                   .fields = columns_fields_of(columns, cut->types),
                                   .field_count = columns->count};
    return 0;
}

static void name_batch(struct place_batch *batch, const struct source_name *name)
{
    *batch = (struct place_batch){.number = name->number, .rows = name->rows};
    memcpy(batch->sha256, name->sha256, sizeof batch->sha256);
}

static int announce(void *context, const struct source_name *names, size_t count,
                    char error[PUBLISH_ERROR_SIZE])
{
    struct ingest *ingest = context;
    struct place *place = &ingest->place;
    if (!ingest->inlet.seekable)
        return 0;
    if (ingest->owed == 0)
        *place = (struct place){.offset_bytes = ingest->kept[0].offset_bytes,
                                .line = ingest->kept[0].line,
                                .count = count};
    place->settled = false;
    memcpy(place->path, ingest->inlet.path, sizeof place->path);
    for (size_t i = 0; i < count; i++)
        name_batch(&place->batches[ingest->owed == 0 ? i : ingest->owed_at[i]], &names[i]);
    return place_write(ingest->options.directory_fd, place, error);
}

void ingest_owe_kept(struct ingest *ingest)
{
    ingest->owed = ingest->count;
}

static void release(void *context, size_t count)
{
    struct ingest *ingest = context;
    size_t paid = count < ingest->owed ? count : ingest->owed;
    drop(ingest, count);
    ingest->owed -= paid;
    memmove(ingest->owed_at, ingest->owed_at + paid, ingest->owed * sizeof *ingest->owed_at);
}

struct source ingest_source(struct ingest *ingest)
{
    static const struct source_ways WAYS = {
        .look = look, .make = make, .announce = announce, .release = release};
    return (struct source){.ways = &WAYS, .context = ingest};
}

/* --- the end ---------------------------------------------------------------------------------- */

uint64_t ingest_next_line(const struct ingest *ingest)
{
    return ingest->count > 0 ? ingest->kept[0].line : cutter_line(ingest->cutter);
}

const char *ingest_description(const struct ingest *ingest)
{
    return ingest->description;
}

void ingest_stop(struct ingest *ingest)
{
    ingest->over = true;
    cutter_begin(ingest->cutter, UINT64_MAX);
    ingest->begun = true;
    while (ingest->at < ingest->length && !ingest->damaged && !cutter_is_full(ingest->cutter))
        cut_chunk(ingest);
}

uint64_t ingest_rows_held(const struct ingest *ingest)
{
    uint64_t rows = cutter_rows(ingest->cutter);
    for (size_t i = 0; i < ingest->count; i++)
        rows += ingest->kept[i].rows;
    return rows;
}

/* A chunk may hold more rows than the last batch had room for. */
uint64_t ingest_count_rest(struct ingest *ingest)
{
    uint64_t rows = 0;
    struct cut cut;
    ingest_stop(ingest);
    while (cutter_is_full(ingest->cutter) && cutter_take(ingest->cutter, &cut)) {
        rows += cut.rows;
        cut_free(&cut);
        ingest_stop(ingest);
    }
    return rows + ingest_rows_held(ingest);
}

int ingest_settle(struct ingest *ingest, char error[PUBLISH_ERROR_SIZE])
{
    if (ingest->place.count == 0 || ingest->place.settled || ingest->count > 0)
        return 0;
    ingest->place.settled = true;
    return place_write(ingest->options.directory_fd, &ingest->place, error);
}
