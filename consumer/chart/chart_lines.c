#include "consumer/chart/chart_lines.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_text.h"
#include "consumer/chart/chart_time.h"

/* Up to so many rows, each is a point as well. */
#define POINTS_MAX 60u

uint64_t chart_lines_stride(const struct profile *profile, const struct chart_choice *choice)
{
    uint64_t stride = profile->courses[choice->numbers[0]].rows_a_bucket;
    return stride == 0 ? 1 : stride;
}

/* ---- data ---- */

/* Where the first or the last row of a bucket is drawn. */
static double position(const struct profile *profile, const struct chart_choice *choice, size_t i,
                       bool last)
{
    const struct envelope *rows = &profile->courses[choice->numbers[0]];
    uint64_t row =
        last ? (uint64_t)(i + 1) * rows->rows_a_bucket : (uint64_t)i * rows->rows_a_bucket + 1;
    if (choice->over == CHART_NO_COLUMN)
        return (double)(row < rows->rows ? row : rows->rows);
    const struct envelope_bucket *over = &profile->courses[choice->over].buckets[i];
    return last ? over->last : over->first;
}

static void put_row(struct text *script, const struct profile *profile,
                    const struct chart_choice *choice, size_t i, bool last)
{
    chart_text_put_number(script, position(profile, choice, i, last));
    for (size_t n = 0; n < choice->count; n++) {
        const struct envelope_bucket *bucket = &profile->courses[choice->numbers[n]].buckets[i];
        const double numbers[] = {last ? bucket->last : bucket->first, bucket->min, bucket->max};
        size_t count = chart_lines_stride(profile, choice) > 1 ? 3 : 1;
        for (size_t j = 0; j < count; j++) {
            text_put(script, " ");
            chart_text_put_number(script, numbers[j]);
        }
    }
    text_put(script, "\n");
}

/* A row that has no place, its time being missing, is no gap in what is drawn. */
static bool has_place(const struct profile *profile, const struct chart_choice *choice, size_t i)
{
    return isfinite(position(profile, choice, i, false));
}

static bool has_number(const struct envelope *course, size_t i)
{
    return i < course->count && isfinite(course->buckets[i].first);
}

/* Its neighbours have no number, so that no line leads there. */
static bool is_alone(const struct envelope *course, size_t i)
{
    return has_number(course, i) && (i == 0 || !has_number(course, i - 1)) &&
           !has_number(course, i + 1);
}

static bool has_alone(const struct envelope *course)
{
    for (size_t i = 0; i < course->count; i++)
        if (is_alone(course, i))
            return true;
    return false;
}

/* Up to POINTS_MAX rows all are points. */
static bool needs_points(const struct profile *profile, const struct chart_choice *choice, size_t n)
{
    return profile->record_count > POINTS_MAX && has_alone(&profile->courses[choice->numbers[n]]);
}

static void put_alone(struct text *script, const struct profile *profile,
                      const struct chart_choice *choice, size_t n)
{
    const struct envelope *course = &profile->courses[choice->numbers[n]];
    text_printf(script, "$alone%zu << END\n", n);
    for (size_t i = 0; i < course->count; i++) {
        if (!is_alone(course, i) || !has_place(profile, choice, i))
            continue;
        chart_text_put_number(script, position(profile, choice, i, false));
        text_put(script, " ");
        chart_text_put_number(script, course->buckets[i].first);
        text_put(script, "\n");
    }
    chart_text_close(script);
}

void chart_lines_put_data(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice)
{
    size_t count = profile->courses[choice->numbers[0]].count;
    bool reduced = chart_lines_stride(profile, choice) > 1;
    chart_text_open(script, "data");
    for (size_t i = 0; i < count; i++) {
        if (!has_place(profile, choice, i))
            continue;
        put_row(script, profile, choice, i, false);
        if (reduced)
            put_row(script, profile, choice, i, true);
    }
    chart_text_close(script);
    for (size_t n = 0; n < choice->count; n++)
        if (needs_points(profile, choice, n))
            put_alone(script, profile, choice, n);
}

/* ---- axes ---- */

static void find_ends(const struct envelope *envelope, double *low, double *high)
{
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    for (size_t i = 0; i < envelope->count; i++) {
        *low = fmin(*low, envelope->buckets[i].min);
        *high = fmax(*high, envelope->buckets[i].max);
    }
}

bool chart_lines_put_axis(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice, unsigned steps)
{
    double low = 1;
    double high = (double)profile->record_count;
    if (choice->over != CHART_NO_COLUMN)
        find_ends(&profile->courses[choice->over], &low, &high);
    if (chart_is_over_time(choice, profile))
        return chart_time_put_axis(script, low, high, steps,
                                   profile->columns[choice->over].type != VALUE_TIME);
    /* There is no row between two rows, and none beside the only one. */
    if (high - low < steps && high > low)
        steps = (unsigned)(high - low);
    if (high > low)
        chart_frame_put_axis(script, CHART_AXIS_X, low, high, steps);
    else
        text_put(script, "set xrange [0.5:1.5]\nset xtics (\"1\" 1)\n");
    return false;
}

void chart_lines_put_range(struct text *script, const struct profile *profile,
                           const struct chart_choice *choice, size_t from, size_t to,
                           unsigned steps)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (size_t n = from; n < to; n++) {
        const struct column_result *column = &profile->columns[choice->numbers[n]];
        low = fmin(low, column->edges[0]);
        high = fmax(high, column->edges[column->bins]);
    }
    double apart = high > low ? high / 25 - low / 25 : high == 0 ? 1 : fabs(high) / 10;
    /* Zero belongs into the picture where it is not far. */
    low = low >= 0 && low < high / 3 ? 0 : low - apart;
    chart_frame_put_axis(script, CHART_AXIS_Y, low, high + apart, steps);
}

/* A moment of another clock than the axis is in, as in "2026-01-01T10:00:00+02:00". */
static bool has_offset(const struct column_scalar *moment)
{
    size_t length = moment->length;
    return length > 16 && moment->text[length - 1] != 'Z' &&
           (moment->text[length - 6] == '+' || moment->text[length - 6] == '-') &&
           strncmp(moment->text + length - 5, "00:00", 5) != 0;
}

void chart_lines_put_axis_name(struct text *script, const struct profile *profile,
                               const struct chart_choice *choice)
{
    if (choice->over == CHART_NO_COLUMN) {
        text_put(script, "=row\n");
        return;
    }
    const struct column_result *column = &profile->columns[choice->over];
    text_put(script, "=");
    chart_text_put(script, column->name, column->name_length, CHART_TEXT_NAME);
    text_put(script, has_offset(&column->min) || has_offset(&column->max) ? " (UTC)\n" : "\n");
}

/* ---- lines ---- */

static void put_line(struct text *script, const struct profile *profile, size_t index,
                     const char *colour)
{
    const char *look = profile->record_count <= POINTS_MAX
                           ? "with linespoints linewidth 2 pointtype 7 pointsize 0.6"
                           : "with lines linewidth 1.5";
    if (profile->record_count <= ENVELOPE_BUCKETS) {
        text_printf(script, "$data using 1:%zu %s linecolor '%s'", index + 2, look, colour);
        return;
    }
    size_t first = 3 * index + 2;
    text_printf(script,
                "$data using 1:%zu:%zu with filledcurves fillstyle transparent solid 0.3 noborder "
                "linecolor '%s' notitle",
                first + 1, first + 2, colour);
    /* A peak of one row would be a streak that is hardly seen: the band has an edge. */
    for (size_t edge = first + 1; edge <= first + 2; edge++)
        text_printf(script,
                    ", $data using 1:%zu with lines linewidth 0.7 linecolor '#80%s' notitle", edge,
                    colour + 1);
    text_printf(script, ", $data using 1:%zu with lines linewidth 1 linecolor '%s'", first, colour);
}

void chart_lines_put_item(struct text *script, const struct profile *profile,
                          const struct chart_choice *choice, size_t index, const char *colour)
{
    if (needs_points(profile, choice, index))
        text_printf(script,
                    "$alone%zu using 1:2 with points pointtype 7 pointsize 0.3 linecolor '%s' "
                    "notitle, ",
                    index, colour);
    put_line(script, profile, index, colour);
}

static void put_names(struct text *script, const struct profile *profile,
                      const struct chart_choice *choice, const struct chart_size *size)
{
    size_t width = (size_t)size->width * 100 / CHART_FONT_PX / choice->count;
    width = width > 500 ? width - 400 : 100;
    chart_text_open(script, "names");
    for (size_t n = 0; n < choice->count; n++) {
        const struct column_result *column = &profile->columns[choice->numbers[n]];
        chart_text_put_line(script, column->name, column->name_length,
                            width < CHART_TEXT_LABEL ? width : CHART_TEXT_LABEL);
    }
    chart_lines_put_axis_name(script, profile, choice);
    chart_text_close(script);
}

static void put_key(struct text *script, const struct chart_size *size)
{
    double below = (double)CHART_TITLE_PX + 22.0;
    text_printf(script, "set tmargin at screen %.4f\n", 1.0 - below / (double)size->height);
    text_printf(script,
                "set key at screen %.4f, screen %.4f left top horizontal Left reverse "
                "samplen 2 maxrows 1\n",
                0.02, 1.0 - ((double)CHART_TITLE_PX - 6.0) / (double)size->height);
}

void chart_lines_put(struct text *script, const struct profile *profile,
                     const struct chart_choice *choice, const struct chart_size *size)
{
    put_names(script, profile, choice, size);
    chart_lines_put_data(script, profile, choice);
    bool long_marks = chart_lines_put_axis(script, profile, choice, 8);
    chart_lines_put_range(script, profile, choice, 0, choice->count, 6);
    text_printf(script, "set rmargin %d\n", long_marks ? 7 : 4);
    text_put(script, "set xlabel " CHART_TEXT_LINE("names", "|$names|") "\n");
    if (choice->count > 1)
        put_key(script, size);
    else
        text_put(script, "set ylabel " CHART_TEXT_LINE("names", "1") "\n");
    for (size_t n = 0; n < choice->count; n++) {
        text_put(script, n == 0 ? "plot " : ", ");
        chart_lines_put_item(script, profile, choice, n, CHART_COLOURS[n]);
        text_printf(script, " title substr($names[%zu], 2, strlen($names[%zu]))", n + 1, n + 1);
    }
    text_put(script, "\n");
}
