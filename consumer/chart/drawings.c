#include "consumer/chart/drawings.h"

#include <stdlib.h>

#include "common/text.h"
#include "consumer/chart/chart.h"
#include "consumer/chart/glyphs.h"

/* A large picture is given as much time again for each so many. */
#define PIXELS_A_DEADLINE 4000000u

struct drawing {
    struct gnuplot *gnuplot;
    void *batch; /* NULL: nothing is being drawn */
    struct text script;
    bool begun; /* the child has the script */
    bool held;  /* not begun, and tried again when gnuplot has rested */
    bool second_try;
};

struct drawings {
    struct chart_format format;
    int64_t patience_ns; /* with a picture of this size */
    struct drawing all[DRAWINGS_MAX];
    size_t count;
    int64_t trouble_ns; /* the first child was killed then, */
    int64_t killed_ns;  /* and the last one then */
};

static bool add_child(struct drawings *drawings, const char *preamble)
{
    enum image_kind kind = drawings->format.svg ? IMAGE_SVG : IMAGE_PNG;
    struct gnuplot *gnuplot = gnuplot_create(kind, preamble);
    if (gnuplot != NULL)
        drawings->all[drawings->count++].gnuplot = gnuplot;
    return gnuplot != NULL;
}

struct drawings *drawings_create(enum config_chart chart, const struct chart_size *size,
                                 size_t jobs)
{
    struct drawings *drawings = calloc(1, sizeof *drawings);
    struct text preamble = {0};
    if (drawings == NULL || chart == CONFIG_CHART_NONE)
        return drawings;
    drawings->killed_ns = INT64_MIN / 2; /* long ago */
    drawings->format = (struct chart_format){.svg = chart == CONFIG_CHART_SVG, .size = *size};
    drawings->patience_ns = GNUPLOT_DEADLINE_NS;
    if (!drawings->format.svg)
        drawings->patience_ns *= 1 + (int64_t)(chart_size_pixels(size) / PIXELS_A_DEADLINE);
    chart_terminal_put_preamble(&preamble, &drawings->format);
    bool good = !text_failed(&preamble);
    while (good && drawings->count < jobs && drawings->count < DRAWINGS_MAX)
        good = add_child(drawings, preamble.bytes);
    text_free(&preamble);
    if (!good) {
        drawings_free(drawings);
        return NULL;
    }
    if (!drawings->format.svg)
        glyphs_prepare();
    if (drawings->count > 0)
        (void)gnuplot_start(drawings->all[0].gnuplot);
    return drawings;
}

void drawings_free(struct drawings *drawings)
{
    if (drawings == NULL)
        return;
    for (size_t i = 0; i < drawings->count; i++) {
        gnuplot_free(drawings->all[i].gnuplot);
        text_free(&drawings->all[i].script);
    }
    glyphs_forget();
    free(drawings);
}

const struct chart_format *drawings_format(const struct drawings *drawings)
{
    return &drawings->format;
}

size_t drawings_capacity(const struct drawings *drawings)
{
    return drawings->count;
}

size_t drawings_under_way(const struct drawings *drawings)
{
    size_t count = 0;
    for (size_t i = 0; i < drawings->count; i++)
        count += drawings->all[i].batch != NULL ? 1 : 0;
    return count;
}

uint64_t drawings_restarts(const struct drawings *drawings)
{
    uint64_t count = 0;
    for (size_t i = 0; i < drawings->count; i++)
        count += gnuplot_restarts(drawings->all[i].gnuplot);
    return count;
}

static bool submit(const struct drawings *drawings, struct drawing *drawing, int64_t now_ns)
{
    return gnuplot_submit(drawing->gnuplot, drawing->script.bytes, drawing->script.length, now_ns,
                          now_ns + drawings->patience_ns);
}

static struct drawing *occupy(struct drawings *drawings, void *batch)
{
    struct drawing *drawing = drawings->all;
    while (drawing->batch != NULL)
        drawing++;
    drawing->batch = batch;
    drawing->second_try = drawing->held = false;
    text_clear(&drawing->script);
    return drawing;
}

static void begin(const struct drawings *drawings, struct drawing *drawing, int64_t now_ns)
{
    if (!drawings->format.svg)
        glyphs_replace_missing(&drawing->script);
    drawing->begun = !text_failed(&drawing->script) && submit(drawings, drawing, now_ns);
}

void drawings_begin(struct drawings *drawings, const char *key, const struct profile *profile,
                    void *batch, int64_t now_ns)
{
    struct drawing *drawing = occupy(drawings, batch);
    chart_write(&drawing->script, key, profile, &drawings->format);
    begin(drawings, drawing, now_ns);
}

void drawings_begin_script(struct drawings *drawings, const struct text *script, void *batch,
                           int64_t now_ns)
{
    struct drawing *drawing = occupy(drawings, batch);
    text_append(&drawing->script, script->bytes, script->length);
    drawing->script.failed = drawing->script.failed || script->failed;
    begin(drawings, drawing, now_ns);
}

static bool try_again(const struct drawings *drawings, struct drawing *drawing, int64_t now_ns)
{
    bool again = !drawing->second_try && !text_failed(&drawing->script);
    drawing->second_try = true;
    return again && submit(drawings, drawing, now_ns);
}

/* Tries again what failed for no reason of its own, unless that has lasted too long. */
static bool hold(struct drawings *drawings, struct drawing *drawing, int64_t now_ns)
{
    drawing->held = false;
    if (!gnuplot_was_killed(drawing->gnuplot) || text_failed(&drawing->script))
        return false;
    if (now_ns - drawings->killed_ns > DRAWINGS_QUIET_NS)
        drawings->trouble_ns = now_ns;
    drawings->killed_ns = now_ns;
    if (now_ns - drawings->trouble_ns >= DRAWINGS_HOLD_NS)
        return false;
    drawing->begun = submit(drawings, drawing, now_ns);
    drawing->held = !drawing->begun;
    return true;
}

static bool conclude(struct drawing *drawing, drawings_drawn *drawn, void *context)
{
    void *batch = drawing->batch;
    size_t length = 0;
    drawing->batch = NULL;
    if (!drawing->begun)
        return drawn(context, batch, NULL, 0,
                     text_failed(&drawing->script) ? "out of memory"
                                                   : gnuplot_failure(drawing->gnuplot));
    if (gnuplot_state(drawing->gnuplot) != GNUPLOT_DONE)
        return drawn(context, batch, NULL, 0, gnuplot_failure(drawing->gnuplot));
    const char *image = gnuplot_image(drawing->gnuplot, &length);
    return drawn(context, batch, image, length, NULL);
}

static bool advance(struct drawings *drawings, struct drawing *drawing, int64_t now_ns,
                    drawings_drawn *drawn, void *context)
{
    bool tried = drawing->begun;
    enum gnuplot_state state = tried ? gnuplot_advance(drawing->gnuplot, now_ns) : GNUPLOT_FAILED;
    if (state == GNUPLOT_BUSY)
        return true;
    if (state == GNUPLOT_FAILED &&
        (hold(drawings, drawing, now_ns) || (tried && try_again(drawings, drawing, now_ns))))
        return true;
    return conclude(drawing, drawn, context);
}

bool drawings_advance(struct drawings *drawings, int64_t now_ns, drawings_drawn *drawn,
                      void *context)
{
    bool good = true;
    for (size_t i = 0; i < drawings->count; i++)
        if (drawings->all[i].batch != NULL)
            good = advance(drawings, &drawings->all[i], now_ns, drawn, context) && good;
    return good;
}

size_t drawings_fds(const struct drawings *drawings, struct pollfd *fds, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < drawings->count && count + GNUPLOT_FDS <= size; i++) {
        gnuplot_fds(drawings->all[i].gnuplot, fds + count);
        count += GNUPLOT_FDS;
    }
    return count;
}

static int64_t deadline_of(const struct drawings *drawings, const struct drawing *drawing)
{
    if (drawing->begun)
        return gnuplot_deadline(drawing->gnuplot);
    if (!drawing->held)
        return 0;
    int64_t rested_ns = gnuplot_rests_until(drawing->gnuplot);
    int64_t over_ns = drawings->trouble_ns + DRAWINGS_HOLD_NS;
    return rested_ns < over_ns ? rested_ns : over_ns;
}

int64_t drawings_deadline(const struct drawings *drawings)
{
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < drawings->count; i++) {
        const struct drawing *drawing = &drawings->all[i];
        if (drawing->batch == NULL)
            continue;
        int64_t deadline = deadline_of(drawings, drawing);
        if (deadline < earliest)
            earliest = deadline;
    }
    return earliest;
}
