/*
 * fileio_group - files of one directory that become durable together, at the cost of one:
 *
 *     fileio_group_add(group, "summary_7.json", bytes, length)    its temporary is written
 *     fileio_group_add(group, "summary_8.json", bytes, length)
 *     fileio_group_commit(group)
 *
 * Committing flushes every file, then renames them in the order in which they were added, then
 * flushes the directory; so no name ever stands for bytes that are not durable. When it fails,
 * each name stands for its old file or its new one, each whole; which, nobody knows, so all of
 * them are to be added again, from the input. After success and after failure the group is empty
 * and no temporary is left.
 *
 * Each file that was added holds a descriptor until the commit. Files of a larger group are flushed
 * at the same time, by threads that are gone when the commit returns.
 *
 * Functions return 0, or -1 with errno. A group belongs to one thread at a time.
 */
#ifndef COMMON_FILEIO_GROUP_H
#define COMMON_FILEIO_GROUP_H

#include <stddef.h>

/*
 * How many groups of `each` files may be open at once, at least 1 and `most` at the most, when
 * `elsewhere` descriptors are kept for others: one that never finds enough of them would fail
 * again and again.
 */
size_t fileio_group_affordable(size_t most, size_t elsewhere, size_t each);

struct fileio_group;

/* The descriptor is borrowed. NULL when memory is short. */
struct fileio_group *fileio_group_create(int directory_fd, size_t capacity);

/* Drops what was added and not committed. */
void fileio_group_free(struct fileio_group *group);

/* How many files may still be added. */
size_t fileio_group_room(const struct fileio_group *group);

/* When it fails, the file is not among the group, which is as it was. ENOBUFS: it is full. */
int fileio_group_add(struct fileio_group *group, const char *name, const void *bytes,
                     size_t length);
int fileio_group_commit(struct fileio_group *group);

/* The file on which the last commit failed, until the next is added; NULL: the directory. */
const char *fileio_group_failed(const struct fileio_group *group);

/* Drops what was added, as if it had never been. */
void fileio_group_abandon(struct fileio_group *group);

#endif
