#include <math.h>
#include <string.h>

#include "consumer/page/account.h"
#include "tests/unit/support.h"

/* A profile of one column with this name. */
static struct account account_of(const char *name, enum value_type type, uint64_t nonfinite)
{
    struct account account = {.rows = 7};
    struct column_result column = {.name = (char *)name,
                                   .name_length = strlen(name),
                                   .type = type,
                                   .count = 3,
                                   .missing = 2,
                                   .distinct = 1,
                                   .nonfinite = nonfinite,
                                   .quantiles = {1, 5, 25, 50, 75, 95, 99}};
    struct profile profile = {.columns = &column, .column_count = 1};
    account_columns(&account, &profile);
    return account;
}

START_TEST(a_numeric_column_tells_five_of_its_quantiles)
{
    static const double EXPECTED[ACCOUNT_QUANTILES] = {5, 25, 50, 75, 95};
    struct account account = account_of("value", VALUE_NUMBER, 0);
    const struct account_column *column = &account.columns[0];
    ck_assert_uint_eq(account.rows, 7);
    ck_assert_uint_eq(account.column_count, 1);
    ck_assert_str_eq(column->name, "value");
    ck_assert_uint_eq(column->count + 10 * column->missing + 100 * column->distinct, 123);
    for (size_t i = 0; i < ACCOUNT_QUANTILES; i++)
        ck_assert(column->quantiles[i] == EXPECTED[i]);
}
END_TEST

START_TEST(what_has_no_finite_number_has_no_quantiles)
{
    struct account words = account_of("label", VALUE_STRING, 0);
    struct account infinite = account_of("value", VALUE_NUMBER, 3);
    ck_assert(isnan(words.columns[0].quantiles[ACCOUNT_P50]));
    ck_assert(isnan(infinite.columns[0].quantiles[ACCOUNT_P50]));
}
END_TEST

START_TEST(a_long_name_is_cut_in_front_of_a_character)
{
    char name[200] = "";
    for (size_t i = 0; i < 40; i++)
        strcat(name, "\xC3\xA4");
    struct account account = account_of(name, VALUE_STRING, 0);
    const char *shown = account.columns[0].name;
    size_t length = strlen(shown);
    ck_assert_uint_lt(length, ACCOUNT_NAME_SIZE);
    ck_assert_uint_eq(length % 2, 1); /* whole characters of 2 bytes, and an ellipsis of 3 */
    ck_assert_mem_eq(shown, name, length - 3);
    ck_assert_str_eq(shown + length - 3, "\xE2\x80\xA6");
}
END_TEST

START_TEST(a_name_that_just_fits_is_left_whole)
{
    char name[ACCOUNT_NAME_SIZE] = "";
    memset(name, 'x', ACCOUNT_NAME_SIZE - 1);
    struct account account = account_of(name, VALUE_STRING, 0);
    ck_assert_str_eq(account.columns[0].name, name);
}
END_TEST

START_TEST(a_numeric_column_is_found_by_its_name)
{
    struct account numbers = account_of("value", VALUE_NUMBER, 0);
    struct account words = account_of("value", VALUE_STRING, 0);
    ck_assert_ptr_eq(account_numeric_column(&numbers, "value"), &numbers.columns[0]);
    ck_assert_ptr_null(account_numeric_column(&numbers, "valu"));
    ck_assert_ptr_null(account_numeric_column(&words, "value"));
    numbers.column_count = 0;
    ck_assert_ptr_null(account_numeric_column(&numbers, "value"));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_account", a_numeric_column_tells_five_of_its_quantiles,
                       what_has_no_finite_number_has_no_quantiles,
                       a_long_name_is_cut_in_front_of_a_character,
                       a_name_that_just_fits_is_left_whole, a_numeric_column_is_found_by_its_name);
}
