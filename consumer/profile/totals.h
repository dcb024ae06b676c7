/*
 * totals - all processed batches together, as if they were one file: states of columns, merged
 * batch by batch, kept across restarts, and never read again from the data.
 *
 *     struct totals *totals = totals_create();
 *     totals_add(totals, states, bytes);           for each batch, once its record is durable
 *     struct totals_result result;
 *     totals_take(totals, &result);                as often as somebody wants to know
 *     totals_result_free(&result);
 *     totals_free(totals);
 *
 * Columns of batches are one when their names are; of several of a name, the first of each batch,
 * the second, and so on. They stand in the order in which they were first met. What does not find
 * room is counted: columns beyond TOTALS_COLUMNS_MAX, and those with names of more than
 * TOTALS_NAME_MAX bytes.
 *
 * A column keeps up to TOTALS_VALUES different values; of more, sketches (see column), whose errors
 * are the same however many batches are merged into them. So a column takes 350 KiB at most, and
 * some 200 KiB packed.
 *
 * After a call that returned false a state is to be freed and taken anew from what was last packed:
 * some of its columns may have taken in a batch that others have not.
 */
#ifndef CONSUMER_TOTALS_H
#define CONSUMER_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/profile/batch_states.h"
#include "consumer/profile/totals_result.h"

#define TOTALS_COLUMNS_MAX 256u
#define TOTALS_NAME_MAX 1024u
#define TOTALS_VALUES 4096u

struct totals;

/* NULL when memory is short. */
struct totals *totals_create(void);
void totals_free(struct totals *totals);

/* Takes in a batch whose data file has so many bytes. False when memory is short. */
bool totals_add(struct totals *totals, const struct batch_states *states, uint64_t bytes);

/* Counts processed batches whose data was gone when it was wanted. */
void totals_leave_out(struct totals *totals, uint64_t batches);

/* Afterwards `into` is of the batches of both, its own first. False when memory is short. */
bool totals_merge(struct totals *into, const struct totals *from);

/*
 * What it comes to; the state stays as it is. False when memory is short or SIGTERM has come: then
 * there is nothing to be freed.
 */
bool totals_take(const struct totals *totals, struct totals_result *result);

/* What the state takes in memory. */
size_t totals_bytes(const struct totals *totals);

/* ---- kept ---- */

/* Makes an empty text a file that says itself whether it is whole; see text_failed(). */
void totals_pack(const struct totals *totals, struct text *file);

/* NULL when these bytes are no whole state of this version, or memory is short. */
struct totals *totals_unpack(const char *bytes, size_t length);

#endif
