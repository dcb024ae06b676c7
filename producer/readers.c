#include "producer/readers.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/condition.h"
#include "producer/reader.h"

struct followed {
    const char *path;
    struct reader *reader;
    struct condition absent;
    struct condition unreadable;
    char absent_over[CONDITION_TEXT_SIZE];
    char unreadable_over[CONDITION_TEXT_SIZE];
};

struct readers {
    size_t count;
    struct acknowledgements seen;
    struct followed followed[];
};

static bool prepare(struct followed *followed, const char *path)
{
    (void)snprintf(
        followed->absent_over, sizeof followed->absent_over,
        "the results directory %s has appeared: its consumer is waited for, and what all "
        "have acknowledged is deleted, as configured",
        path);
    (void)snprintf(followed->unreadable_over, sizeof followed->unreadable_over,
                   "the consumer's log in %s can be read again", path);
    followed->path = path;
    followed->absent.over = followed->absent_over;
    followed->unreadable.over = followed->unreadable_over;
    followed->reader = reader_open(path);
    return followed->reader != NULL;
}

struct readers *readers_open(const struct option_list *results)
{
    struct readers *readers =
        calloc(1, sizeof *readers + results->count * sizeof *readers->followed);
    if (readers == NULL)
        return NULL;
    for (; readers->count < results->count; readers->count++)
        if (!prepare(&readers->followed[readers->count], results->items[readers->count])) {
            readers_close(readers);
            return NULL;
        }
    return readers;
}

void readers_close(struct readers *readers)
{
    for (size_t i = 0; readers != NULL && i < readers->count; i++)
        reader_close(readers->followed[i].reader);
    free(readers);
}

/* What is the matter with one of them begins and ends by itself, whatever the others do. */
static void follow(struct followed *followed)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    switch (reader_refresh(followed->reader, error)) {
    case READER_NOT_THERE:
        condition_begin(&followed->absent,
                        "no results directory %s: no batch is deleted, and its consumer not "
                        "waited for",
                        followed->path);
        condition_forget(&followed->unreadable);
        break;
    case READER_TROUBLE:
        condition_begin(&followed->unreadable, "%s: %s", followed->path, error);
        break;
    case READER_FOLLOWED:
        condition_end(&followed->absent);
        condition_end(&followed->unreadable);
        break;
    }
}

const struct acknowledgements *readers_follow(struct readers *readers)
{
    struct acknowledgements *seen = &readers->seen;
    *seen = (struct acknowledgements){.count = 0};
    for (size_t i = 0; i < readers->count; i++) {
        struct followed *followed = &readers->followed[i];
        follow(followed);
        seen->epoch += reader_generation(followed->reader);
        if (reader_logs(followed->reader) == NULL)
            continue;
        seen->logs[seen->count] = reader_logs(followed->reader);
        seen->paths[seen->count++] = followed->path;
    }
    seen->all_seen = seen->count == readers->count;
    return seen;
}

const struct acknowledgements *readers_seen(const struct readers *readers)
{
    return &readers->seen;
}

const char *readers_trouble(const struct readers *readers)
{
    for (size_t i = 0; i < readers->count; i++)
        if (readers->followed[i].unreadable.lasts)
            return readers->followed[i].unreadable.text;
    return NULL;
}
