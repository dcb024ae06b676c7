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
    ck_assert_str_eq(config.dir, "/shared-data");
    ck_assert_str_eq(config.results, "/shared-data/results");
    ck_assert_int_eq(config.interval_ns, INT64_C(5000000000));
    ck_assert_uint_eq(config.count, CONFIG_WITHOUT_END);
    ck_assert_uint_eq(config.rows.low, 20);
    ck_assert_uint_eq(config.rows.high, 60);
    ck_assert_uint_eq(config.keep_batches, 1000);
    ck_assert_uint_eq(config.max_pending_batches, 1000);
    ck_assert_uint_eq(config.min_free_bytes, UINT64_C(64) << 20);
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
    ck_assert_str_eq(config.results, "/a/b/results");
    ck_assert_int_eq(LOAD("--dir", "/a/b", "--results=/c"), -1);
    ck_assert_str_eq(config.results, "/c");
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
    {"--count", "PRODUCER_COUNT", {"1", "9007199254740991"}, {"0", "9007199254740992", "-1", "x"}},
    {"--rows",
     "PRODUCER_ROWS",
     {"1", "10000000", "1-10000000"},
     {"0", "10000001", "1-10000001", "0-5", "60-20", "20-"}},
    {"--seed",
     "PRODUCER_SEED",
     {"0", "18446744073709551615"},
     {"18446744073709551616", "-1", "1.5"}},
    {"--keep", "PRODUCER_KEEP", {"0", "1000000000"}, {"1000000001", "-1", "1k"}},
    {"--max-pending", "PRODUCER_MAX_PENDING", {"0", "1000000000"}, {"1000000001", "-1"}},
    {"--min-free", "PRODUCER_MIN_FREE", {"0", "16777215TiB"}, {"16777216TiB", "-1", "1.5MiB"}},
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
        bool tested = row->type == OPTION_TEXT || row->type == OPTION_FLAG;
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
    ck_assert_str_eq(config.results, "/results-there");
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
        config_refuses_a_directory_whose_path_is_too_long,
        config_takes_each_flag_within_its_bounds_and_refuses_it_beyond,
        config_calls_a_bad_variable_bad_configuration,
        config_has_a_bounds_test_for_every_option_with_a_value,
        config_lets_a_flag_win_over_the_environment, config_refuses_what_it_does_not_know,
        config_help_names_every_option_and_ends_well,
        config_prints_a_usage_error_on_standard_error_as_one_line_that_names_the_option);
}
