#include "consumer/status/progress.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "consumer/status/display.h"

#define WIPE "\r\x1b[K"
#define WIPE_REST "\x1b[K"
#define GAP 2
/* Less of a name tells nothing. */
#define NAME_MIN 8
/* Of a terminal that does not know its own. */
#define WIDTH_UNKNOWN 80

/* ---- the line ---- */

enum part { AMOUNT, PERCENT, RATE, RATE_BESIDE, LEFT };
#define PARTS (LEFT + 1)

struct parts {
    char texts[PARTS][2 * NUMBER_HUMAN_SIZE + 32]; /* "": there is none */
};

__attribute__((format(printf, 3, 4))) static void set_part(struct parts *parts, enum part part,
                                                           const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(parts->texts[part], sizeof parts->texts[part], format, arguments);
    va_end(arguments);
}

static void set_byte_rate(struct parts *parts, enum part part, const struct pace *pace)
{
    char human[NUMBER_HUMAN_SIZE];
    number_format_size(human, (uint64_t)pace->per_second);
    set_part(parts, part, "%s/s", human);
}

static void set_items(struct parts *parts, const struct progress_work *work,
                      const struct progress_paces *paces)
{
    double rate = paces->items.per_second;
    set_part(parts, AMOUNT, "%" PRIu64 " of %" PRIu64 " %s", work->items, work->items_total,
             work->unit);
    set_part(parts, RATE, rate < 9.95 ? "%.1f/s" : "%.0f/s", rate);
    set_byte_rate(parts, RATE_BESIDE, &paces->bytes);
}

static void set_bytes(struct parts *parts, const struct progress_work *work,
                      const struct progress_paces *paces)
{
    char done[NUMBER_HUMAN_SIZE];
    char total[NUMBER_HUMAN_SIZE];
    number_format_size(done, work->bytes);
    number_format_size(total, work->bytes_total);
    set_part(parts, AMOUNT, "%s%s%s", done, work->bytes_total > 0 ? " of " : "",
             work->bytes_total > 0 ? total : "");
    set_byte_rate(parts, RATE, &paces->bytes);
}

/* By bytes where they are known: batches differ in size by more than bytes do in what they cost. */
static void set_share(struct parts *parts, const struct progress_work *work,
                      const struct progress_paces *paces)
{
    char human[NUMBER_HUMAN_SIZE];
    bool by_bytes = work->bytes_total > 0;
    uint64_t done = by_bytes ? work->bytes : work->items;
    uint64_t total = by_bytes ? work->bytes_total : work->items_total;
    if (total == 0)
        return;
    if (done > total)
        done = total;
    set_part(parts, PERCENT, "%d%%", (int)((double)done * 100 / (double)total));
    int64_t left_ns = pace_left_ns(by_bytes ? &paces->bytes : &paces->items, total - done);
    if (left_ns == PACE_UNKNOWN)
        return;
    /* Whole seconds, the last one begun: parts of them would only flicker. */
    left_ns += NUMBER_NS_PER_SECOND - 1;
    number_format_duration(human, left_ns - left_ns % NUMBER_NS_PER_SECOND);
    set_part(parts, LEFT, "%s left", done == total ? "0s" : human);
}

static size_t width_of(const struct parts *parts)
{
    size_t cells = 0;
    for (size_t i = 0; i < PARTS; i++)
        if (parts->texts[i][0] != '\0')
            cells += (cells > 0 ? GAP : 0) + strlen(parts->texts[i]);
    return cells;
}

static void leave_out(struct parts *parts, size_t width)
{
    static const enum part FIRST_TO_GO[] = {RATE_BESIDE, AMOUNT, RATE, PERCENT, LEFT};
    for (size_t i = 0; i < PARTS && width_of(parts) > width; i++)
        parts->texts[FIRST_TO_GO[i]][0] = '\0';
}

void progress_write_line(struct text *line, const struct progress_work *work,
                         const struct progress_paces *paces, size_t width)
{
    struct parts parts = {.texts = {""}};
    if (work->unit != NULL)
        set_items(&parts, work, paces);
    else
        set_bytes(&parts, work, paces);
    set_share(&parts, work, paces);
    leave_out(&parts, width);
    size_t rest = width - width_of(&parts);
    size_t cells = 0;
    if (work->name != NULL && rest >= NAME_MIN + GAP)
        cells = display_append(line, work->name, strlen(work->name), rest - GAP);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts.texts[i][0] == '\0')
            continue;
        display_pad(line, cells > 0 ? GAP : 0);
        text_put(line, parts.texts[i]);
        cells++;
    }
}

/* ---- on the terminal ---- */

struct progress {
    int fd;
    struct progress_paces paces;
    int64_t due_ns;
    struct text line; /* as it stands there, or would */
    bool shown;
};

/* Without its wipe a line of the log would stand behind ours: so a busy terminal is waited for. */
#define WIPE_WAIT_MS 50

static void put(const struct progress *progress, const char *bytes, size_t length, int wait_ms)
{
    struct pollfd out = {.fd = progress->fd, .events = POLLOUT};
    if (poll(&out, 1, wait_ms) == 1 && (out.revents & POLLOUT) != 0 &&
        write(progress->fd, bytes, length) < 0)
        return; /* a line that is lost is drawn anew soon */
}

static void make_room(void *context)
{
    const struct progress *progress = context;
    if (progress->shown)
        put(progress, WIPE, sizeof WIPE - 1, WIPE_WAIT_MS);
}

static void come_back(void *context)
{
    const struct progress *progress = context;
    if (progress->shown)
        put(progress, progress->line.bytes, progress->line.length, 0);
}

static bool is_for_people(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) == 1 && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct progress *progress_open(int fd)
{
    struct progress *progress = is_for_people(fd) ? calloc(1, sizeof *progress) : NULL;
    if (progress == NULL)
        return NULL;
    progress->fd = fd;
    progress->due_ns = INT64_MAX;
    log_beside(&(struct log_neighbour){
        .make_room = make_room, .come_back = come_back, .context = progress});
    return progress;
}

void progress_close(struct progress *progress)
{
    if (progress == NULL)
        return;
    progress_hide(progress);
    log_beside(NULL);
    text_free(&progress->line);
    free(progress);
}

void progress_begin(struct progress *progress, int64_t now_ns)
{
    if (progress == NULL)
        return;
    progress->paces = (struct progress_paces){pace_from(now_ns), pace_from(now_ns)};
    progress->due_ns = now_ns + PROGRESS_PATIENCE_NS;
}

bool progress_is_due(const struct progress *progress, int64_t now_ns)
{
    return progress != NULL && now_ns >= progress->due_ns;
}

int64_t progress_deadline(const struct progress *progress)
{
    return progress != NULL ? progress->due_ns : INT64_MAX;
}

/* The last cell stays free: some terminals go to the next line behind it. */
static size_t width_to_fill(int fd)
{
    size_t width = display_terminal_width(fd);
    return width == DISPLAY_ENDLESS ? WIDTH_UNKNOWN - 1 : width - 1;
}

void progress_show(struct progress *progress, const struct progress_work *work, int64_t now_ns)
{
    if (!progress_is_due(progress, now_ns))
        return;
    pace_note(&progress->paces.items, work->items, now_ns);
    pace_note(&progress->paces.bytes, work->bytes, now_ns);
    progress->due_ns = now_ns + PROGRESS_SPACING_NS;
    text_clear(&progress->line);
    text_put(&progress->line, "\r");
    progress_write_line(&progress->line, work, &progress->paces, width_to_fill(progress->fd));
    text_put(&progress->line, WIPE_REST);
    progress->shown = !text_failed(&progress->line);
    come_back(progress);
}

void progress_hide(struct progress *progress)
{
    if (progress == NULL)
        return;
    make_room(progress);
    progress->shown = false;
}
