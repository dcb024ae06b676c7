#include "consumer/chart.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"

/* Characters of a label before it is shortened. */
#define LABEL_CHARACTERS 24
#define TITLE_CHARACTERS 60
#define LINES_MAX 6
#define NO_COLUMN SIZE_MAX

#define SIZE_TEXT "1000,600"
#define LOOK              \
    "set encoding utf8\n" \
    "set datafile missing '?'\n"

/* Noto Emoji and other scripts come in by fontconfig where they are installed. */
const char CHART_PREAMBLE_PNG[] =
    "set terminal pngcairo noenhanced size " SIZE_TEXT " font 'DejaVu Sans,11'\n" LOOK;
const char CHART_PREAMBLE_SVG[] = "set terminal svg noenhanced size " SIZE_TEXT
                                  " font 'DejaVu Sans,sans-serif,13' background '#ffffff'\n" LOOK;

/* Okabe and Ito's colours, safe for the colour-blind; the first is for single series. */
static const char *const COLOURS[LINES_MAX] = {"#0072b2", "#d55e00", "#009e73",
                                               "#cc79a7", "#e69f00", "#56b4e9"};

static const char *const KIND_WORDS[] = {
#define CHART_WORD(name, word, condition) [name] = word,
    CHART_TABLE(CHART_WORD)
#undef CHART_WORD
};

const char *chart_kind_word(enum chart_kind kind)
{
    return KIND_WORDS[kind];
}

/* ---- which ---- */

static bool is_moment(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_DATETIME;
}

static bool is_drawable_number(const struct column_result *column)
{
    return value_type_is_numeric(column->type) && column->bins > 0;
}

static bool is_label(const struct column_result *column)
{
    return column->type == VALUE_STRING && column->count > 0;
}

/* The first column of which `is` holds, from `from` on. */
static size_t find_column(const struct profile *profile, size_t from,
                          bool (*is)(const struct column_result *))
{
    for (size_t i = from; i < profile->column_count && i < SAMPLE_MAX_COLUMNS; i++)
        if (is(&profile->columns[i]))
            return i;
    return NO_COLUMN;
}

static bool has_moments(const struct column_result *column)
{
    return is_moment(column->type) && column->count > 0;
}

static bool has_values(const struct column_result *column)
{
    return column->count > column->nonfinite;
}

/* Of very many different values none may be frequent. */
static bool has_frequent_values(const struct column_result *column)
{
    return has_values(column) && column->top_count > 0;
}

enum chart_kind chart_choose(const struct profile *profile)
{
    size_t number = find_column(profile, 0, is_drawable_number);
    size_t label = find_column(profile, 0, is_label);
    if (find_column(profile, 0, has_values) == NO_COLUMN)
        return CHART_EMPTY;
    if (number != NO_COLUMN && label != NO_COLUMN && profile->record_count <= CHART_BARS_MAX)
        return CHART_BARS;
    if (number != NO_COLUMN)
        return CHART_LINES;
    return find_column(profile, 0, has_frequent_values) != NO_COLUMN ? CHART_COUNTS : CHART_EMPTY;
}

/* ---- text from the file ---- */

/* One line, no control characters, at most `characters` long, an ellipsis where it was cut. */
static void put_label(struct text *script, const char *bytes, size_t length, size_t characters)
{
    size_t shown = 0;
    for (size_t at = 0; at < length; shown++) {
        size_t step = text_utf8_length(bytes + at, length - at);
        if (shown == characters) {
            text_put(script, "\xE2\x80\xA6"); /* U+2026 */
            return;
        }
        if (step == 0)
            text_put(script, "\xEF\xBF\xBD"); /* U+FFFD */
        else if (step == 1 && ((unsigned char)bytes[at] < 0x20 || bytes[at] == 0x7F))
            text_put(script, " ");
        else
            text_append(script, bytes + at, step);
        at += step == 0 ? 1 : step;
    }
}

/* As put_label, for the marks of an axis, where gnuplot reads '%' as a format. */
static void put_tick_label(struct text *script, const char *bytes, size_t length)
{
    struct text label = {0};
    put_label(&label, bytes, length, LABEL_CHARACTERS);
    for (size_t i = 0; i < label.length; i++)
        text_append(script, label.bytes[i] == '%' ? "%%" : label.bytes + i,
                    label.bytes[i] == '%' ? 2 : 1);
    script->failed = script->failed || label.failed;
    text_free(&label);
}

static void open_block(struct text *script, const char *name)
{
    text_printf(script, "$%s << END\n", name);
}

static void close_block(struct text *script)
{
    text_put(script, "END\n");
}

/* A string that gnuplot takes from line `line` of a block, without the '=' in front. */
#define FROM_BLOCK(name, line) "substr($" name "[" line "], 2, strlen($" name "[" line "]))"

static void put_name_line(struct text *script, const struct column_result *column)
{
    text_put(script, "=");
    put_label(script, column->name, column->name_length, TITLE_CHARACTERS);
    text_put(script, "\n");
}

/* ---- title ---- */

static void put_time_range(struct text *script, const struct profile *profile)
{
    size_t moment = find_column(profile, 0, has_moments);
    if (moment == NO_COLUMN)
        return;
    const struct column_result *column = &profile->columns[moment];
    text_put(script, ", ");
    put_label(script, column->min.text, column->min.length, LABEL_CHARACTERS + 8);
    text_put(script, " to ");
    put_label(script, column->max.text, column->max.length, LABEL_CHARACTERS + 8);
}

static void put_title(struct text *script, const char *key, const struct profile *profile)
{
    open_block(script, "title");
    text_put(script, "=Batch ");
    put_label(script, key, strlen(key), TITLE_CHARACTERS);
    text_printf(script, ": %" PRIu64 " row%s", profile->record_count,
                profile->record_count == 1 ? "" : "s");
    put_time_range(script, profile);
    if (chart_choose(profile) == CHART_LINES && sample_stride(profile->sample) > 1)
        text_printf(script, " (one row in %" PRIu64 " drawn)", sample_stride(profile->sample));
    text_put(script, "\n");
    close_block(script);
    text_put(script, "set title " FROM_BLOCK("title", "1") "\n");
}

static void put_frame(struct text *script)
{
    text_put(script, "reset\n"
                     "undefine $*\n"
                     "set border 3 linecolor '#444444'\n"
                     "set tics nomirror out\n"
                     "set grid ytics linetype 1 linecolor '#dddddd'\n"
                     "set key off\n");
}

/* ---- data ---- */

static void put_number(struct text *script, double number)
{
    char digits[NUMBER_DOUBLE_SIZE];
    if (!isfinite(number)) {
        text_put(script, "?");
        return;
    }
    number_format_double(digits, number);
    text_put(script, digits);
}

static void put_cell_number(struct text *script, const struct profile *profile, size_t row,
                            size_t column)
{
    struct csv_cell cell = sample_cell(profile->sample, row, column);
    struct value value;
    value_read(cell.bytes, cell.length, &value);
    /* Of a cell that may have been cut, the digits that are left are another number. */
    bool number =
        cell.length < SAMPLE_CELL_BYTES && (value.types & VALUE_TYPE_BIT(VALUE_NUMBER)) != 0;
    put_number(script, number ? value.number : (double)NAN);
}

/* ---- bars ---- */

/* Room for long labels, and a slant where they would run into each other. */
static void put_bar_ticks(struct text *script, size_t bars, size_t longest)
{
    bool crowded = bars * (longest + 1) > 110;
    text_put(script, "set xtics scale 0 ");
    text_put(script, crowded ? (bars > 30 ? "rotate by 90 right" : "rotate by 45 right")
                             : "norotate center");
    text_put(script, bars > 30 ? " font ',8'\n" : "\n");
    text_put(script, "set xtics ()\n"
                     "set for [i=1:|$labels|] xtics add (" FROM_BLOCK("labels", "i") " i)\n");
    text_printf(script, "set xrange [0.4:%zu.6]\n", bars);
}

/* Bars start at zero: a bar whose foot is cut off lies about its length. */
static void put_bar_range(struct text *script, double low, double high)
{
    if (low == 0 && high == 0)
        text_put(script, "set yrange [0:1]\n");
    else if (low >= 0)
        text_put(script, "set yrange [0:*]\n");
    else if (high <= 0)
        text_put(script, "set yrange [*:0]\n");
    text_put(script, "set xzeroaxis linetype 1 linecolor '#444444'\n");
}

static void put_bar_plot(struct text *script)
{
    text_put(script, "set ylabel " FROM_BLOCK(
                         "names", "1") "\n"
                                       "set xlabel " FROM_BLOCK(
                                           "names", "2") "\n"
                                                         "set style fill solid 1.0 noborder\n"
                                                         "set boxwidth 0.8\n");
    text_printf(script, "plot $data using 1:2 with boxes linecolor '%s'\n", COLOURS[0]);
}

static size_t longest_label(const struct profile *profile, size_t column)
{
    size_t longest = 0;
    for (size_t row = 0; row < sample_rows(profile->sample); row++) {
        struct csv_cell cell = sample_cell(profile->sample, row, column);
        size_t characters = text_utf8_count(cell.bytes, cell.length);
        if (characters > longest)
            longest = characters;
    }
    return longest < LABEL_CHARACTERS ? longest : LABEL_CHARACTERS;
}

static void put_bars(struct text *script, const struct profile *profile)
{
    size_t number = find_column(profile, 0, is_drawable_number);
    size_t label = find_column(profile, 0, is_label);
    size_t rows = sample_rows(profile->sample);
    const struct column_result *column = &profile->columns[number];
    open_block(script, "names");
    put_name_line(script, column);
    put_name_line(script, &profile->columns[label]);
    close_block(script);
    open_block(script, "labels");
    for (size_t row = 0; row < rows; row++) {
        struct csv_cell cell = sample_cell(profile->sample, row, label);
        text_put(script, "=");
        put_tick_label(script, cell.bytes, cell.length);
        text_put(script, "\n");
    }
    close_block(script);
    open_block(script, "data");
    for (size_t row = 0; row < rows; row++) {
        text_printf(script, "%zu ", row + 1);
        put_cell_number(script, profile, row, number);
        text_put(script, "\n");
    }
    close_block(script);
    put_bar_ticks(script, rows, longest_label(profile, label));
    put_bar_range(script, column->edges[0], column->edges[column->bins]);
    put_bar_plot(script);
}

/* ---- counts ---- */

static void put_scalar_label(struct text *script, const struct column_scalar *value)
{
    if (value->kind == SCALAR_TEXT)
        put_tick_label(script, value->text, value->length);
    else
        text_put(script, value->boolean ? "true" : "false");
}

static void put_counts(struct text *script, const struct profile *profile)
{
    const struct column_result *column =
        &profile->columns[find_column(profile, 0, has_frequent_values)];
    size_t longest = 0;
    open_block(script, "names");
    text_put(script, "=rows\n");
    put_name_line(script, column);
    close_block(script);
    open_block(script, "labels");
    for (size_t i = 0; i < column->top_count; i++) {
        const struct column_scalar *value = &column->top[i].value;
        size_t characters =
            value->kind == SCALAR_TEXT ? text_utf8_count(value->text, value->length) : 5;
        if (characters > longest)
            longest = characters < LABEL_CHARACTERS ? characters : LABEL_CHARACTERS;
        text_put(script, "=");
        put_scalar_label(script, value);
        text_put(script, "\n");
    }
    close_block(script);
    open_block(script, "data");
    for (size_t i = 0; i < column->top_count; i++)
        text_printf(script, "%zu %" PRIu64 "\n", i + 1, column->top[i].count);
    close_block(script);
    put_bar_ticks(script, column->top_count, longest);
    put_bar_range(script, 0, 1);
    put_bar_plot(script);
}

/* ---- lines ---- */

/* How a time axis is written, by the span that it shows, in seconds. */
static const struct {
    double below;
    const char *format;
} TIME_FORMATS[] = {{2 * 86400.0, "%H:%M:%S"},
                    {60 * 86400.0, "%m-%d\\n%H:%M"},
                    {5 * 366 * 86400.0, "%Y-%m-%d"},
                    {INFINITY, "%Y"}};

static double moment_of(const char *bytes, size_t length)
{
    struct value value;
    value_read(bytes, length, &value);
    bool moment = (value.types & VALUE_TYPE_BIT(VALUE_DATETIME)) != 0;
    return moment ? (double)value.seconds + (double)value.nanoseconds / 1e9 : (double)NAN;
}

static void put_time_axis(struct text *script, const struct column_result *column)
{
    double span = moment_of(column->max.text, column->max.length) -
                  moment_of(column->min.text, column->min.length);
    size_t i = 0;
    while (i + 1 < sizeof TIME_FORMATS / sizeof *TIME_FORMATS && !(span < TIME_FORMATS[i].below))
        i++;
    text_printf(script, "set xtics time format \"%s\"\n", TIME_FORMATS[i].format);
}

static void put_line_row(struct text *script, const struct profile *profile, size_t row,
                         size_t moment, const size_t *numbers, size_t count)
{
    struct csv_cell cell = sample_cell(profile->sample, row, moment == NO_COLUMN ? 0 : moment);
    if (moment != NO_COLUMN)
        put_number(script, moment_of(cell.bytes, cell.length));
    else
        text_printf(script, "%" PRIu64, (uint64_t)row * sample_stride(profile->sample) + 1);
    for (size_t i = 0; i < count; i++) {
        text_put(script, " ");
        put_cell_number(script, profile, row, numbers[i]);
    }
    text_put(script, "\n");
}

static void put_line_plot(struct text *script, size_t count, bool few)
{
    for (size_t i = 0; i < count; i++) {
        text_printf(script, "%s $data using 1:%zu with %s linewidth 2 linecolor '%s' ",
                    i == 0 ? "plot" : ",", i + 2,
                    few ? "linespoints pointtype 7 pointsize 0.6" : "lines", COLOURS[i]);
        text_printf(script, "title substr($names[%zu], 2, strlen($names[%zu]))", i + 1, i + 1);
    }
    text_put(script, "\n");
}

static void put_lines(struct text *script, const struct profile *profile)
{
    size_t numbers[LINES_MAX];
    size_t count = 0;
    size_t at = find_column(profile, 0, is_drawable_number);
    size_t moment = find_column(profile, 0, has_moments);
    size_t rows = sample_rows(profile->sample);
    for (; at != NO_COLUMN && count < LINES_MAX;
         at = find_column(profile, at + 1, is_drawable_number))
        numbers[count++] = at;
    open_block(script, "names");
    for (size_t i = 0; i < count; i++)
        put_name_line(script, &profile->columns[numbers[i]]);
    if (moment != NO_COLUMN)
        put_name_line(script, &profile->columns[moment]);
    else
        text_put(script, "=row\n");
    close_block(script);
    open_block(script, "data");
    for (size_t row = 0; row < rows; row++)
        put_line_row(script, profile, row, moment, numbers, count);
    close_block(script);
    if (moment != NO_COLUMN)
        put_time_axis(script, &profile->columns[moment]);
    text_printf(script, "set xlabel substr($names[%zu], 2, strlen($names[%zu]))\n", count + 1,
                count + 1);
    if (moment == NO_COLUMN && profile->record_count <= 12)
        text_put(script, "set xtics 1\n");
    text_put(script, count > 1 ? "set key outside right top\n"
                               : "set ylabel " FROM_BLOCK("names", "1") "\n");
    text_put(script, "set autoscale xfix\nset offsets graph 0.01, graph 0.01, 0, 0\n");
    put_line_plot(script, count, rows <= CHART_BARS_MAX);
}

/* ---- nothing to draw ---- */

static const char *why_empty(const struct profile *profile)
{
    if (profile->record_count == 0)
        return "no data: the batch has no rows";
    return find_column(profile, 0, has_values) == NO_COLUMN
               ? "no data: no cell holds a value to draw"
               : "nothing to draw: no numbers, and no value is frequent";
}

static void put_empty(struct text *script, const struct profile *profile)
{
    text_put(script, "unset border\nunset tics\nunset grid\n");
    text_printf(script,
                "set label 1 '%s' at graph 0.5, graph 0.5 center font ',16' textcolor '#666666'\n",
                why_empty(profile));
    text_put(script, "set xrange [0:1]\nset yrange [0:1]\nplot NaN\n");
}

void chart_write(struct text *script, const char *key, const struct profile *profile)
{
    put_frame(script);
    put_title(script, key, profile);
    switch (chart_choose(profile)) {
    case CHART_BARS: put_bars(script, profile); break;
    case CHART_LINES: put_lines(script, profile); break;
    case CHART_COUNTS: put_counts(script, profile); break;
    case CHART_EMPTY:
    case CHART_KIND_COUNT: put_empty(script, profile); break;
    }
}
