/*
 * stand - one scenario, set up: the daemon, the state that each run starts from, and
 * what a run that nothing disturbs makes of it.
 *
 * Each scenario has two directories, as the daemons do; its own one is that which its
 * daemon writes. The other one is laid out once and stays as it is.
 */
#ifndef TORTURE_STAND_H
#define TORTURE_STAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/torture/daemon.h"
#include "tests/torture/volume.h"

#define STAND_ARGUMENTS_MAX 18
#define STAND_PATH_SIZE 256

/* The file that a producer's rows come from. */
#define STAND_STREAM "stream.csv"

struct stand;

struct scenario {
    const char *name; /* "consumer-fresh" */
    bool is_consumer;
    bool draws; /* has children, so that no two runs are quite alike */
    const char *arguments[STAND_ARGUMENTS_MAX - 4];
    unsigned descriptors; /* that it may have; 0: as many as we */
    /* Fills in the start of the stand: `own`, `other`, and what is said beside them. */
    void (*prepare)(struct stand *stand);
    /* producer */
    bool streams;          /* cuts STAND_STREAM, in the other directory, into batches */
    uint64_t count;        /* batches that each run publishes */
    uint64_t acknowledged; /* the consumer's log knows of the batches up to this one */
    uint64_t keep;         /* of those, how many stay */
};

struct stand {
    const struct scenario *scenario;
    const char *build;
    char path[STAND_PATH_SIZE - 16];
    char own_path[STAND_PATH_SIZE];
    char other_path[STAND_PATH_SIZE];
    struct volume own; /* at the start of each run */
    struct volume other;
    size_t history_bytes;    /* consumer: so much of the log is whole at the start */
    struct volume reference; /* `own`, after an undisturbed run */
    int reference_status;
    struct daemon daemon;
};

/* False when a check found something bad. */
typedef bool scenario_run(const struct scenario *scenario, const void *settings);

/*
 * Runs the scenarios that are named, or all, or with `still_alone` all that draw nothing, whatever
 * the earlier ones found. The exit code of a tester: 0, 1 when one was bad, and 64, told on
 * standard error, when there is none of a name.
 */
int scenarios_run(char *const names[], int count, bool still_alone, scenario_run *run,
                  const void *settings);

/*
 * Sets the scenario up below `path`, an existing directory of its own, with the daemons
 * and the shim in `build`. Ends the program when the undisturbed run is not as it should be.
 */
void stand_open(struct stand *stand, const struct scenario *scenario, const char *build,
                const char *path);
void stand_close(struct stand *stand);

/* Lays out the start, and runs the daemon with the point armed. */
struct daemon_result stand_run(struct stand *stand, const struct control_point *point);
/* Runs it, undisturbed, on what is there. */
struct daemon_result stand_run_again(struct stand *stand);

#endif
