#include "consumer/stream/chronicle.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/wait.h"
#include "consumer/stream/account_recall.h"
#include "consumer/stream/marks.h"

/*
 * Before the newest ones, so many more are judged again, for the marks of the first of them: its
 * band is of one window, and whether it leaves it often depends on the bands of that window.
 */
#define JUDGED_AGAIN (CHRONICLE_NEWEST + 2 * MARKS_WINDOW)

/*
 * In which order records came: those of the own log as they were decided, those of others when they
 * were seen. Ages say it otherwise, and who went by them after a restart would put other batches on
 * the next page than were not on the last one.
 */
struct arrivals {
    uint32_t sources[JUDGED_AGAIN]; /* a ring of places among the sources, with REPEATED */
    size_t count;
    size_t next;
};
/* The record told of nothing new. */
#define REPEATED (UINT32_C(1) << 31)

struct chronicle {
    int results_fd;
    struct shard own;
    struct chronicle_calls calls;
    struct sources sources;
    struct arrivals arrivals;
    int64_t until_ns; /* catching up gives way then */
    bool moved; /* in this step by a record at least, so that it ends, however slow the disk is */
    uint64_t total;
    struct marks *marks;
    struct trend *trend;
    struct account *newest; /* a ring of CHRONICLE_NEWEST */
    size_t count;
    size_t next; /* place in the ring */
};

struct chronicle *chronicle_create(int results_fd, struct shard own,
                                   const struct chronicle_calls *calls)
{
    struct chronicle *chronicle = calloc(1, sizeof *chronicle);
    if (chronicle == NULL)
        return NULL;
    chronicle->results_fd = results_fd;
    chronicle->own = own;
    chronicle->calls = *calls;
    chronicle->sources.results_fd = results_fd;
    chronicle->newest = calloc(CHRONICLE_NEWEST, sizeof *chronicle->newest);
    chronicle->marks = marks_create();
    chronicle->trend = trend_create();
    if (chronicle->newest != NULL && chronicle->marks != NULL && chronicle->trend != NULL)
        return chronicle;
    chronicle_free(chronicle);
    return NULL;
}

void chronicle_free(struct chronicle *chronicle)
{
    if (chronicle == NULL)
        return;
    marks_free(chronicle->marks);
    trend_free(chronicle->trend);
    sources_free(&chronicle->sources);
    free(chronicle->newest);
    free(chronicle);
}

/* ---- taking in ---- */

/* Where the next account goes. */
static struct account *place(struct chronicle *chronicle)
{
    return &chronicle->newest[chronicle->next];
}

static void take_place(struct chronicle *chronicle)
{
    marks_judge(chronicle->marks, place(chronicle));
    chronicle->next = (chronicle->next + 1) % CHRONICLE_NEWEST;
    if (chronicle->count < CHRONICLE_NEWEST)
        chronicle->count++;
}

static void take_in(struct chronicle *chronicle)
{
    /* Where memory is short a batch is no part of the trend, and of nothing else less. */
    (void)trend_add(chronicle->trend, place(chronicle));
    take_place(chronicle);
    chronicle->total++;
    if (chronicle->total % CHRONICLE_PAGE == 0)
        chronicle->calls.on_page(chronicle->calls.context, chronicle,
                                 chronicle->total / CHRONICLE_PAGE);
}

/* Of a record that is being read, or told of, of a shard. */
static enum chronicle_telling judge(const struct chronicle *chronicle,
                                    const struct sources *sources, struct shard of,
                                    enum outcome outcome, const char *key)
{
    if (outcome != OUTCOME_PROCESSED)
        return CHRONICLE_TELLS;
    return chronicle->calls.is_repeated(chronicle->calls.context, of, key, sources);
}

static void note_arrival(struct chronicle *chronicle, struct shard of, bool repeated)
{
    struct arrivals *arrivals = &chronicle->arrivals;
    size_t place = sources_place(&chronicle->sources, of);
    if (place >= REPEATED) {
        arrivals->count = 0; /* it cannot be said any more */
        return;
    }
    arrivals->sources[arrivals->next] = (uint32_t)place | (repeated ? REPEATED : 0);
    arrivals->next = (arrivals->next + 1) % JUDGED_AGAIN;
    if (arrivals->count < JUDGED_AGAIN)
        arrivals->count++;
}

/* The oldest is the 0th. */
static uint32_t arrival(const struct arrivals *arrivals, size_t index)
{
    return arrivals
        ->sources[(arrivals->next + JUDGED_AGAIN - arrivals->count + index) % JUDGED_AGAIN];
}

void chronicle_tell(struct chronicle *chronicle, const struct account *account)
{
    if (sources_lag_of(&chronicle->sources, chronicle->own))
        return;
    bool repeated = judge(chronicle, &chronicle->sources, chronicle->own, account->outcome,
                          account->key) == CHRONICLE_REPEATS;
    note_arrival(chronicle, chronicle->own, repeated);
    if (repeated)
        return;
    *place(chronicle) = *account;
    take_in(chronicle);
}

static bool take_record(void *context, const struct processed_record *record)
{
    struct chronicle *chronicle = context;
    if (chronicle->moved && clock_now_ns() >= chronicle->until_ns)
        return false;
    enum chronicle_telling telling = judge(
        chronicle, &chronicle->sources, chronicle->sources.reading, record->outcome, record->key);
    if (telling == CHRONICLE_CANNOT_SAY)
        return false;
    chronicle->moved = true;
    bool repeated = telling == CHRONICLE_REPEATS;
    note_arrival(chronicle, chronicle->sources.reading, repeated);
    if (repeated)
        return true;
    account_recall(chronicle->results_fd, record, place(chronicle));
    take_in(chronicle);
    return true;
}

bool chronicle_is_behind(const struct chronicle *chronicle)
{
    return sources_are_readable(&chronicle->sources);
}

bool chronicle_catch_up(struct chronicle *chronicle)
{
    if (!chronicle_is_behind(chronicle))
        return false;
    chronicle->until_ns = clock_now_ns() + CHRONICLE_STEP_NS;
    chronicle->moved = false;
    (void)sources_read(&chronicle->sources, CHRONICLE_STEP, take_record, chronicle);
    return chronicle_is_behind(chronicle);
}

void chronicle_begin(struct chronicle *chronicle, struct shard shard, uint64_t log_bytes)
{
    (void)sources_extend(&chronicle->sources, shard, log_bytes);
}

void chronicle_committed(struct chronicle *chronicle, uint64_t log_bytes)
{
    bool in_step = !sources_lag_of(&chronicle->sources, chronicle->own);
    if (sources_extend(&chronicle->sources, chronicle->own, log_bytes) && in_step)
        sources_pass(&chronicle->sources, chronicle->own);
}

/* ---- telling ---- */

uint64_t chronicle_total(const struct chronicle *chronicle)
{
    return chronicle->total;
}

/* By the length that records have had so far. */
uint64_t chronicle_ahead(const struct chronicle *chronicle)
{
    uint64_t left = sources_left_bytes(&chronicle->sources);
    uint64_t read = sources_read_bytes(&chronicle->sources);
    return read == 0 ? left : (uint64_t)((double)left / (double)read * (double)chronicle->total);
}

size_t chronicle_count(const struct chronicle *chronicle)
{
    return chronicle->count;
}

const struct account *chronicle_newest(const struct chronicle *chronicle, size_t index)
{
    size_t behind = CHRONICLE_NEWEST - 1 - index;
    return &chronicle->newest[(chronicle->next + behind) % CHRONICLE_NEWEST];
}

const struct trend *chronicle_trend(const struct chronicle *chronicle)
{
    return chronicle->trend;
}

/* ---- keeping ---- */

bool chronicle_pack(const struct chronicle *chronicle, struct text *file)
{
    struct text trend = {0};
    if (!sources_pack(&chronicle->sources, file))
        return false;
    pack_u64(file, chronicle->total);
    trend_pack(chronicle->trend, &trend);
    pack_inner(file, &trend);
    text_free(&trend);
    pack_u64(file, chronicle->arrivals.count);
    for (size_t i = 0; i < chronicle->arrivals.count; i++)
        pack_u32(file, arrival(&chronicle->arrivals, i));
    return true;
}

/* ---- coming back ---- */

static bool forget_newest(struct chronicle *chronicle)
{
    struct marks *marks = marks_create();
    if (marks == NULL)
        return false;
    marks_free(chronicle->marks);
    chronicle->marks = marks;
    chronicle->count = chronicle->next = 0;
    chronicle->arrivals = (struct arrivals){0};
    return true;
}

static void remember(struct chronicle *chronicle, struct shard of,
                     const struct processed_record *record, bool repeated)
{
    note_arrival(chronicle, of, repeated);
    if (repeated)
        return;
    account_recall(chronicle->results_fd, record, place(chronicle));
    take_place(chronicle);
}

struct remembering {
    struct chronicle *chronicle;
    struct sources back; /* the logs, from some records before here up to here */
    bool repeated;       /* by arrival: what is said of the record in front; */
    size_t ahead;        /* by time: so many are still in front */
};

static bool remember_arrival(void *context, const struct processed_record *record)
{
    const struct remembering *remembering = context;
    remember(remembering->chronicle, remembering->back.reading, record, remembering->repeated);
    return true;
}

/* False when the logs have not as many records as came. */
static bool read_arrivals(struct remembering *remembering, const struct arrivals *arrivals)
{
    for (size_t i = 0; i < arrivals->count && !wait_stopping(); i++) {
        uint32_t came = arrival(arrivals, i);
        remembering->repeated = (came & REPEATED) != 0;
        if (sources_read_of(&remembering->back, came & ~REPEATED, remember_arrival, remembering) !=
            1)
            return false;
    }
    return true;
}

static bool remember_by_arrival(struct chronicle *chronicle, const struct arrivals *arrivals)
{
    struct remembering remembering = {.chronicle = chronicle};
    size_t *counts = calloc(chronicle->sources.count + 1, sizeof *counts);
    if (counts == NULL)
        return false;
    for (size_t i = 0; i < arrivals->count; i++)
        counts[arrival(arrivals, i) & ~REPEATED]++;
    bool remembered = arrivals->count > 0 &&
                      sources_back(&chronicle->sources, counts, 0, &remembering.back) &&
                      read_arrivals(&remembering, arrivals);
    sources_free(&remembering.back);
    free(counts);
    return remembered;
}

static bool count_record(void *context, const struct processed_record *record)
{
    (void)record;
    (*(size_t *)context)++;
    return true;
}

/* What is told of a batch is in its summary, which takes longer to read than the record. */
static bool remember_record(void *context, const struct processed_record *record)
{
    struct remembering *remembering = context;
    struct chronicle *chronicle = remembering->chronicle;
    struct shard of = remembering->back.reading;
    if (remembering->ahead-- <= JUDGED_AGAIN)
        remember(chronicle, of, record,
                 judge(chronicle, &remembering->back, of, record->outcome, record->key) ==
                     CHRONICLE_REPEATS);
    return true;
}

static void read_back(struct remembering *remembering, processed_record_take *take, void *context)
{
    struct chronicle *chronicle = remembering->chronicle;
    if (sources_back(&chronicle->sources, NULL, JUDGED_AGAIN, &remembering->back))
        while (!wait_stopping() &&
               sources_read(&remembering->back, JUDGED_AGAIN, take, context) > 0)
            continue;
    sources_free(&remembering->back);
}

/* Where nobody knows how they came: of all logs together as many as of one. */
static void remember_by_time(struct chronicle *chronicle)
{
    struct remembering remembering = {.chronicle = chronicle};
    read_back(&remembering, count_record, &remembering.ahead);
    read_back(&remembering, remember_record, &remembering);
}

/* The newest ones in front of where it goes on. */
static void remember_newest(struct chronicle *chronicle, const struct arrivals *arrivals)
{
    if (!remember_by_arrival(chronicle, arrivals) && forget_newest(chronicle))
        remember_by_time(chronicle);
}

static void unpack_arrivals(struct unpacker *packed, size_t source_count, struct arrivals *arrivals)
{
    arrivals->count = unpack_count(packed, JUDGED_AGAIN, 4);
    arrivals->next = arrivals->count % JUDGED_AGAIN;
    for (size_t i = 0; i < arrivals->count; i++) {
        arrivals->sources[i] = unpack_u32(packed);
        if ((arrivals->sources[i] & ~REPEATED) >= source_count)
            (void)unpack_refuse(packed);
    }
}

bool chronicle_unpack(struct chronicle *chronicle, struct unpacker *packed)
{
    struct sources sources = {.results_fd = chronicle->results_fd};
    struct arrivals arrivals = {0}; /* not there in states of earlier versions */
    bool same = sources_unpack(&sources, packed);
    uint64_t total = unpack_u64(packed);
    size_t length = 0;
    const char *bytes = unpack_bytes(packed, &length);
    struct trend *trend = trend_unpack(bytes, length);
    if (packed->left > 0)
        unpack_arrivals(packed, sources.count, &arrivals);
    if (trend == NULL || !same || unpack_failed(packed)) {
        trend_free(trend);
        sources_free(&sources);
        return false;
    }
    trend_free(chronicle->trend);
    chronicle->trend = trend;
    chronicle->sources = sources;
    chronicle->total = total;
    remember_newest(chronicle, &arrivals);
    return true;
}
