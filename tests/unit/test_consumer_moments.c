#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "consumer/profile/moments.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct moments moments_of(const double *numbers, size_t count)
{
    struct moments moments = {0};
    for (size_t i = 0; i < count; i++)
        moments_add(&moments, numbers[i]);
    return moments;
}

#define MOMENTS(...)                          \
    moments_of((const double[]){__VA_ARGS__}, \
               sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Correct digits, as NIST's StRD counts them. */
static double log_relative_error(double computed, double certified)
{
    if (computed == certified)
        return 15;
    return -log10(fabs(computed - certified) / fabs(certified));
}

#define ASSERT_DIGITS(computed, certified, digits)                                         \
    ck_assert_msg(log_relative_error(computed, certified) >= (digits), "%.17g, not %.17g", \
                  computed, certified)

/* ---- NIST Statistical Reference Datasets, univariate: data and certified values ---- */

/* NumAcc2 to 4: the middle once, then low and high by turns, 1001 in all. */
static struct moments num_acc(double middle, double low, double high)
{
    struct moments moments = {0};
    moments_add(&moments, middle);
    for (int i = 0; i < 500; i++) {
        moments_add(&moments, low);
        moments_add(&moments, high);
    }
    return moments;
}

START_TEST(moments_of_num_acc_1_are_the_certified_ones)
{
    struct moments moments = MOMENTS(10000001, 10000003, 10000002);
    ck_assert_double_eq(moments_mean(&moments), 10000002);
    ck_assert_double_eq(moments_stddev(&moments), 1);
    ck_assert_double_eq(moments_skewness(&moments), 0);
}
END_TEST

START_TEST(moments_of_num_acc_2_are_the_certified_ones)
{
    struct moments moments = num_acc(1.2, 1.1, 1.3);
    ck_assert_double_eq(moments_mean(&moments), 1.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 15);
}
END_TEST

/*
 * The certified 0.1 is that of the decimals; of the doubles nearest to them the exact
 * deviation is the number below, and so close do we have to come.
 */
START_TEST(moments_of_num_acc_3_are_exact_for_the_doubles_that_were_read)
{
    struct moments moments = num_acc(1000000.2, 1000000.1, 1000000.3);
    ck_assert_double_eq(moments_mean(&moments), 1000000.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 9);
    ASSERT_DIGITS(moments_stddev(&moments), 0.10000000003492459655, 15);
}
END_TEST

START_TEST(moments_of_num_acc_4_are_exact_for_the_doubles_that_were_read)
{
    struct moments moments = num_acc(10000000.2, 10000000.1, 10000000.3);
    ck_assert_double_eq(moments_mean(&moments), 10000000.2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.1, 8);
    ASSERT_DIGITS(moments_stddev(&moments), 0.10000000055879354474, 15);
}
END_TEST

/* Michelson 1879, as in NIST's Michelso: speed of light, in 0.001 Mm/s above 299. */
static const int MICHELSON[] = {
    850,  740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000,
    1000, 960, 960, 960,  940, 960, 940, 880, 800, 850, 880,  900, 840, 830, 790, 810, 880,
    880,  830, 800, 790,  760, 800, 880, 880, 880, 860, 720,  720, 620, 860, 970, 950, 880,
    910,  850, 870, 840,  840, 850, 840, 840, 840, 890, 810,  810, 820, 800, 770, 760, 740,
    750,  760, 910, 920,  890, 860, 880, 720, 840, 850, 850,  780, 890, 840, 780, 810, 760,
    810,  790, 810, 820,  850, 870, 870, 810, 740, 810, 940,  950, 800, 810, 870};

START_TEST(moments_of_michelso_are_the_certified_ones)
{
    struct moments moments = {0};
    for (size_t i = 0; i < COUNT(MICHELSON); i++)
        moments_add(&moments, (299000 + MICHELSON[i]) / 1000.0);
    ASSERT_DIGITS(moments_mean(&moments), 299.852400000000, 15);
    ASSERT_DIGITS(moments_stddev(&moments), 0.0790105478190518, 13);
}
END_TEST

/* Mavro: filter transmittance, in 0.00001 above 2. */
static const int MAVRO[] = {180, 170, 180, 190, 180, 170, 150, 140, 150, 150, 170, 180, 180,
                            190, 190, 210, 200, 160, 140, 130, 130, 150, 150, 160, 150, 140,
                            130, 140, 150, 140, 150, 160, 150, 160, 190, 200, 200, 210, 220,
                            230, 240, 250, 270, 260, 260, 260, 270, 260, 250, 240};

START_TEST(moments_of_mavro_are_the_certified_ones)
{
    struct moments moments = {0};
    for (size_t i = 0; i < COUNT(MAVRO); i++)
        moments_add(&moments, (200000 + MAVRO[i]) / 100000.0);
    ASSERT_DIGITS(moments_mean(&moments), 2.00185600000000, 15);
    ASSERT_DIGITS(moments_stddev(&moments), 0.000429123454003053, 12);
}
END_TEST

/* ---- by hand ---- */

/* 1, 1, 4: mean 2, m2 = 2, m3 = 2, so g1 = 1/sqrt(2) and G1 = sqrt(6) g1 = sqrt(3). */
START_TEST(moments_skewness_is_that_of_a_sample)
{
    struct moments moments = MOMENTS(1, 1, 4);
    ASSERT_DIGITS(moments_skewness(&moments), 1.7320508075688772, 15);
    moments = MOMENTS(-1, -1, -4);
    ASSERT_DIGITS(moments_skewness(&moments), -1.7320508075688772, 15);
    /* 0, 0, 0, 4: mean 1, m2 = 3, m3 = 6, g1 = 2/sqrt(3), G1 = sqrt(12)/2 g1 = 2. */
    moments = MOMENTS(0, 0, 0, 4);
    ASSERT_DIGITS(moments_skewness(&moments), 2.0, 15);
}
END_TEST

START_TEST(moments_of_two_four_and_so_on_have_the_textbook_deviation)
{
    struct moments moments = MOMENTS(2, 4, 4, 4, 5, 5, 7, 9);
    ck_assert_double_eq(moments_sum(&moments), 40);
    ck_assert_double_eq(moments_mean(&moments), 5);
    ASSERT_DIGITS(moments_stddev(&moments), 2.1380899352993950775, 15);
}
END_TEST

START_TEST(moments_of_nothing_are_undefined_but_for_their_sum)
{
    struct moments moments = {0};
    ck_assert_double_eq(moments_sum(&moments), 0);
    ck_assert_double_nan(moments_mean(&moments));
    ck_assert_double_nan(moments_stddev(&moments));
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_one_number_have_a_mean_and_no_spread)
{
    struct moments moments = MOMENTS(-7.25);
    ck_assert_double_eq(moments_mean(&moments), -7.25);
    ck_assert_double_eq(moments_sum(&moments), -7.25);
    ck_assert_double_nan(moments_stddev(&moments));
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_two_numbers_have_no_skewness)
{
    struct moments moments = MOMENTS(1, 2);
    ASSERT_DIGITS(moments_stddev(&moments), 0.70710678118654752, 15);
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

START_TEST(moments_of_equal_numbers_have_no_spread_at_all)
{
    struct moments moments = MOMENTS(0.1, 0.1, 0.1, 0.1, 0.1);
    ck_assert_double_eq(moments_mean(&moments), 0.1);
    ck_assert_double_eq(moments_stddev(&moments), 0);
    ck_assert_double_nan(moments_skewness(&moments));
}
END_TEST

/* ---- order and place ---- */

/* Wildly different sizes, so that a plain sum differs with each order. */
static const double MIXED[] = {1e16, 1,    -1e16, 3.14159, 1e-9, -2.5, 7e11,
                               0.1,  -0.3, 1e8,   42,      -1e3, 6e-5, 1e16};

START_TEST(moments_do_not_depend_on_the_order_of_the_numbers)
{
    size_t count = COUNT(MIXED);
    struct moments first = moments_of(MIXED, count);
    for (size_t turn = 1; turn < count; turn++) {
        double turned[COUNT(MIXED)];
        for (size_t i = 0; i < count; i++)
            turned[i] = MIXED[(turn % 2 == 0 ? turn + i : turn + count - i) % count];
        struct moments other = moments_of(turned, count);
        ck_assert_double_eq(moments_sum(&other), moments_sum(&first));
        ck_assert_double_eq(moments_mean(&other), moments_mean(&first));
        ck_assert_double_eq(moments_stddev(&other), moments_stddev(&first));
        ck_assert_double_eq(moments_skewness(&other), moments_skewness(&first));
    }
}
END_TEST

START_TEST(moments_spread_and_skewness_do_not_move_with_the_numbers)
{
    static const double SHIFTS[] = {1, 1e3, 1e6, 1e9, 1099511627776, -1e9};
    struct moments here = MOMENTS(1, 2, 4, 8, 16, 32);
    for (size_t i = 0; i < COUNT(SHIFTS); i++) {
        double s = SHIFTS[i];
        struct moments there = MOMENTS(s + 1, s + 2, s + 4, s + 8, s + 16, s + 32);
        ck_assert_double_eq(moments_stddev(&there), moments_stddev(&here));
        ck_assert_double_eq(moments_skewness(&there), moments_skewness(&here));
    }
}
END_TEST

START_TEST(moments_scale_with_the_numbers_over_the_whole_range_of_a_double)
{
    struct moments one = MOMENTS(1, 2, 4);
    for (int exponent = -1060; exponent <= 1020; exponent += 20) {
        struct moments other = MOMENTS(ldexp(1, exponent), ldexp(2, exponent), ldexp(4, exponent));
        ck_assert_double_eq(moments_sum(&other), ldexp(7, exponent));
        ck_assert_double_eq(moments_mean(&other), ldexp(moments_mean(&one), exponent));
        ck_assert_double_eq(moments_stddev(&other), ldexp(moments_stddev(&one), exponent));
        ck_assert_double_eq(moments_skewness(&other), moments_skewness(&one));
    }
}
END_TEST

START_TEST(moments_of_huge_numbers_do_not_overflow_on_the_way_in_any_order)
{
    struct moments moments = MOMENTS(1e308, -1e308, 0);
    ck_assert_double_eq(moments_sum(&moments), 0);
    ck_assert_double_eq(moments_mean(&moments), 0);
    ck_assert_double_eq(moments_stddev(&moments), 1e308);
    moments = MOMENTS(0, -1e308, 1e308);
    ck_assert_double_eq(moments_mean(&moments), 0);
    ck_assert_double_eq(moments_stddev(&moments), 1e308);
    moments = MOMENTS(DBL_MAX, DBL_MAX, DBL_MAX);
    ck_assert_double_eq(moments_mean(&moments), DBL_MAX);
}
END_TEST

START_TEST(moments_beyond_a_double_are_not_finite)
{
    struct moments moments = MOMENTS(1.7e308, 1.7e308);
    ck_assert(!isfinite(moments_sum(&moments)));
    ck_assert_double_eq(moments_mean(&moments), 1.7e308);
    moments = MOMENTS(DBL_MAX, -DBL_MAX);
    ck_assert(!isfinite(moments_stddev(&moments)));
    ck_assert_double_eq(moments_sum(&moments), 0);
}
END_TEST

START_TEST(moments_keep_small_numbers_beside_one_that_comes_late_and_large)
{
    struct moments moments = MOMENTS(1e-200, 3e-200, 0, 1e9, -1e9);
    ck_assert_double_eq(moments_mean(&moments), 8e-201);
    moments = MOMENTS(1, 2, 3, 1e15, -1e15);
    ck_assert_double_eq(moments_sum(&moments), 6);
    moments = MOMENTS(0, 0, 0, 0);
    ck_assert_double_eq(moments_stddev(&moments), 0);
}
END_TEST

START_TEST(moments_sum_a_million_tenths_to_the_last_digit)
{
    struct moments moments = {0};
    for (int i = 0; i < 1000000; i++)
        moments_add(&moments, 0.1);
    ck_assert_double_eq(moments_sum(&moments), 100000);
    ck_assert_double_eq(moments_mean(&moments), 0.1);
}
END_TEST

/* ---- many numbers ---- */

static uint64_t random_state = 20261123;

/* xorshift64*, Vigna 2016: the same numbers in every run. */
static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static size_t below(size_t limit)
{
    return (size_t)((next_random() >> 32) % limit);
}

#define MANY 1000

/* Of many kinds, by the bits of `kind`: far off, mixed in size, an outlier first, huge or tiny. */
static void fill(double *numbers, size_t count, unsigned kind)
{
    static const double OFFSETS[] = {0, 1e7, -1e12, 0.1};
    static const int SCALES[] = {0, 900, -1000};
    for (size_t i = 0; i < count; i++) {
        int exponent = kind / 4 % 2 == 0 ? 0 : -(int)below(40);
        double number = OFFSETS[kind % 4] + ldexp((double)(next_random() >> 12), exponent - 52);
        numbers[i] = ldexp(number, SCALES[kind / 16 % 3]);
    }
    if (kind / 8 % 2 == 1)
        numbers[0] *= 1e6;
}
#define KINDS 48

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* What can be asked, and the sums themselves; to the last bit but for a 0's sign. */
static void assert_same(const struct moments *a, const struct moments *b)
{
    ck_assert_uint_eq(a->count, b->count);
    ck_assert(is_same(moments_sum(a), moments_sum(b)));
    ck_assert(is_same(moments_mean(a), moments_mean(b)));
    ck_assert(is_same(moments_stddev(a), moments_stddev(b)));
    ck_assert(is_same(moments_skewness(a), moments_skewness(b)));
    for (int power = 0; power < POWER_SUMS_POWERS; power++)
        for (int lane = 0; lane < POWER_SUMS_LANES; lane++) {
            ck_assert(is_same(a->sums.high[power][lane], b->sums.high[power][lane]));
            ck_assert(is_same(a->sums.low[power][lane], b->sums.low[power][lane]));
        }
}

START_TEST(moments_of_blocks_are_those_of_single_numbers_to_the_last_bit)
{
    double numbers[MANY];
    for (unsigned kind = 0; kind < KINDS; kind++) {
        size_t count = 1 + below(MANY);
        struct moments blocks = {0};
        fill(numbers, count, kind);
        struct moments single = moments_of(numbers, count);
        for (size_t at = 0; at < count;) {
            size_t next = kind % 3 == 0 ? 1 + below(200) : below(50);
            next = next < count - at ? next : count - at;
            if (next == 1)
                moments_add(&blocks, numbers[at]);
            else
                moments_add_block(&blocks, numbers + at, next);
            at += next;
        }
        assert_same(&blocks, &single);
    }
}
END_TEST

START_TEST(moments_may_be_asked_at_any_time_without_a_trace)
{
    double numbers[MANY];
    struct moments asked = {0};
    fill(numbers, MANY, 5);
    for (size_t i = 0; i < MANY; i++) {
        moments_add(&asked, numbers[i]);
        ck_assert(isfinite(moments_mean(&asked)));
    }
    struct moments silent = moments_of(numbers, MANY);
    assert_same(&asked, &silent);
}
END_TEST

__extension__ typedef __int128 wide;

/* Rounded once at each step, of which there are few. */
static double ratio(wide numerator, wide denominator)
{
    return (double)((long double)numerator / (long double)denominator);
}

/*
 * Whole numbers around an offset, whose sums of powers fit 128 bits exactly: the deviation is
 * sqrt((n S2 - S1^2) / (n (n - 1))), the skewness follows from n^2 S3 - 3 n S1 S2 + 2 S1^3.
 */
static void assert_moments_of_integers(const int64_t *integers, size_t count, double offset,
                                       int exponent)
{
    struct moments moments = {0};
    wide n = (wide)count;
    wide sum1 = 0;
    wide sum2 = 0;
    wide sum3 = 0;
    for (size_t i = 0; i < count; i++) {
        wide integer = integers[i];
        sum1 += integer;
        sum2 += integer * integer;
        sum3 += integer * integer * integer;
        moments_add(&moments, ldexp(offset + (double)integers[i], exponent));
    }
    wide second = n * sum2 - sum1 * sum1;
    wide third = n * n * sum3 - 3 * n * sum1 * sum2 + 2 * sum1 * sum1 * sum1;
    double m2 = ratio(second, n * n);
    double skewness =
        sqrt((double)(n * (n - 1))) / (double)(n - 2) * (ratio(third, n * n * n) / (m2 * sqrt(m2)));
    ASSERT_DIGITS(moments_mean(&moments), ldexp(offset + ratio(sum1, n), exponent), 15);
    ASSERT_DIGITS(moments_stddev(&moments), ldexp(sqrt(ratio(second, n * (n - 1))), exponent), 15);
    ASSERT_DIGITS(moments_skewness(&moments), skewness, 14.5);
}

START_TEST(moments_of_whole_numbers_are_those_of_exact_arithmetic_wherever_they_lie)
{
    static const double OFFSETS[] = {0, 1e7, 1e15, -4e15};
    static const int EXPONENTS[] = {0, 970, -1070};
    for (int i = 0; i < 200; i++) {
        int64_t integers[MANY];
        size_t count = 3 + below(MANY - 3);
        for (size_t j = 0; j < count; j++)
            integers[j] = (int64_t)below((size_t)10 << below(16)) - 5;
        for (size_t j = 0; j < COUNT(OFFSETS); j++)
            assert_moments_of_integers(integers, count, OFFSETS[j], EXPONENTS[i % 2 == 0 ? 0 : 1]);
        assert_moments_of_integers(integers, count, 0, EXPONENTS[2]);
    }
}
END_TEST

/*
 * By integers alone, which 128 bits hold: the root of the ratio lies between the middles to
 * both neighbours, where a significand is 54 bits with the one behind a double's.
 */
static bool is_nearest_root(double root, wide numerator, wide denominator)
{
    int exponent;
    wide significand = (wide)ldexp(frexp(root, &exponent), DBL_MANT_DIG + 1);
    wide square = numerator << 2 * (DBL_MANT_DIG + 1 - exponent);
    return (significand - 1) * (significand - 1) * denominator <= square &&
           (significand + 1) * (significand + 1) * denominator >= square;
}

static void assert_nearest_deviation(const int64_t *integers, size_t count, double offset,
                                     int exponent)
{
    struct moments moments = {0};
    wide n = (wide)count;
    wide sum1 = 0;
    wide sum2 = 0;
    for (size_t i = 0; i < count; i++) {
        sum1 += integers[i];
        sum2 += (wide)integers[i] * integers[i];
        moments_add(&moments, ldexp(offset + (double)integers[i], exponent));
    }
    double deviation = ldexp(moments_stddev(&moments), -exponent);
    wide second = n * sum2 - sum1 * sum1;
    if (second == 0)
        ck_assert_double_eq(deviation, 0);
    else
        ck_assert_msg(is_nearest_root(deviation, second, n * (n - 1)), "%.17g", deviation);
}

START_TEST(moments_deviation_is_the_nearest_double)
{
    static const int EXPONENTS[] = {0, 970, -1000};
    for (int i = 0; i < 30000; i++) {
        int64_t integers[100];
        size_t count = 2 + below(i % 2 == 0 ? 8 : COUNT(integers) - 1);
        size_t limit = (size_t)2 << below(16);
        for (size_t j = 0; j < count; j++)
            integers[j] = (int64_t)below(limit);
        assert_nearest_deviation(integers, count, i % 5 == 0 ? 1e15 : 0, EXPONENTS[i % 3]);
    }
}
END_TEST

/* The root of the rounded variance is 3.1091263510296048. */
START_TEST(moments_deviation_of_nought_one_two_and_seven_is_the_nearest_double)
{
    struct moments moments = MOMENTS(0, 1, 2, 7);
    ck_assert(moments_stddev(&moments) == 3.109126351029605);
}
END_TEST

/* A million times as far off as the others spread, in the first place or in another. */
START_TEST(moments_do_not_mind_where_an_outlier_stands)
{
    int64_t integers[100];
    for (size_t i = 0; i < COUNT(integers); i++)
        integers[i] = (int64_t)below(100);
    for (size_t at = 0; at < COUNT(integers); at += 33) {
        int64_t before = integers[at];
        integers[at] = INT64_C(100000000);
        assert_moments_of_integers(integers, COUNT(integers), 0, 0);
        assert_moments_of_integers(integers, COUNT(integers), 1e15, 0);
        integers[at] = before;
    }
}
END_TEST

/* ---- merging ---- */

static bool is_near(double a, double b)
{
    return is_same(a, b) || fabs(a - b) <= 2 * DBL_EPSILON * fabs(b);
}

static void assert_near(const struct moments *merged, const struct moments *whole)
{
    ck_assert_uint_eq(merged->count, whole->count);
    ck_assert(is_near(moments_sum(merged), moments_sum(whole)));
    ck_assert(is_near(moments_mean(merged), moments_mean(whole)));
    ck_assert(is_near(moments_stddev(merged), moments_stddev(whole)));
    ck_assert(is_near(moments_skewness(merged), moments_skewness(whole)));
}

START_TEST(moments_merged_of_parts_are_those_of_the_whole)
{
    double numbers[MANY];
    for (unsigned i = 0; i < 20 * KINDS; i++) {
        size_t count = 1 + below(MANY);
        struct moments merged = {0};
        fill(numbers, count, i % KINDS);
        for (size_t at = 0, next; at < count; at += next) {
            next = below(count - at + 1);
            struct moments part = moments_of(numbers + at, next);
            moments_merge(&merged, &part);
        }
        struct moments whole = moments_of(numbers, count);
        assert_near(&merged, &whole);
    }
}
END_TEST

/* Each part has its own size and place: k and the power of two differ by much. */
START_TEST(moments_merged_of_parts_that_have_nothing_in_common_are_those_of_the_whole)
{
    double numbers[6 * 50];
    for (unsigned first = 0; first < KINDS; first++) {
        struct moments merged = {0};
        for (unsigned part = 0; part < 6; part++) {
            fill(numbers + (size_t)50 * part, 50, first + 11 * part);
            struct moments moments = moments_of(numbers + (size_t)50 * part, 50);
            moments_merge(&merged, &moments);
        }
        struct moments whole = moments_of(numbers, COUNT(numbers));
        assert_near(&merged, &whole);
    }
}
END_TEST

START_TEST(moments_take_in_numbers_after_they_were_merged)
{
    double numbers[MANY];
    fill(numbers, MANY, 1);
    struct moments merged = moments_of(numbers, 45);
    struct moments part = moments_of(numbers + 45, 55);
    moments_merge(&merged, &part);
    moments_add_block(&merged, numbers + 100, MANY - 100);
    struct moments whole = moments_of(numbers, MANY);
    assert_near(&merged, &whole);
}
END_TEST

START_TEST(moments_merged_with_nothing_stay_as_they_are)
{
    struct moments nothing = {0};
    struct moments some = MOMENTS(1, 2, 4);
    struct moments merged = {0};
    moments_merge(&merged, &some);
    assert_same(&merged, &some);
    moments_merge(&merged, &nothing);
    assert_same(&merged, &some);
    moments_merge(&nothing, &(struct moments){0});
    ck_assert_uint_eq(nothing.count, 0);
    ck_assert_double_nan(moments_mean(&nothing));
}
END_TEST

START_TEST(moments_merged_of_num_acc_4_are_exact_for_the_doubles_that_were_read)
{
    struct moments merged = num_acc(10000000.2, 10000000.1, 10000000.3);
    struct moments once = merged;
    for (int i = 0; i < 10; i++)
        moments_merge(&merged, &once);
    ck_assert_uint_eq(merged.count, 11 * 1001);
    ck_assert_double_eq(moments_mean(&merged), 10000000.2);
    /* The same spread, over 11 * 1001 - 1 and not 1001 - 1 of 1001. */
    ASSERT_DIGITS(moments_stddev(&merged),
                  0.10000000055879354474 * sqrt(11.0 * 1000 / (11 * 1001 - 1)), 15);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_moments", moments_of_num_acc_1_are_the_certified_ones,
        moments_of_num_acc_2_are_the_certified_ones,
        moments_of_num_acc_3_are_exact_for_the_doubles_that_were_read,
        moments_of_num_acc_4_are_exact_for_the_doubles_that_were_read,
        moments_of_michelso_are_the_certified_ones, moments_of_mavro_are_the_certified_ones,
        moments_skewness_is_that_of_a_sample,
        moments_of_two_four_and_so_on_have_the_textbook_deviation,
        moments_of_nothing_are_undefined_but_for_their_sum,
        moments_of_one_number_have_a_mean_and_no_spread, moments_of_two_numbers_have_no_skewness,
        moments_of_equal_numbers_have_no_spread_at_all,
        moments_do_not_depend_on_the_order_of_the_numbers,
        moments_spread_and_skewness_do_not_move_with_the_numbers,
        moments_scale_with_the_numbers_over_the_whole_range_of_a_double,
        moments_of_huge_numbers_do_not_overflow_on_the_way_in_any_order,
        moments_beyond_a_double_are_not_finite,
        moments_keep_small_numbers_beside_one_that_comes_late_and_large,
        moments_sum_a_million_tenths_to_the_last_digit,
        moments_of_blocks_are_those_of_single_numbers_to_the_last_bit,
        moments_may_be_asked_at_any_time_without_a_trace,
        moments_of_whole_numbers_are_those_of_exact_arithmetic_wherever_they_lie,
        moments_deviation_is_the_nearest_double,
        moments_deviation_of_nought_one_two_and_seven_is_the_nearest_double,
        moments_do_not_mind_where_an_outlier_stands, moments_merged_of_parts_are_those_of_the_whole,
        moments_merged_of_parts_that_have_nothing_in_common_are_those_of_the_whole,
        moments_take_in_numbers_after_they_were_merged,
        moments_merged_with_nothing_stay_as_they_are,
        moments_merged_of_num_acc_4_are_exact_for_the_doubles_that_were_read);
}
