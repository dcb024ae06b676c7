/*
 * sweep - makes every call of a daemon fail in every way that fits it, one at a time, and
 * looks each time at what is on the volume: at once, and after an undisturbed run.
 *
 *     sweep [--every N] [--offset N] [--fault WORD] [--jobs N] [--work DIR] [--build DIR]
 *           [--until-bad] [SCENARIO ...]
 *     sweep --at POINT --fault WORD SCENARIO       one point, with what the daemon said
 *     sweep --list SCENARIO                        the calls of the undisturbed run
 *
 * Points are enumerated from an undisturbed run, and a point that the run which it was made
 * for did not reach is as bad as a broken promise. Prints "NAME: points tried N, bad M" of
 * each scenario; exits 1 when there was a bad one.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/check.h"
#include "tests/torture/crew.h"
#include "tests/torture/stand.h"

#define ALLOCATIONS_TRIED 1500

/* ---- the faults ---- */

struct fault {
    const char *word;
    uint32_t kinds; /* of calls that it fits */
    struct control_point point;
};

#define ALTERS (CALL_WRITE | CALL_SYNC | CALL_RENAME | CALL_UNLINK | CALL_MKDIR | CALL_TRUNCATE)
#define LOOKS (CALL_OPEN | CALL_READ | CALL_STAT | CALL_LIST)

static const struct fault FAULTS[] = {
    {"kill-before", CALL_ANY, {.action = CONTROL_KILL_BEFORE}},
    {"kill-after", CALL_ANY, {.action = CONTROL_KILL_AFTER}},
    {"tear-one", CALL_WRITE, {.action = CONTROL_TEAR_ONE}},
    {"tear-half", CALL_WRITE, {.action = CONTROL_TEAR_HALF}},
    {"tear-most", CALL_WRITE, {.action = CONTROL_TEAR_MOST}},
    {"short", CALL_READ | CALL_WRITE, {.action = CONTROL_SHORT}},
    {"EINTR",
     LOOKS | CALL_WRITE | CALL_SYNC | CALL_WAIT | CALL_LOCK | CALL_TRUNCATE,
     {.action = CONTROL_FAIL, .error = EINTR}},
    {"EIO", LOOKS | ALTERS | CALL_CLOSE | CALL_LOCK, {.action = CONTROL_FAIL, .error = EIO}},
    {"ENOSPC",
     ALTERS | CALL_OPEN | CALL_CLOSE | CALL_NOTIFY,
     {.action = CONTROL_FAIL, .error = ENOSPC}},
    {"EDQUOT", ALTERS | CALL_OPEN | CALL_CLOSE, {.action = CONTROL_FAIL, .error = EDQUOT}},
    {"EFBIG", CALL_WRITE | CALL_TRUNCATE, {.action = CONTROL_FAIL, .error = EFBIG}},
    {"EROFS", ALTERS | CALL_OPEN, {.action = CONTROL_FAIL, .error = EROFS}},
    {"EACCES",
     CALL_OPEN | CALL_RENAME | CALL_UNLINK | CALL_MKDIR | CALL_STAT,
     {.action = CONTROL_FAIL, .error = EACCES}},
    {"EMFILE",
     CALL_OPEN | CALL_LIST | CALL_NOTIFY | CALL_MAKE,
     {.action = CONTROL_FAIL, .error = EMFILE}},
    {"ENFILE",
     CALL_OPEN | CALL_LIST | CALL_NOTIFY | CALL_MAKE,
     {.action = CONTROL_FAIL, .error = ENFILE}},
    {"ESTALE", LOOKS | ALTERS, {.action = CONTROL_FAIL, .error = ESTALE}},
    {"EAGAIN",
     CALL_OPEN | CALL_READ | CALL_LOCK | CALL_MAKE,
     {.action = CONTROL_FAIL, .error = EAGAIN}},
    {"ENOMEM",
     LOOKS | CALL_WAIT | CALL_NOTIFY | CALL_MAKE | CALL_HINT,
     {.action = CONTROL_FAIL, .error = ENOMEM}},
    {"done-EIO", ALTERS | CALL_OPEN, {.action = CONTROL_DO_AND_FAIL, .error = EIO}},
    {"lasting-EIO", CALL_SYNC | CALL_READ, {.action = CONTROL_FAIL, .error = EIO, .lasting = true}},
    {"lasting-ENOSPC", CALL_WRITE, {.action = CONTROL_FAIL, .error = ENOSPC, .lasting = true}},
    {"lasting-EFBIG", CALL_WRITE, {.action = CONTROL_FAIL, .error = EFBIG, .lasting = true}},
    {"lasting-EROFS",
     CALL_RENAME | CALL_UNLINK,
     {.action = CONTROL_FAIL, .error = EROFS, .lasting = true}},
    {"lasting-EMFILE", CALL_OPEN, {.action = CONTROL_FAIL, .error = EMFILE, .lasting = true}},
    {"no-memory", CALL_MEMORY, {.action = CONTROL_FAIL, .error = ENOMEM, .memory = true}},
    {"lasting-no-memory",
     CALL_MEMORY,
     {.action = CONTROL_FAIL, .error = ENOMEM, .memory = true, .lasting = true}},
};
#define FAULT_COUNT (sizeof FAULTS / sizeof *FAULTS)

static const struct fault *find_fault(const char *word)
{
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (strcmp(FAULTS[i].word, word) == 0)
            return &FAULTS[i];
    return NULL;
}

/* ---- the points ---- */

struct points {
    struct {
        uint64_t at;
        const struct fault *fault;
    } * items;
    size_t count;
    struct control_call *calls; /* of the undisturbed run */
    uint64_t call_count, allocation_count;
};

static void add_points(struct points *points, uint64_t at, uint32_t kind, const struct fault *only)
{
    points->items = reallocarray(points->items, points->count + FAULT_COUNT, sizeof *points->items);
    if (points->items == NULL)
        die("out of memory");
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if ((FAULTS[i].kinds & kind) != 0 && (only == NULL || only == &FAULTS[i])) {
            points->items[points->count].at = at;
            points->items[points->count++].fault = &FAULTS[i];
        }
}

/* A long log is read with thousands of allocations, all from the same few places. */
static uint64_t stride_of(const struct points *points)
{
    return points->allocation_count / ALLOCATIONS_TRIED + 1;
}

/*
 * What the jail opens to leave it readable. A fault there takes fonts and libraries from gnuplot
 * that everybody else still has, so that it draws another picture, as on another machine.
 */
static bool is_of_the_system(const char *what)
{
    static const char *const NAMES[] = {"usr",       "lib",   "libN",        "ld.so.cache",
                                        "localtime", "fonts", "openssl.cnf", "fontconfig"};
    const char *name = strrchr(what, ' ');
    for (size_t i = 0; name != NULL && i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(name + 1, NAMES[i]) == 0)
            return true;
    return false;
}

/* From one more undisturbed run, of which the calls are listed. */
static void find_points(struct points *points, struct stand *stand, const struct fault *only)
{
    struct control *control = stand->daemon.control;
    *points = (struct points){0};
    control->list_calls = true;
    (void)stand_run(stand, &(struct control_point){.action = CONTROL_NOTHING});
    control->list_calls = false;
    if (control->overflowed)
        die("%s: more calls than the list has room for", stand->scenario->name);
    points->call_count = control->calls;
    points->allocation_count = control->allocations;
    points->calls = calloc(control->calls + 1, sizeof *points->calls);
    if (points->calls == NULL)
        die("out of memory");
    memcpy(points->calls, control->call, control->calls * sizeof *points->calls);
    for (uint64_t at = 1; at <= points->call_count; at++)
        if (!is_of_the_system(points->calls[at - 1].what))
            add_points(points, at, points->calls[at - 1].kind, only);
    for (uint64_t at = 1; at <= points->allocation_count; at += stride_of(points))
        add_points(points, at, CALL_MEMORY, only);
}

static void free_points(struct points *points)
{
    free(points->items);
    free(points->calls);
}

/* ---- one point ---- */

enum verdict { GOOD, BAD, UNREACHED };

static bool kills(const struct control_point *point)
{
    return point->action >= CONTROL_KILL_BEFORE && point->action <= CONTROL_TEAR_MOST;
}

static bool is_documented(int code)
{
    static const int CODES[] = {0, 65, 66, 69, 70, 73, 74, 75, 78};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i] == code)
            return true;
    return false;
}

static bool ended_well(const struct daemon_result *result, const struct control_point *point,
                       char why[CHECK_WHY_SIZE])
{
    int status = result->status;
    if (result->hung)
        (void)snprintf(why, CHECK_WHY_SIZE, "it hangs");
    else if (kills(point) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        (void)snprintf(why, CHECK_WHY_SIZE, "it was to be killed, and was not");
    else if (!kills(point) && WIFSIGNALED(status))
        (void)snprintf(why, CHECK_WHY_SIZE, "it dies of signal %d", WTERMSIG(status));
    else if (!kills(point) && !is_documented(WEXITSTATUS(status)))
        (void)snprintf(why, CHECK_WHY_SIZE, "it exits with %d", WEXITSTATUS(status));
    else
        return true;
    return false;
}

/*
 * Exit code 0 says that all is done. 65 and 75 do not: something may still wait. Nor does any code
 * when a file may not be read: that is somebody else's, and is left alone until it may.
 */
static enum check_when claims(const struct daemon_result *result, const struct control_point *point)
{
    return daemon_exited(result, 0) && point->error != EACCES ? CHECK_CLAIMED : CHECK_KILLED;
}

/* A child that was just forked holds the lock until it has become gnuplot, or is dead as well. */
static struct daemon_result run_when_unlocked(struct stand *stand)
{
    static const struct timespec A_WHILE = {0, 10000000};
    struct daemon_result result = stand_run_again(stand);
    for (int i = 0; i < 100 && stand->scenario->draws && daemon_exited(&result, 69); i++) {
        (void)nanosleep(&A_WHILE, NULL);
        result = stand_run_again(stand);
    }
    return result;
}

static bool is_mended(struct stand *stand, const struct volume *killed, struct volume *mended,
                      char why[CHECK_WHY_SIZE])
{
    struct daemon_result again = run_when_unlocked(stand);
    volume_load(mended, stand->own_path);
    if (!daemon_exited(&again, stand->reference_status)) {
        (void)snprintf(why, CHECK_WHY_SIZE, "the next run %s with %d, and not with %d",
                       again.hung ? "hangs or dies" : "ends", WEXITSTATUS(again.status),
                       stand->reference_status);
        return false;
    }
    char reason[CHECK_WHY_SIZE];
    if (check_volume(stand, killed, mended, CHECK_FINISHED, reason))
        return true;
    (void)snprintf(why, CHECK_WHY_SIZE, "after the next run: %.*s", CHECK_WHY_SIZE - 30, reason);
    return false;
}

static enum verdict try_point(struct stand *stand, const struct control_point *point,
                              char why[CHECK_WHY_SIZE])
{
    struct volume killed = {0};
    struct volume mended = {0};
    enum verdict verdict = BAD;
    struct daemon_result result = stand_run(stand, point);
    bool hit = stand->daemon.control->hit;
    volume_load(&killed, stand->own_path);
    if (!hit) {
        (void)snprintf(why, CHECK_WHY_SIZE, "it was not reached");
        verdict = UNREACHED;
    } else if (ended_well(&result, point, why) &&
               check_volume(stand, &stand->own, &killed, claims(&result, point), why) &&
               is_mended(stand, &killed, &mended, why))
        verdict = GOOD;
    volume_free(&killed);
    volume_free(&mended);
    return verdict;
}

/* ---- all of them ---- */

struct settings {
    struct crew_settings crew;
    uint64_t at; /* of one point alone; 0 for all */
    const char *fault;
    bool list;
};

static void tell(const struct stand *stand, const struct points *points, size_t index,
                 const char *why)
{
    uint64_t at = points->items[index].at;
    const struct fault *fault = points->items[index].fault;
    (void)printf("bad: %s at %s of %s: %s\n    build/torture/sweep --at %" PRIu64
                 " --fault %s %s\n",
                 fault->word, fault->point.memory ? "an allocation" : points->calls[at - 1].what,
                 stand->scenario->name, why, at, fault->word, stand->scenario->name);
    (void)fflush(stdout);
}

/* A daemon with children is woken by them at times of their own: there, a point may be missed. */
static void count_verdict(struct crew_tally *tally, const struct stand *stand,
                          const struct points *points, size_t index, enum verdict verdict,
                          const char *why)
{
    bool bad = verdict == BAD || (verdict == UNREACHED && !stand->scenario->draws);
    tally->tried++;
    if (verdict == UNREACHED)
        tally->unreached++;
    if (bad && tally->bad++ < CREW_SHOWN_MAX)
        tell(stand, points, index, why);
}

struct assignment {
    const struct scenario *scenario;
    const struct settings *settings;
};

static void work(const void *context, unsigned number, const char *path, struct crew_tally *tally)
{
    const struct assignment *assignment = context;
    const struct settings *settings = assignment->settings;
    struct stand stand;
    struct points points;
    char why[CHECK_WHY_SIZE] = "";
    stand_open(&stand, assignment->scenario, settings->crew.build, path);
    find_points(&points, &stand, settings->fault == NULL ? NULL : find_fault(settings->fault));
    size_t taken = 0;
    for (size_t i = settings->crew.offset;
         i < points.count && !crew_has_enough(&settings->crew, tally); i += settings->crew.every)
        if (taken++ % settings->crew.jobs == number) {
            struct control_point point = points.items[i].fault->point;
            point.at = points.items[i].at;
            enum verdict verdict = try_point(&stand, &point, why);
            count_verdict(tally, &stand, &points, i, verdict, why);
        }
    free_points(&points);
    stand_close(&stand);
}

/* ---- one point, or the list, for people ---- */

static void print_output(const struct stand *stand)
{
    char buffer[4096];
    ssize_t count;
    off_t at = 0;
    while ((count = pread(stand->daemon.output_fd, buffer, sizeof buffer, at)) > 0) {
        (void)fwrite(buffer, 1, (size_t)count, stdout);
        at += count;
    }
}

static bool show_point(struct stand *stand, const struct settings *settings)
{
    char why[CHECK_WHY_SIZE] = "";
    const struct fault *fault = find_fault(settings->fault);
    struct control_point point = fault->point;
    point.at = settings->at;
    struct daemon_result result = stand_run(stand, &point);
    print_output(stand);
    (void)printf(
        "-- exit %d, signal %d%s\n", WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1,
        WIFSIGNALED(result.status) ? WTERMSIG(result.status) : 0, result.hung ? ", hung" : "");
    result = stand_run_again(stand);
    print_output(stand);
    (void)printf("-- again: exit %d\n", WEXITSTATUS(result.status));
    enum verdict verdict = try_point(stand, &point, why);
    (void)printf("%s %s\n", verdict == GOOD ? "good" : "bad:", why);
    return verdict == GOOD;
}

static void list_points(struct stand *stand)
{
    struct points points;
    find_points(&points, stand, NULL);
    for (uint64_t at = 1; at <= points.call_count; at++)
        (void)printf("%5" PRIu64 " %s\n", at, points.calls[at - 1].what);
    (void)printf("%" PRIu64 " calls and %" PRIu64 " allocations make %zu points\n",
                 points.call_count, points.allocation_count, points.count);
    free_points(&points);
}

static void show(const void *context, unsigned number, const char *path, struct crew_tally *tally)
{
    const struct assignment *assignment = context;
    struct stand stand;
    (void)number;
    stand_open(&stand, assignment->scenario, assignment->settings->crew.build, path);
    if (assignment->settings->list)
        list_points(&stand);
    else if (!show_point(&stand, assignment->settings))
        tally->bad++;
    stand_close(&stand);
}

/* ---- main ---- */

static bool read_settings(struct settings *settings, int argc, char *argv[])
{
    static const struct option OPTIONS[] = {CREW_OPTIONS,
                                            {"at", required_argument, NULL, 'a'},
                                            {"fault", required_argument, NULL, 'f'},
                                            {"list", no_argument, NULL, 'l'},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
        switch (option) {
        case 'a': settings->at = strtoull(optarg, NULL, 10); break;
        case 'f': settings->fault = optarg; break;
        case 'l': settings->list = true; break;
        default:
            if (!crew_set(&settings->crew, option, optarg))
                return false;
        }
    return (settings->at == 0 || settings->fault != NULL) &&
           (settings->fault == NULL || find_fault(settings->fault) != NULL);
}

static bool run(const struct scenario *scenario, const void *context)
{
    const struct settings *settings = context;
    struct assignment assignment = {scenario, settings};
    struct crew_tally alone = {0};
    if (!settings->list && settings->at == 0)
        return crew_run(scenario->name, "points", settings->crew.jobs, settings->crew.work, work,
                        &assignment);
    crew_run_here(settings->crew.work, show, &assignment, &alone);
    return alone.bad == 0;
}

int main(int argc, char *argv[])
{
    struct settings settings = {.crew = CREW_DEFAULTS};
    if (!read_settings(&settings, argc, argv)) {
        (void)fprintf(stderr, "usage: sweep [--every N] [--offset N] [--jobs N] [--work DIR] "
                              "[--build DIR] [--until-bad] [--fault WORD] [--list | --at N --fault "
                              "WORD] [SCENARIO ...]\n");
        return 64;
    }
    return scenarios_run(argv + optind, argc - optind, false, run, &settings);
}
