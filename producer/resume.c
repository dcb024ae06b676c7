#include "producer/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/wait.h"
#include "producer/retired.h"
#include "producer/survey.h"

#define TOO_SHORT "is shorter than what was published of it"

static enum resume_result fail(char error[PUBLISH_ERROR_SIZE], const char *what)
{
    int saved_errno = errno;
    (void)snprintf(error, PUBLISH_ERROR_SIZE, "cannot go on with %.300s: %s", what,
                   strerror(saved_errno));
    errno = saved_errno;
    return RESUME_FAILED;
}

static enum resume_result fail_to_tell(const struct ingest *ingest, const struct place_batch *batch,
                                       char error[PUBLISH_ERROR_SIZE])
{
    if (errno != ENODATA)
        return fail(error, "the batches that were published last");
    (void)snprintf(
        error, PUBLISH_ERROR_SIZE,
        "cannot go on with %.200s: batch %" PRIu64
        " of it is not there, and the results of a consumer that may have had it deleted "
        "are not there either (--results)",
        ingest->inlet.name, batch->number);
    return RESUME_FAILED;
}

/* Says what is wrong, and how to have the file published all the same. */
static enum resume_result refuse(const struct ingest *ingest, const char *why,
                                 char error[PUBLISH_ERROR_SIZE])
{
    char name[PLACE_NAME_SIZE] = "";
    (void)place_name(name, ingest->inlet.path);
    (void)snprintf(error, PUBLISH_ERROR_SIZE,
                   "%.160s %.160s; to publish it from its first row, remove %s", ingest->inlet.name,
                   why, name);
    return RESUME_REFUSED;
}

/* --- what is published ------------------------------------------------------------------------ */

/*
 * A batch without a file. It was deleted, for it was acknowledged: then a log has it. Or it was
 * never published; that is sure only where its number cannot be one of those that were deleted, or
 * all logs were asked. As is_published().
 */
static int was_published(int directory_fd, const struct acknowledgements *seen,
                         const struct place_batch *batch)
{
    uint64_t below;
    if (acknowledgements_know(seen, batch->number, batch->sha256))
        return 1;
    if (retired_read(directory_fd, &below) != 0)
        return -1;
    errno = ENODATA;
    return batch->number >= below || seen->all_seen ? 0 : -1;
}

/* 1, 0, or -1 with errno. Under its number may stand another batch, if it was never published. */
static int is_published(const struct ingest *ingest, int directory_fd,
                        const struct acknowledgements *seen, const struct place_batch *batch)
{
    char name[CONTRACT_NAME_SIZE];
    struct survey survey;
    struct stat status;
    int fd = -1;
    if (ingest->place.settled)
        return 1;
    contract_data_name(name, batch->number);
    switch (fileio_open_input(directory_fd, name, &fd, &status)) {
    case FILEIO_OPENED: break;
    case FILEIO_NOT_REGULAR: return 0;
    case FILEIO_UNAVAILABLE: return errno == ENOENT ? was_published(directory_fd, seen, batch) : -1;
    }
    enum survey_result result = survey_file(fd, ingest->digest, &survey);
    int saved_errno = errno;
    bool same = strcmp(survey.sha256, batch->sha256) == 0;
    survey_free(&survey);
    (void)close(fd);
    errno = saved_errno;
    return result == SURVEY_FAILED ? -1 : same;
}

/* --- cutting again ---------------------------------------------------------------------------- */

static bool is_the_same(const struct ingest *ingest, const struct place_batch *batch,
                        const struct cut *cut)
{
    char sha256[DIGEST_HEX_SIZE] = "";
    digest_update(ingest->digest, cut->csv.bytes, cut->csv.length);
    return digest_finish(ingest->digest, sha256) && strcmp(sha256, batch->sha256) == 0;
}

/* Cuts the batch; it stays among those to publish unless it is published. */
static enum resume_result cut_again(struct ingest *ingest, int directory_fd,
                                    const struct acknowledgements *seen, size_t at,
                                    char error[PUBLISH_ERROR_SIZE])
{
    const struct place_batch *batch = &ingest->place.batches[at];
    char why[160];
    struct source_wait wait;
    const struct source source = ingest_source(ingest);
    const struct source_wish wish = {.at = ingest->count, .number = batch->number};
    cutter_begin(ingest->cutter, batch->rows);
    ingest->begun = true;
    switch (source_look(&source, &wish, &wait, error)) {
    case SOURCE_READY: break;
    case SOURCE_FAILED: return RESUME_FAILED;
    case SOURCE_WAITING:
    case SOURCE_ENDED:
    case SOURCE_DAMAGED: return refuse(ingest, TOO_SHORT, error);
    }
    const struct cut *cut = &ingest->kept[ingest->count - 1];
    if (cut->rows < batch->rows)
        return refuse(ingest, TOO_SHORT, error);
    if (!is_the_same(ingest, batch, cut)) {
        (void)snprintf(why, sizeof why,
                       "is not what was published: batch %" PRIu64 " had other rows",
                       batch->number);
        return refuse(ingest, why, error);
    }
    int published = is_published(ingest, directory_fd, seen, batch);
    if (published < 0)
        return fail_to_tell(ingest, batch, error);
    if (published == 1)
        cut_free(&ingest->kept[--ingest->count]);
    else
        ingest->owed_at[ingest->count - 1] = at;
    return RESUME_GOES_ON;
}

static enum resume_result go_on(struct ingest *ingest, int directory_fd,
                                const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE])
{
    const struct place *place = &ingest->place;
    enum resume_result result = RESUME_GOES_ON;
    switch (ingest_read_header(ingest, error)) {
    case SOURCE_READY: break;
    case SOURCE_FAILED: return RESUME_FAILED;
    default: return refuse(ingest, TOO_SHORT, error);
    }
    ingest_go_on_at(ingest, place->offset_bytes, place->line);
    for (size_t i = 0; i < place->count && result == RESUME_GOES_ON; i++) {
        errno = EINTR;
        result = wait_stopping() ? fail(error, ingest->inlet.name)
                                 : cut_again(ingest, directory_fd, seen, i, error);
    }
    ingest_owe_kept(ingest);
    return result;
}

enum resume_result resume_run(struct ingest *ingest, int directory_fd,
                              const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE])
{
    char damage[PUBLISH_ERROR_SIZE];
    if (!ingest->inlet.seekable)
        return RESUME_ANEW;
    switch (place_read(directory_fd, ingest->inlet.path, &ingest->place, damage)) {
    case PLACE_NONE: return RESUME_ANEW;
    case PLACE_FOUND: return go_on(ingest, directory_fd, seen, error);
    case PLACE_DAMAGED:
        (void)snprintf(error, PUBLISH_ERROR_SIZE,
                       "%.300s; to publish %.150s from its first row, "
                       "remove it",
                       damage, ingest->inlet.name);
        return RESUME_REFUSED;
    case PLACE_FAILED: memcpy(error, damage, sizeof damage); return RESUME_FAILED;
    }
    return RESUME_FAILED;
}
