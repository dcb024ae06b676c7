/*
 * options - one table from which flags, environment variables, --help and the
 * messages about bad values are made.
 *
 *     static const struct option_row ROWS[] = {
 *         {.flag = "--interval", .environment = "PRODUCER_INTERVAL", .type = OPTION_DURATION,
 *          .default_value = "5s", .offset = offsetof(struct config, interval_ns),
 *          .help = "time from one batch to the next; 0 is as fast as possible"},
 *         ...
 *     };
 *     switch (options_parse(&table, argc, argv, &config, error)) ...
 *
 * A flag wins over the environment, the environment over the default. Flags
 * are written `--flag value` or `--flag=value`, whole: abbreviations would break
 * scripts whenever a new option shares a prefix. An empty variable counts as
 * unset, as compose files pass it. --help and --version are always there.
 *
 * Where the table names operands, arguments that are no flags are such, before, between and
 * behind the flags: what does not begin with '-', a '-' alone, and everything behind "--". They
 * stay where they are:
 *
 *     struct option_cursor cursor = {.at = 0};
 *     while ((file = options_next_operand(&table, argc, argv, &cursor)) != NULL) ...
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The type of the member that an option sets, and of its text. */
enum option_type {
    OPTION_TEXT,     /* const char *: any text, kept where it stands in argv or environ */
    OPTION_COUNT,    /* uint64_t: a whole number */
    OPTION_RANGE,    /* struct option_range: "20" or "20-60" */
    OPTION_DURATION, /* int64_t, nanoseconds: "250ms", "5s", "2m" */
    OPTION_PERIOD,   /* struct option_period: "5s", or "5s±20%" as number_parse_period() has it */
    OPTION_RATE,     /* struct option_rate: "1000/s" */
    OPTION_SIZE,     /* uint64_t, bytes: "64KiB", "2GiB" */
    OPTION_CHOICE,   /* int: index into `choices` */
    OPTION_FLAG,     /* bool: no value on the command line; 1 or 0 in the environment */
    OPTION_LIST,     /* struct option_list: one text a flag, which may be there several times */
};

struct option_range {
    uint64_t low;
    uint64_t high;
};

struct option_period {
    int64_t mean_ns; /* what the bounds of the row are about */
    uint64_t percent;
};

struct option_rate {
    uint64_t count; /* what the bounds of the row are about; 0: no rate was given */
    int64_t per_ns; /* a second, a minute or an hour */
};

#define OPTION_LIST_MAX 16
#define OPTION_LIST_BYTES 16384

/*
 * Texts in the order in which they were given, none empty and none twice. A variable holds them
 * divided by colons, as PATH does; a flag is one text, colons and all. The flags' list takes the
 * place of the variable's. Copied, so the list must stay where it is.
 */
struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
    char bytes[OPTION_LIST_BYTES];
    size_t used;
    bool from_flags;
};

struct option_row {
    const char *flag;        /* with its dashes */
    const char *environment; /* NULL: flag only */
    enum option_type type;
    const char *value_name;     /* what --help calls a text: "DIR"; NULL: "TEXT" */
    const char *default_value;  /* parsed as a value would be; NULL: the member is left alone */
    const char *default_words;  /* shown instead of default_value where that says too little */
    const char *const *choices; /* OPTION_CHOICE: words, NULL-terminated */
    uint64_t minimum;           /* bounds, both included, in units of the member; */
    uint64_t maximum;           /* a maximum of 0 means no bounds */
    /* OPTION_TEXT: returns what is wrong with a value, or NULL; NULL: anything goes */
    const char *(*check)(const char *value);
    const char *help;
    size_t offset; /* of the member in the caller's struct */
};

struct option_table {
    const char *program;
    const char *summary; /* one sentence for --help */
    const char *version;
    const char *operand; /* what --help calls an argument that is no flag: "FILE"; NULL: none */
    const struct option_row *rows;
    size_t row_count;
};

#define OPTIONS_ERROR_SIZE 512

enum options_result {
    OPTIONS_RUN,            /* every row of the table is set */
    OPTIONS_ANSWERED,       /* --help or --version: the answer is on standard output */
    OPTIONS_BAD_USAGE,      /* an unknown flag or a bad value on the command line; error says it */
    OPTIONS_BAD_ENVIRONMENT /* a bad value in the environment; error says it */
};

/*
 * Fills the members of `values` that the table names. `error` gets one line,
 * without a newline, that names the program, the option and the cause.
 */
enum options_result options_parse(const struct option_table *table, int argc, char *const argv[],
                                  void *values, char error[OPTIONS_ERROR_SIZE]);

/* How far the arguments were walked through; zero before the first. */
struct option_cursor {
    int at;
    bool ended; /* "--" was passed: everything from here on is an operand */
};

/* The next operand of arguments that options_parse() has taken; NULL behind the last. */
const char *options_next_operand(const struct option_table *table, int argc, char *const argv[],
                                 struct option_cursor *cursor);

/* Prints what --help prints. */
void options_print_help(const struct option_table *table, FILE *out);

/* ---- what a row says, for --help, manual pages and completions ---- */

#define OPTIONS_WORDS_SIZE 96
#define OPTIONS_LIST_WORDS "may be given several times; in the variable divided by colons"
#define OPTIONS_ANSWER_COUNT 2

/* --help and --version, which are in no table. */
extern const struct option_row OPTIONS_ANSWERS[OPTIONS_ANSWER_COUNT];

/* What the value is called: "DIR", "TIME", "png|svg|none"; "" for a flag. `text` is room for it. */
const char *options_value_name(const struct option_row *row, char text[OPTIONS_WORDS_SIZE]);

/* "from 1 to 10000", written to `text`; NULL: there are no bounds. */
const char *options_bounds(const struct option_row *row, char text[OPTIONS_WORDS_SIZE]);

/* What holds where nothing is given, in words or as a value; NULL: nothing. */
const char *options_default(const struct option_row *row);

#endif
