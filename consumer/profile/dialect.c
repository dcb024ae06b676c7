#include "consumer/profile/dialect.h"

#include <stdio.h>
#include <string.h>

#include "common/value.h"
#include "consumer/config/csv_rules.h"

#define BOM "\xEF\xBB\xBF"

/* ---- delimiter ---- */

struct sample {
    const char *bytes;
    size_t length;
    bool whole;
};

/* A row as one delimiter divides it. */
struct row {
    size_t cells;
    size_t clean;  /* of them */
    bool damaged;  /* a quote stands where none may */
    bool complete; /* its end was seen */
};

static bool is_line_end(char character)
{
    return character == '\n' || character == '\r';
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* A decimal comma, or one between thousands. */
static bool is_comma_in_number(const struct sample *sample, size_t at)
{
    return sample->bytes[at] == ',' && at > 0 && is_digit(sample->bytes[at - 1]) &&
           at + 1 < sample->length && is_digit(sample->bytes[at + 1]);
}

static bool is_punctuation(const struct sample *sample, size_t at)
{
    return (sample->bytes[at] == ',' || sample->bytes[at] == ';') && at + 1 < sample->length &&
           sample->bytes[at + 1] == ' ';
}

/* A delimiter, and not of those that cells of numbers or text have. */
static bool is_foreign(const struct sample *sample, size_t at)
{
    char character = sample->bytes[at];
    return character != '\0' && memchr(CSV_DELIMITERS, character, CSV_DELIMITER_COUNT) != NULL &&
           !is_comma_in_number(sample, at) && !is_punctuation(sample, at);
}

/* Where the quoted cell that opens at `at` goes on behind its closing quote; 0 when none comes. */
static size_t pass_quoted(const struct sample *sample, size_t at)
{
    const char *end = sample->bytes + sample->length;
    for (const char *quote = sample->bytes + at + 1; quote < end; quote += 2) {
        quote = memchr(quote, '"', (size_t)(end - quote));
        if (quote == NULL)
            return 0;
        if (quote + 1 == end || quote[1] != '"')
            return (size_t)(quote + 1 - sample->bytes);
    }
    return 0;
}

/* Takes one cell into the row; returns where its delimiter, its line end or nothing more stands. */
static size_t take_cell(const struct sample *sample, size_t at, char delimiter, struct row *row)
{
    bool clean = true;
    bool quoted = at < sample->length && sample->bytes[at] == '"';
    row->cells++;
    if (quoted) {
        at = pass_quoted(sample, at);
        if (at == 0) {
            row->damaged = true;
            return sample->length;
        }
    }
    for (; at < sample->length; at++) {
        char character = sample->bytes[at];
        if (character == delimiter || is_line_end(character))
            break;
        row->damaged = row->damaged || quoted || character == '"';
        clean = clean && !is_foreign(sample, at);
    }
    row->clean += clean ? 1 : 0;
    return at;
}

static size_t take_row(const struct sample *sample, size_t at, char delimiter, struct row *row)
{
    *row = (struct row){.cells = 0};
    at = take_cell(sample, at, delimiter, row);
    while (at < sample->length && sample->bytes[at] == delimiter)
        at = take_cell(sample, at + 1, delimiter, row);
    row->complete = at < sample->length || sample->whole;
    return at;
}

/* Blank lines are no rows. */
static size_t skip_line_ends(const struct sample *sample, size_t at)
{
    while (at < sample->length && is_line_end(sample->bytes[at]))
        at++;
    return at;
}

/* What of the rows are like the first. */
struct likeness {
    struct row first;
    size_t rows;
    size_t alike;
    size_t clean; /* cells of those */
};

static void add_row(struct likeness *likeness, const struct row *row)
{
    if (likeness->rows++ == 0)
        likeness->first = *row;
    if (row->damaged || row->cells != likeness->first.cells)
        return;
    likeness->alike++;
    likeness->clean += row->clean;
}

/* 0 when the delimiter does not come into question. */
static double score(const struct likeness *likeness)
{
    double alike = (double)likeness->alike;
    double cells = alike * (double)likeness->first.cells;
    if (likeness->first.cells < 2 || 2 * likeness->alike <= likeness->rows)
        return 0;
    return alike / (double)likeness->rows * ((double)likeness->clean / cells);
}

static double try_delimiter(const struct sample *sample, char delimiter)
{
    struct likeness likeness = {.rows = 0};
    struct row row;
    size_t at = skip_line_ends(sample, 0);
    if (memchr(sample->bytes, delimiter, sample->length) == NULL)
        return 0;
    while (at < sample->length) {
        at = take_row(sample, at, delimiter, &row);
        if (row.complete || likeness.rows == 0)
            add_row(&likeness, &row);
        at = skip_line_ends(sample, at);
    }
    return score(&likeness);
}

char dialect_guess_delimiter(const char *bytes, size_t length, bool whole)
{
    struct sample sample = {.bytes = bytes, .length = length, .whole = whole};
    char best = ',';
    double best_score = 0;
    if (length > DIALECT_SAMPLE_BYTES) {
        sample.length = DIALECT_SAMPLE_BYTES;
        sample.whole = false;
    }
    if (sample.length >= sizeof BOM - 1 && memcmp(bytes, BOM, sizeof BOM - 1) == 0) {
        sample.bytes += sizeof BOM - 1;
        sample.length -= sizeof BOM - 1;
    }
    for (size_t i = 1; i < CSV_DELIMITER_COUNT && sample.length > 0; i++) {
        double tried = try_delimiter(&sample, CSV_DELIMITERS[i]);
        if (tried > best_score) {
            best = CSV_DELIMITERS[i];
            best_score = tried;
        }
    }
    return best;
}

/* ---- header ---- */

static enum value_type read_type(const struct csv_cell *cell, value_types *types)
{
    struct value value;
    value_read(cell->bytes, cell->length, &value);
    *types = value.types;
    return value_narrowest(value.types);
}

/* Where there is no fraction and no exponent it is a whole number, or a word such as NaN. */
static bool has_fraction_or_exponent(const struct csv_cell *cell)
{
    for (size_t i = 0; i < cell->length; i++)
        if (strchr(".eE", cell->bytes[i]) != NULL)
            return true;
    return false;
}

static bool is_no_heading(const struct csv_cell *cell, enum value_type type)
{
    switch (type) {
    case VALUE_NUMBER: return has_fraction_or_exponent(cell);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: return true;
    default: return false;
    }
}

/* What a cell above another says of its row. */
enum evidence { SAYS_NOTHING, SAYS_HEADER, SAYS_DATA };

static enum evidence weigh(const struct csv_cell *above, const struct csv_cell *below)
{
    value_types types_above;
    value_types types_below;
    enum value_type type = read_type(above, &types_above);
    enum value_type below_type = read_type(below, &types_below);
    if (is_no_heading(above, type))
        return (types_below & VALUE_TYPE_BIT(type)) != 0 ? SAYS_DATA : SAYS_HEADER;
    bool names_values = type == VALUE_STRING && above->length > 0 && below_type != VALUE_STRING;
    return names_values ? SAYS_HEADER : SAYS_NOTHING;
}

bool dialect_first_row_is_header(const struct csv_cell *first, const struct csv_cell *second,
                                 size_t count)
{
    bool says_data = false;
    for (size_t i = 0; i < count && second != NULL; i++) {
        enum evidence evidence = weigh(&first[i], &second[i]);
        if (evidence == SAYS_HEADER)
            return true;
        says_data = says_data || evidence == SAYS_DATA;
    }
    return !says_data;
}

void dialect_field_name(char name[DIALECT_NAME_SIZE], size_t index)
{
    (void)snprintf(name, DIALECT_NAME_SIZE, "field%zu", index + 1);
}
