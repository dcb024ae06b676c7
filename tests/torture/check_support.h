/*
 * check_support - what the checks of both daemons' volumes share.
 */
#ifndef TORTURE_CHECK_SUPPORT_H
#define TORTURE_CHECK_SUPPORT_H

#include <stdbool.h>

#include "tests/torture/check.h"

/* Says why, and returns false. */
bool check_because(char why[CHECK_WHY_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool check_begins(const char *text, const char *with);
bool check_ends(const char *text, const char *with);
bool check_is_temporary(const char *name);
bool check_is_json(const struct volume_file *file);

#endif
