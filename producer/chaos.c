#include "producer/chaos.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract.h"
#include "common/digest.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/chaos_later.h"
#include "producer/chaos_past.h"
#include "producer/faults_damage.h"
#include "producer/faults_manifest.h"
#include "producer/faults_objects.h"
#include "producer/listing.h"

_Static_assert(PUBLISH_ERROR_SIZE == FAULTS_MANIFEST_ERROR_SIZE, "one line is as long as another");

/* Metadata that is late is so by at least, and at most. */
#define LATE_LEAST_NS (1 * NUMBER_NS_PER_SECOND)
#define LATE_MOST_NS (4 * NUMBER_NS_PER_SECOND)
/* Batches of the group that something is to be done about besides. */
struct staged {
    struct chaos_later_item item;
    unsigned which; /* of a stray file, or the kind of what is no file */
};

struct chaos {
    int directory_fd;
    struct faults faults;
    uint64_t seed;
    struct faults_manifest *manifest;
    struct digest *digest;
    struct chaos_past past;
    bool started; /* until then metadata is completed by the manifest */
    /* the batch that is being made */
    uint64_t number;
    struct faults_plan plan;
    struct faults_whole whole; /* before it was damaged */
    /* the one that is to be repeated */
    uint64_t kept_number;
    uint64_t kept_rows;
    struct text kept;
    /* the group */
    struct text gaps; /* lines of numbers that were left out, which no failure brings back */
    struct text lines;
    struct staged staged[PUBLISH_TOGETHER_MAX];
    size_t staged_count;
    struct chaos_later later;
};

/* --- open and close -------------------------------------------------------------------------- */

static int out_of_memory(char error[PUBLISH_ERROR_SIZE])
{
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot prepare faults: out of memory");
    errno = ENOMEM;
    return -1;
}

static int open_all(struct chaos *chaos, const struct chaos_options *options,
                    char error[PUBLISH_ERROR_SIZE])
{
    chaos->directory_fd = options->directory_fd;
    chaos->faults = *options->faults;
    chaos->seed = options->seed;
    chaos->digest = digest_create();
    if (chaos->digest == NULL)
        return out_of_memory(error);
    chaos->manifest = faults_manifest_open(options->manifest, chaos_past_take, &chaos->past, error);
    if (chaos->manifest == NULL)
        return -1;
    return chaos_past_sort(&chaos->past) ? 0 : out_of_memory(error);
}

int chaos_open(const struct chaos_options *options, struct chaos **opened,
               char error[PUBLISH_ERROR_SIZE])
{
    *opened = NULL;
    if (!faults_are_on(options->faults))
        return 0;
    struct chaos *chaos = calloc(1, sizeof *chaos);
    if (chaos == NULL)
        return out_of_memory(error);
    if (open_all(chaos, options, error) != 0) {
        int saved_errno = errno;
        chaos_close(chaos);
        errno = saved_errno;
        return -1;
    }
    *opened = chaos;
    return 0;
}

void chaos_close(struct chaos *chaos)
{
    if (chaos == NULL)
        return;
    chaos_abandon(chaos);
    chaos_later_close(&chaos->later);
    faults_manifest_close(chaos->manifest);
    digest_free(chaos->digest);
    text_free(&chaos->kept);
    text_free(&chaos->gaps);
    text_free(&chaos->lines);
    chaos_past_free(&chaos->past);
    free(chaos);
}

/* --- going on after a start ------------------------------------------------------------------ */

static bool is_in(const struct chaos_found *found, uint64_t number)
{
    return found->count > 0 && bsearch(&number, found->numbers, found->count,
                                       sizeof *found->numbers, listing_compare_numbers) != NULL;
}

static const struct processed_entry *find(const struct processed_logs *log, uint64_t number)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    return log == NULL ? NULL : processed_logs_find(log, key);
}

/* What is on the disk lasts; what is not, although it was written down, was lost with its group. */
static bool is_lost(const struct chaos_found *found, uint64_t number, enum fault fault)
{
    return fault != FAULT_GAP && fault != FAULT_NOT_A_FILE && number < found->next &&
           found->log != NULL && !is_in(found, number) && find(found->log, number) == NULL;
}

static bool is_open(const struct chaos *chaos, const struct chaos_found *found, uint64_t number,
                    enum fault fault)
{
    const struct processed_entry *entry = find(found->log, number);
    if (fault == FAULT_STRAY_FILE)
        return faults_has_stray(chaos->directory_fd, number);
    return fault == FAULT_REWRITTEN && is_in(found, number) && (entry == NULL || !entry->changed);
}

static bool resume_one(struct chaos *chaos, const struct chaos_found *found, size_t at)
{
    uint64_t number = chaos_past_number(&chaos->past, at);
    enum fault fault = chaos_past_fault(&chaos->past, number);
    struct chaos_later_item item = {.number = number, .fault = fault};
    /* Only those of the last group may have been written down and not published. */
    if (at + PUBLISH_TOGETHER_MAX >= chaos->past.count && is_lost(found, number, fault)) {
        faults_manifest_put(&chaos->gaps,
                            &(struct faults_line){.batch = number, .fault = FAULT_GAP});
        (void)faults_remove_strays(chaos->directory_fd, number);
    }
    return !is_open(chaos, found, number, fault) || chaos_later_add(&chaos->later, &item);
}

static void take_out_held(const struct chaos *chaos, struct chaos_found *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++)
        if (!chaos_holds(chaos, found->numbers[i]))
            found->numbers[kept++] = found->numbers[i];
    found->count = kept;
}

int chaos_resume(struct chaos *chaos, struct chaos_found *found, char error[PUBLISH_ERROR_SIZE])
{
    if (chaos == NULL)
        return 0;
    chaos_later_close(&chaos->later);
    text_clear(&chaos->gaps);
    for (size_t i = 0; i < chaos->past.count; i++)
        if (!resume_one(chaos, found, i))
            return out_of_memory(error);
    if (faults_manifest_append(chaos->manifest, &chaos->gaps, error) != 0)
        return -1;
    take_out_held(chaos, found);
    text_clear(&chaos->gaps);
    chaos_past_free(&chaos->past);
    chaos->started = true;
    return 0;
}

/* --- a batch --------------------------------------------------------------------------------- */

static enum fault fault_at(const struct chaos *chaos, uint64_t number)
{
    return faults_plan(&chaos->faults, chaos->seed, number).fault;
}

uint64_t chaos_pass_gaps(struct chaos *chaos, uint64_t next)
{
    if (chaos == NULL)
        return next;
    for (; fault_at(chaos, next) == FAULT_GAP && next < CONTRACT_JSON_INTEGER_MAX; next++)
        faults_manifest_put(&chaos->gaps, &(struct faults_line){.batch = next, .fault = FAULT_GAP});
    return next;
}

/* Of a batch that is made again after a failure the bytes are kept under its own number. */
static bool repeat(const struct chaos *chaos, struct text *csv, uint64_t *rows)
{
    if (chaos->kept_number + 1 != chaos->number && chaos->kept_number != chaos->number)
        return false;
    text_clear(csv);
    text_append(csv, chaos->kept.bytes, chaos->kept.length);
    *rows = chaos->kept_rows;
    return true;
}

/* The first of those that are copies of one another. */
static uint64_t original_of(const struct chaos *chaos, uint64_t number)
{
    while (fault_at(chaos, number) == FAULT_DUPLICATE)
        number--;
    return number;
}

uint64_t chaos_begin(struct chaos *chaos, uint64_t number, struct text *csv, uint64_t *rows)
{
    if (chaos == NULL)
        return number;
    chaos->number = number;
    chaos->plan = faults_plan(&chaos->faults, chaos->seed, number);
    if (chaos->plan.fault != FAULT_DUPLICATE)
        return number;
    return repeat(chaos, csv, rows) ? 0 : original_of(chaos, number);
}

/* Where memory is short, it is made again for the next batch. */
static void keep(struct chaos *chaos, const struct text *csv, uint64_t rows)
{
    text_clear(&chaos->kept);
    text_append(&chaos->kept, csv->bytes, csv->length);
    chaos->kept_number = text_failed(&chaos->kept) ? 0 : chaos->number;
    chaos->kept_rows = rows;
}

static bool states_the_whole(enum fault fault)
{
    return fault == FAULT_TORN || fault == FAULT_CORRUPT;
}

bool chaos_damage(struct chaos *chaos, struct text *csv, uint64_t *rows, size_t columns)
{
    if (chaos == NULL || text_failed(csv))
        return true;
    enum fault fault = chaos->plan.fault;
    if (fault_at(chaos, chaos->number + 1) == FAULT_DUPLICATE)
        keep(chaos, csv, *rows);
    if (states_the_whole(fault)) {
        chaos->whole.bytes = csv->length;
        digest_update(chaos->digest, csv->bytes, csv->length);
        csv->failed = !digest_finish(chaos->digest, chaos->whole.sha256);
    }
    faults_damage(&chaos->plan, csv, rows, columns);
    return fault != FAULT_NOT_A_FILE;
}

/* What is to be done about it when its group is committed, or later. */
static void stage(struct chaos *chaos, const struct text *document)
{
    enum fault fault = chaos->plan.fault;
    struct staged staged = {.item = {.number = chaos->number, .fault = fault}};
    if (fault == FAULT_LATE_METADATA) {
        staged.item.due_ns =
            (int64_t)random_between(&chaos->plan.random, LATE_LEAST_NS, LATE_MOST_NS);
        text_append(&staged.item.document, document->bytes, document->length);
    } else if (fault == FAULT_STRAY_FILE)
        staged.which = (unsigned)random_between(&chaos->plan.random, 0, FAULTS_STRAYS - 1);
    else if (fault == FAULT_NOT_A_FILE)
        staged.which = chaos->plan.other;
    else if (fault != FAULT_REWRITTEN)
        return;
    chaos->staged[chaos->staged_count++] = staged;
}

bool chaos_state(void *context, struct text *document, const struct metadata *metadata)
{
    struct chaos *chaos = context;
    if (!chaos->started) {
        enum fault fault = chaos_past_fault(&chaos->past, metadata->batch);
        faults_state(document, fault, metadata, NULL);
        return fault != FAULT_NO_METADATA;
    }
    enum fault fault = chaos->plan.fault;
    faults_manifest_put(
        &chaos->lines,
        &(struct faults_line){.batch = metadata->batch,
                              .fault = fault,
                              .other = chaos->plan.other,
                              .rows = metadata->record_count,
                              .sha256 = fault == FAULT_NOT_A_FILE ? NULL : metadata->sha256});
    faults_state(document, fault, metadata, states_the_whole(fault) ? &chaos->whole : NULL);
    stage(chaos, document);
    return fault != FAULT_NO_METADATA && fault != FAULT_LATE_METADATA;
}

bool chaos_parts(const struct chaos *chaos, uint64_t number)
{
    if (chaos == NULL)
        return false;
    enum fault next = fault_at(chaos, number + 1);
    return fault_at(chaos, number) == FAULT_DUPLICATE || next == FAULT_NOT_A_FILE ||
           next == FAULT_GAP;
}

/* --- a group --------------------------------------------------------------------------------- */

static int put_object(const struct chaos *chaos, const struct staged *staged,
                      char error[PUBLISH_ERROR_SIZE])
{
    const struct chaos_later_item *item = &staged->item;
    int result = 0;
    if (item->fault == FAULT_NOT_A_FILE)
        result = faults_put_no_file(chaos->directory_fd, item->number, staged->which == 1);
    else if (item->fault == FAULT_STRAY_FILE)
        result = faults_put_stray(chaos->directory_fd, item->number, staged->which);
    int saved_errno = errno;
    if (result != 0)
        (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot put %s of batch %" PRIu64 ": %s",
                       faults_word(item->fault), item->number, strerror(saved_errno));
    errno = saved_errno;
    return result;
}

/* A number that was left out and found no memory for its line stays without one. */
static int write_down_gaps(struct chaos *chaos, char error[PUBLISH_ERROR_SIZE])
{
    int result = faults_manifest_append(chaos->manifest, &chaos->gaps, error);
    if (result == 0 || text_failed(&chaos->gaps))
        text_clear(&chaos->gaps);
    return result;
}

int chaos_write_down(struct chaos *chaos, char error[PUBLISH_ERROR_SIZE])
{
    if (chaos == NULL)
        return 0;
    if (write_down_gaps(chaos, error) != 0 ||
        faults_manifest_append(chaos->manifest, &chaos->lines, error) != 0)
        return -1;
    for (size_t i = 0; i < chaos->staged_count; i++)
        if (put_object(chaos, &chaos->staged[i], error) != 0)
            return -1;
    return 0;
}

void chaos_published(struct chaos *chaos, int64_t now_ns)
{
    if (chaos == NULL)
        return;
    for (size_t i = 0; i < chaos->staged_count; i++) {
        struct chaos_later_item *item = &chaos->staged[i].item;
        item->due_ns += now_ns;
        /* Where memory is short, the next start does it. */
        if (item->fault != FAULT_NOT_A_FILE && !text_failed(&item->document))
            (void)chaos_later_add(&chaos->later, item);
    }
    chaos_abandon(chaos);
}

void chaos_abandon(struct chaos *chaos)
{
    if (chaos == NULL)
        return;
    for (size_t i = 0; i < chaos->staged_count; i++)
        text_free(&chaos->staged[i].item.document);
    chaos->staged_count = 0;
    text_clear(&chaos->lines);
}

/* --- what comes later ------------------------------------------------------------------------ */

bool chaos_holds(const struct chaos *chaos, uint64_t number)
{
    return chaos != NULL && chaos_later_holds(&chaos->later, number);
}

bool chaos_release(struct chaos *chaos, uint64_t *number)
{
    return chaos != NULL && chaos_later_release(&chaos->later, number);
}

int64_t chaos_deadline(const struct chaos *chaos)
{
    return chaos == NULL ? WAIT_FOREVER : chaos_later_deadline(&chaos->later);
}

int chaos_publish_late(struct chaos *chaos, int64_t now_ns, char error[PUBLISH_ERROR_SIZE])
{
    if (chaos == NULL)
        return 0;
    return chaos_later_publish(&chaos->later, chaos->directory_fd, now_ns, error);
}

int chaos_follow(struct chaos *chaos, const struct processed_logs *log,
                 char error[PUBLISH_ERROR_SIZE])
{
    if (chaos == NULL)
        return 0;
    return chaos_later_follow(&chaos->later, chaos->directory_fd, log, chaos->manifest, error);
}
