/*
 * column_pack - a column's state as bytes, to be kept across a restart or handed to somebody else.
 *
 * What comes back is as the column was: the same cells added to both, or the same columns merged
 * into both, leave what says the same of them.
 */
#ifndef CONSUMER_COLUMN_PACK_H
#define CONSUMER_COLUMN_PACK_H

#include "common/text.h"
#include "consumer/profile/column.h"
#include "consumer/profile/pack.h"

/* See text_failed(). */
void column_pack(const struct column *column, struct text *text);

/*
 * The room must be the one that the column was made in. NULL when what was packed is no column's
 * state, which unpack_failed() says, or memory is short.
 */
struct column *column_unpack(struct unpacker *packed, const struct tally_room *room);

#endif
