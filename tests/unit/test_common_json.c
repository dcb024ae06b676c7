#include "common/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/text.h"
#include "tests/unit/support.h"

static char error[JSON_ERROR_SIZE];

static bool parses(const char *bytes, size_t length)
{
    struct json *object = json_parse_object(bytes, length, error);
    bool parsed = object != NULL;
    ck_assert_msg(parsed == (error[0] == '\0'), "an error and an object, or neither: %s", error);
    json_free(object);
    return parsed;
}

static void assert_refused(const char *text, const char *cause)
{
    ck_assert_msg(!parses(text, strlen(text)), "%s", text);
    ck_assert_msg(strstr(error, cause) != NULL, "%s: %s", text, error);
}

static void assert_parses(const char *text)
{
    ck_assert_msg(parses(text, strlen(text)), "%s: %s", text, error);
}

/* Whether {"n": TEXT} holds a count, and which. */
static enum json_found count_of(const char *text, uint64_t *value)
{
    struct text document = {0};
    text_printf(&document, "{\"n\": %s}", text);
    struct json *object = json_parse_object(document.bytes, document.length, error);
    ck_assert_msg(object != NULL, "%s: %s", text, error);
    enum json_found found = json_get_u64(object, "n", value);
    json_free(object);
    text_free(&document);
    return found;
}

/* `count` times the one and then the other. */
static char *repeated(const char *opening, const char *inner, const char *closing, size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++)
        text_put(&text, opening);
    text_put(&text, inner);
    for (size_t i = 0; i < count; i++)
        text_put(&text, closing);
    return text.bytes;
}

START_TEST(an_object_gives_its_members_by_name)
{
    const char document[] =
        " {\"text\": \"a\\u00e9\\n\", \"yes\": true, \"no\": false, \"n\": 41} \n";
    const char *text = NULL;
    bool flag = false;
    uint64_t count = 0;
    struct json *object = json_parse_object(document, strlen(document), error);
    ck_assert_msg(object != NULL, "%s", error);
    ck_assert_int_eq(json_get_text(object, "text", &text), JSON_FOUND);
    ck_assert_str_eq(text, "aé\n");
    ck_assert_int_eq(json_get_bool(object, "yes", &flag), JSON_FOUND);
    ck_assert(flag);
    ck_assert_int_eq(json_get_bool(object, "no", &flag), JSON_FOUND);
    ck_assert(!flag);
    ck_assert_int_eq(json_get_u64(object, "n", &count), JSON_FOUND);
    ck_assert_uint_eq(count, 41);
    json_free(object);
}
END_TEST

START_TEST(a_member_that_is_null_or_not_there_is_absent_and_the_value_stays)
{
    const char document[] = "{\"null\": null, \"NAME\": \"x\"}";
    const char *text = "before";
    bool flag = true;
    uint64_t count = 42;
    struct json *object = json_parse_object(document, strlen(document), error);
    const char *const names[] = {"null", "nothing", "name", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(json_get_text(object, names[i], &text), JSON_ABSENT);
        ck_assert_int_eq(json_get_bool(object, names[i], &flag), JSON_ABSENT);
        ck_assert_int_eq(json_get_u64(object, names[i], &count), JSON_ABSENT);
    }
    ck_assert_str_eq(text, "before");
    ck_assert(flag);
    ck_assert_uint_eq(count, 42);
    json_free(object);
}
END_TEST

START_TEST(a_member_of_another_type_is_told_apart_from_an_absent_one)
{
    const char document[] = "{\"text\": \"1\", \"flag\": true, \"n\": 1, \"list\": [1], \"o\": {}}";
    const char *text;
    bool flag;
    uint64_t count;
    struct json *object = json_parse_object(document, strlen(document), error);
    ck_assert_int_eq(json_get_u64(object, "text", &count), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_u64(object, "flag", &count), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_u64(object, "list", &count), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_bool(object, "n", &flag), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_bool(object, "text", &flag), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_text(object, "n", &text), JSON_WRONG_TYPE);
    ck_assert_int_eq(json_get_text(object, "o", &text), JSON_WRONG_TYPE);
    json_free(object);
}
END_TEST

static void assert_count(const char *text, uint64_t expected)
{
    uint64_t value = 42;
    ck_assert_msg(count_of(text, &value) == JSON_FOUND, "%s", text);
    ck_assert_msg(value == expected, "%s is read as %" PRIu64, text, value);
}

START_TEST(a_count_is_exact_up_to_2_to_the_64_less_1)
{
    assert_count("0", 0);
    assert_count("1", 1);
    assert_count("9007199254740991", UINT64_C(9007199254740991));
    assert_count("9007199254740992", UINT64_C(9007199254740992));
    assert_count("9007199254740993", UINT64_C(9007199254740993));
    assert_count("18446744073709551614", UINT64_MAX - 1);
    assert_count("18446744073709551615", UINT64_MAX);
}
END_TEST

START_TEST(a_number_that_is_not_digits_alone_is_no_count)
{
    const char *const others[] = {"18446744073709551616",
                                  "99999999999999999999",
                                  "-1",
                                  "-0",
                                  "1.0",
                                  "0.0",
                                  "1e2",
                                  "1E0",
                                  "100e-2",
                                  "1.5",
                                  "1e300",
                                  "0.1",
                                  "-9007199254740993",
                                  "1e-5"};
    uint64_t value = 42;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(count_of(others[i], &value) == JSON_WRONG_TYPE, "%s", others[i]);
    ck_assert_uint_eq(value, 42);
}
END_TEST

START_TEST(a_count_is_read_from_its_own_place_among_other_numbers)
{
    const char document[] = "{\"s\": \"\\\"7,8\", \"x\": 0.5, \"list\": [1, {\"a\": 2}, 3],"
                            " \"a\": 18446744073709551615, \"o\": {\"b\": 4}, \"t\": true,"
                            " \"b\": 9007199254740993}";
    uint64_t value = 0;
    struct json *object = json_parse_object(document, strlen(document), error);
    ck_assert_msg(object != NULL, "%s", error);
    ck_assert_int_eq(json_get_u64(object, "b", &value), JSON_FOUND);
    ck_assert_uint_eq(value, UINT64_C(9007199254740993));
    ck_assert_int_eq(json_get_u64(object, "a", &value), JSON_FOUND);
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert_int_eq(json_get_u64(object, "x", &value), JSON_WRONG_TYPE);
    json_free(object);
}
END_TEST

START_TEST(text_behind_the_document_is_refused)
{
    assert_refused("{} x", "text behind the document");
    assert_refused("{}}", "text behind the document");
    assert_refused("{}{}", "text behind the document");
    assert_refused("{\"a\": 1}\n{\"a\": 1}", "text behind the document");
    assert_refused("{},", "text behind the document");
    assert_parses("{} \t\r\n");
}
END_TEST

START_TEST(a_name_that_is_there_twice_is_refused)
{
    assert_refused("{\"a\": 1, \"a\": 1}", "'a' is there twice");
    assert_refused("{\"a\": 1, \"b\": 2, \"\\u0061\": 3}", "is there twice");
    assert_refused("{\"\": 1, \"\": 2}", "is there twice");
}
END_TEST

START_TEST(names_that_differ_in_case_alone_are_refused)
{
    assert_refused("{\"bytes\": 1, \"Bytes\": 2}", "is there twice");
}
END_TEST

START_TEST(a_name_that_is_there_twice_deep_inside_is_refused)
{
    assert_refused("{\"schema\": {\"fields\": [{\"name\": 1, \"name\": 2}]}}", "is there twice");
    assert_parses("{\"a\": {\"a\": {\"a\": 1}}, \"b\": [{\"a\": 1}, {\"a\": 1}]}");
}
END_TEST

START_TEST(a_raw_nul_byte_is_refused_wherever_it_stands)
{
    ck_assert(!parses("{\"a\": 1}\0", 9));
    ck_assert(!parses("{\"a\0\": 1}", 9));
    ck_assert(!parses("\0{\"a\": 1}", 9));
    ck_assert(!parses("{\"a\": \0 1}", 10));
    ck_assert_ptr_nonnull(strstr(error, "byte 6"));
}
END_TEST

START_TEST(an_escaped_nul_is_refused_and_an_escaped_backslash_before_u0000_is_not)
{
    assert_refused("{\"path\": \"data_1.csv\\u0000/etc\"}", "\\u0000 in a string at byte 20");
    assert_refused("{\"a\\u0000\": 1}", "\\u0000");
    assert_parses("{\"path\": \"\\\\u0000\"}");
    assert_refused("{\"path\": \"\\\\\\u0000\"}", "\\u0000");
}
END_TEST

START_TEST(an_escape_without_four_hexadecimal_digits_is_refused)
{
    assert_refused("{\"path\": \"a\\u[[[[\"}", "\\u without four hexadecimal digits at byte 11");
    assert_refused("{\"path\": \"a\\u00g0bc\"}", "\\u without four");
    assert_refused("{\"path\": \"a\\u 041\"}", "\\u without four");
    assert_refused("{\"path\": \"a\\u004\"}", "\\u without four");
    assert_refused("{\"a\\uxyzw\": 1}", "\\u without four");
    assert_refused("{\"path\": \"\\u", "not JSON");
    assert_parses("{\"path\": \"\\u00e9\\u00E9\\uABCD\"}");
}
END_TEST

START_TEST(raw_control_characters_are_refused_in_strings_and_between_members)
{
    assert_refused("{\"a\": \"one\ntwo\"}", "control character at byte 10");
    assert_refused("{\"a\tb\": 1}", "control character");
    assert_refused("{\"a\":\x01 1}", "control character");
    assert_refused("{\"a\":\f1}", "control character");
    assert_parses("{\"a\": \"one\\ntwo\"}");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_refused)
{
    assert_refused("{\"a\": \"\xff\"}", "UTF-8");
    assert_refused("{\"a\": \"\xed\xa0\x80\"}", "UTF-8");
    assert_refused("{\"\xc3\": 1}", "UTF-8");
    assert_parses("{\"größe\": \"日本 😀\"}");
}
END_TEST

START_TEST(half_a_surrogate_pair_is_refused)
{
    assert_refused("{\"a\": \"\\ud83d\"}", "not JSON");
    assert_refused("{\"a\": \"\\ude00\"}", "not JSON");
    assert_refused("{\"a\": \"\\ud83dx\"}", "not JSON");
    assert_parses("{\"a\": \"\\ud83d\\ude00\"}");
}
END_TEST

START_TEST(numbers_that_no_double_holds_are_refused)
{
    assert_refused("{\"n\": 1e999}", "out of range");
    assert_refused("{\"n\": -1e999}", "out of range");
    assert_refused("{\"n\": [[1e999]]}", "out of range");
    assert_refused("{\"n\": NaN}", "not JSON");
    assert_refused("{\"n\": nan}", "not JSON");
    assert_refused("{\"n\": Infinity}", "not JSON");
    assert_refused("{\"n\": -Infinity}", "number that is none");
}
END_TEST

START_TEST(a_number_may_have_40_characters_and_no_more)
{
    char *within = repeated("1", "", "", JSON_NUMBER_MAX);
    char *beyond = repeated("1", "", "", 60);
    struct text document = {0};
    text_printf(&document, "{\"n\":%s}", within);
    ck_assert(parses(document.bytes, document.length));
    text_clear(&document);
    text_printf(&document, "{\"n\":%s}", beyond);
    ck_assert(!parses(document.bytes, document.length));
    ck_assert_ptr_nonnull(strstr(error, "too many digits"));
    text_clear(&document);
    text_printf(&document, "{\"text\":\"%s\"}", beyond);
    ck_assert(parses(document.bytes, document.length));
    text_free(&document);
    free(within);
    free(beyond);
}
END_TEST

START_TEST(numbers_that_json_does_not_know_are_refused)
{
    const char *const numbers[] = {"01",   "-01", "1.", ".5",    "+1", "0x10", "1e", "1e+", "--1",
                                   "1.e5", "1_0", "-",  "1.2.3", "00", "-.5",  "0.", "1-2", "1+2"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char document[64];
        (void)snprintf(document, sizeof document, "{\"n\": %s}", numbers[i]);
        ck_assert_msg(!parses(document, strlen(document)), "%s", document);
    }
    const char *const good[] = {"0", "-0", "0.5", "-0.5", "10", "1e5", "1E-5", "1.5e+05", "100"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char document[64];
        (void)snprintf(document, sizeof document, "{\"n\": [%s,%s]}", good[i], good[i]);
        assert_parses(document);
    }
}
END_TEST

START_TEST(nesting_may_be_32_deep_and_no_deeper)
{
    struct text document = {0};
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        char *lists = repeated("[", "", "]", depth - 1); /* the object is a level too */
        text_clear(&document);
        text_printf(&document, "{\"a\":%s}", lists);
        ck_assert_int_eq(parses(document.bytes, document.length), depth == JSON_DEPTH_MAX);
        free(lists);
    }
    ck_assert_ptr_nonnull(strstr(error, "nested too deeply"));
    text_free(&document);
}
END_TEST

static bool parses_at_depth(size_t depth, size_t depth_max)
{
    char *lists = repeated("[", "", "]", depth - 1); /* the object is a level too */
    struct text document = {0};
    text_printf(&document, "{\"a\":%s}", depth == 1 ? "0" : lists);
    struct json *object =
        json_parse_object_within(document.bytes, document.length, depth_max, error);
    bool parsed = object != NULL;
    json_free(object);
    text_free(&document);
    free(lists);
    return parsed;
}

START_TEST(nesting_may_be_bounded_otherwise)
{
    const size_t bounds[] = {1, 2, 100, JSON_DEPTH_LIMIT};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        ck_assert_msg(parses_at_depth(bounds[i], bounds[i]), "%zu: %s", bounds[i], error);
        ck_assert(!parses_at_depth(bounds[i] + 1, bounds[i]));
        ck_assert_ptr_nonnull(strstr(error, "nested too deeply"));
    }
}
END_TEST

START_TEST(a_byte_order_mark_before_the_object_is_passed_over)
{
    assert_parses("\xEF\xBB\xBF{\"a\": 1}");
    assert_refused("{\"a\": \xEF\xBB\xBF 1}", "not JSON");
}
END_TEST

START_TEST(brackets_in_strings_and_side_by_side_do_not_nest)
{
    char *brackets = repeated("[", "", "{", 100);
    char *pairs = repeated("[],", "0", "", 100);
    struct text document = {0};
    text_printf(&document, "{\"a\":\"\\\"%s\",\"b\":[%s]}", brackets, pairs);
    ck_assert_msg(parses(document.bytes, document.length), "%s", error);
    text_free(&document);
    free(brackets);
    free(pairs);
}
END_TEST

START_TEST(a_thousand_and_one_levels_and_two_million_brackets_are_refused)
{
    const size_t depths[] = {1001, 2000000};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        char *lists = repeated("[", "", "", depths[i]);
        char *objects = repeated("{\"a\":", "", "", depths[i]);
        ck_assert(!parses(lists, strlen(lists)));
        ck_assert(!parses(objects, strlen(objects)));
        ck_assert_ptr_nonnull(strstr(error, "nested too deeply"));
        free(lists);
        free(objects);
    }
}
END_TEST

START_TEST(two_hundred_thousand_members_are_checked_in_time)
{
    struct text document = {0};
    text_put(&document, "{\"first\":0");
    for (int i = 0; i < 200000; i++)
        text_printf(&document, ",\"m%d\":%d", i, i);
    text_put(&document, "}");
    (void)alarm(20);
    ck_assert_msg(parses(document.bytes, document.length), "%s", error);
    text_free(&document);
}
END_TEST

/* Bytes of address space that the process has taken. */
static rlim_t address_space(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
    (void)fclose(file);
    return (rlim_t)strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}

START_TEST(a_good_document_for_which_memory_is_short_is_not_called_bad)
{
    struct text document = {0};
    struct rlimit limit;
    if (SUPPORT_SANITIZED)
        return; /* it ends the program where memory is short */
    char *numbers = repeated("1,", "1", "", 1000000);
    text_printf(&document, "{\"a\":[%s]}", numbers);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = address_space() + (16u << 20);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert(!parses(document.bytes, document.length));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_str_eq(error, "out of memory");
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert(parses(document.bytes, document.length));
    ck_assert(!parses("{]", 2));
    ck_assert_int_eq(errno, EINVAL);
    text_free(&document);
    free(numbers);
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
    const char *const documents[] = {"[]", "1", "\"text\"", "null", "true", "[{}]"};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        assert_refused(documents[i], "not a JSON object");
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    const char *const documents[] = {"",
                                     " ",
                                     "{",
                                     "}",
                                     "{\"a\"}",
                                     "{a: 1}",
                                     "{'a': 1}",
                                     "{\"a\": 1,}",
                                     "{\"a\": }",
                                     "{,}",
                                     "{\"a\": [}",
                                     "{\"a\": \"}",
                                     "{\"a\" 1}",
                                     "garbage",
                                     "{\"a\": [1,]}",
                                     "{\"a\": tru}",
                                     "{\"\\x\": 1}"};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        assert_refused(documents[i], "at byte");
}
END_TEST

START_TEST(every_prefix_of_a_document_is_refused)
{
    const char document[] =
        "{\"a\": \"x\\u00e9\\\\\", \"b\": [1, -2.5e3, {\"c\": null}], \"d\": true}";
    assert_parses(document);
    for (size_t length = 0; length < strlen(document); length++) {
        char *prefix = malloc(length + 1); /* its own block, so that a read behind it is seen */
        memcpy(prefix, document, length);
        ck_assert_msg(!parses(prefix, length), "%zu bytes", length);
        free(prefix);
    }
}
END_TEST

START_TEST(every_changed_byte_is_parsed_or_refused_and_nothing_else_happens)
{
    char document[] = "{\"a\":\"x\\u00e9\",\"b\":[1,-2.5e3,{\"c\":null}]}";
    const size_t length = strlen(document);
    size_t refused = 0;
    for (size_t at = 0; at < length; at++) {
        char kept = document[at];
        for (int byte = 0; byte < 256; byte++) {
            document[at] = (char)byte;
            refused += parses(document, length) ? 0 : 1;
        }
        document[at] = kept;
    }
    ck_assert_uint_gt(refused, length * 128);
}
END_TEST

START_TEST(freeing_no_object_does_nothing)
{
    json_free(NULL);
}
END_TEST

START_TEST(what_nests_is_walked_through)
{
    static const char document[] = "{\"list\": [{\"n\": 1.5, \"t\": \"x\"}, null, 7], \"none\": "
                                   "null, \"object\": {\"n\": -2}}";
    struct json *object = json_parse_object(document, sizeof document - 1, error);
    const struct json_value *root = json_root(object);
    const struct json_value *item = json_first(json_member(root, "list"));
    double number = 0;
    ck_assert(json_number(json_member(item, "n"), &number) && number == 1.5);
    ck_assert_str_eq(json_text(json_member(item, "t")), "x");
    ck_assert(!json_number(json_member(item, "t"), &number) && number == 1.5);
    ck_assert_ptr_null(json_text(json_member(item, "n")));
    item = json_next(item);
    ck_assert(!json_number(item, &number));
    item = json_next(item);
    ck_assert(json_number(item, &number) && number == 7);
    ck_assert_ptr_null(json_next(item));
    ck_assert(json_number(json_member(json_member(root, "object"), "n"), &number) && number == -2);
    json_free(object);
}
END_TEST

START_TEST(what_is_not_there_has_nothing_inside)
{
    struct json *object = json_parse_object("{\"n\": 1}", 8, error);
    const struct json_value *root = json_root(object);
    double number = 0;
    ck_assert_ptr_null(json_member(root, "absent"));
    ck_assert_ptr_null(json_member(json_member(root, "absent"), "n"));
    ck_assert_ptr_null(json_member(json_member(root, "n"), "n"));
    ck_assert_ptr_null(json_first(json_member(root, "n")));
    ck_assert_ptr_null(json_first(json_member(root, "absent")));
    ck_assert_ptr_null(json_first(root));
    ck_assert_ptr_null(json_text(NULL));
    ck_assert(!json_number(NULL, &number));
    json_free(object);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_json", an_object_gives_its_members_by_name,
        a_member_that_is_null_or_not_there_is_absent_and_the_value_stays,
        a_member_of_another_type_is_told_apart_from_an_absent_one,
        a_count_is_exact_up_to_2_to_the_64_less_1, a_number_that_is_not_digits_alone_is_no_count,
        a_count_is_read_from_its_own_place_among_other_numbers, nesting_may_be_bounded_otherwise,
        a_byte_order_mark_before_the_object_is_passed_over, text_behind_the_document_is_refused,
        a_name_that_is_there_twice_is_refused, names_that_differ_in_case_alone_are_refused,
        a_name_that_is_there_twice_deep_inside_is_refused,
        a_raw_nul_byte_is_refused_wherever_it_stands,
        an_escaped_nul_is_refused_and_an_escaped_backslash_before_u0000_is_not,
        raw_control_characters_are_refused_in_strings_and_between_members,
        an_escape_without_four_hexadecimal_digits_is_refused, bytes_that_are_no_utf8_are_refused,
        half_a_surrogate_pair_is_refused, numbers_that_no_double_holds_are_refused,
        a_number_may_have_40_characters_and_no_more, numbers_that_json_does_not_know_are_refused,
        nesting_may_be_32_deep_and_no_deeper, brackets_in_strings_and_side_by_side_do_not_nest,
        a_thousand_and_one_levels_and_two_million_brackets_are_refused,
        two_hundred_thousand_members_are_checked_in_time,
        a_good_document_for_which_memory_is_short_is_not_called_bad, what_is_no_object_is_refused,
        what_is_no_json_is_refused, every_prefix_of_a_document_is_refused,
        every_changed_byte_is_parsed_or_refused_and_nothing_else_happens,
        freeing_no_object_does_nothing, what_nests_is_walked_through,
        what_is_not_there_has_nothing_inside);
}
