#include "common/processed_index.h"

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
    if (!was_rejected)
        index->totals.rejected++;
    decide(entry, record);
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

const struct processed_totals *processed_index_totals(const struct processed_index *index)
{
    return &index->totals;
}

uint64_t processed_index_last_number(const struct processed_index *index)
{
    return index->last_number;
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
