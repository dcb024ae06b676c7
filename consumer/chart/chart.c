#include "consumer/chart/chart.h"

#include <inttypes.h>
#include <string.h>

#include "consumer/chart/chart_bars.h"
#include "consumer/chart/chart_choice.h"
#include "consumer/chart/chart_frame.h"
#include "consumer/chart/chart_lines.h"
#include "consumer/chart/chart_panels.h"
#include "consumer/chart/chart_text.h"
#include "consumer/profile/extent.h"

/* ---- title ---- */

/* In groups of three digits. */
static void put_count(struct text *text, uint64_t count)
{
    if (count >= 1000) {
        put_count(text, count / 1000);
        text_printf(text, ",%03" PRIu64, count % 1000);
    } else {
        text_printf(text, "%" PRIu64, count);
    }
}

/* As the file writes them. */
static void put_time_range(struct text *below, const struct column_result *column)
{
    text_put(below, ", ");
    chart_text_put(below, column->min.text, column->min.length, CHART_TEXT_LABEL + 500);
    if (extent_compare_bytes(column->min.text, column->min.length, column->max.text,
                             column->max.length) == 0)
        return;
    text_put(below, " to ");
    chart_text_put(below, column->max.text, column->max.length, CHART_TEXT_LABEL + 500);
}

static bool has_lines(const struct chart_choice *choice)
{
    bool over = choice->over != CHART_NO_COLUMN || choice->moments != CHART_NO_COLUMN;
    return choice->kind == CHART_LINES || choice->kind == CHART_UNLIKE ||
           (choice->kind == CHART_MANY && over);
}

static bool has_panels(const struct chart_choice *choice)
{
    return choice->kind == CHART_MANY || choice->kind == CHART_UNLIKE ||
           choice->kind == CHART_HISTOGRAMS;
}

static void put_values_of(struct text *below, const struct column_result *column)
{
    if (column->distinct <= column->top_count)
        return;
    text_printf(below, ", %zu of %s", column->top_count,
                column->distinct_error > 0 ? "about " : "");
    put_count(below, column->distinct);
    text_put(below, " different values");
}

/* What is not in the picture, or not as it is in the file. */
static void put_reductions(struct text *below, const struct profile *profile,
                           const struct chart_choice *choice)
{
    size_t drawn = choice->kind == CHART_BARS ? 1 : choice->count;
    if (choice->kind == CHART_COUNTS)
        put_values_of(below, &profile->columns[choice->counted]);
    if (choice->kind == CHART_EMPTY || choice->kind == CHART_COUNTS)
        return;
    if (choice->kind == CHART_BARS && chart_bars_without_number(profile, choice) > 0)
        text_printf(below, ", %zu without a number", chart_bars_without_number(profile, choice));
    if (drawn < choice->count_of_all)
        text_printf(below, ", %zu of %zu columns", drawn, choice->count_of_all);
    if (has_lines(choice) && choice->over == CHART_NO_COLUMN)
        text_put(below, ", in the order of the file");
    if (has_lines(choice) && chart_lines_stride(profile, choice) > 1) {
        text_put(below, ", a point stands for ");
        put_count(below, chart_lines_stride(profile, choice));
        text_put(below, " rows");
    }
}

static void put_title(struct text *script, const char *key, const struct profile *profile,
                      const struct chart_choice *choice, const struct chart_size *size)
{
    struct text title = {0};
    struct text below = {0};
    text_put(&title, "Batch ");
    text_put(&title, key);
    put_count(&below, profile->record_count);
    text_put(&below, profile->record_count == 1 ? " row" : " rows");
    if (choice->moments != CHART_NO_COLUMN)
        put_time_range(&below, &profile->columns[choice->moments]);
    put_reductions(&below, profile, choice);
    if (text_failed(&title) || text_failed(&below))
        script->failed = true;
    else
        chart_frame_put_title(script, size, title.bytes, below.bytes);
    text_free(&title);
    text_free(&below);
}

/* ---- nothing to draw ---- */

static const char *why_empty(const struct profile *profile)
{
    uint64_t values = 0;
    for (size_t i = 0; i < profile->column_count; i++)
        values += profile->columns[i].count - profile->columns[i].nonfinite;
    if (profile->record_count == 0)
        return "no data: the batch has no rows";
    return values == 0 ? "no data: no cell holds a value to draw"
                       : "nothing to draw: no numbers of a size to draw, and no value is frequent";
}

static void put_empty(struct text *script, const struct profile *profile)
{
    text_put(script, "unset border\nunset tics\nunset grid\n");
    text_printf(script,
                "set label 3 '%s' at screen 0.5, screen 0.5 center font ',14' "
                "textcolor '" CHART_COLOUR_FAINT "'\n",
                why_empty(profile));
    text_put(script, "set xrange [0:1]\nset yrange [0:1]\nplot NaN\n");
}

/* ---- the whole ---- */

static void put_picture(struct text *script, const struct profile *profile,
                        const struct chart_choice *choice, const struct chart_size *size)
{
    switch (choice->kind) {
    case CHART_BARS: chart_bars_put(script, profile, choice, size); break;
    case CHART_LINES: chart_lines_put(script, profile, choice, size); break;
    case CHART_UNLIKE: chart_panels_put_lines(script, profile, choice, size); break;
    case CHART_HISTOGRAMS: chart_panels_put_histograms(script, profile, choice, size); break;
    case CHART_COUNTS: chart_bars_put_counts(script, profile, choice, size); break;
    case CHART_MANY:
        if (has_lines(choice))
            chart_panels_put_lines(script, profile, choice, size);
        else
            chart_panels_put_histograms(script, profile, choice, size);
        break;
    case CHART_EMPTY:
    case CHART_KIND_COUNT: put_empty(script, profile); break;
    }
}

void chart_write(struct text *script, const char *key, const struct profile *profile,
                 const struct chart_format *format)
{
    struct chart_choice choice = chart_choose(profile);
    struct text commands = {0};
    if (has_panels(&choice))
        choice.count = chart_panels_fitting(choice.count, &format->size);
    chart_frame_put(&commands);
    put_title(&commands, key, profile, &choice, &format->size);
    put_picture(&commands, profile, &choice, &format->size);
    if (text_failed(&commands)) {
        script->failed = true;
    } else {
        chart_terminal_put(script, format, &commands, !has_lines(&choice));
        text_append(script, commands.bytes, commands.length);
    }
    text_free(&commands);
}
