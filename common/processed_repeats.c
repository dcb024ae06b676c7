#include "common/processed_repeats.h"

#include <stdlib.h>

struct verdicts {
    uint64_t processed, rejected;
};

struct processed_repeats {
    struct processed_index **indexes;
    size_t count;
    struct verdicts surplus; /* of sums over all of them */
};

struct processed_repeats *processed_repeats_create(void)
{
    return calloc(1, sizeof(struct processed_repeats));
}

void processed_repeats_clear(struct processed_repeats *repeats)
{
    for (size_t i = 0; i < repeats->count; i++)
        processed_index_watch(repeats->indexes[i], NULL, NULL);
    repeats->count = 0;
    repeats->surplus = (struct verdicts){0};
}

void processed_repeats_free(struct processed_repeats *repeats)
{
    if (repeats == NULL)
        return;
    processed_repeats_clear(repeats);
    free(repeats->indexes);
    free(repeats);
}

/* ---- one key ---- */

static void count_verdict(struct verdicts *verdicts, enum verdict verdict)
{
    verdicts->processed += verdict == VERDICT_PROCESSED ? 1 : 0;
    verdicts->rejected += verdict == VERDICT_REJECTED ? 1 : 0;
}

static bool may_share(const struct processed_index *index, struct shard shard)
{
    return processed_index_shard(index).count != shard.count;
}

/* What the first `most` indexes say of a key, those of this shard's N left out. */
static struct verdicts ask(const struct processed_repeats *repeats, size_t most, struct shard shard,
                           const char *key)
{
    struct verdicts verdicts = {0};
    for (size_t i = 0; i < most; i++)
        if (may_share(repeats->indexes[i], shard))
            count_verdict(&verdicts, processed_index_verdict(repeats->indexes[i], key));
    return verdicts;
}

/* All but one that it was processed, and where none says so, but one that it was rejected. */
static struct verdicts surplus_of(struct verdicts verdicts)
{
    if (verdicts.processed > 0)
        verdicts.processed--;
    else if (verdicts.rejected > 0)
        verdicts.rejected--;
    return verdicts;
}

/* One index has changed its verdict, and others have theirs. */
static void note(struct processed_repeats *repeats, struct verdicts others, enum verdict before,
                 enum verdict now)
{
    struct verdicts then = others;
    count_verdict(&then, before);
    count_verdict(&others, now);
    then = surplus_of(then);
    others = surplus_of(others);
    repeats->surplus.processed += others.processed - then.processed;
    repeats->surplus.rejected += others.rejected - then.rejected;
}

static void on_judged(void *context, const struct processed_index *index, const char *key,
                      enum verdict before)
{
    struct processed_repeats *repeats = context;
    struct shard shard = processed_index_shard(index);
    note(repeats, ask(repeats, repeats->count, shard, key), before,
         processed_index_verdict(index, key));
}

/* ---- joining ---- */

struct joining {
    struct processed_repeats *repeats; /* the last of which joins; */
    size_t other;                      /* this one has the key as well */
};

static void join_key(void *context, const char *key)
{
    const struct joining *joining = context;
    struct processed_repeats *repeats = joining->repeats;
    const struct processed_index *index = repeats->indexes[repeats->count - 1];
    struct shard shard = processed_index_shard(index);
    struct verdicts earlier = ask(repeats, joining->other, shard, key);
    if (earlier.processed + earlier.rejected == 0) /* else it came with one of them */
        note(repeats, ask(repeats, repeats->count - 1, shard, key), VERDICT_NONE,
             processed_index_verdict(index, key));
}

bool processed_repeats_join(struct processed_repeats *repeats, struct processed_index *index)
{
    struct processed_index **grown =
        reallocarray(repeats->indexes, repeats->count + 1, sizeof(struct processed_index *));
    if (grown == NULL)
        return false;
    repeats->indexes = grown;
    grown[repeats->count++] = index;
    for (size_t i = 0; i + 1 < repeats->count; i++) {
        struct joining joining = {.repeats = repeats, .other = i};
        if (may_share(grown[i], processed_index_shard(index)))
            processed_index_shared(index, grown[i], join_key, &joining);
    }
    processed_index_watch(index, on_judged, repeats);
    return true;
}

/* ---- asking ---- */

uint64_t processed_repeats_count(const struct processed_repeats *repeats, enum outcome outcome)
{
    return outcome == OUTCOME_PROCESSED  ? repeats->surplus.processed
           : outcome == OUTCOME_REJECTED ? repeats->surplus.rejected
                                         : 0;
}

bool processed_repeats_have_elsewhere(const struct processed_repeats *repeats, struct shard shard,
                                      const char *key)
{
    return ask(repeats, repeats->count, shard, key).processed > 0;
}
