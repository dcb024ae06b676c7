#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/number.h"
#include "common/wait.h"
#include "producer/chaos.h"
#include "producer/group.h"
#include "producer/recovery.h"
#include "producer/schema.h"
#include "producer/synthetic.h"
#include "tests/unit/written_log.h"

static const char *directory;
static struct metadata_field fields[SCHEMA_COLUMNS_MAX];
static struct publisher publisher;
static struct group group;
static struct group_batch done[PUBLISH_TOGETHER_MAX];
static struct chaos *chaos;
static struct recovery recovery;
static struct chaos_found found;
static struct synthetic synthetic;
static struct source source;
static struct written_log record_log;
static char error[PUBLISH_ERROR_SIZE];

/* A run on the directory, as main begins one. */
static void start(const char *rates)
{
    const struct generate_request request = {
        .schema = schema_default(), .seed = 42, .rows_low = 2, .rows_high = 5};
    static char path[4096];
    struct faults faults;
    (void)snprintf(path, sizeof path, "%s/_faults.jsonl", directory);
    ck_assert_msg(faults_parse(rates, &faults, error), "%s", error);
    ck_assert_int_eq(publish_open(&publisher, support_open_directory(directory), fields,
                                  schema_fields(schema_default(), fields), error),
                     0);
    const struct chaos_options options = {
        .directory_fd = publisher.directory_fd, .manifest = path, .faults = &faults, .seed = 7};
    ck_assert_msg(chaos_open(&options, &chaos, error) == 0, "%s", error);
    publisher.state = chaos_state;
    publisher.state_context = chaos;
    const struct acknowledgements seen = {.logs = {record_log.all},
                                          .count = record_log.all == NULL ? 0 : 1,
                                          .all_seen = record_log.all != NULL};
    ck_assert_msg(recovery_run(&recovery, &publisher, &seen, error) == 0, "%s", error);
    found = (struct chaos_found){record_log.all, publisher.next, recovery.numbers, recovery.count};
    ck_assert_int_eq(chaos_resume(chaos, &found, error), 0);
    source = synthetic_open(&synthetic, &request, chaos);
    group_open(&group, &publisher, &source, true);
    group.chaos = chaos;
    group.limit = group.ceiling;
}

static void stop(void)
{
    group_close(&group);
    synthetic_close(&synthetic);
    chaos_close(chaos);
    publish_close(&publisher);
    recovery_free(&recovery);
}

static void prepare(const char *rates)
{
    directory = support_temporary_directory();
    record_log = written_log_new();
    start(rates);
}

/* The number of batches that were committed. */
static size_t publish_group(void)
{
    while (!group_is_full(&group))
        ck_assert_int_eq(group_add(&group, error), 0);
    return group_commit(&group, done, error);
}

static void record(uint64_t number, enum outcome outcome)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64, number);
    struct processed_record line = {
        .key = key, .file = "data.csv", .outcome = outcome, .sha256 = ""};
    ck_assert_int_eq(processed_log_append(record_log.own, &line), 0);
}

static char *name_of(const char *prefix, uint64_t number, const char *suffix)
{
    static char names[4][64];
    static size_t turn;
    char *name = names[turn++ % 4];
    (void)snprintf(name, sizeof names[0], "%s%" PRIu64 "%s", prefix, number, suffix);
    return name;
}

#define DATA(number) name_of("data_", number, ".csv")
#define METADATA(number) name_of("metadata_", number, ".json")

/* The last line of the manifest. */
static void manifest_ends_in(const char *words)
{
    char *lines = support_read_file(directory, "_faults.jsonl", NULL);
    char *last = lines + strlen(lines) - 1;
    while (last > lines && last[-1] != '\n')
        last--;
    ck_assert_msg(strstr(last, words) != NULL, "not %s: %s", words, last);
    free(lines);
}

static mode_t kind_of(const char *name)
{
    struct stat status;
    ck_assert_int_eq(fstatat(publisher.directory_fd, name, &status, AT_SYMLINK_NOFOLLOW), 0);
    return status.st_mode & S_IFMT;
}

START_TEST(chaos_leaves_numbers_out_and_writes_them_down)
{
    prepare("gap=0.5");
    for (int i = 0; i < 40; i++)
        ck_assert_uint_ge(publish_group(), 1);
    size_t lines = 0;
    char *manifest = support_read_file(directory, "_faults.jsonl", NULL);
    for (char *at = manifest; *at != '\0'; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, publisher.next - 1);
    size_t names = support_count_names(directory);
    ck_assert_uint_lt((names - 1) / 2, publisher.next - 1);
    ck_assert_uint_eq(names % 2, 1);
    free(manifest);
}
END_TEST

/* Repeats the one before; `number` is its own. */
static void is_a_copy(uint64_t number)
{
    char *before = support_read_file(directory, DATA(number - 1), NULL);
    char *copy = support_read_file(directory, DATA(number), NULL);
    ck_assert_str_eq(before, copy);
    free(before);
    free(copy);
}

START_TEST(chaos_repeats_the_content_of_the_batch_before)
{
    prepare("duplicate=1");
    for (int i = 0; i < 3; i++)
        ck_assert_uint_ge(publish_group(), 1);
    is_a_copy(2);
    is_a_copy(3);
    manifest_ends_in("\"fault\":\"duplicate\"");
}
END_TEST

START_TEST(chaos_repeats_the_same_content_after_a_commit_that_failed)
{
    prepare("duplicate=1");
    while (publisher.next < 3)
        ck_assert_uint_ge(publish_group(), 1);
    ck_assert_int_eq(mkdirat(publisher.directory_fd, "metadata_3.json", 0755), 0);
    ck_assert_uint_eq(publish_group(), 0);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "metadata_3.json", AT_REMOVEDIR), 0);
    ck_assert_uint_eq(publish_group(), 1);
    is_a_copy(3);
}
END_TEST

/* Batch 2 repeats batch 1, and batch 3 batch 2: whichever run has made which. */
START_TEST(chaos_repeats_what_another_run_has_made)
{
    prepare("duplicate=1");
    group.limit = 1;
    for (uint64_t number = 1; number <= 3; number++) {
        synthetic.request.start_fixed = true;
        ck_assert_uint_eq(publish_group(), 1);
        manifest_ends_in(number == 1 ? "\"fault\":null" : "\"fault\":\"duplicate\"");
        if (number > 1)
            is_a_copy(number);
        stop();
        start("duplicate=1");
        group.limit = 1;
    }
    stop();
}
END_TEST

START_TEST(chaos_puts_a_pipe_or_a_link_where_the_data_should_be)
{
    bool pipe = false;
    bool link = false;
    prepare("not-a-file=1");
    for (uint64_t number = 1; number <= 10; number++) {
        ck_assert_uint_eq(publish_group(), 1);
        pipe |= kind_of(DATA(number)) == S_IFIFO;
        link |= kind_of(DATA(number)) == S_IFLNK;
        ck_assert(support_exists(directory, METADATA(number)));
    }
    ck_assert(pipe && link);
}
END_TEST

START_TEST(chaos_withholds_metadata_for_good)
{
    prepare("no-metadata=1");
    ck_assert_uint_ge(publish_group(), 1);
    ck_assert_int_eq(chaos_publish_late(chaos, WAIT_FOREVER, error), 0);
    ck_assert(support_exists(directory, "data_1.csv"));
    ck_assert(!support_exists(directory, "metadata_1.json"));
    stop();
    start("no-metadata=1");
    ck_assert(!support_exists(directory, "metadata_1.json"));
    ck_assert_uint_eq(recovery.completed, 0);
    ck_assert_uint_eq(found.numbers[0], 1);
}
END_TEST

START_TEST(chaos_publishes_metadata_that_is_late_when_it_is_due)
{
    prepare("late-metadata=1");
    int64_t before_ns = clock_now_ns();
    size_t count = publish_group();
    ck_assert_int_ge(chaos_deadline(chaos), before_ns + NUMBER_NS_PER_SECOND);
    ck_assert_int_eq(chaos_publish_late(chaos, before_ns + NUMBER_NS_PER_SECOND - 1, error), 0);
    ck_assert(!support_exists(directory, "metadata_1.json"));
    ck_assert_int_eq(chaos_publish_late(chaos, chaos_deadline(chaos), error), 0);
    ck_assert_uint_eq(support_count_names(directory), 1 + count + 1);
    ck_assert_int_eq(chaos_publish_late(chaos, WAIT_FOREVER, error), 0);
    ck_assert_uint_eq(support_count_names(directory), 1 + 2 * count);
    ck_assert_int_eq(chaos_deadline(chaos), WAIT_FOREVER);
}
END_TEST

START_TEST(chaos_publishes_no_metadata_of_data_that_was_deleted_meanwhile)
{
    prepare("late-metadata=1");
    group.limit = 1;
    ck_assert_uint_eq(publish_group(), 1);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "data_1.csv", 0), 0);
    ck_assert_int_eq(chaos_publish_late(chaos, WAIT_FOREVER, error), 0);
    ck_assert(!support_exists(directory, "metadata_1.json"));
    ck_assert_int_eq(chaos_deadline(chaos), WAIT_FOREVER);
}
END_TEST

START_TEST(chaos_tries_metadata_again_that_could_not_be_published)
{
    prepare("late-metadata=1");
    group.limit = 1;
    ck_assert_uint_eq(publish_group(), 1);
    int64_t due_ns = chaos_deadline(chaos);
    ck_assert_int_eq(mkdirat(publisher.directory_fd, "metadata_1.json", 0755), 0);
    ck_assert_int_eq(chaos_publish_late(chaos, due_ns, error), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_str_eq(error, "cannot publish metadata_1.json: Is a directory");
    ck_assert_int_eq(chaos_deadline(chaos), due_ns + NUMBER_NS_PER_SECOND);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "metadata_1.json", AT_REMOVEDIR), 0);
    ck_assert_int_eq(chaos_publish_late(chaos, WAIT_FOREVER, error), 0);
    ck_assert_int_eq(kind_of("metadata_1.json"), S_IFREG);
}
END_TEST

static void follow(void)
{
    ck_assert_msg(chaos_follow(chaos, record_log.all, error) == 0, "%s", error);
}

START_TEST(chaos_replaces_data_only_after_it_was_processed)
{
    prepare("rewritten=1");
    ck_assert_uint_ge(publish_group(), 1);
    follow();
    char *before = support_read_file(directory, "data_1.csv", NULL);
    ck_assert_ptr_nonnull(strstr(before, "\nitem_0,"));
    record(1, OUTCOME_PROCESSED);
    follow();
    char *after = support_read_file(directory, "data_1.csv", NULL);
    ck_assert_str_eq(after, "label,value,timestamp\n");
    manifest_ends_in("\"outcome\":\"changed\"");
    manifest_ends_in("{\"batch\":1,");
    free(before);
    free(after);
}
END_TEST

START_TEST(chaos_holds_a_batch_until_its_change_was_noted)
{
    uint64_t number;
    prepare("rewritten=1");
    ck_assert_uint_ge(publish_group(), 1);
    ck_assert(chaos_holds(chaos, 1));
    record(1, OUTCOME_PROCESSED);
    follow();
    ck_assert(!chaos_release(chaos, &number));
    stop();
    start("rewritten=1");
    ck_assert(chaos_holds(chaos, 1));
    ck_assert_uint_eq(found.count, 0);
    record(1, OUTCOME_CHANGED);
    follow();
    ck_assert(chaos_release(chaos, &number));
    ck_assert_uint_eq(number, 1);
    ck_assert(!chaos_holds(chaos, 1));
    stop();
    start("rewritten=1");
    ck_assert(!chaos_holds(chaos, 1));
    ck_assert_uint_eq(found.numbers[0], 1);
}
END_TEST

START_TEST(chaos_replaces_nothing_before_the_manifest_says_so)
{
    char path[4096];
    prepare("rewritten=1");
    ck_assert_uint_ge(publish_group(), 1);
    record(1, OUTCOME_PROCESSED);
    (void)snprintf(path, sizeof path, "%s/.data_1.csv.tmp", directory);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(chaos_follow(chaos, record_log.all, error), -1);
    ck_assert_str_eq(error, "cannot replace data_1.csv: Is a directory");
    manifest_ends_in("\"outcome\":\"changed\"");
    ck_assert_int_eq(rmdir(path), 0);
    follow();
    char *after = support_read_file(directory, "data_1.csv", NULL);
    ck_assert_str_eq(after, "label,value,timestamp\n");
    free(after);
}
END_TEST

START_TEST(chaos_puts_a_stray_file_beside_a_batch_and_takes_it_away_with_it)
{
    prepare("stray-file=1");
    group.limit = 1;
    ck_assert_uint_eq(publish_group(), 1);
    ck_assert_uint_eq(support_count_names(directory), 4);
    stop();
    start("stray-file=1");
    follow();
    ck_assert_uint_eq(support_count_names(directory), 4);
    record(1, OUTCOME_REJECTED);
    follow();
    ck_assert_uint_eq(support_count_names(directory), 3);
}
END_TEST

START_TEST(chaos_writes_down_a_number_that_a_power_loss_has_taken_away)
{
    prepare("crlf=1");
    while (publisher.next < 4)
        ck_assert_uint_ge(publish_group(), 1);
    uint64_t last = publisher.next - 1;
    stop();
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "data_2.csv", 0), 0);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "metadata_2.json", 0), 0);
    start("crlf=1");
    manifest_ends_in("{\"batch\":2,\"fault\":\"gap\",\"outcome\":\"absent\"");
    ck_assert_uint_eq(publisher.next, last + 1);
}
END_TEST

START_TEST(chaos_takes_a_number_for_lost_neither_without_a_log_nor_when_it_was_acknowledged)
{
    prepare("crlf=1");
    while (publisher.next < 4)
        ck_assert_uint_ge(publish_group(), 1);
    stop();
    record(2, OUTCOME_PROCESSED);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "data_2.csv", 0), 0);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "metadata_2.json", 0), 0);
    start("crlf=1");
    manifest_ends_in("\"fault\":\"crlf\"");
    stop();
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "data_1.csv", 0), 0);
    ck_assert_int_eq(unlinkat(publisher.directory_fd, "metadata_1.json", 0), 0);
    written_log_close(&record_log);
    start("crlf=1");
    manifest_ends_in("\"fault\":\"crlf\"");
}
END_TEST

/* Else readers could see what no line speaks of. */
START_TEST(chaos_publishes_nothing_that_it_cannot_write_down)
{
    struct rlimit limit = {10, RLIM_INFINITY};
    prepare("no-metadata=1");
    ck_assert_int_eq(group_add(&group, error), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    /* Assertions write files of their own, and so wait until they may. */
    int limited = setrlimit(RLIMIT_FSIZE, &limit);
    size_t count = group_commit(&group, done, error);
    int failure = errno;
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(limited, 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(failure, EFBIG);
    ck_assert_ptr_nonnull(strstr(error, "_faults.jsonl: File too large"));
    ck_assert_uint_eq(support_count_names(directory), 1);
    ck_assert_uint_eq(publish_group(), 1);
    manifest_ends_in("{\"batch\":1,\"fault\":\"no-metadata\",");
}
END_TEST

START_TEST(chaos_that_is_off_does_nothing)
{
    const struct faults none = {{0}};
    uint64_t rows = 3;
    uint64_t number;
    struct text csv = {0};
    directory = support_temporary_directory();
    ck_assert_int_eq(
        chaos_open(&(struct chaos_options){.faults = &none, .manifest = "/nowhere/faults"}, &chaos,
                   error),
        0);
    ck_assert_ptr_null(chaos);
    ck_assert_uint_eq(chaos_pass_gaps(NULL, 7), 7);
    ck_assert_uint_eq(chaos_begin(NULL, 7, &csv, &rows), 7);
    ck_assert(chaos_damage(NULL, &csv, &rows, 3));
    ck_assert(!chaos_parts(NULL, 7));
    ck_assert(!chaos_holds(NULL, 7));
    ck_assert(!chaos_release(NULL, &number));
    ck_assert_int_eq(chaos_deadline(NULL), WAIT_FOREVER);
    ck_assert_int_eq(chaos_write_down(NULL, error), 0);
    ck_assert_int_eq(chaos_follow(NULL, NULL, error), 0);
    ck_assert_int_eq(chaos_publish_late(NULL, 0, error), 0);
    ck_assert_int_eq(chaos_resume(NULL, &found, error), 0);
    chaos_published(NULL, 0);
    chaos_abandon(NULL);
    chaos_close(NULL);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_chaos", chaos_leaves_numbers_out_and_writes_them_down,
        chaos_repeats_the_content_of_the_batch_before,
        chaos_repeats_the_same_content_after_a_commit_that_failed,
        chaos_repeats_what_another_run_has_made,
        chaos_puts_a_pipe_or_a_link_where_the_data_should_be, chaos_withholds_metadata_for_good,
        chaos_publishes_metadata_that_is_late_when_it_is_due,
        chaos_publishes_no_metadata_of_data_that_was_deleted_meanwhile,
        chaos_tries_metadata_again_that_could_not_be_published,
        chaos_replaces_data_only_after_it_was_processed,
        chaos_holds_a_batch_until_its_change_was_noted,
        chaos_replaces_nothing_before_the_manifest_says_so,
        chaos_puts_a_stray_file_beside_a_batch_and_takes_it_away_with_it,
        chaos_writes_down_a_number_that_a_power_loss_has_taken_away,
        chaos_takes_a_number_for_lost_neither_without_a_log_nor_when_it_was_acknowledged,
        chaos_publishes_nothing_that_it_cannot_write_down, chaos_that_is_off_does_nothing);
}
