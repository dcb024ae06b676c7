#include "consumer/batch/commits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/fileio_group.h"
#include "common/number.h"

/* A summary and a chart. */
#define OUTPUTS_MAX 2
/* Groups that may be open: one is under way while the next is filled. */
#define GROUPS 2
/* Descriptors besides the outputs: directories, log, lock, standard streams, the batch being read,
 * and gnuplot's pipes. */
#define OTHER_FILES 56
/* A decision waits no longer for others to share its flush. */
#define WAIT_MAX_NS (100 * NUMBER_NS_PER_MS)

struct commits {
    struct processed_log *log;
    struct pool *pool;
    struct fileio_group *outputs;
    struct decision *places;
    size_t place_count, next_place;
    bool may_wait;          /* some decisions do, for a chart */
    bool is_under_way;      /* a group */
    bool has_pending;       /* some decision has */
    struct decision **line; /* all that are in flight, in the order in which they were begun */
    size_t line_count;
    size_t ready_count; /* the first so many of the line have none before them that waits */
    size_t begun;       /* of them, the first so many, belong to what is under way */
    size_t limit;       /* of those that a flush would take besides, before it is due */
    size_t limit_max;
    size_t noted_bytes;
    int64_t waiting_since_ns; /* when something is ready */
};

struct commits *commits_create(int results_fd, struct processed_log *log, size_t waiting)
{
    struct commits *commits = calloc(1, sizeof *commits);
    if (commits == NULL)
        return NULL;
    commits->log = log;
    commits->may_wait = waiting > 0;
    commits->limit = commits->limit_max = fileio_group_affordable(
        COMMITS_AT_ONCE, OTHER_FILES, GROUPS * (waiting > 0 ? OUTPUTS_MAX : 1));
    commits->place_count = 2 * COMMITS_AT_ONCE + waiting;
    commits->places = calloc(commits->place_count, sizeof *commits->places);
    commits->line = calloc(commits->place_count, sizeof(struct decision *));
    commits->pool = pool_create(FILEIO_GROUP_THREADS);
    commits->outputs =
        fileio_group_create(results_fd, commits->place_count * OUTPUTS_MAX, commits->pool);
    if (commits->places != NULL && commits->line != NULL && commits->pool != NULL &&
        commits->outputs != NULL)
        return commits;
    commits_free(commits);
    return NULL;
}

void commits_free(struct commits *commits)
{
    if (commits == NULL)
        return;
    for (size_t i = 0; commits->places != NULL && i < commits->place_count; i++)
        notice_free(commits->places[i].notice);
    fileio_group_free(commits->outputs);
    pool_free(commits->pool);
    free(commits->line);
    free(commits->places);
    free(commits);
}

struct decision *commits_begin(struct commits *commits, struct sighting *sighting)
{
    while (commits->places[commits->next_place].taken)
        commits->next_place = (commits->next_place + 1) % commits->place_count;
    struct decision *decision = &commits->places[commits->next_place];
    notice_free(decision->notice);
    *decision = (struct decision){.sighting = sighting, .taken = true};
    sighting->in_flight = true;
    sighting->changed_in_flight = false;
    commits->line[commits->line_count++] = decision;
    return decision;
}

bool commits_has_room(const struct commits *commits)
{
    return !commits->may_wait || commits->line_count - commits->begun < COMMITS_AT_ONCE;
}

void commits_note(struct commits *commits, struct decision *decision, struct notice *notice,
                  size_t bytes)
{
    decision->notice = notice;
    decision->noted_bytes = bytes;
    commits->noted_bytes += bytes;
}

size_t commits_noted_bytes(const struct commits *commits)
{
    return commits->noted_bytes;
}

bool commits_output(struct commits *commits, struct decision *decision, const char *name,
                    const void *bytes, size_t length)
{
    if (fileio_group_add(commits->outputs, name, bytes, length) != 0)
        return false;
    decision->has_pending = commits->has_pending = true;
    return true;
}

/* Those at the head of the line that are decided wait for nobody any more. */
static void move_up(struct commits *commits)
{
    size_t before = commits->ready_count;
    while (commits->ready_count < commits->line_count &&
           commits->line[commits->ready_count]->decided)
        commits->ready_count++;
    if (before == 0 && commits->ready_count > 0)
        commits->waiting_since_ns = clock_now_ns();
}

bool commits_ready(struct commits *commits, struct decision *decision)
{
    if (decision->spoiled) {
        commits_drop(commits, decision);
        return false;
    }
    decision->decided = true;
    move_up(commits);
    return true;
}

static void release(struct commits *commits, struct decision *decision)
{
    decision->sighting->in_flight = false;
    decision->taken = false;
    commits->noted_bytes -= decision->noted_bytes;
}

static void leave_line(struct commits *commits, struct decision *decision)
{
    size_t place = commits->ready_count;
    while (commits->line[place] != decision)
        place++;
    release(commits, decision);
    memmove(commits->line + place, commits->line + place + 1,
            (--commits->line_count - place) * sizeof *commits->line);
}

void commits_drop(struct commits *commits, struct decision *decision)
{
    decision->dropped = decision->decided = decision->has_pending || decision->is_under_way;
    if (!decision->dropped)
        leave_line(commits, decision);
    move_up(commits);
}

/* Decided, behind one that is not, with outputs that take descriptors until a flush. */
static size_t held(const struct commits *commits)
{
    size_t count = 0;
    for (size_t i = commits->ready_count; i < commits->line_count; i++)
        count += commits->line[i]->decided && commits->line[i]->has_pending ? 1 : 0;
    return count;
}

bool commits_is_full(const struct commits *commits, int64_t now_ns)
{
    return commits->ready_count - commits->begun + held(commits) >= commits->limit ||
           (commits->ready_count > 0 && now_ns >= commits_deadline(commits));
}

int64_t commits_deadline(const struct commits *commits)
{
    return commits->ready_count > 0 ? commits->waiting_since_ns + WAIT_MAX_NS : INT64_MAX;
}

bool commits_is_empty(const struct commits *commits)
{
    return commits->ready_count == 0 && !commits->has_pending && !commits->is_under_way;
}

size_t commits_in_flight(const struct commits *commits)
{
    return commits->line_count;
}

static int stage(struct commits *commits, struct decision *decision)
{
    clock_format_now(decision->at);
    struct processed_record record = {
        .key = decision->sighting->key,
        .file = decision->sighting->data_name,
        .outcome = decision->outcome,
        .rejection = decision->outcome == OUTCOME_PROCESSED ? NULL : &decision->rejection,
        .verified = decision->verified,
        .rows = decision->rows,
        .bytes = decision->bytes,
        .sha256 = decision->sha256,
        .plot = decision->plot,
        .at = decision->at};
    return processed_log_stage(commits->log, &record);
}

static int record(struct commits *commits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!commits->line[i]->dropped && stage(commits, commits->line[i]) != 0)
            return -1;
    return processed_log_commit(commits->log);
}

/* ---- flushing ---- */

/* What there is to be made durable is under way from now on. */
static void set_out(struct commits *commits)
{
    commits->is_under_way = true;
    commits->begun = commits->ready_count;
    for (size_t i = 0; i < commits->line_count; i++) {
        commits->line[i]->is_under_way = commits->line[i]->has_pending;
        commits->line[i]->has_pending = false;
    }
    commits->has_pending = false;
}

/* The outputs that were under way are durable. */
static void arrive(struct commits *commits)
{
    commits->is_under_way = false;
    for (size_t i = 0; i < commits->line_count; i++)
        commits->line[i]->is_under_way = false;
}

/* Those that belonged to what was under way are recorded. */
static void end_recorded(struct commits *commits, commits_done *done, void *context)
{
    size_t count = commits->begun;
    for (size_t i = 0; i < count; i++) {
        release(commits, commits->line[i]);
        if (!commits->line[i]->dropped)
            done(context, commits->line[i]);
    }
    commits->begun = 0;
    commits->ready_count -= count;
    commits->line_count -= count;
    memmove(commits->line, commits->line + count, commits->line_count * sizeof *commits->line);
}

/*
 * Those that are decided are to be taken again, in their order, whatever they waited for; of the
 * others the outputs are lost that no flush has made durable.
 */
static void end_failed(struct commits *commits)
{
    size_t left = 0;
    fileio_group_abandon(commits->outputs);
    for (size_t i = 0; i < commits->line_count; i++) {
        struct decision *decision = commits->line[i];
        if (decision->decided)
            release(commits, decision);
        else
            commits->line[left++] = decision;
        if (decision->has_pending || decision->is_under_way)
            decision->spoiled = true;
        decision->has_pending = decision->is_under_way = false;
    }
    commits->line_count = left;
    commits->begun = commits->ready_count = 0;
    commits->has_pending = commits->is_under_way = false;
}

/* fileio_group_commit() or, of what threads have begun, fileio_group_finish(). */
typedef int settle(struct fileio_group *outputs);

static int make_durable(struct commits *commits, settle *way, struct commits_failure *failure)
{
    if (way(commits->outputs) != 0) {
        const char *output = fileio_group_failed(commits->outputs);
        *failure = output != NULL ? (struct commits_failure){"write", output}
                                  : (struct commits_failure){"flush", "the directory --results"};
        return -1;
    }
    arrive(commits);
    *failure = (struct commits_failure){"append to", processed_log_name(commits->log)};
    return record(commits, commits->begun);
}

/* Waits for what is under way, and records it. */
static int finish(struct commits *commits, settle *way, commits_done *done, void *context,
                  struct commits_failure *failure)
{
    int result = make_durable(commits, way, failure);
    int saved_errno = errno;
    if (result == 0) {
        commits->limit =
            commits->limit * 2 < commits->limit_max ? commits->limit * 2 : commits->limit_max;
        end_recorded(commits, done, context);
    } else {
        commits->limit = 1;
        end_failed(commits);
    }
    errno = saved_errno;
    return result;
}

static int finish_begun(struct commits *commits, commits_done *done, void *context,
                        struct commits_failure *failure)
{
    if (!commits->is_under_way)
        return 0;
    return finish(commits, fileio_group_finish, done, context, failure);
}

int commits_flush(struct commits *commits, commits_done *done, void *context,
                  struct commits_failure *failure)
{
    if (finish_begun(commits, done, context, failure) != 0)
        return -1;
    if (commits_is_empty(commits))
        return 0;
    set_out(commits);
    return finish(commits, fileio_group_commit, done, context, failure);
}

int commits_flush_begin(struct commits *commits, commits_done *done, void *context,
                        struct commits_failure *failure)
{
    if (finish_begun(commits, done, context, failure) != 0)
        return -1;
    if (commits->limit < commits->limit_max || !fileio_group_begin(commits->outputs))
        return commits_flush(commits, done, context, failure);
    set_out(commits);
    commits->waiting_since_ns = clock_now_ns();
    return 0;
}
