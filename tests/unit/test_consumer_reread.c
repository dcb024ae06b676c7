#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/digest.h"
#include "common/text.h"
#include "common/wait.h"
#include "consumer/batch/reread.h"
#include "tests/unit/support.h"

#define CSV "value\n1\n2\n3\n"
#define OTHER_CSV "value\n1\n2\n4\n"

/* Each test runs in a process of its own, so it finds these as new. */
static const char *directory;
static int directory_fd;
static char sha256[DIGEST_HEX_SIZE];
static struct batch_states *states;

static void no_tick(void *context, uint64_t bytes)
{
    (void)context;
    (void)bytes;
}

static void put(const char *name, const char *bytes)
{
    support_write_file(directory, name, bytes, strlen(bytes));
}

/* A directory where batch 7 is as it was processed. */
static void begin(void)
{
    struct digest *digest = digest_create();
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
    put("data_7.csv", CSV);
    digest_update(digest, CSV, strlen(CSV));
    ck_assert(digest_finish(digest, sha256));
    digest_free(digest);
    ck_assert_int_eq(wait_open(), 0);
}

static bool reread(void)
{
    static const struct rejection none = {.reason = REASON_NONE};
    const struct processed_record record = {.key = "7",
                                            .file = "data_7.csv",
                                            .outcome = OUTCOME_PROCESSED,
                                            .rejection = &none,
                                            .sha256 = sha256};
    struct reader *reader = reader_create(no_tick, NULL);
    ck_assert_ptr_nonnull(reader);
    bool said = reread_batch(reader, directory_fd, "data_*.csv", &record, &states);
    reader_free(reader);
    return said;
}

static void assert_gone(void)
{
    ck_assert(reread());
    ck_assert_ptr_null(states);
}

START_TEST(a_batch_that_is_there_as_it_was_gives_its_states)
{
    begin();
    ck_assert(reread());
    ck_assert_ptr_nonnull(states);
    ck_assert_uint_eq(states->rows, 3);
    ck_assert_uint_eq(states->column_count, 1);
    batch_states_free(states);
}
END_TEST

START_TEST(a_batch_whose_metadata_agrees_gives_its_states)
{
    begin();
    put("metadata_7.json", "{\"record_count\": 3}");
    ck_assert(reread());
    ck_assert_ptr_nonnull(states);
    batch_states_free(states);
}
END_TEST

START_TEST(a_batch_whose_bytes_have_changed_gives_none)
{
    begin();
    put("data_7.csv", OTHER_CSV);
    assert_gone();
}
END_TEST

START_TEST(a_batch_that_was_removed_gives_none)
{
    begin();
    put("metadata_7.json", "{\"record_count\": 3}");
    ck_assert_int_eq(unlinkat(directory_fd, "data_7.csv", 0), 0);
    assert_gone();
}
END_TEST

START_TEST(a_batch_that_would_be_rejected_now_gives_none)
{
    begin();
    put("metadata_7.json", "{\"record_count\": 4}");
    assert_gone();
    put("metadata_7.json", "no JSON");
    assert_gone();
}
END_TEST

START_TEST(what_is_no_plain_file_gives_none)
{
    begin();
    ck_assert_int_eq(unlinkat(directory_fd, "data_7.csv", 0), 0);
    put("elsewhere", CSV);
    ck_assert_int_eq(symlinkat("elsewhere", directory_fd, "data_7.csv"), 0);
    assert_gone();
    ck_assert_int_eq(unlinkat(directory_fd, "data_7.csv", 0), 0);
    ck_assert_int_eq(mkfifoat(directory_fd, "data_7.csv", 0600), 0);
    assert_gone();
}
END_TEST

START_TEST(after_sigterm_nothing_can_be_said)
{
    begin();
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(!reread());
    ck_assert_ptr_null(states);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_reread", a_batch_that_is_there_as_it_was_gives_its_states,
        a_batch_whose_metadata_agrees_gives_its_states, a_batch_whose_bytes_have_changed_gives_none,
        a_batch_that_was_removed_gives_none, a_batch_that_would_be_rejected_now_gives_none,
        what_is_no_plain_file_gives_none, after_sigterm_nothing_can_be_said);
}
