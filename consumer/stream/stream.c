#include "consumer/stream/stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/wait.h"
#include "consumer/page/page.h"
#include "consumer/profile/totals_json.h"
#include "consumer/stream/pages.h"
#include "consumer/stream/siblings.h"
#include "consumer/stream/trend_chart.h"

/* What a crash takes away of the totals is read again, which this bounds. Flushed, so seldom; */
#define KEEP_EVERY_NS (10 * NUMBER_NS_PER_SECOND)
/* but others wait for the totals of a shard. */
#define KEEP_SHARED_EVERY_NS (2 * NUMBER_NS_PER_SECOND)
/* Where many columns make the state large, at most one part of so many of the time goes into it. */
#define KEEP_SHARE 50
/* A picture costs some 30 ms of a core. At rest it is drawn at once. */
#define TREND_EVERY_NS (5 * NUMBER_NS_PER_SECOND)
/* At the end, to take in what others have decided. */
#define LAST_WORD_NS NUMBER_NS_PER_SECOND
/* After SIGTERM, when all is to be over within a second. */
#define LAST_WORD_OF_THE_TOLD_NS (300 * NUMBER_NS_PER_MS)

struct stream {
    struct derived derived;
    struct shard own;
    struct processed_logs *logs;
    const char *extension; /* NULL: no charts */
    struct ledger *ledger;

    int report_fd;       /* the lock of whoever reports; -1: another shard does */
    struct pages *pages; /* NULL unless this one reports */
    struct siblings *siblings;
    struct totals_result totals; /* as they were last taken, */
    bool known;                  /* if they could be */

    uint64_t kept_log_bytes; /* so much of the log the ledger was of when it was kept */

    bool untaken;    /* since the totals were taken, */
    bool unwritten;  /* written, */
    bool unkept;     /* and their state kept, */
    bool undrawn;    /* and since the trend was drawn */
    int64_t keep_ns; /* not before that */
    int64_t drawn_ns;
};

static void note_change(struct stream *stream)
{
    stream->untaken = stream->unwritten = stream->undrawn = true;
}

/* ---- who reports ---- */

static void give_up_reporting(struct stream *stream)
{
    if (stream->known)
        totals_result_free(&stream->totals);
    stream->known = false;
    pages_free(stream->pages);
    siblings_free(stream->siblings);
    stream->pages = NULL;
    stream->siblings = NULL;
    if (stream->report_fd >= 0)
        (void)close(stream->report_fd);
    stream->report_fd = -1;
}

/* The first to ask does, and whoever asks next after it has ended. */
static bool try_to_report(struct stream *stream)
{
    int results_fd = stream->derived.results_fd;
    if (stream->report_fd >= 0 &&
        fileio_lock_stands(results_fd, CONTRACT_REPORT_LOCK, stream->report_fd))
        return true;
    give_up_reporting(stream); /* somebody removed the lock from under it, and others may report */
    if (fileio_lock_is_held(results_fd, CONTRACT_REPORT_LOCK))
        return false;
    stream->report_fd = fileio_lock(results_fd, CONTRACT_REPORT_LOCK);
    if (stream->report_fd < 0)
        return false;
    stream->siblings = siblings_create(results_fd, stream->own, stream->logs);
    stream->pages = pages_create(&stream->derived, stream->own, stream->logs, stream->extension);
    if (stream->siblings == NULL || stream->pages == NULL) {
        give_up_reporting(stream);
        return false;
    }
    (void)siblings_follow(stream->siblings);
    note_change(stream);
    stream->undrawn = chronicle_total(pages_chronicle(stream->pages)) > 0;
    return true;
}

bool stream_reports(const struct stream *stream)
{
    return stream->pages != NULL;
}

/* ---- files ---- */

static void trend_name(const struct stream *stream, char name[CONTRACT_NAME_SIZE])
{
    contract_trend_name(name, stream->extension == NULL ? "png" : stream->extension);
}

/* When it was written: of no two drawings the same, across starts as well. 0 where it is not there.
 */
static uint64_t trend_version(const struct stream *stream)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    trend_name(stream, name);
    if (fstatat(stream->derived.results_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (uint64_t)status.st_mtim.tv_sec * 1000000 + (uint64_t)status.st_mtim.tv_nsec / 1000;
}

static void write_index(struct stream *stream, const struct report *report)
{
    const struct account *batches[CHRONICLE_PAGE];
    char now[CLOCK_TIMESTAMP_SIZE];
    clock_format_now(now);
    const struct page page = {.report = report,
                              .written_at = now,
                              .totals = stream->known ? &stream->totals : NULL,
                              .batches = batches,
                              .batch_count =
                                  pages_batches(pages_chronicle(stream->pages), 0, batches),
                              .page_first = pages_first(stream->pages),
                              .page_last = pages_last(stream->pages),
                              .trend_version = trend_version(stream),
                              .chart_extension = stream->extension};
    text_clear(&stream->derived.text);
    page_write_index(&stream->derived.text, &page);
    (void)derived_write(&stream->derived, DERIVED_INDEX, CONTRACT_INDEX, FILEIO_DERIVED);
}

static bool take_merged(struct stream *stream)
{
    struct totals *merged = totals_create();
    bool taken = merged != NULL && siblings_merge(stream->siblings, stream->ledger, merged) &&
                 totals_take(merged, &stream->totals);
    totals_free(merged);
    return taken;
}

/* Anew only where there is something new: of 256 columns it takes some 50 ms. */
static void take_totals(struct stream *stream)
{
    if (!stream->untaken || !siblings_are_complete(stream->siblings))
        return;
    if (stream->known)
        totals_result_free(&stream->totals);
    if (siblings_are_there(stream->siblings))
        stream->known = take_merged(stream);
    else
        stream->known = ledger_is_sound(stream->ledger) &&
                        totals_take(ledger_totals(stream->ledger), &stream->totals);
    stream->untaken = !stream->known;
}

static void write_totals(struct stream *stream)
{
    if (!stream->known ||
        (!stream->unwritten && derived_is_there(&stream->derived, CONTRACT_TOTALS)))
        return;
    text_clear(&stream->derived.text);
    totals_json_write(&stream->derived.text, &stream->totals);
    stream->unwritten =
        !derived_write(&stream->derived, DERIVED_TOTALS, CONTRACT_TOTALS, FILEIO_DERIVED);
}

/* ---- what is kept ---- */

/* What was kept before stays until there is something better. */
static bool keep_ledger(struct stream *stream)
{
    char name[CONTRACT_NAME_SIZE];
    ledger_file(stream->ledger, name);
    text_clear(&stream->derived.text);
    bool kept = ledger_is_sound(stream->ledger) &&
                ledger_pack(stream->ledger, &stream->derived.text) &&
                derived_write(&stream->derived, DERIVED_TOTALS_STATE, name, FILEIO_DURABLE);
    if (kept)
        stream->kept_log_bytes = ledger_log_bytes(stream->ledger);
    return kept;
}

/* Who reads again for another shard asks what this one has kept, whether it has the batch as well.
 */
static void keep_for_siblings(struct stream *stream)
{
    if (processed_logs_repeat(stream->logs) && siblings_are_behind(stream->siblings) &&
        stream->kept_log_bytes != ledger_log_bytes(stream->ledger))
        (void)keep_ledger(stream);
}

static void keep(struct stream *stream)
{
    bool kept = keep_ledger(stream);
    if (stream_reports(stream))
        kept = pages_keep(stream->pages) && kept;
    stream->unkept = !kept;
}

static bool was_removed(const struct stream *stream)
{
    char name[CONTRACT_NAME_SIZE];
    ledger_file(stream->ledger, name);
    if (stream_reports(stream) && chronicle_total(pages_chronicle(stream->pages)) > 0 &&
        !derived_is_there(&stream->derived, CONTRACT_STREAM_STATE))
        return true;
    return ledger_log_bytes(stream->ledger) > 0 && !derived_is_there(&stream->derived, name);
}

static int64_t keep_every(const struct stream *stream)
{
    return shard_is_whole(stream->own) ? KEEP_EVERY_NS : KEEP_SHARED_EVERY_NS;
}

static void keep_if_due(struct stream *stream, int64_t now_ns)
{
    if (now_ns < stream->keep_ns || !(stream->unkept || was_removed(stream)))
        return;
    int64_t since_ns = clock_now_ns();
    keep(stream);
    int64_t rest_ns = KEEP_SHARE * (clock_now_ns() - since_ns);
    int64_t every_ns = keep_every(stream);
    stream->keep_ns = now_ns + (rest_ns > every_ns ? rest_ns : every_ns);
}

struct stream *stream_create(int results_fd, const struct processed_log *log,
                             struct processed_logs *logs, const char *extension)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->derived.results_fd = results_fd;
    stream->derived.trouble.over = "totals and pages are written again";
    stream->own = processed_log_shard(log);
    stream->logs = logs;
    stream->extension = extension;
    stream->report_fd = -1;
    stream->ledger = ledger_create(results_fd, stream->own, logs);
    if (stream->ledger == NULL) {
        stream_free(stream);
        return NULL;
    }
    (void)ledger_recall(stream->ledger);
    ledger_begin(stream->ledger, processed_log_bytes(log));
    stream->drawn_ns = clock_now_ns();
    (void)try_to_report(stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    stream->keep_ns = 0;
    if (stream->ledger != NULL)
        keep_if_due(stream, clock_now_ns());
    give_up_reporting(stream);
    ledger_free(stream->ledger);
    text_free(&stream->derived.text);
    free(stream);
}

/* ---- what comes in ---- */

void stream_tell(struct stream *stream, const struct notice *notice)
{
    if (stream_reports(stream))
        pages_tell(stream->pages, &notice->account);
    if (notice->account.outcome == OUTCOME_PROCESSED)
        ledger_add(stream->ledger, notice->account.key, notice->states, notice->account.bytes);
    stream->unkept = true;
    note_change(stream);
}

void stream_committed(struct stream *stream, uint64_t log_bytes)
{
    if (stream_reports(stream))
        pages_committed(stream->pages, log_bytes);
    ledger_committed(stream->ledger, log_bytes);
}

void stream_follow(struct stream *stream)
{
    if (!stream_reports(stream))
        return;
    pages_follow(stream->pages);
    if (siblings_follow(stream->siblings))
        note_change(stream);
}

static bool rest_reporting(struct stream *stream, ledger_reread *reread, void *context)
{
    if (!stream_reports(stream))
        return false;
    if (chronicle_is_behind(pages_chronicle(stream->pages)) ||
        siblings_are_behind(stream->siblings)) {
        stream->unkept = true;
        note_change(stream);
    }
    keep_for_siblings(stream);
    return pages_rest(stream->pages) || siblings_catch_up(stream->siblings, reread, context);
}

bool stream_rest(struct stream *stream, ledger_reread *reread, void *context)
{
    if (ledger_is_behind(stream->ledger)) {
        stream->unkept = true;
        note_change(stream);
    }
    return rest_reporting(stream, reread, context) ||
           ledger_catch_up(stream->ledger, reread, context);
}

/* ---- what goes out ---- */

static void publish(struct stream *stream, const struct report *report)
{
    take_totals(stream);
    write_totals(stream);
    write_index(stream, report);
}

void stream_publish(struct stream *stream, const struct report *report, int64_t now_ns)
{
    stream->derived.in_trouble = report->trouble[0] != '\0';
    bool reports = try_to_report(stream);
    if (reports)
        publish(stream, report);
    keep_if_due(stream, now_ns);
    if (reports)
        pages_look_for_lost(stream->pages, now_ns);
}

/*
 * Two shards that end at the same time: what one has kept may come too late for the other, that
 * still holds the report. So whoever gave it up looks whether there is news, and takes it again.
 */
void stream_last_word(struct stream *stream, stream_report_again *again, void *context)
{
    stream->keep_ns = 0;
    keep_if_due(stream, clock_now_ns());
    int64_t until_ns = clock_now_ns() + (wait_stopping() ? LAST_WORD_OF_THE_TOLD_NS : LAST_WORD_NS);
    char error[PROCESSED_LOG_ERROR_SIZE];
    bool alone = shard_is_whole(stream->own) && stream_reports(stream) &&
                 !siblings_are_there(stream->siblings);
    while (!alone && clock_now_ns() < until_ns && try_to_report(stream)) {
        (void)processed_logs_refresh(stream->logs, error);
        stream_follow(stream);
        while (siblings_have_news(stream->siblings) && clock_now_ns() < until_ns)
            (void)siblings_follow(stream->siblings);
        while (chronicle_is_behind(pages_chronicle(stream->pages)) && clock_now_ns() < until_ns)
            (void)pages_rest(stream->pages);
        publish(stream, again(context));
        (void)pages_keep(stream->pages);
        (void)close(stream->report_fd);
        stream->report_fd = -1;
        bool news =
            processed_logs_refresh(stream->logs, error) == 0 && siblings_follow(stream->siblings);
        give_up_reporting(stream);
        if (!news)
            break;
    }
}

void stream_finish(struct stream *stream)
{
    stream->drawn_ns = -TREND_EVERY_NS;
}

bool stream_wants_trend(const struct stream *stream, int64_t now_ns)
{
    char name[CONTRACT_NAME_SIZE];
    if (!stream_reports(stream) || stream->extension == NULL ||
        now_ns - stream->drawn_ns < TREND_EVERY_NS)
        return false;
    trend_name(stream, name);
    return stream->undrawn || !derived_is_there(&stream->derived, name);
}

void stream_trend_script(struct stream *stream, const struct chart_format *format,
                         struct text *script, int64_t now_ns)
{
    stream->drawn_ns = now_ns;
    stream->undrawn = false;
    trend_chart_write(script, format, chronicle_trend(pages_chronicle(stream->pages)));
}

void stream_trend_drawn(struct stream *stream, const char *image, size_t length)
{
    char name[CONTRACT_NAME_SIZE];
    trend_name(stream, name);
    text_clear(&stream->derived.text);
    if (image != NULL)
        text_append(&stream->derived.text, image, length);
    if (image == NULL || !derived_write(&stream->derived, DERIVED_TREND, name, FILEIO_DERIVED))
        stream->undrawn = true;
}
