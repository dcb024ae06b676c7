/*
 * drawings - the charts that are being drawn at this moment, each by a gnuplot child
 * of its own, while the caller goes on reading.
 *
 *     drawings_begin(drawings, key, &profile, batch, now_ns)      the profile may go then
 *     ... poll drawings_fds() until drawings_deadline() ...
 *     drawings_advance(drawings, now_ns, on_drawn, context)       on_drawn gets `batch` back
 *
 * A child that dies, hangs past its deadline or lies is replaced and the chart tried once
 * more, with as much time again; then the batch goes on without it. Where gnuplot fails
 * again and again it rests (see gnuplot.h), and charts fail at once meanwhile.
 *
 * Where somebody else kills its children, that is no fault of the charts, and as a rule soon over:
 * for DRAWINGS_HOLD_NS since the first of these deaths they stay under way and are tried again as
 * gnuplot's rests allow, so that a moment's trouble costs no batch its chart. After that they fail
 * as above, until there was none for DRAWINGS_QUIET_NS: what always dies holds nobody up again and
 * again.
 */
#ifndef CONSUMER_DRAWINGS_H
#define CONSUMER_DRAWINGS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/chart/chart_terminal.h"
#include "consumer/chart/gnuplot.h"
#include "consumer/config/config.h"
#include "consumer/profile/profile.h"

/* The most children that `jobs` may ask for. */
#define DRAWINGS_MAX 8

#define DRAWINGS_HOLD_NS (10 * NUMBER_NS_PER_SECOND)
/* Longer than gnuplot rests at most, so that its attempts are one trouble. */
#define DRAWINGS_QUIET_NS (5 * GNUPLOT_REST_MAX_NS)

struct drawings;

/*
 * What came of a chart: a whole image, valid during the call, or NULL and why there is
 * none. `batch` is what drawings_begin was given. False tells drawings_advance that the
 * caller is in trouble, and is handed on.
 */
typedef bool drawings_drawn(void *context, void *batch, const char *image, size_t length,
                            const char *failure);

/*
 * None with CONFIG_CHART_NONE. Starts the first child ahead; `size` is copied. NULL when memory is
 * short.
 */
struct drawings *drawings_create(enum config_chart chart, const struct chart_size *size,
                                 size_t jobs);

/* Kills and reaps the children; what they were drawing is dropped without a word. */
void drawings_free(struct drawings *drawings);

/* What kind of pictures, and how large. */
const struct chart_format *drawings_format(const struct drawings *drawings);

/* How many may be under way, and how many are. */
size_t drawings_capacity(const struct drawings *drawings);
size_t drawings_under_way(const struct drawings *drawings);

/* Children that were started in the place of one that died, hung or lied. */
uint64_t drawings_restarts(const struct drawings *drawings);

/* Needs a free child. Its outcome, a failure to begin included, comes by drawings_advance. */
void drawings_begin(struct drawings *drawings, const char *key, const struct profile *profile,
                    void *batch, int64_t now_ns);

/* The same with commands that are not those of a batch's chart. */
void drawings_begin_script(struct drawings *drawings, const struct text *script, void *batch,
                           int64_t now_ns);

/* Moves all of them on as far as they go without blocking. */
bool drawings_advance(struct drawings *drawings, int64_t now_ns, drawings_drawn *drawn,
                      void *context);

/* What to poll, and until when, in monotonic nanoseconds. Returns how many entries were set. */
size_t drawings_fds(const struct drawings *drawings, struct pollfd *fds, size_t size);
int64_t drawings_deadline(const struct drawings *drawings);

#endif
