#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producer/group.h"
#include "producer/schema.h"
#include "producer/synthetic.h"
#include "tests/unit/support.h"

static const char *directory;
static struct metadata_field fields[SCHEMA_COLUMNS_MAX];
static struct publisher publisher;
static struct synthetic synthetic;
static struct source source;
static struct group group;
static struct group_batch done[PUBLISH_TOGETHER_MAX];
static char error[PUBLISH_ERROR_SIZE];

static void prepare_with(uint64_t rows_low, uint64_t rows_high, bool together)
{
    const struct generate_request request = {
        .schema = schema_default(), .seed = 42, .rows_low = rows_low, .rows_high = rows_high};
    directory = support_temporary_directory();
    ck_assert_int_eq(publish_open(&publisher, support_open_directory(directory), fields,
                                  schema_fields(schema_default(), fields), error),
                     0);
    source = synthetic_open(&synthetic, &request, NULL);
    group_open(&group, &publisher, &source, together);
}

static void prepare(void)
{
    prepare_with(20, 60, true);
}

/* Adds until it is full and commits: how many that were. */
static size_t publish_group(void)
{
    while (!group_is_full(&group))
        ck_assert_int_eq(group_add(&group, error), 0);
    return group_commit(&group, done, error);
}

static void block(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void unblock(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(group_begins_with_one_batch_and_doubles_while_commits_are_fast)
{
    prepare();
    group.limit = 1;
    ck_assert_uint_eq(publish_group(), 1);
    ck_assert_uint_eq(done[0].number, 1);
    size_t second = publish_group();
    ck_assert_uint_ge(second, 1);
    ck_assert_uint_le(second, 2);
    ck_assert_uint_eq(done[0].number, 2);
    ck_assert_uint_eq(publisher.next, 2 + second);
}
END_TEST

START_TEST(group_never_holds_more_than_can_be_committed_together)
{
    prepare();
    for (int i = 0; i < 12; i++)
        ck_assert_uint_le(publish_group(), PUBLISH_TOGETHER_MAX);
    ck_assert_uint_eq(support_count_names(directory), 2 * (publisher.next - 1));
}
END_TEST

START_TEST(group_is_always_one_batch_where_batches_are_paced)
{
    prepare_with(20, 60, false);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(publish_group(), 1);
}
END_TEST

START_TEST(group_is_full_when_its_data_is_large)
{
    prepare_with(100000, 100000, true);
    group.limit = PUBLISH_TOGETHER_MAX;
    ck_assert_uint_le(publish_group(), GROUP_BYTES_MAX / (4 * 1000 * 1000) + 1);
}
END_TEST

START_TEST(group_takes_no_more_descriptors_than_it_may_have)
{
    struct rlimit few = {48, 48};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    prepare();
    group.limit = group.ceiling;
    ck_assert_uint_eq(publish_group(), 8);
}
END_TEST

START_TEST(group_reports_what_became_durable)
{
    size_t length;
    prepare();
    ck_assert_uint_eq(publish_group(), 1);
    char *data = support_read_file(directory, "data_1.csv", &length);
    ck_assert_uint_eq(done[0].bytes, length);
    uint64_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += data[i] == '\n';
    ck_assert_uint_eq(done[0].rows, lines - 1);
    free(data);
}
END_TEST

/* Readers may have seen the data of a commit that failed at the metadata. */
START_TEST(group_makes_the_same_bytes_again_after_a_commit_that_failed)
{
    prepare();
    block("metadata_1.json");
    group.limit = 3;
    ck_assert_uint_eq(publish_group(), 0);
    ck_assert_int_eq(errno, EISDIR);
    char *before = support_read_file(directory, "data_3.csv", NULL);
    unblock("metadata_1.json");
    ck_assert(group_is_bound(&group));
    sleep(1); /* the clock that a new batch would be stamped by has moved on */
    while (publisher.next <= 3)
        ck_assert_uint_ge(publish_group(), 1);
    char *after = support_read_file(directory, "data_3.csv", NULL);
    ck_assert_str_eq(before, after);
    ck_assert(support_exists(directory, "metadata_3.json"));
    free(before);
    free(after);
}
END_TEST

START_TEST(group_finds_the_batch_that_cannot_be_published_and_publishes_those_before_it)
{
    prepare();
    block("metadata_5.json");
    group.limit = 8;
    ck_assert_uint_eq(publish_group(), 0);
    ck_assert(!group_failed_alone(&group));
    for (int i = 0; i < 20 && !group_failed_alone(&group); i++)
        (void)publish_group();
    ck_assert(group_failed_alone(&group));
    ck_assert_uint_eq(publisher.next, 5);
    ck_assert_str_eq(error, "cannot publish metadata_5.json: Is a directory");
    ck_assert(support_exists(directory, "metadata_4.json"));
    ck_assert(!support_exists(directory, "metadata_6.json"));
    unblock("metadata_5.json");
    ck_assert_uint_eq(publish_group(), 1);
}
END_TEST

START_TEST(group_is_free_to_choose_numbers_once_all_that_was_begun_is_published)
{
    prepare();
    ck_assert(!group_is_bound(&group));
    ck_assert_int_eq(group_add(&group, error), 0);
    ck_assert(group_is_bound(&group));
    ck_assert_uint_eq(group_commit(&group, done, error), 1);
    ck_assert(!group_is_bound(&group));
    publisher.next = 100;
    ck_assert_uint_ge(publish_group(), 1);
    ck_assert_uint_eq(done[0].number, 100);
}
END_TEST

START_TEST(group_that_is_closed_leaves_nothing_of_what_was_staged)
{
    prepare();
    ck_assert_int_eq(group_add(&group, error), 0);
    ck_assert_uint_eq(support_count_names(directory), 2);
    group_close(&group);
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_group", group_begins_with_one_batch_and_doubles_while_commits_are_fast,
        group_never_holds_more_than_can_be_committed_together,
        group_is_always_one_batch_where_batches_are_paced, group_is_full_when_its_data_is_large,
        group_takes_no_more_descriptors_than_it_may_have, group_reports_what_became_durable,
        group_makes_the_same_bytes_again_after_a_commit_that_failed,
        group_finds_the_batch_that_cannot_be_published_and_publishes_those_before_it,
        group_is_free_to_choose_numbers_once_all_that_was_begun_is_published,
        group_that_is_closed_leaves_nothing_of_what_was_staged);
}
