/*
 * faults_damage - what a fault does to the bytes of a batch. Pure.
 *
 *     whole = ...                                          bytes and hash, before torn and corrupt
 *     faults_damage(&plan, &csv, &rows, columns);          then it is hashed and described
 *     faults_state(&document, plan.fault, &metadata, &whole);
 *
 * Where a fault's metadata agrees with it, the data is damaged before it is described. Where it
 * does not, the metadata states something else than what it is given. The second is all that a
 * restart has, which finds damaged data without its metadata: then what it states is invented, and
 * as wrong.
 */
#ifndef PRODUCER_FAULTS_DAMAGE_H
#define PRODUCER_FAULTS_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/metadata.h"
#include "common/text.h"
#include "producer/faults.h"

/* A batch as it was before it was damaged. */
struct faults_whole {
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
};

/*
 * Damages the data, which has a header and at least one column, and counts the rows that it has
 * then; nothing where the fault is not one of the data. Draws from plan->random, and clears
 * plan->other where only the first way is possible. See text_failed(csv).
 */
void faults_damage(struct faults_plan *plan, struct text *csv, uint64_t *rows, size_t columns);

/*
 * Writes the document that is published for a batch which `metadata` describes as it is. `whole` is
 * NULL where nobody knows what it was before. See text_failed(document).
 */
void faults_state(struct text *document, enum fault fault, const struct metadata *metadata,
                  const struct faults_whole *whole);

/* Bytes of the first row and its line end; all where there is none. */
size_t faults_header_length(const char *csv, size_t length);

#endif
