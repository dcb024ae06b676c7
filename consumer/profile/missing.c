#include "consumer/profile/missing.h"

#include <string.h>

static uint64_t length_bit(size_t length)
{
    return UINT64_C(1) << (length < 63 ? length : 63);
}

struct missing missing_words(const char *words)
{
    struct missing missing = {.words = words};
    for (const char *at = words; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        missing.lengths |= length > 0 ? length_bit(length) : 0;
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return missing;
}

bool missing_is_word(const struct missing *missing, const char *bytes, size_t length)
{
    if ((missing->lengths & length_bit(length)) == 0)
        return false;
    for (const char *at = missing->words; *at != '\0';) {
        size_t word = strcspn(at, ",");
        if (word == length && memcmp(at, bytes, length) == 0)
            return true;
        at += word + (at[word] == ',' ? 1 : 0);
    }
    return false;
}
