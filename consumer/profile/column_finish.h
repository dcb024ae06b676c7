/*
 * column_finish - what a column's state comes to.
 *
 * Of a column whose values are all there, everything is worked out from them; of one that has
 * become sketches, what these say, with their errors beside it.
 */
#ifndef CONSUMER_COLUMN_FINISH_H
#define CONSUMER_COLUMN_FINISH_H

#include <stdbool.h>

#include "consumer/profile/column.h"
#include "consumer/profile/column_result.h"

/*
 * The column stays as it is. False when memory is short or SIGTERM has come; the result is to be
 * freed all the same.
 */
bool column_finish(const struct column *column, struct column_result *result);

#endif
