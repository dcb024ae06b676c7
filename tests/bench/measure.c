/*
 * measure - runs a program with its output thrown away and prints on one line what it took:
 *
 *     build/bench/measure COMMAND [ARGUMENT]...
 *
 *     WALL_SECONDS PROCESSOR_SECONDS PEAK_KIB      user and system time of all its threads; the
 *                                                  most memory that was resident at once
 *
 * Ends as the command did, or with 127 where it cannot be run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

__attribute__((noreturn)) static void run(char *const command[])
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
        (void)execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char *argv[])
{
    int status;
    struct rusage usage;
    if (argc < 2) {
        (void)fprintf(stderr, "usage: measure COMMAND [ARGUMENT]...\n");
        return 64;
    }
    double began = seconds_now();
    pid_t child = fork();
    if (child == 0)
        run(argv + 1);
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            perror("measure");
            return 71;
        }
    }
    (void)printf("%.4f %.4f %ld\n", seconds_now() - began,
                 seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
