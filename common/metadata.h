/*
 * metadata - metadata_KEY.json, both ways. Its rename into place is the commit
 * mark of a batch.
 *
 * What is written is a Frictionless Data Resource: valid as a v1
 * tabular-data-resource (specs.frictionlessdata.io/tabular-data-resource) and
 * marked for v2 (datapackage.org), with batch, record_count, run_id, filename
 * and description of our own beside it.
 *
 * What is read may say less: every member is optional, and every member that is
 * there must agree with the batch that it stands beside.
 */
#ifndef COMMON_METADATA_H
#define COMMON_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/reason.h"
#include "common/text.h"

/* A column as metadata describes it; type is one of Frictionless's words. */
struct metadata_field {
    const char *name;
    const char *type;
};

/* What the producer states about a batch. Strings and fields are borrowed. */
struct metadata {
    uint64_t batch;
    const char *filename;
    uint64_t bytes;
    uint64_t record_count; /* rows below the header */
    char sha256[DIGEST_HEX_SIZE];
    char created[CLOCK_TIMESTAMP_SIZE];
    const char *run_id;
    const char *description;
    const struct metadata_field *fields;
    size_t field_count;
};

/* Appends the document and its last newline; see text_failed(). */
void metadata_write(struct text *text, const struct metadata *metadata);

/*
 * The most bytes that a document with columns of these names can come to, whatever their types and
 * all else in it; 0 when memory is short.
 */
size_t metadata_most_bytes(const struct metadata_field *fields, size_t field_count);

/* What a consumer holds a batch against. */
struct metadata_claims {
    bool has_bytes;
    bool has_record_count;
    bool has_sha256;
    uint64_t bytes;
    uint64_t record_count;
    char sha256[DIGEST_HEX_SIZE]; /* in lower case, however it was written */
};

/* The batch that metadata stands beside. */
struct metadata_subject {
    const char *key;
    const char *file;  /* name of the data file */
    size_t json_depth; /* how deep the document may nest; 0: JSON_DEPTH_MAX */
};

/*
 * Reads the metadata of a batch. False when it is no such document, or speaks of
 * something else; `rejection` says why. False as well when memory is short: then
 * rejection->reason is REASON_NONE.
 *
 * A hash is `sha256:` and 64 digits, in either case. One by another algorithm (`md5:...`, or 32
 * digits without a name, which Frictionless reads as MD5) claims nothing here; what is no hash
 * at all is invalid.
 */
bool metadata_read(const char *bytes, size_t length, const struct metadata_subject *subject,
                   struct metadata_claims *claims, struct rejection *rejection);

/*
 * Of metadata that metadata_read() has taken: whether it is also a resource that a tabular data
 * package may hold, with a name that no other batch has. `rejection` says what it lacks; with
 * REASON_NONE memory is short.
 */
bool metadata_is_resource(const char *bytes, size_t length, const struct metadata_subject *subject,
                          struct rejection *rejection);

#endif
