/*
 * derived - the files that are made of what is durable elsewhere: written whole, one at a time, and
 * where one cannot be written that is told once, and once that it is over.
 *
 *     text_clear(&derived->text);
 *     ... append to derived->text ...
 *     written = derived_write(derived, DERIVED_TOTALS, CONTRACT_TOTALS, FILEIO_DERIVED);
 */
#ifndef CONSUMER_DERIVED_H
#define CONSUMER_DERIVED_H

#include <stdbool.h>

#include "common/condition.h"
#include "common/fileio.h"
#include "common/text.h"

enum derived_file {
    DERIVED_TOTALS,
    DERIVED_INDEX,
    DERIVED_PAGES,
    DERIVED_STREAM_STATE,
    DERIVED_TOTALS_STATE,
    DERIVED_TREND
};

struct derived {
    int results_fd;
    struct condition trouble; /* with any of the files; */
    unsigned failing;         /* a bit for each that could not be written the last time */
    bool in_trouble;          /* the daemon as a whole, which has been told */
    struct text text;         /* of the file being written */
};

/* Of several that fail the first is told, and that it is over when the last has been written. */
bool derived_write(struct derived *derived, enum derived_file file, const char *name,
                   enum fileio_flush flush);

/* Whether a name is there in the results. */
bool derived_is_there(const struct derived *derived, const char *name);

#endif
