#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "common/wait.h"
#include "consumer/profile/sort.h"
#include "tests/unit/support.h"

struct pair {
    uint32_t key;
    uint32_t place;
    char padding[40];
};

static int compare_keys(const void *left, const void *right, void *context)
{
    uint32_t a = ((const struct pair *)left)->key;
    uint32_t b = ((const struct pair *)right)->key;
    size_t *stop_after = context;
    if (stop_after != NULL && *stop_after > 0 && --*stop_after == 0)
        ck_assert_int_eq(raise(SIGTERM), 0);
    return (a > b) - (a < b);
}

static struct pair *make_pairs(size_t count, uint32_t keys)
{
    struct pair *pairs = calloc(count + 1, sizeof *pairs);
    uint32_t state = 1;
    ck_assert_ptr_nonnull(pairs);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        pairs[i].key = (state >> 8) % keys;
        pairs[i].place = (uint32_t)i;
    }
    return pairs;
}

static void check_all_there(const struct pair *pairs, size_t count)
{
    char *seen = calloc(count + 1, 1);
    ck_assert_ptr_nonnull(seen);
    for (size_t i = 0; i < count; i++) {
        SUPPORT_ASSERT(pairs[i].place < count, "place %zu", i);
        SUPPORT_ASSERT(seen[pairs[i].place] == 0, "place %zu is there twice", i);
        seen[pairs[i].place] = 1;
    }
    free(seen);
}

START_TEST(sort_orders_any_number_of_elements_around_the_length_of_a_run)
{
    static const size_t COUNTS[] = {0,
                                    1,
                                    2,
                                    SORT_RUN - 1,
                                    SORT_RUN,
                                    SORT_RUN + 1,
                                    2 * SORT_RUN,
                                    3 * SORT_RUN + 7,
                                    8 * SORT_RUN + 1};
    for (size_t c = 0; c < sizeof COUNTS / sizeof *COUNTS; c++) {
        struct pair *pairs = make_pairs(COUNTS[c], 1000000);
        ck_assert(sort_elements(pairs, COUNTS[c], sizeof *pairs, compare_keys, NULL));
        for (size_t i = 1; i < COUNTS[c]; i++)
            SUPPORT_ASSERT(pairs[i - 1].key <= pairs[i].key, "place %zu", i);
        check_all_there(pairs, COUNTS[c]);
        free(pairs);
    }
}
END_TEST

/* SIGTERM comes at the given comparison. */
static void stop_at(size_t comparison)
{
    size_t count = 6 * SORT_RUN + 5;
    struct pair *pairs = make_pairs(count, 1000000);
    ck_assert_int_eq(wait_open(), 0);
    ck_assert(!sort_elements(pairs, count, sizeof *pairs, compare_keys, &comparison));
    ck_assert_int_eq(errno, EINTR);
    ck_assert_uint_eq(comparison, 0);
    check_all_there(pairs, count);
    free(pairs);
}

static size_t count_comparisons(void)
{
    size_t left = SIZE_MAX;
    size_t count = 6 * SORT_RUN + 5;
    struct pair *pairs = make_pairs(count, 1000000);
    ck_assert(sort_elements(pairs, count, sizeof *pairs, compare_keys, &left));
    free(pairs);
    return SIZE_MAX - left;
}

START_TEST(sort_gives_way_to_sigterm_in_a_run_and_loses_no_element)
{
    stop_at(10);
}
END_TEST

START_TEST(sort_gives_way_to_sigterm_in_a_merge_and_loses_no_element)
{
    stop_at(count_comparisons() - 3 * SORT_RUN);
}
END_TEST

START_TEST(sort_orders_what_is_no_longer_than_a_run_after_sigterm_too)
{
    struct pair *pairs = make_pairs(SORT_RUN, 1000000);
    ck_assert_int_eq(wait_open(), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(sort_elements(pairs, SORT_RUN, sizeof *pairs, compare_keys, NULL));
    for (size_t i = 1; i < SORT_RUN; i++)
        SUPPORT_ASSERT(pairs[i - 1].key <= pairs[i].key, "place %zu", i);
    free(pairs);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_sort",
                       sort_orders_any_number_of_elements_around_the_length_of_a_run,
                       sort_gives_way_to_sigterm_in_a_run_and_loses_no_element,
                       sort_gives_way_to_sigterm_in_a_merge_and_loses_no_element,
                       sort_orders_what_is_no_longer_than_a_run_after_sigterm_too);
}
