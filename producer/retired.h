/*
 * retired - below which number batches may have been deleted: what the directory itself does not
 * show any more, kept in a small file of the producer's own.
 *
 *     retired_read(directory_fd, &below)            at the start, and by who finds a batch missing
 *     retired_raise(directory_fd, below)            before a batch of a lower number is deleted
 *
 * All numbers below it have been used: so none of them comes again, although neither a file nor a
 * log that can be seen has them. A number from it on that has no file was never published.
 */
#ifndef PRODUCER_RETIRED_H
#define PRODUCER_RETIRED_H

#include <stdint.h>

/* *below is 1 where nothing was ever deleted. 0, or -1 with errno; EBADMSG when the file is not as
 * it was written. */
int retired_read(int directory_fd, uint64_t *below);

/* Durably, unless it stands there already, or more. 0, or -1 with errno. */
int retired_raise(int directory_fd, uint64_t below);

#endif
