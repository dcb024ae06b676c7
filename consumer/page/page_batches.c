#include "consumer/page/page_batches.h"

#include <inttypes.h>
#include <string.h>

#include "consumer/page/page_glyph.h"
#include "consumer/page/page_text.h"

/* As many as fill whole rows of 2, 3, 4 and 6. */
#define CARDS_MAX 12
#define FOLLOWED_MAX 3
#define NAME_CELLS 24
#define NOTE_CELLS 160
#define DETAIL_CELLS 240

_Static_assert((int)PAGE_P95 == (int)ACCOUNT_P95,
               "a glyph draws the quantiles that an account has");

/* ---- the columns whose medians are followed ---- */

struct followed {
    const char *names[FOLLOWED_MAX];
    struct page_scale scales[FOLLOWED_MAX];
    size_t count;
};

static void follow_columns_of(struct followed *followed, const struct account *batch)
{
    for (size_t i = 0;
         i < batch->column_count && i < ACCOUNT_COLUMNS_MAX && followed->count < FOLLOWED_MAX;
         i++) {
        const struct account_column *column = &batch->columns[i];
        /* The second of a name would only be followed as the first. */
        if (account_numeric_column(batch, column->name) != column)
            continue;
        followed->scales[followed->count] = PAGE_SCALE_EMPTY;
        followed->names[followed->count++] = column->name;
    }
}

static void follow(struct followed *followed, const struct page_batches *batches)
{
    followed->count = 0;
    for (size_t i = 0; i < batches->count && followed->count == 0; i++)
        follow_columns_of(followed, batches->batches[i]);
    for (size_t i = 0; i < batches->count; i++)
        for (size_t which = 0; which < followed->count; which++) {
            const struct account_column *column =
                account_numeric_column(batches->batches[i], followed->names[which]);
            if (column != NULL)
                page_scale_take(&followed->scales[which], column->quantiles, ACCOUNT_QUANTILES);
        }
}

/* ---- what cards, list and table share ---- */

/* Every outcome and mark has a sign and a word, for those whom its colour does not tell. */
static const struct {
    const char *class;
    const char *sign;
    const char *word;
} OUTCOMES[] = {
    [OUTCOME_PROCESSED] = {"processed", "\xE2\x9C\x93", "processed"},
    [OUTCOME_REJECTED] = {"rejected", "\xE2\x9C\x95", "rejected"},
    [OUTCOME_CHANGED] = {"changed", "\xE2\x86\xBB", "file changed afterwards"},
};

/* The newest record of the same batch that came after this one; NULL where this one stands. */
static const struct account *newer_record(const struct page_batches *batches,
                                          const struct account *batch)
{
    for (size_t i = 0; i < batches->count && batches->batches[i] != batch; i++)
        if (strcmp(batches->batches[i]->key, batch->key) == 0)
            return batches->batches[i];
    return NULL;
}

static bool has_changed(const struct page_batches *batches, const struct account *batch)
{
    const struct account *newer = newer_record(batches, batch);
    return batch->outcome == OUTCOME_CHANGED ||
           (batch->outcome == OUTCOME_PROCESSED && newer != NULL &&
            newer->outcome == OUTCOME_CHANGED);
}

static bool is_marked(const struct page_batches *batches, const struct account *batch)
{
    return batch->change[0] != '\0' || batch->drift[0] != '\0' || has_changed(batches, batch);
}

static bool has_chart(const struct page_batches *batches, const struct account *batch)
{
    return batches->chart_extension != NULL && batch->outcome != OUTCOME_REJECTED &&
           batch->plot == PLOT_OK;
}

static void put_chart_address(struct text *html, const struct page_batches *batches,
                              const struct account *batch)
{
    char name[CONTRACT_NAME_SIZE];
    contract_plot_name(name, batch->key, batches->chart_extension);
    page_put_address(html, name);
}

/* Its key, and behind it its summary where it has one. */
static void put_key(struct text *html, const struct account *batch)
{
    char name[CONTRACT_NAME_SIZE];
    if (batch->outcome == OUTCOME_REJECTED) {
        page_put_string(html, batch->key, PAGE_TEXT_CELLS);
        return;
    }
    contract_summary_name(name, batch->key);
    text_put(html, "<a href=\"");
    page_put_address(html, name);
    text_put(html, "\">");
    page_put_string(html, batch->key, PAGE_TEXT_CELLS);
    text_put(html, "</a>");
}

static void put_badge(struct text *html, const char *class, const char *sign, const char *word)
{
    text_printf(html, "<span class=\"badge %s\"><span aria-hidden=\"true\">%s</span> %s</span> ",
                class, sign, word);
}

static void put_outcome(struct text *html, enum outcome outcome)
{
    put_badge(html, OUTCOMES[outcome].class, OUTCOMES[outcome].sign, OUTCOMES[outcome].word);
}

static void put_note(struct text *html, const char *class, const char *sign, const char *word,
                     const char *note)
{
    if (note[0] == '\0')
        return;
    text_put(html, "<p class=\"note\">");
    put_badge(html, class, sign, word);
    page_put_string(html, note, NOTE_CELLS);
    text_put(html, "</p>");
}

static void put_marks(struct text *html, const struct account *batch)
{
    put_note(html, "columns", "\xE2\x89\xA0", "columns", batch->change);
    put_note(html, "drift", "\xE2\x86\x97", "drift", batch->drift);
}

/* ---- cards ---- */

static void put_followed_figures(struct text *html, const struct account *batch,
                                 const struct followed *followed)
{
    text_put(html, "<table class=\"figures\">");
    for (size_t which = 0; which < followed->count; which++) {
        const struct account_column *column = account_numeric_column(batch, followed->names[which]);
        if (column == NULL)
            continue;
        text_put(html, "<tr><th scope=\"row\">");
        page_put_string(html, column->name, NAME_CELLS);
        text_put(html, "</th><td>");
        page_put_number(html, column->quantiles[ACCOUNT_P50]);
        text_put(html, "</td><td>");
        page_glyph_range(html, column->quantiles, &followed->scales[which]);
        text_put(html, "</td></tr>");
    }
    text_put(html, "</table>");
}

static void put_picture(struct text *html, const struct page_batches *batches,
                        const struct account *batch)
{
    if (!has_chart(batches, batch)) {
        text_put(html, "<p class=\"picture none\">no chart</p>");
        return;
    }
    text_put(html, "<a class=\"picture\" href=\"");
    put_chart_address(html, batches, batch);
    text_put(html, "\"><img src=\"");
    put_chart_address(html, batches, batch);
    text_put(html, "\" alt=\"Chart of batch ");
    page_put_attribute(html, batch->key, strlen(batch->key), PAGE_TEXT_CELLS);
    text_put(html, "\" width=\"1000\" height=\"600\" loading=\"lazy\" decoding=\"async\"></a>");
}

static void put_card(struct text *html, const struct page_batches *batches,
                     const struct account *batch, const struct followed *followed)
{
    text_printf(html, "<li class=\"card %s\">", is_marked(batches, batch) ? "marked" : "");
    put_picture(html, batches, batch);
    text_put(html, "<h3>");
    put_key(html, batch);
    text_put(html, "</h3><p class=\"facts\">");
    page_put_time(html, batch->at);
    text_put(html, " \xC2\xB7 ");
    page_put_count(html, batch->rows);
    text_put(html, batch->rows == 1 ? " row \xC2\xB7 " : " rows \xC2\xB7 ");
    page_put_size(html, batch->bytes);
    text_put(html, batch->verified ? "</p>" : " \xC2\xB7 unverified</p>");
    if (has_changed(batches, batch))
        put_outcome(html, OUTCOME_CHANGED);
    put_followed_figures(html, batch, followed);
    put_marks(html, batch);
    text_put(html, "</li>\n");
}

static void open_newest(struct text *html, const struct followed *followed)
{
    text_put(html, "<section id=\"newest\"><h2>Newest</h2>\n");
    if (followed->count > 0)
        text_put(html,
                 "<p class=\"facts\">The stroke is a batch\xE2\x80\x99s median, the box the "
                 "middle half of its values, the line 5 to 95 %; each column has one scale for "
                 "all batches.</p>\n");
    text_put(html, "<ul class=\"cards\">\n");
}

/* What was processed, once: its figures and its chart stay when its file changes. */
static bool has_card(const struct page_batches *batches, const struct account *batch)
{
    const struct account *newer = newer_record(batches, batch);
    return batch->outcome == OUTCOME_PROCESSED &&
           (newer == NULL || newer->outcome == OUTCOME_CHANGED);
}

void page_put_newest(struct text *html, const struct page_batches *batches)
{
    struct followed followed;
    size_t cards = 0;
    follow(&followed, batches);
    for (size_t i = 0; i < batches->count && cards < CARDS_MAX; i++) {
        if (!has_card(batches, batches->batches[i]))
            continue;
        if (cards++ == 0)
            open_newest(html, &followed);
        put_card(html, batches, batches->batches[i], &followed);
    }
    if (cards > 0)
        text_put(html, "</ul></section>\n");
}

/* ---- the rejected ones ---- */

/* What the reason means, and the detail, which may say so itself. */
static void put_cause(struct text *html, const struct rejection *rejection)
{
    const char *meaning = reason_meaning(rejection->reason);
    bool repeats = strstr(rejection->detail, meaning) != NULL;
    if (!repeats)
        text_put(html, meaning);
    if (!repeats && rejection->detail[0] != '\0')
        text_put(html, ": ");
    page_put_string(html, rejection->detail, DETAIL_CELLS);
}

static void put_rejection(struct text *html, const struct account *batch)
{
    text_put(html, "<li><p><strong>");
    put_key(html, batch);
    text_put(html, "</strong> ");
    put_badge(html, OUTCOMES[OUTCOME_REJECTED].class, OUTCOMES[OUTCOME_REJECTED].sign,
              reason_word(batch->rejection.reason));
    page_put_time(html, batch->at);
    text_put(html, "</p><p>");
    put_cause(html, &batch->rejection);
    text_put(html, "</p></li>\n");
}

void page_put_rejected(struct text *html, const struct page_batches *batches)
{
    size_t rejected = 0;
    for (size_t i = 0; i < batches->count; i++) {
        if (batches->batches[i]->outcome != OUTCOME_REJECTED ||
            newer_record(batches, batches->batches[i]) != NULL)
            continue;
        if (rejected++ == 0)
            text_put(html,
                     "<section id=\"rejected\"><h2>Rejected</h2>\n<ul class=\"rejections\">\n");
        put_rejection(html, batches->batches[i]);
    }
    if (rejected > 0)
        text_put(html, "</ul></section>\n");
}

/* ---- the table ---- */

static void put_headings(struct text *html, const struct followed *followed)
{
    text_put(html, "<thead><tr><th scope=\"col\" data-sort=\"key\">Batch</th>"
                   "<th scope=\"col\" data-sort=\"text\">When (UTC)</th>"
                   "<th scope=\"col\" data-sort=\"text\">Outcome</th>"
                   "<th scope=\"col\" data-sort=\"number\">Rows</th>"
                   "<th scope=\"col\" data-sort=\"number\">Size</th>");
    for (size_t which = 0; which < followed->count; which++) {
        text_put(html, "<th scope=\"col\" data-sort=\"number\">");
        page_put_string(html, followed->names[which], NAME_CELLS);
        text_put(html, " median</th>");
    }
    text_put(html, "</tr></thead>\n");
}

static void put_median(struct text *html, const struct account_column *column,
                       const struct page_scale *scale)
{
    char digits[NUMBER_DOUBLE_SIZE];
    if (column == NULL) {
        text_put(html, "<td></td>");
        return;
    }
    number_format_double(digits, column->quantiles[ACCOUNT_P50]);
    text_printf(html, "<td class=\"number\" data-value=\"%s\">", digits);
    page_put_number(html, column->quantiles[ACCOUNT_P50]);
    page_glyph_range(html, column->quantiles, scale);
    text_put(html, "</td>");
}

static void put_measures(struct text *html, const struct account *batch)
{
    if (batch->outcome != OUTCOME_PROCESSED) {
        text_put(html, "<td></td>");
    } else {
        text_printf(html, "<td class=\"number\" data-value=\"%" PRIu64 "\">", batch->rows);
        page_put_count(html, batch->rows);
        text_put(html, "</td>");
    }
    text_printf(html, "<td class=\"number\" data-value=\"%" PRIu64 "\">", batch->bytes);
    page_put_size(html, batch->bytes);
    text_put(html, "</td>");
}

static void put_verdict(struct text *html, const struct page_batches *batches,
                        const struct account *batch)
{
    text_put(html, "<td>");
    put_outcome(html, batch->outcome);
    if (batch->outcome == OUTCOME_REJECTED)
        text_put(html, reason_word(batch->rejection.reason));
    if (batch->outcome == OUTCOME_REJECTED && newer_record(batches, batch) != NULL)
        text_put(html, ", decided anew since");
    if (batch->outcome == OUTCOME_PROCESSED && has_changed(batches, batch))
        put_outcome(html, OUTCOME_CHANGED);
    if (has_chart(batches, batch)) {
        text_put(html, "<a href=\"");
        put_chart_address(html, batches, batch);
        text_put(html, "\">chart</a>");
    }
    put_marks(html, batch);
    text_put(html, "</td>");
}

static void put_row(struct text *html, const struct page_batches *batches,
                    const struct account *batch, const struct followed *followed)
{
    text_printf(html, "<tr class=\"%s%s\"><th scope=\"row\">", OUTCOMES[batch->outcome].class,
                is_marked(batches, batch) ? " marked" : "");
    put_key(html, batch);
    text_put(html, "</th><td>");
    page_put_time(html, batch->at);
    text_put(html, "</td>");
    put_verdict(html, batches, batch);
    put_measures(html, batch);
    for (size_t which = 0; which < followed->count; which++)
        put_median(html, account_numeric_column(batch, followed->names[which]),
                   &followed->scales[which]);
    text_put(html, "</tr>\n");
}

/* The controls do nothing without the script, which shows them. */
static void put_controls(struct text *html)
{
    text_put(
        html,
        "<div class=\"controls\" id=\"controls\" hidden>"
        "<label>Key <input type=\"search\" id=\"find\" autocomplete=\"off\"></label>"
        "<div role=\"group\" aria-label=\"Show\">"
        "<button type=\"button\" data-show=\"all\" aria-pressed=\"true\">All</button>"
        "<button type=\"button\" data-show=\"marked\" aria-pressed=\"false\">Marked</button>"
        "<button type=\"button\" data-show=\"rejected\" aria-pressed=\"false\">Rejected</button>"
        "</div><p id=\"shown\" role=\"status\"></p></div>\n");
}

void page_put_table(struct text *html, const struct page_batches *batches)
{
    struct followed followed;
    if (batches->count == 0)
        return;
    follow(&followed, batches);
    text_put(html, "<section id=\"batches\"><h2 id=\"batches-name\">Batches</h2>\n");
    put_controls(html);
    text_put(html, "<div class=\"scroll\" role=\"region\" aria-labelledby=\"batches-name\" "
                   "tabindex=\"0\"><table class=\"batches\">\n");
    put_headings(html, &followed);
    text_put(html, "<tbody>\n");
    for (size_t i = 0; i < batches->count; i++)
        put_row(html, batches, batches->batches[i], &followed);
    text_put(html, "</tbody></table></div></section>\n");
}
