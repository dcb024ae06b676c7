/*
 * marks - what is unusual about a batch, held against the ones before it.
 *
 *     struct marks *marks = marks_create();
 *     marks_judge(marks, &account);       each decided batch, in the order of the log
 *     ... account.change, account.drift ...
 *
 * A change: its columns are not those of the processed batch before it, by name, order and type.
 *
 * A drift: a numeric column's median lies outside the usual band, from the median p05 to the median
 * p95 of the last MARKS_WINDOW batches, of at least MARKS_FEWEST. Medians, since a batch that is
 * far off moves a mean as far as it likes, and would have the ordinary ones behind it marked. A
 * column that leaves its band often, as a running number does with every batch, is no longer
 * marked: what always happens tells nobody anything.
 *
 * Columns are known by their names; of several of a name, by which of them they are.
 */
#ifndef CONSUMER_MARKS_H
#define CONSUMER_MARKS_H

#include "consumer/page/account.h"

#define MARKS_WINDOW 50
#define MARKS_FEWEST 10
/* Of the last MARKS_WINDOW medians of a column, so many may be marked. */
#define MARKS_OFTEN 10

struct marks;

/* NULL when memory is short. */
struct marks *marks_create(void);
void marks_free(struct marks *marks);

/* Sets `change` and `drift` of a processed batch, and remembers it. Others pass untouched. */
void marks_judge(struct marks *marks, struct account *account);

#endif
