/*
 * profile - bytes of CSV in, the profile of every column out.
 *
 *     struct profiler *profiler = profiler_create(&rules, &limits);
 *     profiler_feed(profiler, chunk, length, &rejection);     in chunks of any size
 *     struct profile profile;
 *     profiler_finish(profiler, &profile, &rejection);
 *     ... profile is plain data: the summary and the chart are made of it ...
 *     profile_free(&profile);
 *     profiler_free(profiler);
 *
 * A profile is a function of the bytes and the rules alone: not of the chunks, the clock, the
 * locale or the machine. Its memory is bounded by the number of columns, not by the number of rows
 * (see column).
 */
#ifndef CONSUMER_PROFILE_H
#define CONSUMER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_reader.h"
#include "common/limits.h"
#include "common/reason.h"
#include "consumer/config/csv_rules.h"
#include "consumer/profile/batch_states.h"
#include "consumer/profile/column_result.h"
#include "consumer/profile/envelope.h"
#include "consumer/profile/sample.h"

struct profile {
    uint64_t record_count; /* rows, without the header */
    uint64_t ragged_rows;  /* of them, those that were filled or cut to the first row's length */
    struct csv_dialect dialect;
    bool has_header; /* false as well for a file without a single row */
    struct column_result *columns;
    size_t column_count;
    struct sample *sample;    /* the first rows */
    struct envelope *courses; /* of the first SAMPLE_MAX_COLUMNS columns that are of numbers, or of
                                 dates and times: then of their seconds; see value */
};

struct profiler;

/* Both are copied; what the rules point to must last. NULL when memory is short. */
struct profiler *profiler_create(const struct csv_rules *rules, const struct limits *limits);
void profiler_free(struct profiler *profiler);

/*
 * False when the text is damaged (rejection says how), or memory is short or SIGTERM has come
 * (rejection->reason stays REASON_NONE).
 */
bool profiler_feed(struct profiler *profiler, const char *bytes, size_t length,
                   struct rejection *rejection);

/* As profiler_feed; the profile is to be freed only when it came to be. */
bool profiler_finish(struct profiler *profiler, struct profile *profile,
                     struct rejection *rejection);
void profile_free(struct profile *profile);

/*
 * What the columns came to is made of much more than it is, which goes with each as soon as its
 * result is there. Who wants to merge it with that of other batches says so before the end, and
 * takes it after a profile came to be: the caller's to free. NULL when memory is short.
 */
void profiler_keep_states(struct profiler *profiler);
struct batch_states *profiler_release_states(struct profiler *profiler);

#endif
