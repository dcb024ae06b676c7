#include "common/contract.h"

#include <string.h>

#include "common/text.h"
#include "tests/unit/support.h"

static char key[CONTRACT_KEY_MAX + 1];

static bool matches(const char *name)
{
    return contract_match(CONTRACT_DATA_PATTERN, name, key);
}

START_TEST(a_batch_of_the_producer_is_known_by_its_number)
{
    ck_assert(matches("data_7.csv"));
    ck_assert_str_eq(key, "7");
}
END_TEST

START_TEST(the_largest_number_is_a_key_and_the_next_is_none)
{
    ck_assert(matches("data_18446744073709551615.csv"));
    ck_assert_str_eq(key, "18446744073709551615");
    ck_assert(!matches("data_18446744073709551616.csv"));
}
END_TEST

START_TEST(a_number_written_in_a_second_way_is_no_batch)
{
    const char *const names[] = {"data_0.csv",  "data_01.csv", "data_-1.csv",
                                 "data_+1.csv", "data_00.csv", "data_-0.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(!matches(names[i]), "%s", names[i]);
}
END_TEST

START_TEST(a_number_of_240_digits_is_no_batch)
{
    char name[CONTRACT_NAME_SIZE] = "data_";
    memset(name + 5, '9', 240);
    strcpy(name + 245, ".csv");
    ck_assert(!matches(name));
}
END_TEST

START_TEST(a_key_may_be_128_bytes_long_and_no_longer)
{
    char name[CONTRACT_NAME_SIZE] = "data_";
    memset(name + 5, 'k', CONTRACT_KEY_MAX);
    strcpy(name + 5 + CONTRACT_KEY_MAX, ".csv");
    ck_assert(matches(name));
    ck_assert_uint_eq(strlen(key), CONTRACT_KEY_MAX);
    strcpy(name + 5 + CONTRACT_KEY_MAX, "k.csv");
    ck_assert(!matches(name));
}
END_TEST

START_TEST(a_key_with_control_characters_or_a_slash_is_no_batch)
{
    const char *const names[] = {"data_8\n.csv",  "data_\t8.csv",  "data_\x1b[2J.csv",
                                 "data_\x7f.csv", "data_../8.csv", "data_8.csv\n"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(!matches(names[i]), "name %zu", i);
}
END_TEST

START_TEST(names_in_flight_and_the_list_of_batches_are_none_even_where_the_pattern_has_them)
{
    ck_assert(!contract_match("*", ".data_1.csv", key));
    ck_assert(!contract_match("*", ".nfs0001", key));
    ck_assert(!contract_match("*", "_data_1.csv", key));
    ck_assert(!contract_match("*", "_x", key));
    ck_assert(!contract_match("*", "data_1.csv.tmp", key));
    ck_assert(!contract_match("data*", "datapackage.json", key));
    ck_assert(!contract_match("*", ".tmp", key));
    ck_assert(contract_match("*", "x", key));
}
END_TEST

START_TEST(other_files_on_the_volume_are_no_batches)
{
    const char *const names[] = {
        "results",   "metadata_1.json", "data_1.csv.bak", "data_1", "xdata_1.csv", "DATA_1.csv",
        "data_.csv", "data.csv",        "data_csv",       "",       "data_1.CSV"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(!matches(names[i]), "%s", names[i]);
}
END_TEST

START_TEST(what_stands_before_and_behind_the_star_must_not_overlap)
{
    ck_assert(!contract_match("aba*aba", "aba", key));
    ck_assert(!contract_match("aba*aba", "ababa", key));
    ck_assert(!contract_match("aba*aba", "abaaba", key));
    ck_assert(contract_match("aba*aba", "aba-aba", key));
    ck_assert_str_eq(key, "-");
}
END_TEST

/* Whether the four bytes can be a key, which is asked of contract, is what text says of them. */
static void assert_key_is_text(const unsigned char bytes[4])
{
    char name[] = "xxxx";
    memcpy(name, bytes, 4);
    bool text = text_is_utf8(name, strlen(name));
    SUPPORT_ASSERT(contract_match("*", name, key) == text, "%02x %02x %02x %02x", bytes[0],
                   bytes[1], bytes[2], bytes[3]);
}

START_TEST(a_key_that_is_not_utf8_is_no_batch)
{
    ck_assert(!contract_match("data_*.csv", "data_\xFF.csv", key));
    ck_assert(!contract_match("data_*.csv", "data_\xED\xA0\x80.csv", key));
    ck_assert(!contract_match("data_*.csv", "data_\xC3.csv", key));
    ck_assert(contract_match("data_*.csv", "data_größe 日本 😀.csv", key));
    ck_assert_str_eq(key, "größe 日本 😀");
}
END_TEST

START_TEST(a_key_is_utf8_exactly_when_text_says_so)
{
    static const unsigned char THIRD[] = {0x00, 0x41, 0x7E, 0x80, 0xBF, 0xC2, 0xE0, 0xFF};
    for (unsigned first = 0x80; first < 0x100; first++)
        for (unsigned second = 0x80; second < 0x100; second++)
            for (size_t third = 0; third < sizeof THIRD; third++)
                for (size_t fourth = 0; fourth < sizeof THIRD; fourth++) {
                    const unsigned char bytes[4] = {(unsigned char)first, (unsigned char)second,
                                                    THIRD[third], THIRD[fourth]};
                    assert_key_is_text(bytes);
                    const unsigned char behind[4] = {'a', bytes[0], bytes[1], bytes[2]};
                    assert_key_is_text(behind);
                }
}
END_TEST

START_TEST(a_key_need_not_be_a_number)
{
    ck_assert(contract_match("orders-*.csv", "orders-2026-11-23.csv", key));
    ck_assert_str_eq(key, "2026-11-23");
    ck_assert(contract_match("*.csv", "Größe 1.csv", key));
    ck_assert_str_eq(key, "Größe 1");
}
END_TEST

START_TEST(a_pattern_without_a_star_matches_nothing)
{
    ck_assert(!contract_match("data_1.csv", "data_1.csv", key));
}
END_TEST

START_TEST(a_key_number_has_digits_alone)
{
    uint64_t number = 99;
    const char *const keys[] = {"", "0", "01", "1x", "x1", " 1", "1 ", "-1", "+1", "1.0"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        ck_assert_msg(!contract_key_number(keys[i], &number), "%s", keys[i]);
    ck_assert_uint_eq(number, 99);
    ck_assert(contract_key_number("18446744073709551615", &number));
    ck_assert_uint_eq(number, UINT64_MAX);
}
END_TEST

START_TEST(keys_go_by_number_and_numbers_before_words)
{
    const char *const order[] = {"1",   "2",  "9",   "10", "100", "18446744073709551615",
                                 "001", "1a", "abc", "b"};
    const size_t count = sizeof order / sizeof *order;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int compared = contract_key_compare(order[i], order[j]);
            ck_assert_msg((i < j) == (compared < 0) && (i > j) == (compared > 0), "%s and %s",
                          order[i], order[j]);
        }
}
END_TEST

START_TEST(the_files_of_a_batch_follow_from_its_key)
{
    char name[CONTRACT_NAME_SIZE];
    contract_data_name(name, 7);
    ck_assert_str_eq(name, "data_7.csv");
    contract_metadata_name(name, "7");
    ck_assert_str_eq(name, "metadata_7.json");
    contract_summary_name(name, "7");
    ck_assert_str_eq(name, "summary_7.json");
    contract_plot_name(name, "7", "svg");
    ck_assert_str_eq(name, "plot_7.svg");
}
END_TEST

START_TEST(the_name_that_the_producer_writes_is_one_that_the_consumer_takes)
{
    const uint64_t numbers[] = {1, 10, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char name[CONTRACT_NAME_SIZE];
        uint64_t number = 0;
        contract_data_name(name, numbers[i]);
        ck_assert(matches(name));
        ck_assert(contract_key_number(key, &number));
        ck_assert_uint_eq(number, numbers[i]);
    }
}
END_TEST

START_TEST(the_longest_key_still_makes_whole_names)
{
    char name[CONTRACT_NAME_SIZE];
    char longest[CONTRACT_KEY_MAX + 1];
    memset(longest, 'k', CONTRACT_KEY_MAX);
    longest[CONTRACT_KEY_MAX] = '\0';
    contract_metadata_name(name, longest);
    ck_assert_uint_eq(strlen(name), strlen("metadata_.json") + CONTRACT_KEY_MAX);
    contract_summary_name(name, longest);
    ck_assert_uint_eq(strlen(name), strlen("summary_.json") + CONTRACT_KEY_MAX);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_contract", a_batch_of_the_producer_is_known_by_its_number,
        the_largest_number_is_a_key_and_the_next_is_none,
        a_number_written_in_a_second_way_is_no_batch, a_number_of_240_digits_is_no_batch,
        a_key_may_be_128_bytes_long_and_no_longer,
        a_key_with_control_characters_or_a_slash_is_no_batch,
        names_in_flight_and_the_list_of_batches_are_none_even_where_the_pattern_has_them,
        other_files_on_the_volume_are_no_batches,
        what_stands_before_and_behind_the_star_must_not_overlap, a_key_need_not_be_a_number,
        a_key_that_is_not_utf8_is_no_batch, a_key_is_utf8_exactly_when_text_says_so,
        a_pattern_without_a_star_matches_nothing, a_key_number_has_digits_alone,
        keys_go_by_number_and_numbers_before_words, the_files_of_a_batch_follow_from_its_key,
        the_name_that_the_producer_writes_is_one_that_the_consumer_takes,
        the_longest_key_still_makes_whole_names);
}
