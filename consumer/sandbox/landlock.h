/*
 * landlock - which files a process can reach from here on, by the kernel's Landlock. The one
 * door to its system calls, which libc does not wrap.
 *
 *     int ruleset = landlock_begin();                   -1: errno says why there is none
 *     landlock_allow(ruleset, "/usr", LANDLOCK_READ);
 *     landlock_allow_fd(ruleset, results_fd, LANDLOCK_READ | LANDLOCK_STORE);
 *     landlock_enter(ruleset);                          for this process and all it starts
 *
 * What is not allowed is refused with EACCES, by whatever name or link it is reached; what
 * was opened before stays open. A ruleset entered on top of another can only take away. An
 * allowance holds for an inode, not for its name: a directory that takes the name of an
 * allowed one, by a mount or a rename, is not allowed. What each version of the kernel
 * cannot refuse yet is left out (truncating from 6.2 on, TCP 6.7, device ioctls 6.10, signals
 * to and abstract sockets of processes outside 6.12).
 *
 * Each function is one or a few system calls and safe between fork and exec.
 */
#ifndef CONSUMER_LANDLOCK_H
#define CONSUMER_LANDLOCK_H

enum {
    LANDLOCK_READ = 1,    /* files, and what is in directories */
    LANDLOCK_STORE = 2,   /* make, write, cut, rename within a directory and remove plain files */
    LANDLOCK_WRITE = 4,   /* write to what is there */
    LANDLOCK_EXECUTE = 8, /* run */
};

/* The version of the kernel's Landlock, from 1 on; -1 with errno: not built in, or switched off. */
int landlock_version(void);

/* A ruleset that allows nothing yet; landlock_enter() closes it. */
int landlock_begin(void);

/* Allows a file, or a directory and all beneath. 0, or -1 with errno. */
int landlock_allow_fd(int ruleset, int fd, unsigned what);

/* The same by name; one that is not there, or out of reach, needs no allowance, and is 0. */
int landlock_allow(int ruleset, const char *path, unsigned what);

/* Needs PR_SET_NO_NEW_PRIVS. Closes the ruleset in every case; 0, or -1 with errno. */
int landlock_enter(int ruleset);

#endif
