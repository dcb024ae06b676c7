/*
 * sort - sorting that gives way when the program shall end.
 *
 * qsort(3) over millions of values holds a SIGTERM up for seconds. This sorts runs of
 * SORT_RUN with it and merges them, looking at wait_stopping() in between. A single run is always
 * sorted: what is small is still told after SIGTERM has come.
 */
#ifndef CONSUMER_SORT_H
#define CONSUMER_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* Elements that are sorted or merged between two looks: some milliseconds. */
#define SORT_RUN 32768u

/* As for qsort_r(3). */
typedef int sort_compare(const void *left, const void *right, void *context);

/*
 * Sorts `count` elements of `size` bytes. False when memory is short (errno ENOMEM) or the
 * program shall end (EINTR): the elements are all there then, in some order.
 */
bool sort_elements(void *elements, size_t count, size_t size, sort_compare *compare, void *context);

#endif
