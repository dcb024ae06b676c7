/*
 * survey - what a data file holds that is there already: its hash, its rows and its columns.
 *
 *     struct survey survey;
 *     switch (survey_file(fd, digest, &survey)) ...
 *     survey_free(&survey);
 */
#ifndef PRODUCER_SURVEY_H
#define PRODUCER_SURVEY_H

#include <stdint.h>

#include "common/digest.h"
#include "common/reason.h"
#include "producer/columns.h"

struct survey {
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    uint64_t rows;           /* below the header */
    struct columns columns;  /* none in an empty file */
    struct rejection damage; /* of SURVEY_DAMAGED */
};

enum survey_result {
    SURVEY_GOOD,
    SURVEY_DAMAGED, /* no CSV as a batch of ours is one; size and hash are right all the same */
    SURVEY_FAILED   /* errno; EINTR when the program shall end */
};

/* Reads it once. `digest` is borrowed, and ready for the next file afterwards. */
enum survey_result survey_file(int fd, struct digest *digest, struct survey *survey);
void survey_free(struct survey *survey);

#endif
