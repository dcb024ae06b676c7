#include "common/reason.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *word;
    const char *meaning;
} REASONS[] = {
#define REASON_ROW(name, word, meaning) [name] = {word, meaning},
    REASON_TABLE(REASON_ROW)
#undef REASON_ROW
};

const char *reason_word(enum reason reason)
{
    return REASONS[reason].word;
}

const char *reason_meaning(enum reason reason)
{
    return REASONS[reason].meaning;
}

void rejection_set(struct rejection *rejection, enum reason reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rejection->reason = reason;
    (void)vsnprintf(rejection->detail, sizeof rejection->detail, format, arguments);
    va_end(arguments);
}
