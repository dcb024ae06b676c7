/*
 * fileio_group - files of one directory that become durable together, at the cost of one:
 *
 *     fileio_group_add(group, "summary_7.json", bytes, length)    its temporary is written
 *     fileio_group_add(group, "summary_8.json", bytes, length)
 *     fileio_group_commit(group)
 *
 * Committing flushes every file, then renames them in the order in which they were added, then
 * flushes the directory; so no name ever stands for bytes that are not durable. Who has more to
 * do meanwhile has it done by threads, in its two halves:
 *
 *     fileio_group_begin(group)                                   of 7 and 8
 *     fileio_group_add(group, "summary_9.json", bytes, length)    belongs to the next
 *     fileio_group_finish(group)                                  of 7 and 8
 *
 * When it fails, each name stands for its old file or its new one, each whole; which, nobody
 * knows, so all of them are to be added again, from the input. Then the group is empty, without
 * what was added since it was begun as well, and no temporary is left.
 *
 * Each file that was added holds a descriptor until it is flushed. Nothing is to be added under a
 * name that is on its way: the two would share a temporary.
 *
 * Functions return 0, or -1 with errno. A group belongs to one thread at a time.
 */
#ifndef COMMON_FILEIO_GROUP_H
#define COMMON_FILEIO_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/pool.h"

/* Any number of threads from 4 to 16 gave the same within the noise, and several times what one
 * gave. */
#define FILEIO_GROUP_THREADS 7

/*
 * How many groups of `each` files may be open at once, at least 1 and `most` at the most, when
 * `elsewhere` descriptors are kept for others: one that never finds enough of them would fail
 * again and again.
 */
size_t fileio_group_affordable(size_t most, size_t elsewhere, size_t each);

struct fileio_group;

/*
 * Descriptor and pool are borrowed. Several groups may have one pool, if no more than one of them
 * is under way at a time; without one (NULL) the caller does everything. NULL when memory is short.
 */
struct fileio_group *fileio_group_create(int directory_fd, size_t capacity, struct pool *pool);

/* Drops what was added and not committed. */
void fileio_group_free(struct fileio_group *group);

/* How many files may still be added. */
size_t fileio_group_room(const struct fileio_group *group);

/*
 * When it fails, the file is not among the group, which is as it was. ENOBUFS: it is full; EINTR:
 * the program shall end, and the file has more than the 16 MiB that are written in any case.
 */
int fileio_group_add(struct fileio_group *group, const char *name, const void *bytes,
                     size_t length);

/* Ends what was begun, and then commits what was added since. */
int fileio_group_commit(struct fileio_group *group);

/*
 * Nothing may be under way. False when there are so few files that threads are not worth it: then
 * nothing was begun, and they are to be committed.
 */
bool fileio_group_begin(struct fileio_group *group);

/* Waits for what was begun; 0 when nothing was. */
int fileio_group_finish(struct fileio_group *group);

/* The file on which the last commit failed, until the next is added; NULL: the directory. */
const char *fileio_group_failed(const struct fileio_group *group);

/* Drops what was added, as if it had never been. */
void fileio_group_abandon(struct fileio_group *group);

#endif
