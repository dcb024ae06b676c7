#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/batch/outputs.h"
#include "tests/unit/support.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *directory;
static int directory_fd;

static void in_a_directory(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
}

static void put(const char *name, const char *content)
{
    support_write_file(directory, name, content, strlen(content));
}

START_TEST(outputs_of_a_batch_are_removed_and_no_others)
{
    char failed[CONTRACT_NAME_SIZE];
    in_a_directory();
    put("summary_7.json", "{}");
    put("plot_7.png", "");
    put("plot_7.svg", "");
    put("summary_77.json", "{}");
    put("processed.log", "");
    ck_assert_int_eq(outputs_remove(directory_fd, "7", failed), 0);
    ck_assert_uint_eq(support_count_names(directory), 2);
    ck_assert_int_eq(outputs_remove(directory_fd, "7", failed), 0);
    ck_assert_uint_eq(support_count_names(directory), 2);
}
END_TEST

START_TEST(outputs_that_cannot_be_removed_are_named)
{
    char failed[CONTRACT_NAME_SIZE];
    in_a_directory();
    put("summary_7.json", "{}");
    ck_assert_int_eq(mkdirat(directory_fd, "plot_7.png", 0755), 0);
    ck_assert_int_eq(outputs_remove(directory_fd, "7", failed), -1);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_str_eq(failed, "plot_7.png");
}
END_TEST

START_TEST(outputs_tell_the_hash_that_the_summary_states)
{
    char sha256[DIGEST_HEX_SIZE];
    in_a_directory();
    ck_assert(!outputs_sha256(directory_fd, "7", sha256));
    put("summary_7.json", "");
    ck_assert(!outputs_sha256(directory_fd, "7", sha256));
    put("summary_7.json", "{\n  \"batch\": 7,\n  \"sha256\": \"" HASH "\",\n");
    ck_assert(outputs_sha256(directory_fd, "7", sha256));
    ck_assert_str_eq(sha256, HASH);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_outputs", outputs_of_a_batch_are_removed_and_no_others,
                       outputs_that_cannot_be_removed_are_named,
                       outputs_tell_the_hash_that_the_summary_states);
}
