#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/processed_log.h"
#include "producer/reader.h"
#include "tests/unit/support.h"

static char results[4096];
static char log_path[4200];
static char error[PROCESSED_LOG_ERROR_SIZE];
static struct reader *reader;

static void prepare(void)
{
    (void)snprintf(results, sizeof results, "%s/results", support_temporary_directory());
    (void)snprintf(log_path, sizeof log_path, "%s/processed.log", results);
    reader = reader_open(results);
    ck_assert_ptr_nonnull(reader);
}

static void make_results(void)
{
    ck_assert_int_eq(mkdir(results, 0755), 0);
}

/* What the consumer does for a batch. */
static void acknowledge(const char *key)
{
    struct processed_record record = {.key = key, .file = "data.csv", .sha256 = ""};
    int fd = support_open_directory(results);
    struct processed_log *log = processed_log_open(fd, SHARD_WHOLE, PROCESSED_LOG_WRITE, error);
    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq(processed_log_append(log, &record), 0);
    processed_log_close(log);
    (void)close(fd);
}

static void assert_follows(const char *key)
{
    ck_assert_int_eq(reader_refresh(reader, error), READER_FOLLOWED);
    ck_assert_ptr_nonnull(processed_logs_find(reader_logs(reader), key));
}

START_TEST(reader_has_no_log_while_there_is_no_results_directory)
{
    prepare();
    ck_assert_int_eq(reader_refresh(reader, error), READER_NOT_THERE);
    ck_assert_ptr_null(reader_logs(reader));
}
END_TEST

START_TEST(reader_is_followed_from_a_directory_and_a_log_that_come_later)
{
    prepare();
    (void)reader_refresh(reader, error);
    make_results();
    ck_assert_int_eq(reader_refresh(reader, error), READER_FOLLOWED);
    ck_assert_ptr_nonnull(reader_logs(reader));
    acknowledge("1");
    assert_follows("1");
    acknowledge("2");
    assert_follows("2");
}
END_TEST

START_TEST(reader_goes_on_when_the_log_is_replaced)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    ck_assert_int_eq(unlink(log_path), 0);
    ck_assert_int_eq(reader_refresh(reader, error), READER_FOLLOWED);
    acknowledge("2");
    assert_follows("2");
    ck_assert_ptr_null(processed_logs_find(reader_logs(reader), "1"));
}
END_TEST

START_TEST(reader_is_of_another_generation_whenever_its_log_is_another_and_only_then)
{
    prepare();
    (void)reader_refresh(reader, error);
    ck_assert_uint_eq(reader_generation(reader), 0);
    make_results();
    acknowledge("1");
    assert_follows("1");
    uint64_t first = reader_generation(reader);
    acknowledge("2");
    assert_follows("2");
    ck_assert_uint_eq(reader_generation(reader), first);
    ck_assert_int_eq(truncate(log_path, 0), 0);
    acknowledge("3");
    assert_follows("3");
    uint64_t second = reader_generation(reader);
    ck_assert_uint_gt(second, first);
    ck_assert_int_eq(unlink(log_path), 0);
    (void)reader_refresh(reader, error);
    ck_assert_uint_gt(reader_generation(reader), second);
}
END_TEST

START_TEST(reader_goes_on_when_the_log_is_written_anew_in_its_place)
{
    prepare();
    make_results();
    acknowledge("1");
    acknowledge("2");
    assert_follows("2");
    ck_assert_int_eq(truncate(log_path, 0), 0);
    acknowledge("3");
    assert_follows("3");
    ck_assert_ptr_null(processed_logs_find(reader_logs(reader), "1"));
}
END_TEST

static void move_results_aside(void)
{
    char aside[4200];
    (void)snprintf(aside, sizeof aside, "%s.old", results);
    ck_assert_int_eq(rename(results, aside), 0);
}

START_TEST(reader_goes_on_when_the_whole_directory_is_replaced_at_once)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    move_results_aside();
    make_results();
    acknowledge("2");
    assert_follows("2");
    ck_assert_ptr_null(processed_logs_find(reader_logs(reader), "1"));
}
END_TEST

START_TEST(reader_is_forgotten_while_the_directory_is_gone)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    move_results_aside();
    ck_assert_int_eq(reader_refresh(reader, error), READER_NOT_THERE);
    ck_assert_ptr_null(reader_logs(reader));
    make_results();
    acknowledge("2");
    assert_follows("2");
}
END_TEST

START_TEST(reader_says_what_is_wrong_with_a_damaged_log_and_keeps_what_it_knew)
{
    FILE *log;
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    ck_assert_ptr_nonnull(log = fopen(log_path, "a"));
    (void)fputs("damage\n", log);
    (void)fclose(log);
    ck_assert_int_eq(reader_refresh(reader, error), READER_FOLLOWED);
    char *bytes = support_read_file(results, "processed.log", NULL);
    ck_assert_ptr_nonnull(log = fopen(log_path, "a"));
    (void)fwrite(bytes, 1, (size_t)(strchr(bytes, '\n') + 1 - bytes), log);
    (void)fclose(log);
    free(bytes);
    ck_assert_int_eq(reader_refresh(reader, error), READER_TROUBLE);
    ck_assert_ptr_nonnull(strstr(error, "line 2"));
    ck_assert_ptr_nonnull(processed_logs_find(reader_logs(reader), "1"));
}
END_TEST

START_TEST(reader_calls_a_file_where_the_directory_should_be_trouble)
{
    prepare();
    FILE *file = fopen(results, "w");
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    ck_assert_int_eq(reader_refresh(reader, error), READER_TROUBLE);
    ck_assert_ptr_nonnull(strstr(error, "results"));
    ck_assert_ptr_null(reader_logs(reader));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_reader", reader_has_no_log_while_there_is_no_results_directory,
                       reader_is_followed_from_a_directory_and_a_log_that_come_later,
                       reader_goes_on_when_the_log_is_replaced,
                       reader_is_of_another_generation_whenever_its_log_is_another_and_only_then,
                       reader_goes_on_when_the_log_is_written_anew_in_its_place,
                       reader_goes_on_when_the_whole_directory_is_replaced_at_once,
                       reader_is_forgotten_while_the_directory_is_gone,
                       reader_says_what_is_wrong_with_a_damaged_log_and_keeps_what_it_knew,
                       reader_calls_a_file_where_the_directory_should_be_trouble);
}
