/*
 * summary - a profile as summary_KEY.json ("shared-data-summary/1").
 *
 * Keys stand in a fixed order, numbers are printed with the fewest digits that read
 * back to the same double and integers exactly, and nothing but the batch's bytes
 * has a say: the same bytes give the same summary on every machine. What has no
 * value is null. docs/formats.md describes every member.
 */
#ifndef CONSUMER_SUMMARY_H
#define CONSUMER_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/text.h"
#include "consumer/profile/profile.h"

/* What the summary says beside the profile; strings are borrowed. */
struct summary_batch {
    const char *key;
    const char *file;
    uint64_t bytes;
    const char *sha256;
    bool verified;
};

/* Appends the document and its last newline; see text_failed(). */
void summary_write(struct text *text, const struct summary_batch *batch,
                   const struct profile *profile);

/* So many first bytes of a summary hold its sha256. */
#define SUMMARY_HEAD_BYTES 4096

/* The sha256 that the first bytes of a summary state; false when they hold none. */
bool summary_sha256(const char *bytes, size_t length, char sha256[DIGEST_HEX_SIZE]);

#endif
