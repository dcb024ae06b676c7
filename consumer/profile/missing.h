/*
 * missing - which cells hold no value: the empty ones, and words that somebody names ("NA,-,null").
 */
#ifndef CONSUMER_MISSING_H
#define CONSUMER_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct missing {
    const char *words; /* with commas between; NULL: none. To outlive this */
    uint64_t lengths;  /* bit n: one of them has n bytes; the highest: 63 or more */
};

struct missing missing_words(const char *words);

/* True for a cell that is one of the words; the empty cell is for the caller to see. */
bool missing_is_word(const struct missing *missing, const char *bytes, size_t length);

static inline bool missing_is(const struct missing *missing, const char *bytes, size_t length)
{
    return length == 0 || (missing->lengths != 0 && missing_is_word(missing, bytes, length));
}

#endif
