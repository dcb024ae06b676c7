/*
 * volume - a directory of small files as a value: loaded, compared, laid out again.
 *
 * Only plain files count; sub-directories do not. A tester has nothing to go on with
 * when its own files fail it, so what cannot be done here ends the program.
 */
#ifndef TORTURE_VOLUME_H
#define TORTURE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>

#define VOLUME_NAME_SIZE 64

struct volume_file {
    char name[VOLUME_NAME_SIZE];
    char *bytes; /* with a NUL behind them */
    size_t length;
};

struct volume {
    struct volume_file *files;
    size_t count, capacity;
    bool missing; /* the directory itself is not there */
};

/* Ends the program with "torture: WORDS: errno's text". */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void volume_free(struct volume *volume);

/* Puts a copy of the bytes under the name, in place of what was there. */
void volume_put(struct volume *volume, const char *name, const void *bytes, size_t length);
void volume_remove(struct volume *volume, const char *name);
/* NULL when there is none. */
const struct volume_file *volume_find(const struct volume *volume, const char *name);
/* True when both have the name, with the same bytes. */
bool volume_same(const struct volume *left, const struct volume *right, const char *name);

/* What is in the directory, in place of what the volume held. */
void volume_load(struct volume *volume, const char *path);
/* Makes the directory hold just this. */
void volume_store(const struct volume *volume, const char *path);

#endif
