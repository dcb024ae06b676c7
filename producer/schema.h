/*
 * schema - the columns of a batch: what they are called, what type metadata states for them, and
 * how their values are distributed.
 *
 * A schema is a table and nothing else; `generate` draws from it. It is this program's own
 * (schema_default), or read from a line or a file (schema_source).
 */
#ifndef PRODUCER_SCHEMA_H
#define PRODUCER_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "common/metadata.h"
#include "producer/column_type.h"
#include "producer/distribution.h"

#define SCHEMA_COLUMNS_MAX 64
/* Bytes of a column's name, of a prefix and of a word to choose. */
#define SCHEMA_NAME_MAX 128
#define SCHEMA_WORD_MAX 256
/* Digits behind the point where nothing else is said. */
#define SCHEMA_DECIMALS 6

struct schema_choice {
    const char *word;
    size_t length;
    double up_to; /* its weight and those before it: the last one's is the sum */
};

struct schema_column {
    const char *name;
    enum column_type type;
    enum distribution_kind distribution;
    double parameters[DISTRIBUTION_PARAMETERS_MAX]; /* in the order of the table's */
    const char *prefix;                             /* NULL or what is put in front of a count */
    const struct schema_choice *choices;            /* DISTRIBUTION_CHOICE */
    size_t choice_count;
    unsigned decimals; /* of a number */
    double missing;    /* the share of cells that are empty, */
    double outliers;   /* and of the others those that lie far out; 0 to 1 */
};

struct schema {
    const struct schema_column *columns;
    size_t column_count; /* 1 to SCHEMA_COLUMNS_MAX */
};

/* The default as a line would say it, for help and documents. */
#define SCHEMA_DEFAULT_LINE "label:sequence(item_),value:uniform decimals(11),timestamp:time"

/* label,value,timestamp. Never NULL; nobody frees it. */
const struct schema *schema_default(void);

/* The columns as metadata states them; returns their number. The names are the schema's. */
size_t schema_fields(const struct schema *schema, struct metadata_field fields[SCHEMA_COLUMNS_MAX]);

/* The most bytes that a row of the schema takes, with its commas, quotes and LF. */
size_t schema_row_bytes(const struct schema *schema);

/* The longest that a row of the schema lasts, in milliseconds: the step of its times, at least 1 s
 * where it has none. */
int64_t schema_row_ms(const struct schema *schema);

#endif
