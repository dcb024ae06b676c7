#include "producer/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/unit/support.h"

static char paths[2][4096];
static struct option_list results;
static struct readers *readers;

/* Two readers, neither of which has made its directory yet. */
static void prepare(void)
{
    const char *directory = support_temporary_directory();
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/results-%zu", directory, i + 1);
        results.items[results.count++] = paths[i];
    }
    readers = readers_open(&results);
    ck_assert_ptr_nonnull(readers);
}

static void follow(void *context)
{
    (void)context;
    log_open("data-test", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    (void)readers_follow(readers);
}

static void assert_says(size_t lines, const char *words)
{
    size_t count = 0;
    char *said = support_capture_stdout(follow, NULL, NULL);
    for (const char *at = said; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    ck_assert_msg(count == lines && strstr(said, words) != NULL, "%s", said);
    free(said);
}

static void decide(const char *path, const char *key)
{
    char error[PROCESSED_LOG_ERROR_SIZE];
    struct processed_record record = {.key = key, .file = "data.csv", .sha256 = ""};
    int fd = support_open_directory(path);
    struct processed_log *log = processed_log_open(fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq(processed_log_append(log, &record), 0);
    processed_log_close(log);
    (void)close(fd);
}

START_TEST(readers_that_cannot_be_seen_are_named_once_each)
{
    prepare();
    assert_says(2, "no results directory");
    assert_says(0, "");
    ck_assert_int_eq(mkdir(paths[1], 0755), 0);
    assert_says(1, "results-2 has appeared");
    ck_assert(!readers_seen(readers)->all_seen);
    ck_assert_uint_eq(readers_seen(readers)->count, 1);
    ck_assert_str_eq(readers_seen(readers)->paths[0], paths[1]);
    ck_assert_int_eq(mkdir(paths[0], 0755), 0);
    assert_says(1, "results-1 has appeared");
    ck_assert(readers_seen(readers)->all_seen);
    ck_assert_ptr_null(readers_trouble(readers));
}
END_TEST

START_TEST(readers_acknowledge_what_all_of_them_have_decided)
{
    log_open("data-test", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    prepare();
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(mkdir(paths[i], 0755), 0);
    decide(paths[0], "1");
    decide(paths[0], "2");
    decide(paths[1], "2");
    const struct acknowledgements *seen = readers_follow(readers);
    ck_assert(!acknowledgements_have(seen, 1) && acknowledgements_have(seen, 2));
    decide(paths[1], "1");
    ck_assert(acknowledgements_have(readers_follow(readers), 1));
}
END_TEST

START_TEST(readers_begin_another_epoch_when_one_of_them_comes_goes_or_is_replaced)
{
    char moved[4200];
    log_open("data-test", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    prepare();
    uint64_t epoch = readers_follow(readers)->epoch;
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(mkdir(paths[i], 0755), 0);
        decide(paths[i], "1");
        ck_assert_uint_gt(readers_follow(readers)->epoch, epoch);
        epoch = readers_seen(readers)->epoch;
    }
    decide(paths[1], "2");
    ck_assert_uint_eq(readers_follow(readers)->epoch, epoch);
    (void)snprintf(moved, sizeof moved, "%s.moved", paths[1]);
    ck_assert_int_eq(rename(paths[1], moved), 0);
    ck_assert_uint_gt(readers_follow(readers)->epoch, epoch);
    epoch = readers_seen(readers)->epoch;
    ck_assert_int_eq(mkdir(paths[1], 0755), 0);
    ck_assert_uint_gt(readers_follow(readers)->epoch, epoch);
}
END_TEST

START_TEST(readers_name_the_log_that_cannot_be_read_until_it_can_again)
{
    prepare();
    ck_assert_int_eq(mkdir(paths[0], 0755), 0);
    ck_assert_int_eq(mkdir(paths[1], 0755), 0);
    support_write_file(paths[1], "processed.log", "damage\nbehind damage\n{}\n", 25);
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/processed.log", paths[1]);
    decide(paths[0], "1");
    char *line = support_read_file(paths[0], "processed.log", NULL);
    FILE *log = fopen(path, "a");
    ck_assert_ptr_nonnull(log);
    (void)fputs(line, log);
    (void)fclose(log);
    free(line);
    assert_says(1, "results-2: ");
    ck_assert_ptr_nonnull(strstr(readers_trouble(readers), paths[1]));
    ck_assert(!readers_seen(readers)->all_seen);
    ck_assert_int_eq(unlink(path), 0);
    assert_says(1, "results-2 can be read again");
    ck_assert_ptr_null(readers_trouble(readers));
}
END_TEST

/* Else the producer would wait for ever for what nobody can read any more. */
START_TEST(readers_are_in_no_trouble_over_a_log_that_is_gone)
{
    char path[4200];
    prepare();
    ck_assert_int_eq(mkdir(paths[0], 0755), 0);
    (void)snprintf(path, sizeof path, "%s/processed.log", paths[0]);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    assert_says(2, "results-1: ");
    ck_assert_ptr_nonnull(readers_trouble(readers));
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(rmdir(paths[0]), 0);
    assert_says(1, "no results directory");
    ck_assert_ptr_null(readers_trouble(readers));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_readers", readers_that_cannot_be_seen_are_named_once_each,
                       readers_acknowledge_what_all_of_them_have_decided,
                       readers_begin_another_epoch_when_one_of_them_comes_goes_or_is_replaced,
                       readers_name_the_log_that_cannot_be_read_until_it_can_again,
                       readers_are_in_no_trouble_over_a_log_that_is_gone);
}
