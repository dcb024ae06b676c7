/*
 * check_batches - what check.h says of the producer: batches in the shared directory.
 */
#ifndef TORTURE_CHECK_BATCHES_H
#define TORTURE_CHECK_BATCHES_H

#include <stdbool.h>

#include "tests/torture/check.h"

bool check_batches(const struct stand *stand, const struct volume *before, const struct volume *now,
                   enum check_when when, char why[CHECK_WHY_SIZE]);

#endif
