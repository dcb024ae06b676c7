/*
 * totals_json - all batches together as totals.json ("shared-data-totals/1"): as a summary is of
 * one batch, with the same order of members and the same digits.
 */
#ifndef CONSUMER_TOTALS_JSON_H
#define CONSUMER_TOTALS_JSON_H

#include "common/text.h"
#include "consumer/profile/totals_result.h"

/* Appends the document and its last newline; see text_failed(). */
void totals_json_write(struct text *text, const struct totals_result *totals);

#endif
