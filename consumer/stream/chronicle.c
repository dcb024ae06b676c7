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

struct chronicle {
    int results_fd;
    struct shard own;
    struct chronicle_calls calls;
    struct sources sources;
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

/* Whether a record that is being read, or told of, of a shard, is one of several of its batch. */
static bool is_repeated(const struct chronicle *chronicle, const struct sources *sources,
                        struct shard of, enum outcome outcome, const char *key)
{
    return outcome == OUTCOME_PROCESSED &&
           chronicle->calls.is_repeated(chronicle->calls.context, of, key, sources);
}

void chronicle_tell(struct chronicle *chronicle, const struct account *account)
{
    if (sources_lag_of(&chronicle->sources, chronicle->own) ||
        is_repeated(chronicle, &chronicle->sources, chronicle->own, account->outcome, account->key))
        return;
    *place(chronicle) = *account;
    take_in(chronicle);
}

static bool take_record(void *context, const struct processed_record *record)
{
    struct chronicle *chronicle = context;
    if (chronicle->moved && clock_now_ns() >= chronicle->until_ns)
        return false;
    chronicle->moved = true;
    if (is_repeated(chronicle, &chronicle->sources, chronicle->sources.reading, record->outcome,
                    record->key))
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
    return true;
}

struct remembering {
    struct chronicle *chronicle;
    struct sources back; /* the logs, from some records before here up to here */
    size_t ahead;        /* so many of them are still in front */
};

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
    if (remembering->ahead-- > JUDGED_AGAIN ||
        is_repeated(chronicle, &remembering->back, remembering->back.reading, record->outcome,
                    record->key))
        return true;
    account_recall(chronicle->results_fd, record, place(chronicle));
    take_place(chronicle);
    return true;
}

static void read_back(struct remembering *remembering, processed_record_take *take, void *context)
{
    struct chronicle *chronicle = remembering->chronicle;
    if (sources_back(&chronicle->sources, JUDGED_AGAIN, &remembering->back))
        while (!wait_stopping() &&
               sources_read(&remembering->back, JUDGED_AGAIN, take, context) > 0)
            continue;
    sources_free(&remembering->back);
}

/* The newest ones in front of where it goes on: of all logs together as many as of one. */
static void remember_newest(struct chronicle *chronicle)
{
    struct remembering remembering = {.chronicle = chronicle};
    read_back(&remembering, count_record, &remembering.ahead);
    read_back(&remembering, remember_record, &remembering);
}

bool chronicle_unpack(struct chronicle *chronicle, struct unpacker *packed)
{
    struct sources sources = {.results_fd = chronicle->results_fd};
    bool same = sources_unpack(&sources, packed);
    uint64_t total = unpack_u64(packed);
    size_t length = 0;
    const char *bytes = unpack_bytes(packed, &length);
    struct trend *trend = trend_unpack(bytes, length);
    if (trend == NULL || !same) {
        trend_free(trend);
        sources_free(&sources);
        return false;
    }
    trend_free(chronicle->trend);
    chronicle->trend = trend;
    chronicle->sources = sources;
    chronicle->total = total;
    remember_newest(chronicle);
    return true;
}
