/*
 * outputs - what a batch may have in the results directory besides its record: a summary, and a
 * chart of either kind.
 */
#ifndef CONSUMER_OUTPUTS_H
#define CONSUMER_OUTPUTS_H

#include <stdbool.h>

#include "common/contract.h"
#include "common/digest.h"

/* Removes those that are there, durably. 0, or -1 with errno and the first that may be left. */
int outputs_remove(int results_fd, const char *key, char failed[CONTRACT_NAME_SIZE]);

/* The hash of what the summary was made from. False when there is none that says so. */
bool outputs_sha256(int results_fd, const char *key, char sha256[DIGEST_HEX_SIZE]);

#endif
