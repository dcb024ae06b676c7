#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/digest.h"
#include "common/metadata.h"
#include "producer/publish.h"
#include "tests/unit/support.h"

#define CSV "label,value\na,1\nb,2\n"

static const struct metadata_field FIELDS[] = {{"label", "string"}, {"value", "number"}};

static const char *directory;
static struct publisher publisher;
static char error[PUBLISH_ERROR_SIZE];

/* Another one takes the place of the last. */
static void open_publisher(void)
{
    publish_close(&publisher);
    directory = support_temporary_directory();
    ck_assert_int_eq(publish_open(&publisher, support_open_directory(directory), FIELDS, 2, error),
                     0);
}

static int publish(const char *csv, uint64_t rows)
{
    struct text text = {0};
    text_put(&text, csv);
    struct publish_batch batch = {.csv = &text, .rows = rows, .created_seconds = 1795428900};
    int result = publish_batch(&publisher, &batch, error);
    int saved_errno = errno;
    text_free(&text);
    errno = saved_errno;
    return result;
}

static void assert_file(const char *name, const char *bytes)
{
    char *found = support_read_file(directory, name, NULL);
    ck_assert_str_eq(found, bytes);
    free(found);
}

static void assert_metadata_has(const char *name, const char *part)
{
    char *found = support_read_file(directory, name, NULL);
    ck_assert_msg(strstr(found, part) != NULL, "%s not in %s", part, found);
    free(found);
}

/* What a consumer would hold the batch against. */
static void assert_claims(const char *key, const char *csv, uint64_t rows)
{
    char name[64];
    char file[64];
    char hex[DIGEST_HEX_SIZE];
    size_t length;
    struct metadata_claims claims;
    struct rejection rejection;
    (void)snprintf(name, sizeof name, "metadata_%s.json", key);
    (void)snprintf(file, sizeof file, "data_%s.csv", key);
    char *bytes = support_read_file(directory, name, &length);
    ck_assert(metadata_read(bytes, length, &(struct metadata_subject){.key = key, .file = file},
                            &claims, &rejection));
    struct digest *digest = digest_create();
    digest_update(digest, csv, strlen(csv));
    ck_assert(digest_finish(digest, hex));
    ck_assert_str_eq(claims.sha256, hex);
    ck_assert_uint_eq(claims.bytes, strlen(csv));
    ck_assert_uint_eq(claims.record_count, rows);
    digest_free(digest);
    free(bytes);
}

static const char *row(struct text *csv, const struct csv_cell *cells, size_t count)
{
    text_clear(csv);
    publish_append_row(csv, cells, count);
    return csv->bytes;
}

#define ROW(...)                                \
    row(&csv, (struct csv_cell[]){__VA_ARGS__}, \
        sizeof((struct csv_cell[]){__VA_ARGS__}) / sizeof(struct csv_cell))
#define CELL(string)               \
    {                              \
        string, sizeof(string) - 1 \
    }

START_TEST(publish_quotes_a_cell_only_where_it_must)
{
    struct text csv = {0};
    ck_assert_str_eq(ROW(CELL("item_0"), CELL("0.5")), "item_0,0.5\n");
    ck_assert_str_eq(ROW(CELL("a,b"), CELL("c d")), "\"a,b\",c d\n");
    ck_assert_str_eq(ROW(CELL("a\"b")), "\"a\"\"b\"\n");
    ck_assert_str_eq(ROW(CELL("a\nb"), CELL("a\rb")), "\"a\nb\",\"a\rb\"\n");
    ck_assert_str_eq(ROW(CELL(" a"), CELL("a\t")), "\" a\",\"a\t\"\n");
    ck_assert_str_eq(ROW(CELL("\xEF\xBB\xBFname")), "\"\xEF\xBB\xBFname\"\n");
    text_free(&csv);
}
END_TEST

START_TEST(publish_writes_a_row_of_one_empty_cell_so_that_it_is_still_a_row)
{
    struct text csv = {0};
    ck_assert_str_eq(ROW(CELL("")), "\"\"\n");
    ck_assert_str_eq(ROW(CELL(""), CELL("")), ",\n");
    text_free(&csv);
}
END_TEST

START_TEST(publish_puts_the_data_and_its_metadata_in_place_and_leaves_nothing_else)
{
    open_publisher();
    ck_assert_int_eq(publish(CSV, 2), 0);
    ck_assert_uint_eq(publisher.next, 2);
    assert_file("data_1.csv", CSV);
    assert_claims("1", CSV, 2);
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

START_TEST(publish_states_run_time_and_description_in_the_metadata)
{
    char run_id[64];
    open_publisher();
    publisher.next = 7;
    ck_assert_int_eq(publish(CSV, 2), 0);
    ck_assert_uint_eq(strspn(publisher.run_id, "0123456789abcdef"), 16);
    (void)snprintf(run_id, sizeof run_id, "\"run_id\": \"%s\"", publisher.run_id);
    assert_metadata_has("metadata_7.json", run_id);
    assert_metadata_has("metadata_7.json", "\"created\": \"2026-11-23T10:15:00Z\"");
    assert_metadata_has("metadata_7.json", "\"synthetic measurements, batch 7\"");
    assert_metadata_has("metadata_7.json", "{\"name\": \"value\", \"type\": \"number\"}");
}
END_TEST

START_TEST(publish_gives_each_run_another_id)
{
    char first[PUBLISH_RUN_ID_SIZE];
    open_publisher();
    memcpy(first, publisher.run_id, sizeof first);
    open_publisher();
    ck_assert_str_ne(first, publisher.run_id);
}
END_TEST

/* The metadata cannot be renamed over a directory: so what was done before it is there to see. */
START_TEST(publish_commits_by_the_metadata_after_the_data_and_may_be_called_again)
{
    char path[4096];
    open_publisher();
    (void)snprintf(path, sizeof path, "%s/metadata_1.json", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(publish(CSV, 2), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_ptr_nonnull(strstr(error, "metadata_1.json"));
    ck_assert_uint_eq(publisher.next, 1);
    assert_file("data_1.csv", CSV);
    ck_assert_uint_eq(support_count_names(directory), 2);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(publish(CSV, 2), 0);
    assert_claims("1", CSV, 2);
}
END_TEST

static void stage(const char *csv, uint64_t rows)
{
    struct text text = {0};
    text_put(&text, csv);
    struct publish_batch batch = {.csv = &text, .rows = rows, .created_seconds = 1795428900};
    ck_assert_int_eq(publish_stage(&publisher, &batch, error), 0);
    text_free(&text);
}

START_TEST(publish_shows_no_batch_that_is_staged_and_all_of_them_after_the_commit)
{
    open_publisher();
    stage(CSV, 2);
    stage("label,value\nc,3\n", 1);
    ck_assert(!support_exists(directory, "data_1.csv"));
    ck_assert(!support_exists(directory, "metadata_1.json"));
    ck_assert_uint_eq(publisher.next, 1);
    ck_assert_int_eq(publish_commit(&publisher, error), 0);
    ck_assert_uint_eq(publisher.next, 3);
    assert_claims("1", CSV, 2);
    assert_claims("2", "label,value\nc,3\n", 1);
    ck_assert_uint_eq(support_count_names(directory), 4);
}
END_TEST

START_TEST(publish_takes_as_many_batches_as_it_says_and_then_refuses_cleanly)
{
    struct text text = {0};
    struct publish_batch batch = {.csv = &text};
    open_publisher();
    text_put(&text, CSV);
    for (int i = 0; i < PUBLISH_TOGETHER_MAX; i++)
        ck_assert_int_eq(publish_stage(&publisher, &batch, error), 0);
    ck_assert_int_eq(publish_stage(&publisher, &batch, error), -1);
    ck_assert_uint_eq(publisher.staged, 0);
    ck_assert_uint_eq(support_count_names(directory), 0);
    text_free(&text);
}
END_TEST

START_TEST(publish_drops_what_is_abandoned_and_uses_its_numbers_again)
{
    open_publisher();
    stage("label,value\nx,9\n", 1);
    publish_abandon(&publisher);
    ck_assert_uint_eq(support_count_names(directory), 0);
    ck_assert_int_eq(publish_commit(&publisher, error), 0);
    ck_assert_uint_eq(publisher.next, 1);
    ck_assert_int_eq(publish(CSV, 2), 0);
    assert_claims("1", CSV, 2);
}
END_TEST

/* All data comes before any metadata: see what stands when a rename in the middle fails. */
START_TEST(publish_names_all_data_of_a_group_before_any_of_its_metadata)
{
    char path[4096];
    open_publisher();
    (void)snprintf(path, sizeof path, "%s/metadata_1.json", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    stage(CSV, 2);
    stage(CSV, 2);
    stage(CSV, 2);
    ck_assert_int_eq(publish_commit(&publisher, error), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_ptr_nonnull(strstr(error, "to 3"));
    ck_assert(support_exists(directory, "data_3.csv"));
    ck_assert(!support_exists(directory, "metadata_2.json"));
    ck_assert_uint_eq(support_count_names(directory), 4);
    ck_assert_uint_eq(publisher.next, 1);
}
END_TEST

/* In a child of its own: the limit would hold for the test's report too. */
static bool fails_cleanly_beyond_ten_bytes(void)
{
    struct rlimit limit = {10, 10};
    return signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           publish(CSV, 2) == -1 && errno == EFBIG && publisher.next == 1 &&
           strcmp(error, "cannot write data_1.csv: File too large") == 0;
}

START_TEST(publish_that_cannot_write_the_data_leaves_no_file_and_keeps_the_number)
{
    int status;
    open_publisher();
    pid_t child = fork();
    if (child == 0)
        _exit(fails_cleanly_beyond_ten_bytes() ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

static enum publish_completed complete(const char *csv)
{
    open_publisher();
    support_write_file(directory, "data_3.csv", csv, strlen(csv));
    return publish_complete(&publisher, 3, error);
}

START_TEST(publish_completes_data_without_metadata_with_its_own_hash_and_rows)
{
    ck_assert_int_eq(complete(CSV), PUBLISH_COMPLETED);
    assert_claims("3", CSV, 2);
    assert_file("data_3.csv", CSV);
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

START_TEST(publish_counts_quoted_line_ends_as_part_of_their_row)
{
    const char *csv = "label,value\n\"a\nb\",1\n\"c\n\n\",2\n";
    ck_assert_int_eq(complete(csv), PUBLISH_COMPLETED);
    assert_claims("3", csv, 2);
}
END_TEST

START_TEST(publish_completes_a_header_alone_and_an_empty_file_with_no_rows)
{
    ck_assert_int_eq(complete("label,value\n"), PUBLISH_COMPLETED);
    assert_claims("3", "label,value\n", 0);
    ck_assert_int_eq(complete(""), PUBLISH_COMPLETED);
    assert_claims("3", "", 0);
}
END_TEST

START_TEST(publish_completes_a_file_longer_than_what_is_read_at_once)
{
    struct text csv = {0};
    text_put(&csv, "label,value\n");
    for (int i = 0; i < 50000; i++)
        text_printf(&csv, "item_%d,%d\n", i, i);
    ck_assert_int_eq(complete(csv.bytes), PUBLISH_COMPLETED);
    assert_claims("3", csv.bytes, 50000);
    text_free(&csv);
}
END_TEST

START_TEST(publish_describes_the_columns_that_a_completed_file_has)
{
    ck_assert_int_eq(complete("value,colour\n1,red\n"), PUBLISH_COMPLETED);
    assert_metadata_has("metadata_3.json", "{\"name\": \"value\", \"type\": \"number\"}");
    assert_metadata_has("metadata_3.json", "{\"name\": \"colour\", \"type\": \"string\"}");
}
END_TEST

START_TEST(publish_does_not_complete_what_is_no_plain_file)
{
    char path[4096];
    open_publisher();
    (void)snprintf(path, sizeof path, "%s/data_3.csv", directory);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_int_eq(publish_complete(&publisher, 3, error), PUBLISH_NOT_OURS);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert_int_eq(publish_complete(&publisher, 3, error), PUBLISH_NOT_OURS);
    ck_assert_ptr_nonnull(strstr(error, "data_3.csv"));
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(publish_does_not_complete_a_file_with_endless_columns)
{
    struct text csv = {0};
    for (int i = 0; i < 100000; i++)
        text_put(&csv, "c,");
    ck_assert_int_eq(complete(csv.bytes), PUBLISH_NOT_OURS);
    ck_assert_uint_eq(support_count_names(directory), 1);
    text_free(&csv);
}
END_TEST

START_TEST(publish_completes_a_batch_of_another_schema_with_the_types_that_its_values_have)
{
    ck_assert_int_eq(complete("label,value\na,abc\nb,7\n"), PUBLISH_COMPLETED);
    assert_metadata_has("metadata_3.json", "{\"name\": \"value\", \"type\": \"string\"}");
    ck_assert_int_eq(complete("label,value\n1,7\n2,\n"), PUBLISH_COMPLETED);
    assert_metadata_has("metadata_3.json", "{\"name\": \"label\", \"type\": \"string\"}");
    assert_metadata_has("metadata_3.json", "{\"name\": \"value\", \"type\": \"number\"}");
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_publish", publish_quotes_a_cell_only_where_it_must,
        publish_writes_a_row_of_one_empty_cell_so_that_it_is_still_a_row,
        publish_puts_the_data_and_its_metadata_in_place_and_leaves_nothing_else,
        publish_states_run_time_and_description_in_the_metadata, publish_gives_each_run_another_id,
        publish_commits_by_the_metadata_after_the_data_and_may_be_called_again,
        publish_shows_no_batch_that_is_staged_and_all_of_them_after_the_commit,
        publish_takes_as_many_batches_as_it_says_and_then_refuses_cleanly,
        publish_drops_what_is_abandoned_and_uses_its_numbers_again,
        publish_names_all_data_of_a_group_before_any_of_its_metadata,
        publish_that_cannot_write_the_data_leaves_no_file_and_keeps_the_number,
        publish_completes_data_without_metadata_with_its_own_hash_and_rows,
        publish_counts_quoted_line_ends_as_part_of_their_row,
        publish_completes_a_header_alone_and_an_empty_file_with_no_rows,
        publish_completes_a_file_longer_than_what_is_read_at_once,
        publish_describes_the_columns_that_a_completed_file_has,
        publish_does_not_complete_what_is_no_plain_file,
        publish_does_not_complete_a_file_with_endless_columns,
        publish_completes_a_batch_of_another_schema_with_the_types_that_its_values_have);
}
