/*
 * condition - something that lasts, said when it begins and when it is over,
 * and not at each poll in between.
 *
 *     struct condition disk_full = {.over = "there is space again"};
 *     condition_begin(&disk_full, "waiting for space: %s", path);   one line
 *     condition_begin(&disk_full, "waiting for space: %s", path);   nothing
 *     condition_end(&disk_full);                                    one line
 */
#ifndef COMMON_CONDITION_H
#define COMMON_CONDITION_H

#include <stdbool.h>

#define CONDITION_TEXT_SIZE 512

struct condition {
    const char *over; /* logged, as info, when it ends */
    char text[CONDITION_TEXT_SIZE];
    bool lasts;
};

/* Logs a warning, unless the condition lasts already and its text is still the same. */
void condition_begin(struct condition *condition, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Does nothing when it does not last. */
void condition_end(struct condition *condition);

/* The same without a word, where another line says what came of it. */
void condition_forget(struct condition *condition);

#endif
