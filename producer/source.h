/*
 * source - where batches come from, as the rest of the producer sees it: a table of functions and
 * what they work on. There are two: `synthetic` draws rows, `ingest` cuts them out of a stream.
 *
 *     state = source_look(&source, &wish, &wait, error);     is the next batch there?
 *     source_make(&source, &wish, &batch, error);            its bytes, to be staged
 *     source_announce(&source, names, count, error);         these are about to be published
 *     source_release(&source, count);                        and are durable now
 *
 * A batch that was made once and not released is made again with the same bytes, however often: a
 * reader may have seen them.
 */
#ifndef PRODUCER_SOURCE_H
#define PRODUCER_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "producer/publish.h"

/* The batch that is asked for: the one behind `at` others that are not released. */
struct source_wish {
    size_t at;
    uint64_t number;       /* it will have, as things stand */
    int64_t start_seconds; /* since 1970, when it was begun; of source_make() alone */
};

/* What is to come before it is worth looking again, whichever is first. */
struct source_wait {
    int fd;           /* readable; -1: nothing is waited for there */
    int64_t until_ns; /* of the monotonic clock */
};

/* What is about to be published, for who keeps a record of it. */
struct source_name {
    uint64_t number;
    uint64_t rows;
    const char *sha256;
};

enum source_state {
    SOURCE_READY,   /* the batch can be made now */
    SOURCE_WAITING, /* for what `wait` says */
    SOURCE_ENDED,   /* there is no further batch */
    SOURCE_DAMAGED, /* nor is there here, and the cause is one line in `error` */
    SOURCE_FAILED   /* errno, and one line in `error`; trying again may help */
};

struct source_ways {
    enum source_state (*look)(void *context, const struct source_wish *wish,
                              struct source_wait *wait, char error[PUBLISH_ERROR_SIZE]);
    /* 0, or -1 with errno and one line in `error`; EINTR when the program shall end. */
    int (*make)(void *context, const struct source_wish *wish, struct publish_batch *made,
                char error[PUBLISH_ERROR_SIZE]);
    /* Those not released, from the first on, of which data may soon be seen; 0 or -1 as make. NULL:
     * nobody needs to know. */
    int (*announce)(void *context, const struct source_name *names, size_t count,
                    char error[PUBLISH_ERROR_SIZE]);
    void (*release)(void *context, size_t count); /* the first of them; NULL as above */
    /* Gives back memory that can be done without: something failed for the lack of it, maybe. */
    void (*shrink)(void *context);
};

struct source {
    const struct source_ways *ways;
    void *context;
};

static inline enum source_state source_look(const struct source *source,
                                            const struct source_wish *wish,
                                            struct source_wait *wait,
                                            char error[PUBLISH_ERROR_SIZE])
{
    return source->ways->look(source->context, wish, wait, error);
}

static inline int source_make(const struct source *source, const struct source_wish *wish,
                              struct publish_batch *made, char error[PUBLISH_ERROR_SIZE])
{
    return source->ways->make(source->context, wish, made, error);
}

static inline int source_announce(const struct source *source, const struct source_name *names,
                                  size_t count, char error[PUBLISH_ERROR_SIZE])
{
    return source->ways->announce == NULL
               ? 0
               : source->ways->announce(source->context, names, count, error);
}

static inline void source_release(const struct source *source, size_t count)
{
    if (source->ways->release != NULL)
        source->ways->release(source->context, count);
}

static inline void source_shrink(const struct source *source)
{
    if (source->ways->shrink != NULL)
        source->ways->shrink(source->context);
}

#endif
