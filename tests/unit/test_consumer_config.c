#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/log.h"
#include "common/number.h"
#include "common/options.h"
#include "consumer/config/config.h"
#include "tests/unit/support.h"

#define RUNS (-1)

static struct config config;

/* RUNS, or the exit code. */
static int load(int argc, char **argv)
{
    int exit_code = RUNS;
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    ck_assert_int_eq(config_load(&config, argc, argv, &exit_code), exit_code == RUNS);
    return exit_code;
}

#define LOAD(...)                                                      \
    load((int)(sizeof((char *[]){"x", __VA_ARGS__}) / sizeof(char *)), \
         (char *[]){"x", __VA_ARGS__, NULL})

static int load_nothing(void)
{
    return load(1, (char *[]){"x", NULL});
}

START_TEST(config_without_options_is_what_the_help_says)
{
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert_str_eq(config.shared_path, CONTRACT_SHARED_DIR);
    ck_assert_str_eq(config.results_path, CONTRACT_SHARED_DIR "/results");
    ck_assert_int_eq(config.poll_interval_ns, NUMBER_NS_PER_SECOND);
    ck_assert_int_eq(config.settle_ns, 2 * NUMBER_NS_PER_SECOND);
    ck_assert_str_eq(config.match, "data_*.csv");
    ck_assert_int_eq(config.chart, CONFIG_CHART_PNG);
    ck_assert_uint_eq(config.chart_size.width, 1000);
    ck_assert_uint_eq(config.chart_size.height, 600);
    ck_assert_uint_eq(config.chart_size.density, 1);
    ck_assert(memcmp(&config.limits, &LIMITS_DEFAULT, sizeof config.limits) == 0);
    ck_assert_uint_eq(config.scan_names, 100000);
    ck_assert(!config.once);
    ck_assert(!config.health);
    ck_assert(!config.profile);
    ck_assert_int_eq(config.output, CONFIG_OUTPUT_TABLE);
    ck_assert_int_eq(config.log_format, LOG_FORMAT_TEXT);
    ck_assert_int_eq(config.log_level, LOG_LEVEL_INFO);
}
END_TEST

START_TEST(config_draws_with_as_many_children_as_cores_and_at_most_four)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert_uint_eq(config.jobs, cores > 4 ? 4 : (uint64_t)cores);
}
END_TEST

START_TEST(config_takes_the_results_from_the_directory_unless_they_are_named)
{
    ck_assert_int_eq(LOAD("--dir", "/a/b"), RUNS);
    ck_assert_str_eq(config.results_path, "/a/b/results");
    ck_assert_int_eq(LOAD("--dir", "/a/b", "--results=/c"), RUNS);
    ck_assert_str_eq(config.results_path, "/c");
}
END_TEST

START_TEST(config_refuses_a_directory_whose_path_is_too_long)
{
    static char path[5000];
    memset(path, 'a', sizeof path - 1);
    ck_assert_int_eq(LOAD("--dir", path), CONTRACT_EXIT_USAGE);
}
END_TEST

/* Each option at both ends of its range, and one step beyond. */
static const struct {
    const char *flag;
    const char *environment;
    const char *good[5];
    const char *bad[12];
} BOUNDS[] = {
    {"--dir", "SHARED_DIR", {"/tmp", "."}, {NULL}},
    {"--results", "RESULTS_DIR", {"/tmp/r"}, {NULL}},
    {"--poll-interval",
     "CONSUMER_POLL_INTERVAL",
     {"10ms", "1h", "3600s", "250ms"},
     {"9ms", "0", "3601s", "1", "-1s", "soon"}},
    {"--settle", "CONSUMER_SETTLE", {"0", "0s", "1h", "1.5s"}, {"3601s", "1", "-1s", "x", "2 s"}},
    {"--match",
     "CONSUMER_MATCH",
     {"*", "data_*.csv", "orders-*"},
     {"data.csv", "*_*.csv", "a/*.csv", "/data_*.csv"}},
    {"--chart", "CONSUMER_CHART", {"png", "svg", "none"}, {"gif", "PNG", "pn"}},
    {"--chart-size",
     "CONSUMER_CHART_SIZE",
     {"400x300", "4000x3000", "1000x600@1", "1000x600@3", "2500x2500@2"},
     {"399x300", "400x299", "4001x3000", "4000x3001", "1000x600@4", "2500x2501@2"}},
    {"--shard",
     "CONSUMER_SHARD",
     {"1/1", "1/2", "4/4", "1024/1024"},
     {"0/1", "2/1", "1/0", "1/1025", "1", "1/", "/2", "a/b", "01/2", "1/02", "+1/2", "1-of-2"}},
    {"--jobs", "CONSUMER_JOBS", {"1", "8"}, {"0", "9", "-1", "two", "1.5"}},
    {"--delimiter",
     "CONSUMER_DELIMITER",
     {"auto", "comma", "semicolon", "tab", "pipe"},
     {",", ";", "colon", "Comma", "commas"}},
    {"--header", "CONSUMER_HEADER", {"auto", "present", "absent"}, {"yes", "no", "Auto"}},
    {"--ragged", "CONSUMER_RAGGED", {"reject", "accept"}, {"yes", "pad"}},
    {"--missing", "CONSUMER_MISSING", {"NA", "NA,null,-", " "}, {",", "NA,", ",NA", "a,,b"}},
    {"--output", "CONSUMER_OUTPUT", {"table", "json"}, {"csv", "JSON"}},
    {"--max-batch-size",
     "CONSUMER_MAX_BATCH_SIZE",
     {"1", "1024TiB", "10MB"},
     {"0", "1025TiB", "1125899906842625", "-1", "1.5GiB", "1 MiB"}},
    {"--max-field-length",
     "CONSUMER_MAX_FIELD_LENGTH",
     {"1", "1GiB"},
     {"0", "1073741825", "2GiB", "-1", "x"}},
    {"--max-row-size",
     "CONSUMER_MAX_ROW_SIZE",
     {"1", "4GiB"},
     {"0", "4294967297", "5GiB", "-1", "x"}},
    {"--max-columns", "CONSUMER_MAX_COLUMNS", {"1", "1048576"}, {"0", "1048577", "1MiB", "-1"}},
    {"--max-metadata-size",
     "CONSUMER_MAX_METADATA_SIZE",
     {"2", "16MiB"},
     {"1", "0", "16777217", "17MiB", "-1"}},
    {"--max-json-depth", "CONSUMER_MAX_JSON_DEPTH", {"1", "1000"}, {"0", "1001", "-1", "deep"}},
    {"--max-names",
     "CONSUMER_MAX_NAMES",
     {"100", "100000000"},
     {"99", "0", "100000001", "1k", "-1"}},
    {"--log-format", "LOG_FORMAT", {"text", "json"}, {"xml", "TEXT"}},
    {"--log-level", "LOG_LEVEL", {"error", "warn", "info", "debug"}, {"all", "INFO"}},
};

#define BOUND_COUNT (sizeof BOUNDS / sizeof *BOUNDS)

START_TEST(config_takes_every_option_at_both_ends_of_its_range)
{
    for (size_t i = 0; i < BOUND_COUNT; i++)
        for (size_t j = 0; j < 5 && BOUNDS[i].good[j] != NULL; j++) {
            char *flag = (char *)(uintptr_t)BOUNDS[i].flag;
            char *value = (char *)(uintptr_t)BOUNDS[i].good[j];
            ck_assert_msg(LOAD(flag, value) == RUNS, "%s %s", flag, value);
            ck_assert_int_eq(setenv(BOUNDS[i].environment, value, 1), 0);
            ck_assert_msg(load_nothing() == RUNS, "%s=%s", BOUNDS[i].environment, value);
            ck_assert_int_eq(unsetenv(BOUNDS[i].environment), 0);
        }
}
END_TEST

START_TEST(config_refuses_a_bad_flag_with_64_and_a_bad_variable_with_78)
{
    for (size_t i = 0; i < BOUND_COUNT; i++)
        for (size_t j = 0; j < 7 && BOUNDS[i].bad[j] != NULL; j++) {
            char *flag = (char *)(uintptr_t)BOUNDS[i].flag;
            char *value = (char *)(uintptr_t)BOUNDS[i].bad[j];
            ck_assert_msg(LOAD(flag, value) == CONTRACT_EXIT_USAGE, "%s %s", flag, value);
            ck_assert_int_eq(setenv(BOUNDS[i].environment, value, 1), 0);
            ck_assert_msg(load_nothing() == CONTRACT_EXIT_CONFIG, "%s=%s", BOUNDS[i].environment,
                          value);
            ck_assert_int_eq(unsetenv(BOUNDS[i].environment), 0);
        }
}
END_TEST

START_TEST(config_tests_stand_for_every_option_of_the_table)
{
    const struct option_table *table = config_table();
    for (size_t row = 0; row < table->row_count; row++) {
        bool tested = table->rows[row].type == OPTION_FLAG;
        for (size_t i = 0; i < BOUND_COUNT; i++)
            tested = tested || strcmp(BOUNDS[i].flag, table->rows[row].flag) == 0;
        ck_assert_msg(tested, "%s has no row in BOUNDS", table->rows[row].flag);
        ck_assert_ptr_nonnull(table->rows[row].help);
    }
}
END_TEST

START_TEST(config_values_end_in_their_members)
{
    ck_assert_int_eq(LOAD("--poll-interval=250ms", "--settle=1.5s", "--match=*.txt", "--chart=svg",
                          "--jobs=3", "--once", "--log-format=json", "--log-level=debug"),
                     RUNS);
    ck_assert_int_eq(config.poll_interval_ns, 250 * NUMBER_NS_PER_MS);
    ck_assert_int_eq(config.settle_ns, 1500 * NUMBER_NS_PER_MS);
    ck_assert_str_eq(config.match, "*.txt");
    ck_assert_int_eq(config.chart, CONFIG_CHART_SVG);
    ck_assert_uint_eq(config.jobs, 3);
    ck_assert(config.once);
    ck_assert_int_eq(config.log_format, LOG_FORMAT_JSON);
    ck_assert_int_eq(config.log_level, LOG_LEVEL_DEBUG);
    ck_assert_int_eq(LOAD("--health", "--chart", "none"), RUNS);
    ck_assert(config.health);
    ck_assert_int_eq(config.chart, CONFIG_CHART_NONE);
}
END_TEST

START_TEST(config_limits_end_in_their_members)
{
    ck_assert_int_eq(LOAD("--max-batch-size=1GiB", "--max-field-length=2KiB", "--max-row-size=3KiB",
                          "--max-columns=4", "--max-metadata-size=5KiB", "--max-json-depth=6",
                          "--max-names=700"),
                     RUNS);
    ck_assert_uint_eq(config.limits.batch_bytes, UINT64_C(1) << 30);
    ck_assert_uint_eq(config.limits.field_bytes, 2048);
    ck_assert_uint_eq(config.limits.row_bytes, 3072);
    ck_assert_uint_eq(config.limits.columns, 4);
    ck_assert_uint_eq(config.limits.metadata_bytes, 5120);
    ck_assert_uint_eq(config.limits.json_depth, 6);
    ck_assert_uint_eq(config.scan_names, 700);
}
END_TEST

START_TEST(config_rules_are_found_out_unless_they_are_said)
{
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert_int_eq(config.rules.delimiter, '\0');
    ck_assert_int_eq(config.rules.header, CSV_HEADER_AUTO);
    ck_assert(!config.rules.accept_ragged);
    ck_assert_ptr_null(config.rules.missing);
}
END_TEST

START_TEST(config_rules_end_in_their_members)
{
    ck_assert_int_eq(
        LOAD("--delimiter=semicolon", "--header=absent", "--ragged=accept", "--missing=NA,null"),
        RUNS);
    ck_assert_int_eq(config.rules.delimiter, ';');
    ck_assert_int_eq(config.rules.header, CSV_HEADER_ABSENT);
    ck_assert(config.rules.accept_ragged);
    ck_assert_str_eq(config.rules.missing, "NA,null");
    ck_assert_int_eq(LOAD("--delimiter", "tab", "--header", "present"), RUNS);
    ck_assert_int_eq(config.rules.delimiter, '\t');
    ck_assert_int_eq(config.rules.header, CSV_HEADER_PRESENT);
    ck_assert_int_eq(LOAD("--delimiter", "comma"), RUNS);
    ck_assert_int_eq(config.rules.delimiter, ',');
    ck_assert_int_eq(LOAD("--delimiter", "pipe"), RUNS);
    ck_assert_int_eq(config.rules.delimiter, '|');
}
END_TEST

START_TEST(config_profile_has_its_files_in_their_order)
{
    char *argv[] = {"x", "a.csv", "--profile", "--output", "json", "-", "--", "--profile", NULL};
    static const char *const FILES[] = {"a.csv", "-", "--profile"};
    struct option_cursor cursor = {.at = 0};
    ck_assert_int_eq(load(8, argv), RUNS);
    ck_assert(config.profile);
    ck_assert_int_eq(config.output, CONFIG_OUTPUT_JSON);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        ck_assert_str_eq(config_next_file(&config, &cursor), FILES[i]);
    ck_assert_ptr_null(config_next_file(&config, &cursor));
}
END_TEST

START_TEST(config_refuses_profile_without_files_and_files_without_profile)
{
    ck_assert_int_eq(LOAD("--profile"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--profile", "--"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--once", "data_1.csv"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("-"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--profile", "-"), RUNS);
}
END_TEST

START_TEST(config_flag_wins_over_the_environment_and_an_empty_variable_is_none)
{
    ck_assert_int_eq(setenv("CONSUMER_CHART", "svg", 1), 0);
    ck_assert_int_eq(setenv("CONSUMER_SETTLE", "", 1), 0);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert_int_eq(config.chart, CONFIG_CHART_SVG);
    ck_assert_int_eq(config.settle_ns, 2 * NUMBER_NS_PER_SECOND);
    ck_assert_int_eq(LOAD("--chart=none"), RUNS);
    ck_assert_int_eq(config.chart, CONFIG_CHART_NONE);
}
END_TEST

START_TEST(config_takes_once_from_the_environment)
{
    ck_assert_int_eq(setenv("CONSUMER_ONCE", "1", 1), 0);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert(config.once);
    ck_assert_int_eq(setenv("CONSUMER_ONCE", "0", 1), 0);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert(!config.once);
    ck_assert_int_eq(setenv("CONSUMER_ONCE", "maybe", 1), 0);
    ck_assert_int_eq(load_nothing(), CONTRACT_EXIT_CONFIG);
}
END_TEST

START_TEST(config_takes_from_the_environment_that_the_jail_must_be_whole)
{
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert(!config.require_sandbox);
    ck_assert_int_eq(LOAD("--require-sandbox"), RUNS);
    ck_assert(config.require_sandbox);
    ck_assert_int_eq(setenv("CONSUMER_REQUIRE_SANDBOX", "1", 1), 0);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert(config.require_sandbox);
}
END_TEST

START_TEST(config_refuses_what_it_does_not_know)
{
    ck_assert_int_eq(LOAD("--unknown"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--onc"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("data_1.csv"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--settle"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--once=1"), CONTRACT_EXIT_USAGE);
}
END_TEST

START_TEST(config_refuses_a_pattern_that_is_too_long_for_a_file_name)
{
    char pattern[CONTRACT_NAME_SIZE];
    memset(pattern, 'a', sizeof pattern);
    pattern[0] = '*';
    pattern[CONTRACT_NAME_SIZE - CONTRACT_KEY_MAX] = '\0';
    ck_assert_int_eq(LOAD("--match", pattern), RUNS);
    pattern[CONTRACT_NAME_SIZE - CONTRACT_KEY_MAX] = 'a';
    pattern[CONTRACT_NAME_SIZE - CONTRACT_KEY_MAX + 1] = '\0';
    ck_assert_int_eq(LOAD("--match", pattern), CONTRACT_EXIT_USAGE);
}
END_TEST

START_TEST(config_takes_a_chart_size_with_or_without_a_density)
{
    static char *const BAD[] = {"1000",        "x600",      "1000x",      "1000x600 ",  "1000X600",
                                "1000x600@2x", "1000x600@", "1000x600@0", "4000x3000@3"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        ck_assert_int_eq(LOAD("--chart-size", BAD[i]), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(setenv("CONSUMER_CHART_SIZE", "800x400@2", 1), 0);
    ck_assert_int_eq(load_nothing(), RUNS);
    ck_assert_uint_eq(config.chart_size.width, 800);
    ck_assert_uint_eq(config.chart_size.height, 400);
    ck_assert_uint_eq(config.chart_size.density, 2);
}
END_TEST

static void ask_for_help(void *context)
{
    *(int *)context = LOAD("--help");
}

START_TEST(config_help_names_every_option_and_ends_with_0)
{
    int code = RUNS;
    char *help = support_capture_stdout(ask_for_help, &code, NULL);
    ck_assert_int_eq(code, CONTRACT_EXIT_DONE);
    for (size_t i = 0; i < config_table()->row_count; i++)
        ck_assert_ptr_nonnull(strstr(help, config_table()->rows[i].flag));
    free(help);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_config", config_without_options_is_what_the_help_says,
        config_draws_with_as_many_children_as_cores_and_at_most_four,
        config_takes_the_results_from_the_directory_unless_they_are_named,
        config_refuses_a_directory_whose_path_is_too_long,
        config_takes_every_option_at_both_ends_of_its_range,
        config_refuses_a_bad_flag_with_64_and_a_bad_variable_with_78,
        config_tests_stand_for_every_option_of_the_table, config_values_end_in_their_members,
        config_limits_end_in_their_members, config_rules_are_found_out_unless_they_are_said,
        config_rules_end_in_their_members, config_profile_has_its_files_in_their_order,
        config_refuses_profile_without_files_and_files_without_profile,
        config_flag_wins_over_the_environment_and_an_empty_variable_is_none,
        config_takes_once_from_the_environment,
        config_takes_from_the_environment_that_the_jail_must_be_whole,
        config_refuses_what_it_does_not_know,
        config_refuses_a_pattern_that_is_too_long_for_a_file_name,
        config_takes_a_chart_size_with_or_without_a_density,
        config_help_names_every_option_and_ends_with_0);
}
