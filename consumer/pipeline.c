#include "consumer/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/fileio.h"
#include "common/log.h"
#include "common/wait.h"
#include "consumer/batch.h"
#include "consumer/chart.h"
#include "consumer/gnuplot.h"
#include "consumer/profile.h"
#include "consumer/summary.h"

#define READ_BYTES (256u * 1024u)
/* A file that could not be opened for now (permission, lease) is tried again after this. */
#define RETRY_NS NUMBER_NS_PER_SECOND

/* A batch whose summary is durable and whose chart is being drawn. */
struct drawing {
    struct gnuplot *gnuplot;
    struct sighting *sighting; /* NULL: free */
    struct text script;
    bool second_try;
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
    struct digest *digest;
    char *buffer;
    struct text text; /* of the summary being written */
    struct drawing drawings[8];
    size_t drawing_count;
    uint64_t rejected;
    char trouble[256];
};

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
    pipeline->digest = digest_create();
    pipeline->buffer = malloc(READ_BYTES);
    if (pipeline->digest == NULL || pipeline->buffer == NULL)
        goto fail;
    bool svg = config->chart == CONFIG_CHART_SVG;
    size_t jobs = config->chart == CONFIG_CHART_NONE ? 0 : (size_t)config->jobs;
    for (; pipeline->drawing_count < jobs; pipeline->drawing_count++) {
        struct drawing *drawing = &pipeline->drawings[pipeline->drawing_count];
        drawing->gnuplot = gnuplot_create(svg ? GNUPLOT_SVG : GNUPLOT_PNG,
                                          svg ? CHART_PREAMBLE_SVG : CHART_PREAMBLE_PNG);
        if (drawing->gnuplot == NULL)
            goto fail;
    }
    /* One child is started ahead: the first batch does not wait for it. */
    if (jobs > 0)
        (void)gnuplot_start(pipeline->drawings[0].gnuplot);
    return pipeline;
fail:
    pipeline_free(pipeline);
    return NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->drawing_count; i++) {
        gnuplot_free(pipeline->drawings[i].gnuplot);
        text_free(&pipeline->drawings[i].script);
    }
    digest_free(pipeline->digest);
    free(pipeline->buffer);
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
    sighting->next_try_ns = next_try_ns;
    if (!sighting->wait_told && now_ns - sighting->waiting_since_ns > pipeline->config->settle_ns) {
        sighting->wait_told = true;
        log_event(LOG_LEVEL_WARN, "waiting for batch",
                  (struct log_field[]){log_text("batch", sighting->key), log_text("cause", cause)},
                  2);
    }
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

/* What is wrong and has stood still for `settle` is final, until its files change. */
static enum pipeline_taken reject(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct batch *batch, uint64_t rows,
                                  const struct rejection *rejection, int64_t now_ns)
{
    const struct processed_entry *entry = processed_log_find(pipeline->log, sighting->key);
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting), rejection->detail,
                          now_ns);
    pipeline->rejected++;
    if (entry != NULL && entry->outcome == OUTCOME_REJECTED && entry->reason == rejection->reason &&
        strcmp(entry->sha256, batch->sha256) == 0)
        return decided(sighting); /* the record of an earlier run stands */
    struct processed_record record = {.key = sighting->key,
                                      .file = sighting->data_name,
                                      .outcome = OUTCOME_REJECTED,
                                      .rejection = rejection,
                                      .rows = rows,
                                      .bytes = batch->bytes,
                                      .sha256 = batch->sha256,
                                      .plot = PLOT_NONE};
    enum pipeline_taken taken = append(pipeline, sighting, &record);
    if (taken == PIPELINE_DECIDED)
        log_rejected(sighting, "rejected", rejection);
    return taken;
}

/* ---- reading ---- */

/* Reads the batch to its end. `profiler` may be NULL: then it is hashed only. */
static enum batch_state read_batch(struct pipeline *pipeline, struct batch *batch,
                                   struct profiler *profiler, struct rejection *damage,
                                   bool *memory_short, struct rejection *rejection)
{
    bool parsing = profiler != NULL;
    ssize_t count;
    while ((count = batch_read(batch, pipeline->digest, pipeline->buffer, READ_BYTES)) > 0) {
        if (wait_stopping())
            break;
        /* Damage ends the parsing, not the reading: if the hash is wrong too, that is the cause. */
        parsing = parsing && profiler_feed(profiler, pipeline->buffer, (size_t)count, damage);
        if ((size_t)count == READ_BYTES) {
            (void)pipeline_advance(pipeline, clock_now_ns());
            pipeline->tick(pipeline->context);
        }
    }
    *memory_short = profiler != NULL && !parsing && damage->reason == REASON_NONE;
    return batch_verify(batch, pipeline->digest, count, rejection);
}

static bool check_rows(const struct batch *batch, const struct profile *profile,
                       struct rejection *rejection)
{
    if (!batch->claims.has_record_count || batch->claims.record_count == profile->record_count)
        return true;
    rejection_set(rejection, REASON_ROW_COUNT_MISMATCH, "%llu rows, the metadata states %llu",
                  (unsigned long long)profile->record_count,
                  (unsigned long long)batch->claims.record_count);
    return false;
}

/* ---- committing ---- */

static bool write_summary(struct pipeline *pipeline, const struct sighting *sighting,
                          const struct batch *batch, const struct profile *profile)
{
    char name[CONTRACT_NAME_SIZE];
    struct summary_batch about = {.key = sighting->key,
                                  .file = sighting->data_name,
                                  .bytes = batch->bytes,
                                  .sha256 = batch->sha256,
                                  .verified = batch_is_verified(batch)};
    contract_summary_name(name, sighting->key);
    text_clear(&pipeline->text);
    summary_write(&pipeline->text, &about, profile);
    errno = ENOMEM;
    if (!text_failed(&pipeline->text) &&
        fileio_replace(pipeline->results_fd, name, pipeline->text.bytes, pipeline->text.length,
                       FILEIO_DURABLE) == 0 &&
        fileio_sync_directory(pipeline->results_fd) == 0)
        return true;
    (void)trouble(pipeline, "write", name);
    return false;
}

static void log_processed(const struct drawing *drawing, enum plot plot)
{
    struct log_field fields[] = {
        log_text("batch", drawing->sighting->key), log_count("rows", drawing->rows),
        log_bytes("size", drawing->bytes),
        log_duration("took", clock_now_ns() - drawing->started_ns),
        plot == PLOT_FAILED ? log_text("chart", "failed") : log_text("verified", "no")};
    size_t count = plot == PLOT_FAILED || !drawing->verified ? 5 : 4;
    log_event(LOG_LEVEL_INFO, "processed", fields, count);
}

static enum pipeline_taken commit(struct pipeline *pipeline, struct drawing *drawing,
                                  enum plot plot)
{
    struct processed_record record = {.key = drawing->sighting->key,
                                      .file = drawing->sighting->data_name,
                                      .outcome = OUTCOME_PROCESSED,
                                      .verified = drawing->verified,
                                      .rows = drawing->rows,
                                      .bytes = drawing->bytes,
                                      .sha256 = drawing->sha256,
                                      .plot = plot};
    enum pipeline_taken taken = append(pipeline, drawing->sighting, &record);
    if (taken == PIPELINE_DECIDED)
        log_processed(drawing, plot);
    return taken;
}

/* ---- drawing ---- */

static struct drawing *free_drawing(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->drawing_count; i++)
        if (pipeline->drawings[i].sighting == NULL)
            return &pipeline->drawings[i];
    return NULL;
}

static bool submit(struct drawing *drawing)
{
    return gnuplot_submit(drawing->gnuplot, drawing->script.bytes, drawing->script.length,
                          clock_now_ns() + GNUPLOT_DEADLINE_NS);
}

static void log_chart_failed(const struct drawing *drawing)
{
    log_event(LOG_LEVEL_WARN, "no chart",
              (struct log_field[]){log_text("batch", drawing->sighting->key),
                                   log_text("cause", gnuplot_failure(drawing->gnuplot))},
              2);
}

/* A child that was killed from outside deserves a second one; a chart that hung does not. */
static bool try_again(struct drawing *drawing, int64_t now_ns)
{
    bool again = !drawing->second_try && now_ns < drawing->started_ns + GNUPLOT_DEADLINE_NS;
    drawing->second_try = true;
    return again && submit(drawing);
}

static bool publish_plot(struct pipeline *pipeline, const struct drawing *drawing)
{
    char name[CONTRACT_NAME_SIZE];
    size_t length = 0;
    const char *image = gnuplot_image(drawing->gnuplot, &length);
    contract_plot_name(name, drawing->sighting->key,
                       pipeline->config->chart == CONFIG_CHART_SVG ? "svg" : "png");
    if (fileio_replace(pipeline->results_fd, name, image, length, FILEIO_DURABLE) == 0 &&
        fileio_sync_directory(pipeline->results_fd) == 0)
        return true;
    (void)trouble(pipeline, "write", name);
    return false;
}

static void release(struct drawing *drawing)
{
    drawing->sighting->in_flight = false;
    drawing->sighting = NULL;
    drawing->second_try = false;
}

/* False in trouble: the batch is then taken anew from its input. */
static bool advance_drawing(struct pipeline *pipeline, struct drawing *drawing, int64_t now_ns)
{
    enum pipeline_taken taken;
    switch (gnuplot_advance(drawing->gnuplot, now_ns)) {
    case GNUPLOT_BUSY: return true;
    case GNUPLOT_DONE:
        taken =
            publish_plot(pipeline, drawing) ? commit(pipeline, drawing, PLOT_OK) : PIPELINE_TROUBLE;
        break;
    case GNUPLOT_IDLE:
    case GNUPLOT_FAILED:
    default:
        if (try_again(drawing, now_ns))
            return true;
        log_chart_failed(drawing);
        taken = commit(pipeline, drawing, PLOT_FAILED);
        break;
    }
    release(drawing);
    return taken != PIPELINE_TROUBLE;
}

bool pipeline_advance(struct pipeline *pipeline, int64_t now_ns)
{
    bool good = true;
    for (size_t i = 0; i < pipeline->drawing_count; i++)
        if (pipeline->drawings[i].sighting != NULL)
            good = advance_drawing(pipeline, &pipeline->drawings[i], now_ns) && good;
    return good;
}

/* ---- one batch ---- */

/* The summary is durable; now the chart, or at once the record. */
static enum pipeline_taken draw(struct pipeline *pipeline, struct drawing *prepared,
                                const struct profile *profile)
{
    struct drawing *drawing = free_drawing(pipeline);
    if (drawing == NULL)
        return commit(pipeline, prepared, PLOT_NONE);
    struct gnuplot *gnuplot = drawing->gnuplot;
    struct text script = drawing->script;
    *drawing = *prepared;
    drawing->gnuplot = gnuplot;
    drawing->script = script;
    drawing->sighting->in_flight = true;
    text_clear(&drawing->script);
    chart_write(&drawing->script, drawing->sighting->key, profile);
    if (!text_failed(&drawing->script) && submit(drawing))
        return PIPELINE_DRAWING;
    log_chart_failed(drawing);
    enum pipeline_taken taken = commit(pipeline, drawing, PLOT_FAILED);
    release(drawing);
    return taken;
}

static enum pipeline_taken finish(struct pipeline *pipeline, struct sighting *sighting,
                                  const struct batch *batch, const struct profile *profile,
                                  int64_t started_ns)
{
    struct drawing prepared = {.sighting = sighting,
                               .started_ns = started_ns,
                               .verified = batch_is_verified(batch),
                               .rows = profile->record_count,
                               .bytes = batch->bytes};
    memcpy(prepared.sha256, batch->sha256, sizeof prepared.sha256);
    if (!write_summary(pipeline, sighting, batch, profile))
        return PIPELINE_TROUBLE;
    return draw(pipeline, &prepared, profile);
}

static enum pipeline_taken process(struct pipeline *pipeline, struct sighting *sighting,
                                   struct batch *batch, int64_t now_ns)
{
    struct rejection rejection = {0};
    struct rejection damage = {0};
    struct profile profile;
    bool memory_short = false;
    enum pipeline_taken taken = PIPELINE_TROUBLE;
    struct profiler *profiler = profiler_create();
    errno = ENOMEM;
    if (profiler == NULL)
        return trouble(pipeline, "profile", sighting->data_name);
    enum batch_state state =
        read_batch(pipeline, batch, profiler, &damage, &memory_short, &rejection);
    if (wait_stopping())
        taken = PIPELINE_STOPPED;
    else if (state == BATCH_WAIT)
        taken = wait_until(pipeline, sighting, now_ns + RETRY_NS, batch->wait_cause, now_ns);
    else if (state == BATCH_REJECTED)
        taken = reject(pipeline, sighting, batch, 0, &rejection, now_ns);
    else if (damage.reason != REASON_NONE)
        taken = reject(pipeline, sighting, batch, 0, &damage, now_ns);
    else if (!memory_short && profiler_finish(profiler, &profile, &damage)) {
        taken = check_rows(batch, &profile, &damage)
                    ? finish(pipeline, sighting, batch, &profile, now_ns)
                    : reject(pipeline, sighting, batch, profile.record_count, &damage, now_ns);
        profile_free(&profile);
    } else if (damage.reason != REASON_NONE)
        taken = reject(pipeline, sighting, batch, 0, &damage, now_ns);
    else {
        errno = ENOMEM;
        taken = trouble(pipeline, "profile", sighting->data_name);
    }
    profiler_free(profiler);
    return taken;
}

/* A batch that was processed is final: other content under its key is noted once. */
static enum pipeline_taken note_change(struct pipeline *pipeline, struct sighting *sighting,
                                       const struct batch *batch, struct rejection *rejection,
                                       int64_t now_ns)
{
    const struct processed_entry *entry = processed_log_find(pipeline->log, sighting->key);
    if (strcmp(entry->sha256, batch->sha256) == 0 ||
        (entry->changed && strcmp(entry->changed_sha256, batch->sha256) == 0))
        return decided(sighting);
    if (!has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting),
                          "changed after it was processed", now_ns);
    struct rejection none = {.reason = REASON_NONE};
    if (rejection->reason == REASON_NONE)
        rejection_set(&none, REASON_NONE, "other content than what was processed; kept as it was");
    struct processed_record record = {.key = sighting->key,
                                      .file = sighting->data_name,
                                      .outcome = OUTCOME_CHANGED,
                                      .rejection =
                                          rejection->reason == REASON_NONE ? &none : rejection,
                                      .bytes = batch->bytes,
                                      .sha256 = batch->sha256,
                                      .plot = PLOT_NONE};
    enum pipeline_taken taken = append(pipeline, sighting, &record);
    if (taken == PIPELINE_DECIDED)
        log_event(LOG_LEVEL_WARN, "changed after it was processed; the results stay as they are",
                  (struct log_field[]){log_text("batch", sighting->key)}, 1);
    return taken;
}

static enum pipeline_taken compare(struct pipeline *pipeline, int directory_fd,
                                   struct sighting *sighting, int64_t now_ns)
{
    struct batch batch;
    struct rejection rejection = {0};
    struct rejection damage = {0};
    bool memory_short;
    enum pipeline_taken taken;
    enum batch_state state =
        batch_open(directory_fd, sighting->key, sighting->data_name, NULL, &batch, &rejection);
    if (state == BATCH_GOOD)
        state = read_batch(pipeline, &batch, NULL, &damage, &memory_short, &rejection);
    if (wait_stopping())
        taken = PIPELINE_STOPPED;
    else if (state == BATCH_WAIT)
        taken = wait_until(pipeline, sighting, now_ns + RETRY_NS, batch.wait_cause, now_ns);
    else
        taken = note_change(pipeline, sighting, &batch, &rejection, now_ns);
    batch_close(&batch);
    return taken;
}

static enum pipeline_taken take_new(struct pipeline *pipeline, int directory_fd,
                                    struct sighting *sighting, int64_t now_ns)
{
    struct batch batch;
    struct rejection rejection = {0};
    enum pipeline_taken taken;
    bool draws = pipeline->drawing_count > 0;
    if (draws && free_drawing(pipeline) == NULL)
        return PIPELINE_FULL;
    switch (batch_open(directory_fd, sighting->key, sighting->data_name,
                       sighting->metadata.there ? sighting->metadata_name : NULL, &batch,
                       &rejection)) {
    case BATCH_GOOD: taken = process(pipeline, sighting, &batch, now_ns); break;
    case BATCH_WAIT:
        taken = wait_until(pipeline, sighting, now_ns + RETRY_NS, batch.wait_cause, now_ns);
        break;
    case BATCH_REJECTED:
    default: taken = reject(pipeline, sighting, &batch, 0, &rejection, now_ns); break;
    }
    batch_close(&batch);
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
    if (processed)
        return compare(pipeline, directory_fd, sighting, now_ns);
    if (!sighting->metadata.there && !has_settled(pipeline, sighting, now_ns))
        return wait_until(pipeline, sighting, settles_at(pipeline, sighting),
                          "no metadata, and it has not stood still yet", now_ns);
    return take_new(pipeline, directory_fd, sighting, now_ns);
}

/* ---- for the loop ---- */

size_t pipeline_fds(const struct pipeline *pipeline, struct pollfd *fds, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->drawing_count && count + GNUPLOT_FDS <= size; i++) {
        gnuplot_fds(pipeline->drawings[i].gnuplot, fds + count);
        count += GNUPLOT_FDS;
    }
    return count;
}

int64_t pipeline_deadline(const struct pipeline *pipeline)
{
    int64_t earliest = WAIT_FOREVER;
    for (size_t i = 0; i < pipeline->drawing_count; i++) {
        int64_t deadline = gnuplot_deadline(pipeline->drawings[i].gnuplot);
        if (deadline < earliest)
            earliest = deadline;
    }
    return earliest;
}

size_t pipeline_in_flight(const struct pipeline *pipeline)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->drawing_count; i++)
        count += pipeline->drawings[i].sighting != NULL ? 1 : 0;
    return count;
}

uint64_t pipeline_rejected(const struct pipeline *pipeline)
{
    return pipeline->rejected;
}

const char *pipeline_trouble(const struct pipeline *pipeline)
{
    return pipeline->trouble;
}
