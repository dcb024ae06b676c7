#include "consumer/status/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/contract.h"
#include "common/fileio.h"

#define PREFIX "shareddata_consumer_"

/* All that is told, so that a row of the table is a name and a place. */
struct figures {
    struct shard shard;
    uint64_t build;
    uint64_t batches[2];
    uint64_t skipped;
    uint64_t backlog;
    int64_t oldest_wait_ns;
    uint64_t in_trouble;
    uint64_t inotify;
    struct meters meters;
};

/* A gauge that counts, unless it says otherwise. */
struct family {
    const char *name;
    const char *help;
    size_t offset; /* into figures; of the first value, where there is one for each word */
    bool is_counter;
    bool is_time; /* an int64_t of nanoseconds, and no uint64_t */
    const char *label;
    const char *words[METERS_OUTCOMES + 1];
};

#define FIGURE(member) offsetof(struct figures, member)

static const struct family FAMILIES[] = {
    {.name = "build_info",
     .help = "Always 1; the version of the program is its label.",
     .offset = FIGURE(build),
     .label = "version",
     .words = {CONTRACT_VERSION}},
    {.name = "start_time_seconds",
     .help = "When this process started, in seconds since 1970.",
     .offset = FIGURE(meters.started_at_ns),
     .is_time = true},
    {.name = "last_scan_timestamp_seconds",
     .help = "When the shared directory was last polled, in seconds since 1970; 0 before the first "
             "time.",
     .offset = FIGURE(meters.scanned_at_ns),
     .is_time = true},
    {.name = "inotify_active",
     .help = "1 where inotify wakes the consumer, 0 where polling alone does.",
     .offset = FIGURE(inotify)},
    {.name = "trouble",
     .help = "1 while something keeps it from working, which status.json names; else 0.",
     .offset = FIGURE(in_trouble)},
    {.name = "batches",
     .help = "Batches of which this outcome stands in the log, over all runs.",
     .offset = FIGURE(batches),
     .label = "outcome",
     .words = {"processed", "rejected"}},
    {.name = "backlog_batches",
     .help = "Batches in the shared directory that wait.",
     .offset = FIGURE(backlog)},
    {.name = "oldest_waiting_seconds",
     .help = "How long the oldest of the waiting batches has waited.",
     .offset = FIGURE(oldest_wait_ns),
     .is_time = true},
    {.name = "skipped_names",
     .help = "Names in the shared directory that are no batch's.",
     .offset = FIGURE(skipped)},
    {.name = "decisions_total",
     .help = "Records made since the start of the process.",
     .offset = FIGURE(meters.decided),
     .is_counter = true,
     .label = "outcome",
     .words = {"processed", "rejected", "changed"}},
    {.name = "processed_rows_total",
     .help = "Rows of the batches processed since the start of the process.",
     .offset = FIGURE(meters.rows),
     .is_counter = true},
    {.name = "processed_bytes_total",
     .help = "Bytes of the batches processed since the start of the process.",
     .offset = FIGURE(meters.bytes),
     .is_counter = true},
    {.name = "charts_total",
     .help = "Charts since the start of the process, by what came of them.",
     .offset = FIGURE(meters.charts),
     .is_counter = true,
     .label = "result",
     .words = {"drawn", "failed"}},
    {.name = "gnuplot_restarts_total",
     .help = "gnuplot children started in the place of another since the start of the process.",
     .offset = FIGURE(meters.gnuplot_restarts),
     .is_counter = true},
};

static const char *const STAGES[METERS_STAGES] = {"look", "read", "compare", "draw", "commit"};

static void put_head(struct text *text, const char *name, const char *type, const char *help)
{
    text_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

/* Without the locale's point and the digits that a double would lose. */
static void put_seconds(struct text *text, int64_t ns)
{
    int64_t shown = ns < 0 ? 0 : ns;
    text_printf(text, "%" PRId64 ".%09" PRId64, shown / NUMBER_NS_PER_SECOND,
                shown % NUMBER_NS_PER_SECOND);
}

/* A consumer that shares its input with others says which one it is, as they tell the same. */
static void put_labels(struct text *text, struct shard shard, const char *label, const char *word)
{
    char words[SHARD_WORDS_SIZE];
    bool shared = !shard_is_whole(shard);
    shard_words(words, shard);
    if (!shared && word == NULL)
        return;
    text_put(text, "{");
    if (word != NULL)
        text_printf(text, "%s=\"%s\"", label, word);
    if (shared)
        text_printf(text, "%sshard=\"%s\"", word != NULL ? "," : "", words);
    text_put(text, "}");
}

static void put_sample(struct text *text, const struct figures *figures,
                       const struct family *family, const char *word, const void *value)
{
    text_printf(text, PREFIX "%s", family->name);
    put_labels(text, figures->shard, family->label, word);
    text_put(text, " ");
    if (family->is_time)
        put_seconds(text, *(const int64_t *)value);
    else
        text_printf(text, "%" PRIu64, *(const uint64_t *)value);
    text_put(text, "\n");
}

static void put_family(struct text *text, const struct family *family,
                       const struct figures *figures)
{
    const unsigned char *value = (const unsigned char *)figures + family->offset;
    put_head(text, family->name, family->is_counter ? "counter" : "gauge", family->help);
    if (family->label == NULL)
        put_sample(text, figures, family, NULL, value);
    for (size_t i = 0; family->words[i] != NULL; i++)
        put_sample(text, figures, family, family->words[i], value + i * sizeof(uint64_t));
}

static void put_part(struct text *text, const char *name, const char *part, struct shard shard,
                     const char *stage)
{
    text_printf(text, PREFIX "%s_%s", name, part);
    put_labels(text, shard, "stage", stage);
    text_put(text, " ");
}

static void put_bucket(struct text *text, const char *name, struct shard shard, const char *stage,
                       const char *bound, uint64_t count)
{
    char words[SHARD_WORDS_SIZE];
    shard_words(words, shard);
    text_printf(text, PREFIX "%s_bucket{stage=\"%s\",le=\"%s\"", name, stage, bound);
    if (!shard_is_whole(shard))
        text_printf(text, ",shard=\"%s\"", words);
    text_printf(text, "} %" PRIu64 "\n", count);
}

/* Each bucket holds those below it as well. */
static void put_times(struct text *text, const char *name, struct shard shard, const char *stage,
                      const struct meters_times *times)
{
    uint64_t count = 0;
    char bound[32];
    for (size_t i = 0; i < METERS_BOUNDS; i++) {
        count += times->counts[i];
        (void)snprintf(bound, sizeof bound, "%g", (double)METERS_BOUNDS_NS[i] / 1e9);
        put_bucket(text, name, shard, stage, bound, count);
    }
    count += times->counts[METERS_BOUNDS];
    put_bucket(text, name, shard, stage, "+Inf", count);
    put_part(text, name, "sum", shard, stage);
    put_seconds(text, times->sum_ns);
    text_put(text, "\n");
    put_part(text, name, "count", shard, stage);
    text_printf(text, "%" PRIu64 "\n", count);
}

static struct figures gather(const struct report *report, const struct meters *meters)
{
    return (struct figures){.shard = report->shard,
                            .build = 1,
                            .batches = {report->own_processed, report->own_rejected},
                            .skipped = report->skipped,
                            .backlog = report->backlog,
                            .oldest_wait_ns = report->oldest_wait_ns,
                            .in_trouble = report->trouble[0] != '\0',
                            .inotify = report->inotify,
                            .meters = *meters};
}

void metrics_format(struct text *text, const struct report *report, const struct meters *meters)
{
    static const char times[] = "stage_duration_seconds";
    struct figures figures = gather(report, meters);
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        put_family(text, &FAMILIES[i], &figures);
    put_head(text, times, "histogram",
             "How long the steps of the work took since the start of the process; they overlap.");
    for (size_t i = 0; i < METERS_STAGES; i++)
        put_times(text, times, report->shard, STAGES[i], &meters->times[i]);
}

int metrics_write(int results_fd, const struct report *report, const struct meters *meters)
{
    char name[CONTRACT_NAME_SIZE];
    struct text text = {0};
    shard_file(name, CONTRACT_METRICS, report->shard);
    metrics_format(&text, report, meters);
    int result = fileio_replace_text(results_fd, name, &text, FILEIO_DERIVED);
    int saved_errno = errno;
    text_free(&text);
    errno = saved_errno;
    return result;
}
