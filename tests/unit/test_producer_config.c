#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/log.h"
#include "producer/config.h"
#include "tests/unit/support.h"

static struct config config;

static int load(int argc, char **argv)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    return config_load(argc, argv, &config);
}

#define LOAD(...)                                                      \
    load((int)(sizeof((char *[]){"x", __VA_ARGS__}) / sizeof(char *)), \
         (char *[]){"x", __VA_ARGS__, NULL})

static int load_nothing(void)
{
    char *argv[] = {"x", NULL};
    return load(1, argv);
}

START_TEST(config_without_options_is_what_the_help_says)
{
    ck_assert_int_eq(load_nothing(), -1);
    ck_assert_str_eq(config.dir, CONTRACT_SHARED_DIR);
    ck_assert_uint_eq(config.results.count, 1);
    ck_assert_str_eq(config.results.items[0], CONTRACT_SHARED_DIR "/results");
    ck_assert_int_eq(config.interval.mean_ns, INT64_C(5000000000));
    ck_assert_uint_eq(config.interval.percent, 0);
    ck_assert_uint_eq(config.rate.count, 0);
    ck_assert_uint_eq(config.burst, 1);
    ck_assert_int_eq(config.duration_ns, CONFIG_FOR_EVER);
    ck_assert_uint_eq(config.count, CONFIG_WITHOUT_END);
    ck_assert_uint_eq(config.rows.low, 20);
    ck_assert_uint_eq(config.rows.high, 60);
    ck_assert_uint_eq(config.keep_batches, 1000);
    ck_assert_uint_eq(config.max_pending_batches, 1000);
    ck_assert_uint_eq(config.min_free_bytes, UINT64_C(64) << 20);
    ck_assert_ptr_null(config.schema);
    ck_assert_ptr_null(config.start_time);
    ck_assert(!config.health);
    ck_assert_int_eq(config.log_format, LOG_FORMAT_TEXT);
    ck_assert_int_eq(config.log_level, LOG_LEVEL_INFO);
}
END_TEST

START_TEST(config_publishes_more_rows_a_batch_from_a_stream_unless_it_is_told_how_many)
{
    ck_assert_int_eq(load_nothing(), -1);
    ck_assert_ptr_null(config.from);
    ck_assert_int_eq(LOAD("--from", "-"), -1);
    ck_assert_str_eq(config.from, "-");
    ck_assert_uint_eq(config.rows.low, 10000);
    ck_assert_uint_eq(config.rows.high, 10000);
    ck_assert_int_eq(LOAD("--from", "orders.csv", "--rows", "5-7"), -1);
    ck_assert_uint_eq(config.rows.low, 5);
    ck_assert_uint_eq(config.rows.high, 7);
}
END_TEST

START_TEST(config_draws_a_seed_that_differs_from_run_to_run)
{
    ck_assert_int_eq(load_nothing(), -1);
    uint64_t seed = config.seed;
    ck_assert_int_eq(load_nothing(), -1);
    ck_assert_uint_ne(config.seed, seed);
}
END_TEST

START_TEST(config_takes_the_results_from_the_directory_unless_they_are_named)
{
    ck_assert_int_eq(LOAD("--dir", "/a/b"), -1);
    ck_assert_str_eq(config.results.items[0], "/a/b/results");
    ck_assert_int_eq(LOAD("--dir", "/a/b", "--results=/c"), -1);
    ck_assert_str_eq(config.results.items[0], "/c");
}
END_TEST

START_TEST(config_takes_the_results_of_several_readers_by_flags_or_by_colons)
{
    ck_assert_int_eq(LOAD("--results", "/a", "--results=/b"), -1);
    ck_assert_uint_eq(config.results.count, 2);
    ck_assert_str_eq(config.results.items[1], "/b");
    ck_assert_int_eq(setenv("RESULTS_DIR", "/c:/d:/e", 1), 0);
    ck_assert_int_eq(load_nothing(), -1);
    ck_assert_uint_eq(config.results.count, 3);
    ck_assert_int_eq(LOAD("--results", "/a:b"), -1);
    ck_assert_uint_eq(config.results.count, 1);
    ck_assert_str_eq(config.results.items[0], "/a:b");
    ck_assert_int_eq(LOAD("--results", "/a", "--results", "/a"), CONTRACT_EXIT_USAGE);
}
END_TEST

START_TEST(config_has_the_manifest_of_faults_in_the_directory_unless_it_is_named)
{
    ck_assert_int_eq(LOAD("--dir", "/a/b"), -1);
    ck_assert_str_eq(config.fault_manifest, "/a/b/_faults.jsonl");
    ck_assert(!faults_are_on(&config.faults));
    ck_assert_int_eq(LOAD("--fault-manifest", "/c", "--faults", "torn=0.5"), -1);
    ck_assert_str_eq(config.fault_manifest, "/c");
    ck_assert_uint_eq(config.faults.rates[FAULT_TORN], FAULTS_RATE_ONE / 2);
}
END_TEST

static void ask_for_faults(void *context)
{
    *(int *)context = LOAD("--faults", "help");
}

START_TEST(config_lists_the_faults_and_ends_well)
{
    int code = -1;
    char *list = support_capture_stdout(ask_for_faults, &code, NULL);
    ck_assert_int_eq(code, CONTRACT_EXIT_DONE);
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
        ck_assert_ptr_nonnull(strstr(list, faults_word(fault)));
    free(list);
}
END_TEST

START_TEST(config_refuses_a_directory_whose_path_is_too_long)
{
    static char path[PATH_MAX + 1];
    memset(path, 'a', PATH_MAX);
    ck_assert_int_eq(LOAD("--dir", path), CONTRACT_EXIT_USAGE);
}
END_TEST

/* Each option at both ends of its range, and one step beyond. */
static const struct {
    const char *flag;
    const char *environment;
    const char *good[4];
    const char *bad[6];
} BOUNDS[] = {
    {"--interval", "PRODUCER_INTERVAL", {"0", "1ns", "24h"}, {"-1s", "24.001h", "5", "s", "5 s"}},
    {"--interval",
     "PRODUCER_INTERVAL",
     {"1ns+-0%", "24h\xc2\xb1"
                 "100%"},
     {"1s+-101%", "25h+-1%", "1s+-", "+-5%", "0+-5%"}},
    {"--rate", "PRODUCER_RATE", {"1/s", "1000000000/h"}, {"0/s", "1000000001/s", "5", "5/d"}},
    {"--burst", "PRODUCER_BURST", {"1", "10000"}, {"0", "10001", "-1"}},
    {"--duration", "PRODUCER_DURATION", {"1ms", "8760h"}, {"999us", "8761h", "0", "10"}},
    {"--count", "PRODUCER_COUNT", {"1", "9007199254740991"}, {"0", "9007199254740992", "-1", "x"}},
    {"--rows",
     "PRODUCER_ROWS",
     {"1", "10000000", "1-10000000"},
     {"0", "10000001", "1-10000001", "0-5", "60-20", "20-"}},
    {"--seed",
     "PRODUCER_SEED",
     {"0", "18446744073709551615"},
     {"18446744073709551616", "-1", "1.5"}},
    {"--schema",
     "PRODUCER_SCHEMA",
     {"a:normal(0,0)", "a:normal(0,1e15)", "/nowhere/schema.json", "name.json"},
     {"a:normal(0,-1)", "a:normal(0,1e16)", "name", "a:normal,a:normal"}},
    {"--start-time",
     "PRODUCER_START_TIME",
     {"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00.000+01:00"},
     {"1969-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00.5Z"}},
    {"--keep", "PRODUCER_KEEP", {"0", "1000000000"}, {"1000000001", "-1", "1k"}},
    {"--max-pending", "PRODUCER_MAX_PENDING", {"0", "1000000000"}, {"1000000001", "-1"}},
    {"--min-free", "PRODUCER_MIN_FREE", {"0", "16777215TiB"}, {"16777216TiB", "-1", "1.5MiB"}},
    {"--faults",
     "PRODUCER_FAULTS",
     {"torn=0", "torn=1", "all=0.04,gap=0.000000001"},
     {"torn=1.000000001", "torn=-0.1", "torn=0.5,nul=0.6", "bogus=0", "torn", "gap=1"}},
    {"--log-format", "LOG_FORMAT", {"text", "json"}, {"xml", "JSON"}},
    {"--log-level", "LOG_LEVEL", {"error", "debug"}, {"trace", "INFO"}},
};
#define BOUND_COUNT (sizeof BOUNDS / sizeof *BOUNDS)

START_TEST(config_takes_each_flag_within_its_bounds_and_refuses_it_beyond)
{
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        for (size_t j = 0; j < 4 && BOUNDS[i].good[j] != NULL; j++)
            ck_assert_msg(LOAD((char *)BOUNDS[i].flag, (char *)BOUNDS[i].good[j]) == -1, "%s %s",
                          BOUNDS[i].flag, BOUNDS[i].good[j]);
        for (size_t j = 0; j < 6 && BOUNDS[i].bad[j] != NULL; j++)
            ck_assert_msg(LOAD((char *)BOUNDS[i].flag, (char *)BOUNDS[i].bad[j]) ==
                              CONTRACT_EXIT_USAGE,
                          "%s %s", BOUNDS[i].flag, BOUNDS[i].bad[j]);
    }
}
END_TEST

/* Each by itself is right. */
START_TEST(config_refuses_options_that_exclude_each_other_and_names_them)
{
    static const struct {
        char *arguments[4];
        const char *names[2];
    } CASES[] = {{{"--health", "--datapackage", "--seed", "1"}, {"--health", "--datapackage"}},
                 {{"--interval", "1s", "--rate", "1/s"}, {"--interval", "--rate"}},
                 {{"--interval", "0", "--burst", "2"}, {"--interval 0", "--burst"}},
                 {{"--interval", "0+-5%", "--burst", "1"}, {"--interval 0", "jitter"}}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char line[512];
        FILE *kept = tmpfile();
        ck_assert_ptr_nonnull(kept);
        ck_assert_int_ge(dup2(fileno(kept), STDERR_FILENO), 0);
        char *const *arguments = CASES[i].arguments;
        char *argv[] = {"x", arguments[0], arguments[1], arguments[2], arguments[3], NULL};
        ck_assert_int_eq(config_load(5, argv, &config), CONTRACT_EXIT_USAGE);
        rewind(kept);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, kept));
        for (size_t j = 0; j < 2; j++)
            ck_assert_msg(strstr(line, CASES[i].names[j]) != NULL, "%s", line);
        (void)fclose(kept);
    }
}
END_TEST

START_TEST(config_takes_bursts_with_an_interval_or_a_rate)
{
    ck_assert_int_eq(LOAD("--interval", "1s+-5%", "--burst", "7"), -1);
    ck_assert_int_eq(config.interval.mean_ns, INT64_C(1000000000));
    ck_assert_int_eq(LOAD("--rate", "90/m", "--burst", "7"), -1);
    ck_assert_int_eq(config.interval.mean_ns, 0);
    ck_assert_uint_eq(config.rate.count, 90);
}
END_TEST

START_TEST(config_calls_a_bad_variable_bad_configuration)
{
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        ck_assert_int_eq(setenv(BOUNDS[i].environment, BOUNDS[i].good[0], 1), 0);
        ck_assert_int_eq(load_nothing(), -1);
        ck_assert_int_eq(setenv(BOUNDS[i].environment, BOUNDS[i].bad[0], 1), 0);
        ck_assert_int_eq(load_nothing(), CONTRACT_EXIT_CONFIG);
        ck_assert_int_eq(unsetenv(BOUNDS[i].environment), 0);
    }
}
END_TEST

START_TEST(config_has_a_bounds_test_for_every_option_with_a_value)
{
    for (size_t i = 0; i < CONFIG_OPTIONS.row_count; i++) {
        const struct option_row *row = &CONFIG_OPTIONS.rows[i];
        bool tested =
            row->type == OPTION_TEXT || row->type == OPTION_FLAG || row->type == OPTION_LIST;
        for (size_t j = 0; j < BOUND_COUNT; j++)
            tested |= strcmp(BOUNDS[j].flag, row->flag) == 0 &&
                      strcmp(BOUNDS[j].environment, row->environment) == 0;
        ck_assert_msg(tested, "%s", row->flag);
    }
}
END_TEST

START_TEST(config_lets_a_flag_win_over_the_environment)
{
    ck_assert_int_eq(setenv("SHARED_DIR", "/from-environment", 1), 0);
    ck_assert_int_eq(setenv("RESULTS_DIR", "/results-there", 1), 0);
    ck_assert_int_eq(load_nothing(), -1);
    ck_assert_str_eq(config.dir, "/from-environment");
    ck_assert_str_eq(config.results.items[0], "/results-there");
    ck_assert_int_eq(LOAD("--dir", "/from-flag"), -1);
    ck_assert_str_eq(config.dir, "/from-flag");
}
END_TEST

START_TEST(config_refuses_what_it_does_not_know)
{
    ck_assert_int_eq(LOAD("--bogus"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--dir"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--dir", ""), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--from", ""), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("--health=1"), CONTRACT_EXIT_USAGE);
    ck_assert_int_eq(LOAD("stray"), CONTRACT_EXIT_USAGE);
}
END_TEST

static void ask_for_help(void *context)
{
    *(int *)context = LOAD("--help");
}

START_TEST(config_help_names_every_option_and_ends_well)
{
    int code = -1;
    char *help = support_capture_stdout(ask_for_help, &code, NULL);
    ck_assert_int_eq(code, CONTRACT_EXIT_DONE);
    for (size_t i = 0; i < CONFIG_OPTIONS.row_count; i++)
        ck_assert_ptr_nonnull(strstr(help, CONFIG_OPTIONS.rows[i].flag));
    free(help);
}
END_TEST

static void ask_for_schemas(void *context)
{
    *(int *)context = LOAD("--schema", "help");
}

START_TEST(config_prints_what_a_schema_can_be_and_ends_well)
{
    int code = -1;
    char *help = support_capture_stdout(ask_for_schemas, &code, NULL);
    ck_assert_int_eq(code, CONTRACT_EXIT_DONE);
    ck_assert_ptr_nonnull(strstr(help, "lognormal(mean=0, sd=1)"));
    free(help);
}
END_TEST

START_TEST(config_prints_a_usage_error_on_standard_error_as_one_line_that_names_the_option)
{
    char line[512];
    FILE *kept = tmpfile();
    ck_assert_ptr_nonnull(kept);
    ck_assert_int_ge(dup2(fileno(kept), STDERR_FILENO), 0);
    char *argv[] = {"x", "--rows", "0", NULL};
    ck_assert_int_eq(config_load(3, argv, &config), CONTRACT_EXIT_USAGE);
    rewind(kept);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, kept));
    ck_assert_ptr_nonnull(strstr(line, "--rows"));
    ck_assert_ptr_nonnull(strstr(line, "from 1 to 10000000"));
    ck_assert_ptr_null(fgets(line, sizeof line, kept));
    (void)fclose(kept);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_config", config_without_options_is_what_the_help_says,
        config_publishes_more_rows_a_batch_from_a_stream_unless_it_is_told_how_many,
        config_draws_a_seed_that_differs_from_run_to_run,
        config_takes_the_results_from_the_directory_unless_they_are_named,
        config_takes_the_results_of_several_readers_by_flags_or_by_colons,
        config_has_the_manifest_of_faults_in_the_directory_unless_it_is_named,
        config_lists_the_faults_and_ends_well, config_refuses_a_directory_whose_path_is_too_long,
        config_takes_each_flag_within_its_bounds_and_refuses_it_beyond,
        config_refuses_options_that_exclude_each_other_and_names_them,
        config_takes_bursts_with_an_interval_or_a_rate,
        config_calls_a_bad_variable_bad_configuration,
        config_has_a_bounds_test_for_every_option_with_a_value,
        config_lets_a_flag_win_over_the_environment, config_refuses_what_it_does_not_know,
        config_help_names_every_option_and_ends_well,
        config_prints_what_a_schema_can_be_and_ends_well,
        config_prints_a_usage_error_on_standard_error_as_one_line_that_names_the_option);
}
