#include "producer/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/text.h"
#include "producer/moment.h"
#include "producer/random.h"
#include "producer/schema_source.h"

#define BATCHES_MAX 1000000000
#define ROWS_MAX 10000000
#define BURST_MAX 10000
#define RATE_MAX 1000000000
#define INTERVAL_DEFAULT_NS (5 * NUMBER_NS_PER_SECOND)
#define INTERVAL_NOT_GIVEN (-1)
#define DURATION_MAX_NS (365 * 24 * 3600 * (uint64_t)NUMBER_NS_PER_SECOND)
#define INTERVAL_MAX_NS (24 * 3600 * (uint64_t)NUMBER_NS_PER_SECOND)

/* What the table calls with a text that is given for --faults. */
static const char *check_faults(const char *value)
{
    static char error[FAULTS_ERROR_SIZE];
    struct faults faults;
    return strcmp(value, FAULTS_HELP) == 0 || faults_parse(value, &faults, error) ? NULL : error;
}

static const char *check_start_time(const char *value)
{
    int64_t milliseconds;
    if (!moment_parse(value, strlen(value), &milliseconds) ||
        milliseconds % MOMENT_MS_PER_SECOND != 0)
        return "not a time from 1970 on, in whole seconds, such as 2026-01-01T00:00:00Z";
    return NULL;
}

static const struct option_row ROWS[] = {
    {.flag = "--dir",
     .environment = "SHARED_DIR",
     .type = OPTION_TEXT,
     .value_name = "DIR",
     .default_value = CONTRACT_SHARED_DIR,
     .help = "the directory to publish batches in; it must be there",
     .offset = offsetof(struct config, dir)},
    {.flag = "--results",
     .environment = "RESULTS_DIR",
     .type = OPTION_LIST,
     .value_name = "DIR",
     .default_words = "DIR/results of --dir",
     .help =
         "where a consumer's log acknowledges batches, of each consumer that there is: a batch\n"
         "      is deleted when all of them have it. One may come later; while it is not there,\n"
         "      nothing is deleted, and of the consumers only the others are waited for",
     .offset = offsetof(struct config, results)},
    {.flag = "--interval",
     .environment = "PRODUCER_INTERVAL",
     .type = OPTION_PERIOD,
     .default_words = "5s, unless --rate is given",
     .maximum = INTERVAL_MAX_NS,
     .help = "time from the start of one batch to the next; 0 is as fast as possible. 5s+-20%\n"
             "      (or 5s\xc2\xb1"
             "20%) draws each from 4s to 6s, by the seed, and is 5s on the average.\n"
             "      With --from what rows of a pipe wait for more at most; 0 is until the batch is "
             "full",
     .offset = offsetof(struct config, interval)},
    {.flag = "--rate",
     .environment = "PRODUCER_RATE",
     .type = OPTION_RATE,
     .default_words = "by --interval",
     .minimum = 1,
     .maximum = RATE_MAX,
     .help =
         "rows a second (1000/s), a minute (/m) or an hour (/h), instead of --interval: the next\n"
         "      batch comes when the rows of the last one have had their time",
     .offset = offsetof(struct config, rate)},
    {.flag = "--burst",
     .environment = "PRODUCER_BURST",
     .type = OPTION_COUNT,
     .default_value = "1",
     .minimum = 1,
     .maximum = BURST_MAX,
     .help = "batches that come at once, and then a pause that keeps the rate or the interval",
     .offset = offsetof(struct config, burst)},
    {.flag = "--duration",
     .environment = "PRODUCER_DURATION",
     .type = OPTION_DURATION,
     .default_words = "without end",
     .minimum = NUMBER_NS_PER_MS,
     .maximum = DURATION_MAX_NS,
     .help = "how long to publish, then exit; --count may end it sooner",
     .offset = offsetof(struct config, duration_ns)},
    {.flag = "--count",
     .environment = "PRODUCER_COUNT",
     .type = OPTION_COUNT,
     .default_words = "without end",
     .minimum = 1,
     .maximum = CONTRACT_JSON_INTEGER_MAX,
     .help = "batches to publish in this run, then exit",
     .offset = offsetof(struct config, count)},
    {.flag = "--rows",
     .environment = "PRODUCER_ROWS",
     .type = OPTION_RANGE,
     .default_words = "20-60, with --from 10000",
     .minimum = 1,
     .maximum = ROWS_MAX,
     .help = "rows of a batch: a number, or a range from which each batch draws",
     .offset = offsetof(struct config, rows)},
    {.flag = "--from",
     .environment = "PRODUCER_FROM",
     .type = OPTION_TEXT,
     .value_name = "FILE",
     .default_words = "synthetic rows",
     .help = "publish the rows of a CSV, then exit; - is standard input. A plain file goes on\n"
             "      behind the last row that was published of it",
     .offset = offsetof(struct config, from)},
    {.flag = "--seed",
     .environment = "PRODUCER_SEED",
     .type = OPTION_COUNT,
     .default_words = "from the system, and logged",
     .help = "any 64-bit number; the same seed makes the same values",
     .offset = offsetof(struct config, seed)},
    {.flag = "--schema",
     .environment = "PRODUCER_SCHEMA",
     .type = OPTION_TEXT,
     .value_name = "LINE|PATH",
     .default_words = SCHEMA_DEFAULT_LINE,
     .check = schema_source_check,
     .help = "the columns of a batch: a line, or the path of a Table Schema, which begins with /,\n"
             "      ./ or ../ or ends in .json; \"help\" lists what columns can be",
     .offset = offsetof(struct config, schema)},
    {.flag = "--start-time",
     .environment = "PRODUCER_START_TIME",
     .type = OPTION_TEXT,
     .value_name = "MOMENT",
     .default_words = "each batch starts when it is made",
     .check = check_start_time,
     .help = "when batch 1 starts, as 2026-01-01T00:00:00Z; the times of all others follow from\n"
             "      their number, and the same seed makes the same bytes",
     .offset = offsetof(struct config, start_time)},
    {.flag = "--keep",
     .environment = "PRODUCER_KEEP",
     .type = OPTION_COUNT,
     .default_value = "1000",
     .maximum = BATCHES_MAX,
     .help = "acknowledged batches to keep, the newest; 0 deletes each as soon as it is\n"
             "      acknowledged. A batch that is not acknowledged is never deleted",
     .offset = offsetof(struct config, keep_batches)},
    {.flag = "--max-pending",
     .environment = "PRODUCER_MAX_PENDING",
     .type = OPTION_COUNT,
     .default_value = "1000",
     .maximum = BATCHES_MAX,
     .help = "wait while this many batches are not acknowledged; 0 is no limit",
     .offset = offsetof(struct config, max_pending_batches)},
    {.flag = "--min-free",
     .environment = "PRODUCER_MIN_FREE",
     .type = OPTION_SIZE,
     .default_value = "64MiB",
     .help = "wait while less space than this would be free behind one more batch like the last;\n"
             "      0 is no limit",
     .offset = offsetof(struct config, min_free_bytes)},
    {.flag = "--faults",
     .environment = "PRODUCER_FAULTS",
     .type = OPTION_TEXT,
     .value_name = "WORD=RATE,...",
     .default_words = "none",
     .check = check_faults,
     .help =
         "publish this share of batches bad on purpose, to try a reader: torn=0.01,gap=0.005, or\n"
         "      all=0.01 for each fault not named; --faults " FAULTS_HELP " lists the faults",
     .offset = offsetof(struct config, faults_text)},
    {.flag = "--fault-manifest",
     .environment = "PRODUCER_FAULT_MANIFEST",
     .type = OPTION_TEXT,
     .value_name = "FILE",
     .default_words = "DIR/" CONTRACT_FAULT_MANIFEST " of --dir",
     .help = "where --faults writes down what each batch is, and what a right reader makes of it",
     .offset = offsetof(struct config, fault_manifest)},
    {.flag = "--health",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help =
         "exit 0 when the producer of the directory is alive and well, 69 when there is none, 75\n"
         "      with the cause when it is in trouble or gave no sign of life; publish nothing",
     .offset = offsetof(struct config, health)},
    {.flag = "--datapackage",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help =
         "list the batches that are there in DIR/datapackage.json, a Frictionless Data Package,\n"
         "      and exit; publish nothing. A producer may run meanwhile",
     .offset = offsetof(struct config, datapackage)},
    {.flag = "--log-format",
     .environment = "LOG_FORMAT",
     .type = OPTION_CHOICE,
     .default_value = "text",
     .choices = LOG_FORMAT_WORDS,
     .help = "how a line of the log is written",
     .offset = offsetof(struct config, log_format)},
    {.flag = "--log-level",
     .environment = "LOG_LEVEL",
     .type = OPTION_CHOICE,
     .default_value = "info",
     .choices = LOG_LEVEL_WORDS,
     .help = "the least important lines that are still written",
     .offset = offsetof(struct config, log_level)},
};

const struct option_table CONFIG_OPTIONS = {
    .program = "data-producer",
    .summary = "Publishes batches of CSV, each whole and with its metadata, in a shared directory.",
    .version = CONTRACT_VERSION,
    .rows = ROWS,
    .row_count = sizeof ROWS / sizeof *ROWS,
};

static int complain(int code, const char *error)
{
    (void)fprintf(stderr, "%s\n", error);
    return code;
}

/* `name` in the directory. False when the path is too long. */
static bool name_default(char room[PATH_MAX], const struct config *config, const char *name)
{
    int length = snprintf(room, PATH_MAX, "%s/%s", config->dir, name);
    return length > 0 && (size_t)length < PATH_MAX;
}

/* What was not given is below --dir. */
static bool set_default_paths(struct config *config)
{
    if (!name_default(config->default_results, config, CONTRACT_RESULTS_NAME) ||
        !name_default(config->default_manifest, config, CONTRACT_FAULT_MANIFEST))
        return false;
    if (config->results.count == 0)
        config->results.items[config->results.count++] = config->default_results;
    if (config->fault_manifest == NULL)
        config->fault_manifest = config->default_manifest;
    return true;
}

static int list_faults(void)
{
    struct text list = {0};
    faults_list(&list);
    bool printed = !text_failed(&list) && fputs(list.bytes, stdout) >= 0 && fflush(stdout) == 0;
    text_free(&list);
    return printed ? CONTRACT_EXIT_DONE : CONTRACT_EXIT_IO;
}

/* -1: run. What was given has passed the table's check. */
static int set_faults(struct config *config)
{
    char error[FAULTS_ERROR_SIZE];
    if (config->faults_text == NULL)
        return -1;
    if (strcmp(config->faults_text, FAULTS_HELP) == 0)
        return list_faults();
    return faults_parse(config->faults_text, &config->faults, error)
               ? -1
               : complain(CONTRACT_EXIT_USAGE, error);
}

/* What is the matter with options that are each right by themselves; NULL for nothing. */
static const char *contradiction(const struct config *config)
{
    bool interval_given = config->interval.mean_ns != INTERVAL_NOT_GIVEN;
    const struct {
        bool is_so;
        const char *words;
    } CASES[] = {
        {config->health && config->datapackage,
         "--health and --datapackage are two things to do: give one of them"},
        {interval_given && config->rate.count != 0,
         "--interval and --rate both say how often batches come: give one of them"},
        {config->interval.mean_ns == 0 && config->interval.percent != 0,
         "--interval 0 is as fast as possible, and has nothing that jitter could change"},
        {config->interval.mean_ns == 0 && config->burst > 1,
         "--interval 0 has no pause for --burst to save up: give --rate or a longer --interval"},
        {config->from != NULL && (config->schema != NULL || config->start_time != NULL),
         "--from brings its own columns and times: give it without --schema and --start-time"},
        {config->from != NULL &&
             (config->rate.count != 0 || config->interval.percent != 0 || config->burst > 1),
         "--from brings its own pace: give it without --rate, --burst and jitter"},
        {config->from != NULL && config->faults_text != NULL,
         "--faults damages rows that are made here: give it without --from"},
        {config->faults_text != NULL && config->results.count > 1,
         "--faults goes by the log of one reader: give one --results"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        if (CASES[i].is_so)
            return CASES[i].words;
    return NULL;
}

static int check_together(struct config *config)
{
    char error[OPTIONS_ERROR_SIZE];
    const char *words = contradiction(config);
    if (words != NULL) {
        (void)snprintf(error, sizeof error, "%s: %s", CONFIG_OPTIONS.program, words);
        return complain(CONTRACT_EXIT_USAGE, error);
    }
    if (config->interval.mean_ns == INTERVAL_NOT_GIVEN)
        config->interval.mean_ns = config->rate.count == 0 ? INTERVAL_DEFAULT_NS : 0;
    if (!set_default_paths(config))
        return complain(CONTRACT_EXIT_USAGE, "data-producer: --dir: the path is too long");
    return set_faults(config);
}

int config_load(int argc, char *const argv[], struct config *config)
{
    char error[OPTIONS_ERROR_SIZE];
    memset(config, 0, sizeof *config);
    config->count = CONFIG_WITHOUT_END;
    config->duration_ns = CONFIG_FOR_EVER;
    config->interval.mean_ns = INTERVAL_NOT_GIVEN;
    if (!random_from_system(&config->seed)) {
        (void)snprintf(error, sizeof error, "%s: cannot draw a seed: %s", CONFIG_OPTIONS.program,
                       strerror(errno));
        return complain(CONTRACT_EXIT_IO, error);
    }
    switch (options_parse(&CONFIG_OPTIONS, argc, argv, config, error)) {
    case OPTIONS_ANSWERED: return CONTRACT_EXIT_DONE;
    case OPTIONS_BAD_USAGE: return complain(CONTRACT_EXIT_USAGE, error);
    case OPTIONS_BAD_ENVIRONMENT: return complain(CONTRACT_EXIT_CONFIG, error);
    case OPTIONS_RUN: break;
    }
    if (config->schema != NULL && strcmp(config->schema, SCHEMA_SOURCE_HELP) == 0) {
        schema_source_print_help(stdout);
        return CONTRACT_EXIT_DONE;
    }
    if (config->rows.low == 0)
        config->rows = config->from == NULL ? CONFIG_ROWS : CONFIG_ROWS_FROM;
    return check_together(config);
}
