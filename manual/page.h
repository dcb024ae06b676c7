/*
 * page - the manual page of a daemon, in mdoc(7). Its prose is a file of its own; what a table says
 * is put in the place of the lines
 *
 *     @options@     a list of the options, and of the variables that set them
 *     @exits@       a list of the exit codes
 */
#ifndef MANUAL_PAGE_H
#define MANUAL_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "manual/sheet.h"

/* False: a line of the prose is no line of mdoc, or names a part that there is not. */
bool page_print(const struct sheet *sheet, FILE *prose, FILE *out);

#endif
