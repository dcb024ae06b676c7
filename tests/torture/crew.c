#include "tests/torture/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void remove_directory(const char *path)
{
    char file[STAND_PATH_SIZE];
    (void)snprintf(file, sizeof file, "%s/control", path);
    (void)unlink(file);
    (void)snprintf(file, sizeof file, "%s/output", path);
    (void)unlink(file);
    (void)rmdir(path);
}

static void work_in_directory(const char *work, unsigned number, crew_work *do_work,
                              const void *context, struct crew_tally *tally)
{
    char path[STAND_PATH_SIZE - 16];
    (void)snprintf(path, sizeof path, "%s/torture.%ld.%u", work, (long)getpid(), number);
    if (mkdir(path, 0700) != 0)
        die("cannot make %s", path);
    do_work(context, number, path, tally);
    remove_directory(path);
}

void crew_run_here(const char *work, crew_work *do_work, const void *context,
                   struct crew_tally *tally)
{
    work_in_directory(work, 0, do_work, context, tally);
}

/* False when one of them failed. */
static bool run_all(unsigned jobs, const char *work, crew_work *do_work, const void *context,
                    struct crew_tally *tally)
{
    bool good = true;
    pid_t crew[CREW_MAX];
    (void)fflush(stdout);
    for (unsigned number = 0; number < jobs; number++) {
        crew[number] = fork();
        if (crew[number] < 0)
            die("cannot fork");
        if (crew[number] == 0) {
            work_in_directory(work, number, do_work, context, tally);
            (void)fflush(stdout);
            _exit(0);
        }
    }
    for (unsigned number = 0; number < jobs; number++) {
        int status = 0;
        good = waitpid(crew[number], &status, 0) == crew[number] && status == 0 && good;
    }
    return good;
}

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool crew_set(struct crew_settings *settings, int option, const char *value)
{
    switch (option) {
    case 'e': settings->every = strtoul(value, NULL, 10); break;
    case 'o': settings->offset = strtoul(value, NULL, 10); break;
    case 'j': settings->jobs = (unsigned)strtoul(value, NULL, 10); break;
    case 'w': settings->work = value; break;
    case 'b': settings->build = value; break;
    case 'u': settings->until_bad = true; break;
    default: return false;
    }
    return settings->every > 0 && settings->jobs > 0 && settings->jobs <= CREW_MAX;
}

bool crew_has_enough(const struct crew_settings *settings, const struct crew_tally *tally)
{
    return settings->until_bad && tally->bad > 0;
}

bool crew_run(const char *name, const char *words, unsigned jobs, const char *work,
              crew_work *do_work, const void *context)
{
    struct crew_tally *tally =
        // cppcheck-suppress invalidFunctionArg
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        die("out of memory");
    double started = now_seconds();
    bool finished = run_all(jobs, work, do_work, context, tally);
    double took = now_seconds() - started;
    /* Many of them missed would mean that what is missed is not chance. */
    bool good =
        finished && tally->bad == 0 && tally->tried > 0 && tally->unreached * 4 <= tally->tried;
    (void)printf("%s: %s tried %zu, bad %zu, unreached %zu; %.0f a second%s\n", name, words,
                 (size_t)tally->tried, (size_t)tally->bad, (size_t)tally->unreached,
                 (double)tally->tried / took, finished ? "" : "; A WORKER FAILED");
    (void)munmap(tally, sizeof *tally);
    return good;
}
