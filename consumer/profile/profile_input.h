/*
 * profile_input - any file read once, from its first byte to its last, into its profile: a plain
 * file of any size, a pipe, or what else gives bytes. Nothing of it is kept but the profile.
 *
 *     struct profile_input input;
 *     switch (profile_input_read("orders.csv", &limits, &rules, NULL, &input)) ...
 *     profile_input_free(&input);
 *
 * Unlike a batch (reading), nobody vouches for the file: links are followed, and one that grows
 * is read as far as it goes.
 */
#ifndef CONSUMER_PROFILE_INPUT_H
#define CONSUMER_PROFILE_INPUT_H

#include <stdint.h>

#include "common/digest.h"
#include "common/limits.h"
#include "common/reason.h"
#include "consumer/config/csv_rules.h"
#include "consumer/profile/profile.h"

enum profile_input_result {
    PROFILE_INPUT_GOOD,    /* all members are set but rejection */
    PROFILE_INPUT_DAMAGED, /* rejection says how; the rest of the file is not read */
    PROFILE_INPUT_CLOSED,  /* it cannot be opened: errno */
    PROFILE_INPUT_FAILED   /* it cannot be read to its end, or memory is short: errno */
};

struct profile_input {
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    struct profile profile;
    struct rejection rejection;
};

/* Called often while it is read; a total of 0 is one that nobody knows, as of a pipe. */
typedef void profile_input_tick(void *context, uint64_t bytes, uint64_t total_bytes);
struct profile_input_watch {
    profile_input_tick *tick;
    void *context;
};

/*
 * A path of "-" is standard input. `watch` may be NULL. `input` is to be freed whatever comes
 * back.
 */
enum profile_input_result profile_input_read(const char *path, const struct limits *limits,
                                             const struct csv_rules *rules,
                                             const struct profile_input_watch *watch,
                                             struct profile_input *input);
void profile_input_free(struct profile_input *input);

#endif
