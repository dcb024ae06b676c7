/*
 * progress - one line at the foot of a terminal: how far long work has come, how fast it goes,
 * and how long the rest takes.
 *
 *     struct progress *progress = progress_open(STDERR_FILENO);    NULL where nobody would see it
 *     progress_begin(progress, now_ns);
 *     while (...)
 *         if (progress_is_due(progress, now_ns))
 *             progress_show(progress, &(struct progress_work){...}, now_ns);
 *     progress_hide(progress);               before something else is printed there
 *     progress_close(progress);
 *
 * It is drawn over itself at most every PROGRESS_SPACING_NS, and not at all before the work has
 * lasted PROGRESS_PATIENCE_NS: what is over at once needs no word. Lines of the log that go to a
 * terminal as well stay whole: the line makes room for each and comes back below it. In the end
 * it is wiped away. It is never wider than the terminal, whose width is asked for each time,
 * uses no colours, and waits for nobody: a terminal that is stopped (Ctrl-S) is passed over.
 *
 * Every function takes NULL and then does nothing.
 */
#ifndef CONSUMER_PROGRESS_H
#define CONSUMER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/number.h"
#include "common/text.h"
#include "consumer/status/pace.h"

#define PROGRESS_SPACING_NS (100 * NUMBER_NS_PER_MS)
#define PROGRESS_PATIENCE_NS (300 * NUMBER_NS_PER_MS)

/* How far it is. */
struct progress_work {
    const char *name;     /* of what is worked on, in somebody else's words; NULL: none */
    const char *unit;     /* of the items: "batches"; NULL: there are only bytes */
    uint64_t items;       /* done, */
    uint64_t items_total; /* and in sight */
    uint64_t bytes;       /* done, */
    uint64_t bytes_total; /* and in sight, 0 where nobody can know */
};

struct progress_paces {
    struct pace items;
    struct pace bytes;
};

struct progress;

/* NULL unless `fd` is a terminal that can go back in a line (TERM is set, and not "dumb"). */
struct progress *progress_open(int fd);
void progress_close(struct progress *progress);

/* A piece of work begins: its pace is that of no other. */
void progress_begin(struct progress *progress, int64_t now_ns);

/* Spares counting what would not be shown. */
bool progress_is_due(const struct progress *progress, int64_t now_ns);

/* When it is due again; INT64_MAX for NULL. */
int64_t progress_deadline(const struct progress *progress);

void progress_show(struct progress *progress, const struct progress_work *work, int64_t now_ns);

/* Wipes the line away until it is shown again. */
void progress_hide(struct progress *progress);

/*
 * The line itself, in at most `width` cells: where it is too long the less telling parts are
 * left out, the time left last of all, and the name is cut.
 */
void progress_write_line(struct text *line, const struct progress_work *work,
                         const struct progress_paces *paces, size_t width);

#endif
