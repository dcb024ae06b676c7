#include "consumer/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/condition.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/wait.h"
#include "consumer/drawings.h"
#include "consumer/profile.h"
#include "consumer/reading.h"
#include "consumer/summary.h"

/* A file that could not be opened for now (permission, lease) is tried again after this. */
#define RETRY_NS NUMBER_NS_PER_SECOND

/* A batch whose summary is durable: what its record will say. */
struct taken_batch {
    struct sighting *sighting; /* NULL: a free place */
    int64_t started_ns;
    bool verified;
    uint64_t rows;
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
};

struct pipeline {
    const struct config *config;
    int results_fd;
    struct processed_log *log;
    pipeline_tick *tick;
    void *context;
    struct reader *reader;
    struct text text; /* of the summary being written */
    struct drawings *drawings;
    struct condition no_charts;
    struct taken_batch in_flight[DRAWINGS_MAX];
    uint64_t rejected;
    char trouble[256];
};

/* In the middle of a large batch the charts of the ones before it go on. */
static void on_tick(void *context)
{
    struct pipeline *pipeline = context;
    (void)pipeline_advance(pipeline, clock_now_ns());
    pipeline->tick(pipeline->context);
}

struct pipeline *pipeline_create(const struct config *config, int results_fd,
                                 struct processed_log *log, pipeline_tick *tick, void *context)
{
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return NULL;
    pipeline->config = config;
    pipeline->results_fd = results_fd;
    pipeline->log = log;
    pipeline->tick = tick;
    pipeline->context = context;
    pipeline->no_charts.over = "charts are drawn again";
    pipeline->reader = reader_create(on_tick, pipeline);
    pipeline->drawings = drawings_create((enum config_chart)config->chart, (size_t)config->jobs);
    if (pipeline->reader != NULL && pipeline->drawings != NULL)
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    drawings_free(pipeline->drawings);
    reader_free(pipeline->reader);
    text_free(&pipeline->text);
    free(pipeline);
}

/* ---- deciding ---- */

static enum pipeline_taken trouble(struct pipeline *pipeline, const char *operation,
                                   const char *name)
{
    (void)snprintf(pipeline->trouble, sizeof pipeline->trouble, "cannot %s %.120s: %s", operation,
                   name, strerror(errno));
    return PIPELINE_TROUBLE;
}

/* Told once, when it has lasted longer than a batch on its way may be in between. */
static enum pipeline_taken wait_until(struct pipeline *pipeline, struct sighting *sighting,
                                      int64_t next_try_ns, const char *cause, int64_t now_ns)
{
    int64_t tell_at_ns = sighting->waiting_since_ns + pipeline->config->settle_ns;
    if (!sighting->wait_told && now_ns > tell_at_ns) {
        sighting->wait_told = true;
        log_event(LOG_LEVEL_WARN, "waiting for batch",
                  (struct log_field[]){log_text("batch", sighting->key), log_text("cause", cause)},
                  2);
    }
    bool tell_first = !sighting->wait_told && tell_at_ns < next_try_ns;
    sighting->next_try_ns = tell_first ? tell_at_ns + 1 : next_try_ns;
    return PIPELINE_WAITS;
}

static enum pipeline_taken decided(struct sighting *sighting)
{
    sighting->decided = true;
    sighting->wait_told = false;
    return PIPELINE_DECIDED;
}

static bool has_settled(const struct pipeline *pipeline, const struct sighting *sighting,
                        int64_t now_ns)
{
    return now_ns - sighting->unchanged_since_ns >= pipeline->config->settle_ns;
}

static int64_t settles_at(const struct pipeline *pipeline, const struct sighting *sighting)
{
    return sighting->unchanged_since_ns + pipeline->config->settle_ns;
}

static void log_rejected(const struct sighting *sighting, const char *message,
                         const struct rejection *rejection)
{
    log_event(LOG_LEVEL_WARN, message,
              (struct log_field[]){log_text("batch", sighting->key),
                                   log_text("reason", reason_word(rejection->reason)),
                                   log_text("detail", rejection->detail)},
              3);
}

static enum pipeline_taken append(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct processed_record *record)
{
    if (processed_log_append(pipeline->log, record) != 0)
        return trouble(pipeline, "append to", CONTRACT_PROCESSED_LOG);
    return decided(sighting);
}

/* A crash may have left outputs of what the file held then; a rejected batch has none. */
static bool remove_outputs(struct pipeline *pipeline, const struct sighting *sighting)
{
    char names[3][CONTRACT_NAME_SIZE];
    bool removed = false;
    contract_summary_name(names[0], sighting->key);
    contract_plot_name(names[1], sighting->key, "png");
    contract_plot_name(names[2], sighting->key, "svg");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (unlinkat(pipeline->results_fd, names[i], 0) == 0)
            removed = true;
        else if (errno != ENOENT) {
            (void)trouble(pipeline, "remove", names[i]);
            return false;
        }
    }
    if (!removed || fileio_sync_directory(pipeline->results_fd) == 0)
        return true;
    (void)trouble(pipeline, "flush the directory of", names[0]);
    return false;
}

/* What is wrong and has stood still for `settle` is final, until its files change. */
static enum pipeline_taken reject(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct reading *reading, int64_t now_ns)
{
    const struct processed_entry *entry = processed_log_find(pipeline->log, sighting->key);
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting),
                          reading->rejection.detail, now_ns);
    if (!remove_outputs(pipeline, sighting))
        return PIPELINE_TROUBLE;
    if (entry != NULL && entry->outcome == OUTCOME_REJECTED &&
        entry->reason == reading->rejection.reason && strcmp(entry->sha256, reading->sha256) == 0) {
        pipeline->rejected++;
        return decided(sighting); /* the record of an earlier run stands */
    }
    struct processed_record record = {.key = sighting->key,
                                      .file = sighting->data_name,
                                      .outcome = OUTCOME_REJECTED,
                                      .rejection = &reading->rejection,
                                      .rows = reading->rows,
                                      .bytes = reading->bytes,
                                      .sha256 = reading->sha256,
                                      .plot = PLOT_NONE};
    enum pipeline_taken taken = append(pipeline, sighting, &record);
    if (taken == PIPELINE_DECIDED) {
        pipeline->rejected++;
        log_rejected(sighting, "rejected", &reading->rejection);
    }
    return taken;
}

/* ---- committing ---- */

static bool write_summary(struct pipeline *pipeline, const struct sighting *sighting,
                          const struct reading *reading)
{
    char name[CONTRACT_NAME_SIZE];
    struct summary_batch about = {.key = sighting->key,
                                  .file = sighting->data_name,
                                  .bytes = reading->bytes,
                                  .sha256 = reading->sha256,
                                  .verified = reading->verified};
    contract_summary_name(name, sighting->key);
    text_clear(&pipeline->text);
    summary_write(&pipeline->text, &about, &reading->profile);
    errno = ENOMEM;
    if (!text_failed(&pipeline->text) &&
        fileio_replace(pipeline->results_fd, name, pipeline->text.bytes, pipeline->text.length,
                       FILEIO_DURABLE) == 0 &&
        fileio_sync_directory(pipeline->results_fd) == 0)
        return true;
    (void)trouble(pipeline, "write", name);
    return false;
}

static void log_processed(const struct taken_batch *batch, enum plot plot)
{
    struct log_field fields[] = {
        log_text("batch", batch->sighting->key), log_count("rows", batch->rows),
        log_bytes("size", batch->bytes), log_duration("took", clock_now_ns() - batch->started_ns),
        plot == PLOT_FAILED ? log_text("chart", "failed") : log_text("verified", "no")};
    size_t count = plot == PLOT_FAILED || !batch->verified ? 5 : 4;
    log_event(LOG_LEVEL_INFO, "processed", fields, count);
}

static enum pipeline_taken commit(struct pipeline *pipeline, const struct taken_batch *batch,
                                  enum plot plot)
{
    struct processed_record record = {.key = batch->sighting->key,
                                      .file = batch->sighting->data_name,
                                      .outcome = OUTCOME_PROCESSED,
                                      .verified = batch->verified,
                                      .rows = batch->rows,
                                      .bytes = batch->bytes,
                                      .sha256 = batch->sha256,
                                      .plot = plot};
    enum pipeline_taken taken = append(pipeline, batch->sighting, &record);
    if (taken == PIPELINE_DECIDED)
        log_processed(batch, plot);
    return taken;
}

static bool write_plot(struct pipeline *pipeline, const struct sighting *sighting,
                       const char *image, size_t length)
{
    char name[CONTRACT_NAME_SIZE];
    contract_plot_name(name, sighting->key,
                       pipeline->config->chart == CONFIG_CHART_SVG ? "svg" : "png");
    if (fileio_replace(pipeline->results_fd, name, image, length, FILEIO_DURABLE) == 0 &&
        fileio_sync_directory(pipeline->results_fd) == 0)
        return true;
    (void)trouble(pipeline, "write", name);
    return false;
}

/* In trouble the batch is left undecided, and taken anew from its input. */
static bool on_drawn(void *context, void *drawn, const char *image, size_t length,
                     const char *failure)
{
    struct pipeline *pipeline = context;
    struct taken_batch *batch = drawn;
    struct sighting *sighting = batch->sighting;
    bool good = true;
    if (failure != NULL)
        condition_begin(&pipeline->no_charts, "no charts: %s", failure);
    else
        condition_end(&pipeline->no_charts);
    if (failure == NULL)
        good = write_plot(pipeline, sighting, image, length);
    good = good &&
           commit(pipeline, batch, failure == NULL ? PLOT_OK : PLOT_FAILED) != PIPELINE_TROUBLE;
    sighting->in_flight = false;
    if (sighting->changed_in_flight)
        sighting->decided = false; /* what was recorded is not what is there now */
    batch->sighting = NULL;
    return good;
}

bool pipeline_advance(struct pipeline *pipeline, int64_t now_ns)
{
    return drawings_advance(pipeline->drawings, now_ns, on_drawn, pipeline);
}

static bool is_full(const struct pipeline *pipeline)
{
    size_t capacity = drawings_capacity(pipeline->drawings);
    return capacity > 0 && drawings_under_way(pipeline->drawings) == capacity;
}

/* ---- one batch ---- */

/* The summary is durable; now the chart, or at once the record. */
static enum pipeline_taken draw(struct pipeline *pipeline, const struct taken_batch *batch,
                                const struct profile *profile, int64_t now_ns)
{
    struct taken_batch *place = pipeline->in_flight;
    if (drawings_capacity(pipeline->drawings) == 0)
        return commit(pipeline, batch, PLOT_NONE);
    while (place->sighting != NULL)
        place++;
    *place = *batch;
    place->sighting->in_flight = true;
    place->sighting->changed_in_flight = false;
    drawings_begin(pipeline->drawings, place->sighting->key, profile, place, now_ns);
    return PIPELINE_DRAWING;
}

static enum pipeline_taken finish(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct reading *reading, int64_t started_ns)
{
    struct taken_batch taken = {.sighting = sighting,
                                .started_ns = started_ns,
                                .verified = reading->verified,
                                .rows = reading->rows,
                                .bytes = reading->bytes};
    memcpy(taken.sha256, reading->sha256, sizeof taken.sha256);
    if (!write_summary(pipeline, sighting, reading))
        return PIPELINE_TROUBLE;
    return draw(pipeline, &taken, &reading->profile, clock_now_ns());
}

/* A batch that was processed is final: other content under its key is noted once. */
static enum pipeline_taken note_change(struct pipeline *pipeline, struct sighting *sighting,
                                       const struct reading *reading, int64_t now_ns)
{
    const struct processed_entry *entry = processed_log_find(pipeline->log, sighting->key);
    if (strcmp(entry->sha256, reading->sha256) == 0 ||
        (entry->changed && strcmp(entry->changed_sha256, reading->sha256) == 0))
        return decided(sighting);
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting),
                          "changed after it was processed", now_ns);
    struct rejection why = reading->rejection;
    if (why.reason == REASON_NONE)
        rejection_set(&why, REASON_NONE, "other content than was processed; results are kept");
    struct processed_record record = {.key = sighting->key,
                                      .file = sighting->data_name,
                                      .outcome = OUTCOME_CHANGED,
                                      .rejection = &why,
                                      .bytes = reading->bytes,
                                      .sha256 = reading->sha256,
                                      .plot = PLOT_NONE};
    enum pipeline_taken taken = append(pipeline, sighting, &record);
    if (taken == PIPELINE_DECIDED)
        log_event(LOG_LEVEL_WARN, "changed after it was processed; the results stay as they are",
                  (struct log_field[]){log_text("batch", sighting->key)}, 1);
    return taken;
}

static enum pipeline_taken judge(struct pipeline *pipeline, int directory_fd,
                                 struct sighting *sighting, bool processed, int64_t now_ns)
{
    struct reading reading;
    enum pipeline_taken taken = PIPELINE_STOPPED;
    enum reader_purpose purpose = processed ? READER_HASH : READER_PROFILE;
    enum reading_verdict verdict =
        reader_read(pipeline->reader, directory_fd, sighting, purpose, &reading);
    switch (verdict) {
    case READING_GOOD:
    case READING_REJECTED:
        if (processed)
            taken = note_change(pipeline, sighting, &reading, now_ns);
        else if (verdict == READING_GOOD)
            taken = finish(pipeline, sighting, &reading, now_ns);
        else
            taken = reject(pipeline, sighting, &reading, now_ns);
        break;
    case READING_WAIT:
        taken = wait_until(pipeline, sighting, now_ns + RETRY_NS, reading.cause, now_ns);
        break;
    case READING_FAILED: taken = trouble(pipeline, "profile", sighting->data_name); break;
    case READING_STOPPED: break;
    }
    reading_free(&reading);
    return taken;
}

enum pipeline_taken pipeline_take(struct pipeline *pipeline, int directory_fd,
                                  struct sighting *sighting, int64_t now_ns)
{
    if (sighting->decided || sighting->in_flight)
        return PIPELINE_DECIDED;
    if (!sighting->data.there && !sighting->metadata.there)
        return decided(sighting);
    if (now_ns < sighting->next_try_ns)
        return PIPELINE_WAITS;
    const struct processed_entry *entry = processed_log_find(pipeline->log, sighting->key);
    bool processed = entry != NULL && entry->outcome == OUTCOME_PROCESSED;
    if (!sighting->data.there)
        return processed ? decided(sighting)
                         : wait_until(pipeline, sighting, WAIT_FOREVER,
                                      "metadata is there, data is not", now_ns);
    if (!processed && !sighting->metadata.there && !has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting),
                          "no metadata, and it has not stood still yet", now_ns);
    if (!processed && is_full(pipeline))
        return PIPELINE_FULL;
    return judge(pipeline, directory_fd, sighting, processed, now_ns);
}

/* ---- for the loop ---- */

size_t pipeline_fds(const struct pipeline *pipeline, struct pollfd *fds, size_t size)
{
    return drawings_fds(pipeline->drawings, fds, size);
}

int64_t pipeline_deadline(const struct pipeline *pipeline)
{
    return drawings_deadline(pipeline->drawings);
}

size_t pipeline_in_flight(const struct pipeline *pipeline)
{
    return drawings_under_way(pipeline->drawings);
}

uint64_t pipeline_rejected(const struct pipeline *pipeline)
{
    return pipeline->rejected;
}

const char *pipeline_trouble(const struct pipeline *pipeline)
{
    return pipeline->trouble;
}
