/*
 * schema_file - a schema as a Frictionless Table Schema describes it: an object with `fields`, each
 * with `name` and `type`, and beside them members of our own that say how values are spread.
 *
 *     {"fields": [
 *       {"name": "label", "type": "string", "distribution": "choice(a=2,b)"},
 *       {"name": "value", "type": "number", "distribution": "normal(20,5)", "missing": 0.02},
 *       {"name": "at",    "type": "datetime"}]}
 *
 * `distribution` is what a short line says behind a column's name (schema_items). `missing`,
 * `outliers` and `decimals` are numbers. Members of other names are let be: titles, formats and
 * constraints are somebody else's business.
 */
#ifndef PRODUCER_SCHEMA_FILE_H
#define PRODUCER_SCHEMA_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/schema_draft.h"

#define SCHEMA_FILE_BYTES_MAX ((size_t)1024 * 1024)

/* From the bytes of a file; false with the draft's error. */
bool schema_file_parse(struct schema_draft *draft, const char *bytes, size_t length);

/* From a plain file. */
bool schema_file_read(struct schema_draft *draft, const char *path);

#endif
