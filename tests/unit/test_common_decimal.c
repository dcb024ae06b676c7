#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "common/number.h"
#include "tests/unit/support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* What number.h says of the text, which is strtod's word, is what decimal.h says. */
static bool is_same(const char *text, size_t length)
{
    struct decimal decimal = {.number = 42, .integer = 42, .is_integer = true};
    double number = 42;
    int64_t integer = 0;
    bool is_number = number_parse_double(text, length, &number);
    bool is_integer = number_parse_i64(text, length, &integer);
    if (decimal_parse(text, length, &decimal) != is_number)
        return false;
    return bits_of(decimal.number) == bits_of(number) &&
           decimal.is_integer == (is_integer || !is_number) &&
           decimal.integer == (is_number ? integer : 42);
}

/* The text ends where its memory does, so that a sanitizer sees each byte that is read beyond. */
static void assert_same(const char *text, size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    if (exact == NULL)
        ck_abort_msg("out of memory");
    memcpy(exact, text, length);
    if (!is_same(exact, length)) /* Check's own asserts cost a microsecond each */
        ck_abort_msg("%.*s is not what strtod says", (int)length, text);
    free(exact);
}

static void assert_all_same(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_same(texts[i], strlen(texts[i]));
}

static double double_of(const char *text)
{
    struct decimal decimal;
    ck_assert_msg(decimal_parse(text, strlen(text), &decimal), "%s", text);
    return decimal.number;
}

/* ---- by hand ---- */

START_TEST(a_decimal_is_the_nearest_double)
{
    ck_assert(double_of("0.1") == 0x1.999999999999ap-4);
    ck_assert(double_of("0.48213719203") == 0x1.edb55f3fd1055p-2);
    ck_assert(double_of("1e23") == 0x1.52d02c7e14af6p+76);
    ck_assert(double_of("-3.25e-7") == -0x1.5cf751db94e6bp-22);
    ck_assert(double_of("1.7976931348623157e308") == DBL_MAX);
}
END_TEST

START_TEST(a_decimal_halfway_between_two_doubles_is_the_even_one)
{
    ck_assert(double_of("9007199254740993") == 9007199254740992.0);
    ck_assert(double_of("9007199254740995") == 9007199254740996.0);
    ck_assert(double_of("9007199254740993.0") == 9007199254740992.0);
    ck_assert(double_of("900719925474099.3e1") == 9007199254740992.0);
    ck_assert(double_of("9007199254740993.00000000000000000000001") == 9007199254740994.0);
    ck_assert(double_of("9007199254740992.99999999999999999999999") == 9007199254740992.0);
    ck_assert(double_of("18014398509481990") == 18014398509481992.0);
    ck_assert(double_of("1.00000000000000011102230246251565404236316680908203125") == 1.0);
    ck_assert(double_of("1.00000000000000011102230246251565404236316680908203124") == 1.0);
    ck_assert(double_of("1.00000000000000011102230246251565404236316680908203126") ==
              1.0 + DBL_EPSILON);
}
END_TEST

START_TEST(a_decimal_ends_at_the_largest_double_and_half_a_step_beyond)
{
    ck_assert(double_of("1.797693134862315807e308") == DBL_MAX);
    ck_assert(double_of("1.797693134862315808e308") == INFINITY);
    ck_assert(double_of("1e309") == INFINITY);
    ck_assert(double_of("-1e999999999999999999999999999") == -INFINITY);
    ck_assert(double_of("0e999999999999999999999999999") == 0);
}
END_TEST

START_TEST(a_decimal_ends_at_half_the_smallest_double)
{
    ck_assert(double_of("5e-324") == 0x1p-1074);
    ck_assert(double_of("2.4703282292062327e-324") == 0);
    ck_assert(double_of("2.4703282292062328e-324") == 0x1p-1074);
    ck_assert(double_of("2.2250738585072011e-308") == 0x0.fffffffffffffp-1022);
    ck_assert(double_of("2.2250738585072012e-308") == DBL_MIN);
    ck_assert(double_of("1e-400") == 0);
    ck_assert(double_of("1e-999999999999999999999999999") == 0);
    ck_assert(signbit(double_of("-1e-400")) != 0);
}
END_TEST

START_TEST(a_whole_decimal_is_an_integer_as_well_as_long_as_it_fits)
{
    static const char *const TEXTS[] = {"0",
                                        "-0",
                                        "+7",
                                        "0000000000000000000000000000007",
                                        "12345678",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "-9223372036854775809",
                                        "9999999999999999999",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "18446744073709551623",
                                        "1.0",
                                        "1e0"};
    struct decimal decimal;
    assert_all_same(TEXTS, COUNT(TEXTS));
    ck_assert(decimal_parse("-9223372036854775808", 20, &decimal));
    ck_assert(decimal.is_integer && decimal.integer == INT64_MIN);
    ck_assert(decimal_parse("9223372036854775808", 19, &decimal));
    ck_assert(!decimal.is_integer && decimal.integer == 0);
}
END_TEST

START_TEST(what_is_no_decimal_is_refused_and_leaves_the_result_alone)
{
    static const char *const TEXTS[] = {"",
                                        "-",
                                        "+",
                                        ".",
                                        "-.",
                                        "1.",
                                        "e5",
                                        "1e",
                                        "1e+",
                                        "1e5e",
                                        "1.2.3",
                                        "0x10",
                                        "inf",
                                        "nan",
                                        " 1",
                                        "1 ",
                                        "--1",
                                        "+-1",
                                        "1_0",
                                        "1,5",
                                        "1234567:",
                                        "/1234567",
                                        "1234567/",
                                        "12345678:",
                                        ":12345678",
                                        ("1234\x80"
                                         "678"),
                                        "1234567\xff",
                                        "1.2345678/",
                                        "1.23456789e",
                                        "2026-11-23T10:15:00Z",
                                        "item_0"};
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        struct decimal decimal;
        ck_assert_msg(!decimal_parse(TEXTS[i], strlen(TEXTS[i]), &decimal), "%s", TEXTS[i]);
    }
    assert_all_same(TEXTS, COUNT(TEXTS));
}
END_TEST

/* Texts that other readers were found to get wrong, or to take for ever over. */
START_TEST(a_decimal_that_others_stumbled_over_is_what_strtod_says)
{
    static const char *const TEXTS[] = {
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "6.9294956446009195e15",
        "3.7455744005952583e15",
        "2.2250738585072014e-308",
        "4.4501477170144020e-308",
        "1.7976931348623158e308",
        "7.2057594037927933e+16",
        "8.442911973260991817129021e-309",
        "9355950000000000000.00000000000000000000000000000000001844674407370955161600000184467440",
        "1090544144181609348671888949248",
        "0.000000000000000000000000000000000000011754943508222875079687365372222456778186655567720",
        "143845666314139027352611820764223558118322784524633123116263665379036815209139419693036582"
        "8"
        "634687637948157940776599182791387527135353034738357134110310609455693900824193549772792016"
        "543182680519740580354365467985440183598701312257624545562331397018329928613196125590274187"
        "720073914818062530830316533158098624984118889298281371812288789537310599037529113415438738"
        "954894985050204e-250",
        "5708990770823839524233143877797980545530986496e-46",
        "30078505129381147540796e+100",
        "9007199254740993e-300",
        "1e-342",
        "18446744073709551615e-343",
        "18446744073709551615e289",
        "89255e-22",
        "104308485241983990666713401708072175773165034278682682111762292935809480803e-300"};
    assert_all_same(TEXTS, COUNT(TEXTS));
}
END_TEST

static void put(char *to, const char *part)
{
    for (; *part != '\0'; part++)
        *to++ = *part;
}

START_TEST(a_decimal_of_a_thousand_zeros_is_what_its_other_digits_say)
{
    char text[1100];
    memset(text, '0', sizeof text);
    text[0] = '.';
    put(text + 1000, "15e1000");
    ck_assert(number_parse_double(text, 1007, &(double){0}));
    assert_same(text, 1007);
    memset(text, '0', sizeof text);
    put(text, "175");
    put(text + 1003, "e-1000");
    assert_same(text, 1009);
    text[1] = '.';
    assert_same(text, 1003);
    text[1002] = '1';
    assert_same(text, 1003);
}
END_TEST

/* ---- by the million ---- */

/* xorshift64*, Vigna 2016: the same texts in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static size_t below(uint64_t *state, size_t limit)
{
    return (size_t)((next_random(state) >> 32) % limit);
}

static size_t put_digits(char *text, uint64_t *state, size_t count)
{
    static const char *const ALPHABETS[] = {"0123456789", "0123456789", "0", "9", "00001", "5"};
    const char *alphabet = ALPHABETS[below(state, COUNT(ALPHABETS))];
    for (size_t i = 0; i < count; i++)
        text[i] = alphabet[below(state, strlen(alphabet))];
    return count;
}

static size_t put_exponent(char *text, uint64_t *state)
{
    static const size_t SPANS[] = {5, 25, 350, 700};
    size_t span = SPANS[below(state, COUNT(SPANS))];
    int exponent = (int)below(state, 2 * span) - (int)span;
    return (size_t)sprintf(text, below(state, 2) == 0 ? "e%d" : "E%+d", exponent);
}

/* [+-]?digits[.digits][exponent], of up to 45 digits. */
static size_t put_number(char *text, uint64_t *state)
{
    static const size_t SPANS[] = {2, 8, 20, 23};
    size_t length = below(state, 4) == 0 ? 1 : 0;
    memset(text, below(state, 2) == 0 ? '-' : '+', length);
    length += put_digits(text + length, state, below(state, SPANS[below(state, COUNT(SPANS))]));
    if (below(state, 4) > 0) {
        text[length++] = '.';
        length += put_digits(text + length, state, below(state, SPANS[below(state, COUNT(SPANS))]));
    }
    return length + (below(state, 3) == 0 ? put_exponent(text + length, state) : 0);
}

#define MANY (SUPPORT_SANITIZED ? 200000 : 1000000)

START_TEST(a_decimal_of_any_shape_is_what_strtod_says)
{
    char text[128];
    uint64_t state = 20261123;
    for (int i = 0; i < 2 * MANY; i++)
        assert_same(text, put_number(text, &state));
}
END_TEST

START_TEST(a_decimal_with_a_wrong_byte_somewhere_is_refused_where_number_parse_double_refuses_it)
{
    char text[128];
    uint64_t state = 7;
    for (int i = 0; i < MANY; i++) {
        size_t length = put_number(text, &state);
        if (length > 0)
            text[below(&state, length)] = "+-.eE/:x \0\x80\xb5"[below(&state, 12)];
        assert_same(text, length);
    }
}
END_TEST

START_TEST(a_decimal_of_any_double_in_any_number_of_digits_is_what_strtod_says)
{
    char text[64];
    uint64_t state = 99;
    for (int i = 0; i < MANY; i++) {
        uint64_t bits = next_random(&state);
        double number;
        if (i % 8 == 0)
            bits &= ~(UINT64_C(0x7ff) << 52); /* a subnormal */
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number))
            assert_same(text, (size_t)sprintf(text, "%.*e", (int)below(&state, 22), number));
    }
}
END_TEST

/*
 * The middle of two neighbours has up to 767 digits that all count, and printed whole it is
 * exact, where a long double holds the bit that a double lacks. Beside it is less or more by one
 * in the last place; cut off it is 17 to 20 digits long.
 */
START_TEST(a_decimal_in_the_middle_of_two_doubles_or_beside_it_is_what_strtod_says)
{
    char text[900];
    uint64_t state = 4;
    for (int i = 0; i < MANY / 20; i++) {
        int power = (int)below(&state, i % 2 == 0 ? 120 : 1800) - (i % 2 == 0 ? 60 : 900);
        long double middle =
            ldexpl((long double)(next_random(&state) >> 10 | 1 | UINT64_C(1) << 53), power);
        size_t length = (size_t)sprintf(text, "%.800Le", middle);
        char *last = strchr(text, 'e') - 1;
        assert_same(text, length);
        *last = '1';
        assert_same(text, length);
        for (int digits = 16; digits < 20; digits++)
            assert_same(text, (size_t)sprintf(text, "%.*Le", digits, middle));
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_decimal", a_decimal_is_the_nearest_double,
        a_decimal_halfway_between_two_doubles_is_the_even_one,
        a_decimal_ends_at_the_largest_double_and_half_a_step_beyond,
        a_decimal_ends_at_half_the_smallest_double,
        a_whole_decimal_is_an_integer_as_well_as_long_as_it_fits,
        what_is_no_decimal_is_refused_and_leaves_the_result_alone,
        a_decimal_that_others_stumbled_over_is_what_strtod_says,
        a_decimal_of_a_thousand_zeros_is_what_its_other_digits_say,
        a_decimal_of_any_shape_is_what_strtod_says,
        a_decimal_with_a_wrong_byte_somewhere_is_refused_where_number_parse_double_refuses_it,
        a_decimal_of_any_double_in_any_number_of_digits_is_what_strtod_says,
        a_decimal_in_the_middle_of_two_doubles_or_beside_it_is_what_strtod_says);
}
