/*
 * faults - batches that are bad on purpose: which faults there are, how often each shall come,
 * and which batch gets which. So that a reader can be tried, each fault says what a right
 * reader makes of it.
 *
 *     struct faults faults;
 *     if (!faults_parse("torn=0.01,gap=0.005,all=0.02", &faults, error)) ...
 *     struct faults_plan plan = faults_plan(&faults, seed, number);
 *     plan.fault                           FAULT_NONE, as a rule
 *     faults_reason(plan.fault, plan.other)
 *
 * The plan is a function of the rates, the seed and the number, and draws from a stream of
 * random numbers of its own: rows are the same with faults and without.
 *
 * A new fault is a row here, what it does to the bytes in `faults_damage`, or beside them in
 * `chaos`, and a row in docs/faults.md.
 */
#ifndef PRODUCER_FAULTS_H
#define PRODUCER_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "common/text.h"
#include "producer/random.h"

/* What a right reader makes of a batch. */
enum faults_expectation {
    FAULTS_PROCESSED, /* and verified */
    FAULTS_SETTLED,   /* processed once it has stood still; nothing verified it */
    FAULTS_IN_TIME,   /* processed; verified or not, depending on who was faster */
    FAULTS_CHANGED,   /* processed, and noted as changed when it is replaced afterwards */
    FAULTS_REJECTED,  /* with the reason of its row */
    FAULTS_ABSENT     /* never seen */
};

/*
 * Enumerator, word, expectation, reason, the other reason of a fault that comes in two ways, what
 * is published. Laid out by hand, as common/reason.h is.
 */
/* clang-format off */
#define FAULTS_TABLE(row) \
    row(FAULT_TORN, "torn", FAULTS_REJECTED, REASON_SIZE_MISMATCH, REASON_NONE, \
        "the data is cut short; the metadata speaks of the whole") \
    row(FAULT_CORRUPT, "corrupt", FAULTS_REJECTED, REASON_HASH_MISMATCH, REASON_NONE, \
        "one bit of the data is flipped; the metadata speaks of what it was") \
    row(FAULT_RAGGED, "ragged", FAULTS_REJECTED, REASON_EXTRA_CELL, REASON_MISSING_CELL, \
        "one more row, with a cell too many or too few; the metadata agrees") \
    row(FAULT_STRAY_QUOTE, "stray-quote", FAULTS_REJECTED, REASON_STRAY_QUOTE, REASON_NONE, \
        "one more row, with a quote inside a bare cell; the metadata agrees") \
    row(FAULT_UNCLOSED_QUOTE, "unclosed-quote", FAULTS_REJECTED, REASON_UNCLOSED_QUOTE, REASON_NONE, \
        "one more row, with a quote that nothing closes; the metadata agrees") \
    row(FAULT_NUL, "nul", FAULTS_REJECTED, REASON_NUL_BYTE, REASON_NONE, \
        "one more row, with a NUL byte; the metadata agrees") \
    row(FAULT_INVALID_UTF8, "invalid-utf8", FAULTS_REJECTED, REASON_ENCODING_ERROR, REASON_NONE, \
        "a byte in the header that is no UTF-8; the metadata agrees") \
    row(FAULT_WRONG_COUNT, "wrong-count", FAULTS_REJECTED, REASON_ROW_COUNT_MISMATCH, REASON_NONE, \
        "the metadata states one row more than there is") \
    row(FAULT_TORN_METADATA, "torn-metadata", FAULTS_REJECTED, REASON_METADATA_INVALID, REASON_NONE, \
        "the metadata is cut short, and no JSON") \
    row(FAULT_FOREIGN_METADATA, "foreign-metadata", FAULTS_REJECTED, REASON_METADATA_MISMATCH, REASON_NONE, \
        "the metadata speaks of the next batch's file") \
    row(FAULT_NOT_A_FILE, "not-a-file", FAULTS_REJECTED, REASON_NOT_A_REGULAR_FILE, REASON_NONE, \
        "a named pipe, or a symbolic link to /dev/null, where the data should be") \
    row(FAULT_NO_METADATA, "no-metadata", FAULTS_SETTLED, REASON_NONE, REASON_NONE, \
        "the metadata never comes") \
    row(FAULT_LATE_METADATA, "late-metadata", FAULTS_IN_TIME, REASON_NONE, REASON_NONE, \
        "the metadata comes 1 to 4 seconds after the data, or with the next start") \
    row(FAULT_NO_HASH, "no-hash", FAULTS_SETTLED, REASON_NONE, REASON_NONE, \
        "the metadata states a name and a count alone, so it proves nothing") \
    row(FAULT_EMPTY, "empty", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "data of 0 bytes; the metadata agrees") \
    row(FAULT_NO_ROWS, "no-rows", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "a header without rows; the metadata agrees") \
    row(FAULT_BYTE_ORDER_MARK, "byte-order-mark", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "a byte order mark before the header; the metadata agrees") \
    row(FAULT_CRLF, "crlf", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "lines that end in CR LF; the metadata agrees") \
    row(FAULT_DUPLICATE, "duplicate", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "the content of the batch before, once more: content alone is no identity") \
    row(FAULT_REWRITTEN, "rewritten", FAULTS_CHANGED, REASON_NONE, REASON_NONE, \
        "once it was processed, its data is replaced by its header alone") \
    row(FAULT_STRAY_FILE, "stray-file", FAULTS_PROCESSED, REASON_NONE, REASON_NONE, \
        "beside the batch lies a file that looks like one: data_0N.csv, data_N.csv.bak or data_N.csv~") \
    row(FAULT_GAP, "gap", FAULTS_ABSENT, REASON_NONE, REASON_NONE, \
        "the number is left out")
/* clang-format on */

#define FAULTS_ENUMERATOR(name, word, expectation, reason, other_reason, help) name,
enum fault { FAULTS_TABLE(FAULTS_ENUMERATOR) FAULT_NONE };
#undef FAULTS_ENUMERATOR
#define FAULT_COUNT FAULT_NONE

/* A rate of 1: rates are kept in billionths, so that their sum is exact. */
#define FAULTS_RATE_ONE UINT64_C(1000000000)
#define FAULTS_ERROR_SIZE 512
/* The word that stands for every fault not named, and the one that asks for the list. */
#define FAULTS_ALL "all"
#define FAULTS_HELP "help"

struct faults {
    uint64_t rates[FAULT_COUNT]; /* of FAULTS_RATE_ONE */
};

/*
 * WORD=RATE, divided by commas; a rate is 0 to 1, their sum at most 1. `all=RATE` is the rate of
 * each fault that is not named. False with the cause, and where it helps the list of words, in
 * `error`.
 */
bool faults_parse(const char *text, struct faults *faults, char error[FAULTS_ERROR_SIZE]);

/* True when any rate is above 0. */
bool faults_are_on(const struct faults *faults);

struct faults_plan {
    enum fault fault;
    bool other;                 /* of a fault that comes in two ways, the second */
    struct random_state random; /* for where it strikes */
};

/*
 * Which fault a batch gets, at most one. A duplicate is one of a batch without fault, or of
 * another duplicate: behind anything else there is none.
 */
struct faults_plan faults_plan(const struct faults *faults, uint64_t seed, uint64_t number);

/* The word; "" for FAULT_NONE. Never NULL. */
const char *faults_word(enum fault fault);

/* FAULT_NONE when there is no such word. */
enum fault faults_find(const char *word, size_t length);

/* FAULTS_PROCESSED for FAULT_NONE. */
enum faults_expectation faults_expectation(enum fault fault);

/* The reason of a rejection; the other one where a fault comes in two ways and it is the second. */
enum reason faults_reason(enum fault fault, bool other);

/* What is published, and what a right reader makes of it, for people. */
const char *faults_help(enum fault fault);
void faults_describe(struct text *text, enum fault fault);

/* The list that `--faults help` prints. */
void faults_list(struct text *text);

#endif
