/*
 * profile - bytes of CSV in, the profile of every column out.
 *
 *     struct profiler *profiler = profiler_create();
 *     profiler_feed(profiler, chunk, length, &rejection);     in chunks of any size
 *     struct profile profile;
 *     profiler_finish(profiler, &profile, &rejection);
 *     ... profile is plain data: the summary and the chart are made of it ...
 *     profile_free(&profile);
 *     profiler_free(profiler);
 *
 * A profile is a function of the bytes alone: not of the chunks, the clock, the
 * locale or the machine.
 */
#ifndef CONSUMER_PROFILE_H
#define CONSUMER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "consumer/column.h"
#include "consumer/csv_reader.h"
#include "consumer/limits.h"
#include "consumer/sample.h"

struct profile {
    uint64_t record_count; /* rows below the header */
    struct csv_dialect dialect;
    bool has_header; /* false only for a file without a single row */
    struct column_result *columns;
    size_t column_count;
    struct sample *sample; /* rows to draw */
};

struct profiler;

struct profiler *profiler_create(void);
void profiler_free(struct profiler *profiler);

/* Before the first byte; until then they are LIMITS_DEFAULT. */
void profiler_limit(struct profiler *profiler, const struct limits *limits);

/*
 * False when the text is damaged (rejection says how) or memory is short
 * (rejection->reason stays REASON_NONE).
 */
bool profiler_feed(struct profiler *profiler, const char *bytes, size_t length,
                   struct rejection *rejection);

/* As profiler_feed; the profile is to be freed only when it came to be. */
bool profiler_finish(struct profiler *profiler, struct profile *profile,
                     struct rejection *rejection);
void profile_free(struct profile *profile);

#endif
