#include "common/processed_index.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract.h"

struct processed_index {
    struct shard shard;
    struct keyset ranges; /* places (see shard) of numbers that were processed */
    void *exceptions;     /* tsearch(3) tree of struct processed_entry, by key */
    struct processed_totals totals;
    uint64_t last_number;
    processed_index_judged *judged; /* NULL: nobody watches */
    void *judged_context;
};

/* What stands about each key of a range. */
static const struct processed_entry OF_A_RANGE = {.outcome = OUTCOME_PROCESSED};

struct processed_index *processed_index_create(struct shard shard)
{
    struct processed_index *index = calloc(1, sizeof *index);
    if (index != NULL)
        index->shard = shard;
    return index;
}

static void free_entry(void *pointer)
{
    struct processed_entry *entry = pointer;
    free(entry->key);
    free(entry);
}

void processed_index_free(struct processed_index *index)
{
    if (index == NULL)
        return;
    tdestroy(index->exceptions, free_entry);
    keyset_free(&index->ranges);
    free(index);
}

/* ---- the exceptions ---- */

static int compare_entries(const void *left, const void *right)
{
    return strcmp(((const struct processed_entry *)left)->key,
                  ((const struct processed_entry *)right)->key);
}

static struct processed_entry *find_exception(const struct processed_index *index, const char *key)
{
    struct processed_entry probe = {.key = (char *)(uintptr_t)key};
    void *node = tfind(&probe, &index->exceptions, compare_entries);
    return node == NULL ? NULL : *(struct processed_entry **)node;
}

static struct processed_entry *add_exception(struct processed_index *index, const char *key)
{
    struct processed_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->outcome = OUTCOME_PROCESSED;
    entry->key = strdup(key);
    if (entry->key == NULL || tsearch(entry, &index->exceptions, compare_entries) == NULL) {
        free_entry(entry);
        return NULL;
    }
    return entry;
}

static void remove_exception(struct processed_index *index, struct processed_entry *entry)
{
    if (entry == NULL)
        return;
    (void)tdelete(entry, &index->exceptions, compare_entries);
    free_entry(entry);
}

/* False for what can be in no range. */
static bool find_place(const struct processed_index *index, const char *key, uint64_t *place)
{
    uint64_t number;
    return contract_key_number(key, &number) && shard_place(index->shard, number, place);
}

static bool is_in_a_range(const struct processed_index *index, const char *key)
{
    uint64_t place;
    return find_place(index, key, &place) && keyset_has(&index->ranges, place);
}

/* ---- taking in ---- */

static void copy_hash(char to[DIGEST_HEX_SIZE], const char *sha256)
{
    (void)snprintf(to, DIGEST_HEX_SIZE, "%s", sha256);
}

/* The entry to write into, made if there is none: then that of a range, which was processed. */
static struct processed_entry *exception_for(struct processed_index *index, const char *key)
{
    struct processed_entry *entry = find_exception(index, key);
    return entry != NULL ? entry : add_exception(index, key);
}

static bool take_changed(struct processed_index *index, const struct processed_record *record)
{
    bool known = processed_index_find(index, record->key) != NULL;
    struct processed_entry *entry = exception_for(index, record->key);
    if (entry == NULL)
        return false;
    if (!known)
        entry->outcome = OUTCOME_CHANGED;
    entry->changed = true;
    copy_hash(entry->changed_sha256, record->sha256);
    return true;
}

static void tell(const struct processed_index *index, const char *key, enum verdict before)
{
    if (index->judged != NULL)
        index->judged(index->judged_context, index, key, before);
}

static void decide(struct processed_entry *entry, const struct processed_record *record)
{
    entry->outcome = record->outcome;
    entry->reason = record->rejection == NULL ? REASON_NONE : record->rejection->reason;
    entry->changed = false;
    entry->changed_sha256[0] = '\0';
    copy_hash(entry->sha256, record->sha256);
}

/* What was processed is final: where two instances met, the second record says the same. */
static bool take_rejected(struct processed_index *index, const struct processed_record *record)
{
    const struct processed_entry *standing = processed_index_find(index, record->key);
    if (standing != NULL && standing->outcome == OUTCOME_PROCESSED)
        return true;
    bool was_rejected = standing != NULL && standing->outcome == OUTCOME_REJECTED;
    struct processed_entry *entry = exception_for(index, record->key);
    if (entry == NULL)
        return false;
    decide(entry, record);
    if (was_rejected)
        return true;
    index->totals.rejected++;
    tell(index, record->key, VERDICT_NONE);
    return true;
}

static bool keep_processed(struct processed_index *index, const struct processed_record *record)
{
    uint64_t place;
    if (find_place(index, record->key, &place)) {
        if (!keyset_add(&index->ranges, place))
            return false;
        remove_exception(index, find_exception(index, record->key));
        return true;
    }
    struct processed_entry *entry = exception_for(index, record->key);
    if (entry != NULL)
        decide(entry, record);
    return entry != NULL;
}

static bool take_processed(struct processed_index *index, const struct processed_record *record)
{
    const struct processed_entry *standing = processed_index_find(index, record->key);
    bool rejected = standing != NULL && standing->outcome == OUTCOME_REJECTED;
    /* Counted already, but the newest content stands. */
    bool again = standing != NULL && standing->outcome == OUTCOME_PROCESSED;
    if (!keep_processed(index, record))
        return false;
    if (again)
        return true;
    index->totals.processed++;
    index->totals.rejected -= rejected ? 1 : 0;
    index->totals.rows += record->rows;
    index->totals.bytes += record->bytes;
    tell(index, record->key, rejected ? VERDICT_REJECTED : VERDICT_NONE);
    return true;
}

bool processed_index_take(struct processed_index *index, const struct processed_record *record)
{
    uint64_t number;
    bool taken = false;
    switch (record->outcome) {
    case OUTCOME_PROCESSED: taken = take_processed(index, record); break;
    case OUTCOME_REJECTED: taken = take_rejected(index, record); break;
    case OUTCOME_CHANGED: return take_changed(index, record);
    }
    if (taken && contract_key_number(record->key, &number) && number > index->last_number)
        index->last_number = number;
    return taken;
}

/* ---- asking ---- */

const struct processed_entry *processed_index_find(const struct processed_index *index,
                                                   const char *key)
{
    const struct processed_entry *entry = find_exception(index, key);
    if (entry != NULL)
        return entry;
    return is_in_a_range(index, key) ? &OF_A_RANGE : NULL;
}

static enum verdict verdict_of(const struct processed_entry *entry)
{
    if (entry == NULL || entry->outcome == OUTCOME_CHANGED)
        return VERDICT_NONE;
    return entry->outcome == OUTCOME_PROCESSED ? VERDICT_PROCESSED : VERDICT_REJECTED;
}

enum verdict processed_index_verdict(const struct processed_index *index, const char *key)
{
    return verdict_of(processed_index_find(index, key));
}

struct shard processed_index_shard(const struct processed_index *index)
{
    return index->shard;
}

void processed_index_watch(struct processed_index *index, processed_index_judged *judged,
                           void *context)
{
    index->judged = judged;
    index->judged_context = context;
}

const struct processed_totals *processed_index_totals(const struct processed_index *index)
{
    return &index->totals;
}

uint64_t processed_index_last_number(const struct processed_index *index)
{
    return index->last_number;
}

/* ---- two of them ---- */

struct meeting {
    const struct processed_index *other;
    const struct processed_index *passed; /* whose exceptions were handed on before; or NULL */
    processed_index_each *each;
    void *context;
};

static void meet_exception(const void *node, VISIT visit, void *context)
{
    const struct processed_entry *entry = *(struct processed_entry *const *)node;
    const struct meeting *meeting = context;
    if (visit != postorder && visit != leaf)
        return;
    if (meeting->passed != NULL && find_exception(meeting->passed, entry->key) != NULL)
        return;
    if (verdict_of(entry) != VERDICT_NONE &&
        processed_index_verdict(meeting->other, entry->key) != VERDICT_NONE)
        meeting->each(meeting->context, entry->key);
}

/* Of the numbers from `first` to `last`, which both have in a range where they own them. */
static void meet_numbers(const struct processed_index *left, const struct processed_index *right,
                         uint64_t first, uint64_t last, const struct meeting *meeting)
{
    char key[CONTRACT_KEY_MAX + 1];
    uint64_t number = 0;
    uint64_t step = shard_common_step(left->shard, right->shard);
    if (!shard_first_common(left->shard, right->shard, first, last, &number))
        return;
    for (;; number += step) {
        (void)snprintf(key, sizeof key, "%" PRIu64, number);
        if (find_exception(left, key) == NULL && find_exception(right, key) == NULL)
            meeting->each(meeting->context, key);
        if (last - number < step)
            return;
    }
}

static struct keyset_range numbers_of(const struct processed_index *index, size_t range)
{
    const struct keyset_range *places = &index->ranges.ranges[range];
    return (struct keyset_range){shard_number(index->shard, places->first),
                                 shard_number(index->shard, places->last)};
}

static void meet_ranges(const struct processed_index *left, const struct processed_index *right,
                        const struct meeting *meeting)
{
    for (size_t i = 0, j = 0; i < left->ranges.count && j < right->ranges.count;) {
        struct keyset_range a = numbers_of(left, i);
        struct keyset_range b = numbers_of(right, j);
        uint64_t first = a.first > b.first ? a.first : b.first;
        uint64_t last = a.last < b.last ? a.last : b.last;
        if (first <= last)
            meet_numbers(left, right, first, last, meeting);
        if (a.last < b.last)
            i++;
        else
            j++;
    }
}

void processed_index_shared(const struct processed_index *left, const struct processed_index *right,
                            processed_index_each *each, void *context)
{
    struct meeting meeting = {.other = right, .each = each, .context = context};
    twalk_r(left->exceptions, meet_exception, &meeting);
    meet_ranges(left, right, &meeting);
    meeting.other = left;
    meeting.passed = left;
    twalk_r(right->exceptions, meet_exception, &meeting);
}

/* ---- the checkpoint ---- */

void processed_index_write_ranges(const struct processed_index *index, struct text *ranges)
{
    keyset_write(&index->ranges, ranges);
}

struct writing {
    const struct processed_index *index;
    struct text *lines;
    size_t count;
};

static void write_line(struct writing *writing, const struct processed_entry *entry,
                       enum outcome outcome, const char *sha256)
{
    struct rejection rejection = {.reason = entry->reason};
    struct processed_record record = {.key = entry->key,
                                      .file = "",
                                      .outcome = outcome,
                                      .rejection = &rejection,
                                      .sha256 = sha256,
                                      .plot = PLOT_NONE};
    processed_record_write(writing->lines, &record);
    writing->count++;
}

static void write_exception(const void *node, VISIT visit, void *context)
{
    const struct processed_entry *entry = *(struct processed_entry *const *)node;
    struct writing *writing = context;
    if (visit != postorder && visit != leaf)
        return;
    if (!is_in_a_range(writing->index, entry->key) && entry->outcome != OUTCOME_CHANGED)
        write_line(writing, entry, entry->outcome, entry->sha256);
    if (entry->changed)
        write_line(writing, entry, OUTCOME_CHANGED, entry->changed_sha256);
}

size_t processed_index_write_exceptions(const struct processed_index *index, struct text *lines)
{
    struct writing writing = {.index = index, .lines = lines};
    twalk_r(index->exceptions, write_exception, &writing);
    return writing.count;
}

bool processed_index_restore(struct processed_index *index, const char *ranges)
{
    if (!keyset_read(&index->ranges, ranges))
        return false;
    if (index->ranges.count > 0)
        index->last_number = shard_number(index->shard, keyset_last(&index->ranges));
    return true;
}

void processed_index_set_totals(struct processed_index *index,
                                const struct processed_totals *totals)
{
    index->totals = *totals;
}
