/*
 * limits - how much of somebody else's data a daemon takes on, so that no file can make its
 * memory grow. In the consumer each is an option; what is beyond one is rejected with its
 * reason, and without having been read further than that.
 */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* All bounds are included. */
struct limits {
    uint64_t batch_bytes;    /* of a data file; a larger one is not opened for reading at all */
    uint64_t field_bytes;    /* of a cell, without its quotes */
    uint64_t row_bytes;      /* of a row's cells, and the commas between them */
    uint64_t columns;        /* of any row */
    uint64_t metadata_bytes; /* of a metadata file */
    uint64_t json_depth;     /* of the objects and lists in it, the outermost being 1 */
    bool fixed;              /* no option sets them, and messages name none */
};

#define LIMITS_MIB (UINT64_C(1) << 20)
#define LIMITS_GIB (UINT64_C(1) << 30)
#define LIMITS_TIB (UINT64_C(1) << 40)

/* Of a metadata file: a consumer rejects unread what is larger, so a producer publishes no such. */
#define LIMITS_METADATA_BYTES LIMITS_MIB

/* What the options say where nobody sets them. */
#define LIMITS_DEFAULT                                        \
    ((struct limits){.batch_bytes = LIMITS_TIB,               \
                     .field_bytes = LIMITS_MIB,               \
                     .row_bytes = 16 * LIMITS_MIB,            \
                     .columns = 16384,                        \
                     .metadata_bytes = LIMITS_METADATA_BYTES, \
                     .json_depth = 32})

#endif
