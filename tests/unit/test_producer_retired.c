#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/contract.h"
#include "producer/retired.h"
#include "tests/unit/support.h"

static const char *directory;
static int directory_fd;

static void prepare(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
}

static void assert_below(uint64_t expected)
{
    uint64_t below = 0;
    ck_assert_int_eq(retired_read(directory_fd, &below), 0);
    ck_assert_uint_eq(below, expected);
}

START_TEST(retired_is_nothing_where_nothing_was_ever_deleted)
{
    prepare();
    assert_below(1);
    ck_assert_uint_eq(support_count_names(directory), 0);
}
END_TEST

START_TEST(retired_is_kept_and_only_rises)
{
    prepare();
    ck_assert_int_eq(retired_raise(directory_fd, 42), 0);
    assert_below(42);
    ck_assert_int_eq(retired_raise(directory_fd, 41), 0);
    assert_below(42);
    ck_assert_int_eq(retired_raise(directory_fd, CONTRACT_JSON_INTEGER_MAX + 1), 0);
    assert_below(CONTRACT_JSON_INTEGER_MAX + 1);
    ck_assert_uint_eq(support_count_names(directory), 1);
}
END_TEST

START_TEST(retired_believes_no_file_that_is_not_as_it_was_written)
{
    static const char *const OTHERS[] = {
        "", "42", "\n", "-1\n", "4 2\n", "42\n\n", "9007199254740993\n"};
    uint64_t below;
    prepare();
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        support_write_file(directory, CONTRACT_PRODUCER_RETIRED, OTHERS[i], strlen(OTHERS[i]));
        ck_assert_msg(retired_read(directory_fd, &below) == -1, "takes '%s'", OTHERS[i]);
        ck_assert_int_eq(errno, EBADMSG);
        ck_assert_int_eq(retired_raise(directory_fd, 7), -1);
    }
}
END_TEST

START_TEST(retired_believes_no_link_and_no_directory)
{
    uint64_t below;
    prepare();
    ck_assert_int_eq(symlinkat("/dev/null", directory_fd, CONTRACT_PRODUCER_RETIRED), 0);
    ck_assert_int_eq(retired_read(directory_fd, &below), -1);
    ck_assert_int_eq(unlinkat(directory_fd, CONTRACT_PRODUCER_RETIRED, 0), 0);
    ck_assert_int_eq(mkdirat(directory_fd, CONTRACT_PRODUCER_RETIRED, 0755), 0);
    ck_assert_int_eq(retired_raise(directory_fd, 7), -1);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_retired", retired_is_nothing_where_nothing_was_ever_deleted,
                       retired_is_kept_and_only_rises,
                       retired_believes_no_file_that_is_not_as_it_was_written,
                       retired_believes_no_link_and_no_directory);
}
