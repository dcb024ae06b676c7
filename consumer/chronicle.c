#include "consumer/chronicle.h"

#include <stdlib.h>

#include "common/clock.h"
#include "consumer/account_recall.h"
#include "consumer/marks.h"
#include "consumer/records.h"

/*
 * Before the newest ones, so many more are judged again, for the marks of the first of them: its
 * band is of one window, and whether it leaves it often depends on the bands of that window.
 */
#define JUDGED_AGAIN (CHRONICLE_NEWEST + 2 * MARKS_WINDOW)

struct chronicle {
    int results_fd;
    chronicle_on_page *on_page;
    void *context;
    uint64_t at;        /* byte of the log behind the last batch that was taken in */
    uint64_t log_bytes; /* where the log ends */
    bool unreadable;    /* the log was, since the last commit */
    int64_t until_ns;   /* catching up gives way then */
    bool moved; /* in this step by a record at least, so that it ends, however slow the disk is */
    uint64_t total;
    struct marks *marks;
    struct trend *trend;
    struct account *newest; /* a ring of CHRONICLE_NEWEST */
    size_t count;
    size_t next; /* place in the ring */
};

struct chronicle *chronicle_create(int results_fd, chronicle_on_page *on_page, void *context)
{
    struct chronicle *chronicle = calloc(1, sizeof *chronicle);
    if (chronicle == NULL)
        return NULL;
    chronicle->results_fd = results_fd;
    chronicle->on_page = on_page;
    chronicle->context = context;
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
        chronicle->on_page(chronicle->context, chronicle, chronicle->total / CHRONICLE_PAGE);
}

/* Whether there are records in the log, readable or not, that it lacks. */
static bool lags(const struct chronicle *chronicle)
{
    return chronicle->at < chronicle->log_bytes;
}

void chronicle_tell(struct chronicle *chronicle, const struct account *account)
{
    if (lags(chronicle))
        return;
    *place(chronicle) = *account;
    take_in(chronicle);
}

static bool take_record(void *context, const struct processed_record *record)
{
    struct chronicle *chronicle = context;
    if (chronicle->moved && clock_now_ns() >= chronicle->until_ns)
        return false;
    account_recall(chronicle->results_fd, record, place(chronicle));
    take_in(chronicle);
    chronicle->moved = true;
    return true;
}

bool chronicle_is_behind(const struct chronicle *chronicle)
{
    return lags(chronicle) && !chronicle->unreadable;
}

bool chronicle_catch_up(struct chronicle *chronicle)
{
    if (!chronicle_is_behind(chronicle))
        return false;
    chronicle->until_ns = clock_now_ns() + CHRONICLE_STEP_NS;
    chronicle->moved = false;
    chronicle->unreadable =
        records_read(chronicle->results_fd, &chronicle->at, chronicle->log_bytes, CHRONICLE_STEP,
                     take_record, chronicle) == 0;
    return chronicle_is_behind(chronicle);
}

void chronicle_begin(struct chronicle *chronicle, uint64_t log_bytes)
{
    chronicle->log_bytes = log_bytes;
}

void chronicle_committed(struct chronicle *chronicle, uint64_t log_bytes)
{
    if (!lags(chronicle))
        chronicle->at = log_bytes;
    chronicle->log_bytes = log_bytes;
    chronicle->unreadable = false;
}

/* ---- telling ---- */

uint64_t chronicle_total(const struct chronicle *chronicle)
{
    return chronicle->total;
}

/* By the length that records have had so far. */
uint64_t chronicle_ahead(const struct chronicle *chronicle)
{
    uint64_t left = chronicle->log_bytes - chronicle->at;
    return chronicle->at == 0
               ? left
               : (uint64_t)((double)left / (double)chronicle->at * (double)chronicle->total);
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
    uint32_t mark = 0;
    if (!records_mark(chronicle->results_fd, chronicle->at, &mark))
        return false;
    pack_u64(file, chronicle->at);
    pack_u32(file, mark);
    pack_u64(file, chronicle->total);
    trend_pack(chronicle->trend, &trend);
    pack_inner(file, &trend);
    text_free(&trend);
    return true;
}

static bool remember_record(void *context, const struct processed_record *record)
{
    struct chronicle *chronicle = context;
    account_recall(chronicle->results_fd, record, place(chronicle));
    take_place(chronicle);
    return true;
}

/* The newest ones in front of where it goes on. */
static void remember_newest(struct chronicle *chronicle)
{
    uint64_t at = records_back(chronicle->results_fd, chronicle->at, JUDGED_AGAIN);
    while (records_read(chronicle->results_fd, &at, chronicle->at, JUDGED_AGAIN, remember_record,
                        chronicle) > 0)
        continue;
}

bool chronicle_unpack(struct chronicle *chronicle, struct unpacker *packed)
{
    uint32_t mark = 0;
    uint64_t at = unpack_u64(packed);
    uint32_t kept_mark = unpack_u32(packed);
    uint64_t total = unpack_u64(packed);
    size_t length = 0;
    const char *bytes = unpack_bytes(packed, &length);
    struct trend *trend = trend_unpack(bytes, length);
    if (trend == NULL || !records_mark(chronicle->results_fd, at, &mark) || mark != kept_mark) {
        trend_free(trend);
        return false;
    }
    trend_free(chronicle->trend);
    chronicle->trend = trend;
    chronicle->at = at;
    chronicle->total = total;
    remember_newest(chronicle);
    return true;
}
