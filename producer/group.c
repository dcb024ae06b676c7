#include "producer/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/fileio_group.h"
#include "common/number.h"
#include "common/wait.h"

/* Rows between two looks at whether to end: some milliseconds. */
#define ROWS_AT_ONCE 10000
/* A commit cannot be broken off, and SIGTERM is to be answered within a second. */
#define COMMIT_LONG_NS INT64_C(400000000)
/* Descriptors that the program needs besides those of a group. */
#define DESCRIPTORS_ELSEWHERE 32
#define DATA_AND_METADATA 2

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

void group_open(struct group *group, struct publisher *publisher,
                const struct generate_request *request, bool together)
{
    *group = (struct group){.publisher = publisher, .request = *request};
    group->ceiling = together ? fileio_group_affordable(PUBLISH_TOGETHER_MAX, DESCRIPTORS_ELSEWHERE,
                                                        DATA_AND_METADATA)
                              : 1;
    group->limit = 1;
}

void group_close(struct group *group)
{
    if (group->publisher != NULL && group->staged > 0)
        publish_abandon(group->publisher);
    text_free(&group->csv);
    *group = (struct group){0};
}

bool group_is_full(const struct group *group)
{
    return group->staged >= group->limit || group->bytes >= GROUP_BYTES_MAX ||
           (group->staged > 0 &&
            chaos_parts(group->chaos, group->batches[group->staged - 1].number));
}

bool group_failed_alone(const struct group *group)
{
    return group->failed_alone;
}

bool group_is_bound(const struct group *group)
{
    return group->known > 0;
}

/* --- one batch ------------------------------------------------------------------------------- */

/* Its number and time are drawn once, however often it is made. */
static struct group_batch *next_batch(struct group *group)
{
    struct group_batch *batch = &group->batches[group->staged];
    if (group->known == 0)
        group->publisher->next = chaos_pass_gaps(group->chaos, group->publisher->next);
    if (group->staged == group->known) {
        batch->number = group->publisher->next + group->staged;
        batch->start_seconds =
            generate_start(&group->request, batch->number, clock_wall_ns() / NUMBER_NS_PER_SECOND);
        group->known++;
    }
    batch->begun_ns = clock_now_ns();
    return batch;
}

static int make_rows(struct group *group, struct group_batch *batch)
{
    struct generator generator;
    struct generate_request request = group->request;
    request.batch = batch->number;
    request.start_seconds = batch->start_seconds;
    text_clear(&group->csv);
    generate_begin(&generator, &request);
    while (generate_rows(&generator, &group->csv, ROWS_AT_ONCE))
        if (wait_stopping() || text_failed(&group->csv))
            break;
    batch->rows = generator.rows;
    batch->bytes = group->csv.length;
    if (!text_failed(&group->csv) && generator.done == generator.rows)
        return 0;
    errno = text_failed(&group->csv) ? ENOMEM : EINTR;
    return -1;
}

static int make(struct group *group, struct group_batch *batch)
{
    if (!chaos_begin(group->chaos, batch->number, &group->csv, &batch->rows) &&
        make_rows(group, batch) != 0)
        return -1;
    batch->without_data =
        !chaos_damage(group->chaos, &group->csv, &batch->rows, group->publisher->field_count);
    batch->bytes = group->csv.length;
    errno = ENOMEM;
    return text_failed(&group->csv) ? -1 : 0;
}

static int stage(struct group *group, const struct group_batch *batch,
                 char error[PUBLISH_ERROR_SIZE])
{
    const struct publish_batch made = {.csv = &group->csv,
                                       .rows = batch->rows,
                                       .created_seconds = batch->start_seconds,
                                       .without_data = batch->without_data};
    return publish_stage(group->publisher, &made, error);
}

/* The attempt was at so many batches; the next is at one. */
static void fall_back(struct group *group, size_t attempted)
{
    int saved_errno = errno;
    publish_abandon(group->publisher);
    chaos_abandon(group->chaos);
    text_free(&group->csv); /* gives back what may have been in the way */
    group->failed_alone = attempted <= 1;
    group->staged = 0;
    group->bytes = 0;
    group->limit = 1;
    errno = saved_errno;
}

int group_add(struct group *group, char error[PUBLISH_ERROR_SIZE])
{
    struct group_batch *batch = next_batch(group);
    int result = make(group, batch);
    if (result != 0)
        (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot prepare a batch: %s", strerror(errno));
    else
        result = stage(group, batch, error);
    if (result != 0) {
        fall_back(group, group->staged + 1);
        return -1;
    }
    group->staged++;
    group->bytes += batch->bytes;
    return 0;
}

/* --- all of them ----------------------------------------------------------------------------- */

static void adapt(struct group *group, int64_t took_ns)
{
    if (took_ns > COMMIT_LONG_NS)
        group->limit = group->limit > 1 ? group->limit / 2 : 1;
    else if (took_ns < COMMIT_LONG_NS / 3)
        group->limit = smaller(group->limit * 2, group->ceiling);
}

/* Those behind the ones that are done were begun in an attempt that failed. */
static size_t take_done(struct group *group, struct group_batch done[PUBLISH_TOGETHER_MAX])
{
    size_t count = group->staged;
    memcpy(done, group->batches, count * sizeof *done);
    group->known -= count;
    memmove(group->batches, group->batches + count, group->known * sizeof *group->batches);
    group->staged = 0;
    group->bytes = 0;
    return count;
}

size_t group_commit(struct group *group, struct group_batch done[PUBLISH_TOGETHER_MAX],
                    char error[PUBLISH_ERROR_SIZE])
{
    int64_t begun_ns = clock_now_ns();
    if (chaos_write_down(group->chaos, error) != 0 ||
        publish_commit(group->publisher, error) != 0) {
        fall_back(group, group->staged);
        return 0;
    }
    chaos_published(group->chaos, clock_now_ns());
    adapt(group, clock_now_ns() - begun_ns);
    return take_done(group, done);
}
