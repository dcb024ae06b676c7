/*
 * schema - the columns of a batch: what they are called, what type metadata
 * states for them, and how their values are distributed.
 *
 * A schema is a table and nothing else; `generate` draws from it. A new
 * distribution is an enumerator here and one function there.
 */
#ifndef PRODUCER_SCHEMA_H
#define PRODUCER_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "common/metadata.h"

#define SCHEMA_COLUMNS_MAX 64

enum schema_distribution {
    SCHEMA_SEQUENCE, /* prefix0, prefix1, prefix2 ... within the batch */
    SCHEMA_UNIFORM,  /* uniform on [0,1), written with `decimals` digits: each one as probable */
    SCHEMA_CLOCK,    /* the batch's start time, then step_seconds later a row; RFC 3339, UTC */
    SCHEMA_DISTRIBUTION_COUNT
};

struct schema_column {
    const char *name;
    const char *type; /* Frictionless's word */
    enum schema_distribution distribution;
    const char *prefix;   /* SCHEMA_SEQUENCE */
    unsigned decimals;    /* SCHEMA_UNIFORM: 1 to 18 */
    int64_t step_seconds; /* SCHEMA_CLOCK */
};

struct schema {
    const struct schema_column *columns;
    size_t column_count; /* 1 to SCHEMA_COLUMNS_MAX */
};

/* label,value,timestamp. Never NULL; nobody frees it. */
const struct schema *schema_default(void);

/* The columns as metadata states them; returns their number. The names are the schema's. */
size_t schema_fields(const struct schema *schema, struct metadata_field fields[SCHEMA_COLUMNS_MAX]);

#endif
