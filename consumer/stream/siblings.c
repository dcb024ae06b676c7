#include "consumer/stream/siblings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/number.h"
#include "consumer/stream/signature.h"

/* For taking in what others have kept, when there may be batches that wait. */
#define TAKING_NS (5 * NUMBER_NS_PER_MS)

struct sibling {
    struct shard shard;
    struct ledger *ledger; /* NULL: not taken in yet, or merged with those of its family */
    struct signature file; /* what the ledger was taken from, */
    bool is_stale;         /* if it is not to be taken anew */
    uint64_t log_bytes;    /* so long is the log; */
    bool is_unkept;        /* something was read again, and could not be kept */
    uint64_t ended_bytes;  /* so long it was when its shard was found ended; 0: it runs */
};

/* The shards of one N. */
struct family {
    uint32_t count;
    struct sibling *siblings; /* those that have a log, in their order */
    size_t sibling_count;
    struct totals *merged; /* NULL unless all have ended, and nothing is to be read again */
};

struct siblings {
    int results_fd;
    struct shard own;
    const struct processed_logs *logs;
    struct family *families; /* by their count */
    size_t count;
};

/* NULL when memory is short. */
static struct family *find_or_add_family(struct siblings *siblings, uint32_t count)
{
    size_t at = siblings->count;
    for (size_t i = 0; i < siblings->count; i++)
        if (siblings->families[i].count == count)
            return &siblings->families[i];
    struct family *grown = reallocarray(siblings->families, siblings->count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    siblings->families = grown;
    for (siblings->count++; at > 0 && count < grown[at - 1].count; at--)
        grown[at] = grown[at - 1];
    grown[at] = (struct family){.count = count};
    return &grown[at];
}

/* NULL when memory is short. */
static struct sibling *find_or_add(struct family *family, struct shard shard)
{
    size_t at = family->sibling_count;
    for (size_t i = 0; i < family->sibling_count; i++)
        if (shard_is_same(family->siblings[i].shard, shard))
            return &family->siblings[i];
    struct sibling *grown =
        reallocarray(family->siblings, family->sibling_count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    family->siblings = grown;
    for (family->sibling_count++; at > 0 && shard_is_before(shard, grown[at - 1].shard); at--)
        grown[at] = grown[at - 1];
    grown[at] = (struct sibling){.shard = shard};
    return &grown[at];
}

struct siblings *siblings_create(int results_fd, struct shard own,
                                 const struct processed_logs *logs)
{
    struct siblings *siblings = calloc(1, sizeof *siblings);
    if (siblings == NULL)
        return NULL;
    siblings->results_fd = results_fd;
    siblings->own = own;
    siblings->logs = logs;
    if (find_or_add_family(siblings, own.count) != NULL)
        return siblings;
    siblings_free(siblings);
    return NULL;
}

static void drop_ledgers(struct family *family)
{
    for (size_t i = 0; i < family->sibling_count; i++) {
        ledger_free(family->siblings[i].ledger);
        family->siblings[i].ledger = NULL;
    }
}

void siblings_free(struct siblings *siblings)
{
    if (siblings == NULL)
        return;
    for (size_t i = 0; i < siblings->count; i++) {
        drop_ledgers(&siblings->families[i]);
        totals_free(siblings->families[i].merged);
        free(siblings->families[i].siblings);
    }
    free(siblings->families);
    free(siblings);
}

bool siblings_are_there(const struct siblings *siblings)
{
    for (size_t i = 0; i < siblings->count; i++)
        if (siblings->families[i].sibling_count > 0)
            return true;
    return false;
}

/* ---- what is new ---- */

static struct signature look_at_file(const struct siblings *siblings, const struct sibling *sibling)
{
    char name[CONTRACT_NAME_SIZE];
    shard_file(name, CONTRACT_TOTALS_STATE, sibling->shard);
    return signature_read(siblings->results_fd, name);
}

static bool is_news(const struct siblings *siblings, const struct family *family,
                    const struct sibling *sibling)
{
    struct signature now = look_at_file(siblings, sibling);
    return (sibling->ledger == NULL && family->merged == NULL) ||
           !signature_is_same(&now, &sibling->file) ||
           (sibling->log_bytes != sibling->ended_bytes &&
            !shard_runs(siblings->results_fd, sibling->shard));
}

static void note_news(struct family *family, struct sibling *sibling)
{
    sibling->is_stale = true;
    for (size_t i = 0; i < family->sibling_count && family->merged != NULL; i++)
        family->siblings[i].is_stale = true;
    totals_free(family->merged);
    family->merged = NULL;
}

static void look_for_news(struct siblings *siblings)
{
    const struct processed_log *log = NULL;
    for (size_t i = 0; (log = processed_logs_at(siblings->logs, i)) != NULL; i++) {
        struct shard shard = processed_log_shard(log);
        if (shard_is_same(shard, siblings->own) || processed_log_bytes(log) == 0)
            continue;
        struct family *family = find_or_add_family(siblings, shard.count);
        struct sibling *sibling = family == NULL ? NULL : find_or_add(family, shard);
        if (sibling == NULL)
            continue;
        sibling->log_bytes = processed_log_bytes(log);
        if (sibling->ledger != NULL)
            ledger_try_again(sibling->ledger);
        if (is_news(siblings, family, sibling))
            note_news(family, sibling);
    }
}

/* ---- taking it in ---- */

/* What it kept, or a new one where that cannot be used; when memory is short, at the next look. */
static void take(const struct siblings *siblings, struct sibling *sibling)
{
    sibling->is_stale = sibling->is_unkept = false;
    sibling->file = look_at_file(siblings, sibling);
    ledger_free(sibling->ledger);
    sibling->ledger = ledger_create(siblings->results_fd, sibling->shard, siblings->logs);
    sibling->ended_bytes = 0;
    if (sibling->ledger == NULL)
        return;
    (void)ledger_recall(sibling->ledger);
    if (shard_runs(siblings->results_fd, sibling->shard))
        return;
    ledger_begin(sibling->ledger, sibling->log_bytes);
    sibling->ended_bytes = sibling->log_bytes;
}

static bool is_done_with(const struct sibling *sibling)
{
    return sibling->ledger != NULL && !sibling->is_stale && !sibling->is_unkept &&
           sibling->ended_bytes > 0 && ledger_is_whole(sibling->ledger);
}

/* Of a family that has ended nothing more comes. */
static void merge_ended(const struct siblings *siblings, struct family *family)
{
    if (family->count == siblings->own.count)
        return;
    for (size_t i = 0; i < family->sibling_count; i++)
        if (!is_done_with(&family->siblings[i]))
            return;
    struct totals *merged = totals_create();
    bool sound = merged != NULL;
    for (size_t i = 0; i < family->sibling_count && sound; i++)
        sound = totals_merge(merged, ledger_totals(family->siblings[i].ledger));
    if (!sound) {
        totals_free(merged);
        return;
    }
    family->merged = merged;
    drop_ledgers(family);
}

static bool is_behind(const struct sibling *sibling)
{
    return sibling->is_stale || (sibling->ledger != NULL && ledger_is_behind(sibling->ledger));
}

/* The first that `which` says, and its family; NULL where there is none. */
static struct sibling *find(const struct siblings *siblings,
                            bool (*which)(const struct sibling *sibling), struct family **family)
{
    for (size_t i = 0; i < siblings->count; i++) {
        *family = &siblings->families[i];
        for (size_t j = 0; j < (*family)->sibling_count; j++)
            if (which(&(*family)->siblings[j]))
                return &(*family)->siblings[j];
    }
    return NULL;
}

static bool is_stale(const struct sibling *sibling)
{
    return sibling->is_stale;
}

bool siblings_follow(struct siblings *siblings)
{
    struct family *family = NULL;
    struct sibling *sibling = NULL;
    int64_t until_ns = clock_now_ns() + TAKING_NS;
    bool taken = false;
    look_for_news(siblings);
    while ((!taken || clock_now_ns() < until_ns) &&
           (sibling = find(siblings, is_stale, &family)) != NULL) {
        take(siblings, sibling);
        merge_ended(siblings, family);
        taken = true;
    }
    return taken;
}

bool siblings_have_news(const struct siblings *siblings)
{
    struct family *family = NULL;
    return find(siblings, is_stale, &family) != NULL;
}

bool siblings_are_behind(const struct siblings *siblings)
{
    struct family *family = NULL;
    return find(siblings, is_behind, &family) != NULL;
}

static bool is_log_as_it_was(const struct siblings *siblings, const struct sibling *sibling)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    shard_file(name, CONTRACT_PROCESSED_LOG, sibling->shard);
    return fstatat(siblings->results_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (uint64_t)status.st_size == sibling->ended_bytes;
}

/* Whoever holds its lock is the shard, and writes its files. */
static bool keep_as(const struct siblings *siblings, struct sibling *sibling,
                    const struct text *file)
{
    char lock[CONTRACT_NAME_SIZE];
    char name[CONTRACT_NAME_SIZE];
    shard_lock_file(lock, sibling->shard);
    ledger_file(sibling->ledger, name);
    int lock_fd = fileio_lock(siblings->results_fd, lock);
    if (lock_fd < 0)
        return false;
    struct signature now = look_at_file(siblings, sibling);
    bool kept = signature_is_same(&now, &sibling->file) && is_log_as_it_was(siblings, sibling) &&
                fileio_replace_text(siblings->results_fd, name, file, FILEIO_DERIVED) == 0;
    if (kept)
        sibling->file = look_at_file(siblings, sibling);
    (void)close(lock_fd);
    return kept;
}

static void keep(const struct siblings *siblings, struct sibling *sibling)
{
    struct text file = {0};
    sibling->is_unkept = !ledger_pack(sibling->ledger, &file) || text_failed(&file) ||
                         !keep_as(siblings, sibling, &file);
    text_free(&file);
}

bool siblings_catch_up(struct siblings *siblings, ledger_reread *reread, void *context)
{
    struct family *family = NULL;
    struct sibling *sibling = find(siblings, is_behind, &family);
    if (sibling == NULL)
        return false;
    if (sibling->is_stale)
        take(siblings, sibling);
    else if (!ledger_catch_up(sibling->ledger, reread, context) && ledger_is_whole(sibling->ledger))
        keep(siblings, sibling);
    merge_ended(siblings, family);
    return siblings_are_behind(siblings);
}

/* ---- merging ---- */

static bool is_missing(const struct sibling *sibling)
{
    return sibling->is_stale && sibling->ledger == NULL;
}

bool siblings_are_complete(const struct siblings *siblings)
{
    struct family *family = NULL;
    return find(siblings, is_missing, &family) == NULL;
}

static bool merge(const struct ledger *ledger, struct totals *into)
{
    return ledger_is_sound(ledger) && totals_merge(into, ledger_totals(ledger));
}

/* `own` is NULL in another family than one's own. */
static bool merge_members(const struct family *family, struct shard own_shard,
                          const struct ledger *own, struct totals *into)
{
    bool merged = true;
    for (size_t i = 0; i < family->sibling_count && merged; i++) {
        const struct sibling *sibling = &family->siblings[i];
        if (own != NULL && shard_is_before(own_shard, sibling->shard)) {
            merged = merge(own, into);
            own = NULL;
        }
        if (sibling->ledger != NULL)
            merged = merged && merge(sibling->ledger, into);
    }
    return merged && (own == NULL || merge(own, into));
}

/* A family is always merged by itself first: so it makes no difference when that was done. */
static bool merge_family(const struct siblings *siblings, const struct family *family,
                         const struct ledger *own, struct totals *into)
{
    if (family->merged != NULL)
        return totals_merge(into, family->merged);
    struct totals *together = totals_create();
    bool merged = together != NULL && merge_members(family, siblings->own, own, together) &&
                  totals_merge(into, together);
    totals_free(together);
    return merged;
}

bool siblings_merge(const struct siblings *siblings, const struct ledger *own, struct totals *into)
{
    bool merged = true;
    for (size_t i = 0; i < siblings->count && merged; i++) {
        const struct family *family = &siblings->families[i];
        merged =
            merge_family(siblings, family, family->count == siblings->own.count ? own : NULL, into);
    }
    return merged;
}
