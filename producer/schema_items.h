/*
 * schema_items - how a column is described, behind its name:
 *
 *     normal(20, sd=5) integer missing(2%) outliers(0.1%)
 *
 *     items     item { item }            a distribution, a type, or both; and modifiers
 *     item      word [ "(" argument { "," argument } ")" ]
 *     argument  [ parameter "=" ] value  of choice: word [ "=" weight ]
 *
 * One grammar for the short line and for the member `distribution` of a Table Schema's field.
 */
#ifndef PRODUCER_SCHEMA_ITEMS_H
#define PRODUCER_SCHEMA_ITEMS_H

#include <stdbool.h>

#include "producer/schema_draft.h"

/*
 * Reads the items of the column that was begun, up to the end of the text or a comma between
 * columns, where *at then points. False with the draft's error.
 */
bool schema_items_read(struct schema_draft *draft, const char **at);

/* For a column that states its type alone: what such a column follows. */
bool schema_items_preset(struct schema_draft *draft);

#endif
