#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "producer/chaos_past.h"
#include "producer/faults_manifest.h"
#include "tests/unit/support.h"

static const char *directory;
static char path[4096];
static char error[FAULTS_MANIFEST_ERROR_SIZE];
static struct chaos_past past;
static struct faults_manifest *manifest;

static void prepare(const char *content, size_t length)
{
    directory = support_temporary_directory();
    (void)snprintf(path, sizeof path, "%s/faults", directory);
    if (content != NULL)
        support_write_file(directory, "faults", content, length);
}

static bool reopen(void)
{
    faults_manifest_close(manifest);
    chaos_past_free(&past);
    manifest = faults_manifest_open(path, chaos_past_take, &past, error);
    return manifest != NULL && chaos_past_sort(&past);
}

static int append(struct faults_line line)
{
    struct text lines = {0};
    faults_manifest_put(&lines, &line);
    int result = faults_manifest_append(manifest, &lines, error);
    text_free(&lines);
    return result;
}

static void content_is(const char *content)
{
    char *bytes = support_read_file(directory, "faults", NULL);
    ck_assert_str_eq(bytes, content);
    free(bytes);
}

#define PLAIN                                                                \
    "{\"batch\":7,\"fault\":null,\"outcome\":\"processed\",\"reason\":null," \
    "\"verified\":true,\"rows\":3,\"sha256\":\"ab\"}\n"

START_TEST(manifest_says_what_a_batch_is_and_what_a_right_reader_makes_of_it)
{
    prepare(NULL, 0);
    ck_assert(reopen());
    ck_assert_int_eq(append((struct faults_line){7, FAULT_NONE, false, false, 3, "ab"}), 0);
    ck_assert_int_eq(append((struct faults_line){8, FAULT_RAGGED, true, false, 4, "cd"}), 0);
    ck_assert_int_eq(append((struct faults_line){9, FAULT_NO_METADATA, false, false, 5, "ef"}), 0);
    ck_assert_int_eq(append((struct faults_line){.batch = 10, .fault = FAULT_GAP}), 0);
    content_is(
        PLAIN
        "{\"batch\":8,\"fault\":\"ragged\",\"outcome\":\"rejected\",\"reason\":\"missing-cell\","
        "\"verified\":null,\"rows\":4,\"sha256\":\"cd\"}\n"
        "{\"batch\":9,\"fault\":\"no-metadata\",\"outcome\":\"processed\",\"reason\":null,"
        "\"verified\":false,\"rows\":5,\"sha256\":\"ef\"}\n"
        "{\"batch\":10,\"fault\":\"gap\",\"outcome\":\"absent\",\"reason\":null,"
        "\"verified\":null,\"rows\":0,\"sha256\":null}\n");
}
END_TEST

START_TEST(manifest_tells_when_a_batch_is_being_rewritten)
{
    struct text lines = {0};
    faults_manifest_put(&lines, &(struct faults_line){7, FAULT_REWRITTEN, false, false, 3, "ab"});
    ck_assert_ptr_nonnull(strstr(lines.bytes, "\"outcome\":\"processed\""));
    text_clear(&lines);
    faults_manifest_put(&lines, &(struct faults_line){7, FAULT_REWRITTEN, false, true, 0, "cd"});
    ck_assert_ptr_nonnull(strstr(lines.bytes, "\"outcome\":\"changed\""));
    text_free(&lines);
}
END_TEST

START_TEST(manifest_is_gone_on_with_and_the_last_line_of_a_batch_stands)
{
    prepare(NULL, 0);
    ck_assert(reopen());
    for (uint64_t number = 40; number > 0; number--)
        ck_assert_int_eq(append((struct faults_line){.batch = number, .fault = FAULT_NUL}), 0);
    ck_assert_int_eq(append((struct faults_line){.batch = 9, .fault = FAULT_CRLF}), 0);
    ck_assert_int_eq(append((struct faults_line){.batch = 9, .fault = FAULT_TORN}), 0);
    ck_assert_int_eq(append((struct faults_line){.batch = 10, .fault = FAULT_NONE}), 0);
    ck_assert(reopen());
    ck_assert_uint_eq(past.count, 40);
    ck_assert_int_eq(chaos_past_fault(&past, 9), FAULT_TORN);
    ck_assert_int_eq(chaos_past_fault(&past, 10), FAULT_NONE);
    ck_assert_int_eq(chaos_past_fault(&past, 11), FAULT_NUL);
    ck_assert_int_eq(chaos_past_fault(&past, 41), FAULT_NONE);
    ck_assert_uint_eq(chaos_past_number(&past, 39), 40);
}
END_TEST

START_TEST(manifest_cuts_a_line_that_a_crash_has_torn_at_any_length)
{
    for (size_t length = 1; length < strlen(PLAIN); length++) {
        char torn[1024];
        int whole = snprintf(torn, sizeof torn, "%s%.*s", PLAIN, (int)length, PLAIN);
        prepare(torn, (size_t)whole);
        ck_assert_msg(reopen(), "%zu: %s", length, error);
        ck_assert_uint_eq(past.count, 1);
        content_is(PLAIN);
    }
    prepare(PLAIN "\0\0\0\0", strlen(PLAIN) + 4);
    ck_assert(reopen());
    content_is(PLAIN);
}
END_TEST

START_TEST(manifest_refuses_a_file_that_is_none_and_leaves_it_alone)
{
    static const char *const OTHERS[] = {"notes\n",
                                         "notes",
                                         "{}\n",
                                         "{\"batch\":7}\n",
                                         "{\"batch\":7,\"fault\":\"bogus\",\n",
                                         "{\"batch\":,\"fault\":null,\n",
                                         "\n"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        char content[1024];
        int length = snprintf(content, sizeof content, "%s%s", PLAIN, OTHERS[i]);
        prepare(content, (size_t)length);
        ck_assert_msg(!reopen(), "%s", OTHERS[i]);
        ck_assert_msg(strstr(error, "line 2 is none of a manifest of faults") != NULL, "%s", error);
        content_is(content);
    }
}
END_TEST

START_TEST(manifest_names_the_file_that_cannot_be_opened)
{
    directory = support_temporary_directory();
    (void)snprintf(path, sizeof path, "%s/missing/faults", directory);
    ck_assert(!reopen());
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_nonnull(strstr(error, "/missing/faults: No such file"));
}
END_TEST

/* A line that was written in part would be a torn one in the middle. */
START_TEST(manifest_takes_back_what_a_full_disk_has_left_of_a_line)
{
    struct rlimit limit = {strlen(PLAIN) + 10, RLIM_INFINITY};
    prepare(PLAIN, strlen(PLAIN));
    ck_assert(reopen());
    (void)signal(SIGXFSZ, SIG_IGN);
    /* Assertions write files of their own, and so wait until they may. */
    int limited = setrlimit(RLIMIT_FSIZE, &limit);
    int result = append((struct faults_line){.batch = 8, .fault = FAULT_NUL});
    int failure = errno;
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(limited, 0);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(failure, EFBIG);
    ck_assert_int_eq(append((struct faults_line){.batch = 9, .fault = FAULT_NUL}), 0);
    ck_assert(reopen());
    ck_assert_uint_eq(past.count, 2);
    ck_assert_int_eq(chaos_past_fault(&past, 9), FAULT_NUL);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_faults_manifest",
                       manifest_says_what_a_batch_is_and_what_a_right_reader_makes_of_it,
                       manifest_tells_when_a_batch_is_being_rewritten,
                       manifest_is_gone_on_with_and_the_last_line_of_a_batch_stands,
                       manifest_cuts_a_line_that_a_crash_has_torn_at_any_length,
                       manifest_refuses_a_file_that_is_none_and_leaves_it_alone,
                       manifest_names_the_file_that_cannot_be_opened,
                       manifest_takes_back_what_a_full_disk_has_left_of_a_line);
}
