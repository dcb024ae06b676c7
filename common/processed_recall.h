/*
 * processed_recall - reads again in the log what its index leaves out: the hash of what was
 * processed under a key. Reads all of the log, and parses only the lines of that key.
 */
#ifndef COMMON_PROCESSED_RECALL_H
#define COMMON_PROCESSED_RECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"

/*
 * `bytes`: how much of the log in `fd` is whole lines. False when it has no record that the key
 * was processed, cannot be read, memory is short, or the program shall end.
 */
bool processed_recall(int fd, uint64_t bytes, const char *key, char sha256[DIGEST_HEX_SIZE]);

#endif
