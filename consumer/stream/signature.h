/*
 * signature - what tells one state of a file from another without reading it. It only says
 * whether a file is worth another look: what a batch is, its key and its hash say.
 */
#ifndef CONSUMER_SIGNATURE_H
#define CONSUMER_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct signature {
    bool there;
    mode_t mode;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

/*
 * Of the name itself, where it is a link. A file that cannot be looked at is one that is
 * there: opening it will tell what is the matter.
 */
struct signature signature_read(int directory_fd, const char *name);

bool signature_is_same(const struct signature *a, const struct signature *b);

#define SIGNATURE_FINGERPRINT_BITS 62

/* All of it in 62 bits, never 0. Two states meet in one with a probability of 2^-62. */
uint64_t signature_fingerprint(const struct signature *signature);

#endif
