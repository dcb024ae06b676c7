#include "consumer/siblings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "consumer/signature.h"

struct sibling {
    struct shard shard;
    struct ledger *ledger;
    struct signature file; /* what the ledger was taken from */
    uint64_t log_bytes;    /* of which the ledger is, of a shard that does not run */
};

struct siblings {
    int results_fd;
    struct shard own;
    struct sibling *items; /* in the order of their shards */
    size_t count;
};

struct siblings *siblings_create(int results_fd, struct shard own)
{
    struct siblings *siblings = calloc(1, sizeof *siblings);
    if (siblings == NULL)
        return NULL;
    siblings->results_fd = results_fd;
    siblings->own = own;
    return siblings;
}

void siblings_free(struct siblings *siblings)
{
    if (siblings == NULL)
        return;
    for (size_t i = 0; i < siblings->count; i++)
        ledger_free(siblings->items[i].ledger);
    free(siblings->items);
    free(siblings);
}

/* ---- following ---- */

static bool is_before(struct shard left, struct shard right)
{
    return left.count != right.count ? left.count < right.count : left.index < right.index;
}

/* NULL when memory is short. */
static struct sibling *find_or_add(struct siblings *siblings, struct shard shard)
{
    size_t at = siblings->count;
    for (size_t i = 0; i < siblings->count; i++)
        if (shard_is_same(siblings->items[i].shard, shard))
            return &siblings->items[i];
    struct sibling *grown = reallocarray(siblings->items, siblings->count + 1, sizeof *grown);
    if (grown == NULL)
        return NULL;
    siblings->items = grown;
    for (siblings->count++; at > 0 && is_before(shard, grown[at - 1].shard); at--)
        grown[at] = grown[at - 1];
    grown[at] = (struct sibling){.shard = shard};
    return &grown[at];
}

/* What it kept, or a new one where that cannot be used. */
static void take_ledger(const struct siblings *siblings, struct sibling *sibling)
{
    struct ledger *ledger = ledger_create(siblings->results_fd, sibling->shard);
    if (ledger == NULL)
        return;
    (void)ledger_recall(ledger);
    ledger_free(sibling->ledger);
    sibling->ledger = ledger;
    sibling->log_bytes = 0;
}

static bool follow(const struct siblings *siblings, struct sibling *sibling, uint64_t log_bytes)
{
    char name[CONTRACT_NAME_SIZE];
    bool news = false;
    shard_file(name, CONTRACT_TOTALS_STATE, sibling->shard);
    struct signature now = signature_read(siblings->results_fd, name);
    if (sibling->ledger == NULL || !signature_is_same(&now, &sibling->file)) {
        take_ledger(siblings, sibling);
        sibling->file = now;
        news = true;
    }
    if (log_bytes == sibling->log_bytes || shard_runs(siblings->results_fd, sibling->shard))
        return news;
    if (sibling->log_bytes != 0)
        take_ledger(siblings, sibling);
    if (sibling->ledger != NULL) {
        ledger_begin(sibling->ledger, log_bytes);
        sibling->log_bytes = log_bytes;
    }
    return news;
}

bool siblings_follow(struct siblings *siblings, const struct processed_logs *logs)
{
    const struct processed_log *log = NULL;
    bool news = false;
    for (size_t i = 0; (log = processed_logs_at(logs, i)) != NULL; i++) {
        struct shard shard = processed_log_shard(log);
        if (shard_is_same(shard, siblings->own) || processed_log_bytes(log) == 0)
            continue;
        struct sibling *sibling = find_or_add(siblings, shard);
        if (sibling != NULL && follow(siblings, sibling, processed_log_bytes(log)))
            news = true;
    }
    return news;
}

bool siblings_are_there(const struct siblings *siblings)
{
    return siblings->count > 0;
}

/* ---- catching up ---- */

static bool is_behind(const struct sibling *sibling)
{
    return sibling->ledger != NULL && ledger_is_behind(sibling->ledger);
}

bool siblings_are_behind(const struct siblings *siblings)
{
    for (size_t i = 0; i < siblings->count; i++)
        if (is_behind(&siblings->items[i]))
            return true;
    return false;
}

bool siblings_catch_up(struct siblings *siblings, ledger_reread *reread, void *context)
{
    for (size_t i = 0; i < siblings->count; i++)
        if (is_behind(&siblings->items[i])) {
            (void)ledger_catch_up(siblings->items[i].ledger, reread, context);
            break;
        }
    return siblings_are_behind(siblings);
}

/* ---- merging ---- */

static bool merge(const struct ledger *ledger, struct totals *into)
{
    return ledger_is_sound(ledger) && totals_merge(into, ledger_totals(ledger));
}

bool siblings_merge(const struct siblings *siblings, const struct ledger *own, struct totals *into)
{
    bool merged = true;
    bool own_is_next = true;
    for (size_t i = 0; i < siblings->count && merged; i++) {
        const struct sibling *sibling = &siblings->items[i];
        if (own_is_next && is_before(siblings->own, sibling->shard)) {
            own_is_next = false;
            merged = merge(own, into);
        }
        if (sibling->ledger != NULL)
            merged = merged && merge(sibling->ledger, into);
    }
    return merged && (!own_is_next || merge(own, into));
}
