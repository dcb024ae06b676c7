#include "common/options.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

struct values {
    const char *dir;
    uint64_t count;
    struct option_range rows;
    int64_t interval_ns;
    uint64_t keep_bytes;
    int chart;
    bool once;
    uint64_t unset;
    struct option_period period;
    struct option_rate rate;
    struct option_list readers;
};

static const char *const CHARTS[] = {"png", "svg", "none", NULL};

static const char *check_directory(const char *value)
{
    return value[0] == '/' ? NULL : "must be absolute";
}

static const struct option_row ROWS[] = {
    {.flag = "--dir",
     .environment = "TEST_DIR",
     .type = OPTION_TEXT,
     .default_value = "/shared-data",
     .check = check_directory,
     .offset = offsetof(struct values, dir),
     .help = "the directory"},
    {.flag = "--count",
     .environment = "TEST_COUNT",
     .type = OPTION_COUNT,
     .default_value = "10",
     .minimum = 2,
     .maximum = 1000,
     .offset = offsetof(struct values, count),
     .help = "how many"},
    {.flag = "--rows",
     .environment = "TEST_ROWS",
     .type = OPTION_RANGE,
     .default_value = "20-60",
     .minimum = 1,
     .maximum = 100,
     .offset = offsetof(struct values, rows),
     .help = "rows of a batch"},
    {.flag = "--interval",
     .environment = "TEST_INTERVAL",
     .type = OPTION_DURATION,
     .default_value = "5s",
     .minimum = 1000000,
     .maximum = 3600000000000,
     .offset = offsetof(struct values, interval_ns),
     .help = "time between batches"},
    {.flag = "--keep",
     .environment = "TEST_KEEP",
     .type = OPTION_SIZE,
     .default_value = "64KiB",
     .default_words = "a little",
     .minimum = 1024,
     .maximum = 1048576,
     .offset = offsetof(struct values, keep_bytes),
     .help = "bytes to keep"},
    {.flag = "--chart",
     .environment = "TEST_CHART",
     .type = OPTION_CHOICE,
     .default_value = "png",
     .choices = CHARTS,
     .offset = offsetof(struct values, chart),
     .help = "kind of chart"},
    {.flag = "--once",
     .environment = "TEST_ONCE",
     .type = OPTION_FLAG,
     .default_value = "0",
     .offset = offsetof(struct values, once),
     .help = "end after one scan"},
    {.flag = "--period",
     .environment = "TEST_PERIOD",
     .type = OPTION_PERIOD,
     .default_value = "5s",
     .minimum = 1000000,
     .maximum = 3600000000000,
     .offset = offsetof(struct values, period),
     .help = "time between batches, more or less"},
    {.flag = "--rate",
     .environment = "TEST_RATE",
     .type = OPTION_RATE,
     .minimum = 1,
     .maximum = 5000,
     .offset = offsetof(struct values, rate),
     .help = "rows in a time"},
    {.flag = "--reader",
     .environment = "TEST_READERS",
     .type = OPTION_LIST,
     .value_name = "DIR",
     .offset = offsetof(struct values, readers),
     .help = "who reads"},
    {.flag = "--unset",
     .type = OPTION_COUNT,
     .offset = offsetof(struct values, unset),
     .help = "without a default, bounds or a variable"},
};

static const struct option_table TABLE = {.program = "data-test",
                                          .summary = "Tests options.",
                                          .version = "1.2.3",
                                          .rows = ROWS,
                                          .row_count = sizeof ROWS / sizeof *ROWS};

static struct values values;
static char error[OPTIONS_ERROR_SIZE];

/* Up to three arguments; those that are NULL are not there. */
static enum options_result parse(const char *first, const char *second, const char *third)
{
    char copies[3][256];
    char *argv[5] = {(char[]){"data-test"}};
    const char *const given[] = {first, second, third};
    int argc = 1;
    for (size_t i = 0; i < 3 && given[i] != NULL; i++) {
        strcpy(copies[i], given[i]);
        argv[argc++] = copies[i];
    }
    enum options_result result = options_parse(&TABLE, argc, argv, &values, error);
    values.dir = NULL; /* it points into the copies, see the tests of text */
    return result;
}

static void set_environment(const char *name, const char *value)
{
    ck_assert_int_eq(setenv(name, value, 1), 0);
}

static void assert_refused(const char *flag, const char *value, const char *cause)
{
    ck_assert_msg(parse(flag, value, NULL) == OPTIONS_BAD_USAGE, "%s %s", flag, value);
    ck_assert_msg(strstr(error, flag) != NULL, "%s", error);
    ck_assert_msg(strstr(error, cause) != NULL, "%s", error);
    ck_assert_int_eq(strncmp(error, "data-test: ", 11), 0);
    ck_assert_ptr_null(strchr(error, '\n'));
}

static void assert_taken(const char *flag, const char *value)
{
    ck_assert_msg(parse(flag, value, NULL) == OPTIONS_RUN, "%s", error);
}

START_TEST(without_arguments_every_default_is_set)
{
    char *argv[] = {(char[]){"data-test"}, NULL};
    ck_assert_int_eq(options_parse(&TABLE, 1, argv, &values, error), OPTIONS_RUN);
    ck_assert_str_eq(error, "");
    ck_assert_str_eq(values.dir, "/shared-data");
    ck_assert_uint_eq(values.count, 10);
    ck_assert_uint_eq(values.rows.low, 20);
    ck_assert_uint_eq(values.rows.high, 60);
    ck_assert_int_eq(values.interval_ns, 5000000000);
    ck_assert_uint_eq(values.keep_bytes, 65536);
    ck_assert_int_eq(values.chart, 0);
    ck_assert(!values.once);
}
END_TEST

START_TEST(a_row_without_a_default_leaves_its_member_alone)
{
    values.unset = 77;
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.unset, 77);
    assert_taken("--unset", "18446744073709551615");
    ck_assert_uint_eq(values.unset, UINT64_MAX);
}
END_TEST

START_TEST(the_environment_wins_over_the_default_and_a_flag_over_both)
{
    set_environment("TEST_COUNT", "20");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.count, 20);
    ck_assert_int_eq(parse("--count", "30", NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.count, 30);
}
END_TEST

START_TEST(an_empty_variable_counts_as_unset)
{
    set_environment("TEST_COUNT", "");
    set_environment("TEST_DIR", "");
    set_environment("TEST_ONCE", "");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.count, 10);
}
END_TEST

START_TEST(a_variable_reaches_an_option_of_every_type)
{
    set_environment("TEST_DIR", "/other");
    set_environment("TEST_ROWS", "3");
    set_environment("TEST_INTERVAL", "250ms");
    set_environment("TEST_KEEP", "1MiB");
    set_environment("TEST_CHART", "svg");
    set_environment("TEST_ONCE", "1");
    char *argv[] = {(char[]){"data-test"}, NULL};
    ck_assert_int_eq(options_parse(&TABLE, 1, argv, &values, error), OPTIONS_RUN);
    ck_assert_str_eq(values.dir, "/other");
    ck_assert_uint_eq(values.rows.low, 3);
    ck_assert_uint_eq(values.rows.high, 3);
    ck_assert_int_eq(values.interval_ns, 250000000);
    ck_assert_uint_eq(values.keep_bytes, 1048576);
    ck_assert_int_eq(values.chart, 1);
    ck_assert(values.once);
}
END_TEST

START_TEST(a_bad_variable_is_named_with_its_value_and_the_cause)
{
    set_environment("TEST_INTERVAL", "soon");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
    ck_assert_str_eq(error, "data-test: TEST_INTERVAL 'soon': not a duration such as 250ms, 5s or "
                            "2m (try --help)");
}
END_TEST

START_TEST(a_bad_variable_is_refused_even_where_a_flag_would_win)
{
    set_environment("TEST_COUNT", "many");
    ck_assert_int_eq(parse("--count", "30", NULL), OPTIONS_BAD_ENVIRONMENT);
}
END_TEST

START_TEST(a_flag_in_the_environment_is_0_or_1)
{
    set_environment("TEST_ONCE", "0");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    ck_assert(!values.once);
    set_environment("TEST_ONCE", "yes");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(error, "TEST_ONCE 'yes': must be 0 or 1"));
}
END_TEST

START_TEST(a_value_stands_behind_a_space_or_an_equals_sign)
{
    assert_taken("--count=30", NULL);
    ck_assert_uint_eq(values.count, 30);
    assert_taken("--count", "31");
    ck_assert_uint_eq(values.count, 31);
}
END_TEST

START_TEST(only_the_first_equals_sign_ends_the_flag)
{
    char *argv[] = {(char[]){"data-test"}, (char[]){"--dir=/a=b"}, NULL};
    ck_assert_int_eq(options_parse(&TABLE, 2, argv, &values, error), OPTIONS_RUN);
    ck_assert_str_eq(values.dir, "/a=b");
}
END_TEST

START_TEST(the_last_of_several_equal_flags_counts)
{
    ck_assert_int_eq(parse("--count=30", "--count=40", NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.count, 40);
}
END_TEST

START_TEST(an_unknown_option_is_named)
{
    const char *const unknown[] = {"--nope", "-c",      "count", "--coun",  "--counts",
                                   "--",     "--COUNT", "",      "--nope=5"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char expected[OPTIONS_ERROR_SIZE];
        ck_assert_int_eq(parse(unknown[i], NULL, NULL), OPTIONS_BAD_USAGE);
        (void)snprintf(expected, sizeof expected, "data-test: unknown option '%s' (try --help)",
                       unknown[i]);
        ck_assert_str_eq(error, expected);
    }
}
END_TEST

START_TEST(a_missing_value_is_said)
{
    ck_assert_int_eq(parse("--once", "--count", NULL), OPTIONS_BAD_USAGE);
    ck_assert_str_eq(error, "data-test: --count needs a value (try --help)");
}
END_TEST

START_TEST(an_empty_value_is_no_value)
{
    assert_refused("--dir", "", "must not be empty");
    assert_refused("--count", "", "not a whole number");
    assert_refused("--interval", "", "not a duration");
    assert_refused("--chart", "", "must be png, svg or none");
}
END_TEST

START_TEST(a_flag_without_a_value_takes_none)
{
    ck_assert_int_eq(parse("--once", NULL, NULL), OPTIONS_RUN);
    ck_assert(values.once);
    ck_assert_int_eq(parse("--once=1", NULL, NULL), OPTIONS_BAD_USAGE);
    ck_assert_str_eq(error, "data-test: --once takes no value (try --help)");
    ck_assert_int_eq(parse("--once", "1", NULL), OPTIONS_BAD_USAGE);
}
END_TEST

START_TEST(a_count_is_held_to_both_bounds)
{
    assert_taken("--count", "2");
    assert_taken("--count", "1000");
    assert_refused("--count", "1", "must be from 2 to 1000");
    assert_refused("--count", "1001", "must be from 2 to 1000");
    assert_refused("--count", "-5", "not a whole number");
    assert_refused("--count", "18446744073709551616", "not a whole number");
}
END_TEST

START_TEST(a_range_is_held_to_both_bounds_at_both_ends)
{
    assert_taken("--rows", "1-100");
    ck_assert_uint_eq(values.rows.low, 1);
    ck_assert_uint_eq(values.rows.high, 100);
    assert_taken("--rows", "5-5");
    assert_refused("--rows", "0-5", "must be from 1 to 100");
    assert_refused("--rows", "5-101", "must be from 1 to 100");
    assert_refused("--rows", "101", "must be from 1 to 100");
}
END_TEST

START_TEST(a_range_that_is_none_is_refused)
{
    assert_refused("--rows", "60-20", "the range ends before it begins");
    const char *const texts[] = {"-5", "5-", "-", "a-b", "1-2-3", "5 - 6", "1..3"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused("--rows", texts[i], "not a whole number or a range such as 20-60");
}
END_TEST

START_TEST(a_duration_is_held_to_both_bounds)
{
    assert_taken("--interval", "1ms");
    assert_taken("--interval", "1h");
    assert_refused("--interval", "999us", "must be from 1ms to 1h");
    assert_refused("--interval", "3601s", "must be from 1ms to 1h");
    assert_refused("--interval", "0", "must be from 1ms to 1h");
    assert_refused("--interval", "5", "not a duration such as 250ms, 5s or 2m");
}
END_TEST

START_TEST(a_period_is_a_duration_with_or_without_its_jitter)
{
    assert_taken("--period", "5s\xc2\xb1"
                             "20%");
    ck_assert_int_eq(values.period.mean_ns, 5000000000);
    ck_assert_uint_eq(values.period.percent, 20);
    assert_taken("--period", "1ms+-100%");
    ck_assert_uint_eq(values.period.percent, 100);
    assert_taken("--period", "1h+-0%");
    assert_taken("--period", "1h");
    ck_assert_uint_eq(values.period.percent, 0);
}
END_TEST

START_TEST(a_period_is_held_to_both_bounds_and_its_jitter_to_100_percent)
{
    assert_refused("--period", "999us+-1%", "must be from 1ms to 1h");
    assert_refused("--period", "3601s", "must be from 1ms to 1h");
    const char *const texts[] = {"5s+-101%", "5s+-20",   "5s+-%", "5s+-", "5s-+20%", "+-20%",
                                 "5+-20%",   "5s+-1.5%", "5s20%", "20%",  "5s+--1%"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused("--period", texts[i], "not a duration such as 5s, or one with jitter");
}
END_TEST

START_TEST(a_rate_is_a_count_in_a_second_a_minute_or_an_hour)
{
    assert_taken("--rate", "1/s");
    ck_assert_uint_eq(values.rate.count, 1);
    ck_assert_int_eq(values.rate.per_ns, 1000000000);
    assert_taken("--rate", "5000/m");
    ck_assert_int_eq(values.rate.per_ns, 60000000000);
    assert_taken("--rate", "60/h");
    ck_assert_int_eq(values.rate.per_ns, 3600000000000);
    assert_refused("--rate", "0/s", "must be from 1 to 5000");
    assert_refused("--rate", "5001/s", "must be from 1 to 5000");
    const char *const texts[] = {"1000", "1000/", "/s", "1000/d", "1e3/s", "1000 /s", "-1/s"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused("--rate", texts[i], "not a rate such as 1000/s, 500/m or 60/h");
}
END_TEST

/* ---- lists ---- */

static void assert_readers(const char *first, const char *second)
{
    ck_assert_uint_eq(values.readers.count, second == NULL ? 1 : 2);
    ck_assert_str_eq(values.readers.items[0], first);
    if (second != NULL)
        ck_assert_str_eq(values.readers.items[1], second);
}

START_TEST(a_list_has_an_item_a_flag_and_keeps_their_colons)
{
    ck_assert_int_eq(parse("--reader=/a:b", "--reader=/c", NULL), OPTIONS_RUN);
    assert_readers("/a:b", "/c");
}
END_TEST

START_TEST(a_list_in_a_variable_is_divided_by_colons_and_a_flag_takes_its_place)
{
    set_environment("TEST_READERS", "/a:/b");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    assert_readers("/a", "/b");
    memset(&values.readers, 0, sizeof values.readers);
    ck_assert_int_eq(parse("--reader=/c", NULL, NULL), OPTIONS_RUN);
    assert_readers("/c", NULL);
}
END_TEST

START_TEST(a_list_refuses_an_item_that_is_empty_or_there_twice)
{
    const char *const texts[] = {":", "/a:", ":/a", "/a::/b"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        set_environment("TEST_READERS", texts[i]);
        ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
        ck_assert_ptr_nonnull(strstr(error, "nothing stands between two colons"));
    }
    set_environment("TEST_READERS", "/a:/b:/a");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(error, "TEST_READERS '/a': is given twice"));
    set_environment("TEST_READERS", "");
    assert_refused("--reader", "", "nothing stands between two colons, or at all");
}
END_TEST

START_TEST(a_list_is_held_to_16_items_and_to_its_bytes)
{
    static char longest[OPTION_LIST_BYTES + 1];
    set_environment("TEST_READERS", "a:b:c:d:e:f:g:h:i:j:k:l:m:n:o:p");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    ck_assert_uint_eq(values.readers.count, OPTION_LIST_MAX);
    set_environment("TEST_READERS", "a:b:c:d:e:f:g:h:i:j:k:l:m:n:o:p:q");
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(error, "more than 16"));
    memset(longest, 'x', OPTION_LIST_BYTES - 1);
    set_environment("TEST_READERS", longest);
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_RUN);
    longest[OPTION_LIST_BYTES - 1] = 'x';
    set_environment("TEST_READERS", longest);
    ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_BAD_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(error, "too long"));
}
END_TEST

START_TEST(a_size_is_held_to_both_bounds)
{
    assert_taken("--keep", "1KiB");
    assert_taken("--keep", "1MiB");
    assert_refused("--keep", "1023", "must be from 1KiB to 1MiB");
    assert_refused("--keep", "1025KiB", "must be from 1KiB to 1MiB");
    assert_refused("--keep", "much", "not a size such as 64KiB or 2GiB");
}
END_TEST

START_TEST(a_choice_is_one_of_its_words)
{
    assert_taken("--chart", "none");
    ck_assert_int_eq(values.chart, 2);
    assert_refused("--chart", "gif", "must be png, svg or none");
    assert_refused("--chart", "PNG", "must be png, svg or none");
    assert_refused("--chart", "pn", "must be png, svg or none");
}
END_TEST

START_TEST(a_text_is_checked_by_its_own_rule)
{
    assert_refused("--dir", "relative", "must be absolute");
}
END_TEST

START_TEST(a_message_stays_one_line_and_bounded_whatever_was_typed)
{
    char value[200];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_refused("--count", value, "not a whole number");
    assert_refused("--count", "1\n2", "not a whole number");
    assert_refused("--count", "\x1b[2J", "not a whole number");
    ck_assert_ptr_null(strchr(error, '\x1b'));
    ck_assert_int_eq(parse("--a\nb", NULL, NULL), OPTIONS_BAD_USAGE);
    ck_assert_ptr_null(strchr(error, '\n'));
}
END_TEST

/* ---- arguments that are no flags ---- */

static const struct option_table WITH_OPERANDS = {.program = "data-test",
                                                  .summary = "Takes files.",
                                                  .version = "1.2.3",
                                                  .operand = "FILE",
                                                  .rows = ROWS,
                                                  .row_count = sizeof ROWS / sizeof *ROWS};

/* Parses the arguments, and holds the operands among them against those expected. */
static void assert_operands(char *const argv[], const char *const expected[])
{
    struct option_cursor cursor = {.at = 0};
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    ck_assert_msg(options_parse(&WITH_OPERANDS, argc, argv, &values, error) == OPTIONS_RUN, "%s",
                  error);
    for (size_t i = 0; expected[i] != NULL; i++) {
        const char *operand = options_next_operand(&WITH_OPERANDS, argc, argv, &cursor);
        ck_assert_ptr_nonnull(operand);
        ck_assert_str_eq(operand, expected[i]);
    }
    ck_assert_ptr_null(options_next_operand(&WITH_OPERANDS, argc, argv, &cursor));
    ck_assert_ptr_null(options_next_operand(&WITH_OPERANDS, argc, argv, &cursor));
}

#define ARGUMENTS(...) ((char *const[]){(char[]){"data-test"}, __VA_ARGS__, NULL})
#define OPERANDS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(operands_stand_before_between_and_behind_the_flags)
{
    assert_operands(ARGUMENTS("a", "--count", "30", "b", "--once", "c", "--chart=svg", "d"),
                    OPERANDS("a", "b", "c", "d"));
    ck_assert_uint_eq(values.count, 30);
    ck_assert(values.once);
    ck_assert_int_eq(values.chart, 1);
}
END_TEST

START_TEST(the_value_of_a_flag_is_no_operand)
{
    assert_operands(ARGUMENTS("--dir", "/x", "--count", "30"), OPERANDS(NULL));
}
END_TEST

START_TEST(a_dash_alone_and_an_empty_argument_are_operands)
{
    assert_operands(ARGUMENTS("-", ""), OPERANDS("-", ""));
}
END_TEST

START_TEST(behind_two_dashes_everything_is_an_operand)
{
    assert_operands(ARGUMENTS("a", "--", "--once", "--help", "-x", "--", "--count"),
                    OPERANDS("a", "--once", "--help", "-x", "--", "--count"));
    ck_assert(!values.once);
    assert_operands(ARGUMENTS("--"), OPERANDS(NULL));
}
END_TEST

START_TEST(an_unknown_flag_is_no_operand)
{
    char *argv[] = {(char[]){"data-test"}, (char[]){"-x"}, NULL};
    ck_assert_int_eq(options_parse(&WITH_OPERANDS, 2, argv, &values, error), OPTIONS_BAD_USAGE);
    ck_assert_str_eq(error, "data-test: unknown option '-x' (try --help)");
}
END_TEST

START_TEST(a_table_without_operands_refuses_them)
{
    ck_assert_int_eq(parse("file", NULL, NULL), OPTIONS_BAD_USAGE);
    ck_assert_int_eq(parse("-", NULL, NULL), OPTIONS_BAD_USAGE);
    ck_assert_int_eq(parse("--", NULL, NULL), OPTIONS_BAD_USAGE);
}
END_TEST

static void print_help_with_operands(void *context)
{
    (void)context;
    options_print_help(&WITH_OPERANDS, stdout);
}

START_TEST(help_shows_that_operands_are_taken)
{
    char *answer = support_capture_stdout(print_help_with_operands, NULL, NULL);
    ck_assert_int_eq(strncmp(answer, "Usage: data-test [OPTION]... [FILE]...\nTakes files.\n", 52),
                     0);
    free(answer);
}
END_TEST

static enum options_result asked;

static void ask(void *context)
{
    asked = parse(context, "--nope", NULL);
}

START_TEST(version_is_answered_on_standard_output)
{
    char *answer = support_capture_stdout(ask, (char[]){"--version"}, NULL);
    ck_assert_int_eq(asked, OPTIONS_ANSWERED);
    ck_assert_str_eq(answer, "data-test 1.2.3\n");
    free(answer);
}
END_TEST

START_TEST(help_is_answered_even_beside_a_mistake)
{
    set_environment("TEST_COUNT", "many");
    char *answer = support_capture_stdout(ask, (char[]){"--help"}, NULL);
    ck_assert_int_eq(asked, OPTIONS_ANSWERED);
    ck_assert_int_eq(strncmp(answer, "Usage: data-test [OPTION]...\nTests options.\n", 44), 0);
    free(answer);
}
END_TEST

START_TEST(help_shows_flag_variable_bounds_and_default_of_every_row)
{
    char *answer = support_capture_stdout(ask, (char[]){"--help"}, NULL);
    for (size_t i = 0; i < TABLE.row_count; i++) {
        ck_assert_msg(strstr(answer, ROWS[i].flag) != NULL, "%s", ROWS[i].flag);
        ck_assert_msg(strstr(answer, ROWS[i].help) != NULL, "%s", ROWS[i].help);
        if (ROWS[i].environment != NULL)
            ck_assert_msg(strstr(answer, ROWS[i].environment) != NULL, "%s", ROWS[i].environment);
    }
    ck_assert_ptr_nonnull(strstr(answer, "from 1ms to 1h"));
    ck_assert_ptr_nonnull(strstr(answer, "from 2 to 1000"));
    ck_assert_ptr_nonnull(strstr(answer, "default: 20-60"));
    ck_assert_ptr_nonnull(strstr(answer, "default: a little"));
    ck_assert_ptr_nonnull(strstr(answer, "--chart png|svg|none"));
    ck_assert_ptr_nonnull(strstr(answer, "--help"));
    ck_assert_ptr_nonnull(strstr(answer, "--version"));
    free(answer);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "common_options", without_arguments_every_default_is_set,
        a_row_without_a_default_leaves_its_member_alone,
        the_environment_wins_over_the_default_and_a_flag_over_both,
        an_empty_variable_counts_as_unset, a_variable_reaches_an_option_of_every_type,
        a_bad_variable_is_named_with_its_value_and_the_cause,
        a_bad_variable_is_refused_even_where_a_flag_would_win, a_flag_in_the_environment_is_0_or_1,
        a_value_stands_behind_a_space_or_an_equals_sign, only_the_first_equals_sign_ends_the_flag,
        the_last_of_several_equal_flags_counts, an_unknown_option_is_named, a_missing_value_is_said,
        an_empty_value_is_no_value, a_flag_without_a_value_takes_none,
        a_count_is_held_to_both_bounds, a_range_is_held_to_both_bounds_at_both_ends,
        a_range_that_is_none_is_refused, a_duration_is_held_to_both_bounds,
        a_period_is_a_duration_with_or_without_its_jitter,
        a_period_is_held_to_both_bounds_and_its_jitter_to_100_percent,
        a_rate_is_a_count_in_a_second_a_minute_or_an_hour,
        a_list_has_an_item_a_flag_and_keeps_their_colons,
        a_list_in_a_variable_is_divided_by_colons_and_a_flag_takes_its_place,
        a_list_refuses_an_item_that_is_empty_or_there_twice,
        a_list_is_held_to_16_items_and_to_its_bytes, a_size_is_held_to_both_bounds,
        a_choice_is_one_of_its_words, a_text_is_checked_by_its_own_rule,
        a_message_stays_one_line_and_bounded_whatever_was_typed,
        operands_stand_before_between_and_behind_the_flags, the_value_of_a_flag_is_no_operand,
        a_dash_alone_and_an_empty_argument_are_operands, behind_two_dashes_everything_is_an_operand,
        an_unknown_flag_is_no_operand, a_table_without_operands_refuses_them,
        help_shows_that_operands_are_taken, version_is_answered_on_standard_output,
        help_is_answered_even_beside_a_mistake,
        help_shows_flag_variable_bounds_and_default_of_every_row);
}
