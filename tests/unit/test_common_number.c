#include "common/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/support.h"

static bool is_double(const char *text)
{
    double value;
    return number_parse_double(text, strlen(text), &value);
}

static double double_of(const char *text)
{
    double value = NAN;
    ck_assert_msg(number_parse_double(text, strlen(text), &value), "%s", text);
    return value;
}

static int64_t duration_of(const char *text)
{
    int64_t value_ns = -1;
    ck_assert_msg(number_parse_duration(text, strlen(text), &value_ns), "%s", text);
    return value_ns;
}

static uint64_t size_of(const char *text)
{
    uint64_t value_bytes = 0;
    ck_assert_msg(number_parse_size(text, strlen(text), &value_bytes), "%s", text);
    return value_bytes;
}

static void assert_double_text(double value, const char *expected)
{
    char text[NUMBER_DOUBLE_SIZE];
    number_format_double(text, value);
    ck_assert_str_eq(text, expected);
}

START_TEST(an_unsigned_number_may_be_anything_that_fits_64_bits)
{
    uint64_t value = 1;
    ck_assert(number_parse_u64("0", 1, &value));
    ck_assert_uint_eq(value, 0);
    ck_assert(number_parse_u64("18446744073709551615", 20, &value));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(number_parse_u64("007", 3, &value));
    ck_assert_uint_eq(value, 7);
}
END_TEST

START_TEST(an_unsigned_number_that_does_not_fit_is_refused_and_leaves_the_result_alone)
{
    uint64_t value = 42;
    ck_assert(!number_parse_u64("18446744073709551616", 20, &value));
    ck_assert(!number_parse_u64("99999999999999999999999", 23, &value));
    ck_assert_uint_eq(value, 42);
}
END_TEST

START_TEST(an_unsigned_number_is_digits_and_nothing_else)
{
    const char *const texts[] = {"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1,000", "1e3", "a"};
    uint64_t value = 42;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!number_parse_u64(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
    ck_assert_uint_eq(value, 42);
}
END_TEST

START_TEST(a_number_ends_where_its_length_says_and_a_nul_is_no_end)
{
    uint64_t value = 0;
    ck_assert(number_parse_u64("123456", 3, &value));
    ck_assert_uint_eq(value, 123);
    ck_assert(!number_parse_u64("12\0", 3, &value));
    double number = 0;
    ck_assert(number_parse_double("1.5e3", 3, &number));
    ck_assert(number == 1.5);
    ck_assert(!number_parse_double("1.5\0", 4, &number));
}
END_TEST

START_TEST(a_signed_number_reaches_both_ends_of_64_bits)
{
    int64_t value = 0;
    ck_assert(number_parse_i64("-9223372036854775808", 20, &value));
    ck_assert(value == INT64_MIN);
    ck_assert(number_parse_i64("9223372036854775807", 19, &value));
    ck_assert(value == INT64_MAX);
    ck_assert(number_parse_i64("+5", 2, &value));
    ck_assert_int_eq(value, 5);
    ck_assert(!number_parse_i64("9223372036854775808", 19, &value));
    ck_assert(!number_parse_i64("-9223372036854775809", 20, &value));
    ck_assert_int_eq(value, 5);
}
END_TEST

START_TEST(a_sign_alone_or_twice_is_no_number)
{
    const char *const texts[] = {"", "-", "+", "--1", "+-1", "- 1"};
    int64_t value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(!number_parse_i64(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
        ck_assert_msg(!is_double(texts[i]), "%s", texts[i]);
    }
}
END_TEST

START_TEST(a_double_is_written_as_the_header_says)
{
    ck_assert(double_of("1") == 1);
    ck_assert(double_of("-1.5") == -1.5);
    ck_assert(double_of("+.5") == 0.5);
    ck_assert(double_of("1e3") == 1000);
    ck_assert(double_of("1E+3") == 1000);
    ck_assert(double_of("125e-3") == 0.125);
    ck_assert(double_of("0001") == 1);
}
END_TEST

START_TEST(what_strtod_takes_beyond_the_grammar_is_no_double)
{
    const char *const texts[] = {"",     " 1",  "1 ",   "1.",        "-1.", ".",     "e5",
                                 "1e",   "1e+", "0x10", "0x1p3",     "inf", "nan",   "NaN",
                                 "1e5e", "1,5", "1.5f", "-infinity", "1_0", "1.2.3", "NAN(1)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!is_double(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(a_double_beyond_the_range_is_infinite_and_one_below_it_is_zero)
{
    ck_assert(double_of("1e999") == INFINITY);
    ck_assert(double_of("-1e999") == -INFINITY);
    ck_assert(double_of("1.7976931348623157e308") == DBL_MAX);
    ck_assert(double_of("1e-999") == 0);
}
END_TEST

START_TEST(a_double_is_rounded_correctly)
{
    /* Halfway cases and the number that once hung PHP and Java. */
    ck_assert(double_of("9007199254740993") == 9007199254740992.0);
    ck_assert(double_of("9007199254740993.0000000000000000000000000001") == 9007199254740994.0);
    ck_assert(double_of("2.2250738585072012e-308") == 0x1p-1022);
    ck_assert(double_of("0.1") == 0.1);
}
END_TEST

START_TEST(a_double_of_a_thousand_digits_is_read_whole)
{
    char text[1001];
    memset(text, '0', 1000);
    memcpy(text + 997, "175", 3);
    text[996] = '.';
    text[1000] = '\0';
    ck_assert(double_of(text) == 0.175);
}
END_TEST

START_TEST(a_rate_is_written_as_it_is_read)
{
    static const char *const TEXTS[] = {"1000/s", "90/m", "18446744073709551615/h"};
    char text[NUMBER_HUMAN_SIZE];
    uint64_t count;
    int64_t per_ns;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        ck_assert(number_parse_rate(TEXTS[i], strlen(TEXTS[i]), &count, &per_ns));
        number_format_rate(text, count, per_ns);
        ck_assert_str_eq(text, TEXTS[i]);
    }
}
END_TEST

START_TEST(a_duration_has_a_unit)
{
    ck_assert_int_eq(duration_of("1ns"), 1);
    ck_assert_int_eq(duration_of("3us"), 3000);
    ck_assert_int_eq(duration_of("250ms"), 250000000);
    ck_assert_int_eq(duration_of("1.5s"), 1500000000);
    ck_assert_int_eq(duration_of("2m"), INT64_C(120000000000));
    ck_assert_int_eq(duration_of("1h"), INT64_C(3600000000000));
    ck_assert_int_eq(duration_of("0"), 0);
    ck_assert_int_eq(duration_of("0s"), 0);
}
END_TEST

START_TEST(a_duration_without_its_number_or_its_unit_is_refused)
{
    const char *const texts[] = {"",    "5",   "s",    "ms",  "-5s", "+5s",   "5 s", " 5s",
                                 "5s ", "5S",  "5sec", ".5s", "1.s", "1m30s", "00",  "0x5s",
                                 "5d",  "nan", "infs", "5µs", "1e5", "1,5s"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t value_ns = 42;
        ck_assert_msg(!number_parse_duration(texts[i], strlen(texts[i]), &value_ns), "%s",
                      texts[i]);
        ck_assert_int_eq(value_ns, 42);
    }
}
END_TEST

START_TEST(a_duration_ends_at_285_years)
{
    int64_t value_ns;
    ck_assert_int_eq(duration_of("9000000000s"), INT64_C(9000000000000000000));
    ck_assert(!number_parse_duration("9000000001s", 11, &value_ns));
    ck_assert(!number_parse_duration("1e999h", 6, &value_ns));
    ck_assert(!number_parse_duration("99999999999999999999ns", 22, &value_ns));
}
END_TEST

START_TEST(a_size_has_binary_and_decimal_units)
{
    ck_assert_uint_eq(size_of("0"), 0);
    ck_assert_uint_eq(size_of("12"), 12);
    ck_assert_uint_eq(size_of("12B"), 12);
    ck_assert_uint_eq(size_of("64KiB"), 65536);
    ck_assert_uint_eq(size_of("64kB"), 64000);
    ck_assert_uint_eq(size_of("3MiB"), UINT64_C(3) << 20);
    ck_assert_uint_eq(size_of("3MB"), 3000000);
    ck_assert_uint_eq(size_of("2GiB"), UINT64_C(2) << 30);
    ck_assert_uint_eq(size_of("2GB"), 2000000000);
    ck_assert_uint_eq(size_of("1TiB"), UINT64_C(1) << 40);
    ck_assert_uint_eq(size_of("1TB"), UINT64_C(1000000000000));
}
END_TEST

START_TEST(a_size_ends_at_64_bits)
{
    uint64_t value = 42;
    ck_assert_uint_eq(size_of("18446744073709551615"), UINT64_MAX);
    ck_assert_uint_eq(size_of("16777215TiB"), UINT64_C(16777215) << 40);
    ck_assert(!number_parse_size("16777216TiB", 11, &value));
    ck_assert(!number_parse_size("18446744073709551616", 20, &value));
    ck_assert(!number_parse_size("18014398509481984KiB", 20, &value));
    ck_assert_uint_eq(value, 42);
}
END_TEST

START_TEST(a_size_is_a_whole_number_and_a_known_unit)
{
    const char *const texts[] = {"",   "KiB",  "1.5KiB", "-1",   "+1",  "1 KiB", " 1",
                                 "1K", "1kib", "1KB",    "1mib", "1PB", "1KiBs", "0x1"};
    uint64_t value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!number_parse_size(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
}
END_TEST

START_TEST(a_double_is_printed_with_the_fewest_digits)
{
    assert_double_text(0, "0");
    assert_double_text(0.1, "0.1");
    assert_double_text(0.1 + 0.2, "0.30000000000000004");
    assert_double_text(1.0 / 3, "0.3333333333333333");
    assert_double_text(100, "100");
    assert_double_text(-2.5, "-2.5");
    assert_double_text(9007199254740992.0, "9007199254740992");
    assert_double_text(123456789012345.0, "123456789012345");
    assert_double_text(5e-5, "5e-05");
}
END_TEST

START_TEST(negative_zero_is_printed_as_zero)
{
    assert_double_text(-0.0, "0");
}
END_TEST

START_TEST(the_ends_of_the_doubles_are_printed_with_the_fewest_digits)
{
    assert_double_text(DBL_MAX, "1.7976931348623157e+308");
    assert_double_text(-DBL_MAX, "-1.7976931348623157e+308");
    assert_double_text(DBL_MIN, "2.2250738585072014e-308");
    assert_double_text(0x1p-1074, "5e-324");
    assert_double_text(-0x1p-1074, "-5e-324");
    assert_double_text(0x1p-1073, "1e-323");
    assert_double_text(0x0.fffffffffffffp-1022, "2.225073858507201e-308");
}
END_TEST

/* xorshift64*, Vigna 2016: the same doubles in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* Digits from the first to the last that is not zero, without an exponent. */
static int significant_digits(const char *text)
{
    int seen = 0;
    int last = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (seen > 0 || *text != '0')) {
            seen++;
            last = *text == '0' ? last : seen;
        }
    return last;
}

static void assert_shortest(double value)
{
    char text[NUMBER_DOUBLE_SIZE];
    char shorter[400];
    number_format_double(text, value);
    SUPPORT_ASSERT(strtod(text, NULL) == value, "%s is not %.17g", text, value);
    for (int digits = significant_digits(text) - 1; digits > 0; digits--) {
        (void)snprintf(shorter, sizeof shorter, "%.*g", digits, value);
        SUPPORT_ASSERT(strtod(shorter, NULL) != value, "%s could be %s", text, shorter);
    }
}

START_TEST(every_double_reads_back_to_itself_and_could_not_be_shorter)
{
    uint64_t state = 20261123;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&state);
        if (i % 4 == 0)
            bits &= ~(UINT64_C(0x7ff) << 52); /* a subnormal */
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_shortest(value);
        assert_shortest((double)(bits % 1000000) / 100);
    }
}
END_TEST

START_TEST(whole_doubles_are_printed_as_printf_would_in_fifteen_digits_or_more)
{
    static const double VALUES[] = {0.0,   -0.0,        1,      -1,    100000, 1234567,
                                    -42e9, 99999999999, 1e14,   -1e14, 1e15,   -1e15,
                                    1e16,  0x1p53,      0x1p62, 1e22,  1e300,  999999999999999};
    char text[NUMBER_DOUBLE_SIZE];
    char expected[400];
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        int precision = 15;
        do
            (void)snprintf(expected, sizeof expected, "%.*g", precision, VALUES[i] + 0.0);
        while (strtod(expected, NULL) != VALUES[i] && ++precision <= 17);
        number_format_double(text, VALUES[i]);
        ck_assert_str_eq(text, expected);
    }
}
END_TEST

/* ---- texts of any length ---- */

/* No part that is put is longer than PART_MAX, and no text has more than a dozen. */
#define PART_MAX 1500

struct long_text {
    char bytes[12 * PART_MAX];
    size_t length;
};

static void put(struct long_text *text, const char *part)
{
    size_t length = strlen(part);
    memcpy(text->bytes + text->length, part, length + 1);
    text->length += length;
}

static void put_times(struct long_text *text, char byte, size_t times)
{
    memset(text->bytes + text->length, byte, times);
    text->length += times;
    text->bytes[text->length] = '\0';
}

static size_t below(uint64_t *state, size_t limit)
{
    return (size_t)((next_random(state) >> 32) % limit);
}

static void assert_is_what_strtod_says(const struct long_text *text)
{
    double value = NAN;
    double expected = strtod(text->bytes, NULL);
    ck_assert_msg(number_parse_double(text->bytes, text->length, &value), "%s", text->bytes);
    ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%.17g, not %.17g: %s", value,
                  expected, text->bytes);
}

/* Digits of one kind: none, zeros, nines or any. */
static void put_digits(struct long_text *text, uint64_t *state)
{
    size_t count = below(state, below(state, 2) == 0 ? 20 : PART_MAX - 20);
    size_t kind = below(state, 4);
    if (kind == 0)
        count = 0;
    put_times(text, kind == 2 ? '9' : '0', count);
    for (size_t i = 0; kind == 3 && i < count; i++)
        text->bytes[text->length - 1 - i] = (char)('0' + below(state, 10));
}

/* None, one that brings the number near 1, one of any size, or one that no integer holds. */
static void put_exponent(struct long_text *text, uint64_t *state)
{
    static const char *const SIGNS[] = {"e", "E+", "e-"};
    const char *point = strchr(text->bytes, '.');
    long behind = point == NULL ? 0 : (long)strlen(point + 1);
    long before = (long)text->length - behind;
    char part[64] = "";
    switch (below(state, 5)) {
    case 0: (void)sprintf(part, "e%ld", behind - (long)below(state, 400)); break;
    case 1: (void)sprintf(part, "E%ld", (long)below(state, 400) - before); break;
    case 2: (void)sprintf(part, "%s%zu", SIGNS[below(state, 3)], below(state, 6000)); break;
    case 3:
        (void)sprintf(part, "%s9223372036854775%zu", SIGNS[below(state, 3)],
                      800 + below(state, 9200));
        break;
    default: break;
    }
    put(text, part);
}

START_TEST(a_double_of_any_shape_and_length_is_what_strtod_says)
{
    static const char *const SIGNS[] = {"", "-", "+"};
    uint64_t state = 20261123;
    for (int i = 0; i < 20000; i++) {
        struct long_text text = {.length = 0};
        put(&text, SIGNS[below(&state, 3)]);
        put_digits(&text, &state);
        put_digits(&text, &state);
        put(&text, below(&state, 10) == 0 ? "0" : "7");
        if (below(&state, 2) == 0) {
            put(&text, ".");
            put_digits(&text, &state);
            put_digits(&text, &state);
            put(&text, below(&state, 2) == 0 ? "0" : "1");
        }
        put_exponent(&text, &state);
        assert_is_what_strtod_says(&text);
    }
}
END_TEST

/* Zeros, the number as printf writes it, what is put behind its last digit, its exponent. */
static void assert_middle(const char *printed, size_t zeros, char tail, size_t tail_length,
                          const char *last)
{
    struct long_text text = {.length = 0};
    const char *exponent = printed + strcspn(printed, "e");
    put_times(&text, '0', zeros);
    put(&text, printed);
    text.length -= strlen(exponent);
    if (tail == '9') { /* as near below as so many digits come */
        char *at = text.bytes + text.length - 1;
        for (; *at == '0' || *at == '.'; at--)
            *at = *at == '0' ? '9' : '.';
        --*at;
    }
    put_times(&text, tail, tail_length);
    put(&text, last);
    put(&text, exponent);
    assert_is_what_strtod_says(&text);
}

/*
 * Where a long double holds the bit that a double lacks, the middle of two neighbours is printed
 * whole: 768 digits at the most, and 1074 behind the point.
 */
START_TEST(a_double_in_the_middle_of_two_is_rounded_by_the_last_of_thousands_of_digits)
{
    uint64_t state = 4;
    for (int i = 0; i < 2000; i++) {
        char printed[PART_MAX];
        uint64_t odd = next_random(&state) >> (i % 4 == 0 ? 12 : 10) | 1;
        int power = i % 2 == 0 ? -1075 : (int)below(&state, 2045) - 1075;
        long double middle = ldexpl((long double)odd, power);
        (void)snprintf(printed, sizeof printed, i % 3 == 0 ? "%.800Le" : "%.1075Lf", middle);
        size_t zeros = below(&state, 2) * below(&state, PART_MAX);
        size_t length = below(&state, 2 * PART_MAX);
        assert_middle(printed, zeros, '0', length, "");
        assert_middle(printed, zeros, '0', length, "1");
        assert_middle(printed, zeros, '9', 1 + length, "");
    }
}
END_TEST

START_TEST(a_double_of_thousands_of_zeros_is_what_its_other_digits_and_its_exponent_say)
{
    struct long_text text = {.length = 0};
    put(&text, "-.");
    put_times(&text, '0', 4000);
    put(&text, "175e4001");
    ck_assert(double_of(text.bytes) == -1.75);
    text.length = 0;
    put(&text, "175");
    put_times(&text, '0', 4000);
    put(&text, "E-4002");
    ck_assert(double_of(text.bytes) == 1.75);
    text.length = 0;
    put(&text, "-0.");
    put_times(&text, '0', 4000);
    ck_assert(double_of(text.bytes) == 0);
    ck_assert(signbit(double_of(text.bytes)) != 0);
    put(&text, "e99999999999999999999999");
    ck_assert(double_of(text.bytes) == 0);
}
END_TEST

START_TEST(a_duration_of_thousands_of_digits_is_read_whole)
{
    struct long_text text = {.length = 0};
    put_times(&text, '0', 2000);
    put(&text, "2.5");
    put_times(&text, '0', 2000);
    put(&text, "1ms");
    ck_assert_int_eq(duration_of(text.bytes), 2500000);
}
END_TEST

START_TEST(a_double_is_read_where_no_memory_can_be_had)
{
    static char text[1 << 20];
    struct rlimit none;
    double value = 0;
    if (SUPPORT_SANITIZED)
        return; /* it ends the program where memory is short */
    memset(text, '3', sizeof text);
    text[1] = '.';
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &none), 0);
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    void *memory = malloc(sizeof text);
    bool is_number = number_parse_double(text, sizeof text, &value);
    none.rlim_cur = none.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    ck_assert_ptr_null(memory);
    ck_assert(is_number);
    ck_assert(value == 10 / 3.0);
}
END_TEST

START_TEST(integers_of_128_bits_are_printed_exactly)
{
    char text[NUMBER_INTEGER_SIZE];
    const number_int128 high = (number_int128)1 << 126;
    number_format_int128(text, 0);
    ck_assert_str_eq(text, "0");
    number_format_int128(text, -7);
    ck_assert_str_eq(text, "-7");
    number_format_int128(text, (number_int128)UINT64_MAX + 1);
    ck_assert_str_eq(text, "18446744073709551616");
    number_format_int128(text, high - 1 + high);
    ck_assert_str_eq(text, "170141183460469231731687303715884105727");
    number_format_int128(text, -high - high);
    ck_assert_str_eq(text, "-170141183460469231731687303715884105728");
}
END_TEST

static void assert_duration_text(int64_t value_ns, const char *expected)
{
    char text[NUMBER_HUMAN_SIZE];
    number_format_duration(text, value_ns);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_duration_is_shown_in_the_unit_that_fits)
{
    assert_duration_text(0, "0us");
    assert_duration_text(1500, "1.5us");
    assert_duration_text(3200000, "3.2ms");
    assert_duration_text(250000000, "250ms");
    assert_duration_text(1500000000, "1.5s");
    assert_duration_text(INT64_C(59000000000), "59s");
    assert_duration_text(INT64_C(60000000000), "1m");
    assert_duration_text(INT64_C(125000000000), "2m05s");
    assert_duration_text(INT64_C(3600000000000), "1h");
    assert_duration_text(INT64_C(90000) * 1000000000, "25h");
    assert_duration_text(INT64_MAX, "2562047h47m");
}
END_TEST

START_TEST(a_duration_just_below_a_unit_needs_no_exponent)
{
    for (int64_t value_ns = 1; value_ns < INT64_C(100000000000); value_ns *= 10)
        for (int64_t below = 0; below < 10; below++) {
            char text[NUMBER_HUMAN_SIZE];
            number_format_duration(text, value_ns - value_ns / 10000 * below);
            ck_assert_msg(strchr(text, 'e') == NULL, "%s", text);
        }
    assert_duration_text(999999, "1ms");
    assert_duration_text(999999999, "1s");
    assert_duration_text(INT64_C(59999999999), "60s");
}
END_TEST

static void assert_size_text(uint64_t value_bytes, const char *expected)
{
    char text[NUMBER_HUMAN_SIZE];
    number_format_size(text, value_bytes);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_size_is_shown_in_the_unit_that_fits)
{
    assert_size_text(0, "0B");
    assert_size_text(871, "871B");
    assert_size_text(1023, "1023B");
    assert_size_text(1434, "1.4KiB");
    assert_size_text(UINT64_C(1) << 20, "1MiB");
    assert_size_text(UINT64_C(64) << 20, "64MiB");
    assert_size_text(UINT64_C(200) << 30, "200GiB");
    assert_size_text(UINT64_C(1) << 40, "1TiB");
    assert_size_text(UINT64_MAX, "16EiB");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_number", an_unsigned_number_may_be_anything_that_fits_64_bits,
        an_unsigned_number_that_does_not_fit_is_refused_and_leaves_the_result_alone,
        an_unsigned_number_is_digits_and_nothing_else,
        a_number_ends_where_its_length_says_and_a_nul_is_no_end,
        a_signed_number_reaches_both_ends_of_64_bits, a_sign_alone_or_twice_is_no_number,
        a_double_is_written_as_the_header_says, what_strtod_takes_beyond_the_grammar_is_no_double,
        a_double_beyond_the_range_is_infinite_and_one_below_it_is_zero,
        a_double_is_rounded_correctly, a_double_of_a_thousand_digits_is_read_whole,
        a_rate_is_written_as_it_is_read, a_duration_has_a_unit,
        a_duration_without_its_number_or_its_unit_is_refused, a_duration_ends_at_285_years,
        a_size_has_binary_and_decimal_units, a_size_ends_at_64_bits,
        a_size_is_a_whole_number_and_a_known_unit, a_double_is_printed_with_the_fewest_digits,
        negative_zero_is_printed_as_zero,
        the_ends_of_the_doubles_are_printed_with_the_fewest_digits,
        every_double_reads_back_to_itself_and_could_not_be_shorter,
        whole_doubles_are_printed_as_printf_would_in_fifteen_digits_or_more,
        a_double_of_any_shape_and_length_is_what_strtod_says,
        a_double_in_the_middle_of_two_is_rounded_by_the_last_of_thousands_of_digits,
        a_double_of_thousands_of_zeros_is_what_its_other_digits_and_its_exponent_say,
        a_duration_of_thousands_of_digits_is_read_whole,
        a_double_is_read_where_no_memory_can_be_had, integers_of_128_bits_are_printed_exactly,
        a_duration_is_shown_in_the_unit_that_fits, a_duration_just_below_a_unit_needs_no_exponent,
        a_size_is_shown_in_the_unit_that_fits);
}
