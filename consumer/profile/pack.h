/*
 * pack - numbers and bytes behind one another in little-endian order, the same on every machine,
 * and a file of them that says itself that it is whole.
 *
 *     struct text file = {0};
 *     pack_begin(&file, "SDEXAMPL", 1);
 *     pack_u64(&file, count); pack_bytes(&file, name, length); ...
 *     pack_end(&file);                             see text_failed()
 *
 *     struct unpacker packed;
 *     if (unpack_open(&packed, bytes, length, "SDEXAMPL", 1)) {
 *         count = unpack_u64(&packed); name = unpack_bytes(&packed, &length); ...
 *         good = unpack_close(&packed);
 *     }
 *
 * A file is 8 bytes of what it is, its version (32 bits), what was packed, and a CRC-32 of all
 * before. Reading does not trust the CRC-32, which who wrote the file may have got right: past the
 * end, and where a number is larger than it may be, everything reads as 0 and
 * unpack_failed() says so from then on. One check at the end is enough; and one in front
 * of whatever is made as large as a number says.
 */
#ifndef CONSUMER_PACK_H
#define CONSUMER_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

#define PACK_MAGIC_BYTES 8

/* ---- packing: see text_failed() ---- */

/* The text must be empty. `magic` is of PACK_MAGIC_BYTES characters. */
void pack_begin(struct text *file, const char *magic, uint32_t version);
void pack_end(struct text *file);

void pack_flag(struct text *text, bool flag);
void pack_u32(struct text *text, uint32_t number);
void pack_u64(struct text *text, uint64_t number);
void pack_i64(struct text *text, int64_t number);
void pack_double(struct text *text, double number); /* its bits: a NaN stays what it is */
void pack_doubles(struct text *text, const double *numbers, size_t count);

/* Behind their length; less than 2^32 of them. */
void pack_bytes(struct text *text, const void *bytes, size_t length);

/* What another text holds, which may be a file itself. */
void pack_inner(struct text *text, const struct text *inner);

/* ---- unpacking ---- */

struct unpacker {
    const char *bytes; /* what is left, borrowed; so many: */
    size_t left;
    bool failed;
};

/*
 * The bytes of a file in a directory, at most so many; free() them. NULL where it is not there or
 * cannot be read.
 */
char *unpack_read_file(int directory_fd, const char *name, size_t most, size_t *length);

/* False when these are not the bytes of a whole file of that magic and version. */
bool unpack_open(struct unpacker *packed, const char *bytes, size_t length, const char *magic,
                 uint32_t version);

/* True when nothing failed and nothing is left. */
bool unpack_close(struct unpacker *packed);

bool unpack_failed(const struct unpacker *packed);

/* For what was read well and cannot be: returns false. */
bool unpack_refuse(struct unpacker *packed);

bool unpack_flag(struct unpacker *packed);
uint32_t unpack_u32(struct unpacker *packed);
uint64_t unpack_u64(struct unpacker *packed);
int64_t unpack_i64(struct unpacker *packed);
double unpack_double(struct unpacker *packed);
double unpack_finite(struct unpacker *packed); /* refuses NaN and infinities */
void unpack_doubles(struct unpacker *packed, double *numbers, size_t count); /* finite ones */

/* A number that is at most so large. */
uint64_t unpack_up_to(struct unpacker *packed, uint64_t most);

/* As unpack_up_to, of things that follow and take `each` bytes at the least. */
size_t unpack_count(struct unpacker *packed, size_t most, size_t each);

/* Points into what is read; NULL, and a length of 0, when it failed. */
const char *unpack_bytes(struct unpacker *packed, size_t *length);

#endif
