#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/processed_log.h"
#include "producer/acknowledgements.h"
#include "tests/unit/support.h"

static char results[4096];
static char log_path[4200];
static char error[PROCESSED_LOG_ERROR_SIZE];
static struct acknowledgements *seen;

static void prepare(void)
{
    (void)snprintf(results, sizeof results, "%s/results", support_temporary_directory());
    (void)snprintf(log_path, sizeof log_path, "%s/processed.log", results);
    seen = acknowledgements_open(results);
    ck_assert_ptr_nonnull(seen);
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
    struct processed_log *log = processed_log_open(fd, PROCESSED_LOG_WRITE, error);
    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq(processed_log_append(log, &record), 0);
    processed_log_close(log);
    (void)close(fd);
}

static void assert_follows(const char *key)
{
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_FOLLOWED);
    ck_assert_ptr_nonnull(processed_log_find(acknowledgements_log(seen), key));
}

START_TEST(acknowledgements_have_no_log_while_there_is_no_results_directory)
{
    prepare();
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_NOT_THERE);
    ck_assert_ptr_null(acknowledgements_log(seen));
}
END_TEST

START_TEST(acknowledgements_are_followed_from_a_directory_and_a_log_that_come_later)
{
    prepare();
    (void)acknowledgements_refresh(seen, error);
    make_results();
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_FOLLOWED);
    ck_assert_ptr_nonnull(acknowledgements_log(seen));
    acknowledge("1");
    assert_follows("1");
    acknowledge("2");
    assert_follows("2");
}
END_TEST

START_TEST(acknowledgements_go_on_when_the_log_is_replaced)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    ck_assert_int_eq(unlink(log_path), 0);
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_FOLLOWED);
    acknowledge("2");
    assert_follows("2");
    ck_assert_ptr_null(processed_log_find(acknowledgements_log(seen), "1"));
}
END_TEST

START_TEST(acknowledgements_go_on_when_the_log_is_written_anew_in_its_place)
{
    prepare();
    make_results();
    acknowledge("1");
    acknowledge("2");
    assert_follows("2");
    ck_assert_int_eq(truncate(log_path, 0), 0);
    acknowledge("3");
    assert_follows("3");
    ck_assert_ptr_null(processed_log_find(acknowledgements_log(seen), "1"));
}
END_TEST

static void move_results_aside(void)
{
    char aside[4200];
    (void)snprintf(aside, sizeof aside, "%s.old", results);
    ck_assert_int_eq(rename(results, aside), 0);
}

START_TEST(acknowledgements_go_on_when_the_whole_directory_is_replaced_at_once)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    move_results_aside();
    make_results();
    acknowledge("2");
    assert_follows("2");
    ck_assert_ptr_null(processed_log_find(acknowledgements_log(seen), "1"));
}
END_TEST

START_TEST(acknowledgements_are_forgotten_while_the_directory_is_gone)
{
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    move_results_aside();
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_NOT_THERE);
    ck_assert_ptr_null(acknowledgements_log(seen));
    make_results();
    acknowledge("2");
    assert_follows("2");
}
END_TEST

START_TEST(acknowledgements_say_what_is_wrong_with_a_damaged_log_and_keep_what_they_knew)
{
    FILE *log;
    prepare();
    make_results();
    acknowledge("1");
    assert_follows("1");
    ck_assert_ptr_nonnull(log = fopen(log_path, "a"));
    (void)fputs("damage\n", log);
    (void)fclose(log);
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_FOLLOWED);
    char *bytes = support_read_file(results, "processed.log", NULL);
    ck_assert_ptr_nonnull(log = fopen(log_path, "a"));
    (void)fwrite(bytes, 1, (size_t)(strchr(bytes, '\n') + 1 - bytes), log);
    (void)fclose(log);
    free(bytes);
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_TROUBLE);
    ck_assert_ptr_nonnull(strstr(error, "line 2"));
    ck_assert_ptr_nonnull(processed_log_find(acknowledgements_log(seen), "1"));
}
END_TEST

START_TEST(acknowledgements_call_a_file_where_the_directory_should_be_trouble)
{
    prepare();
    FILE *file = fopen(results, "w");
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    ck_assert_int_eq(acknowledgements_refresh(seen, error), ACKNOWLEDGEMENTS_TROUBLE);
    ck_assert_ptr_nonnull(strstr(error, "results"));
    ck_assert_ptr_null(acknowledgements_log(seen));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_acknowledgements",
        acknowledgements_have_no_log_while_there_is_no_results_directory,
        acknowledgements_are_followed_from_a_directory_and_a_log_that_come_later,
        acknowledgements_go_on_when_the_log_is_replaced,
        acknowledgements_go_on_when_the_log_is_written_anew_in_its_place,
        acknowledgements_go_on_when_the_whole_directory_is_replaced_at_once,
        acknowledgements_are_forgotten_while_the_directory_is_gone,
        acknowledgements_say_what_is_wrong_with_a_damaged_log_and_keep_what_they_knew,
        acknowledgements_call_a_file_where_the_directory_should_be_trouble);
}
