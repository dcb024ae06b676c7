/*
 * trouble - which errors pass by themselves or by somebody's hand, while the
 * producer waits, and which need a new start; and an error in words.
 *
 *     if (!trouble_passes(errno, directory_fd))
 *         end
 */
#ifndef PRODUCER_TROUBLE_H
#define PRODUCER_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True when trying again may help: space, descriptors or memory are short, a device
 * or a server is away, something is in the way of a name. Not when the directory
 * itself is gone, nor when it is one that its file server no longer knows: there
 * may be another under its path, with other batches.
 */
bool trouble_passes(int error_number, int directory_fd);

/* "cannot OPERATION NAME: CAUSE", the cause by errno, which stays. Always -1, for the caller to
 * return. */
int trouble_tell(char *error, size_t size, const char *operation, const char *name);

#endif
