#include "consumer/batch/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/wait.h"
#include "consumer/batch/batch.h"

#define READ_BYTES (256u * 1024u)

struct reader {
    struct digest *digest;
    char *buffer;
    reader_tick *tick;
    void *context;
    struct limits limits;
    struct csv_rules rules;
};

struct reader *reader_create(reader_tick *tick, void *context)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->tick = tick;
    reader->context = context;
    reader->limits = LIMITS_DEFAULT;
    reader->digest = digest_create();
    reader->buffer = malloc(READ_BYTES);
    if (reader->digest != NULL && reader->buffer != NULL)
        return reader;
    reader_free(reader);
    return NULL;
}

void reader_free(struct reader *reader)
{
    if (reader == NULL)
        return;
    digest_free(reader->digest);
    free(reader->buffer);
    free(reader);
}

void reader_limit(struct reader *reader, const struct limits *limits)
{
    reader->limits = *limits;
}

void reader_rules(struct reader *reader, const struct csv_rules *rules)
{
    reader->rules = *rules;
}

/* How far the profiler came. */
struct parse {
    struct profiler *profiler; /* NULL: hash only */
    bool going;
    struct rejection damage;
};

/*
 * After damage the rest matters only to a hash that was stated: if that turns out to be wrong,
 * it is the cause and the damage its effect. Without one, the rest may be 900 GB of a hole.
 */
static bool is_hopeless(const struct batch *batch, const struct parse *parse)
{
    return parse->profiler != NULL && !parse->going && !batch->claims.has_sha256;
}

/* Reads to the end, or for as long as there is hope. */
static ssize_t read_all(struct reader *reader, struct batch *batch, struct parse *parse)
{
    ssize_t count;
    while ((count = batch_read(batch, reader->digest, reader->buffer, READ_BYTES)) > 0) {
        if (wait_stopping())
            break;
        if (parse->going)
            parse->going =
                profiler_feed(parse->profiler, reader->buffer, (size_t)count, &parse->damage);
        if (is_hopeless(batch, parse))
            break;
        if ((size_t)count < READ_BYTES) /* the end; if more comes now, it changed meanwhile */
            break;
        reader->tick(reader->context, batch->bytes);
    }
    return count;
}

static bool rows_agree(const struct batch *batch, uint64_t rows, struct rejection *rejection)
{
    if (!batch->claims.has_record_count || batch->claims.record_count == rows)
        return true;
    rejection_set(rejection, REASON_ROW_COUNT_MISMATCH,
                  "%" PRIu64 " rows, the metadata states %" PRIu64, rows,
                  batch->claims.record_count);
    return false;
}

static enum reading_verdict conclude(const struct batch *batch, struct parse *parse,
                                     struct reading *reading)
{
    if (parse->profiler == NULL)
        return READING_GOOD;
    if (parse->going && profiler_finish(parse->profiler, &reading->profile, &parse->damage)) {
        reading->rows = reading->profile.record_count;
        reading->states = profiler_release_states(parse->profiler);
        return rows_agree(batch, reading->rows, &reading->rejection) ? READING_GOOD
                                                                     : READING_REJECTED;
    }
    if (wait_stopping())
        return READING_STOPPED;
    reading->rejection = parse->damage;
    errno = ENOMEM;
    return parse->damage.reason != REASON_NONE ? READING_REJECTED : READING_FAILED;
}

static enum reading_verdict put_off(const struct batch *batch, enum batch_state state,
                                    struct reading *reading)
{
    reading->cause = batch->wait_cause;
    if (state == BATCH_WAIT)
        return READING_WAIT;
    reading->failed_name = batch->failed_name;
    return READING_FAILED;
}

static enum reading_verdict read_and_judge(struct reader *reader, struct batch *batch,
                                           struct parse *parse, struct reading *reading)
{
    ssize_t last = read_all(reader, batch, parse);
    bool abandoned = is_hopeless(batch, parse) && batch->bytes < (uint64_t)batch->opened.st_size;
    enum batch_state state = abandoned
                                 ? batch_abandon(batch, reader->digest)
                                 : batch_verify(batch, reader->digest, last, &reading->rejection);
    if (wait_stopping())
        return READING_STOPPED;
    if (state == BATCH_WAIT || state == BATCH_FAILED)
        return put_off(batch, state, reading);
    reading->bytes = batch->bytes;
    memcpy(reading->sha256, batch->sha256, sizeof reading->sha256);
    if (state == BATCH_REJECTED)
        return READING_REJECTED;
    reading->verified = batch_is_verified(batch);
    return conclude(batch, parse, reading);
}

static enum reading_verdict read_opened(struct reader *reader, struct batch *batch,
                                        enum reader_purpose purpose, struct reading *reading)
{
    struct parse parse = {.profiler = NULL};
    if (purpose == READER_PROFILE) {
        parse.profiler = profiler_create(&reader->rules, &reader->limits);
        parse.going = parse.profiler != NULL;
        if (parse.profiler == NULL) {
            errno = ENOMEM;
            return READING_FAILED;
        }
        profiler_keep_states(parse.profiler);
    }
    enum reading_verdict verdict = read_and_judge(reader, batch, &parse, reading);
    int saved_errno = errno;
    profiler_free(parse.profiler);
    errno = saved_errno;
    return verdict;
}

enum reading_verdict reader_read(struct reader *reader, int directory_fd,
                                 const struct sighting *sighting, enum reader_purpose purpose,
                                 struct reading *reading)
{
    struct batch batch;
    enum reading_verdict verdict = READING_REJECTED;
    bool with_metadata = purpose == READER_PROFILE && sighting->metadata.there;
    *reading = (struct reading){.failed_name = sighting->data_name};
    const struct batch_files files = {.key = sighting->key,
                                      .data = sighting->data_name,
                                      .metadata = with_metadata ? sighting->metadata_name : NULL};
    enum batch_state state =
        batch_open(directory_fd, &files, &reader->limits, &batch, &reading->rejection);
    switch (state) {
    case BATCH_GOOD: verdict = read_opened(reader, &batch, purpose, reading); break;
    case BATCH_WAIT:
    case BATCH_FAILED: verdict = put_off(&batch, state, reading); break;
    case BATCH_REJECTED: break;
    }
    int saved_errno = errno;
    batch_close(&batch);
    errno = saved_errno;
    return verdict;
}

void reading_free(struct reading *reading)
{
    profile_free(&reading->profile);
    batch_states_free(reading->states);
    reading->states = NULL;
}
