#include "consumer/profile/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/wait.h"
#include "consumer/profile/column.h"
#include "consumer/profile/column_finish.h"
#include "consumer/profile/dialect.h"
#include "consumer/profile/missing.h"
#include "consumer/profile/row_block.h"

struct profiler {
    struct csv_rules rules;
    struct missing missing;
    struct csv_reader *reader;
    struct text head; /* first bytes, held back until the delimiter is known */
    bool reading;     /* it is */

    struct row_block *block; /* NULL before the first row; that one waits there for the second */
    struct csv_cell *first;  /* its cells */
    bool knows_header, has_header;
    struct column **columns;
    size_t column_count, columns_there;
    bool keeps_states; /* of the columns, beyond the end */
    struct column_scratch *scratch;
    struct sample *sample;
    struct envelope *courses; /* of the first `drawn` columns */
    size_t drawn;
    const char *chunk; /* what is being fed, and stays until that is over */
    size_t chunk_length;
    uint64_t rows; /* without the header */
};

_Static_assert(ROW_BLOCK_ROWS <= COLUMN_BLOCK, "a column takes a block at once");

/* ---- what is drawn ---- */

static double seconds_of(const struct value *moment)
{
    return (double)moment->seconds + (double)moment->nanoseconds / 1e9;
}

/* A number a row, NaN where there is none. Returns whether all are finite for sure. */
static bool lay_out(const struct profiler *profiler, const struct csv_cell *cells, size_t rows,
                    const struct column_values *values, double numbers[ROW_BLOCK_ROWS])
{
    size_t next = 0;
    for (size_t i = 0; i < rows; i++) {
        bool missing =
            values->count < rows && missing_is(&profiler->missing, cells[i].bytes, cells[i].length);
        if (missing)
            numbers[i] = (double)NAN;
        else if (values->numbers != NULL)
            numbers[i] = values->numbers[next++];
        else
            numbers[i] = seconds_of(&values->moments[next++]);
    }
    return values->count == rows && (values->numbers == NULL || values->finite);
}

/* Of column `index`, whose cells were taken in just now. */
static bool follow_course(struct profiler *profiler, size_t index, const struct csv_cell *cells,
                          size_t rows)
{
    const struct column_values values = column_added(profiler->columns[index], profiler->scratch);
    struct envelope *course = &profiler->courses[index];
    double numbers[ROW_BLOCK_ROWS];
    if (values.numbers != NULL && values.count == rows)
        return envelope_add(course, values.numbers, rows, values.finite);
    if (values.numbers != NULL || values.moments != NULL) {
        bool finite = lay_out(profiler, cells, rows, &values, numbers);
        return envelope_add(course, numbers, rows, finite);
    }
    envelope_free(course); /* it is of texts, and will not be of anything else */
    return true;
}

/* ---- rows ---- */

static bool take_column(struct profiler *profiler, size_t index, size_t rows)
{
    const struct csv_cell *cells = row_block_column(profiler->block, index);
    return column_add(profiler->columns[index], cells, rows, profiler->scratch) &&
           (index >= profiler->drawn || follow_course(profiler, index, cells, rows));
}

static bool take_block(struct profiler *profiler)
{
    size_t rows = row_block_rows(profiler->block);
    /* Looked at for each: all of very many columns may become sketches at the same row. */
    for (size_t i = 0; i < profiler->column_count; i++)
        if (wait_stopping() || !take_column(profiler, i, rows))
            return false;
    row_block_clear(profiler->block);
    return true;
}

static bool add_row(struct profiler *profiler, const struct csv_cell *cells)
{
    enum row_block_outcome outcome = row_block_add(profiler->block, cells);
    if (outcome == ROW_BLOCK_FULL) {
        if (!take_block(profiler))
            return false;
        outcome = row_block_add(profiler->block, cells);
    }
    return outcome == ROW_BLOCK_ADDED;
}

static bool take_row(struct profiler *profiler, const struct csv_cell *cells)
{
    bool sampled = profiler->rows++ < SAMPLE_MAX_ROWS;
    return add_row(profiler, cells) &&
           (!sampled || sample_add(profiler->sample, cells, profiler->column_count));
}

/* ---- the header ---- */

static bool keep_first_row(struct profiler *profiler, const struct csv_cell *cells, size_t count)
{
    profiler->column_count = count;
    profiler->drawn = count < SAMPLE_MAX_COLUMNS ? count : SAMPLE_MAX_COLUMNS;
    profiler->courses = calloc(SAMPLE_MAX_COLUMNS, sizeof *profiler->courses);
    profiler->columns = calloc(count + 1, sizeof *profiler->columns);
    profiler->block = row_block_create(count);
    profiler->first = calloc(count + 1, sizeof *profiler->first);
    if (profiler->columns == NULL || profiler->block == NULL || profiler->first == NULL ||
        profiler->courses == NULL || !add_row(profiler, cells))
        return false;
    for (size_t i = 0; i < count; i++)
        profiler->first[i] = row_block_column(profiler->block, i)[0];
    return true;
}

static struct column *create_column(const struct profiler *profiler, const struct csv_cell *first,
                                    size_t index)
{
    char name[DIALECT_NAME_SIZE];
    if (profiler->has_header)
        return column_create(first->bytes, first->length, profiler->column_count);
    dialect_field_name(name, index);
    return column_create(name, strlen(name), profiler->column_count);
}

/* A word for no value says nothing of what stands above or below it. */
static void blank_missing(const struct profiler *profiler, const struct csv_cell *cells,
                          struct csv_cell *blanked)
{
    for (size_t i = 0; i < profiler->column_count; i++) {
        bool missing = missing_is(&profiler->missing, cells[i].bytes, cells[i].length);
        blanked[i] = missing ? (struct csv_cell){.bytes = "", .length = 0} : cells[i];
    }
}

static bool looks_like_header(const struct profiler *profiler, const struct csv_cell *second,
                              bool *header)
{
    struct csv_cell *blanked = calloc(2 * profiler->column_count + 1, sizeof *blanked);
    if (blanked == NULL)
        return false;
    struct csv_cell *below = second == NULL ? NULL : blanked + profiler->column_count;
    blank_missing(profiler, profiler->first, blanked);
    if (second != NULL)
        blank_missing(profiler, second, below);
    *header = dialect_first_row_is_header(blanked, below, profiler->column_count);
    free(blanked);
    return true;
}

/* False when memory is short. */
static bool find_header(struct profiler *profiler, const struct csv_cell *second)
{
    profiler->knows_header = true;
    profiler->has_header = profiler->rules.header == CSV_HEADER_PRESENT;
    return profiler->rules.header != CSV_HEADER_AUTO ||
           looks_like_header(profiler, second, &profiler->has_header);
}

/* The first row becomes names, or stays the first of the block. `second` is NULL where there is
 * none. */
static bool decide_header(struct profiler *profiler, const struct csv_cell *second)
{
    if (!find_header(profiler, second))
        return false;
    for (size_t i = 0; i < profiler->column_count; i++) {
        profiler->columns[i] = create_column(profiler, &profiler->first[i], i);
        if (profiler->columns[i] == NULL)
            return false;
        profiler->columns_there++;
    }
    row_block_lasts(profiler->block, profiler->chunk, profiler->chunk_length);
    if (profiler->has_header) {
        row_block_clear(profiler->block);
        return true;
    }
    profiler->rows++;
    return sample_add(profiler->sample, profiler->first, profiler->column_count);
}

static bool on_row(void *context, const struct csv_cell *cells, size_t count, uint64_t row)
{
    struct profiler *profiler = context;
    if (row == 0)
        return keep_first_row(profiler, cells, count);
    if (!profiler->knows_header && !decide_header(profiler, cells))
        return false;
    return take_row(profiler, cells);
}

/* ---- bytes ---- */

struct profiler *profiler_create(const struct csv_rules *rules, const struct limits *limits)
{
    struct profiler *profiler = calloc(1, sizeof *profiler);
    if (profiler == NULL)
        return NULL;
    profiler->rules = *rules;
    profiler->missing = missing_words(rules->missing);
    profiler->reader = csv_reader_create(on_row, profiler);
    profiler->scratch = column_scratch_create(&profiler->missing);
    profiler->sample = sample_create();
    if (profiler->reader == NULL || profiler->scratch == NULL || profiler->sample == NULL) {
        profiler_free(profiler);
        return NULL;
    }
    csv_reader_limit(profiler->reader, limits);
    csv_reader_ragged(profiler->reader, rules->accept_ragged);
    return profiler;
}

static void free_courses(struct envelope *courses)
{
    for (size_t i = 0; courses != NULL && i < SAMPLE_MAX_COLUMNS; i++)
        envelope_free(&courses[i]);
    free(courses);
}

void profiler_free(struct profiler *profiler)
{
    if (profiler == NULL)
        return;
    for (size_t i = 0; i < profiler->columns_there; i++)
        column_free(profiler->columns[i]);
    free(profiler->columns);
    row_block_free(profiler->block);
    free(profiler->first);
    column_scratch_free(profiler->scratch);
    csv_reader_free(profiler->reader);
    text_free(&profiler->head);
    sample_free(profiler->sample);
    free_courses(profiler->courses);
    free(profiler);
}

/* All rows are taken from the chunk before it goes; the first waits for the second in a copy. */
static bool feed_chunk(struct profiler *profiler, const char *bytes, size_t length,
                       struct rejection *rejection)
{
    profiler->chunk = bytes;
    profiler->chunk_length = length;
    if (profiler->knows_header)
        row_block_lasts(profiler->block, bytes, length);
    bool good = csv_reader_feed(profiler->reader, bytes, length, rejection);
    profiler->chunk = NULL;
    profiler->chunk_length = 0;
    return good && (!profiler->knows_header || take_block(profiler));
}

/* The delimiter is settled, and what was held back is read. */
static bool start_reading(struct profiler *profiler, bool whole, struct rejection *rejection)
{
    const struct text *head = &profiler->head;
    char delimiter = profiler->rules.delimiter;
    if (delimiter == '\0')
        delimiter = dialect_guess_delimiter(head->bytes, head->length, whole);
    csv_reader_delimiter(profiler->reader, delimiter);
    profiler->reading = true;
    bool good = feed_chunk(profiler, head->bytes, head->length, rejection);
    text_free(&profiler->head);
    return good;
}

/* Takes bytes into the head until it is full; returns how many. */
static size_t fill_head(struct profiler *profiler, const char *bytes, size_t length)
{
    size_t room = DIALECT_SAMPLE_BYTES - profiler->head.length;
    size_t taken = length < room ? length : room;
    text_append(&profiler->head, bytes, taken);
    return taken;
}

bool profiler_feed(struct profiler *profiler, const char *bytes, size_t length,
                   struct rejection *rejection)
{
    if (!profiler->reading && profiler->rules.delimiter == '\0') {
        size_t taken = fill_head(profiler, bytes, length);
        if (text_failed(&profiler->head))
            return false;
        if (profiler->head.length < DIALECT_SAMPLE_BYTES)
            return true;
        bytes += taken;
        length -= taken;
    }
    if (!profiler->reading && !start_reading(profiler, false, rejection))
        return false;
    return feed_chunk(profiler, bytes, length, rejection);
}

/* ---- the end ---- */

static bool read_to_the_end(struct profiler *profiler, struct rejection *rejection)
{
    if (!profiler->reading && !start_reading(profiler, true, rejection))
        return false;
    if (profiler->block != NULL)
        row_block_lasts(profiler->block, NULL, 0);
    if (!csv_reader_finish(profiler->reader, rejection))
        return false;
    if (profiler->block == NULL)
        return true;
    return (profiler->knows_header || decide_header(profiler, NULL)) && take_block(profiler);
}

static bool finish_columns(struct profiler *profiler, struct profile *profile)
{
    profile->columns = calloc(profiler->column_count + 1, sizeof *profile->columns);
    if (profile->columns == NULL)
        return false;
    for (size_t i = 0; i < profiler->column_count; i++) {
        profile->column_count++;
        if (!column_finish(profiler->columns[i], &profile->columns[i]))
            return false;
        if (profiler->keeps_states)
            continue;
        /* What a column is made of goes with it: a result needs little. */
        column_free(profiler->columns[i]);
        profiler->columns[i] = NULL;
    }
    return true;
}

bool profiler_finish(struct profiler *profiler, struct profile *profile,
                     struct rejection *rejection)
{
    *profile = (struct profile){.columns = NULL};
    if (!read_to_the_end(profiler, rejection))
        return false;
    profile->record_count = profiler->rows;
    profile->ragged_rows = csv_reader_ragged_rows(profiler->reader);
    profile->dialect = csv_reader_dialect(profiler->reader);
    profile->has_header = profiler->has_header;
    if (!finish_columns(profiler, profile)) {
        profile_free(profile);
        return false;
    }
    profile->sample = profiler->sample;
    profile->courses = profiler->courses;
    profiler->sample = NULL;
    profiler->courses = NULL;
    return true;
}

void profile_free(struct profile *profile)
{
    for (size_t i = 0; i < profile->column_count; i++)
        column_result_free(&profile->columns[i]);
    free(profile->columns);
    sample_free(profile->sample);
    free_courses(profile->courses);
    *profile = (struct profile){.columns = NULL};
}

void profiler_keep_states(struct profiler *profiler)
{
    profiler->keeps_states = true;
}

struct batch_states *profiler_release_states(struct profiler *profiler)
{
    struct batch_states *states = malloc(sizeof *states);
    if (states == NULL)
        return NULL;
    *states = (struct batch_states){.columns = profiler->columns,
                                    .column_count = profiler->columns_there,
                                    .rows = profiler->rows};
    profiler->columns = NULL;
    profiler->columns_there = 0;
    return states;
}
