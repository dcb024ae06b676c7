#include "consumer/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "consumer/chronicle.h"
#include "consumer/page.h"
#include "consumer/totals_json.h"
#include "consumer/trend_chart.h"

/* Pages of older batches that are kept, the newest ones; the log has them all. */
#define PAGES_MAX 100u
/* Larger states would be of more columns than totals take. */
#define STATE_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define STATE_MAGIC "SDSTREAM"
#define STATE_VERSION 1
/* What a crash takes away of the totals is read again, which this bounds. Flushed, so seldom. */
#define KEEP_EVERY_NS (10 * NUMBER_NS_PER_SECOND)
/* Where many columns make the state large, at most one part of so many of the time goes into it. */
#define KEEP_SHARE 50
/* A picture costs some 30 ms of a core. At rest it is drawn at once. */
#define TREND_EVERY_NS (5 * NUMBER_NS_PER_SECOND)
/* Pages that were removed are looked for in the log so often at most: all of it has to be read. */
#define AGAIN_EVERY_NS (60 * NUMBER_NS_PER_SECOND)

enum file { FILE_TOTALS, FILE_INDEX, FILE_PAGES, FILE_STATE, FILE_TREND };

struct stream {
    int results_fd;
    const char *extension; /* NULL: no charts */
    struct chronicle *chronicle;
    struct ledger *ledger;
    uint64_t log_bytes;
    struct chronicle *again;  /* reads the log for pages that were removed; NULL as a rule */
    struct condition trouble; /* with any of the files; */
    unsigned failing;         /* a bit for each that could not be written the last time */
    bool in_trouble;          /* the daemon as a whole, which has been told */
    struct text text;         /* of the file being written */

    struct totals_result totals; /* as they were last taken, */
    bool known;                  /* if they could be */

    bool untaken;     /* since the totals were taken, */
    bool unwritten;   /* written, */
    bool unkept;      /* and their state kept, */
    bool undrawn;     /* and since the trend was drawn */
    int64_t keep_ns;  /* not before that, */
    int64_t again_ns; /* nor `again` before that */
    int64_t drawn_ns;
};

/* ---- files ---- */

/* Of several that fail the first is told, and that it is over when the last has been written. */
static bool write_file(struct stream *stream, enum file file, const char *name,
                       enum fileio_flush flush)
{
    bool written = fileio_replace_text(stream->results_fd, name, &stream->text, flush) == 0;
    if (!written && !stream->trouble.lasts && !stream->in_trouble)
        condition_begin(&stream->trouble, "cannot write %s: %s", name, strerror(errno));
    stream->failing &= ~(1u << file);
    stream->failing |= written ? 0 : 1u << file;
    if (stream->failing == 0)
        condition_end(&stream->trouble);
    return written;
}

static void trend_name(const struct stream *stream, char name[CONTRACT_NAME_SIZE])
{
    contract_trend_name(name, stream->extension == NULL ? "png" : stream->extension);
}

static bool is_there(const struct stream *stream, const char *name)
{
    return faccessat(stream->results_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* When it was written: of no two drawings the same, across starts as well. 0 where it is not there.
 */
static uint64_t trend_version(const struct stream *stream)
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    trend_name(stream, name);
    if (fstatat(stream->results_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (uint64_t)status.st_mtim.tv_sec * 1000000 + (uint64_t)status.st_mtim.tv_nsec / 1000;
}

/* ---- pages ---- */

static uint64_t last_page(const struct stream *stream)
{
    return chronicle_total(stream->chronicle) / CHRONICLE_PAGE;
}

static uint64_t first_page(const struct stream *stream)
{
    uint64_t last = last_page(stream);
    return last > PAGES_MAX ? last - PAGES_MAX + 1 : last > 0 ? 1 : 0;
}

/* The newest batches from `from` on, at most a page of them. */
static size_t page_batches(const struct chronicle *chronicle, size_t from,
                           const struct account *batches[CHRONICLE_PAGE])
{
    size_t count = 0;
    for (; count < CHRONICLE_PAGE && from + count < chronicle_count(chronicle); count++)
        batches[count] = chronicle_newest(chronicle, from + count);
    return count;
}

static void write_older(struct stream *stream, const struct chronicle *chronicle, uint64_t number,
                        size_t from)
{
    const struct account *batches[CHRONICLE_PAGE];
    char name[PAGE_NAME_SIZE];
    const struct page_older older = {.number = number,
                                     .batches = batches,
                                     .batch_count = page_batches(chronicle, from, batches),
                                     .page_first = first_page(stream),
                                     .page_last = last_page(stream),
                                     .chart_extension = stream->extension};
    page_older_name(name, number);
    text_clear(&stream->text);
    page_write_older(&stream->text, &older);
    (void)write_file(stream, FILE_PAGES, name, FILEIO_DERIVED);
}

/* The page before is written again, since only now it has one behind it. */
static void on_page(void *context, const struct chronicle *chronicle, uint64_t number)
{
    struct stream *stream = context;
    char name[PAGE_NAME_SIZE];
    if (chronicle_ahead(chronicle) > (uint64_t)PAGES_MAX * CHRONICLE_PAGE)
        return; /* it would be removed before anybody read it; else it comes back as a lost one */
    write_older(stream, chronicle, number, 0);
    if (number > 1)
        write_older(stream, chronicle, number - 1, CHRONICLE_PAGE);
    if (number > PAGES_MAX) {
        page_older_name(name, number - PAGES_MAX);
        (void)unlinkat(stream->results_fd, name, 0);
    }
}

static bool is_missing(const struct stream *stream, uint64_t number)
{
    char name[PAGE_NAME_SIZE];
    page_older_name(name, number);
    return !is_there(stream, name);
}

static void on_page_again(void *context, const struct chronicle *chronicle, uint64_t number)
{
    struct stream *stream = context;
    if (number >= first_page(stream) && number <= last_page(stream) && is_missing(stream, number))
        write_older(stream, chronicle, number, 0);
}

static bool lacks_a_page(const struct stream *stream)
{
    for (uint64_t number = first_page(stream); number > 0 && number <= last_page(stream); number++)
        if (is_missing(stream, number))
            return true;
    return false;
}

static void look_for_pages(struct stream *stream, int64_t now_ns)
{
    if (stream->again != NULL || now_ns < stream->again_ns || !lacks_a_page(stream))
        return;
    stream->again_ns = now_ns + AGAIN_EVERY_NS;
    stream->again = chronicle_create(stream->results_fd, on_page_again, stream);
    if (stream->again != NULL)
        chronicle_begin(stream->again, stream->log_bytes);
}

static bool read_again(struct stream *stream)
{
    if (stream->again == NULL || chronicle_catch_up(stream->again))
        return stream->again != NULL;
    chronicle_free(stream->again);
    stream->again = NULL;
    return false;
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
                              .batch_count = page_batches(stream->chronicle, 0, batches),
                              .page_first = first_page(stream),
                              .page_last = last_page(stream),
                              .trend_version = trend_version(stream),
                              .chart_extension = stream->extension};
    text_clear(&stream->text);
    page_write_index(&stream->text, &page);
    (void)write_file(stream, FILE_INDEX, CONTRACT_INDEX, FILEIO_DERIVED);
}

/* Anew only where there is something new: of 256 columns it takes some 50 ms. */
static void take_totals(struct stream *stream)
{
    if (!stream->untaken)
        return;
    if (stream->known)
        totals_result_free(&stream->totals);
    stream->known = ledger_is_sound(stream->ledger) &&
                    totals_take(ledger_totals(stream->ledger), &stream->totals);
    stream->untaken = !stream->known;
}

static void write_totals(struct stream *stream)
{
    if (!stream->known || (!stream->unwritten && is_there(stream, CONTRACT_TOTALS)))
        return;
    text_clear(&stream->text);
    totals_json_write(&stream->text, &stream->totals);
    stream->unwritten = !write_file(stream, FILE_TOTALS, CONTRACT_TOTALS, FILEIO_DERIVED);
}

/* ---- what is kept ---- */

static bool pack(struct stream *stream)
{
    text_clear(&stream->text);
    pack_begin(&stream->text, STATE_MAGIC, STATE_VERSION);
    if (!chronicle_pack(stream->chronicle, &stream->text) ||
        !ledger_pack(stream->ledger, &stream->text))
        return false;
    pack_end(&stream->text);
    return true;
}

/* What was kept before stays until there is something better. */
static void keep(struct stream *stream)
{
    if (ledger_is_sound(stream->ledger) && pack(stream))
        stream->unkept = !write_file(stream, FILE_STATE, CONTRACT_STREAM_STATE, FILEIO_DURABLE);
}

static void keep_if_due(struct stream *stream, int64_t now_ns)
{
    bool removed =
        chronicle_total(stream->chronicle) > 0 && !is_there(stream, CONTRACT_STREAM_STATE);
    if (now_ns < stream->keep_ns || !(stream->unkept || removed))
        return;
    int64_t since_ns = clock_now_ns();
    keep(stream);
    int64_t rest_ns = KEEP_SHARE * (clock_now_ns() - since_ns);
    stream->keep_ns = now_ns + (rest_ns > KEEP_EVERY_NS ? rest_ns : KEEP_EVERY_NS);
}

static void unpack(struct stream *stream, const char *bytes, size_t length)
{
    struct unpacker packed;
    if (unpack_open(&packed, bytes, length, STATE_MAGIC, STATE_VERSION) &&
        chronicle_unpack(stream->chronicle, &packed))
        (void)ledger_unpack(stream->ledger, &packed);
}

/* Where nothing was kept, or it is of another log, everything is read again when there is time. */
static void recall(struct stream *stream)
{
    struct stat status;
    char *bytes = NULL;
    size_t length = 0;
    int fd = -1;
    if (fileio_open_input(stream->results_fd, CONTRACT_STREAM_STATE, &fd, &status) != FILEIO_OPENED)
        return;
    if (fileio_read_whole(fd, STATE_MAX_BYTES, &bytes, &length) == 0)
        unpack(stream, bytes, length);
    (void)close(fd);
    free(bytes);
}

struct stream *stream_create(int results_fd, uint64_t log_bytes, const char *extension)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->results_fd = results_fd;
    stream->extension = extension;
    stream->trouble.over = "totals and pages are written again";
    stream->chronicle = chronicle_create(results_fd, on_page, stream);
    stream->ledger = ledger_create(results_fd);
    if (stream->chronicle == NULL || stream->ledger == NULL) {
        stream_free(stream);
        return NULL;
    }
    stream->log_bytes = log_bytes;
    recall(stream);
    chronicle_begin(stream->chronicle, log_bytes);
    ledger_begin(stream->ledger, log_bytes);
    stream->untaken = stream->unwritten = true;
    stream->undrawn = chronicle_total(stream->chronicle) > 0;
    stream->drawn_ns = clock_now_ns();
    return stream;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    stream->keep_ns = 0;
    if (stream->chronicle != NULL && stream->ledger != NULL)
        keep_if_due(stream, clock_now_ns());
    if (stream->known)
        totals_result_free(&stream->totals);
    chronicle_free(stream->again);
    chronicle_free(stream->chronicle);
    ledger_free(stream->ledger);
    text_free(&stream->text);
    free(stream);
}

/* ---- what comes in ---- */

static void note_change(struct stream *stream)
{
    stream->untaken = stream->unwritten = stream->unkept = stream->undrawn = true;
}

void stream_tell(struct stream *stream, const struct notice *notice)
{
    chronicle_tell(stream->chronicle, &notice->account);
    if (notice->account.outcome == OUTCOME_PROCESSED)
        ledger_add(stream->ledger, notice->states, notice->account.bytes);
    note_change(stream);
}

void stream_committed(struct stream *stream, uint64_t log_bytes)
{
    stream->log_bytes = log_bytes;
    chronicle_committed(stream->chronicle, log_bytes);
    ledger_committed(stream->ledger, log_bytes);
}

bool stream_rest(struct stream *stream, ledger_reread *reread, void *context)
{
    if (chronicle_is_behind(stream->chronicle) || ledger_is_behind(stream->ledger))
        note_change(stream);
    return chronicle_catch_up(stream->chronicle) ||
           ledger_catch_up(stream->ledger, reread, context) || read_again(stream);
}

/* ---- what goes out ---- */

void stream_publish(struct stream *stream, const struct report *report, int64_t now_ns)
{
    stream->in_trouble = report->trouble[0] != '\0';
    take_totals(stream);
    write_totals(stream);
    write_index(stream, report);
    keep_if_due(stream, now_ns);
    look_for_pages(stream, now_ns);
}

void stream_finish(struct stream *stream)
{
    stream->drawn_ns = -TREND_EVERY_NS;
}

bool stream_wants_trend(const struct stream *stream, int64_t now_ns)
{
    char name[CONTRACT_NAME_SIZE];
    if (stream->extension == NULL || now_ns - stream->drawn_ns < TREND_EVERY_NS)
        return false;
    trend_name(stream, name);
    return stream->undrawn || !is_there(stream, name);
}

void stream_trend_script(struct stream *stream, const struct chart_format *format,
                         struct text *script, int64_t now_ns)
{
    stream->drawn_ns = now_ns;
    stream->undrawn = false;
    trend_chart_write(script, format, chronicle_trend(stream->chronicle));
}

void stream_trend_drawn(struct stream *stream, const char *image, size_t length)
{
    char name[CONTRACT_NAME_SIZE];
    trend_name(stream, name);
    text_clear(&stream->text);
    if (image != NULL)
        text_append(&stream->text, image, length);
    if (image == NULL || !write_file(stream, FILE_TREND, name, FILEIO_DERIVED))
        stream->undrawn = true;
}
