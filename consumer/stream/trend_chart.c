#include "consumer/stream/trend_chart.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_text.h"

/* Tints of the first colour, from the outer band to the line. */
#define COLOUR_OUTER "#d9e8f3"
#define COLOUR_INNER "#92c0e0"
#define COLOUR_MEDIAN "#004f7c"
#define COLOUR_REJECTED "#d55e00"

/* ---- steps: places, joined until each can be seen ---- */

struct steps {
    struct trend_place list[TREND_CHART_STEPS_MAX + 1];
    size_t count;
};

/* Of how many batches at least; only the last step may be of fewer. */
static uint64_t least_batches(const struct trend *trend)
{
    return (trend_batches(trend) + TREND_CHART_STEPS_MAX - 1) / TREND_CHART_STEPS_MAX;
}

static void make_steps(const struct trend *trend, struct steps *steps)
{
    uint64_t least = least_batches(trend);
    steps->count = 0;
    for (size_t i = 0; i < trend_place_count(trend); i++) {
        const struct trend_place *place = trend_place(trend, i);
        struct trend_place *last = steps->count == 0 ? NULL : &steps->list[steps->count - 1];
        if (last != NULL && last->batches < least)
            trend_join(last, place);
        else
            steps->list[steps->count++] = *place;
    }
}

/* ---- where panels stand ---- */

#define LEFT_PX 80u
#define RIGHT_PX 28u
#define NAME_PX 22u   /* the column's name above its panel */
#define BOTTOM_PX 46u /* marks and name of the axis below the lowest */
#define BETWEEN_PX 8u
#define ROWS_BEFORE_TWO_COLUMNS 3u

struct grid {
    const struct chart_size *size;
    size_t panels, rows, columns;
};

static struct grid grid_of(const struct chart_size *size, size_t panels)
{
    size_t columns = panels > ROWS_BEFORE_TWO_COLUMNS ? 2 : 1;
    return (struct grid){.size = size,
                         .panels = panels,
                         .rows = (panels + columns - 1) / columns,
                         .columns = columns};
}

static bool is_lowest(const struct grid *grid, size_t panel)
{
    return panel + grid->columns >= grid->panels;
}

static void put_margin(struct text *script, const char *name, double px, unsigned of)
{
    text_printf(script, "set %s at screen %.5f\n", name, px / (double)of);
}

/* Panels fill the rows from left to right. Pixels count from the upper left. */
static void put_margins(struct text *script, const struct grid *grid, size_t panel)
{
    const struct chart_size *size = grid->size;
    double width = (double)size->width / (double)grid->columns;
    double left = width * (double)(panel % grid->columns);
    double room = (double)size->height - CHART_TITLE_PX - BOTTOM_PX;
    double height = room / (double)grid->rows;
    double top = CHART_TITLE_PX + height * (double)(panel / grid->columns);
    put_margin(script, "lmargin", left + LEFT_PX, size->width);
    put_margin(script, "rmargin", left + width - RIGHT_PX, size->width);
    put_margin(script, "tmargin", (double)size->height - top - NAME_PX, size->height);
    put_margin(script, "bmargin", (double)size->height - top - height + BETWEEN_PX, size->height);
}

/* ---- which columns ---- */

struct shown {
    size_t columns[TREND_CHART_PANELS_MAX];
    size_t count;
};

/* Not by the batch: where schemas take turns the picture would change with each. */
static bool is_recent(const struct trend *trend, size_t column)
{
    return trend_column_age(trend, column) < TREND_CHART_RECENT;
}

/* Those of now in the order in which they came, and then the others. */
static struct shown shown_of(const struct trend *trend)
{
    struct shown shown = {.count = 0};
    for (int recent = 1; recent >= 0; recent--)
        for (size_t i = 0; i < trend_column_count(trend); i++)
            if (is_recent(trend, i) == (recent == 1) && shown.count < TREND_CHART_PANELS_MAX)
                shown.columns[shown.count++] = i;
    return shown;
}

/* ---- data ---- */

/* Where doubles end, gnuplot cannot tell where on an axis a number is; it draws nothing at all. */
#define DRAWN_MAX 1e300

static bool is_drawn(const struct trend_figure *figure)
{
    return figure->count > 0 && figure->quantiles[ACCOUNT_P05] > -DRAWN_MAX &&
           figure->quantiles[ACCOUNT_P95] < DRAWN_MAX;
}

/* As wide as its batches are: from half a batch before the first to half a one behind the last. */
static void put_edge(struct text *script, double at, const struct trend_figure *figure)
{
    chart_text_put_number(script, at);
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++) {
        text_put(script, " ");
        chart_text_put_number(script, figure->quantiles[i]);
    }
    text_put(script, "\n");
}

/* A blank line ends what is filled, and a line that is drawn. */
static void put_figures(struct text *script, const struct steps *steps, size_t column)
{
    chart_text_open(script, "figures");
    for (size_t i = 0; i < steps->count; i++) {
        const struct trend_place *step = &steps->list[i];
        const struct trend_figure *figure = &step->figures[column];
        if (!is_drawn(figure)) {
            text_put(script, "\n");
            continue;
        }
        put_edge(script, (double)step->first - 0.5, figure);
        put_edge(script, (double)(step->first + step->batches) - 0.5, figure);
    }
    chart_text_close(script);
}

/* The more of a step's batches, the higher its mark; of any, it is there to be seen. */
static void put_rejected(struct text *script, const struct steps *steps)
{
    chart_text_open(script, "rejected");
    for (size_t i = 0; i < steps->count; i++) {
        const struct trend_place *step = &steps->list[i];
        double share = (double)step->rejected / (double)step->batches;
        double middle = (double)step->first + ((double)step->batches - 1) / 2;
        if (step->rejected > 0)
            text_printf(script, "%.1f %.3f\n", middle, 0.3 + 0.7 * share);
    }
    chart_text_close(script);
}

static void put_names(struct text *script, const struct trend *trend, const struct shown *shown,
                      const struct grid *grid)
{
    size_t room = (grid->size->width / grid->columns - LEFT_PX - RIGHT_PX) * 100 / CHART_FONT_PX;
    chart_text_open(script, "names");
    for (size_t i = 0; i < grid->panels; i++) {
        const char *name = trend_column_name(trend, shown->columns[i]);
        chart_text_put_line(script, name, strlen(name), room);
    }
    chart_text_close(script);
}

/* ---- axes ---- */

#define MARKS_X 8u
#define PX_PER_MARK_Y 45u
#define MARKS_Y_MAX 6u

/* Batches are counted in whole ones; the lowest panel's marks stand for those above it. */
static void put_x_axis(struct text *script, const struct grid *grid, uint64_t batches, bool lowest)
{
    unsigned most = grid->columns == 1 ? MARKS_X : MARKS_X / 2;
    unsigned marks = batches < most ? (unsigned)batches : most;
    chart_frame_put_axis(script, CHART_AXIS_X, 0.5, (double)batches + 0.5, marks);
    text_put(script, lowest ? "set xtics nomirror out scale 0.5\nset xlabel 'batch' offset 0,0.4\n"
                            : "unset xlabel\nunset xtics\n");
}

struct range {
    double low, high;
};

static struct range range_of(const struct steps *steps, size_t column)
{
    struct range range = {DRAWN_MAX, -DRAWN_MAX};
    for (size_t i = 0; i < steps->count; i++) {
        const struct trend_figure *figure = &steps->list[i].figures[column];
        if (!is_drawn(figure))
            continue;
        range.low = fmin(range.low, figure->quantiles[ACCOUNT_P05]);
        range.high = fmax(range.high, figure->quantiles[ACCOUNT_P95]);
    }
    return range.low <= range.high ? range : (struct range){0, 1};
}

/* The foot is left to the marks of what was rejected. */
#define FOOT_SHARE 0.12
#define HEAD_SHARE 0.03

static void put_y_axis(struct text *script, const struct grid *grid, const struct steps *steps,
                       size_t column)
{
    unsigned marks = grid->size->height / (unsigned)grid->rows / PX_PER_MARK_Y;
    struct range range = range_of(steps, column);
    if (range.low == range.high)
        chart_frame_round(&range.low, &range.high, 1);
    double span = range.high - range.low;
    marks = marks < 2 ? 2 : marks > MARKS_Y_MAX ? MARKS_Y_MAX : marks;
    /* Of numbers too near to each other, or to 0, to make steps between, gnuplot finds a range. */
    text_put(script, "set autoscale y\nset ytics autofreq\n");
    chart_frame_put_axis(script, CHART_AXIS_Y, range.low - span * FOOT_SHARE,
                         range.high + span * HEAD_SHARE, marks);
}

/* ---- panels ---- */

static void put_name(struct text *script, size_t panel)
{
    text_printf(script, "set label 3 substr($names[%zu], 2, strlen($names[%zu])) ", panel + 1,
                panel + 1);
    text_put(script, "at graph 0, graph 1 offset 0,0.55 left font " CHART_FONT_BOLD(
                         "10") " textcolor '" CHART_COLOUR_TEXT "'\n");
}

static void put_plot(struct text *script, bool any_rejected)
{
    text_put(script,
             "plot NaN notitle, \\\n"
             "$figures using 1:2:6 with filledcurves linecolor '" COLOUR_OUTER
             "' title '5\xE2\x80\x93"
             "95 %', \\\n"
             "'' using 1:3:5 with filledcurves linecolor '" COLOUR_INNER "' title '25\xE2\x80\x93"
             "75 %', \\\n"
             "'' using 1:4 with lines linewidth 1.5 linecolor '" COLOUR_MEDIAN "' title 'median'");
    if (any_rejected)
        text_put(script, ", \\\n$rejected using 1:(0):(0):2 axes x1y2 with vectors nohead "
                         "linewidth 1.5 linecolor '" COLOUR_REJECTED "' title 'rejected'");
    text_put(script, "\n");
}

/* What words there are for all panels stand in the first one's plot. */
static void end_heading(struct text *script)
{
    text_put(script, "unset label 1\nunset label 2\nset key off\n");
}

static void put_panels(struct text *script, const struct grid *grid, const struct trend *trend,
                       const struct shown *shown, const struct steps *steps)
{
    put_names(script, trend, shown, grid);
    put_rejected(script, steps);
    text_put(script, "set y2range [0:10]\nset multiplot\n");
    for (size_t i = 0; i < grid->panels; i++) {
        put_margins(script, grid, i);
        put_figures(script, steps, shown->columns[i]);
        put_x_axis(script, grid, trend_batches(trend), is_lowest(grid, i));
        put_y_axis(script, grid, steps, shown->columns[i]);
        put_name(script, i);
        put_plot(script, trend_rejected(trend) > 0);
        if (i == 0)
            end_heading(script);
    }
    text_put(script, "unset multiplot\n");
}

/* ---- title and legend ---- */

/* Beside the title, where there is room for both. */
#define KEY_FROM_PX 640u

static void put_key(struct text *script, const struct chart_size *size)
{
    if (size->width < KEY_FROM_PX)
        return;
    text_printf(script,
                "set key at screen %.5f, screen %.5f right center horizontal samplen 1.2 "
                "width 0 font ',10' textcolor '" CHART_COLOUR_FAINT "'\n",
                1.0 - (double)RIGHT_PX / (double)size->width, 1.0 - 22.0 / (double)size->height);
}

static uint64_t widest(const struct steps *steps)
{
    uint64_t batches = 1;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].batches > batches)
            batches = steps->list[i].batches;
    return batches;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void put_title(struct text *script, const struct chart_size *size, const struct trend *trend,
                      const struct steps *steps, size_t panels)
{
    struct text title = {0};
    struct text below = {0};
    uint64_t more = trend_column_count(trend) + trend_columns_left_out(trend) - panels;
    text_printf(&title, "Trend of %" PRIu64 " batch%s", trend_batches(trend),
                trend_batches(trend) == 1 ? "" : "es");
    if (trend_rejected(trend) == 0)
        text_put(&below, "none rejected");
    else
        text_printf(&below, "%" PRIu64 " rejected", trend_rejected(trend));
    if (more > 0)
        text_printf(&below, ", %" PRIu64 " more column%s of numbers", more, plural(more));
    if (widest(steps) > 1)
        text_printf(&below, ", older ones averaged over up to %" PRIu64 " in a row", widest(steps));
    script->failed = script->failed || text_failed(&title) || text_failed(&below);
    if (!text_failed(script))
        chart_frame_put_title(script, size, title.bytes, below.bytes);
    text_free(&title);
    text_free(&below);
}

static void put_empty(struct text *script, const struct trend *trend)
{
    text_put(script, "unset border\nunset tics\nunset grid\n");
    text_printf(script,
                "set label 3 '%s' at graph 0.5, graph 0.5 center font ',16' "
                "textcolor '" CHART_COLOUR_FAINT "'\n",
                trend_batches(trend) == 0 ? "no batch has been decided yet"
                                          : "nothing to draw: no batch has a column of numbers");
    text_put(script, "set xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\n");
}

static void put_picture(struct text *script, const struct chart_size *size,
                        const struct trend *trend)
{
    struct steps steps;
    const struct shown shown = shown_of(trend);
    struct grid grid = grid_of(size, shown.count);
    make_steps(trend, &steps);
    chart_frame_put(script);
    put_title(script, size, trend, &steps, grid.panels);
    if (grid.panels == 0) {
        put_empty(script, trend);
        return;
    }
    put_key(script, size);
    put_panels(script, &grid, trend, &shown, &steps);
}

void trend_chart_write(struct text *script, const struct chart_format *format,
                       const struct trend *trend)
{
    struct text picture = {0};
    put_picture(&picture, &format->size, trend);
    script->failed = script->failed || text_failed(&picture);
    if (!text_failed(script)) {
        chart_terminal_put(script, format, &picture, true);
        text_append(script, picture.bytes, picture.length);
    }
    text_free(&picture);
}
