/*
 * gnuplot - one long-lived gnuplot child that draws picture after picture.
 *
 *     struct gnuplot *gnuplot = gnuplot_create(IMAGE_PNG, "set terminal ...\n");
 *     gnuplot_submit(gnuplot, script, length, deadline_ns);
 *     while (gnuplot_advance(gnuplot, clock_now_ns()) == GNUPLOT_BUSY)
 *         poll gnuplot_fds(gnuplot, fds) until gnuplot_deadline(gnuplot)
 *     if (gnuplot_state(gnuplot) == GNUPLOT_DONE)
 *         ... gnuplot_image(gnuplot, &length) ...
 *
 * The child is kept because its start costs more than a chart. It
 * answers on its standard output with the image and on its standard error with a
 * word that says that the image is all there; nothing of what it says is believed
 * before the image has been walked through to its last chunk. A child that dies,
 * hangs past the deadline or sends something else is killed with its group and
 * reaped; the next picture gets a new one.
 *
 * One that is missing or broken does not eat the machine: when GNUPLOT_PATIENCE children in a
 * row have ended without finishing a picture, it rests for a second, then, after each further
 * one, for twice as long, up to a minute. While it rests submitting fails at once, with the
 * words of the last failure: a batch is not held up for a chart that will not come. The
 * first whole picture ends all that.
 */
#ifndef CONSUMER_GNUPLOT_H
#define CONSUMER_GNUPLOT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "consumer/chart/image.h"

/* Long enough for any chart on a busy machine; shorter than a person's patience. */
#define GNUPLOT_DEADLINE_NS (10 * NUMBER_NS_PER_SECOND)
#define GNUPLOT_FDS 3

/* Two charts, each tried twice: one that no gnuplot can draw does not cost its neighbour's. */
#define GNUPLOT_PATIENCE 4
#define GNUPLOT_REST_MIN_NS (1 * NUMBER_NS_PER_SECOND)
#define GNUPLOT_REST_MAX_NS (60 * NUMBER_NS_PER_SECOND)

enum gnuplot_state {
    GNUPLOT_IDLE,
    GNUPLOT_BUSY,
    GNUPLOT_DONE,  /* the image is there until the next submit */
    GNUPLOT_FAILED /* gnuplot_failure() says why; the child is gone */
};

struct gnuplot;

/*
 * Copies `preamble`: the commands that come first with each new child, so that its start is over
 * when the first picture comes; and again before each picture, since a terminal keeps something
 * of the one before (svg: the colour). NULL when memory is short.
 */
struct gnuplot *gnuplot_create(enum image_kind kind, const char *preamble);

/* Kills and reaps the child. */
void gnuplot_free(struct gnuplot *gnuplot);

/* Starts the child ahead of the first picture. False: gnuplot_failure() says why. */
bool gnuplot_start(struct gnuplot *gnuplot);

/*
 * Hands over the commands of one picture; copies them. Idle, done or failed before. False: no
 * child could be started, or it rests; gnuplot_failure() says why.
 */
bool gnuplot_submit(struct gnuplot *gnuplot, const char *script, size_t length, int64_t now_ns,
                    int64_t deadline_ns);

/* Moves bytes as far as they go without blocking, and says where the picture stands. */
enum gnuplot_state gnuplot_advance(struct gnuplot *gnuplot, int64_t now_ns);
enum gnuplot_state gnuplot_state(const struct gnuplot *gnuplot);

/* What to poll while it is busy; an unused entry has fd -1. */
void gnuplot_fds(const struct gnuplot *gnuplot, struct pollfd fds[GNUPLOT_FDS]);
int64_t gnuplot_deadline(const struct gnuplot *gnuplot);

const char *gnuplot_image(const struct gnuplot *gnuplot, size_t *length);
const char *gnuplot_failure(const struct gnuplot *gnuplot);

/*
 * True when the last failure was none of its own: somebody else's signal ended the child, an
 * operator's, or the kernel's, where memory was short. The next may fare better. And when it rests
 * no longer, in monotonic nanoseconds; the past where it does not.
 */
bool gnuplot_was_killed(const struct gnuplot *gnuplot);
int64_t gnuplot_rests_until(const struct gnuplot *gnuplot);

/* Children that were started in the place of another. */
uint64_t gnuplot_restarts(const struct gnuplot *gnuplot);

#endif
