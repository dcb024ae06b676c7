#include "producer/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "producer/random.h"

#define BATCHES_MAX 1000000000
#define ROWS_MAX 10000000
#define INTERVAL_MAX_NS (24 * 3600 * (uint64_t)NUMBER_NS_PER_SECOND)

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
     .type = OPTION_TEXT,
     .value_name = "DIR",
     .default_words = "DIR/results of --dir",
     .help = "where the consumer's log acknowledges batches; it may come later. While it is not\n"
             "      there, nothing is deleted and the consumer is not waited for",
     .offset = offsetof(struct config, results)},
    {.flag = "--interval",
     .environment = "PRODUCER_INTERVAL",
     .type = OPTION_DURATION,
     .default_value = "5s",
     .maximum = INTERVAL_MAX_NS,
     .help = "time from the start of one batch to the next; 0 is as fast as possible. With --from\n"
             "      what rows of a pipe wait for more at most; 0 is until the batch is full",
     .offset = offsetof(struct config, interval_ns)},
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
     .help = "any 64-bit number; the same seed makes the same rows",
     .offset = offsetof(struct config, seed)},
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
     .help = "wait while less space than this is free; 0 is no limit",
     .offset = offsetof(struct config, min_free_bytes)},
    {.flag = "--health",
     .type = OPTION_FLAG,
     .default_value = "0",
     .default_words = "run as a daemon",
     .help =
         "publish nothing; exit 0 when the producer of the directory is alive and well, 69 when\n"
         "      there is none, 75 with the cause when it is in trouble or gave no sign of life",
     .offset = offsetof(struct config, health)},
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

static bool set_default_results(struct config *config)
{
    if (config->results != NULL)
        return true;
    int length = snprintf(config->default_results, sizeof config->default_results, "%s/%s",
                          config->dir, CONTRACT_RESULTS_NAME);
    config->results = config->default_results;
    return length > 0 && (size_t)length < sizeof config->default_results;
}

int config_load(int argc, char *const argv[], struct config *config)
{
    char error[OPTIONS_ERROR_SIZE];
    memset(config, 0, sizeof *config);
    config->count = CONFIG_WITHOUT_END;
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
    if (config->rows.low == 0)
        config->rows = config->from == NULL ? CONFIG_ROWS : CONFIG_ROWS_FROM;
    if (!set_default_results(config))
        return complain(CONTRACT_EXIT_USAGE, "data-producer: --dir: the path is too long");
    return -1;
}
