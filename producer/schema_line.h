/*
 * schema_line - a schema in one line:
 *
 *     label:choice(a,b,c), value:normal(20,5) missing(2%), at:time(1s)
 *
 *     line    column { "," column }
 *     column  name ":" items           see schema_items; a name with one of :,()=" in quotes
 */
#ifndef PRODUCER_SCHEMA_LINE_H
#define PRODUCER_SCHEMA_LINE_H

#include <stdbool.h>

#include "producer/schema_draft.h"

/* False with the draft's error. */
bool schema_line_read(struct schema_draft *draft, const char *line);

#endif
