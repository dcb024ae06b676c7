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

static int make_rows(struct synthetic *synthetic, const struct generate_request *request)
{
    struct generator generator;
    text_clear(&synthetic->csv);
    generate_begin(&generator, request);
    while (generate_rows(&generator, &synthetic->csv, ROWS_AT_ONCE))
        if (wait_stopping() || text_failed(&synthetic->csv))
            break;
    synthetic->rows = generator.rows;
    if (text_failed(&synthetic->csv) || generator.done == generator.rows)
        return 0;
    errno = EINTR;
    return -1;
}

/* Where a fault stands for the rows, they may be those of another batch. */
static int make_rows_of(struct synthetic *synthetic, const struct source_wish *wish)
{
    struct generate_request request = synthetic->request;
    request.batch = chaos_begin(synthetic->chaos, wish->number, &synthetic->csv, &synthetic->rows);
    if (request.batch == 0)
        return 0;
    request.start_seconds = generate_start(&synthetic->request, request.batch, wish->start_seconds);
    return make_rows(synthetic, &request);
}

static int make_batch(struct synthetic *synthetic, const struct source_wish *wish,
                      struct publish_batch *made)
{
    const struct generate_request *request = &synthetic->request;
    if (make_rows_of(synthetic, wish) != 0)
        return -1;
    bool has_data = chaos_damage(synthetic->chaos, &synthetic->csv, &synthetic->rows,
                                 request->schema->column_count);
    *made = (struct publish_batch){.csv = &synthetic->csv,
                                   .rows = synthetic->rows,
                                   .created_seconds =
                                       generate_start(request, wish->number, wish->start_seconds),
                                   .without_data = !has_data};
    errno = ENOMEM;
    return text_failed(&synthetic->csv) ? -1 : 0;
}

static int make(void *context, const struct source_wish *wish, struct publish_batch *made,
                char error[PUBLISH_ERROR_SIZE])
{
    if (make_batch(context, wish, made) == 0)
        return 0;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot prepare a batch: %s", strerror(errno));
    return -1;
}

static void shrink(void *context)
{
    struct synthetic *synthetic = context;
    text_free(&synthetic->csv);
}

struct source synthetic_open(struct synthetic *synthetic, const struct generate_request *request,
                             struct chaos *chaos)
{
    static const struct source_ways WAYS = {.look = look, .make = make, .shrink = shrink};
    *synthetic = (struct synthetic){.request = *request, .chaos = chaos};
    return (struct source){.ways = &WAYS, .context = synthetic};
}

void synthetic_close(struct synthetic *synthetic)
{
    text_free(&synthetic->csv);
}
