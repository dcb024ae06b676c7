#include "consumer/chart/gnuplot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"
#include "consumer/chart/child.h"

#define DONE_WORD "shared-data-picture-done"
/* A chart of this project is some 30 KiB; a child that sends this much has lost its way. */
#define IMAGE_MAX_BYTES (16u * 1024u * 1024u)
#define WORDS_MAX_BYTES (64u * 1024u)
#define TOO_MUCH "gnuplot sent more than an image"
#define FAILURE_SIZE 256
/* gnuplot writes SVG line by line, and each would wake us. A pipe holds what it writes meanwhile.
 */
#define GATHER_NS (2 * NUMBER_NS_PER_MS)

struct gnuplot {
    enum image_kind kind;
    char *preamble;
    enum gnuplot_state state;
    int64_t deadline_ns;
    bool gathers; /* until then nobody looks for more of the image */
    int64_t gathers_until_ns;

    struct child child;
    uint64_t started; /* children, so far */

    struct text script; /* still to be written, from `written` on */
    size_t written;
    struct text image;
    struct text words; /* what it said on standard error about this picture */
    char failure[FAILURE_SIZE];

    int64_t now_ns;  /* of the call under way */
    unsigned failed; /* children in a row that ended without finishing a picture */
    bool child_has_drawn;
    bool was_killed;
    int64_t rest_ns;
    int64_t rests_until_ns;
};

struct gnuplot *gnuplot_create(enum image_kind kind, const char *preamble)
{
    struct gnuplot *gnuplot = calloc(1, sizeof *gnuplot);
    if (gnuplot == NULL)
        return NULL;
    gnuplot->kind = kind;
    gnuplot->child = CHILD_NONE;
    gnuplot->preamble = strdup(preamble);
    if (gnuplot->preamble == NULL) {
        free(gnuplot);
        return NULL;
    }
    return gnuplot;
}

void gnuplot_free(struct gnuplot *gnuplot)
{
    if (gnuplot == NULL)
        return;
    (void)child_end(&gnuplot->child);
    text_free(&gnuplot->script);
    text_free(&gnuplot->image);
    text_free(&gnuplot->words);
    free(gnuplot->preamble);
    free(gnuplot);
}

/* A child that has drawn before it died is worth another at once. */
static void consider_a_rest(struct gnuplot *gnuplot)
{
    gnuplot->failed = gnuplot->child_has_drawn ? 0 : gnuplot->failed + 1;
    if (gnuplot->failed < GNUPLOT_PATIENCE) {
        gnuplot->rest_ns = GNUPLOT_REST_MIN_NS;
        return;
    }
    gnuplot->rests_until_ns = gnuplot->now_ns + gnuplot->rest_ns;
    gnuplot->rest_ns *= 2;
    if (gnuplot->rest_ns > GNUPLOT_REST_MAX_NS)
        gnuplot->rest_ns = GNUPLOT_REST_MAX_NS;
}

/* Returns how the child ended. */
static int fail(struct gnuplot *gnuplot, const char *cause)
{
    (void)snprintf(gnuplot->failure, sizeof gnuplot->failure, "%s", cause);
    gnuplot->state = GNUPLOT_FAILED;
    gnuplot->was_killed = false;
    int status = child_end(&gnuplot->child);
    consider_a_rest(gnuplot);
    gnuplot->child_has_drawn = false;
    return status;
}

static void clear_picture(struct gnuplot *gnuplot)
{
    text_clear(&gnuplot->script);
    text_clear(&gnuplot->image);
    text_clear(&gnuplot->words);
    gnuplot->written = 0;
    gnuplot->failure[0] = '\0';
}

static bool put_script(struct gnuplot *gnuplot, const char *script, size_t length)
{
    text_append(&gnuplot->script, script, length);
    if (!text_failed(&gnuplot->script))
        return true;
    (void)fail(gnuplot, "out of memory");
    return false;
}

bool gnuplot_start(struct gnuplot *gnuplot)
{
    if (gnuplot->child.pid > 0)
        return true;
    clear_picture(gnuplot);
    if (!child_start(&gnuplot->child)) {
        (void)fail(gnuplot, strerror(errno));
        return false;
    }
    gnuplot->started++;
    if (!put_script(gnuplot, gnuplot->preamble, strlen(gnuplot->preamble)))
        return false;
    /* A pipe holds more than a preamble, so it goes in one write and loading begins at once. */
    ssize_t count =
        write(gnuplot->child.commands_fd, gnuplot->script.bytes, gnuplot->script.length);
    gnuplot->written = count > 0 ? (size_t)count : 0;
    gnuplot->state = GNUPLOT_IDLE;
    return true;
}

static void gather(struct gnuplot *gnuplot)
{
    gnuplot->gathers = true;
    gnuplot->gathers_until_ns = gnuplot->now_ns + GATHER_NS;
}

bool gnuplot_submit(struct gnuplot *gnuplot, const char *script, size_t length, int64_t now_ns,
                    int64_t deadline_ns)
{
    static const char ending[] = "\nprint '" DONE_WORD "'\n";
    bool running = gnuplot->child.pid > 0;
    gnuplot->now_ns = now_ns;
    if (!running && now_ns < gnuplot->rests_until_ns)
        return false; /* the last failure's words stand */
    if (!running && !gnuplot_start(gnuplot))
        return false;
    if (running && gnuplot->written == gnuplot->script.length)
        clear_picture(gnuplot);
    text_clear(&gnuplot->image);
    text_clear(&gnuplot->words);
    if (!put_script(gnuplot, gnuplot->preamble, strlen(gnuplot->preamble)) ||
        !put_script(gnuplot, script, length) || !put_script(gnuplot, ending, sizeof ending - 1))
        return false;
    gnuplot->deadline_ns = deadline_ns;
    gather(gnuplot);
    gnuplot->state = GNUPLOT_BUSY;
    return true;
}

/* False when nobody knows what has arrived: what follows would be taken for something else. */
static bool write_commands(struct gnuplot *gnuplot)
{
    while (gnuplot->written < gnuplot->script.length) {
        ssize_t count = write(gnuplot->child.commands_fd, gnuplot->script.bytes + gnuplot->written,
                              gnuplot->script.length - gnuplot->written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN || errno == EPIPE; /* full, or gone: then its pipes say so */
        gnuplot->written += (size_t)count;
    }
    return true;
}

/*
 * Reads what is there. False at the end of the stream: the child has closed it. Ends with
 * text_failed() at the maximum: a child that writes without end would never let it go.
 */
static bool drain(int fd, struct text *into, size_t maximum)
{
    char buffer[64 * 1024];
    while (!text_failed(into)) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN;
        if (count == 0)
            return false;
        if (into->length + (size_t)count <= maximum)
            text_append(into, buffer, (size_t)count);
        else
            into->failed = true;
    }
    return true;
}

/*
 * The last line that it said before `end`, NULL where it said nothing; gnuplot prefixes it with
 * blank lines and a caret. What is not printable ASCII becomes '?': it comes from outside.
 */
static const char *last_line(struct gnuplot *gnuplot, size_t end)
{
    struct text *words = &gnuplot->words;
    words->length = end;
    while (words->length > 0 && strchr(" \n\t", words->bytes[words->length - 1]) != NULL)
        words->bytes[--words->length] = '\0';
    if (words->length == 0)
        return NULL;
    words->bytes[words->length] = '\0';
    size_t start = words->length;
    while (start > 0 && words->bytes[start - 1] != '\n')
        start--;
    for (char *byte = words->bytes + start; byte < words->bytes + words->length; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
    return words->bytes + start + strspn(words->bytes + start, " \t");
}

static const char *last_words(struct gnuplot *gnuplot)
{
    const char *line = last_line(gnuplot, gnuplot->words.length);
    return line == NULL ? "gnuplot died" : line;
}

/* What is wrong with the image, and what gnuplot had to say for itself. */
static void fail_with_words(struct gnuplot *gnuplot, const char *cause)
{
    char both[FAILURE_SIZE];
    const char *done = strstr(gnuplot->words.bytes, DONE_WORD);
    const char *line = last_line(gnuplot, (size_t)(done - gnuplot->words.bytes));
    (void)snprintf(both, sizeof both, "%s%s%s", cause, line == NULL ? "" : ": ",
                   line == NULL ? "" : line);
    (void)fail(gnuplot, both);
}

static void conclude(struct gnuplot *gnuplot)
{
    /* The word is said behind the image's last byte, so that byte is in the pipe by now. */
    (void)drain(gnuplot->child.image_fd, &gnuplot->image, IMAGE_MAX_BYTES);
    if (text_failed(&gnuplot->image))
        (void)fail(gnuplot, TOO_MUCH);
    else if (gnuplot->written < gnuplot->script.length)
        (void)fail(gnuplot, "gnuplot answered before it was asked");
    else if (!image_is_whole(gnuplot->kind, gnuplot->image.bytes, gnuplot->image.length))
        fail_with_words(gnuplot, gnuplot->image.length == 0 ? "gnuplot sent no image"
                                                            : "gnuplot sent a damaged image");
    else {
        gnuplot->state = GNUPLOT_DONE;
        gnuplot->child_has_drawn = true;
        gnuplot->failed = 0;
    }
}

static bool drain_image(struct gnuplot *gnuplot)
{
    size_t before = gnuplot->image.length;
    if (gnuplot->gathers && gnuplot->now_ns < gnuplot->gathers_until_ns)
        return true;
    bool open = drain(gnuplot->child.image_fd, &gnuplot->image, IMAGE_MAX_BYTES);
    gnuplot->gathers = false;
    if (gnuplot->image.length > before)
        gather(gnuplot);
    return open;
}

enum gnuplot_state gnuplot_advance(struct gnuplot *gnuplot, int64_t now_ns)
{
    if (gnuplot->state != GNUPLOT_BUSY)
        return gnuplot->state;
    gnuplot->now_ns = now_ns;
    if (!write_commands(gnuplot)) {
        (void)fail(gnuplot, "gnuplot cannot be written to");
        return gnuplot->state;
    }
    bool alive = drain_image(gnuplot);
    alive = drain(gnuplot->child.words_fd, &gnuplot->words, WORDS_MAX_BYTES) && alive;
    if (gnuplot->words.length > 0 && strstr(gnuplot->words.bytes, DONE_WORD) != NULL)
        conclude(gnuplot);
    else if (text_failed(&gnuplot->image) || text_failed(&gnuplot->words))
        (void)fail(gnuplot, TOO_MUCH);
    else if (!alive)
        gnuplot->was_killed = WIFSIGNALED(fail(gnuplot, last_words(gnuplot)));
    else if (now_ns >= gnuplot->deadline_ns)
        (void)fail(gnuplot, "gnuplot took too long");
    return gnuplot->state;
}

enum gnuplot_state gnuplot_state(const struct gnuplot *gnuplot)
{
    return gnuplot->state;
}

void gnuplot_fds(const struct gnuplot *gnuplot, struct pollfd fds[GNUPLOT_FDS])
{
    bool busy = gnuplot->state == GNUPLOT_BUSY;
    bool writing = busy && gnuplot->written < gnuplot->script.length;
    fds[0] = (struct pollfd){.fd = writing ? gnuplot->child.commands_fd : -1, .events = POLLOUT};
    bool looking = busy && !gnuplot->gathers;
    fds[1] = (struct pollfd){.fd = looking ? gnuplot->child.image_fd : -1, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = busy ? gnuplot->child.words_fd : -1, .events = POLLIN};
}

int64_t gnuplot_deadline(const struct gnuplot *gnuplot)
{
    if (gnuplot->state != GNUPLOT_BUSY)
        return INT64_MAX;
    return gnuplot->gathers ? gnuplot->gathers_until_ns : gnuplot->deadline_ns;
}

const char *gnuplot_image(const struct gnuplot *gnuplot, size_t *length)
{
    *length = gnuplot->image.length;
    return gnuplot->image.bytes;
}

bool gnuplot_was_killed(const struct gnuplot *gnuplot)
{
    return gnuplot->was_killed;
}

int64_t gnuplot_rests_until(const struct gnuplot *gnuplot)
{
    return gnuplot->rests_until_ns;
}

uint64_t gnuplot_restarts(const struct gnuplot *gnuplot)
{
    return gnuplot->started > 1 ? gnuplot->started - 1 : 0;
}

const char *gnuplot_failure(const struct gnuplot *gnuplot)
{
    return gnuplot->failure;
}
