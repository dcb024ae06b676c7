/*
 * publish - a batch appears in the shared directory whole, and is committed by
 * the rename of its metadata. The order:
 *
 *     data      -> .data_N.csv.tmp      -> fsync -> rename
 *     metadata  -> .metadata_N.json.tmp -> fsync -> rename     the commit
 *     fsync of the directory
 *
 *     publish_open(&publisher, directory_fd, fields, field_count, error);
 *     publisher.next = ...                          what recovery has found out
 *     publish_append_row(&csv, cells, count);       any number of times
 *     publish_batch(&publisher, &batch, error);     as batch publisher.next
 *     publish_close(&publisher);
 *
 * It is also the one door through which CSV leaves: cells are written, and rows
 * that are already there are counted, by libcsv.
 */
#ifndef PRODUCER_PUBLISH_H
#define PRODUCER_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/metadata.h"
#include "common/text.h"

/* 16 hexadecimal digits and their NUL. */
#define PUBLISH_RUN_ID_SIZE 17
#define PUBLISH_ERROR_SIZE 512

struct publish_cell {
    const char *bytes;
    size_t length;
};

/*
 * Appends a row and its LF. A cell is quoted where RFC 4180 or libcsv's reading
 * of it needs that: delimiters, quotes, line ends, spaces at an edge, and an
 * empty cell that is the whole row.
 */
void publish_append_row(struct text *csv, const struct publish_cell *cells, size_t count);

struct publisher {
    uint64_t next; /* the number of the next batch; at least 1 */
    int directory_fd;
    char run_id[PUBLISH_RUN_ID_SIZE]; /* drawn at random by publish_open */
    const struct metadata_field *fields;
    size_t field_count;
    struct digest *digest;
    struct text metadata;
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
    uint64_t rows;           /* below the header */
    int64_t created_seconds; /* since 1970 */
};

/*
 * Publishes the batch as number publisher->next, durably, and steps to the next
 * number. -1 with errno and one line in `error`: then no temporary is left, the
 * number stays, and the same call WITH THE SAME BYTES may be made again, however
 * far this one came: a reader may have seen some of them under their name. EINTR
 * when the program shall end.
 */
int publish_batch(struct publisher *publisher, const struct publish_batch *batch,
                  char error[PUBLISH_ERROR_SIZE]);

enum publish_completed {
    PUBLISH_COMPLETED,
    PUBLISH_NOT_OURS, /* no plain file, unreadable, or with more columns than a batch has */
    PUBLISH_FAILED    /* errno; EINTR when the program shall end */
};

/*
 * Commits a batch whose data is in place and whose metadata is not, as a crash
 * between the two renames leaves it: reads the data, states its hash and its
 * rows. Otherwise than PUBLISH_COMPLETED there is one line in `error`.
 */
enum publish_completed publish_complete(struct publisher *publisher, uint64_t number,
                                        char error[PUBLISH_ERROR_SIZE]);

#endif
