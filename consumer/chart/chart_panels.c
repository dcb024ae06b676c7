#include "consumer/chart/chart_panels.h"

#include <inttypes.h>
#include <math.h>

#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_lines.h"
#include "consumer/chart/chart_text.h"

/* ---- the grid ---- */

/* Pixels around a panel's plot: numbers at its left, its name above, marks below. */
#define LEFT_PX 66u
#define RIGHT_PX 24u
#define ABOVE_PX 26u
#define BELOW_PX 34u
/* Below all of them, for the name of what they are over. */
#define FOOT_PX 16u

/* Panels side by side, by how many there are. What is over time is wide, one below the other. */
static const size_t GRID_COLUMNS[CHART_PANELS_MAX + 1] = {1, 1, 2, 3, 2, 3, 3, 4, 4, 3, 4, 4, 4};
static const size_t LINES_COLUMNS[CHART_PANELS_MAX + 1] = {1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3};

struct grid {
    size_t columns, rows;
    double width, height; /* of a panel, with what is around it */
    struct chart_size size;
};

/* What a panel needs at the least. */
#define PANEL_WIDTH_PX 160u
#define PANEL_HEIGHT_PX 90u

static size_t columns_that_fit(const struct chart_size *size)
{
    return size->width < PANEL_WIDTH_PX ? 1 : size->width / PANEL_WIDTH_PX;
}

static size_t rows_that_fit(const struct chart_size *size)
{
    size_t room = size->height - CHART_TITLE_PX - FOOT_PX;
    return room < PANEL_HEIGHT_PX ? 1 : room / PANEL_HEIGHT_PX;
}

size_t chart_panels_fitting(size_t count, const struct chart_size *size)
{
    size_t most = rows_that_fit(size) * columns_that_fit(size);
    return count < most ? count : most;
}

/* As many columns as are wished for, more where the rows would not fit, fewer where they do not. */
static struct grid grid_of(size_t count, size_t columns, const struct chart_size *size)
{
    size_t rows = rows_that_fit(size);
    size_t least = (count + rows - 1) / rows;
    size_t most = columns_that_fit(size);
    size_t wished = columns < least ? least : columns;
    struct grid grid = {.columns = wished < most ? wished : most, .size = *size};
    if (grid.columns == 0)
        grid.columns = 1;
    grid.rows = (count + grid.columns - 1) / grid.columns;
    grid.width = (double)size->width / (double)grid.columns;
    grid.height = (double)(size->height - CHART_TITLE_PX - FOOT_PX) / (double)grid.rows;
    return grid;
}

/* Marks that have room beside one another, and above one another. */
static unsigned steps_across(const struct grid *grid)
{
    unsigned steps = (unsigned)(grid->width - LEFT_PX - RIGHT_PX) / 80;
    return steps < 2 ? 2 : steps > 8 ? 8 : steps;
}

static unsigned steps_up(const struct grid *grid)
{
    unsigned steps = (unsigned)(grid->height - ABOVE_PX - BELOW_PX) / 18;
    return steps < 2 ? 2 : steps > 5 ? 5 : steps;
}

static void put_place(struct text *script, const struct grid *grid, size_t i)
{
    double left = (double)(i % grid->columns) * grid->width;
    double top = (double)CHART_TITLE_PX - 8 + (double)(i / grid->columns) * grid->height;
    double width = (double)grid->size.width;
    double height = (double)grid->size.height;
    text_printf(script,
                "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                (left + LEFT_PX) / width, (left + grid->width - RIGHT_PX) / width,
                1 - (top + ABOVE_PX) / height, 1 - (top + grid->height - BELOW_PX) / height);
    text_printf(script,
                "set label 3 substr($names[%zu], 2, strlen($names[%zu])) at graph 0, graph 1 "
                "offset 0,0.6 left\n",
                i + 1, i + 1);
}

static void put_names(struct text *script, const struct profile *profile,
                      const struct chart_choice *choice, const struct grid *grid)
{
    size_t width = (size_t)(grid->width - RIGHT_PX) * 100 / CHART_FONT_PX;
    chart_text_open(script, "names");
    for (size_t n = 0; n < choice->count; n++) {
        const struct column_result *column = &profile->columns[choice->numbers[n]];
        chart_text_put_line(script, column->name, column->name_length,
                            width > LEFT_PX ? width - LEFT_PX : width);
    }
    chart_lines_put_axis_name(script, profile, choice);
    chart_text_close(script);
}

/* The name of what all are over, which stands behind theirs. */
static void put_foot(struct text *script, const struct chart_size *size)
{
    text_printf(script,
                "set label 4 " CHART_TEXT_LINE("names", "|$names|") " at screen 0.5, screen %.4f "
                                                                    "center\n",
                14.0 / (double)size->height);
}

/* The picture's title is drawn with the first panel. */
static void begin(struct text *script)
{
    text_put(script, "set tics font " CHART_FONT_SMALL "\nset multiplot\n");
}

static void put_behind_first(struct text *script, size_t i)
{
    if (i == 0)
        text_put(script, "unset label 1\nunset label 2\nunset label 4\n");
}

/* ---- histograms ---- */

/*
 * Bins that are narrower than 1 hold an integer each or none: it is drawn where it stands, lest
 * empty bins look like numbers that do not occur.
 */
static void put_bin(struct text *script, const struct column_result *column, size_t i)
{
    double low = column->edges[i];
    double high = column->edges[i + 1];
    if (column->type == VALUE_INTEGER && high - low < 1)
        low = high = i + 1 == column->bins ? floor(high) : ceil(low);
    double apart = low == high ? 0.5 : 0;
    chart_text_put_number(script, low - apart);
    text_put(script, " ");
    chart_text_put_number(script, high + apart);
    text_printf(script, " %" PRIu64 "\n", column->bin_counts[i]);
}

static void put_bins(struct text *script, const struct column_result *column)
{
    chart_text_open(script, "data");
    for (size_t i = 0; i < column->bins; i++)
        if (column->bin_counts[i] > 0)
            put_bin(script, column, i);
    chart_text_close(script);
}

/* Half as wide as the bar of a column of one value, or of values that hardly differ. */
static double half_of_one(const struct column_result *column)
{
    double largest = fmax(fabs(column->edges[0]), fabs(column->edges[column->bins]));
    double half = column->type == VALUE_INTEGER || largest == 0 ? 0.5 : largest / 20;
    return fmax(half, largest * CHART_LEAST_SPAN);
}

static bool is_one(const struct column_result *column)
{
    double low = column->edges[0];
    double high = column->edges[column->bins];
    return high - low <= fmax(fabs(low), fabs(high)) * CHART_LEAST_SPAN;
}

/* A bar that leaves room beside it, for one as wide as the frame would be no picture. */
static void put_one(struct text *script, const struct column_result *column,
                    const struct grid *grid)
{
    double middle = column->edges[0] / 2 + column->edges[column->bins] / 2;
    double half = half_of_one(column);
    uint64_t count = 0;
    for (size_t i = 0; i < column->bins; i++)
        count += column->bin_counts[i];
    chart_text_open(script, "data");
    chart_text_put_number(script, middle - half);
    text_put(script, " ");
    chart_text_put_number(script, middle + half);
    text_printf(script, " %" PRIu64 "\n", count);
    chart_text_close(script);
    chart_frame_put_axis(script, CHART_AXIS_X, middle - 3 * half, middle + 3 * half,
                         half > 0.5 ? 1 : steps_across(grid));
}

static double most_in_a_bin(const struct column_result *column)
{
    uint64_t most = 0;
    for (size_t i = 0; i < column->bins; i++)
        most = column->bin_counts[i] > most ? column->bin_counts[i] : most;
    return (double)most;
}

static void put_spread(struct text *script, const struct column_result *column,
                       const struct grid *grid)
{
    double width = (column->edges[column->bins] - column->edges[0]) / (double)column->bins;
    double apart = column->type == VALUE_INTEGER && width < 1 ? 0.5 : 0;
    put_bins(script, column);
    chart_frame_put_axis(script, CHART_AXIS_X, column->edges[0] - apart,
                         column->edges[column->bins] + apart, steps_across(grid));
}

static void put_histogram(struct text *script, const struct column_result *column,
                          const struct grid *grid)
{
    if (is_one(column))
        put_one(script, column, grid);
    else
        put_spread(script, column, grid);
    chart_frame_put_counts(script, CHART_AXIS_Y,
                           is_one(column) ? (double)(column->count - column->nonfinite)
                                          : most_in_a_bin(column),
                           steps_up(grid));
    text_printf(script,
                "plot $data using 1:(0):1:2:(0):3 with boxxyerror fillstyle solid 1.0 border "
                "linecolor '#ffffff' fillcolor '%s'\n",
                CHART_COLOURS[0]);
}

void chart_panels_put_histograms(struct text *script, const struct profile *profile,
                                 const struct chart_choice *choice, const struct chart_size *size)
{
    struct grid grid = grid_of(choice->count, GRID_COLUMNS[choice->count], size);
    put_names(script, profile, choice, &grid);
    begin(script);
    text_put(script, "set ylabel \"rows\" font " CHART_FONT_SMALL " offset 1,0\n");
    for (size_t i = 0; i < choice->count; i++) {
        put_place(script, &grid, i);
        put_histogram(script, &profile->columns[choice->numbers[i]], &grid);
        put_behind_first(script, i);
    }
    text_put(script, "unset multiplot\n");
}

/* ---- lines ---- */

void chart_panels_put_lines(struct text *script, const struct profile *profile,
                            const struct chart_choice *choice, const struct chart_size *size)
{
    struct grid grid = grid_of(choice->count, LINES_COLUMNS[choice->count], size);
    put_names(script, profile, choice, &grid);
    chart_lines_put_data(script, profile, choice);
    begin(script);
    put_foot(script, size);
    for (size_t i = 0; i < choice->count; i++) {
        put_place(script, &grid, i);
        (void)chart_lines_put_axis(script, profile, choice, steps_across(&grid));
        chart_lines_put_range(script, profile, choice, i, i + 1, steps_up(&grid));
        text_put(script, "plot ");
        chart_lines_put_item(script, profile, choice, i, CHART_COLOURS[0]);
        text_put(script, "\n");
        put_behind_first(script, i);
    }
    text_put(script, "unset multiplot\n");
}
