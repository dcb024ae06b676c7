#include "common/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define STACK_BYTES ((size_t)128 * 1024)

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work_is_there; /* or it is time to end */
    pthread_cond_t nobody_works;
    pool_work *work; /* NULL: it is over, or has not begun */
    void *context;
    uint64_t round; /* pieces of work so far: a thread takes part in each but once */
    size_t working;
    bool ends;
    size_t size, count;
    pthread_t threads[];
};

struct pool *pool_create(size_t size)
{
    struct pool *pool = calloc(1, sizeof *pool + size * sizeof(pthread_t));
    if (pool == NULL)
        return NULL;
    pool->size = size;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work_is_there, NULL);
    (void)pthread_cond_init(&pool->nobody_works, NULL);
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->ends = true;
    (void)pthread_cond_broadcast(&pool->work_is_there);
    (void)pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->nobody_works);
    (void)pthread_cond_destroy(&pool->work_is_there);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* With the lock held before and after. */
static void take_part(struct pool *pool)
{
    pool_work *work = pool->work;
    void *context = pool->context;
    pool->working++;
    (void)pthread_mutex_unlock(&pool->lock);
    work(context);
    (void)pthread_mutex_lock(&pool->lock);
    if (--pool->working == 0)
        (void)pthread_cond_signal(&pool->nobody_works);
}

static void *stand_by(void *pointer)
{
    struct pool *pool = pointer;
    uint64_t done = 0;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->ends) {
        if (pool->work != NULL && pool->round != done) {
            done = pool->round;
            take_part(pool);
        } else {
            (void)pthread_cond_wait(&pool->work_is_there, &pool->lock);
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void make_threads(struct pool *pool)
{
    sigset_t all;
    sigset_t before;
    pthread_attr_t attributes;
    if (pool->count == pool->size || pthread_attr_init(&attributes) != 0)
        return;
    (void)sigfillset(&all);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->count < pool->size &&
           pthread_create(&pool->threads[pool->count], &attributes, stand_by, pool) == 0)
        pool->count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
}

void pool_start(struct pool *pool, pool_work *work, void *context)
{
    make_threads(pool);
    (void)pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->context = context;
    pool->round++;
    (void)pthread_cond_broadcast(&pool->work_is_there);
    (void)pthread_mutex_unlock(&pool->lock);
}

void pool_join(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    take_part(pool);
    pool->work = NULL;
    while (pool->working > 0)
        (void)pthread_cond_wait(&pool->nobody_works, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
}
