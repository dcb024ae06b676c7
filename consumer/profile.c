#include "consumer/profile.h"

#include <stdlib.h>

struct profiler {
    struct csv_reader *reader;
    struct column **columns;
    size_t column_count;
    bool has_header;
    struct sample *sample;
};

static bool take_header(struct profiler *profiler, const struct csv_cell *cells, size_t count)
{
    profiler->has_header = true;
    profiler->columns = calloc(count + 1, sizeof *profiler->columns);
    if (profiler->columns == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        profiler->columns[i] = column_create(cells[i].bytes, cells[i].length);
        if (profiler->columns[i] == NULL)
            return false;
        profiler->column_count++;
    }
    return true;
}

static bool on_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct profiler *profiler = context;
    if (row == 0)
        return take_header(profiler, cells, count);
    for (size_t i = 0; i < count; i++)
        if (!column_add(profiler->columns[i], cells[i].bytes, cells[i].length))
            return false;
    return sample_add(profiler->sample, cells, count);
}

struct profiler *profiler_create(void)
{
    struct profiler *profiler = calloc(1, sizeof *profiler);
    if (profiler == NULL)
        return NULL;
    profiler->reader = csv_reader_create(on_row, profiler);
    profiler->sample = sample_create();
    if (profiler->reader == NULL || profiler->sample == NULL) {
        profiler_free(profiler);
        return NULL;
    }
    return profiler;
}

void profiler_free(struct profiler *profiler)
{
    if (profiler == NULL)
        return;
    for (size_t i = 0; i < profiler->column_count; i++)
        column_free(profiler->columns[i]);
    free(profiler->columns);
    csv_reader_free(profiler->reader);
    sample_free(profiler->sample);
    free(profiler);
}

void profiler_limit(struct profiler *profiler, const struct limits *limits)
{
    csv_reader_limit(profiler->reader, limits);
}

bool profiler_feed(struct profiler *profiler, const char *bytes, size_t length,
                   struct rejection *rejection)
{
    return csv_reader_feed(profiler->reader, bytes, length, rejection);
}

bool profiler_finish(struct profiler *profiler, struct profile *profile,
                     struct rejection *rejection)
{
    *profile = (struct profile){.columns = NULL};
    if (!csv_reader_finish(profiler->reader, rejection))
        return false;
    profile->record_count = csv_reader_rows(profiler->reader);
    profile->dialect = csv_reader_dialect(profiler->reader);
    profile->has_header = profiler->has_header;
    profile->columns = calloc(profiler->column_count + 1, sizeof *profile->columns);
    if (profile->columns == NULL)
        return false;
    for (; profile->column_count < profiler->column_count; profile->column_count++) {
        size_t i = profile->column_count;
        if (!column_finish(profiler->columns[i], &profile->columns[i])) {
            column_result_free(&profile->columns[i]);
            profile_free(profile);
            return false;
        }
    }
    profile->sample = profiler->sample;
    profiler->sample = NULL;
    return true;
}

void profile_free(struct profile *profile)
{
    for (size_t i = 0; i < profile->column_count; i++)
        column_result_free(&profile->columns[i]);
    free(profile->columns);
    sample_free(profile->sample);
    *profile = (struct profile){.columns = NULL};
}
