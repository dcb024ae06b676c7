#include "consumer/profile/profile_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "consumer/config/csv_rules.h"
#include "consumer/status/display.h"

/* The widest that a name, and a value, gets: a moment with its offset has 25. */
#define NAME_CELLS 32
#define VALUE_CELLS 28
#define NARROWEST_CELLS 8
#define GAP_CELLS 2

#define APPROXIMATELY "\xE2\x89\x88"
#define TIMES "\xC3\x97"

/* ---- one cell ---- */

static size_t limit_for(size_t width, size_t most)
{
    size_t third = width / 3 < NARROWEST_CELLS ? NARROWEST_CELLS : width / 3;
    return third < most ? third : most;
}

/* From here on %g would write an exponent where the number itself is as short. */
static void put_number(struct text *text, double number)
{
    double size = fabs(number);
    if (isfinite(number))
        text_printf(text, size >= 999999.5 && size < 1e12 ? "%.0f" : "%.6g", number + 0.0);
}

static void put_integer(struct text *text, number_int128 integer)
{
    char digits[NUMBER_INTEGER_SIZE];
    const number_int128 long_from = 1000000000000;
    if (integer <= -long_from || integer >= long_from) {
        put_number(text, (double)integer);
        return;
    }
    number_format_int128(digits, integer);
    text_put(text, digits);
}

/* In quotes where a space at an end would not be seen: "north " is not north. */
static void put_text(struct text *text, const char *bytes, size_t length, size_t limit)
{
    bool quoted = length > 0 && (bytes[0] == ' ' || bytes[length - 1] == ' ');
    text_put(text, quoted ? "\"" : "");
    (void)display_append(text, bytes, length, limit - (quoted ? 2 : 0));
    text_put(text, quoted ? "\"" : "");
}

static void put_scalar(struct text *text, const struct column_scalar *scalar, size_t limit)
{
    switch (scalar->kind) {
    case SCALAR_NONE: return;
    case SCALAR_INTEGER: put_integer(text, scalar->integer); return;
    case SCALAR_DOUBLE: put_number(text, scalar->number); return;
    case SCALAR_BOOLEAN: text_put(text, scalar->boolean ? "true" : "false"); return;
    case SCALAR_TEXT: put_text(text, scalar->text, scalar->length, limit); return;
    }
}

static void put_count(struct text *text, uint64_t count, bool exact)
{
    text_printf(text, "%s%" PRIu64, exact ? "" : APPROXIMATELY, count);
}

static void put_statistic(struct text *text, const struct column_result *column, double number)
{
    if (value_type_is_numeric(column->type))
        put_number(text, number);
}

static void put_quantile(struct text *text, const struct column_result *column, size_t quantile)
{
    if (!value_type_is_numeric(column->type) || !isfinite(column->quantiles[quantile]))
        return;
    text_put(text, column->rank_error > 0 ? APPROXIMATELY : "");
    put_number(text, column->quantiles[quantile]);
}

enum field {
    FIELD_NAME,
    FIELD_TYPE,
    FIELD_COUNT,
    FIELD_MISSING,
    FIELD_DISTINCT,
    FIELD_MIN,
    FIELD_MAX,
    FIELD_MEAN,
    FIELD_STDDEV,
    FIELD_P25,
    FIELD_P50,
    FIELD_P75,
    FIELDS
};

static const char *const HEADINGS[FIELDS] = {"column",   "type", "count", "missing",
                                             "distinct", "min",  "max",   "mean",
                                             "stddev",   "p25",  "p50",   "p75"};

static void put_name(struct text *text, const struct column_result *column, size_t width)
{
    (void)display_append(text, column->name, column->name_length, limit_for(width, NAME_CELLS));
}

/* Nothing where the column has no such value. */
static void put_field(struct text *text, const struct column_result *column, enum field field,
                      size_t width)
{
    switch (field) {
    case FIELD_NAME: put_name(text, column, width); return;
    case FIELD_TYPE: text_put(text, value_type_word(column->type)); return;
    case FIELD_COUNT: put_count(text, column->count, true); return;
    case FIELD_MISSING: put_count(text, column->missing, true); return;
    case FIELD_DISTINCT: put_count(text, column->distinct, column->distinct_error == 0); return;
    case FIELD_MIN: put_scalar(text, &column->min, limit_for(width, VALUE_CELLS)); return;
    case FIELD_MAX: put_scalar(text, &column->max, limit_for(width, VALUE_CELLS)); return;
    case FIELD_MEAN: put_statistic(text, column, column->mean); return;
    case FIELD_STDDEV: put_statistic(text, column, column->stddev); return;
    case FIELD_P25: put_quantile(text, column, COLUMN_P25); return;
    case FIELD_P50: put_quantile(text, column, COLUMN_P50); return;
    case FIELD_P75: put_quantile(text, column, COLUMN_P75); return;
    case FIELDS: return;
    }
}

/* ---- lines of cells ---- */

/* Spaces are held back until something stands behind them: no line ends in one. */
struct line {
    struct text *text;
    struct text cell;
    size_t spaces;
};

static void put_cell(struct line *line, size_t width, bool left)
{
    size_t cells = line->cell.length == 0 ? 0 : display_width(line->cell.bytes, line->cell.length);
    size_t padding = cells < width ? width - cells : 0;
    if (cells > 0) {
        display_pad(line->text, line->spaces + (left ? 0 : padding));
        text_append(line->text, line->cell.bytes, line->cell.length);
        line->spaces = 0;
    }
    line->spaces += GAP_CELLS + (cells == 0 ? width : left ? padding : 0);
    line->text->failed = line->text->failed || text_failed(&line->cell);
    text_clear(&line->cell);
}

static void end_line(struct line *line)
{
    text_put(line->text, "\n");
    line->spaces = 0;
}

/* ---- statistics of all columns ---- */

struct table {
    const struct profile *profile;
    size_t width;
    size_t widths[FIELDS]; /* 0: no column has such a value */
};

static void measure(struct table *table, struct text *cell)
{
    size_t longest = 0;
    for (size_t i = 0; i < table->profile->column_count; i++)
        for (size_t field = 0; field < FIELDS; field++) {
            text_clear(cell);
            put_field(cell, &table->profile->columns[i], (enum field)field, table->width);
            longest = cell->length == 0 ? 0 : display_width(cell->bytes, cell->length);
            if (longest > table->widths[field])
                table->widths[field] = longest;
        }
    text_clear(cell);
    for (size_t field = 0; field < FIELDS; field++)
        if ((table->widths[field] > 0 || field == FIELD_NAME) &&
            table->widths[field] < strlen(HEADINGS[field]))
            table->widths[field] = strlen(HEADINGS[field]);
}

/* The first field that does not fit on a line any more with those from `from` on. */
static size_t fit(const struct table *table, size_t from)
{
    size_t used = table->widths[FIELD_NAME];
    size_t field = from;
    for (; field < FIELDS; field++) {
        size_t more = table->widths[field] == 0 ? 0 : GAP_CELLS + table->widths[field];
        if (field > from && (used > table->width || more > table->width - used))
            break;
        used += more;
    }
    return field;
}

static bool is_left(size_t field)
{
    return field == FIELD_NAME || field == FIELD_TYPE;
}

static void put_headings(const struct table *table, struct line *line, size_t from, size_t to)
{
    text_put(&line->cell, HEADINGS[FIELD_NAME]);
    put_cell(line, table->widths[FIELD_NAME], true);
    for (size_t field = from; field < to; field++)
        if (table->widths[field] > 0) {
            text_put(&line->cell, HEADINGS[field]);
            put_cell(line, table->widths[field], is_left(field));
        }
    end_line(line);
}

static bool has_any(const struct table *table, const struct column_result *column, size_t from,
                    size_t to, struct text *cell)
{
    text_clear(cell);
    for (size_t field = from; field < to; field++)
        put_field(cell, column, (enum field)field, table->width);
    bool any = cell->length > 0;
    text_clear(cell);
    return any;
}

/* The fields in [from, to) of each column that has one of them. */
static void put_panel(const struct table *table, struct line *line, size_t from, size_t to)
{
    text_put(line->text, "\n");
    put_headings(table, line, from, to);
    for (size_t i = 0; i < table->profile->column_count; i++) {
        const struct column_result *column = &table->profile->columns[i];
        if (!has_any(table, column, from, to, &line->cell))
            continue;
        put_name(&line->cell, column, table->width);
        put_cell(line, table->widths[FIELD_NAME], true);
        for (size_t field = from; field < to; field++)
            if (table->widths[field] > 0) {
                put_field(&line->cell, column, (enum field)field, table->width);
                put_cell(line, table->widths[field], is_left(field));
            }
        end_line(line);
    }
}

static bool has_fields(const struct table *table, size_t from, size_t to)
{
    for (size_t field = from; field < to; field++)
        if (table->widths[field] > 0)
            return true;
    return false;
}

static void put_statistics(const struct table *table, struct line *line)
{
    for (size_t from = FIELD_TYPE, to; from < FIELDS; from = to) {
        to = fit(table, from);
        if (has_fields(table, from, to))
            put_panel(table, line, from, to);
    }
}

/* ---- what columns hold most often ---- */

/* Text, truth, and codes: what has so few values that all of them are listed. */
static bool has_listed_values(const struct column_result *column)
{
    if (column->count == 0)
        return false;
    return column->type == VALUE_STRING || column->type == VALUE_BOOLEAN ||
           (column->distinct <= COLUMN_TOP_MAX && column->distinct < column->count);
}

static void put_lengths(struct text *text, const struct column_result *column)
{
    if (column->type != VALUE_STRING)
        return;
    text_printf(text, "%" PRIu64, column->min_length);
    if (column->max_length > column->min_length)
        text_printf(text, "-%" PRIu64, column->max_length);
}

static void put_top(struct text *text, const struct column_result *column, size_t i, size_t limit)
{
    put_scalar(text, &column->top[i].value, limit);
    text_put(text, " " TIMES);
    put_count(text, column->top[i].count, column->top_error == 0);
}

/* As many values as the rest of the line has room for, and one anyway. */
static void put_values(struct line *line, const struct column_result *column, size_t width,
                       size_t used)
{
    if (column->top_count > 1 && column->top[0].count == 1 && column->top_error == 0) {
        text_put(&line->cell, "each value once");
        put_cell(line, 0, true);
        return;
    }
    for (size_t i = 0; i < column->top_count; i++) {
        put_top(&line->cell, column, i, limit_for(width, VALUE_CELLS));
        size_t cells = display_width(line->cell.bytes, line->cell.length);
        if (i > 0 && (used > width || cells > width - used)) {
            text_clear(&line->cell);
            return;
        }
        put_cell(line, 0, true);
        used += cells + GAP_CELLS;
    }
}

static size_t longest_lengths(const struct profile *profile, struct text *cell)
{
    size_t longest = strlen("length");
    for (size_t i = 0; i < profile->column_count; i++) {
        text_clear(cell);
        if (has_listed_values(&profile->columns[i]))
            put_lengths(cell, &profile->columns[i]);
        longest = cell->length > longest ? cell->length : longest;
    }
    text_clear(cell);
    return longest;
}

static void put_listing_headings(const struct table *table, struct line *line, size_t lengths)
{
    text_put(line->text, "\n");
    text_put(&line->cell, HEADINGS[FIELD_NAME]);
    put_cell(line, table->widths[FIELD_NAME], true);
    text_put(&line->cell, "length");
    put_cell(line, lengths, true);
    text_put(&line->cell, "most frequent");
    put_cell(line, 0, true);
    end_line(line);
}

static void put_listing(const struct table *table, struct line *line)
{
    size_t lengths = longest_lengths(table->profile, &line->cell);
    size_t used = table->widths[FIELD_NAME] + GAP_CELLS + lengths + GAP_CELLS;
    bool begun = false;
    for (size_t i = 0; i < table->profile->column_count; i++) {
        const struct column_result *column = &table->profile->columns[i];
        if (!has_listed_values(column))
            continue;
        if (!begun)
            put_listing_headings(table, line, lengths);
        begun = true;
        put_name(&line->cell, column, table->width);
        put_cell(line, table->widths[FIELD_NAME], true);
        put_lengths(&line->cell, column);
        put_cell(line, lengths, true);
        put_values(line, column, table->width, used);
        end_line(line);
    }
}

/* ---- the block of a file ---- */

static void put_amount(struct text *text, uint64_t amount, const char *what)
{
    text_printf(text, "%" PRIu64 " %s%s", amount, what, amount == 1 ? "" : "s");
}

static void put_file(struct text *text, const struct profile_table_file *file,
                     const struct profile *profile)
{
    char size[NUMBER_HUMAN_SIZE];
    const char *word = csv_delimiter_word(profile->dialect.delimiter);
    number_format_size(size, file->bytes);
    (void)display_append(text, file->name, strlen(file->name), DISPLAY_ENDLESS);
    text_printf(text, "  %s  ", size);
    put_amount(text, profile->record_count, "row");
    text_put(text, "  ");
    put_amount(text, profile->column_count, "column");
    text_printf(text, "  %s, %s, %s%s", word == NULL ? "?" : word,
                profile->has_header ? "header" : "no header", profile->dialect.line_ending,
                profile->dialect.bom ? ", bom" : "");
    if (profile->ragged_rows > 0) {
        text_put(text, ", ");
        put_amount(text, profile->ragged_rows, "row");
        text_put(text, " ragged");
    }
    text_put(text, "\n");
}

void profile_table_write(struct text *text, const struct profile_table_file *file,
                         const struct profile *profile, size_t width)
{
    struct table table = {.profile = profile, .width = width};
    struct line line = {.text = text};
    put_file(text, file, profile);
    if (profile->column_count > 0) {
        measure(&table, &line.cell);
        put_statistics(&table, &line);
        put_listing(&table, &line);
    }
    text_free(&line.cell);
}
