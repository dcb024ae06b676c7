#include "producer/synthetic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/wait.h"

/* Rows between two looks at whether to end: some milliseconds. */
#define ROWS_AT_ONCE 10000

static enum source_state look(void *context, const struct source_wish *wish,
                              struct source_wait *wait, char error[PUBLISH_ERROR_SIZE])
{
    (void)context;
    (void)wish;
    (void)wait;
    (void)error;
    return SOURCE_READY;
}

static int make(void *context, const struct source_wish *wish, struct publish_batch *made,
                char error[PUBLISH_ERROR_SIZE])
{
    struct synthetic *synthetic = context;
    struct generator generator;
    struct generate_request request = synthetic->request;
    request.batch = wish->number;
    request.start_seconds = wish->start_seconds;
    text_clear(&synthetic->csv);
    generate_begin(&generator, &request);
    while (generate_rows(&generator, &synthetic->csv, ROWS_AT_ONCE))
        if (wait_stopping() || text_failed(&synthetic->csv))
            break;
    *made = (struct publish_batch){.csv = &synthetic->csv, .rows = generator.rows};
    if (!text_failed(&synthetic->csv) && generator.done == generator.rows)
        return 0;
    errno = text_failed(&synthetic->csv) ? ENOMEM : EINTR;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot prepare a batch: %s", strerror(errno));
    return -1;
}

static void shrink(void *context)
{
    struct synthetic *synthetic = context;
    text_free(&synthetic->csv);
}

struct source synthetic_open(struct synthetic *synthetic, const struct generate_request *request)
{
    static const struct source_ways WAYS = {.look = look, .make = make, .shrink = shrink};
    *synthetic = (struct synthetic){.request = *request};
    return (struct source){.ways = &WAYS, .context = synthetic};
}

void synthetic_close(struct synthetic *synthetic)
{
    text_free(&synthetic->csv);
}
