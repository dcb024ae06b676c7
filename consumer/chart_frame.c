#include "consumer/chart_frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "consumer/chart_text.h"

const char *const CHART_COLOURS[CHART_COLOURS_COUNT] = {"#0072b2", "#d55e00", "#009e73",
                                                        "#cc79a7", "#e69f00", "#56b4e9"};

#define MARGIN_PX 20u
#define TITLE_FONT_PX 20u /* bold, and so the wider */
/* More would stand on one another, whatever the axis. */
#define MARKS_MAX 100.0

/* ---- frame and title ---- */

void chart_frame_put(struct text *script)
{
    text_put(script, "reset\n"
                     "undefine $*\n"
                     "set border 3 linecolor '" CHART_COLOUR_TEXT "'\n"
                     "set tics nomirror out scale 0.5 textcolor '" CHART_COLOUR_TEXT "'\n"
                     "set grid ytics linetype 1 linecolor '" CHART_COLOUR_GRID "'\n"
                     "set key off\n");
    /* A title of ours is a label. gnuplot's own comes last, and its black is the colour that the
       svg terminal begins with; any other would be found in the next picture. */
    text_put(script, "set title ' '\n");
}

static void put_title_line(struct text *script, const struct chart_size *size, unsigned line,
                           unsigned down_px, const char *look)
{
    text_printf(script, "set label %u substr($title[%u], 2, strlen($title[%u])) ", line, line,
                line);
    text_printf(script, "at screen %.4f, screen %.4f left %s\n",
                (double)MARGIN_PX / (double)size->width,
                1.0 - (double)down_px / (double)size->height, look);
}

void chart_frame_put_title(struct text *script, const struct chart_size *size, const char *title,
                           const char *below)
{
    size_t room = (size_t)(size->width - 2 * MARGIN_PX) * 100;
    chart_text_open(script, "title");
    chart_text_put_line(script, title, strlen(title), room / TITLE_FONT_PX);
    chart_text_put_line(script, below, strlen(below), room / CHART_FONT_PX);
    chart_text_close(script);
    put_title_line(script, size, 1, 22, "font ':Bold,13'");
    put_title_line(script, size, 2, 44, "textcolor '" CHART_COLOUR_FAINT "'");
    text_printf(script, "set tmargin at screen %.4f\n",
                1.0 - (double)CHART_TITLE_PX / (double)size->height);
}

/* ---- axes ---- */

/* A round number, as a whole number and the power of ten that it is to be taken times. */
struct step {
    double digits; /* 1, 2 or 5 */
    int power;
};

static double times_power(double number, int power)
{
    return power < 0 ? number / pow(10, -power) : number * pow(10, power);
}

/* The smallest round number of which `steps` reach over the span, which is positive. */
static struct step step_of(double low, double high, unsigned steps)
{
    static const double DIGITS[] = {1, 2, 5};
    double least = high / steps - low / steps;
    struct step step = {1, (int)floor(log10(least))};
    for (size_t i = 0; i < sizeof DIGITS / sizeof *DIGITS; i++) {
        step.digits = DIGITS[i];
        if (times_power(step.digits, step.power) >= least * (1 - 1e-9))
            return step;
    }
    return (struct step){1, step.power + 1};
}

/* Where doubles have no digits left for a step, or no room for a span, there is none. */
static bool can_step(double low, double high)
{
    double largest = fmax(fabs(low), fabs(high));
    return high > low && largest < 1e300 && high - low > largest * 1e-12 && high - low > 1e-300;
}

void chart_frame_round(double *low, double *high, unsigned steps)
{
    if (*low == *high) {
        double apart = *low == 0 ? 1 : fabs(*low) * 0.1;
        *low -= *low == 0 ? 0 : apart;
        *high += apart;
    }
    if (!can_step(*low, *high))
        return;
    struct step step = step_of(*low, *high, steps);
    double size = times_power(step.digits, step.power);
    *low = times_power(floor(*low / size + 1e-9) * step.digits, step.power);
    *high = times_power(ceil(*high / size - 1e-9) * step.digits, step.power);
}

/* Thousands and up by their SI prefix, all marks of an axis by the same. */
static const struct {
    double from;
    double one;
    const char *prefix;
} PREFIXES[] = {
    {1e15, 1, ""}, {1e12, 1e12, "T"}, {1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e5, 1e3, "k"}, {0, 1, ""},
};

static void put_mark(struct text *script, double at, double largest)
{
    char digits[NUMBER_DOUBLE_SIZE];
    size_t i = 0;
    while (largest < PREFIXES[i].from)
        i++;
    number_format_double(digits, at + 0.0);
    text_printf(script, "\"%.12g%s\" %s", at / PREFIXES[i].one + 0.0,
                at == 0 ? "" : PREFIXES[i].prefix, digits);
}

/* No mark at all would be gnuplot's to choose: then steps are smaller. */
static struct step step_with_marks(double low, double high, unsigned steps)
{
    struct step step = step_of(low, high, steps);
    for (int tries = 0; tries < 8; tries++) {
        double size = times_power(step.digits, step.power);
        if (ceil(low / size - 1e-9) <= floor(high / size + 1e-9))
            break;
        step = step_of(low, high, steps *= 2);
    }
    return step;
}

void chart_frame_put_axis(struct text *script, enum chart_axis axis, double low, double high,
                          unsigned steps)
{
    const char *name = axis == CHART_AXIS_X ? "x" : "y";
    if (!can_step(low, high))
        return;
    struct step step = step_with_marks(low, high, steps);
    double size = times_power(step.digits, step.power);
    double first = ceil(low / size - 1e-9);
    double last = floor(high / size + 1e-9);
    text_printf(script, "set %srange [", name);
    chart_text_put_number(script, low);
    text_put(script, ":");
    chart_text_put_number(script, high);
    text_printf(script, "]\nset %stics (", name);
    unsigned marks = last < first ? 0 : (unsigned)fmin(last - first, MARKS_MAX) + 1;
    for (unsigned i = 0; i < marks; i++) {
        text_put(script, i == 0 ? "" : ", ");
        put_mark(script, times_power((first + i) * step.digits, step.power),
                 fmax(fabs(low), fabs(high)));
    }
    text_put(script, ")\n");
}

void chart_frame_put_counts(struct text *script, enum chart_axis axis, double most, unsigned steps)
{
    double none = 0;
    if (most < steps)
        steps = most < 1 ? 1 : (unsigned)most;
    chart_frame_round(&none, &most, steps);
    chart_frame_put_axis(script, axis, none, most, steps);
}
