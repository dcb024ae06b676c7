#include "producer/datapackage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "common/json.h"
#include "common/log.h"
#include "common/metadata.h"
#include "tests/unit/support.h"

static const char *directory;
static int directory_fd;
static struct config config;

static void prepare(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
    config.dir = directory;
}

static void put_data(unsigned number)
{
    char name[64];
    (void)snprintf(name, sizeof name, "data_%u.csv", number);
    support_write_file(directory, name, "a\n1\n", 4);
}

static void put_metadata(unsigned number, const char *text)
{
    char name[64];
    (void)snprintf(name, sizeof name, "metadata_%u.json", number);
    support_write_file(directory, name, text, strlen(text));
}

/* As the producer writes it. */
static void put_batch(unsigned number)
{
    static const struct metadata_field FIELDS[] = {{"a", "integer"}};
    char file[64];
    struct text text = {0};
    (void)snprintf(file, sizeof file, "data_%u.csv", number);
    const struct metadata metadata = {
        .batch = number,
        .filename = file,
        .bytes = 4,
        .record_count = 1,
        .sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        .created = "2026-11-23T10:15:00Z",
        .run_id = "r",
        .description = "of \"tests\"",
        .fields = FIELDS,
        .field_count = 1};
    metadata_write(&text, &metadata);
    put_data(number);
    put_metadata(number, text.bytes);
    text_free(&text);
}

static void run(void *code)
{
    log_open("data-test", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    *(int *)code = datapackage_run(&config, directory_fd);
}

/* What it said, which the caller frees. */
static char *assert_ends(int expected)
{
    int code = -1;
    char *said = support_capture_stdout(run, &code, NULL);
    ck_assert_msg(code == expected, "%d: %s", code, said);
    return said;
}

/* The resources' names, each with a space behind it. */
static void assert_lists(const char *expected)
{
    char names[256] = "";
    char error[JSON_ERROR_SIZE];
    size_t length;
    char *bytes = support_read_file(directory, "datapackage.json", &length);
    struct json *package = json_parse_object(bytes, length, error);
    ck_assert_msg(package != NULL, "%s", error);
    for (const struct json_value *item = json_first(json_member(json_root(package), "resources"));
         item != NULL; item = json_next(item))
        (void)strcat(strcat(names, json_text(json_member(item, "name"))), " ");
    ck_assert_str_eq(names, expected);
    json_free(package);
    free(bytes);
}

START_TEST(datapackage_lists_the_batches_in_the_order_of_their_numbers)
{
    prepare();
    put_batch(10);
    put_batch(2);
    put_batch(1);
    free(assert_ends(CONTRACT_EXIT_DONE));
    assert_lists("data_1 data_2 data_10 ");
}
END_TEST

START_TEST(datapackage_is_the_same_for_the_same_batches)
{
    char *texts[2];
    for (size_t i = 0; i < 2; i++) {
        prepare();
        put_batch(i == 0 ? 1 : 2);
        put_batch(i == 0 ? 2 : 1);
        free(assert_ends(CONTRACT_EXIT_DONE));
        texts[i] = support_read_file(directory, "datapackage.json", NULL);
    }
    ck_assert_str_eq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}
END_TEST

START_TEST(datapackage_holds_more_than_it_writes_at_once)
{
    prepare();
    for (unsigned number = 1; number <= 500; number++)
        put_batch(number);
    char *said = assert_ends(CONTRACT_EXIT_DONE);
    ck_assert_ptr_nonnull(strstr(said, "resources=500 left_out=0"));
    free(said);
    size_t length;
    free(support_read_file(directory, "datapackage.json", &length));
    ck_assert_uint_gt(length, 2 * 64 * 1024);
}
END_TEST

#define RESOURCE(name, path, profile, fields)                                     \
    "{\"name\": \"" name "\", " path "\"profile\": \"" profile "\", \"schema\": " \
    "{\"fields\": [" fields "]}}"
#define TABULAR "tabular-data-resource"
#define FIELD "{\"name\": \"a\", \"type\": \"integer\"}"

START_TEST(datapackage_leaves_out_what_is_no_batch_and_says_why)
{
    static const struct {
        const char *metadata;
        const char *why;
    } CASES[] = {
        {"{\"name\": \"da", "metadata"},
        {"{}", "'name' is not data_N"},
        {RESOURCE("sales", "\"path\": \"data_2.csv\", ", TABULAR, FIELD), "'name' is not data_N"},
        {RESOURCE("data_3", "\"path\": \"data_2.csv\", ", TABULAR, FIELD), "'name' is 'data_3'"},
        {RESOURCE("data_2", "", TABULAR, FIELD), "no 'path'"},
        {RESOURCE("data_2", "\"path\": \"../x.csv\", ", TABULAR, FIELD), "'path' is '../x.csv'"},
        {RESOURCE("data_2", "\"path\": \"data_2.csv\", ", "data-resource", FIELD), "'profile'"},
        {RESOURCE("data_2", "\"path\": \"data_2.csv\", ", TABULAR, ""), "no fields"},
        {RESOURCE("data_2", "\"path\": \"data_2.csv\", \"bytes\": 5, ", TABULAR, FIELD),
         "4 bytes, and it states 5"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        prepare();
        put_batch(1);
        put_data(2);
        put_metadata(2, CASES[i].metadata);
        put_batch(3);
        char *said = assert_ends(CONTRACT_EXIT_DONE);
        ck_assert_msg(strstr(said, "left out metadata_2.json: ") != NULL &&
                          strstr(said, CASES[i].why) != NULL && strstr(said, "left_out=1") != NULL,
                      "%s", said);
        free(said);
        assert_lists("data_1 data_3 ");
    }
}
END_TEST

START_TEST(datapackage_leaves_out_what_is_no_plain_file_and_data_that_is_not_there)
{
    char path[4200];
    prepare();
    put_batch(1);
    for (unsigned number = 2; number <= 4; number++)
        put_batch(number);
    (void)snprintf(path, sizeof path, "%s/data_2.csv", directory);
    ck_assert_int_eq(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/data_3.csv", directory);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("data_1.csv", path), 0);
    (void)snprintf(path, sizeof path, "%s/metadata_4.json", directory);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    put_data(5);
    char *said = assert_ends(CONTRACT_EXIT_DONE);
    ck_assert_ptr_nonnull(strstr(said, "metadata_2.json: its data is not there"));
    ck_assert_ptr_nonnull(strstr(said, "metadata_3.json: its data is no plain file"));
    ck_assert_ptr_nonnull(strstr(said, "metadata_4.json: it is no plain file"));
    free(said);
    assert_lists("data_1 ");
}
END_TEST

START_TEST(datapackage_without_a_batch_is_not_written_and_an_older_one_stays)
{
    prepare();
    support_write_file(directory, "datapackage.json", "old", 3);
    put_data(1);
    free(assert_ends(CONTRACT_EXIT_NO_INPUT));
    char *bytes = support_read_file(directory, "datapackage.json", NULL);
    ck_assert_str_eq(bytes, "old");
    free(bytes);
    ck_assert(!support_exists(directory, ".datapackage.json.tmp"));
}
END_TEST

START_TEST(datapackage_has_one_writer_at_a_time)
{
    prepare();
    put_batch(1);
    int lock_fd = fileio_lock(directory_fd, CONTRACT_DATAPACKAGE_LOCK);
    ck_assert_int_ge(lock_fd, 0);
    free(assert_ends(CONTRACT_EXIT_UNAVAILABLE));
    ck_assert(!support_exists(directory, "datapackage.json"));
    (void)close(lock_fd);
    free(assert_ends(CONTRACT_EXIT_DONE));
}
END_TEST

START_TEST(datapackage_says_when_it_cannot_write)
{
    char path[4200];
    prepare();
    put_batch(1);
    (void)snprintf(path, sizeof path, "%s/datapackage.json", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    free(assert_ends(CONTRACT_EXIT_IO));
    ck_assert(!support_exists(directory, ".datapackage.json.tmp"));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_datapackage", datapackage_lists_the_batches_in_the_order_of_their_numbers,
        datapackage_is_the_same_for_the_same_batches, datapackage_holds_more_than_it_writes_at_once,
        datapackage_leaves_out_what_is_no_batch_and_says_why,
        datapackage_leaves_out_what_is_no_plain_file_and_data_that_is_not_there,
        datapackage_without_a_batch_is_not_written_and_an_older_one_stays,
        datapackage_has_one_writer_at_a_time, datapackage_says_when_it_cannot_write);
}
