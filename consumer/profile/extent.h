/*
 * extent - first and last of a column's values in the order of their texts, or of the moments that
 * these are, and how long the texts are; one look at each, nothing else kept.
 *
 * Of a text no more than EXTENT_TEXT_BYTES are kept and compared: of two that begin with as many
 * equal bytes, the one that came first stands.
 */
#ifndef CONSUMER_EXTENT_H
#define CONSUMER_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_rows.h"
#include "common/value.h"
#include "consumer/profile/pack.h"

/* One more than is shown, so that who shows it sees that it goes on. */
#define EXTENT_TEXT_BYTES 4097u

struct extent_text {
    char *bytes; /* NULL: there is none */
    size_t length;
    uint64_t word; /* its first eight bytes, as a number in their order */
};

struct extent_moment {
    struct value value;
    struct extent_text text; /* as it is written */
};

/* All zero is the state before the first value. */
struct extent {
    struct extent_text first, last;

    uint64_t count;                                /* of what the lengths are of */
    uint64_t min_length, max_length, total_length; /* in characters */

    struct extent_moment earliest, latest;
};

void extent_free(struct extent *extent);

/* Takes in texts, known to be `ascii` or not. False when memory is short, and so below. */
bool extent_add(struct extent *extent, const struct csv_cell *texts, size_t count, bool ascii);

/* Takes in a text that came `times` times. */
bool extent_add_times(struct extent *extent, const struct csv_cell *text, uint64_t times);

/* Takes in the moments that texts are: dates, times, or datetimes. */
bool extent_add_moments(struct extent *extent, const struct value *values,
                        const struct csv_cell *texts, size_t count);

/* Afterwards `into` is of what both took in. */
bool extent_merge(struct extent *into, const struct extent *from);

/* Negative, 0 or positive, as memcmp(3) has it; of a text and its beginning that comes first. */
int extent_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length);

/* By moment; 0 for the same moment, however it is written. */
int extent_compare_moments(const struct value *a, const struct value *b);

/* What its texts take in memory. */
size_t extent_bytes(const struct extent *extent);

/*
 * What was packed comes back as it was. False when the bytes are none, which unpack_failed() says,
 * or memory is short; the extent is to be freed in either case.
 */
void extent_pack(const struct extent *extent, struct text *text);
bool extent_unpack(struct unpacker *packed, struct extent *extent);

#endif
