/*
 * config - data-consumer's options: the table, and what it fills.
 */
#ifndef CONSUMER_CONFIG_H
#define CONSUMER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/limits.h"
#include "common/options.h"
#include "common/shard.h"
#include "consumer/config/chart_size.h"
#include "consumer/config/csv_rules.h"

enum config_chart { CONFIG_CHART_PNG, CONFIG_CHART_SVG, CONFIG_CHART_NONE };
enum config_output { CONFIG_OUTPUT_TABLE, CONFIG_OUTPUT_JSON };

struct config {
    const char *shared_path;
    const char *results_path;
    int64_t poll_interval_ns;
    int64_t settle_ns;
    const char *match;
    int chart; /* enum config_chart */
    const char *chart_size_words;
    struct chart_size chart_size; /* made of them */
    uint64_t jobs;
    const char *shard_words;
    struct shard shard; /* made of them */
    struct limits limits;
    struct csv_rules rules; /* made of the three choices behind it, and --missing */
    int delimiter;          /* into CSV_DELIMITERS */
    int header;             /* enum csv_header */
    int ragged;             /* 1: accepted */
    uint64_t scan_names;    /* names that one look at the directory takes in */
    bool once;
    bool rebuild;
    bool health;
    bool profile;
    int output; /* enum config_output */
    bool require_sandbox;
    int log_format; /* enum log_format */
    int log_level;  /* enum log_level */
    int argc;       /* what the files of --profile are walked through in */
    char *const *argv;
};

/*
 * Fills `config` from flags and environment; prints an answer (--help) or the one
 * line about what is wrong. Returns true to run; otherwise *exit_code is set.
 * Strings point into argv, the environment or memory that lasts.
 */
bool config_load(struct config *config, int argc, char *const argv[], int *exit_code);

/* The next file of --profile, "-" for standard input; NULL behind the last. */
const char *config_next_file(const struct config *config, struct option_cursor *cursor);

/* The table itself, for --help, documents and tests. */
const struct option_table *config_table(void);

/* Of chart files: "png" or "svg"; NULL where none are drawn. */
const char *config_chart_extension(const struct config *config);

#endif
