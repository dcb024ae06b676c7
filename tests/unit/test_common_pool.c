#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "common/pool.h"
#include "tests/unit/support.h"

#define SIZE 4
#define PIECES 10000

static struct pool *pool;
static atomic_size_t next_piece;
static atomic_size_t at_work;
static atomic_uint times[PIECES];

static void open_pool(size_t size)
{
    pool = pool_create(size);
    ck_assert_ptr_nonnull(pool);
}

static size_t count_threads(void)
{
    return support_count_names("/proc/self/task");
}

static void do_pieces(void *next)
{
    for (size_t i; (i = atomic_fetch_add((atomic_size_t *)next, 1)) < PIECES;)
        times[i]++;
}

static void assert_each_was_done_in_round(unsigned round)
{
    size_t wrong = 0;
    for (size_t i = 0; i < PIECES; i++)
        wrong += times[i] == round ? 0 : 1;
    ck_assert_uint_eq(wrong, 0);
}

/* Returns when so many are in here at the same time. */
static void wait_for_each_other(void *expected)
{
    atomic_fetch_add(&at_work, 1);
    while (at_work < *(size_t *)expected)
        (void)usleep(100);
}

START_TEST(pool_does_each_piece_once_in_every_round)
{
    open_pool(SIZE);
    for (unsigned round = 1; round <= 200; round++) {
        next_piece = 0;
        pool_start(pool, do_pieces, &next_piece);
        pool_join(pool);
        assert_each_was_done_in_round(round);
    }
    pool_free(pool);
}
END_TEST

START_TEST(pool_works_while_its_caller_does_something_else)
{
    size_t expected = SIZE;
    open_pool(SIZE);
    at_work = 0;
    pool_start(pool, wait_for_each_other, &expected);
    while (at_work < SIZE)
        (void)usleep(100);
    pool_join(pool);
    ck_assert_uint_eq(at_work, SIZE + 1);
    pool_free(pool);
}
END_TEST

static void end_later_than_the_caller(void *caller)
{
    atomic_fetch_add(&at_work, 1);
    if (!pthread_equal(pthread_self(), *(pthread_t *)caller))
        (void)usleep(50000);
    atomic_fetch_sub(&at_work, 1);
}

START_TEST(pool_is_waited_for_until_all_have_returned)
{
    pthread_t caller = pthread_self();
    open_pool(SIZE);
    at_work = 0;
    pool_start(pool, end_later_than_the_caller, &caller);
    while (at_work < SIZE)
        (void)usleep(100);
    pool_join(pool);
    ck_assert_uint_eq(at_work, 0);
    pool_free(pool);
}
END_TEST

START_TEST(pool_makes_its_threads_when_they_are_first_needed_and_keeps_them)
{
    size_t before = count_threads();
    open_pool(SIZE);
    ck_assert_uint_eq(count_threads(), before);
    for (int round = 0; round < 3; round++) {
        next_piece = 0;
        pool_start(pool, do_pieces, &next_piece);
        pool_join(pool);
        ck_assert_uint_eq(count_threads(), before + SIZE);
    }
    pool_free(pool);
    /* Who joins a thread goes on a moment before the kernel has done with it. */
    for (int i = 0; i < 1000 && count_threads() != before; i++)
        (void)usleep(1000);
    ck_assert_uint_eq(count_threads(), before);
}
END_TEST

START_TEST(pool_without_threads_lets_its_caller_do_it_all)
{
    open_pool(0);
    next_piece = 0;
    pool_start(pool, do_pieces, &next_piece);
    ck_assert_uint_eq(next_piece, 0);
    pool_join(pool);
    assert_each_was_done_in_round(1);
    pool_free(pool);
}
END_TEST

static void note_unblocked(void *context)
{
    sigset_t blocked;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    if (!pthread_equal(pthread_self(), *(pthread_t *)context) && !sigismember(&blocked, SIGTERM))
        next_piece++;
    atomic_fetch_add(&at_work, 1);
    while (at_work < SIZE)
        (void)usleep(100);
}

START_TEST(pool_leaves_signals_to_its_caller)
{
    pthread_t caller = pthread_self();
    sigset_t blocked;
    open_pool(SIZE);
    next_piece = at_work = 0;
    pool_start(pool, note_unblocked, &caller);
    pool_join(pool);
    ck_assert_uint_eq(next_piece, 0);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    ck_assert(!sigismember(&blocked, SIGTERM));
    pool_free(pool);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_pool", pool_does_each_piece_once_in_every_round,
        pool_works_while_its_caller_does_something_else, pool_is_waited_for_until_all_have_returned,
        pool_makes_its_threads_when_they_are_first_needed_and_keeps_them,
        pool_without_threads_lets_its_caller_do_it_all, pool_leaves_signals_to_its_caller);
}
