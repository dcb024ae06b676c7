#include "consumer/page/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "consumer/page/page_assets.h"
#include "consumer/page/page_batches.h"
#include "consumer/page/page_columns.h"
#include "consumer/page/page_text.h"

#define TROUBLE_CELLS 240

/* Three bars, so that no browser asks for a favicon.ico. */
#define ICON                                                                              \
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" \
    "%3Cpath fill='%230072b2' d='M1 9h4v6H1zM6 4h4v11H6zM11 1h4v14h-4z'/%3E%3C/svg%3E"

/* ---- around every page ---- */

static void open_head(struct text *html)
{
    text_put(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"");
    text_put(html, PAGE_POLICY);
    text_put(html, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n"
                   "<link rel=\"icon\" href=\"" ICON "\">\n");
}

static void close_head(struct text *html)
{
    text_put(html, "<style>");
    text_put(html, PAGE_STYLE);
    text_put(html, "</style>\n</head>\n");
}

static void close_page(struct text *html)
{
    text_put(html, "<script>");
    text_put(html, PAGE_SCRIPT);
    text_put(html, "</script>\n</body>\n</html>\n");
}

static void put_link(struct text *html, const char *name, const char *words)
{
    text_put(html, "<a href=\"");
    page_put_address(html, name);
    text_printf(html, "\">%s</a>\n", words);
}

void page_older_name(char name[PAGE_NAME_SIZE], uint64_t number)
{
    (void)snprintf(name, PAGE_NAME_SIZE, "page-%" PRIu64 ".html", number);
}

static void put_older_link(struct text *html, uint64_t number, const char *words)
{
    char name[PAGE_NAME_SIZE];
    page_older_name(name, number);
    put_link(html, name, words);
}

/* ---- how the daemon stands ---- */

static bool in_trouble(const struct page *page)
{
    return page->report->trouble[0] != '\0';
}

static void put_title(struct text *html, const struct page *page)
{
    text_printf(html, "<title>%sshared-data", in_trouble(page) ? "(!) " : "");
    if (page->report->backlog > 0)
        text_printf(html, " \xC2\xB7 %" PRIu64 " waiting", page->report->backlog);
    text_put(html, "</title>\n");
}

static void put_state(struct text *html, const struct page *page)
{
    const struct report *report = page->report;
    if (in_trouble(page)) {
        text_put(html, "<p class=\"state trouble\" role=\"alert\"><span aria-hidden=\"true\">"
                       "\xE2\x9C\x95</span> <strong>In trouble</strong> ");
        page_put_string(html, report->trouble, TROUBLE_CELLS);
    } else if (report->backlog > 0) {
        text_put(html, "<p class=\"state behind\"><span aria-hidden=\"true\">\xE2\x96\xB2</span> ");
        page_put_count(html, report->backlog);
        text_put(html, " waiting, the oldest for ");
        page_put_duration(html, report->oldest_wait_ns);
    } else {
        text_put(html, "<p class=\"state well\"><span aria-hidden=\"true\">\xE2\x9C\x93</span> "
                       "Nothing waits");
    }
    text_put(html, "</p>\n");
}

static void put_clock(struct text *html, const struct page *page)
{
    text_put(html, "<p class=\"clock\"><span>As of <span id=\"written\">");
    page_put_time(html, page->written_at);
    text_put(html, "</span> UTC<span id=\"age\"></span></span>\n"
                   "<button type=\"button\" id=\"pause\" aria-pressed=\"false\" hidden>Pause"
                   "</button></p>\n");
}

static void put_banner(struct text *html, const struct page *page)
{
    text_put(html, "<header>\n<h1>shared-data</h1>\n");
    put_state(html, page);
    put_clock(html, page);
    text_put(html, "</header>\n");
}

/* ---- totals ---- */

static void open_tile(struct text *html, const char *name)
{
    text_printf(html, "<div><dt>%s</dt><dd>", name);
}

static void put_count_tile(struct text *html, const char *name, uint64_t count)
{
    open_tile(html, name);
    page_put_count(html, count);
    text_put(html, "</dd></div>\n");
}

static void put_tiles(struct text *html, const struct page *page)
{
    text_put(html, "<dl class=\"tiles\">\n");
    put_count_tile(html, "batches processed", page->report->processed);
    put_count_tile(html, "rejected", page->report->rejected);
    put_count_tile(html, "waiting", page->report->backlog);
    if (page->totals != NULL) {
        put_count_tile(html, "rows", page->totals->rows);
        open_tile(html, "of data");
        page_put_size(html, page->totals->bytes);
        text_put(html, "</dd></div>\n");
    }
    text_put(html, "</dl>\n");
}

static void put_remark(struct text *html, uint64_t count, const char *one, const char *many)
{
    if (count == 0)
        return;
    page_put_count(html, count);
    text_put(html, count == 1 ? one : many);
}

static void put_remarks(struct text *html, const struct page *page)
{
    text_put(html, "<p class=\"facts\">Running since ");
    page_put_time(html, page->report->started_at);
    text_printf(html, ", woken by %s. ", page->report->inotify ? "inotify" : "the poll alone");
    put_remark(html, page->report->skipped,
               " name in the shared directory is no batch\xE2\x80\x99s. ",
               " names in the shared directory are no batch\xE2\x80\x99s. ");
    if (page->totals != NULL)
        put_remark(html, page->totals->left_out, " batch is not in the totals: its data was gone. ",
                   " batches are not in the totals: their data was gone. ");
    text_put(html, "</p>\n");
}

/* The address changes with each drawing, so that no cache shows an old one. */
static void put_trend(struct text *html, const struct page *page)
{
    char name[CONTRACT_NAME_SIZE];
    if (page->trend_version == 0 || page->chart_extension == NULL)
        return;
    contract_trend_name(name, page->chart_extension);
    text_printf(html,
                "<section id=\"trend\"><h2>Trend</h2>\n<a class=\"picture\" href=\"%s\"><img "
                "src=\"%s?drawn=%" PRIu64
                "\" alt=\"How the batches went over time\"></a></section>\n",
                name, name, page->trend_version);
}

static void put_empty(struct text *html, const struct page *page)
{
    if (page->batch_count == 0)
        text_put(html, "<p class=\"empty\">No batch yet. The first one shows here as soon as it is "
                       "processed.</p>\n");
}

static void put_older(struct text *html, const struct page *page)
{
    if (page->page_last == 0)
        return;
    text_put(html, "<nav class=\"older\" aria-label=\"Older batches\">\n");
    put_older_link(html, page->page_last, "Older batches");
    if (page->page_last > page->page_first)
        put_older_link(html, page->page_first, "The oldest");
    text_put(html, "</nav>\n");
}

/* Of whoever writes the page: the others' files have names like it. */
static void put_shards_link(struct text *html, const char *file, struct shard shard)
{
    char name[CONTRACT_NAME_SIZE];
    shard_file(name, file, shard);
    put_link(html, name, name);
}

static void put_files(struct text *html, const struct page *page)
{
    text_put(html, "<footer>The same for programs:\n");
    put_link(html, CONTRACT_STATUS, CONTRACT_STATUS);
    if (page->totals != NULL)
        put_link(html, CONTRACT_TOTALS, CONTRACT_TOTALS);
    put_shards_link(html, CONTRACT_METRICS, page->report->shard);
    put_shards_link(html, CONTRACT_PROCESSED_LOG, page->report->shard);
    text_put(html, "</footer>\n");
}

static struct page_batches batches_of(const struct page *page)
{
    return (struct page_batches){.batches = page->batches,
                                 .count = page->batch_count < PAGE_BATCHES ? page->batch_count
                                                                           : PAGE_BATCHES,
                                 .chart_extension = page->chart_extension};
}

void page_write_index(struct text *html, const struct page *page)
{
    const struct page_batches batches = batches_of(page);
    open_head(html);
    put_title(html, page);
    close_head(html);
    text_put(html, "<body data-renews>\n");
    put_banner(html, page);
    text_put(html, "<main>\n");
    put_tiles(html, page);
    put_remarks(html, page);
    put_empty(html, page);
    put_trend(html, page);
    page_put_newest(html, &batches);
    page_put_rejected(html, &batches);
    if (page->totals != NULL)
        page_put_columns(html, page->totals, batches.batches, batches.count);
    page_put_table(html, &batches);
    put_older(html, page);
    text_put(html, "</main>\n");
    put_files(html, page);
    close_page(html);
}

/* ---- older pages ---- */

static void put_neighbours(struct text *html, const struct page_older *older)
{
    text_put(html, "<nav class=\"older\" aria-label=\"Pages\">\n");
    put_link(html, CONTRACT_INDEX, "Now");
    if (older->number < older->page_last)
        put_older_link(html, older->number + 1, "Newer");
    if (older->number > older->page_first)
        put_older_link(html, older->number - 1, "Older");
    text_put(html, "</nav>\n");
}

void page_write_older(struct text *html, const struct page_older *older)
{
    const struct page_batches batches = {
        .batches = older->batches,
        .count = older->batch_count < PAGE_BATCHES ? older->batch_count : PAGE_BATCHES,
        .chart_extension = older->chart_extension};
    open_head(html);
    text_printf(html, "<title>shared-data \xC2\xB7 page %" PRIu64 "</title>\n", older->number);
    close_head(html);
    text_printf(html,
                "<body>\n<header>\n<h1>shared-data</h1>\n<p class=\"state\">Page %" PRIu64 "</p>\n",
                older->number);
    put_neighbours(html, older);
    text_put(html, "</header>\n<main>\n");
    page_put_rejected(html, &batches);
    page_put_table(html, &batches);
    put_neighbours(html, older);
    text_put(html, "</main>\n");
    close_page(html);
}
