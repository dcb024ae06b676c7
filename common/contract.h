/*
 * contract - what both daemons agree on: names on the volumes, format
 * versions, limits and exit codes. Nothing here opens a file.
 *
 * A batch is known by its key. In the names that data-producer writes the key
 * is a number N (1, 2, 3 ... without leading zeros); a consumer that matches
 * somebody else's names ('orders-*.csv') takes what the '*' stands for.
 *
 *     data_7.csv  ->  key "7"  ->  metadata_7.json, summary_7.json, plot_7.png
 */
#ifndef COMMON_CONTRACT_H
#define COMMON_CONTRACT_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sizes are kept in size_t and offsets in off_t as they come, products of two words in 128 bits. */
_Static_assert(sizeof(size_t) == 8 && sizeof(off_t) == 8, "shared-data takes a machine of 64 bits");
/* Else what is rounded, and so the bytes of batches and summaries, would be the machine's. */
_Static_assert(FLT_EVAL_METHOD == 0 && FLT_RADIX == 2 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024,
               "shared-data takes IEEE 754 doubles that are rounded after each operation");

#define CONTRACT_VERSION "0.1.0"
#define CONTRACT_SUMMARY_FORMAT "shared-data-summary/1"
#define CONTRACT_TOTALS_FORMAT "shared-data-totals/1"

/* A package may have a place of its own for it. */
#ifndef CONTRACT_SHARED_DIR
#define CONTRACT_SHARED_DIR "/shared-data"
#endif
#define CONTRACT_RESULTS_NAME "results"
#define CONTRACT_DATA_PATTERN "data_*.csv"
#define CONTRACT_METADATA_PATTERN "metadata_*.json"
#define CONTRACT_PROCESSED_LOG "processed.log"
#define CONTRACT_PROCESSED_CHECKPOINT "processed.checkpoint"
#define CONTRACT_STATUS "status.json"
#define CONTRACT_METRICS "metrics.prom"
#define CONTRACT_INDEX "index.html"
#define CONTRACT_TOTALS "totals.json"
#define CONTRACT_STREAM_STATE "stream.state"
#define CONTRACT_TOTALS_STATE "totals.state"
#define CONTRACT_DATAPACKAGE "datapackage.json"
#define CONTRACT_DATAPACKAGE_LOCK ".datapackage.lock"
#define CONTRACT_FAULT_MANIFEST "_faults.jsonl"
#define CONTRACT_PRODUCER_LOCK ".producer.lock"
#define CONTRACT_PRODUCER_RETIRED ".producer.retired"
#define CONTRACT_CONSUMER_LOCK ".consumer.lock"
#define CONTRACT_REPORT_LOCK ".report.lock"
#define CONTRACT_SHARDS ".shards"           /* the directory of the shards' locks */
#define CONTRACT_SHARD_LOCK "consumer.lock" /* in it, of each; see shard_file() */

/* The longest key: with every prefix and suffix still a legal file name. */
#define CONTRACT_KEY_MAX 128
/* A file name and its terminating NUL (NAME_MAX of Linux is 255). */
#define CONTRACT_NAME_SIZE 256
/* The largest integer that every JSON reader keeps exactly (RFC 7493, 2.2). */
#define CONTRACT_JSON_INTEGER_MAX ((UINT64_C(1) << 53) - 1)

/* Exit codes, after BSD's sysexits.h. */
enum contract_exit {
    CONTRACT_EXIT_DONE = 0,
    CONTRACT_EXIT_USAGE = 64,
    CONTRACT_EXIT_REJECTED = 65, /* a batch of --once; a damaged file of --profile, --from */
    CONTRACT_EXIT_NO_INPUT = 66, /* --profile or --from could not open a file, --datapackage found
                                    no batch */
    CONTRACT_EXIT_UNAVAILABLE = 69,   /* the lock is held; --health: nobody holds it */
    CONTRACT_EXIT_SOFTWARE = 70,      /* out of memory */
    CONTRACT_EXIT_CANNOT_CREATE = 73, /* a directory that cannot be written */
    CONTRACT_EXIT_IO = 74,
    CONTRACT_EXIT_WAITING = 75, /* --once left a batch waiting; --health: it stands still */
    CONTRACT_EXIT_CONFIG = 78,  /* bad environment, a directory that is not there, no whole jail */
};

/*
 * The files that belong to a key. Each writes a NUL-terminated name of less
 * than CONTRACT_NAME_SIZE bytes; keys are at most CONTRACT_KEY_MAX long.
 */
void contract_data_name(char name[CONTRACT_NAME_SIZE], uint64_t number);
void contract_metadata_name(char name[CONTRACT_NAME_SIZE], const char *key);
void contract_summary_name(char name[CONTRACT_NAME_SIZE], const char *key);
void contract_plot_name(char name[CONTRACT_NAME_SIZE], const char *key, const char *extension);
void contract_trend_name(char name[CONTRACT_NAME_SIZE], const char *extension);

/* True for names that every reader passes over: '.x', '_x', 'x.tmp'. */
bool contract_is_in_flight(const char *name);

/*
 * True when `name` matches `pattern` (exactly one '*'); then `key` holds what
 * the '*' stands for. Refused, as no batch: an empty or too long key, names in
 * flight ('.x', '_x', 'x.tmp'), the list of all batches (datapackage.json), control characters,
 * '/', what is not UTF-8, and numeric keys that are written in a second way (01, -1, 0) or do not
 * fit 64 bits.
 */
bool contract_match(const char *pattern, const char *name, char key[CONTRACT_KEY_MAX + 1]);

/* True when `key` is a batch number as the producer writes it; *number is it. */
bool contract_key_number(const char *key, uint64_t *number);

/*
 * The order in which batches are taken: numbers by value, before all other
 * keys, which go by their bytes. Returns <0, 0 or >0 as strcmp does.
 */
int contract_key_compare(const char *left, const char *right);

#endif
