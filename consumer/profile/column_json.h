/*
 * column_json - what is said of a column as an element of the list `columns` in summary_KEY.json
 * and totals.json. docs/formats.md describes every member.
 */
#ifndef CONSUMER_COLUMN_JSON_H
#define CONSUMER_COLUMN_JSON_H

#include <stdint.h>

#include "common/text.h"
#include "consumer/profile/column_result.h"

/* Appends the object; see text_failed(). `batches` is how many had the column, NULL in a batch. */
void column_json_write(struct text *text, const struct column_result *column,
                       const uint64_t *batches);

#endif
