#include "consumer/chart/chart_frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "consumer/chart/chart_text.h"

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
                     "set key off\n"
                     "set datafile nofpe_trap\n"); /* else three system calls a label */
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
    put_title_line(script, size, 1, 22, "font " CHART_FONT_BOLD("13"));
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

/* Where an axis cannot be drawn at all; gnuplot's calculations overflow or vanish. */
#define LARGEST 1e300
#define SMALLEST 1e-290

/* Ends that no double tells apart, or hardly, go outwards. */
static void widen(double *low, double *high)
{
    double least = fmax(fmax(fabs(*low), fabs(*high)) * CHART_LEAST_SPAN, SMALLEST);
    double apart = (least - (*high - *low)) / 2;
    if (apart <= 0)
        return;
    *low -= apart;
    *high += apart;
}

void chart_frame_round(double *low, double *high, unsigned steps)
{
    if (*low == *high) {
        double apart = *low == 0 ? 1 : fabs(*low) * 0.1;
        *low -= *low == 0 ? 0 : apart;
        *high += apart;
    }
    if (fmax(fabs(*low), fabs(*high)) >= LARGEST)
        return;
    widen(low, high);
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
    {1e18, 1, ""},   {1e15, 1e15, "P"}, {1e12, 1e12, "T"}, {1e9, 1e9, "G"},
    {1e6, 1e6, "M"}, {1e5, 1e3, "k"},   {0, 1, ""},
};

/* As in "1.5M"; `largest` is that of all that are to be read together. */
static void put_number(struct text *script, const char *sign, double number, double largest)
{
    size_t i = 0;
    while (largest < PREFIXES[i].from)
        i++;
    text_printf(script, "%s%.12g%s", sign, number / PREFIXES[i].one + 0.0,
                number == 0 ? "" : PREFIXES[i].prefix);
}

static void put_whole_number(struct text *script, double number)
{
    char digits[NUMBER_DOUBLE_SIZE];
    number_format_double(digits, number);
    text_put(script, digits);
}

/* The whole steps on an axis. */
struct marks {
    struct step step;
    double size;  /* of a step */
    double first; /* the steps from zero to the first mark */
    unsigned count;
    unsigned apart; /* from a mark to the next, in steps */
};

static struct marks marks_of(double low, double high, unsigned steps)
{
    struct marks marks = {.step = step_of(low, high, steps), .apart = 1};
    marks.size = times_power(marks.step.digits, marks.step.power);
    marks.first = ceil(low / marks.size - 1e-9);
    double last = floor(high / marks.size + 1e-9);
    marks.count = last < marks.first ? 0 : (unsigned)fmin(last - marks.first, MARKS_MAX) + 1;
    return marks;
}

/*
 * One mark says nothing about a scale, and none would be gnuplot's to choose. Six steps are sure to
 * have two, since a step is rounded up to two and a half times its size at most. Where those are
 * more than there is room for, some are left out.
 */
static struct marks two_marks_of(double low, double high, unsigned steps)
{
    unsigned room = steps + 1;
    struct marks marks = marks_of(low, high, steps);
    while (marks.count < 2 && steps < 6)
        marks = marks_of(low, high, ++steps);
    marks.apart = (marks.count + room - 1) / room;
    marks.apart = marks.apart < 2 ? 1 : marks.apart;
    marks.count = (marks.count + marks.apart - 1) / marks.apart;
    return marks;
}

static double whole_steps(const struct marks *marks, double steps)
{
    return times_power(steps * marks->step.digits, marks->step.power);
}

static double mark_at(const struct marks *marks, unsigned i)
{
    return whole_steps(marks, marks->first + i * marks->apart);
}

/* From so many steps on a mark has digits that are the same in all, and nobody sees the others. */
#define STEPS_SEEN 1e5

/* Then the first is written with all of its digits, and the others as what they are more. */
static void put_words(struct text *script, const struct marks *marks, unsigned i, double largest)
{
    if (largest < marks->size * STEPS_SEEN)
        put_number(script, "", mark_at(marks, i), largest);
    else if (i == 0)
        put_whole_number(script, mark_at(marks, 0));
    else
        put_number(script, "+", whole_steps(marks, i * marks->apart),
                   whole_steps(marks, (marks->count - 1) * marks->apart));
}

static void put_marks(struct text *script, const struct marks *marks, double largest)
{
    for (unsigned i = 0; i < marks->count; i++) {
        text_put(script, i == 0 ? "\"" : ", \"");
        put_words(script, marks, i, largest);
        text_put(script, "\" ");
        put_whole_number(script, mark_at(marks, i) + 0.0);
    }
}

void chart_frame_put_axis(struct text *script, enum chart_axis axis, double low, double high,
                          unsigned steps)
{
    const char *name = axis == CHART_AXIS_X ? "x" : "y";
    if (low > high || fmax(fabs(low), fabs(high)) >= LARGEST)
        return;
    widen(&low, &high);
    struct marks marks = two_marks_of(low, high, steps);
    text_printf(script, "set %srange [", name);
    chart_text_put_number(script, low);
    text_put(script, ":");
    chart_text_put_number(script, high);
    text_printf(script, "]\nset %stics (", name);
    put_marks(script, &marks, fmax(fabs(low), fabs(high)));
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
