/*
 * resume - goes on with a plain file right behind the last row that was published of it, whatever
 * ended the run before. Called once, when recovery has made batches of all data that a crash had
 * left.
 *
 *     switch (resume_run(&ingest, directory_fd, log, error)) ...
 *
 * The place that was kept (place.h) names the batches that were about to be published. They are cut
 * again from the file, and must come to the same bytes: that proves that it is the file it was, at
 * least there and in its header. Those that are not published become the first batches of this run.
 */
#ifndef PRODUCER_RESUME_H
#define PRODUCER_RESUME_H

#include "producer/acknowledgements.h"
#include "producer/ingest.h"

enum resume_result {
    RESUME_ANEW,    /* a pipe, or a file of which nothing was published: from its first row */
    RESUME_GOES_ON, /* from ingest_next_line() */
    RESUME_REFUSED, /* it is not the file that was published from: one line in `error` */
    RESUME_FAILED   /* errno, and one line in `error`; EINTR when the program shall end. ENODATA:
                       whether a batch was published only a log can say that cannot be seen */
};

/* `seen` is what is acknowledged, as far as that can be seen. */
enum resume_result resume_run(struct ingest *ingest, int directory_fd,
                              const struct acknowledgements *seen, char error[PUBLISH_ERROR_SIZE]);

#endif
