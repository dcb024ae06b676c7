#include "consumer/chart/chart_bars.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_text.h"

/* Left and right of the bars together, and above and below lying ones, about. */
#define SIDES_PX 110u
#define ENDS_PX 140u
/* Below upright bars, without their labels. */
#define FOOT_PX 56u
#define SMALLEST_PX 11u
/* What a lying bar and its label need of the height. */
#define LYING_PX 18u

/* ---- labels ---- */

static size_t longest_label(const struct profile *profile, size_t column)
{
    size_t longest = 0;
    for (size_t row = 0; row < sample_rows(profile->sample); row++) {
        struct csv_cell cell = sample_cell(profile->sample, row, column);
        size_t width = chart_text_width(cell.bytes, cell.length);
        longest = width > longest ? width : longest;
    }
    return longest;
}

static void put_labels(struct text *script, const struct profile *profile, size_t column,
                       size_t width)
{
    chart_text_open(script, "labels");
    for (size_t row = 0; row < sample_rows(profile->sample); row++) {
        struct csv_cell cell = sample_cell(profile->sample, row, column);
        chart_text_put_line(script, cell.bytes, cell.length, width);
    }
    chart_text_close(script);
}

/* How labels stand at the bars: flat below them where they have room, or slanted, or upright; long
   ones beside them, which are laid down for it. */
enum stand { FLAT, SLANTED, UPRIGHT, UPRIGHT_SMALL, BESIDE };

static const struct {
    const char *look;
    double reach; /* downwards, as a share of the label's length; 0 is one line */
    unsigned font_px;
} STANDS[] = {[FLAT] = {"norotate center", 0, CHART_FONT_PX},
              [SLANTED] = {"rotate by 45 right", 0.71, CHART_FONT_PX},
              [UPRIGHT] = {"rotate by 90 right", 1, CHART_FONT_PX},
              [UPRIGHT_SMALL] = {"rotate by 90 right font ',8'", 1, SMALLEST_PX}};

/* Longer ones reach over the left edge when they slant, and are a strain when they stand. */
#define SLANTED_MAX_PX 90u

/* Pixels from bar to bar. */
static size_t slot_of(size_t bars, const struct chart_size *size)
{
    size_t slot = (size->width - SIDES_PX) / bars;
    return slot == 0 ? 1 : slot;
}

static enum stand stand_of(size_t longest, size_t bars, const struct chart_size *size)
{
    size_t slot = slot_of(bars, size);
    size_t label = longest * CHART_FONT_PX / 100;
    if (label + 8 <= slot)
        return FLAT;
    if (label > SLANTED_MAX_PX && bars * LYING_PX + ENDS_PX <= size->height)
        return BESIDE;
    if (label <= SLANTED_MAX_PX && slot >= CHART_FONT_PX + 4)
        return SLANTED;
    return slot > CHART_FONT_PX ? UPRIGHT : UPRIGHT_SMALL;
}

/* ---- a bar a row ---- */

static double number_of(const struct profile *profile, size_t row, size_t column)
{
    struct csv_cell cell = sample_cell(profile->sample, row, column);
    struct value value;
    value_read(cell.bytes, cell.length, &value);
    /* Of a cell that may have been cut, the digits that are left are another number. */
    bool number =
        cell.length < SAMPLE_CELL_BYTES && (value.types & VALUE_TYPE_BIT(VALUE_NUMBER)) != 0;
    return number ? value.number : (double)NAN;
}

size_t chart_bars_without_number(const struct profile *profile, const struct chart_choice *choice)
{
    size_t count = 0;
    for (size_t row = 0; row < sample_rows(profile->sample); row++)
        count += isfinite(number_of(profile, row, choice->numbers[0])) ? 0 : 1;
    return count;
}

static void put_data(struct text *script, const struct profile *profile, size_t column)
{
    chart_text_open(script, "data");
    for (size_t row = 0; row < sample_rows(profile->sample); row++) {
        double number = number_of(profile, row, column);
        if (!isfinite(number))
            continue;
        text_printf(script, "%zu ", row + 1);
        chart_text_put_number(script, number);
        text_put(script, "\n");
    }
    chart_text_close(script);
}

/* The rows that have no bar, and how far from the foot of its place they are marked. */
static void put_none(struct text *script, const struct profile *profile, size_t column,
                     double apart)
{
    chart_text_open(script, "none");
    for (size_t row = 0; row < sample_rows(profile->sample); row++) {
        if (isfinite(number_of(profile, row, column)))
            continue;
        text_printf(script, "%zu ", row + 1);
        chart_text_put_number(script, apart);
        text_put(script, "\n");
    }
    chart_text_close(script);
}

static void put_crosses(struct text *script, const char *columns)
{
    text_printf(script,
                ", $none using %s with points pointtype 2 pointsize 0.7 linecolor "
                "'" CHART_COLOUR_NONE "'",
                columns);
}

static void put_names(struct text *script, const struct column_result *number,
                      const struct column_result *label)
{
    chart_text_open(script, "names");
    chart_text_put_line(script, number->name, number->name_length, CHART_TEXT_LABEL);
    chart_text_put_line(script, label->name, label->name_length, CHART_TEXT_LABEL);
    chart_text_close(script);
}

/* gnuplot goes by how many letters a label has, and not by how wide it is: the room is ours. */
static void put_foot(struct text *script, enum stand stand, size_t longest,
                     const struct chart_size *size)
{
    double label = (double)longest / 100 * STANDS[stand].font_px * STANDS[stand].reach;
    text_printf(script, "set bmargin at screen %.4f\n", (label + FOOT_PX) / (double)size->height);
    text_printf(script,
                "set label 3 " CHART_TEXT_LINE("names", "2") " at graph 0.5, screen %.4f center\n",
                14.0 / (double)size->height);
    text_printf(script, "set xtics () scale 0 %s\n", STANDS[stand].look);
}

/* Each label, or each second, third ... where bars are narrower than the smallest letters. */
static size_t labels_apart(size_t bars, const struct chart_size *size)
{
    size_t slot = slot_of(bars, size);
    return (SMALLEST_PX + slot - 1) / slot;
}

/* In $places, the bars that have a label. */
static void put_places(struct text *script, size_t bars, size_t apart)
{
    chart_text_open(script, "places");
    for (size_t i = 1; i <= bars; i += apart)
        text_printf(script, "%zu\n", i);
    chart_text_close(script);
}

/* Labels come with an item of the plot that draws nothing: as marks of an axis each would be
   evaluated by itself, behind three system calls. */
#define LABELS(place, axis) \
    "plot $places using " place ":" axis "(" CHART_TEXT_LINE("labels", "int($1)") "), "

static void put_upright(struct text *script, size_t bars, double low, double high, bool has_none)
{
    chart_frame_round(&low, &high, 6);
    chart_frame_put_axis(script, CHART_AXIS_Y, low, high, 6);
    text_printf(script, "set xrange [0.4:%zu.6]\n", bars);
    text_put(script, "set ylabel " CHART_TEXT_LINE("names", "1") "\n");
    text_put(script, "set xzeroaxis linetype 1 linecolor '" CHART_COLOUR_TEXT "'\n"
                     "set style fill solid 1.0 noborder\n"
                     "set boxwidth 0.8\n");
    text_printf(script, LABELS("1:(NaN)", "xtic") "$data using 1:2 with boxes linecolor '%s'",
                CHART_COLOURS[0]);
    if (has_none)
        put_crosses(script, "1:2");
    text_put(script, "\n");
}

/* From the top down, as they come in $labels and in $data; the command goes on. */
static void put_lying(struct text *script, size_t bars)
{
    put_places(script, bars, 1);
    text_printf(script, "set yrange [%zu.5:0.5]\n", bars);
    text_put(script, "set ytics () scale 0\n");
    text_put(script, "set xlabel " CHART_TEXT_LINE("names", "1") "\n");
    text_put(script, "set label 3 " CHART_TEXT_LINE("names", "2"));
    text_put(script, " at graph 0, graph 1 right offset -1.2,0.6\n"
                     "set grid noytics xtics linetype 1 linecolor '" CHART_COLOUR_GRID "'\n"
                     "set yzeroaxis linetype 1 linecolor '" CHART_COLOUR_TEXT "'\n"
                     "set style fill solid 1.0 noborder\n");
    text_printf(
        script,
        LABELS("(NaN):1",
               "ytic") "$data using (0):1:(0):2:($1-0.4):($1+0.4) with boxxyerror linecolor '%s'",
        CHART_COLOURS[0]);
}

/* Room for the labels beside lying bars: a third of the width. */
static size_t put_side(struct text *script, size_t longest, const struct chart_size *size)
{
    size_t third = (size_t)size->width * 100 / (3 * CHART_FONT_PX);
    size_t width = longest < third ? longest : third;
    double px = (double)width * CHART_FONT_PX / 100 + 50;
    text_printf(script, "set lmargin at screen %.4f\n", px / (double)size->width);
    text_printf(script, "set rmargin at screen %.4f\n", 1 - 80.0 / (double)size->width);
    text_printf(script, "set tmargin at screen %.4f\n",
                1 - (CHART_TITLE_PX + 14.0) / (double)size->height);
    return width;
}

void chart_bars_put(struct text *script, const struct profile *profile,
                    const struct chart_choice *choice, const struct chart_size *size)
{
    const struct column_result *number = &profile->columns[choice->numbers[0]];
    size_t bars = sample_rows(profile->sample);
    size_t longest = longest_label(profile, choice->label);
    enum stand stand = stand_of(longest, bars, size);
    bool has_none = chart_bars_without_number(profile, choice) > 0;
    double low = fmin(0, number->edges[0]);
    double high = fmax(0, number->edges[number->bins]);
    put_names(script, number, &profile->columns[choice->label]);
    put_data(script, profile, choice->numbers[0]);
    if (has_none)
        put_none(script, profile, choice->numbers[0], (high - low) / 40);
    if (stand == BESIDE) {
        size_t width = put_side(script, longest, size);
        put_labels(script, profile, choice->label, width);
        chart_frame_round(&low, &high, 6);
        chart_frame_put_axis(script, CHART_AXIS_X, low, high, 6);
        put_lying(script, bars);
        if (has_none)
            put_crosses(script, "2:1");
        text_put(script, "\n");
        return;
    }
    size_t third = (size_t)size->height * 100 / (3 * CHART_FONT_PX);
    longest = longest < third ? longest : third;
    put_labels(script, profile, choice->label, longest);
    put_places(script, bars, labels_apart(bars, size));
    put_foot(script, stand, longest, size);
    put_upright(script, bars, low, high, has_none);
}

/* ---- a bar a value ---- */

static const char *text_of(const struct column_scalar *value, size_t *length)
{
    const char *truth = value->boolean ? "true" : "false";
    *length = value->kind == SCALAR_TEXT ? value->length : strlen(truth);
    return value->kind == SCALAR_TEXT ? value->text : truth;
}

static size_t longest_value(const struct column_result *column)
{
    size_t longest = 0;
    for (size_t i = 0; i < column->top_count; i++) {
        size_t length = 0;
        const char *text = text_of(&column->top[i].value, &length);
        size_t width = chart_text_width(text, length);
        longest = width > longest ? width : longest;
    }
    return longest;
}

static void put_values(struct text *script, const struct column_result *column, size_t width)
{
    chart_text_open(script, "labels");
    for (size_t i = 0; i < column->top_count; i++) {
        size_t length = 0;
        const char *text = text_of(&column->top[i].value, &length);
        chart_text_put_line(script, text, length, width);
    }
    chart_text_close(script);
    chart_text_open(script, "data");
    for (size_t i = 0; i < column->top_count; i++)
        text_printf(script, "%zu %" PRIu64 "\n", i + 1, column->top[i].count);
    chart_text_close(script);
}

void chart_bars_put_counts(struct text *script, const struct profile *profile,
                           const struct chart_choice *choice, const struct chart_size *size)
{
    const struct column_result *column = &profile->columns[choice->counted];
    chart_text_open(script, "names");
    text_put(script, "=rows\n");
    chart_text_put_line(script, column->name, column->name_length, CHART_TEXT_LABEL);
    chart_text_close(script);
    put_values(script, column, put_side(script, longest_value(column), size));
    chart_frame_put_counts(script, CHART_AXIS_X, (double)column->top[0].count, 6);
    put_lying(script, column->top_count);
    text_put(script, ", $data using 2:1:(sprintf(\"%d\", $2)) with labels left offset char 0.5,0 "
                     "textcolor '" CHART_COLOUR_TEXT "'\n");
}
