/*
 * page_batches - the batches of a page: the newest as cards with their charts, the rejected ones
 * with their reasons, and all of them in a table.
 *
 * Of the first numeric columns of the newest batch that has any, each batch shows its median and
 * how its values are spread, on one scale from batch to batch: what moves is seen by looking down a
 * column.
 *
 * Of several records of one batch the newest stands: one that was rejected and is processed now is
 * none of the rejected ones, and one whose file changed afterwards has the card that it had, with a
 * mark. The table has all records.
 */
#ifndef CONSUMER_PAGE_BATCHES_H
#define CONSUMER_PAGE_BATCHES_H

#include <stddef.h>

#include "common/text.h"
#include "consumer/page/account.h"

struct page_batches {
    const struct account *const *batches; /* newest first */
    size_t count;
    const char *chart_extension; /* NULL: no charts */
};

/* Each is a <section>, or nothing where there is nothing to show. */
void page_put_newest(struct text *html, const struct page_batches *batches);
void page_put_rejected(struct text *html, const struct page_batches *batches);
void page_put_table(struct text *html, const struct page_batches *batches);

#endif
