#include "producer/draw.h"

#include <math.h>
#include <string.h>

#include "common/text.h"
#include "producer/elementary.h"
#include "producer/numeral.h"
#include "producer/publish.h"
#include "producer/variate.h"

/* Streams of a batch beside the one of its rows; walks and levels have theirs in no batch but in
 * the seed. */
#define BRANCH_VALUES 1
#define BRANCH_MODIFIERS (BRANCH_VALUES + SCHEMA_COLUMNS_MAX)
#define BRANCH_WALKS (BRANCH_MODIFIERS + SCHEMA_COLUMNS_MAX)
#define BRANCH_LEVELS (BRANCH_WALKS + SCHEMA_COLUMNS_MAX)

/* --- numbers --------------------------------------------------------------------------------- */

/* Drawn as an integer: a double would have to be rounded to its decimals, and `high` could come
 * out. */
static int64_t draw_uniform(struct draw *draw)
{
    return draw->low + (int64_t)random_between(&draw->random, 0, draw->last);
}

static double draw_walk(struct draw *draw)
{
    return walk_next(&draw->walk);
}

static double draw_normal(struct draw *draw)
{
    const double *p = draw->column->parameters;
    return p[0] + p[1] * variate_normal(&draw->random);
}

static double draw_lognormal(struct draw *draw)
{
    const double *p = draw->column->parameters;
    return variate_lognormal(&draw->random, p[0], p[1]);
}

static double draw_exponential(struct draw *draw)
{
    return variate_exponential(&draw->random, draw->column->parameters[0]);
}

static double draw_pareto(struct draw *draw)
{
    const double *p = draw->column->parameters;
    return variate_pareto(&draw->random, p[0], p[1]);
}

static double noise(struct draw *draw, double sd)
{
    return sd == 0 ? 0 : sd * variate_normal(&draw->random);
}

static double draw_sine(struct draw *draw)
{
    const double *p = draw->column->parameters;
    double turns = (double)(draw->place + draw->row) / p[2];
    return p[0] + p[1] * elementary_sine_of_turns(turns) + noise(draw, p[3]);
}

/* One for each point of the run, whichever batch begins in the middle of it. */
static double level_at(const struct draw *draw, uint64_t point)
{
    const double *p = draw->column->parameters;
    struct random_state random;
    random_seed_branch(&random, draw->seed, point, draw->branch);
    return p[0] + (p[1] - p[0]) * random_share(&random);
}

static double draw_step(struct draw *draw)
{
    const double *p = draw->column->parameters;
    uint64_t row = draw->place + draw->row;
    if (draw->row == 0 || row % (uint64_t)p[2] == 0)
        draw->level = level_at(draw, row / (uint64_t)p[2]);
    return draw->level + noise(draw, p[3]);
}

static double unscaled_uniform(struct draw *draw)
{
    unsigned decimals = draw->column->type == COLUMN_NUMBER ? draw->column->decimals : 0;
    return (double)draw_uniform(draw) / (double)numeral_power_of_ten(decimals);
}

typedef double (*draw_number)(struct draw *draw);
static const draw_number NUMBERS[DISTRIBUTION_COUNT] = {
    [DISTRIBUTION_UNIFORM] = unscaled_uniform, [DISTRIBUTION_NORMAL] = draw_normal,
    [DISTRIBUTION_LOGNORMAL] = draw_lognormal, [DISTRIBUTION_EXPONENTIAL] = draw_exponential,
    [DISTRIBUTION_PARETO] = draw_pareto,       [DISTRIBUTION_WALK] = draw_walk,
    [DISTRIBUTION_SINE] = draw_sine,           [DISTRIBUTION_STEP] = draw_step,
};

/* 10 to 20 times as far as values lie apart, up or down. */
static double outlier_offset(struct draw *draw)
{
    const struct distribution *row = &DISTRIBUTIONS[draw->column->distribution];
    double far = row->spread(draw->column->parameters) * (10 + 10 * random_share(&draw->modifiers));
    bool down = !row->upwards && (random_next(&draw->modifiers) >> 63) != 0;
    return down ? -far : far;
}

static char *write_number(struct draw *draw, char *at)
{
    const struct schema_column *column = draw->column;
    double number = NUMBERS[column->distribution](draw);
    if (draw->outlying)
        number += outlier_offset(draw);
    return column->type == COLUMN_INTEGER ? numeral_integer(at, number)
                                          : numeral_number(at, number, column->decimals);
}

static char *write_uniform(struct draw *draw, char *at)
{
    if (draw->outlying)
        return write_number(draw, at);
    unsigned decimals = draw->column->type == COLUMN_NUMBER ? draw->column->decimals : 0;
    return numeral_fixed(at, draw_uniform(draw), decimals);
}

/* --- everything else ------------------------------------------------------------------------- */

static char *write_count(struct draw *draw, char *at, uint64_t number)
{
    memcpy(at, draw->column->prefix == NULL ? "" : draw->column->prefix, draw->prefix_length);
    return numeral_whole(at + draw->prefix_length, number);
}

static char *write_sequence(struct draw *draw, char *at)
{
    const double *p = draw->column->parameters;
    return write_count(draw, at, (uint64_t)p[1] + draw->row * (uint64_t)p[2]);
}

static char *write_serial(struct draw *draw, char *at)
{
    return write_count(draw, at, (uint64_t)draw->column->parameters[1] + draw->place + draw->row);
}

/* The first word whose share is not below what was drawn; one of weight 0 never is. */
static char *write_choice(struct draw *draw, char *at)
{
    const struct schema_choice *choices = draw->column->choices;
    size_t low = 0;
    size_t high = draw->column->choice_count - 1;
    double drawn = choices[high].up_to * random_share(&draw->random);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (choices[middle].up_to > drawn)
            high = middle;
        else
            low = middle + 1;
    }
    memcpy(at, choices[low].word, choices[low].length);
    return at + choices[low].length;
}

/* A consonant, a vowel, and now and then an end. */
static char *write_syllable(char *at, uint64_t bits)
{
    *at++ = "bdfghklmnprstvwz"[bits >> 60];
    *at++ = "aeiouaeo"[bits >> 57 & 7];
    *at = "nrls----"[bits >> 54 & 7];
    return at + (*at != '-');
}

static char *write_name(struct draw *draw, char *at)
{
    const double *p = draw->column->parameters;
    char *first = at;
    uint64_t syllables = random_between(&draw->random, (uint64_t)p[0], (uint64_t)p[1]);
    while (syllables-- > 0)
        at = write_syllable(at, random_next(&draw->random));
    *first = (char)(*first - 'a' + 'A');
    return at;
}

/* RFC 9562, 5.4: 122 random bits, 4 for the version and 2 for the variant. */
static char *write_uuid(struct draw *draw, char *at)
{
    uint64_t halves[2] = {random_next(&draw->random), random_next(&draw->random)};
    halves[0] = (halves[0] & ~UINT64_C(0xF000)) | UINT64_C(0x4000);
    halves[1] = halves[1] >> 2 | UINT64_C(1) << 63;
    for (unsigned i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *at++ = '-';
        *at++ = "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 0xF];
    }
    return at;
}

static char *write_time(struct draw *draw, char *at)
{
    const double *p = draw->column->parameters;
    int64_t moment = draw->next_ms;
    draw->next_ms += (int64_t)p[0];
    if (p[1] > 0)
        moment += (int64_t)random_between(&draw->random, 0, (uint64_t)p[1] - 1);
    return moment_write(&draw->moment, at, moment);
}

typedef char *(*draw_writer)(struct draw *draw, char *at);
static const draw_writer WRITERS[DISTRIBUTION_COUNT] = {
    [DISTRIBUTION_UNIFORM] = write_uniform,   [DISTRIBUTION_NORMAL] = write_number,
    [DISTRIBUTION_LOGNORMAL] = write_number,  [DISTRIBUTION_EXPONENTIAL] = write_number,
    [DISTRIBUTION_PARETO] = write_number,     [DISTRIBUTION_WALK] = write_number,
    [DISTRIBUTION_SINE] = write_number,       [DISTRIBUTION_STEP] = write_number,
    [DISTRIBUTION_SEQUENCE] = write_sequence, [DISTRIBUTION_SERIAL] = write_serial,
    [DISTRIBUTION_CHOICE] = write_choice,     [DISTRIBUTION_NAME] = write_name,
    [DISTRIBUTION_UUID] = write_uuid,         [DISTRIBUTION_TIME] = write_time,
};

/* --- the column ------------------------------------------------------------------------------ */

/* Narrower than RFC 4180: what is doubtful is `publish`'s to decide. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool letter = (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z';
        bool digit = byte >= '0' && byte <= '9';
        if (byte < 0x80 && !letter && !digit && strchr("_-.:/+", byte) == NULL)
            return false;
    }
    return true;
}

static bool is_column_plain(const struct schema_column *column)
{
    bool plain = column->prefix == NULL || is_plain(column->prefix);
    for (size_t i = 0; i < column->choice_count && plain; i++)
        plain = is_plain(column->choices[i].word);
    return plain;
}

/* Integers reach their upper end, numbers the last decimal below it. */
static void begin_uniform(struct draw *draw)
{
    const struct schema_column *column = draw->column;
    bool whole = column->type == COLUMN_INTEGER;
    double scale = whole ? 1 : (double)numeral_power_of_ten(column->decimals);
    int64_t high = (int64_t)floor(column->parameters[1] * scale + 0.5);
    draw->low = (int64_t)floor(column->parameters[0] * scale + 0.5);
    draw->last = (uint64_t)high - (uint64_t)draw->low - !whole;
    if (high == draw->low)
        draw->last = 0;
}

static void begin_time(struct draw *draw, const struct draw_batch *batch)
{
    const double *p = draw->column->parameters;
    bool whole = fmod(p[0], (double)MOMENT_MS_PER_SECOND) == 0 && p[1] == 0;
    draw->next_ms = batch->start_ms;
    moment_begin(&draw->moment, draw->column->type == COLUMN_DATE ? MOMENT_DATE
                                : whole                           ? MOMENT_SECONDS
                                                                  : MOMENT_MILLISECONDS);
}

static void begin_walk(struct draw *draw, size_t index, const struct draw_batch *batch)
{
    const double *p = draw->column->parameters;
    const struct walk_place place = {.seed = batch->seed,
                                     .branch = BRANCH_WALKS + index,
                                     .batch = batch->number,
                                     .rows = batch->rows,
                                     .rows_mean =
                                         ((double)batch->rows_low + (double)batch->rows_high) / 2};
    walk_begin(&draw->walk, &place, &draw->random, p[0], p[1]);
}

void draw_begin(struct draw *draw, const struct schema_column *column, size_t index,
                const struct draw_batch *batch, const struct random_state *random)
{
    *draw = (struct draw){.column = column,
                          .write = WRITERS[column->distribution],
                          .place = (batch->number - 1) * batch->rows_high,
                          .seed = batch->seed,
                          .branch = BRANCH_LEVELS + index,
                          .modified = column->missing > 0 || column->outliers > 0,
                          .plain = is_column_plain(column),
                          .alone = batch->columns == 1};
    if (column->prefix != NULL)
        draw->prefix_length = strlen(column->prefix);
    if (random != NULL)
        draw->random = *random;
    else
        random_seed_branch(&draw->random, batch->seed, batch->number, BRANCH_VALUES + index);
    random_seed_branch(&draw->modifiers, batch->seed, batch->number, BRANCH_MODIFIERS + index);
    switch (column->distribution) {
    case DISTRIBUTION_UNIFORM: begin_uniform(draw); break;
    case DISTRIBUTION_TIME: begin_time(draw, batch); break;
    case DISTRIBUTION_WALK: begin_walk(draw, index, batch); break;
    default: break;
    }
}

bool draw_look_ahead(struct draw *draw, uint64_t at_most)
{
    return draw->column->distribution != DISTRIBUTION_WALK || walk_look_ahead(&draw->walk, at_most);
}

/* As publish would write it in a row, whose LF is left out. */
static char *quote(struct draw *draw, char *at, size_t length)
{
    struct text row = {0};
    const struct csv_cell cell = {at, length};
    publish_append_row(&row, &cell, 1);
    draw->failed |= text_failed(&row);
    if (!text_failed(&row)) {
        memcpy(at, row.bytes, row.length - 1);
        length = row.length - 1;
    }
    text_free(&row);
    return at + length;
}

/* The value is drawn also where it is missing: so the others stay the same. */
static char *write_modified(struct draw *draw, char *at)
{
    bool missing = random_share(&draw->modifiers) < draw->column->missing;
    draw->outlying = random_share(&draw->modifiers) < draw->column->outliers;
    char *end = draw->write(draw, at);
    return missing ? at : end;
}

char *draw_cell(struct draw *draw, char *at)
{
    char *end = draw->modified ? write_modified(draw, at) : draw->write(draw, at);
    draw->row++;
    if (draw->plain && (end != at || !draw->alone))
        return end;
    return end == at && !draw->alone ? end : quote(draw, at, (size_t)(end - at));
}
