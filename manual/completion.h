/*
 * completion - what a shell offers behind a daemon's name: its options; the words of a choice;
 * files or directories where a value is one; nothing where it is anything else.
 */
#ifndef MANUAL_COMPLETION_H
#define MANUAL_COMPLETION_H

#include <stdio.h>

#include "manual/sheet.h"

/* A function for bash alone: it needs nothing of the package bash-completion but to be found by it.
 */
void completion_print_bash(const struct sheet *sheet, FILE *out);

/* For a directory of $fpath. */
void completion_print_zsh(const struct sheet *sheet, FILE *out);

/* For a directory of $fish_complete_path. */
void completion_print_fish(const struct sheet *sheet, FILE *out);

#endif
