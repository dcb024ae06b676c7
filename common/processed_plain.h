/*
 * processed_plain - what a line of processed.log says, where it is written just as this project
 * writes it: all members in their order, without white space, in printable ASCII without escapes.
 * That is nearly every line, and it takes a tenth of the time of a JSON parser, which counts where
 * each of several consumers reads what all others have decided. The rest is for json.h.
 *
 *     struct processed_fields fields;
 *     if (!processed_plain_read(copy, length, &fields))
 *         ... parse the line as JSON ...
 *
 * What is read here means the same to a strict JSON parser; the opposite need not hold.
 */
#ifndef COMMON_PROCESSED_PLAIN_H
#define COMMON_PROCESSED_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the line. A text that is null or not there is NULL. */
struct processed_fields {
    const char *key, *file, *outcome, *reason, *detail;
    bool verified;
    uint64_t rows, bytes;
    const char *sha256, *plot, *at;
};

/*
 * `line` is a record whose checksum has been found right, without its newline; texts are ended in
 * it, so it serves nothing else afterwards, and are borrowed from it. False: it is not plain, and
 * *fields says nothing.
 */
bool processed_plain_read(char *line, size_t length, struct processed_fields *fields);

#endif
