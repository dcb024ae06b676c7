/*
 * processed_record - one line of processed.log, both ways: a JSON object that
 * says what was decided about a batch, and ends in a CRC-32 of the bytes before
 * its ,"crc": so that a line torn by a crash, or damaged later, is recognised.
 *
 *     {"key":"7","file":"data_7.csv","outcome":"processed", ... ,"crc":"0a1b2c3d"}
 */
#ifndef COMMON_PROCESSED_RECORD_H
#define COMMON_PROCESSED_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "common/text.h"

/* No record comes near it: keys, names and details are all bounded. */
#define PROCESSED_RECORD_MAX_BYTES (64 * 1024)

enum outcome { OUTCOME_PROCESSED, OUTCOME_REJECTED, OUTCOME_CHANGED };
enum plot { PLOT_OK, PLOT_FAILED, PLOT_NONE };

/* As the log writes it. */
const char *outcome_word(enum outcome outcome);

/* Strings are borrowed. */
struct processed_record {
    const char *key;
    const char *file;
    enum outcome outcome;
    const struct rejection *rejection; /* NULL unless rejected or changed */
    bool verified;                     /* the metadata stated a hash, and it was this one */
    uint64_t rows;
    uint64_t bytes;
    const char *sha256; /* "" where no byte could be read */
    enum plot plot;
    const char *at; /* when it was decided; NULL in writing is the present */
};

/* Appends the line and its newline; see text_failed(). */
void processed_record_write(struct text *line, const struct processed_record *record);

enum processed_record_read {
    PROCESSED_RECORD_GOOD,
    PROCESSED_RECORD_DAMAGED,   /* its checksum is wrong: torn, or damaged */
    PROCESSED_RECORD_UNREADABLE /* its checksum is right: written by somebody else, or memory is
                                   short */
};

/* Called with a record whose strings last as long as the call. False: memory was short. */
typedef bool processed_record_take(void *context, const struct processed_record *record);

/*
 * Reads a line, without its newline, and hands what it says to `take`. A reason that is not in
 * our table counts as none, and its detail is read all the same.
 */
enum processed_record_read processed_record_read(const char *line, size_t length,
                                                 processed_record_take *take, void *context);

/* True when the bytes end in a line's own checksum, and it is right. */
bool processed_record_is_whole(const char *line, size_t length);

/*
 * True when the bytes end in a whole record, wherever that begins: where the newline between
 * two records was damaged, the second is good.
 */
bool processed_record_ends_whole(const char *line, size_t length);

/* Appends ,"crc":"..."} and a newline to an object that lacks its closing brace. */
void processed_record_seal(struct text *line, size_t start);

#endif
