#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producer/publish.h"
#include "producer/recovery.h"
#include "producer/retired.h"
#include "tests/unit/written_log.h"

#define CSV "label,value\na,1\nb,2\n"

static const struct metadata_field FIELDS[] = {{"label", "string"}, {"value", "number"}};

static const char *directory;
static struct publisher publisher;
static struct recovery recovery;
static char error[PUBLISH_ERROR_SIZE];

static void put(const char *name)
{
    support_write_file(directory, name, CSV, strlen(CSV));
}

static void put_batch(unsigned number)
{
    char name[64];
    (void)snprintf(name, sizeof name, "data_%u.csv", number);
    put(name);
    (void)snprintf(name, sizeof name, "metadata_%u.json", number);
    put(name);
}

static void prepare(void)
{
    directory = support_temporary_directory();
    ck_assert_int_eq(publish_open(&publisher, support_open_directory(directory), FIELDS, 2, error),
                     0);
}

/* What one reader has acknowledged; NULL when it cannot be seen. */
static struct acknowledgements seen_of(const struct processed_logs *log)
{
    return (struct acknowledgements){
        .logs = {log}, .paths = {"results"}, .count = log != NULL, .all_seen = log != NULL};
}

static void recover(const struct processed_logs *log)
{
    struct acknowledgements seen = seen_of(log);
    ck_assert_int_eq(recovery_run(&recovery, &publisher, &seen, error), 0);
}

/* A log that acknowledges these keys. */
static const struct processed_logs *log_of(const char *const *keys)
{
    static struct written_log logs[8]; /* as long as the process lives */
    static size_t log_count;
    ck_assert_uint_lt(log_count, sizeof logs / sizeof *logs);
    const struct written_log *log = &logs[log_count++];
    logs[log_count - 1] = written_log_new();
    for (; *keys != NULL; keys++) {
        struct processed_record record = {.key = *keys, .file = "data.csv", .sha256 = ""};
        ck_assert_int_eq(processed_log_append(log->own, &record), 0);
    }
    return log->all;
}

#define LOG_OF(...) log_of((const char *const[]){__VA_ARGS__, NULL})

START_TEST(producer_begins_at_one_in_an_empty_directory)
{
    prepare();
    recover(NULL);
    ck_assert_uint_eq(publisher.next, 1);
    ck_assert_uint_eq(recovery.count, 0);
}
END_TEST

START_TEST(producer_goes_on_at_the_right_number_after_a_restart)
{
    prepare();
    put_batch(9);
    put_batch(10);
    put_batch(2);
    recover(NULL);
    ck_assert_uint_eq(publisher.next, 11);
    ck_assert_uint_eq(recovery.count, 3);
    ck_assert_uint_eq(recovery.numbers[0], 2);
    ck_assert_uint_eq(recovery.numbers[1], 9);
    ck_assert_uint_eq(recovery.numbers[2], 10);
}
END_TEST

START_TEST(producer_never_uses_a_number_again_that_the_log_has_although_its_files_are_gone)
{
    prepare();
    put_batch(3);
    recover(LOG_OF("3", "41", "orders"));
    ck_assert_uint_eq(publisher.next, 42);
}
END_TEST

START_TEST(producer_never_uses_a_number_again_whose_files_and_logs_are_gone)
{
    prepare();
    ck_assert_int_eq(retired_raise(publisher.directory_fd, 42), 0);
    recover(NULL);
    ck_assert_uint_eq(publisher.next, 42);
    put_batch(50);
    recover(LOG_OF("3"));
    ck_assert_uint_eq(publisher.next, 51);
}
END_TEST

START_TEST(producer_starts_nowhere_while_it_cannot_read_which_numbers_were_used)
{
    struct acknowledgements seen = seen_of(NULL);
    prepare();
    put(".producer.retired");
    ck_assert_int_eq(recovery_run(&recovery, &publisher, &seen, error), -1);
    ck_assert_ptr_nonnull(strstr(error, "cannot read .producer.retired"));
}
END_TEST

START_TEST(producer_removes_the_temporaries_of_a_crash_and_uses_their_number)
{
    prepare();
    put_batch(1);
    put(".data_2.csv.tmp");
    put(".metadata_2.json.tmp");
    recover(NULL);
    ck_assert_uint_eq(publisher.next, 2);
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

START_TEST(producer_completes_a_batch_that_a_crash_left_between_the_two_renames)
{
    prepare();
    put_batch(1);
    put("data_2.csv");
    put(".metadata_2.json.tmp");
    recover(LOG_OF("1"));
    ck_assert_uint_eq(recovery.completed, 1);
    ck_assert_uint_eq(publisher.next, 3);
    ck_assert_uint_eq(recovery.count, 2);
    ck_assert(support_exists(directory, "metadata_2.json"));
    ck_assert(!support_exists(directory, ".metadata_2.json.tmp"));
}
END_TEST

START_TEST(producer_leaves_acknowledged_data_without_metadata_to_retention)
{
    prepare();
    put("data_5.csv");
    recover(LOG_OF("5"));
    ck_assert_uint_eq(recovery.completed, 0);
    ck_assert_uint_eq(recovery.count, 1);
    ck_assert_uint_eq(recovery.numbers[0], 5);
    ck_assert(!support_exists(directory, "metadata_5.json"));
    ck_assert(support_exists(directory, "data_5.csv"));
}
END_TEST

START_TEST(producer_removes_metadata_whose_data_is_gone_and_uses_the_number_again)
{
    prepare();
    put_batch(1);
    put("metadata_2.json");
    recover(NULL);
    ck_assert_uint_eq(recovery.removed, 1);
    ck_assert_uint_eq(publisher.next, 2);
    ck_assert(!support_exists(directory, "metadata_2.json"));
}
END_TEST

START_TEST(producer_passes_over_names_that_are_no_batch)
{
    static const char *const NAMES[] = {"data_08.csv",
                                        "data_-1.csv",
                                        "data_x.csv",
                                        "data_.csv",
                                        "data_7.csv.tmp",
                                        "_data_7.csv",
                                        "results",
                                        "metadata_7.json~",
                                        "data_0.csv",
                                        "data_7.csv\n",
                                        "data_99999999999999999999999.csv",
                                        "data_9007199254740993.csv",
                                        ".producer.lock"};
    const size_t count = sizeof NAMES / sizeof *NAMES;
    prepare();
    for (size_t i = 0; i < count; i++)
        put(NAMES[i]);
    recover(NULL);
    ck_assert_uint_eq(publisher.next, 1);
    ck_assert_uint_eq(recovery.count + recovery.completed + recovery.removed + recovery.left, 0);
    ck_assert_uint_eq(support_count_names(directory), count);
}
END_TEST

START_TEST(producer_leaves_alone_what_is_no_file_and_does_not_use_its_number)
{
    char path[4096];
    prepare();
    (void)snprintf(path, sizeof path, "%s/data_4.csv", directory);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    (void)snprintf(path, sizeof path, "%s/metadata_2.json", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    recover(NULL);
    ck_assert_uint_eq(recovery.left, 2);
    ck_assert_ptr_nonnull(strstr(recovery.why, "data_4.csv"));
    ck_assert_uint_eq(publisher.next, 5);
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

static void put_directory(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

START_TEST(producer_goes_round_a_directory_that_has_the_name_of_a_batch)
{
    prepare();
    put_batch(1);
    put("data_2.csv");
    put_directory("metadata_2.json");
    put_directory("data_3.csv");
    put("metadata_3.json");
    put_directory("metadata_4.json");
    recover(NULL);
    ck_assert_uint_eq(recovery.left, 3);
    ck_assert_ptr_nonnull(strstr(recovery.why, "metadata_4.json"));
    ck_assert_uint_eq(recovery.count, 1);
    ck_assert_uint_eq(publisher.next, 5);
}
END_TEST

/* The other may still be on its way to it: so it gets its metadata back. */
START_TEST(producer_completes_data_alone_that_not_every_reader_has_acknowledged)
{
    for (int out_of_sight = 0; out_of_sight <= 1; out_of_sight++) {
        const struct processed_logs *one = LOG_OF("1");
        struct acknowledgements seen = {
            .logs = {one, LOG_OF("2")}, .count = out_of_sight ? 1 : 2, .all_seen = !out_of_sight};
        prepare();
        put("data_1.csv");
        ck_assert_int_eq(recovery_run(&recovery, &publisher, &seen, error), 0);
        ck_assert_uint_eq(recovery.completed, 1);
        ck_assert(support_exists(directory, "metadata_1.json"));
        recovery_free(&recovery);
        publish_close(&publisher);
    }
}
END_TEST

START_TEST(producer_says_so_when_no_number_is_left)
{
    prepare();
    put_batch(1);
    struct acknowledgements seen = seen_of(LOG_OF("18446744073709551615"));
    ck_assert_int_eq(recovery_run(&recovery, &publisher, &seen, error), -1);
    ck_assert_int_eq(errno, EOVERFLOW);
    ck_assert_str_ne(error, "");
    ck_assert_ptr_null(recovery.numbers);
}
END_TEST

START_TEST(producer_comes_to_the_same_when_recovery_is_run_twice)
{
    prepare();
    put_batch(1);
    put("data_2.csv");
    put("metadata_3.json");
    recover(NULL);
    recovery_free(&recovery);
    recover(NULL);
    ck_assert_uint_eq(recovery.completed + recovery.removed, 0);
    ck_assert_uint_eq(recovery.count, 2);
    ck_assert_uint_eq(publisher.next, 3);
}
END_TEST

START_TEST(producer_recovers_thousands_of_batches_in_order)
{
    prepare();
    for (unsigned number = 3000; number > 0; number--)
        put_batch(number);
    recover(NULL);
    ck_assert_uint_eq(recovery.count, 3000);
    for (size_t i = 0; i < 3000; i++)
        ck_assert_uint_eq(recovery.numbers[i], i + 1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_recovery", producer_begins_at_one_in_an_empty_directory,
        producer_goes_on_at_the_right_number_after_a_restart,
        producer_never_uses_a_number_again_that_the_log_has_although_its_files_are_gone,
        producer_never_uses_a_number_again_whose_files_and_logs_are_gone,
        producer_starts_nowhere_while_it_cannot_read_which_numbers_were_used,
        producer_removes_the_temporaries_of_a_crash_and_uses_their_number,
        producer_completes_a_batch_that_a_crash_left_between_the_two_renames,
        producer_leaves_acknowledged_data_without_metadata_to_retention,
        producer_removes_metadata_whose_data_is_gone_and_uses_the_number_again,
        producer_passes_over_names_that_are_no_batch,
        producer_leaves_alone_what_is_no_file_and_does_not_use_its_number,
        producer_goes_round_a_directory_that_has_the_name_of_a_batch,
        producer_completes_data_alone_that_not_every_reader_has_acknowledged,
        producer_says_so_when_no_number_is_left,
        producer_comes_to_the_same_when_recovery_is_run_twice,
        producer_recovers_thousands_of_batches_in_order);
}
