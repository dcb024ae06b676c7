/*
 * pool - threads that stand by for work which several do sooner than one:
 *
 *     pool_start(pool, work, context)     each of them calls work(context), once
 *     ... something else meanwhile ...
 *     pool_join(pool)                     the caller calls it as well, and waits for the others
 *
 * So `work` takes piece after piece of what is to be done, until none is left. Whoever has not
 * woken up by the time the caller finds nothing left to do is not waited for. Where no thread can
 * be had the caller does everything, in pool_join().
 *
 * Threads are made when they are first needed, sleep in between, and take no signal: one that did
 * would do so in the middle of the work. A pool belongs to one thread at a time.
 */
#ifndef COMMON_POOL_H
#define COMMON_POOL_H

#include <stddef.h>

struct pool;

typedef void pool_work(void *context);

/* Of at most `size` threads besides the caller's. NULL when memory is short. */
struct pool *pool_create(size_t size);

/* Ends the threads. Not between pool_start() and pool_join(). */
void pool_free(struct pool *pool);

/* `context` is borrowed until pool_join() returns. */
void pool_start(struct pool *pool, pool_work *work, void *context);
void pool_join(struct pool *pool);

#endif
