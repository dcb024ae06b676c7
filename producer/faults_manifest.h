/*
 * faults_manifest - what was published on purpose, and what a right reader makes of it: one JSON
 * object a line, in the file --fault-manifest. A line is durable before its batch can be seen.
 *
 *     {"batch":7,"fault":"torn","outcome":"rejected","reason":"size-mismatch","verified":null,
 *      "rows":30,"sha256":"9f86d0..."}                                       in one line
 *
 * A batch may have several lines, of which the last one stands: after a crash, or an attempt to
 * publish it that failed, it is written down again.
 *
 *     manifest = faults_manifest_open(path, take, context, error);     replays what is there
 *     faults_manifest_put(&lines, &line);
 *     faults_manifest_append(manifest, &lines, error);                 durable now
 */
#ifndef PRODUCER_FAULTS_MANIFEST_H
#define PRODUCER_FAULTS_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "producer/faults.h"

#define FAULTS_MANIFEST_ERROR_SIZE 512

struct faults_line {
    uint64_t batch;
    enum fault fault;
    bool other;   /* see struct faults_plan */
    bool changed; /* of a rewritten batch: it is being replaced now */
    uint64_t rows;
    const char *sha256; /* of the data as it is published; NULL where there is none */
};

struct faults_manifest;

/* Called for each line that is there, in order. False: memory was short. */
typedef bool faults_manifest_take(void *context, uint64_t batch, enum fault fault);

/*
 * Opens or creates it, cuts a line that a crash has torn, and replays the others. NULL with one
 * line in `error`, also when a line is none of a manifest: somebody else's file is left alone.
 */
struct faults_manifest *faults_manifest_open(const char *path, faults_manifest_take *take,
                                             void *context, char error[FAULTS_MANIFEST_ERROR_SIZE]);
void faults_manifest_close(struct faults_manifest *manifest);

/* Appends a line and its newline; see text_failed(). */
void faults_manifest_put(struct text *lines, const struct faults_line *line);

/*
 * Makes the lines durable. -1 with errno and one line in `error`: then none of them is to be
 * relied on, and all may be appended again.
 */
int faults_manifest_append(struct faults_manifest *manifest, const struct text *lines,
                           char error[FAULTS_MANIFEST_ERROR_SIZE]);

#endif
