/*
 * page_columns - the columns of all batches together as cards: what they hold, how they are spread,
 * and how they went from batch to batch.
 *
 * A card has a histogram or the most frequent values, never a table of all there is: the whole
 * profile is in totals.json. (ydata-profiling has cards like these, in pages of tens of megabytes;
 * these stop at a number of columns and of bytes.)
 */
#ifndef CONSUMER_PAGE_COLUMNS_H
#define CONSUMER_PAGE_COLUMNS_H

#include <stddef.h>

#include "common/text.h"
#include "consumer/page/account.h"
#include "consumer/profile/totals_result.h"

#define PAGE_COLUMNS_MAX 256
/* Names and values of others could make cards of any size; from here on no more begin. */
#define PAGE_COLUMNS_BYTES 350000u

/* A <section>; nothing where there are no columns. The batches are newest first. */
void page_put_columns(struct text *html, const struct totals_result *totals,
                      const struct account *const *batches, size_t batch_count);

#endif
