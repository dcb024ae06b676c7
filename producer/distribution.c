#include "producer/distribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "producer/elementary.h"
#include "producer/moment.h"

/* Doubles tell numbers of this size apart by less than one. */
#define FAR 1e15
#define ROWS_MAX 1e9
#define DAYS_100_MS (100.0 * 86400 * 1000)

#define NUMERIC (COLUMN_TYPE_BIT(COLUMN_NUMBER) | COLUMN_TYPE_BIT(COLUMN_INTEGER))
#define TIMES (COLUMN_TYPE_BIT(COLUMN_DATETIME) | COLUMN_TYPE_BIT(COLUMN_DATE))
#define COUNTED (COLUMN_TYPE_BIT(COLUMN_INTEGER) | COLUMN_TYPE_BIT(COLUMN_STRING))
#define EVERY (COLUMN_TYPE_BIT(COLUMN_TYPE_COUNT) - 1)

/* --- spread ---------------------------------------------------------------------------------- */

static double first_to_second(const double *parameters)
{
    return parameters[1] - parameters[0];
}

static double first(const double *parameters)
{
    return parameters[0];
}

static double second(const double *parameters)
{
    return parameters[1];
}

/* The normal value that it is a power by stands one deviation above its mean. */
static double lognormal_spread(const double *parameters)
{
    return elementary_exp(parameters[0] + parameters[1]);
}

static double sine_spread(const double *parameters)
{
    return parameters[1] + parameters[3];
}

static double step_spread(const double *parameters)
{
    return parameters[1] - parameters[0] + parameters[3];
}

/* --- what parameters are together ------------------------------------------------------------ */

static const char *refuse_uniform(const double *parameters, enum column_type type)
{
    if (type == COLUMN_INTEGER &&
        (floor(parameters[0]) != parameters[0] || floor(parameters[1]) != parameters[1]))
        return "low and high of integers are integers";
    if (type == COLUMN_INTEGER ? parameters[0] > parameters[1] : parameters[0] >= parameters[1])
        return "low is not below high";
    return NULL;
}

static const char *refuse_step(const double *parameters, enum column_type type)
{
    (void)type;
    return parameters[0] > parameters[1] ? "low is above high" : NULL;
}

static const char *refuse_name(const double *parameters, enum column_type type)
{
    (void)type;
    return parameters[0] > parameters[1] ? "least is above most" : NULL;
}

static const char *refuse_time(const double *parameters, enum column_type type)
{
    if (parameters[1] > parameters[0])
        return "jitter is longer than step, so times would not ascend";
    if (type == COLUMN_DATE && fmod(parameters[0], (double)MOMENT_MS_PER_DAY) != 0)
        return "the step of dates is a number of whole days, such as 24h";
    if (type == COLUMN_DATE && parameters[1] != 0)
        return "dates have no jitter";
    return NULL;
}

/* --- the table ------------------------------------------------------------------------------- */

const struct distribution DISTRIBUTIONS[DISTRIBUTION_COUNT] = {
    [DISTRIBUTION_UNIFORM] = {.word = "uniform",
                              .parameters = {{"low", DISTRIBUTION_NUMBER, 0, -FAR, FAR},
                                             {"high", DISTRIBUTION_NUMBER, 1, -FAR, FAR}},
                              .draws = true,
                              .types = NUMERIC,
                              .type = COLUMN_NUMBER,
                              .spread = first_to_second,
                              .refuse = refuse_uniform,
                              .example = "uniform(1,6) integer",
                              .help = "every value as probable; below high, integers up to it"},
    [DISTRIBUTION_NORMAL] = {.word = "normal",
                             .parameters = {{"mean", DISTRIBUTION_NUMBER, 0, -FAR, FAR},
                                            {"sd", DISTRIBUTION_NUMBER, 1, 0, FAR}},
                             .draws = true,
                             .types = NUMERIC,
                             .type = COLUMN_NUMBER,
                             .spread = second,
                             .example = "normal(20,5)",
                             .help = "the bell curve"},
    [DISTRIBUTION_LOGNORMAL] =
        {.word = "lognormal",
         .parameters = {{"mean", DISTRIBUTION_NUMBER, 0, -100, 100},
                        {"sd", DISTRIBUTION_NUMBER, 1, 0, 10}},
         .draws = true,
         .upwards = true,
         .types = NUMERIC,
         .type = COLUMN_NUMBER,
         .spread = lognormal_spread,
         .example = "lognormal(3,0.8) decimals(2)",
         .help = "e to the power of a normal value: incomes, sizes, waiting times"},
    [DISTRIBUTION_EXPONENTIAL] =
        {.word = "exponential",
         .parameters = {{"mean", DISTRIBUTION_NUMBER, 1, 0, FAR}},
         .draws = true,
         .upwards = true,
         .types = NUMERIC,
         .type = COLUMN_NUMBER,
         .spread = first,
         .example = "exponential(250) integer",
         .help = "the time to the next event, where events come independently"},
    [DISTRIBUTION_PARETO] = {.word = "pareto",
                             .parameters = {{"least", DISTRIBUTION_NUMBER, 1, 1e-9, FAR},
                                            {"shape", DISTRIBUTION_NUMBER, 3, 0.1, 1000}},
                             .draws = true,
                             .upwards = true,
                             .types = NUMERIC,
                             .type = COLUMN_NUMBER,
                             .spread = first,
                             .example = "pareto(100,1.5) decimals(0)",
                             .help = "few that are large and many that are small; the smaller the "
                                     "shape, the heavier the tail"},
    [DISTRIBUTION_WALK] = {.word = "walk",
                           .parameters = {{"start", DISTRIBUTION_NUMBER, 0, -FAR, FAR},
                                          {"sd", DISTRIBUTION_NUMBER, 1, 0, FAR}},
                           .draws = true,
                           .types = NUMERIC,
                           .type = COLUMN_NUMBER,
                           .spread = second,
                           .example = "walk(100,0.5)",
                           .help = "a random walk with normal steps; goes on from batch to batch"},
    [DISTRIBUTION_SINE] = {.word = "sine",
                           .parameters = {{"mean", DISTRIBUTION_NUMBER, 0, -FAR, FAR},
                                          {"amplitude", DISTRIBUTION_NUMBER, 1, 0, FAR},
                                          {"period", DISTRIBUTION_NUMBER, 60, 2, ROWS_MAX},
                                          {"noise", DISTRIBUTION_NUMBER, 0, 0, FAR}},
                           .draws = true,
                           .types = NUMERIC,
                           .type = COLUMN_NUMBER,
                           .spread = sine_spread,
                           .example = "sine(20,5,1440,noise=0.3)",
                           .help = "a wave of so many rows, with normal noise of that standard "
                                   "deviation; goes on from batch to batch"},
    [DISTRIBUTION_STEP] = {.word = "step",
                           .parameters = {{"low", DISTRIBUTION_NUMBER, 0, -FAR, FAR},
                                          {"high", DISTRIBUTION_NUMBER, 10, -FAR, FAR},
                                          {"rows", DISTRIBUTION_WHOLE, 10, 1, ROWS_MAX},
                                          {"noise", DISTRIBUTION_NUMBER, 0, 0, FAR}},
                           .draws = true,
                           .types = NUMERIC,
                           .type = COLUMN_NUMBER,
                           .spread = step_spread,
                           .refuse = refuse_step,
                           .example = "step(0,10,25,noise=0.2)",
                           .help =
                               "a level from low to high that is drawn anew every so many rows, "
                               "with normal noise; goes on from batch to batch"},
    [DISTRIBUTION_SEQUENCE] = {.word = "sequence",
                               .parameters = {{"prefix", DISTRIBUTION_TEXT, 0, 0, 0},
                                              {"start", DISTRIBUTION_WHOLE, 0, 0, FAR},
                                              {"step", DISTRIBUTION_WHOLE, 1, 0, 1e6}},
                               .types = COUNTED,
                               .type = COLUMN_INTEGER,
                               .example = "sequence(item_)",
                               .help = "start, start + step ... in each batch; with a prefix a "
                                       "string"},
    [DISTRIBUTION_SERIAL] = {.word = "serial",
                             .parameters = {{"prefix", DISTRIBUTION_TEXT, 0, 0, 0},
                                            {"start", DISTRIBUTION_WHOLE, 1, 0, FAR}},
                             .types = COUNTED,
                             .type = COLUMN_INTEGER,
                             .example = "serial(order-,100000)",
                             .help = "counts on from batch to batch: never the same twice, with "
                                     "gaps where a batch has less rows than it may"},
    [DISTRIBUTION_CHOICE] = {.word = "choice",
                             .is_list = true,
                             .draws = true,
                             .types = EVERY,
                             .type = COLUMN_STRING,
                             .example = "choice(paid=8,open=3,cancelled)",
                             .help = "one of the words, as often as its weight says, which is 1 "
                                     "where none is given; their type is the column's"},
    [DISTRIBUTION_NAME] = {.word = "name",
                           .parameters = {{"least", DISTRIBUTION_WHOLE, 2, 1, 8},
                                          {"most", DISTRIBUTION_WHOLE, 4, 1, 8}},
                           .draws = true,
                           .types = COLUMN_TYPE_BIT(COLUMN_STRING),
                           .type = COLUMN_STRING,
                           .refuse = refuse_name,
                           .example = "name(2,3)",
                           .help = "a word that could be a name, of so many syllables"},
    [DISTRIBUTION_UUID] = {.word = "uuid",
                           .draws = true,
                           .types = COLUMN_TYPE_BIT(COLUMN_STRING),
                           .type = COLUMN_STRING,
                           .example = "uuid",
                           .help = "a version 4 UUID (RFC 9562)"},
    [DISTRIBUTION_TIME] = {.word = "time",
                           .parameters = {{"step", DISTRIBUTION_DURATION, 1000, 1, DAYS_100_MS},
                                          {"jitter", DISTRIBUTION_DURATION, 0, 0, DAYS_100_MS}},
                           .draws = true,
                           .types = TIMES,
                           .type = COLUMN_DATETIME,
                           .refuse = refuse_time,
                           .example = "time(250ms,jitter=100ms)",
                           .help =
                               "the time of the batch, and a step later with each row (of dates "
                               "24h); each late by up to the jitter"},
};

const struct distribution *distribution_of_word(const char *word)
{
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++)
        if (strcmp(DISTRIBUTIONS[i].word, word) == 0)
            return &DISTRIBUTIONS[i];
    return NULL;
}

void distribution_format_value(char text[DISTRIBUTION_VALUE_SIZE], enum distribution_unit unit,
                               double value)
{
    char number[NUMBER_DOUBLE_SIZE];
    if (unit == DISTRIBUTION_DURATION)
        number_format_duration(number, (int64_t)value * NUMBER_NS_PER_MS);
    else
        number_format_double(number, value);
    (void)snprintf(text, DISTRIBUTION_VALUE_SIZE, "%s",
                   unit == DISTRIBUTION_DURATION && value == 0 ? "0" : number);
}
