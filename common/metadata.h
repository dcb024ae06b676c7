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

/* What a consumer holds a batch against. */
struct metadata_claims {
    bool has_bytes;
    bool has_record_count;
    bool has_sha256;
    uint64_t bytes;
    uint64_t record_count;
    char sha256[DIGEST_HEX_SIZE];
};

/*
 * Reads the metadata of the batch `key`, whose data stands in `file`. False when
 * it is no such document, or speaks of something else; `rejection` says why.
 */
bool metadata_read(const char *bytes, size_t length, const char *key, const char *file,
                   struct metadata_claims *claims, struct rejection *rejection);

#endif
