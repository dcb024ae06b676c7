/*
 * inlet - a file, pipe, terminal or socket that is read as bytes come, and never waited for in a
 * read(2): whether there is something is asked first, so that SIGTERM is answered and the program
 * can do other things meanwhile.
 *
 *     if (inlet_open(&inlet, "-", error) != 0) ...         "-" is standard input
 *     switch (inlet_read(&inlet, buffer, sizeof buffer, &length)) ...
 *     inlet_close(&inlet);
 *
 * A pipe can be read once. A plain file can be read again, from any place: also where it is
 * standard input, unless somebody has read its beginning before.
 */
#ifndef PRODUCER_INLET_H
#define PRODUCER_INLET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLET_ERROR_SIZE 512

struct inlet {
    int fd;
    bool seekable;
    uint64_t offset_bytes; /* of what is read next; of a pipe, what was read so far */
    const char *name;      /* for messages: as it was given, or "standard input" */
    char path[PATH_MAX];   /* of a plain file, absolute and without links; else empty */
};

/* `from` is borrowed. 0, or -1 with errno and one line in `error`; inlet_close() is right after
 * both. */
int inlet_open(struct inlet *inlet, const char *from, char error[INLET_ERROR_SIZE]);
void inlet_close(struct inlet *inlet);

enum inlet_answer {
    INLET_BYTES,       /* `length` of them, at least one */
    INLET_NOTHING_YET, /* wait until the descriptor is readable */
    INLET_END,
    INLET_FAILED /* errno */
};

enum inlet_answer inlet_read(struct inlet *inlet, char *buffer, size_t size, size_t *length);

/* At INLET_END: true of a plain file that has less bytes than were read of it. */
bool inlet_was_shortened(const struct inlet *inlet);

/* Reads on from another place of a plain file. */
void inlet_seek(struct inlet *inlet, uint64_t offset_bytes);

#endif
