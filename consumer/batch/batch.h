/*
 * batch - one batch's files: opened once, held against its metadata, and read
 * through that same descriptor, so that what is checked is what is parsed.
 *
 *     enum batch_state state = batch_open(directory_fd, &files, &limits, &batch, &rejection);
 *     while (state == BATCH_GOOD && (n = batch_read(&batch, digest, buffer, size)) > 0)
 *         ... parse buffer[0..n) ...
 *     state = batch_verify(&batch, digest, n, &rejection);
 *     batch_close(&batch);
 *
 * Everything that is not as it should be has one of three answers: WAIT, when it may
 * be in the middle of something (a half is missing, must not be read, or changed while it
 * was read); FAILED, when disk or machine do not let it be read now; or REJECTED, when it is
 * there and wrong. Whoever calls decides how
 * long what is wrong must have stood still before that is final.
 */
#ifndef CONSUMER_BATCH_H
#define CONSUMER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/digest.h"
#include "common/limits.h"
#include "common/metadata.h"
#include "common/reason.h"

enum batch_state { BATCH_GOOD, BATCH_WAIT, BATCH_FAILED, BATCH_REJECTED };

struct batch {
    int fd;
    struct stat opened; /* as it was before the first byte was read */
    bool has_metadata;
    struct metadata_claims claims;
    uint64_t bytes; /* read so far */
    char sha256[DIGEST_HEX_SIZE];
    const char *wait_cause; /* of BATCH_WAIT, for the log */
    const char *data_name;
    const char *failed_name; /* of BATCH_FAILED, which leaves its cause in errno */
};

/* Where a batch is found; outlives it. */
struct batch_files {
    const char *key;
    const char *data;
    const char *metadata; /* NULL: there is none, or it is not to be looked at */
};

/*
 * Opens the data and reads the metadata, within the limits of their sizes. The batch is to be
 * closed whatever comes back.
 */
enum batch_state batch_open(int directory_fd, const struct batch_files *files,
                            const struct limits *limits, struct batch *batch,
                            struct rejection *rejection);

/* The next bytes, taken into the digest. 0 at the end; -1 with errno. */
ssize_t batch_read(struct batch *batch, struct digest *digest, char *buffer, size_t size);

/*
 * After the last read, whose result is `last`: did the file hold still, is it as long
 * as stated and has it the hash stated? Sets batch->sha256 unless it must wait.
 */
enum batch_state batch_verify(struct batch *batch, struct digest *digest, ssize_t last,
                              struct rejection *rejection);

/*
 * Instead of batch_verify, where nothing behind what was read could matter any more: did the
 * file hold still so far? batch->sha256 stays "".
 */
enum batch_state batch_abandon(struct batch *batch, struct digest *digest);

/* True when the metadata stated a hash; after batch_verify said GOOD, it was right. */
bool batch_is_verified(const struct batch *batch);

void batch_close(struct batch *batch);

#endif
