#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/fileio.h"
#include "producer/health.h"
#include "tests/unit/support.h"

#define NOW_NS (INT64_C(5000) * 1000000000)
#define SECOND_NS INT64_C(1000000000)

static const char *directory;
static int directory_fd;
static int lock_fd;
static struct health_shown shown;
static char cause[HEALTH_CAUSE_SIZE];

static void prepare(void)
{
    directory = support_temporary_directory();
    directory_fd = support_open_directory(directory);
    lock_fd = fileio_lock(directory_fd, CONTRACT_PRODUCER_LOCK);
    ck_assert_int_ge(lock_fd, 0);
}

static void show(const char *trouble, int64_t now_ns)
{
    ck_assert_int_eq(health_show(lock_fd, &shown, trouble, now_ns), 0);
}

static void assert_trouble(int64_t now_ns, const char *words)
{
    ck_assert_int_eq(health_ask(directory_fd, now_ns, cause), HEALTH_TROUBLE);
    ck_assert_msg(strstr(cause, words) != NULL, "'%s' not in '%s'", words, cause);
}

START_TEST(health_is_good_while_a_producer_shows_that_it_lives)
{
    prepare();
    show(NULL, NOW_NS);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS + 30 * SECOND_NS, cause), HEALTH_GOOD);
}
END_TEST

START_TEST(health_is_nobodys_when_the_lock_is_free_whatever_the_line_says)
{
    prepare();
    show(NULL, NOW_NS);
    ck_assert_int_eq(close(lock_fd), 0);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS, cause), HEALTH_NOBODY);
    ck_assert_str_eq(cause, "no producer runs");
}
END_TEST

START_TEST(health_tells_the_trouble_and_that_it_is_over)
{
    prepare();
    show("waiting for space: less is free than --min-free", NOW_NS);
    assert_trouble(NOW_NS, "waiting for space: less is free than --min-free");
    show(NULL, NOW_NS + 1);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS + 1, cause), HEALTH_GOOD);
}
END_TEST

START_TEST(health_calls_a_producer_silent_after_a_minute)
{
    prepare();
    show(NULL, NOW_NS);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS + 60 * SECOND_NS, cause), HEALTH_GOOD);
    assert_trouble(NOW_NS + 75 * SECOND_NS, "no sign of life for 75 s");
}
END_TEST

START_TEST(health_does_not_take_a_line_from_before_the_machine_was_started_for_a_sign_of_life)
{
    prepare();
    show(NULL, NOW_NS);
    assert_trouble(SECOND_NS, "since this machine was started");
}
END_TEST

START_TEST(health_is_trouble_where_the_line_could_never_be_written)
{
    prepare();
    assert_trouble(NOW_NS, "cannot write");
}
END_TEST

START_TEST(health_does_not_believe_half_a_line)
{
    prepare();
    show("first", NOW_NS);
    ck_assert_int_eq(pwrite(lock_fd, "alive_ns=9", 10, 0), 10);
    assert_trouble(NOW_NS, "cannot write");
}
END_TEST

START_TEST(health_line_never_changes_its_length)
{
    size_t before;
    size_t after;
    char trouble[2000];
    prepare();
    show(NULL, NOW_NS);
    free(support_read_file(directory, CONTRACT_PRODUCER_LOCK, &before));
    memset(trouble, 'x', sizeof trouble - 1);
    trouble[sizeof trouble - 1] = '\0';
    show(trouble, NOW_NS);
    free(support_read_file(directory, CONTRACT_PRODUCER_LOCK, &after));
    ck_assert_uint_eq(before, after);
    assert_trouble(NOW_NS, "xxxx");
}
END_TEST

START_TEST(health_is_written_when_it_is_news_or_ten_seconds_old)
{
    prepare();
    show(NULL, NOW_NS);
    show(NULL, NOW_NS + 9 * SECOND_NS);
    assert_trouble(NOW_NS + 65 * SECOND_NS, "65 s");
    show(NULL, NOW_NS + 10 * SECOND_NS);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS + 65 * SECOND_NS, cause), HEALTH_GOOD);
}
END_TEST

START_TEST(health_that_could_not_be_written_is_tried_again)
{
    prepare();
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(health_show(full, &shown, NULL, NOW_NS), -1);
    show(NULL, NOW_NS + 1);
    ck_assert_int_eq(health_ask(directory_fd, NOW_NS + 1, cause), HEALTH_GOOD);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "producer_health", health_is_good_while_a_producer_shows_that_it_lives,
        health_is_nobodys_when_the_lock_is_free_whatever_the_line_says,
        health_tells_the_trouble_and_that_it_is_over, health_calls_a_producer_silent_after_a_minute,
        health_does_not_take_a_line_from_before_the_machine_was_started_for_a_sign_of_life,
        health_is_trouble_where_the_line_could_never_be_written,
        health_does_not_believe_half_a_line, health_line_never_changes_its_length,
        health_is_written_when_it_is_news_or_ten_seconds_old,
        health_that_could_not_be_written_is_tried_again);
}
