#include "producer/publish.h"

#include <csv.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/fileio.h"
#include "common/fileio_group.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/random.h"
#include "producer/survey.h"
#include "producer/trouble.h"

#define HASH_BYTES ((size_t)16 * 1024 * 1024)

/* --- rows ----------------------------------------------------------------------------------- */

/* Bytes that are quoted wherever they stand in a cell, and at its edges. */
enum place { ANYWHERE = 1, AT_AN_EDGE = 2 };
static const unsigned char QUOTED[256] = {
    [','] = ANYWHERE,  ['"'] = ANYWHERE,   ['\r'] = ANYWHERE,
    ['\n'] = ANYWHERE, [' '] = AT_AN_EDGE, ['\t'] = AT_AN_EDGE};

/* At the start of a file it is no part of the first name. */
static bool has_byte_order_mark(const struct csv_cell *cell)
{
    return cell->length >= 3 && memcmp(cell->bytes, "\xEF\xBB\xBF", 3) == 0;
}

/* libcsv drops the spaces around a bare cell, and skips a line that is empty. */
static bool needs_quotes(const struct csv_cell *cell, size_t cells_in_row)
{
    if (cell->length == 0)
        return cells_in_row == 1;
    if (has_byte_order_mark(cell))
        return true;
    const unsigned char *bytes = (const unsigned char *)cell->bytes;
    unsigned found = QUOTED[bytes[0]] | QUOTED[bytes[cell->length - 1]];
    for (size_t i = 0; i < cell->length; i++)
        found |= QUOTED[bytes[i]] & ANYWHERE;
    return found != 0;
}

static void append_quoted(struct text *csv, const struct csv_cell *cell)
{
    size_t size = csv_write(NULL, 0, cell->bytes, cell->length);
    char *quoted = malloc(size);
    if (quoted == NULL) {
        csv->failed = true;
        return;
    }
    text_append(csv, quoted, csv_write(quoted, size, cell->bytes, cell->length));
    free(quoted);
}

void publish_append_row(struct text *csv, const struct csv_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_append(csv, ",", 1);
        if (needs_quotes(&cells[i], count))
            append_quoted(csv, &cells[i]);
        else
            text_append(csv, cells[i].bytes, cells[i].length);
    }
    text_append(csv, "\n", 1);
}

/* --- open and close -------------------------------------------------------------------------- */

int publish_open(struct publisher *publisher, int directory_fd, const struct metadata_field *fields,
                 size_t field_count, char error[PUBLISH_ERROR_SIZE])
{
    uint64_t run_id;
    *publisher = (struct publisher){.next = 1,
                                    .directory_fd = directory_fd,
                                    .description = PUBLISH_DESCRIPTION,
                                    .fields = fields,
                                    .field_count = field_count};
    if (!random_from_system(&run_id))
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "draw", "a run id");
    (void)snprintf(publisher->run_id, sizeof publisher->run_id, "%016" PRIx64, run_id);
    publisher->digest = digest_create();
    publisher->pool = pool_create(FILEIO_GROUP_THREADS);
    publisher->data_files =
        fileio_group_create(directory_fd, PUBLISH_TOGETHER_MAX, publisher->pool);
    publisher->metadata_files =
        fileio_group_create(directory_fd, PUBLISH_TOGETHER_MAX, publisher->pool);
    if (publisher->digest != NULL && publisher->pool != NULL && publisher->data_files != NULL &&
        publisher->metadata_files != NULL)
        return 0;
    errno = ENOMEM;
    return trouble_tell(error, PUBLISH_ERROR_SIZE, "prepare", "SHA-256 and lists of files");
}

void publish_close(struct publisher *publisher)
{
    fileio_group_free(publisher->data_files);
    fileio_group_free(publisher->metadata_files);
    publisher->data_files = NULL;
    publisher->metadata_files = NULL;
    pool_free(publisher->pool);
    publisher->pool = NULL;
    digest_free(publisher->digest);
    publisher->digest = NULL;
    text_free(&publisher->metadata);
}

/* --- the order of commit --------------------------------------------------------------------- */

/*
 * In slices, because a large batch takes a good part of a second. One slice is hashed in any case:
 * what came through a pipe is published while the program ends, for it cannot be had again.
 */
static int hash_csv(struct publisher *publisher, const struct text *csv, struct metadata *metadata)
{
    size_t done = 0;
    for (size_t slice; done < csv->length && (done == 0 || !wait_stopping()); done += slice) {
        slice = csv->length - done < HASH_BYTES ? csv->length - done : HASH_BYTES;
        digest_update(publisher->digest, csv->bytes + done, slice);
    }
    bool hashed = digest_finish(publisher->digest, metadata->sha256);
    errno = done < csv->length ? EINTR : ENOMEM;
    return hashed && done == csv->length ? 0 : -1;
}

/* What stage_metadata() returns when there shall be none. */
#define WITHHELD 1

/* False when it is not to be published. */
static bool write_metadata(struct publisher *publisher, const struct metadata *metadata)
{
    text_clear(&publisher->metadata);
    if (publisher->state != NULL)
        return publisher->state(publisher->state_context, &publisher->metadata, metadata);
    metadata_write(&publisher->metadata, metadata);
    return true;
}

/* Fills in what the number decides, and writes the temporary of the metadata. */
static int stage_metadata(struct publisher *publisher, uint64_t number,
                          const struct metadata *about_data, char error[PUBLISH_ERROR_SIZE])
{
    struct metadata metadata = *about_data;
    char key[32];
    char data_name[CONTRACT_NAME_SIZE];
    char name[CONTRACT_NAME_SIZE];
    char description[PUBLISH_DESCRIPTION_SIZE];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    (void)snprintf(description, sizeof description, "%s, batch %s", publisher->description, key);
    contract_data_name(data_name, number);
    contract_metadata_name(name, key);
    metadata.batch = number;
    metadata.filename = data_name;
    metadata.run_id = publisher->run_id;
    metadata.description = description;
    bool published = write_metadata(publisher, &metadata);
    if (text_failed(&publisher->metadata)) {
        errno = ENOMEM;
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "prepare", name);
    }
    if (!published)
        return WITHHELD;
    if (fileio_group_add(publisher->metadata_files, name, publisher->metadata.bytes,
                         publisher->metadata.length) != 0)
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "write", name);
    return 0;
}

static int stage_both(struct publisher *publisher, const struct publish_batch *batch,
                      char error[PUBLISH_ERROR_SIZE])
{
    char name[CONTRACT_NAME_SIZE];
    uint64_t number = publisher->next + publisher->staged;
    bool own = batch->fields != NULL;
    struct metadata metadata = {.bytes = batch->csv->length,
                                .record_count = batch->rows,
                                .fields = own ? batch->fields : publisher->fields,
                                .field_count = own ? batch->field_count : publisher->field_count};
    contract_data_name(name, number);
    clock_format_seconds(metadata.created, batch->created_seconds);
    if (hash_csv(publisher, batch->csv, &metadata) != 0)
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "hash", name);
    memcpy(publisher->sha256, metadata.sha256, sizeof publisher->sha256);
    if (!batch->without_data &&
        fileio_group_add(publisher->data_files, name, batch->csv->bytes, batch->csv->length) != 0)
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "write", name);
    return stage_metadata(publisher, number, &metadata, error) < 0 ? -1 : 0;
}

int publish_stage(struct publisher *publisher, const struct publish_batch *batch,
                  char error[PUBLISH_ERROR_SIZE])
{
    if (stage_both(publisher, batch, error) != 0) {
        publish_abandon(publisher);
        return -1;
    }
    publisher->staged++;
    return 0;
}

void publish_abandon(struct publisher *publisher)
{
    fileio_group_abandon(publisher->data_files);
    fileio_group_abandon(publisher->metadata_files);
    publisher->staged = 0;
}

/* Names the one batch, or the first and the last: which of several it was, nobody knows. */
static int fail_commit(struct publisher *publisher, char error[PUBLISH_ERROR_SIZE],
                       const char *operation, const char *before, const char *behind)
{
    char names[64];
    uint64_t last = publisher->next + publisher->staged - 1;
    if (publisher->staged == 1)
        (void)snprintf(names, sizeof names, "%s%" PRIu64 "%s", before, last, behind);
    else
        (void)snprintf(names, sizeof names, "%s%" PRIu64 "%s and on, to %" PRIu64, before,
                       publisher->next, behind, last);
    int saved_errno = errno;
    publish_abandon(publisher);
    errno = saved_errno;
    return trouble_tell(error, PUBLISH_ERROR_SIZE, operation, names);
}

/*
 * A SIGKILL, and what the next start makes of it (see recovery):
 *
 *   while the temporaries are written    temporaries: removed; their numbers are used again
 *   while the data is renamed, in order  batches up to some number have their data, which was
 *                                        flushed before it had its name: completed
 *   while the metadata is renamed        batches up to some number are published, the others
 *                                        of the group completed
 *
 * After a power loss each rename that no fsync of the directory follows may be lost on its
 * own, in any order. There is one between the names of the data and those of the metadata: so
 * metadata never stands without its data, whatever a file system makes of the order. Of a
 * group that was not committed any of the data may be there, and is completed; numbers in
 * between may then be missing for ever, which no reader minds. It costs one fsync a group, and
 * nearly nothing on a file system whose journal the flush of the files has just written.
 */
int publish_commit(struct publisher *publisher, char error[PUBLISH_ERROR_SIZE])
{
    if (publisher->staged == 0)
        return 0;
    if (fileio_group_commit(publisher->data_files) != 0)
        return fail_commit(publisher, error, "publish", "data_", ".csv");
    if (fileio_group_commit(publisher->metadata_files) != 0)
        return fail_commit(publisher, error, "publish", "metadata_", ".json");
    publisher->next += publisher->staged;
    publisher->staged = 0;
    return 0;
}

int publish_batch(struct publisher *publisher, const struct publish_batch *batch,
                  char error[PUBLISH_ERROR_SIZE])
{
    publish_abandon(publisher);
    return publish_stage(publisher, batch, error) == 0 ? publish_commit(publisher, error) : -1;
}

/* --- completing what a crash cut in two ------------------------------------------------------ */

/*
 * The type of a column of this run by its name, where the values that stand there are of it, for
 * the last run may have had another schema; else what they are.
 */
static const char *type_of(const struct publisher *publisher, const struct columns *columns,
                           size_t column, const struct metadata_field *found)
{
    for (size_t i = 0; i < publisher->field_count; i++)
        if (strcmp(publisher->fields[i].name, found->name) == 0 &&
            columns_are(columns, column, publisher->fields[i].type))
            return publisher->fields[i].type;
    return found->type;
}

/* Describes the columns that are there; those of this run where the file has none. */
static void describe(const struct publisher *publisher, struct survey *survey,
                     struct metadata_field *fields, struct metadata *metadata)
{
    const struct metadata_field *columns = columns_fields(&survey->columns);
    size_t count = survey->columns.count;
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct metadata_field){columns[i].name,
                                            type_of(publisher, &survey->columns, i, &columns[i])};
    metadata->fields = count == 0 ? publisher->fields : fields;
    metadata->field_count = count == 0 ? publisher->field_count : count;
    metadata->bytes = survey->bytes;
    metadata->record_count = survey->rows;
    memcpy(metadata->sha256, survey->sha256, sizeof metadata->sha256);
}

/* The data has been under its name since before this start: its name is made durable first. */
static int commit_metadata(struct publisher *publisher, uint64_t number,
                           const struct metadata *metadata, char error[PUBLISH_ERROR_SIZE])
{
    char name[64];
    if (fileio_sync_directory(publisher->directory_fd) != 0)
        return trouble_tell(error, PUBLISH_ERROR_SIZE, "flush", "the directory");
    int staged = stage_metadata(publisher, number, metadata, error);
    if (staged != 0)
        return staged;
    (void)snprintf(name, sizeof name, "metadata_%" PRIu64 ".json", number);
    return fileio_group_commit(publisher->metadata_files) == 0
               ? 0
               : trouble_tell(error, PUBLISH_ERROR_SIZE, "publish", name);
}

/* In a run whose times are fixed its number decides that too. */
static int64_t created_seconds(const struct publisher *publisher, uint64_t number)
{
    return publisher->created == NULL ? clock_wall_ns() / NUMBER_NS_PER_SECOND
                                      : publisher->created(publisher->created_context, number);
}

static enum publish_completed complete_surveyed(struct publisher *publisher, uint64_t number,
                                                struct survey *survey,
                                                char error[PUBLISH_ERROR_SIZE])
{
    struct metadata metadata = {0};
    struct metadata_field *fields = calloc(survey->columns.count + 1, sizeof *fields);
    if (fields == NULL) {
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "describe", "the columns of a batch");
        return PUBLISH_FAILED;
    }
    clock_format_seconds(metadata.created, created_seconds(publisher, number));
    describe(publisher, survey, fields, &metadata);
    int result = commit_metadata(publisher, number, &metadata, error);
    int saved_errno = errno;
    free(fields);
    errno = saved_errno;
    return result == 0 ? PUBLISH_COMPLETED : result == WITHHELD ? PUBLISH_WITHHELD : PUBLISH_FAILED;
}

static enum publish_completed complete_open(struct publisher *publisher, uint64_t number, int fd,
                                            const char *name, char error[PUBLISH_ERROR_SIZE])
{
    struct survey survey;
    enum publish_completed result = PUBLISH_FAILED;
    switch (survey_file(fd, publisher->digest, &survey)) {
    case SURVEY_GOOD: result = complete_surveyed(publisher, number, &survey, error); break;
    case SURVEY_FAILED: (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "read", name); break;
    case SURVEY_DAMAGED:
        if (publisher->state != NULL) { /* on purpose, perhaps */
            result = complete_surveyed(publisher, number, &survey, error);
            break;
        }
        (void)snprintf(error, PUBLISH_ERROR_SIZE, "%.64s is no batch of this program: %s", name,
                       survey.damage.detail);
        result = PUBLISH_NOT_OURS;
        break;
    }
    int saved_errno = errno;
    survey_free(&survey);
    errno = saved_errno;
    return result;
}

enum publish_completed publish_complete(struct publisher *publisher, uint64_t number,
                                        char error[PUBLISH_ERROR_SIZE])
{
    char name[CONTRACT_NAME_SIZE];
    struct stat status;
    int fd = -1;
    contract_data_name(name, number);
    switch (fileio_open_input(publisher->directory_fd, name, &fd, &status)) {
    case FILEIO_OPENED: break;
    case FILEIO_NOT_REGULAR:
        (void)snprintf(error, PUBLISH_ERROR_SIZE, "%s is not a plain file", name);
        return PUBLISH_NOT_OURS;
    case FILEIO_UNAVAILABLE:
        (void)trouble_tell(error, PUBLISH_ERROR_SIZE, "open", name);
        return errno == EACCES || errno == EPERM || errno == ENOENT ? PUBLISH_NOT_OURS
                                                                    : PUBLISH_FAILED;
    }
    enum publish_completed result = complete_open(publisher, number, fd, name, error);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    return result;
}
