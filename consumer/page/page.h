/*
 * page - index.html and page-N.html: how the daemon stands and what came of the batches, for
 * people.
 *
 *     struct page page = {.report = &report, .written_at = now, .totals = &totals,
 *                         .batches = newest, .batch_count = 100, .chart_extension = "png"};
 *     page_write_index(&html, &page);
 *     if (text_failed(&html)) ...
 *
 * Plain data in, HTML out: no clock, no file. A page is one file without parts, works from the
 * volume (file://) and behind any server of plain files, and asks nobody for anything but the
 * pictures beside it. Its Content-Security-Policy lets the one style and the one script run that
 * are built in (consumer/page/), by their hashes, so nothing that a batch holds could run or look
 * like a part of it, even if it were not escaped. Without JavaScript all is there but sorting,
 * filtering and renewing itself.
 *
 * However many batches and columns there are and whatever is in them, a page has less than
 * PAGE_MAX_BYTES: it shows so many of the newest, and says where the others are.
 */
#ifndef CONSUMER_PAGE_H
#define CONSUMER_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/page/account.h"
#include "consumer/profile/totals_result.h"
#include "consumer/status/report.h"

#define PAGE_MAX_BYTES 1000000u
/* Batches of index.html, of which the others are left out, and of each older page. */
#define PAGE_BATCHES 100

/* All of it is borrowed. */
struct page {
    const struct report *report;
    /* RFC 3339. The page tells its own age by it, and that nothing was heard of the daemon when
     * it is a minute: so it is to be written as often as the report, REPORT_HEARTBEAT_NS. */
    const char *written_at;
    const struct totals_result *totals;   /* NULL: none yet */
    const struct account *const *batches; /* newest first */
    size_t batch_count;
    uint64_t page_first; /* of the older pages, the numbers of those that exist; 0: none */
    uint64_t page_last;
    uint64_t trend_version; /* of the trend's picture, another one each time; 0: it is not there */
    const char *chart_extension; /* "png", "svg"; NULL: no charts are drawn */
};

/* Appends index.html; see text_failed(). */
void page_write_index(struct text *html, const struct page *page);

/* One of the older pages: PAGE_BATCHES each, numbered from the oldest; early ones may be gone. */
struct page_older {
    uint64_t number;
    const struct account *const *batches; /* newest first */
    size_t batch_count;
    uint64_t page_first;
    uint64_t page_last;
    const char *chart_extension;
};

/* "page-7.html" and its NUL. */
#define PAGE_NAME_SIZE 32
void page_older_name(char name[PAGE_NAME_SIZE], uint64_t number);

void page_write_older(struct text *html, const struct page_older *older);

#endif
