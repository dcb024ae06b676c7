/*
 * The univariate sets of NIST's Statistical Reference Datasets, tests/nist/NAME.csv, through the
 * whole profiler: digits that somebody else certified.
 *
 * Agreement is counted in digits, as the log relative error of McCullough (1998), "Assessing the
 * Reliability of Statistical Software: Part I", The American Statistician 52(4). Certified values
 * have 15 of them, so 15 is whatever agrees further.
 *
 * Of some sets no program that reads doubles can have all 15 of the standard deviation. 10000000.1
 * is no double, the nearest one is 7e-10 off, and that is not little beside a deviation of 0.1.
 * What is left when nothing but this is lost is how many digits NAME.csv has in the table. It is no
 * number taken on trust: the statistics of the very doubles are computed here once more, in whole
 * numbers, and the profile must have the doubles nearest to those.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/profile/profile.h"
#include "tests/unit/support.h"

#define DIRECTORY "tests/nist"
#define NUMBERS_MAX 5000
#define DIGITS_MAX 15.0

/* As certified, and the digits that the nearest doubles leave of mean and standard deviation; R 4.2
 * (mean, sd) has as many, in each set. */
static const struct certified {
    const char *file;
    size_t count;
    double mean;
    double stddev;
    double mean_digits;
    double stddev_digits;
} SETS[] = {
    {"pidigits.csv", 5000, 4.53480000000000, 2.86733906028871, 15, 15},
    {"lottery.csv", 218, 518.958715596330, 291.699727470969, 15, 15},
    {"lew.csv", 200, -177.435000000000, 277.332168044316, 15, 15},
    {"mavro.csv", 50, 2.00185600000000, 0.000429123454003053, 15, 13.1},
    {"michelso.csv", 100, 299.852400000000, 0.0790105478190518, 15, 13.8},
    {"numacc1.csv", 3, 10000002, 1, 15, 15},
    {"numacc2.csv", 1001, 1.2, 0.1, 15, 15},
    {"numacc3.csv", 1001, 1000000.2, 0.1, 15, 9.4},
    {"numacc4.csv", 1001, 10000000.2, 0.1, 15, 8.2},
};

#define SET_COUNT (sizeof SETS / sizeof *SETS)

/* ---- what the profiler says ---- */

static struct profile profile_of(const char *file)
{
    struct profile profile;
    struct rejection rejection;
    size_t length = 0;
    char *bytes = support_read_file(DIRECTORY, file, &length);
    struct profiler *profiler = profiler_create(&CSV_RULES_AUTO, &LIMITS_DEFAULT);
    ck_assert(profiler_feed(profiler, bytes, length, &rejection));
    ck_assert(profiler_finish(profiler, &profile, &rejection));
    profiler_free(profiler);
    free(bytes);
    ck_assert_uint_eq(profile.column_count, 1);
    return profile;
}

static double digits_of(double number, double certified)
{
    double error = fabs(number - certified) / fabs(certified);
    return error <= pow(10, -DIGITS_MAX) ? DIGITS_MAX : -log10(error);
}

/* ---- the same in whole numbers ---- */

/* The numbers less the first one, as multiples of 2^-places. */
struct whole {
    double first;
    int places;
    int64_t offsets[NUMBERS_MAX];
    size_t count;
};

static int places_of(double number)
{
    int places = 0;
    while (floor(ldexp(number, places)) != ldexp(number, places))
        places++;
    return places;
}

/* By strtod, so that the profiler's own reading of numbers is held against it as well. */
static size_t read_numbers(const char *file, double numbers[NUMBERS_MAX])
{
    size_t count = 0;
    char *bytes = support_read_file(DIRECTORY, file, NULL);
    char *at = strchr(bytes, '\n') + 1;
    for (char *end; *at != '\0' && count < NUMBERS_MAX; at = end + 1)
        numbers[count++] = strtod(at, &end);
    free(bytes);
    return count;
}

static void read_whole(const char *file, struct whole *whole)
{
    static double numbers[NUMBERS_MAX];
    *whole = (struct whole){.count = read_numbers(file, numbers)};
    whole->first = numbers[0];
    for (size_t i = 0; i < whole->count; i++)
        if (places_of(numbers[i]) > whole->places)
            whole->places = places_of(numbers[i]);
    for (size_t i = 0; i < whole->count; i++)
        whole->offsets[i] =
            (int64_t)ldexp(numbers[i], whole->places) - (int64_t)ldexp(whole->first, whole->places);
}

static number_int128 sum_of(const struct whole *whole)
{
    number_int128 sum = 0;
    for (size_t i = 0; i < whole->count; i++)
        sum += whole->offsets[i];
    return sum;
}

/* n times the sum of squares less the square of the sum; below 2^120 for each of the sets. */
static number_int128 spread_of(const struct whole *whole)
{
    number_int128 squares = 0;
    for (size_t i = 0; i < whole->count; i++)
        squares += (number_int128)whole->offsets[i] * whole->offsets[i];
    return squares * (number_int128)whole->count - sum_of(whole) * sum_of(whole);
}

/* The quotient in two doubles: the second is what the first has lost. */
static double divide(number_int128 dividend, double divisor, double *rest)
{
    double high = (double)dividend;
    double quotient = high / divisor;
    double low = (double)(dividend - (number_int128)high);
    *rest = (fma(-quotient, divisor, high) + low) / divisor;
    return quotient;
}

static double exact_mean(const struct whole *whole)
{
    number_int128 sum = sum_of(whole) + (number_int128)ldexp(whole->first, whole->places) *
                                            (number_int128)whole->count;
    double rest;
    double mean = divide(sum, (double)whole->count, &rest);
    return ldexp(mean + rest, -whole->places);
}

/* A step of Newton's behind the root, over what the root and the quotient have lost. */
static double exact_stddev(const struct whole *whole)
{
    double rest;
    double variance = divide(spread_of(whole), (double)(whole->count * (whole->count - 1)), &rest);
    double root = sqrt(variance);
    double lost = fma(-root, root, variance) + rest;
    return ldexp(root + lost / (2 * root), -whole->places);
}

/* ---- tests ---- */

/* Takes in every set before it fails, so that one that is off does not hide the others. */
static void for_each_set(bool (*holds)(const struct certified *, const struct column_result *))
{
    int bad = 0;
    for (size_t i = 0; i < SET_COUNT; i++) {
        struct profile profile = profile_of(SETS[i].file);
        if (!holds(&SETS[i], &profile.columns[0])) {
            (void)printf("%s: mean %.17g, stddev %.17g\n", SETS[i].file, profile.columns[0].mean,
                         profile.columns[0].stddev);
            bad++;
        }
        profile_free(&profile);
    }
    (void)fflush(stdout);
    ck_assert_int_eq(bad, 0);
}

static bool is_whole(const struct certified *set, const struct column_result *column)
{
    return column->count == set->count && column->missing == 0 &&
           (column->type == VALUE_INTEGER || column->type == VALUE_NUMBER);
}

START_TEST(nist_sets_are_whole_and_of_numbers_alone)
{
    for_each_set(is_whole);
}
END_TEST

static bool has_mean(const struct certified *set, const struct column_result *column)
{
    return digits_of(column->mean, set->mean) >= set->mean_digits;
}

START_TEST(nist_means_have_all_certified_digits)
{
    for_each_set(has_mean);
}
END_TEST

static bool has_stddev(const struct certified *set, const struct column_result *column)
{
    return digits_of(column->stddev, set->stddev) >= set->stddev_digits;
}

START_TEST(nist_deviations_have_the_digits_that_doubles_can_have)
{
    for_each_set(has_stddev);
}
END_TEST

static bool is_nearest(const struct certified *set, const struct column_result *column)
{
    static struct whole whole;
    read_whole(set->file, &whole);
    return whole.count == set->count && column->mean == exact_mean(&whole) &&
           column->stddev == exact_stddev(&whole);
}

START_TEST(nist_means_and_deviations_are_the_doubles_nearest_to_the_exact_ones)
{
    for_each_set(is_nearest);
}
END_TEST

/* Else the table could ask for fewer digits than there are to be had. */
static bool is_at_the_bound(const struct certified *set, const struct column_result *column)
{
    (void)column;
    static struct whole whole;
    read_whole(set->file, &whole);
    double left = digits_of(exact_stddev(&whole), set->stddev);
    return left >= set->stddev_digits && left - set->stddev_digits < 0.1;
}

START_TEST(nist_deviations_are_asked_for_every_digit_that_doubles_leave)
{
    for_each_set(is_at_the_bound);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_nist", nist_sets_are_whole_and_of_numbers_alone,
                       nist_means_have_all_certified_digits,
                       nist_deviations_have_the_digits_that_doubles_can_have,
                       nist_means_and_deviations_are_the_doubles_nearest_to_the_exact_ones,
                       nist_deviations_are_asked_for_every_digit_that_doubles_leave);
}
