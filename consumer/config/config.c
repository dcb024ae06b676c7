#include "consumer/config/config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/json.h"
#include "common/log.h"
#include "common/number.h"

#define MEMBER(name) offsetof(struct config, name)
#define HOUR_NS (3600 * (uint64_t)NUMBER_NS_PER_SECOND)

static const char *const CHART_WORDS[] = {"png", "svg", "none", NULL};
static const char *const RAGGED_WORDS[] = {"reject", "accept", NULL};
static const char *const OUTPUT_WORDS[] = {"table", "json", NULL};

static const char *check_match(const char *pattern)
{
    const char *star = strchr(pattern, '*');
    if (strchr(pattern, '/') != NULL)
        return "must be a file name, without '/'";
    if (star == NULL || strchr(star + 1, '*') != NULL)
        return "must hold exactly one '*', which stands for the batch's key";
    if (strlen(pattern) > CONTRACT_NAME_SIZE - CONTRACT_KEY_MAX)
        return "is too long";
    return NULL;
}

/* The empty cell is missing anyway, so an empty word is a slip. */
static const char *check_missing(const char *words)
{
    size_t length = strlen(words);
    if (words[0] == ',' || words[length - 1] == ',' || strstr(words, ",,") != NULL)
        return "must be words with commas between them, such as NA,null";
    return NULL;
}

static const char *check_shard(const char *words)
{
    struct shard shard;
    return shard_read(words, &shard) ? NULL : "is not I/N, such as 2/4, with 1 <= I <= N <= 1024";
}

static const char *check_chart_size(const char *words)
{
    struct chart_size size;
    return chart_size_read(words, &size)
               ? NULL
               : "must be WIDTHxHEIGHT, from 400x300 to 4000x3000, and @2 or @3 behind it "
                 "for a screen of such a density, 25 million pixels in all at most";
}

static const struct option_row ROWS[] = {
    {.flag = "--dir",
     .environment = "SHARED_DIR",
     .type = OPTION_TEXT,
     .value_name = "DIR",
     .default_value = CONTRACT_SHARED_DIR,
     .help = "directory in which batches appear; only read",
     .offset = MEMBER(shared_path)},
    {.flag = "--results",
     .environment = "RESULTS_DIR",
     .type = OPTION_TEXT,
     .value_name = "DIR",
     .default_words = "DIR/results of --dir",
     .help = "directory for summaries, charts and the log; made if it is not there",
     .offset = MEMBER(results_path)},
    {.flag = "--poll-interval",
     .environment = "CONSUMER_POLL_INTERVAL",
     .type = OPTION_DURATION,
     .default_value = "1s",
     .minimum = 10 * (uint64_t)NUMBER_NS_PER_MS,
     .maximum = HOUR_NS,
     .help = "time between looks at the directory; inotify wakes it earlier where it works",
     .offset = MEMBER(poll_interval_ns)},
    {.flag = "--match",
     .environment = "CONSUMER_MATCH",
     .type = OPTION_TEXT,
     .value_name = "PATTERN",
     .default_value = CONTRACT_DATA_PATTERN,
     .check = check_match,
     .help = "names of data files; '*' is the batch's key, as in metadata_KEY.json",
     .offset = MEMBER(match)},
    {.flag = "--settle",
     .environment = "CONSUMER_SETTLE",
     .type = OPTION_DURATION,
     .default_value = "2s",
     .maximum = HOUR_NS,
     .help = "how long a file without metadata, or one that is wrong, must stand still",
     .offset = MEMBER(settle_ns)},
    {.flag = "--once",
     .environment = "CONSUMER_ONCE",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run until SIGTERM",
     .help = "process what is there, then exit: 65 if a batch was rejected, 75 if one still waits",
     .offset = MEMBER(once)},
    {.flag = "--chart",
     .environment = "CONSUMER_CHART",
     .type = OPTION_CHOICE,
     .default_value = "png",
     .choices = CHART_WORDS,
     .help = "what each batch's chart is drawn as",
     .offset = MEMBER(chart)},
    {.flag = "--chart-size",
     .environment = "CONSUMER_CHART_SIZE",
     .type = OPTION_TEXT,
     .value_name = "SIZE",
     .default_value = CHART_SIZE_DEFAULT,
     .check = check_chart_size,
     .help = "pixels of a chart, 400x300 to 4000x3000; 1000x600@2 is denser",
     .offset = MEMBER(chart_size_words)},
    {.flag = "--jobs",
     .environment = "CONSUMER_JOBS",
     .type = OPTION_COUNT,
     .default_words = "as many as cores, at most 4",
     .minimum = 1,
     .maximum = 8,
     .help = "gnuplot children that draw at the same time",
     .offset = MEMBER(jobs)},
    {.flag = "--shard",
     .environment = "CONSUMER_SHARD",
     .type = OPTION_TEXT,
     .value_name = "I/N",
     .default_value = "1/1",
     .check = check_shard,
     .help =
         "this consumer's share of the batches: it is the I-th of N that share both directories",
     .offset = MEMBER(shard_words)},
    {.flag = "--delimiter",
     .environment = "CONSUMER_DELIMITER",
     .type = OPTION_CHOICE,
     .default_value = "auto",
     .choices = CSV_DELIMITER_WORDS,
     .help = "what stands between two cells; auto finds it out from the file's first bytes",
     .offset = MEMBER(delimiter)},
    {.flag = "--header",
     .environment = "CONSUMER_HEADER",
     .type = OPTION_CHOICE,
     .default_value = "auto",
     .choices = CSV_HEADER_WORDS,
     .help = "whether the first row names the columns; auto says no only to what is plainly data",
     .offset = MEMBER(header)},
    {.flag = "--ragged",
     .environment = "CONSUMER_RAGGED",
     .type = OPTION_CHOICE,
     .default_value = "reject",
     .choices = RAGGED_WORDS,
     .help = "what becomes of a file whose rows have more or fewer cells than the first",
     .offset = MEMBER(ragged)},
    {.flag = "--missing",
     .environment = "CONSUMER_MISSING",
     .type = OPTION_TEXT,
     .value_name = "WORDS",
     .default_words = "none beside the empty cell",
     .check = check_missing,
     .help = "words that stand for no value, with commas between them: NA,null",
     .offset = MEMBER(rules.missing)},
    {.flag = "--max-batch-size",
     .environment = "CONSUMER_MAX_BATCH_SIZE",
     .type = OPTION_SIZE,
     .default_value = "1TiB",
     .minimum = 1,
     .maximum = 1024 * LIMITS_TIB,
     .help = "bytes of a data file; a larger one is rejected unread",
     .offset = MEMBER(limits.batch_bytes)},
    {.flag = "--max-field-length",
     .environment = "CONSUMER_MAX_FIELD_LENGTH",
     .type = OPTION_SIZE,
     .default_value = "1MiB",
     .minimum = 1,
     .maximum = LIMITS_GIB,
     .help = "bytes of a cell; a batch with a longer one is rejected, with line and column",
     .offset = MEMBER(limits.field_bytes)},
    {.flag = "--max-row-size",
     .environment = "CONSUMER_MAX_ROW_SIZE",
     .type = OPTION_SIZE,
     .default_value = "16MiB",
     .minimum = 1,
     .maximum = 4 * LIMITS_GIB,
     .help = "bytes of a row: its cells and the commas between them",
     .offset = MEMBER(limits.row_bytes)},
    {.flag = "--max-columns",
     .environment = "CONSUMER_MAX_COLUMNS",
     .type = OPTION_COUNT,
     .default_value = "16384",
     .minimum = 1,
     .maximum = 1048576,
     .help = "cells of a row, the header being one",
     .offset = MEMBER(limits.columns)},
    {.flag = "--max-metadata-size",
     .environment = "CONSUMER_MAX_METADATA_SIZE",
     .type = OPTION_SIZE,
     .default_value = "1MiB",
     .minimum = 2,
     .maximum = 16 * LIMITS_MIB,
     .help = "bytes of a metadata file; a larger one is rejected unread",
     .offset = MEMBER(limits.metadata_bytes)},
    {.flag = "--max-json-depth",
     .environment = "CONSUMER_MAX_JSON_DEPTH",
     .type = OPTION_COUNT,
     .default_value = "32",
     .minimum = 1,
     .maximum = JSON_DEPTH_LIMIT,
     .help = "how deep objects and lists in metadata may nest",
     .offset = MEMBER(limits.json_depth)},
    {.flag = "--max-names",
     .environment = "CONSUMER_MAX_NAMES",
     .type = OPTION_COUNT,
     .default_value = "100000",
     .minimum = 100,
     .maximum = 100000000,
     .help = "names that one look at the directory takes in; the rest wait for the next",
     .offset = MEMBER(scan_names)},
    {.flag = "--profile",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help = "print the profile of each FILE ('-': standard input), then exit; needs no directory",
     .offset = MEMBER(profile)},
    {.flag = "--output",
     .environment = "CONSUMER_OUTPUT",
     .type = OPTION_CHOICE,
     .default_value = "table",
     .choices = OUTPUT_WORDS,
     .help = "what --profile prints: a table for people, or the summary as JSON",
     .offset = MEMBER(output)},
    {.flag = "--rebuild",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help = "make a damaged processed.log again from its whole lines and the summaries, then exit",
     .offset = MEMBER(rebuild)},
    {.flag = "--health",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help = "exit 0 if the running daemon is alive and keeping up, else 69 or 75",
     .offset = MEMBER(health)},
    {.flag = "--require-sandbox",
     .environment = "CONSUMER_REQUIRE_SANDBOX",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "warn, and go on with what the kernel can do",
     .help = "refuse to start, with 78, where the jail of consumer and gnuplot is not whole",
     .offset = MEMBER(require_sandbox)},
    {.flag = "--log-format",
     .environment = "LOG_FORMAT",
     .type = OPTION_CHOICE,
     .default_value = "text",
     .choices = LOG_FORMAT_WORDS,
     .help = "one line a message, for people or for programs",
     .offset = MEMBER(log_format)},
    {.flag = "--log-level",
     .environment = "LOG_LEVEL",
     .type = OPTION_CHOICE,
     .default_value = "info",
     .choices = LOG_LEVEL_WORDS,
     .help = "the least important message that is logged",
     .offset = MEMBER(log_level)},
};

static const struct option_table TABLE = {
    .program = "data-consumer",
    .summary = "Turns every batch of CSV in a shared directory into a summary and a chart, once.",
    .version = CONTRACT_VERSION,
    .operand = "FILE",
    .rows = ROWS,
    .row_count = sizeof ROWS / sizeof *ROWS};

const struct option_table *config_table(void)
{
    return &TABLE;
}

static uint64_t default_jobs(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 4 ? 4 : (uint64_t)cores;
}

/* DIR/results, in memory that lasts as long as the process. */
static bool default_results(struct config *config)
{
    static char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", config->shared_path, CONTRACT_RESULTS_NAME);
    config->results_path = path;
    return length > 0 && (size_t)length < sizeof path;
}

static void make_rules(struct config *config)
{
    config->rules.delimiter = CSV_DELIMITERS[config->delimiter];
    config->rules.header = (enum csv_header)config->header;
    config->rules.accept_ragged = config->ragged == 1;
}

const char *config_next_file(const struct config *config, struct option_cursor *cursor)
{
    return options_next_operand(&TABLE, config->argc, config->argv, cursor);
}

/* A file without --profile is most likely a flag whose dashes were forgotten. */
static bool check_files(const struct config *config, char error[OPTIONS_ERROR_SIZE])
{
    struct option_cursor cursor = {.at = 0};
    const char *file = config_next_file(config, &cursor);
    if (config->profile == (file != NULL))
        return true;
    if (file == NULL)
        (void)snprintf(error, OPTIONS_ERROR_SIZE,
                       "%s: --profile needs a FILE, or '-' for standard input (try --help)",
                       TABLE.program);
    else
        (void)snprintf(error, OPTIONS_ERROR_SIZE,
                       "%s: '%.80s' is no option, and files are for --profile (try --help)",
                       TABLE.program, file);
    return false;
}

static bool complete(struct config *config, char error[OPTIONS_ERROR_SIZE])
{
    make_rules(config);
    (void)chart_size_read(config->chart_size_words, &config->chart_size);
    (void)shard_read(config->shard_words, &config->shard);
    if (!check_files(config, error))
        return false;
    if (config->results_path != NULL || default_results(config))
        return true;
    (void)snprintf(error, OPTIONS_ERROR_SIZE, "%s: --dir is too long", TABLE.program);
    return false;
}

bool config_load(struct config *config, int argc, char *const argv[], int *exit_code)
{
    char error[OPTIONS_ERROR_SIZE];
    *config = (struct config){.jobs = default_jobs(), .argc = argc, .argv = argv};
    switch (options_parse(&TABLE, argc, argv, config, error)) {
    case OPTIONS_RUN:
        if (complete(config, error))
            return true;
        *exit_code = CONTRACT_EXIT_USAGE;
        break;
    case OPTIONS_ANSWERED: *exit_code = CONTRACT_EXIT_DONE; return false;
    case OPTIONS_BAD_USAGE: *exit_code = CONTRACT_EXIT_USAGE; break;
    case OPTIONS_BAD_ENVIRONMENT: *exit_code = CONTRACT_EXIT_CONFIG; break;
    }
    (void)fprintf(stderr, "%s\n", error);
    return false;
}

const char *config_chart_extension(const struct config *config)
{
    static const char *const EXTENSIONS[] = {
        [CONFIG_CHART_PNG] = "png", [CONFIG_CHART_SVG] = "svg", [CONFIG_CHART_NONE] = NULL};
    return EXTENSIONS[config->chart];
}
