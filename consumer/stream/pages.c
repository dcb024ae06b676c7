#include "consumer/stream/pages.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/wait.h"
#include "consumer/page/page.h"

/* Larger states would be of more columns than a trend takes. */
#define STATE_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define STATE_MAGIC "SDSTREAM"
#define STATE_VERSION 2
/* Pages that were removed are looked for in the log so often at most: all of it has to be read. */
#define AGAIN_EVERY_NS (60 * NUMBER_NS_PER_SECOND)

struct pages {
    struct derived *derived;
    struct shard own;
    const struct processed_logs *logs;
    const char *extension; /* NULL: no charts */
    struct chronicle *chronicle;
    struct chronicle *again; /* reads the logs for pages that were removed; NULL as a rule */
    int64_t again_ns;        /* not before that */
};

uint64_t pages_last(const struct pages *pages)
{
    return chronicle_total(pages->chronicle) / CHRONICLE_PAGE;
}

uint64_t pages_first(const struct pages *pages)
{
    uint64_t last = pages_last(pages);
    return last > PAGES_MAX ? last - PAGES_MAX + 1 : last > 0 ? 1 : 0;
}

const struct chronicle *pages_chronicle(const struct pages *pages)
{
    return pages->chronicle;
}

size_t pages_batches(const struct chronicle *chronicle, size_t from,
                     const struct account *batches[CHRONICLE_PAGE])
{
    size_t count = 0;
    for (; count < CHRONICLE_PAGE && from + count < chronicle_count(chronicle); count++)
        batches[count] = chronicle_newest(chronicle, from + count);
    return count;
}

/* ---- writing them ---- */

static void write_older(struct pages *pages, const struct chronicle *chronicle, uint64_t number,
                        size_t from)
{
    const struct account *batches[CHRONICLE_PAGE];
    char name[PAGE_NAME_SIZE];
    const struct page_older older = {.number = number,
                                     .batches = batches,
                                     .batch_count = pages_batches(chronicle, from, batches),
                                     .page_first = pages_first(pages),
                                     .page_last = pages_last(pages),
                                     .chart_extension = pages->extension};
    page_older_name(name, number);
    text_clear(&pages->derived->text);
    page_write_older(&pages->derived->text, &older);
    (void)derived_write(pages->derived, DERIVED_PAGES, name, FILEIO_DERIVED);
}

static bool is_missing(const struct pages *pages, uint64_t number)
{
    char name[PAGE_NAME_SIZE];
    page_older_name(name, number);
    return !derived_is_there(pages->derived, name);
}

/* Only one log says in which order its records came. */
static bool may_come_in_another_order(const struct pages *pages)
{
    return processed_logs_at(pages->logs, 1) != NULL;
}

static void on_page_again(struct pages *pages, uint64_t number)
{
    if (number >= pages_first(pages) && number <= pages_last(pages) &&
        (may_come_in_another_order(pages) || is_missing(pages, number)))
        write_older(pages, pages->again, number, 0);
}

/* The page before is written again, since only now it has one behind it. */
static void on_page(void *context, const struct chronicle *chronicle, uint64_t number)
{
    struct pages *pages = context;
    char name[PAGE_NAME_SIZE];
    if (chronicle == pages->again) {
        on_page_again(pages, number);
        return;
    }
    if (chronicle_ahead(chronicle) > (uint64_t)PAGES_MAX * CHRONICLE_PAGE)
        return; /* it would be removed before anybody read it; else it comes back as a lost one */
    write_older(pages, chronicle, number, 0);
    if (number > 1)
        write_older(pages, chronicle, number - 1, CHRONICLE_PAGE);
    if (number > PAGES_MAX) {
        page_older_name(name, number - PAGES_MAX);
        (void)unlinkat(pages->derived->results_fd, name, 0);
    }
}

/* ---- those that are lost ---- */

static bool lacks_a_page(const struct pages *pages)
{
    for (uint64_t number = pages_first(pages); number > 0 && number <= pages_last(pages); number++)
        if (is_missing(pages, number))
            return true;
    return false;
}

static void begin_chronicle(const struct pages *pages, struct chronicle *chronicle)
{
    const struct processed_log *log = NULL;
    for (size_t i = 0; (log = processed_logs_at(pages->logs, i)) != NULL; i++)
        if (processed_log_bytes(log) > 0)
            chronicle_begin(chronicle, processed_log_shard(log), processed_log_bytes(log));
}

/* Where two shards met over a batch, their records tell of it once. */
static enum chronicle_telling is_repeated(void *context, struct shard of, const char *key,
                                          const struct sources *read)
{
    const struct pages *pages = context;
    const struct processed_log *log = NULL;
    if (!processed_logs_have_elsewhere(pages->logs, of, key))
        return CHRONICLE_TELLS;
    for (size_t i = 0; (log = processed_logs_at(pages->logs, i)) != NULL; i++) {
        struct shard shard = processed_log_shard(log);
        if (!shard_is_same(shard, of) && processed_log_verdict(log, key) == VERDICT_PROCESSED &&
            processed_log_had(log, key, sources_at(read, shard)))
            return CHRONICLE_REPEATS;
    }
    /* The looking was cut short, perhaps. */
    return wait_stopping() ? CHRONICLE_CANNOT_SAY : CHRONICLE_TELLS;
}

static struct chronicle *create_chronicle(struct pages *pages)
{
    const struct chronicle_calls calls = {
        .on_page = on_page, .is_repeated = is_repeated, .context = pages};
    return chronicle_create(pages->derived->results_fd, pages->own, &calls);
}

void pages_look_for_lost(struct pages *pages, int64_t now_ns)
{
    if (pages->again != NULL || now_ns < pages->again_ns || !lacks_a_page(pages))
        return;
    pages->again_ns = now_ns + AGAIN_EVERY_NS;
    pages->again = create_chronicle(pages);
    if (pages->again != NULL)
        begin_chronicle(pages, pages->again);
}

/*
 * Where records came in another order than they are read now, all pages are written anew, and the
 * chronicle goes on as the one that was read: else a batch could be on two of them, and one on
 * none.
 */
static bool read_again(struct pages *pages)
{
    if (pages->again == NULL)
        return false;
    if (chronicle_catch_up(pages->again))
        return true;
    struct chronicle *done = pages->again;
    if (may_come_in_another_order(pages)) {
        begin_chronicle(pages, pages->again);
        if (chronicle_is_behind(pages->again))
            return true;
        done = pages->chronicle;
        pages->chronicle = pages->again;
    }
    pages->again = NULL;
    chronicle_free(done);
    return false;
}

/* ---- what comes in ---- */

void pages_tell(struct pages *pages, const struct account *account)
{
    chronicle_tell(pages->chronicle, account);
}

void pages_committed(struct pages *pages, uint64_t log_bytes)
{
    chronicle_committed(pages->chronicle, log_bytes);
}

/* The own log is followed by what the chronicle is told. */
void pages_follow(struct pages *pages)
{
    const struct processed_log *log = NULL;
    for (size_t i = 0; (log = processed_logs_at(pages->logs, i)) != NULL; i++)
        if (!shard_is_same(processed_log_shard(log), pages->own) && processed_log_bytes(log) > 0)
            chronicle_begin(pages->chronicle, processed_log_shard(log), processed_log_bytes(log));
}

bool pages_rest(struct pages *pages)
{
    return chronicle_catch_up(pages->chronicle) || read_again(pages);
}

/* ---- what is kept ---- */

bool pages_keep(struct pages *pages)
{
    text_clear(&pages->derived->text);
    pack_begin(&pages->derived->text, STATE_MAGIC, STATE_VERSION);
    if (!chronicle_pack(pages->chronicle, &pages->derived->text))
        return false;
    pack_end(&pages->derived->text);
    return derived_write(pages->derived, DERIVED_STREAM_STATE, CONTRACT_STREAM_STATE,
                         FILEIO_DURABLE);
}

/* Where nothing was kept, or it is of another log, everything is read again when there is time. */
static void recall(struct pages *pages)
{
    struct unpacker packed;
    size_t length = 0;
    char *bytes = unpack_read_file(pages->derived->results_fd, CONTRACT_STREAM_STATE,
                                   STATE_MAX_BYTES, &length);
    if (bytes != NULL && unpack_open(&packed, bytes, length, STATE_MAGIC, STATE_VERSION))
        (void)chronicle_unpack(pages->chronicle, &packed);
    free(bytes);
}

struct pages *pages_create(struct derived *derived, struct shard own,
                           const struct processed_logs *logs, const char *extension)
{
    struct pages *pages = calloc(1, sizeof *pages);
    if (pages == NULL)
        return NULL;
    pages->derived = derived;
    pages->own = own;
    pages->logs = logs;
    pages->extension = extension;
    pages->chronicle = create_chronicle(pages);
    if (pages->chronicle == NULL) {
        free(pages);
        return NULL;
    }
    recall(pages);
    begin_chronicle(pages, pages->chronicle);
    return pages;
}

void pages_free(struct pages *pages)
{
    if (pages == NULL)
        return;
    chronicle_free(pages->again);
    chronicle_free(pages->chronicle);
    free(pages);
}
