/*
 * page_text - what stands in a page as HTML: somebody else's text, names of files, numbers and
 * times.
 *
 * Names and values come from whoever wrote the batch. What display lets through of them (no
 * controls, no turns of the direction of writing, nothing that cannot be seen) is escaped for
 * elements and for attributes in double quotes alike, and stands in a <bdi>, so that Arabic and
 * Hebrew names stay in their place and do not reorder what stands beside them (Unicode Standard
 * Annex 9, 6.2).
 *
 * Numbers are for people: four digits that matter, whole ones in groups of three from 10000 on,
 * parted by narrow spaces that do not break (ISO 80000-1, 7.3.1). The exact ones are in the JSON
 * files that a page links to.
 */
#ifndef CONSUMER_PAGE_TEXT_H
#define CONSUMER_PAGE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "consumer/profile/column_result.h"

/* The cells of a name or a value, where nothing speaks for fewer; longer ones get an ellipsis. */
#define PAGE_TEXT_CELLS 64

/* The text itself, for elements: <bdi>...</bdi>. */
void page_put_text(struct text *html, const char *bytes, size_t length, size_t cells);
void page_put_string(struct text *html, const char *string, size_t cells);

/* The same where no element can stand, as in attributes and titles: isolated by characters. */
void page_put_attribute(struct text *html, const char *bytes, size_t length, size_t cells);

/* A file name as a relative address: all but RFC 3986's unreserved characters are percent-encoded,
 * so it is whole in an attribute, and a colon in it makes no scheme. */
void page_put_address(struct text *html, const char *name);

void page_put_count(struct text *html, uint64_t count);

/* A dash where it is not finite. */
void page_put_number(struct text *html, double number);

/* A dash for SCALAR_NONE. */
void page_put_scalar(struct text *html, const struct column_scalar *scalar, size_t cells);

/* "2.5 KiB", "3.2 s". */
void page_put_size(struct text *html, uint64_t value_bytes);
void page_put_duration(struct text *html, int64_t value_ns);

/* "12 %" of part in whole: "0 %" and "100 %" are none and all, what is next to them "<0.1 %" and
 * ">99.9 %". */
void page_put_share(struct text *html, uint64_t part, uint64_t whole);

/* A timestamp of clock as <time>, to the second, without the T and the Z. */
void page_put_time(struct text *html, const char *timestamp);

#endif
