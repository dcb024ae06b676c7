/*
 * The program itself, in this process or in a child of it: exit codes, signals,
 * restarts. main() is taken in under another name.
 */
int producer_main(int argc, char *argv[]);
#define main producer_main
#include "producer/main.c"
#undef main

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/digest.h"
#include "common/number.h"
#include "common/processed_log.h"
#include "tests/unit/support.h"

#define ARGUMENTS_MAX 16

static const char *directory;

/* Runs the program in a child that prints nowhere; returns its process id. */
static pid_t start(const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX] = {"data-producer"};
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(99);
        _exit(producer_main(argc, argv));
    }
    return child;
}

static int finish(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...) finish(START(__VA_ARGS__))

static void pause_ms(long milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

static void await(const char *name)
{
    for (int i = 0; i < 1000 && !support_exists(directory, name); i++)
        pause_ms(10);
    ck_assert_msg(support_exists(directory, name), "%s did not come", name);
}

static void make_results(char path[4096])
{
    (void)snprintf(path, 4096, "%s/results", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void acknowledge(const char *results, unsigned first, unsigned last)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    char key[32];
    int fd = support_open_directory(results);
    struct processed_log *log = processed_log_open(fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_ptr_nonnull(log);
    for (unsigned number = first; number <= last; number++) {
        struct processed_record record = {.key = key, .file = "data.csv", .sha256 = ""};
        (void)snprintf(key, sizeof key, "%u", number);
        ck_assert_int_eq(processed_log_append(log, &record), 0);
    }
    processed_log_close(log);
    (void)close(fd);
}

START_TEST(producer_ends_with_0_after_its_count_and_goes_on_there_the_next_time)
{
    directory = support_temporary_directory();
    ck_assert_int_eq(RUN("--dir", directory, "--interval", "0", "--count", "3"), 0);
    ck_assert(support_exists(directory, "metadata_3.json"));
    ck_assert(!support_exists(directory, "data_4.csv"));
    ck_assert_int_eq(RUN("--dir", directory, "--interval", "0", "--count", "1"), 0);
    ck_assert(support_exists(directory, "metadata_4.json"));
    ck_assert(!support_exists(directory, "data_5.csv"));
}
END_TEST

START_TEST(producer_ends_with_78_without_a_directory)
{
    directory = support_temporary_directory();
    support_write_file(directory, "file", "", 0);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/missing", directory);
    ck_assert_int_eq(RUN("--dir", path), CONTRACT_EXIT_CONFIG);
    (void)snprintf(path, sizeof path, "%s/file", directory);
    ck_assert_int_eq(RUN("--dir", path), CONTRACT_EXIT_CONFIG);
}
END_TEST

/* /proc takes no new file from anybody, from root neither. */
START_TEST(producer_ends_with_73_where_it_cannot_create_its_lock)
{
    ck_assert_int_eq(RUN("--dir", "/proc", "--count", "1"), CONTRACT_EXIT_CANNOT_CREATE);
}
END_TEST

START_TEST(producer_ends_with_64_after_bad_usage)
{
    ck_assert_int_eq(RUN("--rows", "0"), CONTRACT_EXIT_USAGE);
}
END_TEST

START_TEST(producer_ends_with_69_while_another_holds_the_lock)
{
    directory = support_temporary_directory();
    pid_t first = START("--dir", directory);
    await("metadata_1.json");
    ck_assert_int_eq(RUN("--dir", directory, "--count", "1"), CONTRACT_EXIT_UNAVAILABLE);
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    ck_assert_int_eq(finish(first), 1000 + SIGKILL);
    ck_assert_int_eq(RUN("--dir", directory, "--count", "1"), 0);
}
END_TEST

START_TEST(producer_is_healthy_exactly_while_it_runs)
{
    directory = support_temporary_directory();
    ck_assert_int_eq(RUN("--dir", directory, "--health"), CONTRACT_EXIT_UNAVAILABLE);
    pid_t child = START("--dir", directory);
    await("metadata_1.json");
    ck_assert_int_eq(RUN("--dir", directory, "--health"), 0);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(finish(child), 0);
    ck_assert_int_eq(RUN("--dir", directory, "--health"), CONTRACT_EXIT_UNAVAILABLE);
}
END_TEST

static void end_by(int signal_number, const char *interval, const char *rows)
{
    directory = support_temporary_directory();
    pid_t child =
        START("--dir", directory, "--interval", interval, "--rows", rows, "--min-free", "0");
    await(".producer.lock");
    pause_ms(50);
    int64_t begun_ns = clock_now_ns();
    ck_assert_int_eq(kill(child, signal_number), 0);
    ck_assert_int_eq(finish(child), 0);
    ck_assert_int_lt(clock_now_ns() - begun_ns, NUMBER_NS_PER_SECOND);
    char *const command[] = {"sh", "-c", "ls -A \"$0\" | grep -q '[.]tmp$'",
                             (char *)(uintptr_t)directory, NULL};
    pid_t look = fork();
    if (look == 0)
        _exit(execvp(command[0], command));
    ck_assert_int_eq(finish(look), 1);
}

START_TEST(producer_ends_within_a_second_of_a_signal_while_it_waits_while_it_writes_and_generates)
{
    end_by(SIGTERM, "24h", "20");
    end_by(SIGINT, "0", "20-60");
    end_by(SIGTERM, "0", "10000000");
}
END_TEST

static void assert_whole(unsigned number)
{
    char data_name[64];
    char metadata_name[64];
    char stated[128];
    char hex[DIGEST_HEX_SIZE];
    size_t length;
    (void)snprintf(data_name, sizeof data_name, "data_%u.csv", number);
    (void)snprintf(metadata_name, sizeof metadata_name, "metadata_%u.json", number);
    char *data = support_read_file(directory, data_name, &length);
    char *metadata = support_read_file(directory, metadata_name, NULL);
    struct digest *digest = digest_create();
    digest_update(digest, data, length);
    ck_assert(digest_finish(digest, hex));
    (void)snprintf(stated, sizeof stated, "\"hash\": \"sha256:%s\"", hex);
    ck_assert_msg(strstr(metadata, stated) != NULL, "batch %u", number);
    digest_free(digest);
    free(data);
    free(metadata);
}

START_TEST(producer_killed_again_and_again_leaves_no_gap_and_no_half_batch)
{
    directory = support_temporary_directory();
    for (int i = 0; i < 20; i++) {
        size_t before = support_count_names(directory);
        pid_t child = START("--dir", directory, "--interval", "0", "--rows", "1-500");
        for (int waited = 0; waited < 10000 && support_count_names(directory) <= before; waited++)
            pause_ms(1);
        pause_ms(i * 7 % 37);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(finish(child), 1000 + SIGKILL);
    }
    ck_assert_int_eq(RUN("--dir", directory, "--interval", "0", "--count", "1"), 0);
    size_t batches = (support_count_names(directory) - 1) / 2;
    ck_assert_uint_gt(batches, 1);
    ck_assert_uint_eq(support_count_names(directory), 2 * batches + 1);
    for (unsigned number = 1; number <= batches; number++)
        assert_whole(number);
}
END_TEST

START_TEST(producer_waits_for_the_consumer_and_deletes_what_it_acknowledged)
{
    char results[4096];
    directory = support_temporary_directory();
    make_results(results);
    pid_t child = START("--dir", directory, "--interval", "0", "--max-pending", "5", "--keep", "2");
    await("metadata_5.json");
    pause_ms(300);
    ck_assert(!support_exists(directory, "data_6.csv"));
    acknowledge(results, 1, 4);
    await("metadata_9.json");
    pause_ms(300);
    ck_assert(!support_exists(directory, "data_10.csv"));
    ck_assert(!support_exists(directory, "data_2.csv"));
    ck_assert(support_exists(directory, "metadata_3.json"));
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(finish(child), 0);
}
END_TEST

START_TEST(producer_does_not_wait_without_results_and_passes_over_numbers_that_come_to_light)
{
    char results[4096];
    directory = support_temporary_directory();
    pid_t child = START("--dir", directory, "--interval", "20ms", "--max-pending", "2");
    await("metadata_4.json");
    (void)snprintf(results, sizeof results, "%s/hidden", directory);
    ck_assert_int_eq(mkdir(results, 0755), 0);
    acknowledge(results, 1, 500);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/results", directory);
    ck_assert_int_eq(rename(results, path), 0);
    await("metadata_501.json");
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(finish(child), 0);
}
END_TEST

START_TEST(producer_retries_the_same_number_until_it_can_be_written)
{
    char path[4096];
    directory = support_temporary_directory();
    ck_assert_int_eq(RUN("--dir", directory, "--count", "1"), 0);
    pid_t child = START("--dir", directory, "--interval", "10ms", "--min-free", "0");
    await("metadata_3.json");
    struct rlimit before;
    ck_assert_int_eq(prlimit(child, RLIMIT_NOFILE, NULL, &before), 0);
    struct rlimit none = {1, before.rlim_max};
    ck_assert_int_eq(prlimit(child, RLIMIT_NOFILE, &none, NULL), 0);
    pause_ms(100);
    size_t names = support_count_names(directory);
    pause_ms(300);
    ck_assert_uint_eq(support_count_names(directory), names);
    ck_assert_int_eq(prlimit(child, RLIMIT_NOFILE, &before, NULL), 0);
    (void)snprintf(path, sizeof path, "metadata_%zu.json", (names - 1) / 2 + 2);
    await(path);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(finish(child), 0);
    for (unsigned number = 1; number <= (names - 1) / 2 + 2; number++)
        assert_whole(number);
}
END_TEST

START_TEST(producer_ends_with_74_when_its_directory_is_gone)
{
    char command[4200];
    directory = support_temporary_directory();
    pid_t child = START("--dir", directory, "--interval", "200ms");
    await("metadata_1.json");
    (void)snprintf(command, sizeof command, "rm -r '%s'", directory);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(finish(child), CONTRACT_EXIT_IO);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_main", producer_ends_with_0_after_its_count_and_goes_on_there_the_next_time,
        producer_ends_with_78_without_a_directory,
        producer_ends_with_73_where_it_cannot_create_its_lock,
        producer_ends_with_64_after_bad_usage, producer_ends_with_69_while_another_holds_the_lock,
        producer_is_healthy_exactly_while_it_runs,
        producer_ends_within_a_second_of_a_signal_while_it_waits_while_it_writes_and_generates,
        producer_killed_again_and_again_leaves_no_gap_and_no_half_batch,
        producer_waits_for_the_consumer_and_deletes_what_it_acknowledged,
        producer_does_not_wait_without_results_and_passes_over_numbers_that_come_to_light,
        producer_retries_the_same_number_until_it_can_be_written,
        producer_ends_with_74_when_its_directory_is_gone);
}
