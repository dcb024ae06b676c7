#include "producer/group.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/fileio_group.h"
#include "common/number.h"

/* A commit cannot be broken off, and SIGTERM is to be answered within a second. */
#define COMMIT_LONG_NS INT64_C(400000000)
/* Descriptors that the program needs besides those of a group. */
#define DESCRIPTORS_ELSEWHERE 32
#define DATA_AND_METADATA 2

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

void group_open(struct group *group, struct publisher *publisher, const struct source *source,
                bool together)
{
    *group = (struct group){.publisher = publisher, .source = source};
    group->ceiling = together ? fileio_group_affordable(PUBLISH_TOGETHER_MAX, DESCRIPTORS_ELSEWHERE,
                                                        DATA_AND_METADATA)
                              : 1;
    group->limit = 1;
}

void group_close(struct group *group)
{
    if (group->publisher != NULL && group->staged > 0)
        publish_abandon(group->publisher);
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
        *batch = (struct group_batch){.number = group->publisher->next + group->staged,
                                      .start_seconds = clock_wall_ns() / NUMBER_NS_PER_SECOND};
        group->known++;
    }
    batch->begun_ns = clock_now_ns();
    return batch;
}

enum source_state group_look(const struct group *group, struct source_wait *wait,
                             char error[PUBLISH_ERROR_SIZE])
{
    const struct source_wish wish = {.at = group->staged,
                                     .number = group->publisher->next + group->staged};
    return source_look(group->source, &wish, wait, error);
}

static int stage(struct group *group, struct group_batch *batch, char error[PUBLISH_ERROR_SIZE])
{
    struct publish_batch made;
    const struct source_wish wish = {
        .at = group->staged, .number = batch->number, .start_seconds = batch->start_seconds};
    if (source_make(group->source, &wish, &made, error) != 0)
        return -1;
    batch->rows = made.rows;
    batch->bytes = group->bytes_made = made.csv->length;
    if (publish_stage(group->publisher, &made, error) != 0)
        return -1;
    memcpy(batch->sha256, group->publisher->sha256, sizeof batch->sha256);
    return 0;
}

/* The attempt was at so many batches; the next is at one. */
static void fall_back(struct group *group, size_t attempted)
{
    int saved_errno = errno;
    publish_abandon(group->publisher);
    chaos_abandon(group->chaos);
    source_shrink(group->source);
    group->failed_alone = attempted <= 1;
    group->staged = 0;
    group->bytes = 0;
    group->limit = 1;
    errno = saved_errno;
}

int group_add(struct group *group, char error[PUBLISH_ERROR_SIZE])
{
    struct group_batch *batch = next_batch(group);
    if (stage(group, batch, error) != 0) {
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
    source_release(group->source, count);
    group->staged = 0;
    group->bytes = 0;
    return count;
}

/* Also those behind the staged ones that were staged before: an attempt that failed may have left
 * their data under its names. */
static int announce(const struct group *group, char error[PUBLISH_ERROR_SIZE])
{
    struct source_name names[PUBLISH_TOGETHER_MAX];
    size_t count = 0;
    for (; count < group->known && group->batches[count].sha256[0] != '\0'; count++)
        names[count] = (struct source_name){
            group->batches[count].number, group->batches[count].rows, group->batches[count].sha256};
    return source_announce(group->source, names, count, error);
}

size_t group_commit(struct group *group, struct group_batch done[PUBLISH_TOGETHER_MAX],
                    char error[PUBLISH_ERROR_SIZE])
{
    int64_t begun_ns = clock_now_ns();
    if (announce(group, error) != 0 || chaos_write_down(group->chaos, error) != 0 ||
        publish_commit(group->publisher, error) != 0) {
        fall_back(group, group->staged);
        return 0;
    }
    chaos_published(group->chaos, clock_now_ns());
    adapt(group, clock_now_ns() - begun_ns);
    return take_done(group, done);
}
