/*
 * schema_source - what --schema names: a schema in one line, or the path of one in a file.
 *
 *     char error[SCHEMA_ERROR_SIZE];
 *     struct schema_draft *draft = schema_source_load("value:normal(20,5)", error);
 *     ... draft->schema ...
 *     schema_draft_free(draft);
 *
 * It is a path when it begins with '/', './' or '../' or ends in '.json', and else a line. No line
 * does either, but one whose first column's name does: that is put in quotes.
 */
#ifndef PRODUCER_SCHEMA_SOURCE_H
#define PRODUCER_SCHEMA_SOURCE_H

#include <stdbool.h>
#include <stdio.h>

#include "producer/schema_draft.h"

/* What stands for neither: the words are printed. */
#define SCHEMA_SOURCE_HELP "help"

bool schema_source_is_path(const char *text);

/* NULL with one line in `error`. */
struct schema_draft *schema_source_load(const char *text, char error[SCHEMA_ERROR_SIZE]);

/*
 * What is wrong with a line, or NULL, also for a path, which is not opened, and for "help". The
 * words stay until the next call.
 */
const char *schema_source_check(const char *text);

/* Every distribution, type and modifier with its parameters, bounds and an example. */
void schema_source_print_help(FILE *out);

#endif
