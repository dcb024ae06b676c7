/*
 * sheet - what is made of a daemon's table of options beside its --help: the manual page,
 * completions for three shells, and the file of its service's environment. Each daemon has a tool
 * for it, since the two never share a program:
 *
 *     build/manual/producer page manual/data-producer.mdoc  >data-producer.8
 *     build/manual/producer bash|zsh|fish                   >data-producer
 *     build/manual/producer environment CONSUMER_JOBS=2     >shared-data-producer
 *
 * An option is a row of producer/config.c or consumer/config/config.c and is written nowhere else.
 * A form is a row of FORMS in sheet.c. The daemons do not know this directory; tests/e2e/manual.sh
 * holds what comes out against mandoc, the shells and the daemons themselves.
 */
#ifndef MANUAL_SHEET_H
#define MANUAL_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/options.h"

/* An exit code, and when the daemon ends with it. */
struct sheet_exit {
    int code; /* enum contract_exit */
    const char *when;
};

struct sheet {
    const struct option_table *options;
    const struct sheet_exit *exits;
    size_t exit_count;
};

/*
 * The next row of the table, and behind the last --help and --version; NULL behind those.
 *
 *     for (size_t i = 0; (row = sheet_row(sheet, i)) != NULL; i++) ...
 */
const struct option_row *sheet_row(const struct sheet *sheet, size_t index);

/* True when the value of the row is a path, of a file or of a directory. */
bool sheet_takes_file(const struct option_row *row);
bool sheet_takes_directory(const struct option_row *row);

/* All that main() does: the code to exit with, after a line on standard error where it is not 0. */
int sheet_main(const struct sheet *sheet, int argc, char *argv[]);

#endif
