#include "consumer/page/page_columns.h"

#include <math.h>
#include <string.h>

#include "consumer/page/page_glyph.h"
#include "consumer/page/page_text.h"

#define NAME_CELLS 40
#define VALUE_CELLS 26
/* Of a card; the summaries have up to COLUMN_TOP_MAX. */
#define TOP_MAX 5
/* So many are open; those of a wide file are behind a click. */
#define OPEN_MAX 24
#define COURSE_MAX 100

#define APPROXIMATELY "\xE2\x89\x88\xE2\x80\xAF"

struct columns {
    struct text *html;
    const struct totals_result *totals;
    const struct account *const *batches;
    size_t batch_count;
};

/* ---- what a card is made of ---- */

static void open_figure(struct text *html, const char *name)
{
    text_printf(html, "<div><dt>%s</dt><dd>", name);
}

static void close_figure(struct text *html)
{
    text_put(html, "</dd></div>");
}

static void put_number_figure(struct text *html, const char *name, double number)
{
    open_figure(html, name);
    page_put_number(html, number);
    close_figure(html);
}

/* Moments hardly repeat, and where they begin and end says more. */
static bool is_of_words(const struct column_result *column)
{
    return column->top_count > 0 && (column->type == VALUE_STRING ||
                                     column->type == VALUE_BOOLEAN || column->distinct <= TOP_MAX);
}

static bool is_drawn(const struct column_result *column)
{
    return value_type_is_numeric(column->type) && column->bins > 0;
}

static void put_spread(struct text *html, const struct column_result *column)
{
    const struct page_scale scale = {column->edges[0], column->edges[column->bins]};
    page_glyph_histogram(html, column->bin_counts, column->bins,
                         page_scale_at(&scale, column->quantiles[COLUMN_P50]));
    text_put(html, "<p class=\"ends\"><span>");
    page_put_scalar(html, &column->min, VALUE_CELLS);
    text_put(html, "</span><span class=\"mark\">median ");
    text_put(html, column->rank_error > 0 ? APPROXIMATELY : "");
    page_put_number(html, column->quantiles[COLUMN_P50]);
    text_put(html, "</span><span>");
    page_put_scalar(html, &column->max, VALUE_CELLS);
    text_put(html, "</span></p>");
}

/* The values of a column that are no numbers: the frequent ones, longest bar first. */
static void put_frequent(struct text *html, const struct column_result *column)
{
    text_put(html, "<table class=\"frequent\">");
    for (size_t i = 0; i < column->top_count && i < TOP_MAX; i++) {
        text_put(html, "<tr><th scope=\"row\">");
        page_put_scalar(html, &column->top[i].value, VALUE_CELLS);
        text_put(html, "</th><td>");
        page_glyph_bar(html, column->top[i].count, column->count);
        text_put(html, "</td><td class=\"number\">");
        text_put(html, column->top_error > 0 ? APPROXIMATELY : "");
        page_put_count(html, column->top[i].count);
        text_put(html, "</td></tr>");
    }
    text_put(html, "</table>");
}

static void put_extremes(struct text *html, const struct column_result *column)
{
    if (column->min.kind == SCALAR_NONE)
        return;
    text_put(html, "<p class=\"ends\"><span>");
    page_put_scalar(html, &column->min, VALUE_CELLS);
    text_put(html, "</span><span>");
    page_put_scalar(html, &column->max, VALUE_CELLS);
    text_put(html, "</span></p>");
}

static void put_figures(struct text *html, const struct column_result *column)
{
    text_put(html, "<dl>");
    open_figure(html, "values");
    page_put_count(html, column->count);
    close_figure(html);
    open_figure(html, "distinct");
    text_put(html, column->distinct_error > 0 ? APPROXIMATELY : "");
    page_put_count(html, column->distinct);
    close_figure(html);
    if (value_type_is_numeric(column->type)) {
        put_number_figure(html, "mean", column->mean);
        put_number_figure(html, "std dev", column->stddev);
    }
    open_figure(html, "missing");
    page_put_share(html, column->missing, column->count + column->missing);
    if (column->missing > 0)
        page_glyph_bar(html, column->missing, column->count + column->missing);
    close_figure(html);
    text_put(html, "</dl>");
}

/* ---- from batch to batch ---- */

/* Oldest first. Returns how many of them have the column. */
static size_t gather_course(const struct columns *columns, const char *name, size_t count,
                            double course[][ACCOUNT_QUANTILES])
{
    size_t having = 0;
    for (size_t i = 0; i < count; i++) {
        const struct account_column *column =
            account_numeric_column(columns->batches[count - 1 - i], name);
        having += column != NULL ? 1 : 0;
        for (size_t quantile = 0; quantile < ACCOUNT_QUANTILES; quantile++)
            course[i][quantile] = column != NULL ? column->quantiles[quantile] : (double)NAN;
    }
    return having;
}

static void put_course(const struct columns *columns, const struct column_result *column)
{
    double course[COURSE_MAX][ACCOUNT_QUANTILES];
    char name[ACCOUNT_NAME_SIZE];
    struct page_scale scale = PAGE_SCALE_EMPTY;
    size_t count = columns->batch_count < COURSE_MAX ? columns->batch_count : COURSE_MAX;
    /* A longer name is not told whole by the accounts, and might be another's. */
    if (column->name_length >= sizeof name)
        return;
    memcpy(name, column->name, column->name_length);
    name[column->name_length] = '\0';
    size_t having = gather_course(columns, name, count, course);
    if (having < 2)
        return;
    for (size_t i = 0; i < count; i++)
        page_scale_take(&scale, course[i], ACCOUNT_QUANTILES);
    page_glyph_course(columns->html, (const double(*)[ACCOUNT_QUANTILES])course, count, &scale);
    text_printf(columns->html, "<p class=\"ends\"><span>last %zu batches", having);
    text_put(columns->html, "</span><span>");
    page_put_number(columns->html, scale.low);
    text_put(columns->html, " to ");
    page_put_number(columns->html, scale.high);
    text_put(columns->html, "</span></p>");
}

/* ---- cards ---- */

static void put_card(const struct columns *columns, size_t index)
{
    const struct column_result *column = &columns->totals->columns[index];
    uint64_t batches = columns->totals->column_batches[index];
    struct text *html = columns->html;
    text_put(html, "<li class=\"card\"><h3>");
    page_put_text(html, column->name, column->name_length, NAME_CELLS);
    text_printf(html, " <span class=\"type\">%s</span></h3>", value_type_word(column->type));
    if (is_drawn(column))
        put_spread(html, column);
    else if (is_of_words(column))
        put_frequent(html, column);
    else
        put_extremes(html, column);
    put_figures(html, column);
    if (is_drawn(column))
        put_course(columns, column);
    if (batches < columns->totals->batches) {
        text_put(html, "<p class=\"facts\">in ");
        page_put_share(html, batches, columns->totals->batches);
        text_put(html, " of the batches</p>");
    }
    text_put(html, "</li>\n");
}

static void put_rest(struct text *html, uint64_t columns)
{
    if (columns == 0)
        return;
    text_put(html, "<p class=\"facts\">");
    page_put_count(html, columns);
    text_put(html, columns == 1 ? " more column is not shown." : " more columns are not shown.");
    text_put(html, "</p>");
}

/* Returns how many cards came of those between the two. */
static size_t put_cards(const struct columns *columns, size_t from, size_t to, size_t enough)
{
    size_t index = from;
    text_put(columns->html, "<ul class=\"cards\">\n");
    for (; index < to && columns->html->length < enough && !text_failed(columns->html); index++)
        put_card(columns, index);
    text_put(columns->html, "</ul>\n");
    return index - from;
}

void page_put_columns(struct text *html, const struct totals_result *totals,
                      const struct account *const *batches, size_t batch_count)
{
    const struct columns columns = {html, totals, batches, batch_count};
    const size_t enough = html->length + PAGE_COLUMNS_BYTES;
    size_t most = totals->column_count < PAGE_COLUMNS_MAX ? totals->column_count : PAGE_COLUMNS_MAX;
    size_t open = most < OPEN_MAX ? most : OPEN_MAX;
    if (most == 0)
        return;
    text_put(html, "<section id=\"columns\"><h2>Columns of all batches</h2>\n");
    size_t shown = put_cards(&columns, 0, open, enough);
    if (most > open) {
        text_printf(html, "<details><summary>%zu more columns</summary>\n", most - open);
        shown += put_cards(&columns, open, most, enough);
        text_put(html, "</details>\n");
    }
    put_rest(html, totals->column_count - shown + totals->columns_left_out);
    text_put(html, "</section>\n");
}
