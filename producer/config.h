/*
 * config - the options of data-producer: one table, of which flags,
 * environment variables and --help are made.
 *
 *     struct config config;
 *     int code = config_load(argc, argv, &config);
 *     if (code >= 0)
 *         return code;
 *
 * To add an option: one member below, one row of the table in config.c, one
 * test of both its bounds.
 */
#ifndef PRODUCER_CONFIG_H
#define PRODUCER_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"
#include "producer/faults.h"

/* A --count, and a --duration, that never comes to an end. */
#define CONFIG_WITHOUT_END UINT64_MAX
#define CONFIG_FOR_EVER INT64_MAX

#define CONFIG_ROWS ((struct option_range){20, 60})
#define CONFIG_ROWS_FROM ((struct option_range){10000, 10000})

struct config {
    const char *dir;
    struct option_list results;    /* of each reader: --results, or default_results alone */
    struct option_period interval; /* 0 is as fast as possible; without a meaning beside a rate */
    struct option_rate rate;       /* of rows; a count of 0: by interval */
    uint64_t burst;                /* batches at once, at least 1 */
    int64_t duration_ns;           /* of this run */
    uint64_t count;                /* batches that this run publishes */
    struct option_range rows;      /* given, or CONFIG_ROWS, or CONFIG_ROWS_FROM with --from */
    const char *from;              /* a stream of CSV; NULL: synthetic rows */
    uint64_t seed;                 /* given, or drawn from the system */
    const char *schema;            /* NULL: the default; see schema_source */
    const char *start_time;        /* RFC 3339 in whole seconds; NULL: the clock */
    uint64_t keep_batches;         /* acknowledged batches that stay; 0: none */
    uint64_t max_pending_batches;  /* 0: no limit */
    uint64_t min_free_bytes;       /* 0: no limit */
    const char *faults_text;       /* --faults as it was given; NULL: none */
    struct faults faults;
    const char *fault_manifest; /* --fault-manifest, or default_manifest */
    bool health;
    bool datapackage;
    int log_format; /* enum log_format */
    int log_level;  /* enum log_level */
    char default_results[PATH_MAX];
    char default_manifest[PATH_MAX];
};

/* What --help prints, for documents and tests. */
extern const struct option_table CONFIG_OPTIONS;

/*
 * Fills `config`, which must stay where it is. -1: run; else the code to exit
 * with: 0 after --help, --version, --schema help and --faults help, 64 or 78 with one line on
 * standard error for a bad flag, a bad environment, or options that exclude each other. Opens no
 * file.
 */
int config_load(int argc, char *const argv[], struct config *config);

#endif
