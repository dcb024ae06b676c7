/*
 * reason - why a batch was rejected: one table of short, fixed words.
 *
 * Code uses the enumerator, the log and documents the word. Words are those of
 * the Frictionless framework where it has one (extra-cell, missing-cell,
 * encoding-error ...). Each rejection also carries a sentence of detail.
 */
#ifndef COMMON_REASON_H
#define COMMON_REASON_H

#include <stddef.h>

/* Enumerator, word, what it means. Laid out by hand: the tool indents each row behind the last. */
/* clang-format off */
#define REASON_TABLE(row) \
    row(REASON_NONE, "", "not rejected") \
    row(REASON_NOT_A_REGULAR_FILE, "not-a-regular-file", \
        "a link, directory, pipe, socket or device stands where a file should") \
    row(REASON_METADATA_INVALID, "metadata-invalid", \
        "the metadata is no JSON object of the documented shape") \
    row(REASON_METADATA_MISMATCH, "metadata-mismatch", \
        "the metadata speaks of another batch or another file") \
    row(REASON_SIZE_MISMATCH, "size-mismatch", "the file is longer or shorter than stated") \
    row(REASON_HASH_MISMATCH, "hash-mismatch", "the bytes are not those that were hashed") \
    row(REASON_ROW_COUNT_MISMATCH, "row-count-mismatch", "more or fewer rows than stated") \
    row(REASON_EXTRA_CELL, "extra-cell", "a row has more cells than the header") \
    row(REASON_MISSING_CELL, "missing-cell", "a row has fewer cells than the header") \
    row(REASON_STRAY_QUOTE, "stray-quote", "a quote inside a bare cell, or text behind a closing quote") \
    row(REASON_UNCLOSED_QUOTE, "unclosed-quote", "the file ends inside a quoted cell") \
    row(REASON_NUL_BYTE, "nul-byte", "a byte of value 0, which no CSV text has") \
    row(REASON_ENCODING_ERROR, "encoding-error", "the header is not UTF-8") \
    row(REASON_TOO_LARGE, "too-large", "a cell, a row, the file or its metadata is beyond a limit")
/* clang-format on */

#define REASON_ENUMERATOR(name, word, meaning) name,
enum reason { REASON_TABLE(REASON_ENUMERATOR) REASON_COUNT };
#undef REASON_ENUMERATOR

/* A sentence of detail and its terminating NUL. */
#define REASON_DETAIL_SIZE 256

/* Why a batch was rejected; reason is REASON_NONE when it was not. */
struct rejection {
    enum reason reason;
    char detail[REASON_DETAIL_SIZE];
};

/* The fixed word, as in the log; "" for REASON_NONE. Never NULL. */
const char *reason_word(enum reason reason);

/* What the word means, for documents. Never NULL. */
const char *reason_meaning(enum reason reason);

/* Sets both members; a detail that is too long is cut. */
void rejection_set(struct rejection *rejection, enum reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
