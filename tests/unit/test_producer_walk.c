#include <math.h>
#include <stdint.h>

#include "producer/walk.h"
#include "tests/unit/support.h"

#define BRANCH 200

/* The mean of products of steps `lag` apart, and their variance where that is 0. */
static double covariance(uint64_t lag)
{
    const uint64_t count = 20000;
    double sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        double step = walk_motion(1, BRANCH, i + 1) - walk_motion(1, BRANCH, i);
        double other = walk_motion(1, BRANCH, i + lag + 1) - walk_motion(1, BRANCH, i + lag);
        sum += step * other;
    }
    return sum / (double)count;
}

/* Five standard errors: sqrt(2 / 20000) for the variance, half the root of two of it for the
 * others. */
START_TEST(walk_motion_has_independent_steps_of_variance_one)
{
    ck_assert_double_lt(fabs(covariance(0) - 1), 0.05);
    ck_assert_double_lt(fabs(covariance(1)), 0.036);
    ck_assert_double_lt(fabs(covariance(2)), 0.036);
    ck_assert_double_lt(fabs(covariance(1024)), 0.036);
}
END_TEST

/* In the mean over many walks the square of the distance is the distance. */
START_TEST(walk_motion_goes_as_far_as_the_root_of_the_way)
{
    static const uint64_t ways[] = {1, 3, 1000, 1000003, UINT64_C(1) << 52};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        double squares = 0;
        for (uint64_t seed = 0; seed < 4000; seed++) {
            double motion = walk_motion(seed, BRANCH, ways[i]);
            squares += motion * motion / (double)ways[i];
        }
        ck_assert_double_lt(fabs(squares / 4000 - 1), 0.12);
    }
}
END_TEST

START_TEST(walk_motion_begins_at_zero_and_differs_by_seed_and_branch)
{
    ck_assert(walk_motion(1, BRANCH, 0) == 0);
    ck_assert(walk_motion(1, BRANCH, 77) == walk_motion(1, BRANCH, 77));
    ck_assert(walk_motion(1, BRANCH, 77) != walk_motion(2, BRANCH, 77));
    ck_assert(walk_motion(1, BRANCH, 77) != walk_motion(1, BRANCH + 1, 77));
}
END_TEST

static struct walk begin(uint64_t batch, uint64_t rows)
{
    struct walk walk;
    struct random_state random;
    const struct walk_place place = {
        .seed = 5, .branch = BRANCH, .batch = batch, .rows = rows, .rows_mean = 50};
    random_seed_branch(&random, 5, batch, 1);
    walk_begin(&walk, &place, &random, 100, 2);
    while (!walk_look_ahead(&walk, 7))
        ;
    return walk;
}

/* One step behind its last row a batch has come to where the next one begins. */
START_TEST(walk_has_no_seam_between_batches_of_any_length)
{
    static const uint64_t rows[] = {1, 20, 50, 60, 1000};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct walk walk = begin(7, rows[i]);
        struct walk next = begin(8, 20);
        for (uint64_t row = 0; row < rows[i]; row++)
            (void)walk_next(&walk);
        ck_assert_double_lt(fabs(walk_next(&walk) - walk_next(&next)), 1e-9);
    }
}
END_TEST

START_TEST(walk_begins_where_it_was_told_to)
{
    struct walk walk = begin(1, 10);
    ck_assert(walk_next(&walk) == 100);
}
END_TEST

/* Of 2,000 batches of 50 rows: the steps of 99,999 rows, over the seams as well. */
START_TEST(walk_has_steps_of_its_standard_deviation)
{
    double squares = 0;
    double before = 100;
    for (uint64_t batch = 1; batch <= 2000; batch++) {
        struct walk walk = begin(batch, 50);
        for (int row = 0; row < 50; row++) {
            double value = walk_next(&walk);
            squares += (value - before) * (value - before);
            before = value;
        }
    }
    ck_assert_double_lt(fabs(squares / 99999 - 4), 0.09);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_walk", walk_motion_has_independent_steps_of_variance_one,
                       walk_motion_goes_as_far_as_the_root_of_the_way,
                       walk_motion_begins_at_zero_and_differs_by_seed_and_branch,
                       walk_has_no_seam_between_batches_of_any_length,
                       walk_begins_where_it_was_told_to, walk_has_steps_of_its_standard_deviation);
}
