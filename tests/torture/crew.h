/*
 * crew - several processes that share one job, each with a directory of its own.
 */
#ifndef TORTURE_CREW_H
#define TORTURE_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/torture/stand.h"

#define CREW_MAX 16
#define CREW_SHOWN_MAX 20 /* bad points that are printed, of a scenario */

/* What every tester is told. */
struct crew_settings {
    const char *build, *work;
    unsigned jobs;
    size_t every, offset; /* a part of what there is to try */
    bool until_bad;       /* and no more of it once a point was bad */
};

#define CREW_DEFAULTS ((struct crew_settings){"build", "/dev/shm", 2, 1, 0, false})

/* Its rows of a table for getopt_long(3). */
#define CREW_OPTIONS                                                                    \
    {"every", required_argument, NULL, 'e'}, {"offset", required_argument, NULL, 'o'},  \
        {"jobs", required_argument, NULL, 'j'}, {"work", required_argument, NULL, 'w'}, \
        {"build", required_argument, NULL, 'b'},                                        \
    {                                                                                   \
        "until-bad", no_argument, NULL, 'u'                                             \
    }

/* False for an option of somebody else, and for a value that is none. */
bool crew_set(struct crew_settings *settings, int option, const char *value);

/* Counts that all of them add to. */
struct crew_tally {
    _Atomic size_t tried, bad, unreached;
};

/* Nothing is left to try: a bad point was all that was wanted. */
bool crew_has_enough(const struct crew_settings *settings, const struct crew_tally *tally);

/* What one of them does: its number is below `jobs`, and `path` its directory, on `work`. */
typedef void crew_work(const void *context, unsigned number, const char *path,
                       struct crew_tally *tally);

/*
 * Has `jobs` processes, at most CREW_MAX, do the work, and waits for them. Prints
 * "NAME: WORDS tried N, bad M, ...", WORDS being what is counted. True when nothing was bad,
 * something was tried, every process came to its end, and few of the points were not reached.
 */
bool crew_run(const char *name, const char *words, unsigned jobs, const char *work,
              crew_work *do_work, const void *context);

/* The same for this process alone, as number 0 of one. */
void crew_run_here(const char *work, crew_work *do_work, const void *context,
                   struct crew_tally *tally);

#endif
