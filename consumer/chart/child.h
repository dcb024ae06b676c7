/*
 * child - a gnuplot process and the pipes to it. The one door to fork and exec.
 *
 *     struct child child = CHILD_NONE;
 *     if (child_start(&child))
 *         write to child.commands_fd, read child.image_fd and child.words_fd
 *     child_end(&child);
 *
 * It has an empty environment, a process group, no way to put a byte into a file, and dies with
 * us. Where the sandbox has been entered, it is in a jail of its own. A program that cannot be
 * run is told on words_fd, and by the end of all three.
 */
#ifndef CONSUMER_CHILD_H
#define CONSUMER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid;       /* 0: none; also the id of its process group */
    int commands_fd; /* its standard input; ours never block */
    int image_fd;    /* its standard output */
    int words_fd;    /* its standard error */
};

#define CHILD_NONE ((struct child){.commands_fd = -1, .image_fd = -1, .words_fd = -1})

/* False with errno: `child` is as it was. */
bool child_start(struct child *child);

/*
 * Kills it with its group, reaps it and closes the pipes; does nothing where there is none. Returns
 * how it ended, as waitpid(2) says it: of one that had ended before, by itself or by somebody
 * else's signal, that end. 0 where there is none.
 */
int child_end(struct child *child);

/* The program that PATH leads to, opened to be run and not read; -1 where there is none. */
int child_find(void);

/*
 * Starts a child that goes into the jail of a gnuplot and, instead of becoming one, tries to get
 * out. False: `leak` says what it could still do.
 */
bool child_is_jailed(char *leak, size_t size);

#endif
