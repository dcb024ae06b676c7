/*
 * sandbox - what the consumer keeps of its rights once it is open, and what little of that its
 * gnuplot child gets.
 *
 *     sandbox_enter(shared_path, results_fd, program_fd, &sandbox);       for good
 *     if (sandbox.missing[0] != '\0') ... the kernel cannot do all of it
 *     if (sandbox_leak(shared_path) != NULL) ... something is possible that should not be
 *
 * The consumer reads the shared directory, reads and writes the results, reads and runs what
 * gnuplot needs of the system; no other file opens. It makes no socket, traces nobody, mounts
 * nothing, enters no namespace. As root it keeps the capabilities to open files and no other.
 * What is refused fails with EPERM, EACCES or ENOSYS; nothing is killed, so a library that
 * only tries goes on.
 *
 * The child, between fork and exec, gives up in addition: every capability; opening a file for
 * writing, making, removing or renaming one; the shared directory and the results; processes of
 * its own (threads stay); signals to others; and exec, but for the one that is still to come.
 * That exec names no path but descriptor SANDBOX_PROGRAM_FD, which is gone afterwards and, being
 * beyond the limit on descriptors, cannot be made again.
 */
#ifndef CONSUMER_SANDBOX_H
#define CONSUMER_SANDBOX_H

#include <stdbool.h>

#include "consumer/sandbox/syscalls.h"

#define SANDBOX_PROGRAM_FD SYSCALLS_PROGRAM_FD
#define SANDBOX_TEXT_SIZE 256

struct sandbox {
    int landlock; /* its version; 0: there is none */
    bool seccomp;
    char missing[SANDBOX_TEXT_SIZE]; /* what could not be had, and why; "" when nothing is */
};

/*
 * Takes effect as far as the kernel goes along. `shared_path` may be read, `results_fd` written,
 * `program_fd` (-1: none was found) run, wherever that stands.
 */
void sandbox_enter(const char *shared_path, int results_fd, int program_fd,
                   struct sandbox *sandbox);

/* True behind sandbox_enter(), however much of it took effect. */
bool sandbox_is_entered(void);

/*
 * Tries what must fail, harmlessly, and returns the first thing that did not, or NULL. Asks
 * only for what sandbox_enter() could have.
 */
const char *sandbox_leak(const char *shared_path);

/*
 * True when a directory that was allowed has been replaced under its name and is refused for that
 * reason alone. Only another start can allow the new one.
 */
bool sandbox_has_lost(const char *path);

/*
 * In the child; both are safe between fork and exec. Moves `program_fd` to SANDBOX_PROGRAM_FD.
 * False with errno: the child has not all that our side has, and must not go on.
 */
bool sandbox_enter_child(int program_fd);
const char *sandbox_child_leak(void);

#endif
