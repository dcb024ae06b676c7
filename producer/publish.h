/*
 * publish - batches appear in the shared directory whole, and are committed by
 * the rename of their metadata. The order, for all batches that are committed
 * together:
 *
 *     data, metadata -> .data_N.csv.tmp, .metadata_N.json.tmp
 *     each data file -> fsync;  all of them -> rename;  fsync of the directory
 *     each metadata  -> fsync;  all of them -> rename   the commit;  fsync of the directory
 *
 *     publish_open(&publisher, directory_fd, fields, field_count, error);
 *     publisher.next = ...                          what recovery has found out
 *     publish_append_row(&csv, cells, count);       any number of times
 *     publish_stage(&publisher, &batch, error);     as batch next, next + 1 ... which share
 *     publish_commit(&publisher, error);            their flushes
 *     publish_close(&publisher);
 *
 * It is also the one door through which CSV leaves: cells are written by libcsv.
 */
#ifndef PRODUCER_PUBLISH_H
#define PRODUCER_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/csv_rows.h"
#include "common/digest.h"
#include "common/fileio_group.h"
#include "common/metadata.h"
#include "common/text.h"

/* 16 hexadecimal digits and their NUL. */
#define PUBLISH_RUN_ID_SIZE 17
#define PUBLISH_ERROR_SIZE 512
/* Batches that are committed together; each holds two descriptors until then. */
#define PUBLISH_TOGETHER_MAX 64

/* What metadata says of a batch, before its number, where nobody says otherwise. */
#define PUBLISH_DESCRIPTION "synthetic measurements"
#define PUBLISH_DESCRIPTION_SIZE 512

/*
 * Appends a row and its LF. A cell is quoted where RFC 4180 or libcsv's reading
 * of it needs that: delimiters, quotes, line ends, spaces at an edge, a byte order mark at
 * its start, and an empty cell that is the whole row.
 */
void publish_append_row(struct text *csv, const struct csv_cell *cells, size_t count);

/*
 * Writes the document of a batch's metadata in place of metadata_write(). False when it is not to
 * be published; see text_failed(document).
 */
typedef bool publish_state(void *context, struct text *document, const struct metadata *metadata);

/* When the batch of this number was made, in seconds since 1970. */
typedef int64_t publish_created(void *context, uint64_t number);

struct publisher {
    uint64_t next; /* the number of the first batch that is not durable; at least 1 */
    size_t staged; /* batches whose temporaries are written, from `next` on */
    int directory_fd;
    char run_id[PUBLISH_RUN_ID_SIZE]; /* drawn at random by publish_open */
    char sha256[DIGEST_HEX_SIZE];     /* of the batch that was staged last */
    const char *description;          /* borrowed; may be set before the first batch */
    const struct metadata_field *fields;
    size_t field_count;
    struct digest *digest;
    struct pool *pool; /* which flushes one of the two at a time */
    struct fileio_group *data_files;
    struct fileio_group *metadata_files;
    struct text metadata;
    publish_created *created; /* of a batch that is completed; NULL, as a rule: now */
    void *created_context;
    publish_state *state; /* NULL, as a rule; set by who publishes faults, with its context */
    void *state_context;
};

/*
 * The directory and the fields, which describe the columns, are borrowed. 0, or
 * -1 with errno and one line in `error`; publish_close() is right after both.
 */
int publish_open(struct publisher *publisher, int directory_fd, const struct metadata_field *fields,
                 size_t field_count, char error[PUBLISH_ERROR_SIZE]);
void publish_close(struct publisher *publisher);

struct publish_batch {
    const struct text *csv;
    uint64_t rows;                       /* below the header */
    int64_t created_seconds;             /* since 1970 */
    const struct metadata_field *fields; /* of its columns; NULL: those of the publisher */
    size_t field_count;
    bool without_data; /* metadata alone: something else stands under the data's name */
};

/*
 * Writes the temporaries of the batch, which will be number publisher->next +
 * publisher->staged; `csv` may be used again afterwards. At most
 * PUBLISH_TOGETHER_MAX until the commit. -1 with errno and one line in `error`:
 * then nothing is staged any more. EINTR when the program shall end.
 */
int publish_stage(struct publisher *publisher, const struct publish_batch *batch,
                  char error[PUBLISH_ERROR_SIZE]);

/*
 * Publishes what was staged, durably, and steps over its numbers. -1 with errno
 * and one line in `error`: then no temporary is left, nothing is staged any more and
 * the numbers stay. All of it is to be staged again WITH THE SAME BYTES, as a
 * reader may have seen some of them under their names, however far it came.
 */
int publish_commit(struct publisher *publisher, char error[PUBLISH_ERROR_SIZE]);

/* Drops what was staged. */
void publish_abandon(struct publisher *publisher);

/* One batch alone: drops what was staged before it, stages it and commits. */
int publish_batch(struct publisher *publisher, const struct publish_batch *batch,
                  char error[PUBLISH_ERROR_SIZE]);

enum publish_completed {
    PUBLISH_COMPLETED,
    PUBLISH_WITHHELD, /* its metadata is not to be published */
    PUBLISH_NOT_OURS, /* no plain file, unreadable, or no CSV as a batch is one */
    PUBLISH_FAILED    /* errno; EINTR when the program shall end */
};

/*
 * Commits a batch whose data is in place and whose metadata is not, as a crash
 * between the two renames leaves it: reads the data, states its hash and its
 * rows. After PUBLISH_NOT_OURS and PUBLISH_FAILED there is one line in `error`.
 */
enum publish_completed publish_complete(struct publisher *publisher, uint64_t number,
                                        char error[PUBLISH_ERROR_SIZE]);

#endif
