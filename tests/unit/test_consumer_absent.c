#include "consumer/absent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/unit/support.h"

static const char *directory;
static struct absent *absent;
static int64_t now_ns;

static void be(uint32_t index, uint32_t count)
{
    directory = support_temporary_directory();
    absent = absent_create(support_open_directory(directory), (struct shard){index, count}, 0);
    ck_assert_ptr_nonnull(absent);
    now_ns = 0;
}

/* As a shard that runs does at each heartbeat. */
static void give_sign(const char *status)
{
    const struct timespec times[] = {{.tv_sec = 1000 + now_ns / NUMBER_NS_PER_SECOND},
                                     {.tv_sec = 1000 + now_ns / NUMBER_NS_PER_SECOND}};
    support_write_file(directory, status, "{}", 2);
    ck_assert_int_eq(utimensat(support_open_directory(directory), status, times, 0), 0);
}

static void look(void *context)
{
    (void)context;
    log_open("data-test", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    absent_look(absent, now_ns);
}

/* "" for nothing. */
static void assert_says(const char *words)
{
    char *said = support_capture_stdout(look, NULL, NULL);
    ck_assert_msg(words[0] == '\0' ? said[0] == '\0' : strstr(said, words) != NULL, "%s", said);
    free(said);
}

START_TEST(a_shard_that_nobody_runs_as_is_told_of_once_and_when_it_is_over)
{
    be(1, 3);
    for (; now_ns < ABSENT_PATIENCE_NS; now_ns += ABSENT_EVERY_NS) {
        give_sign("status.3-of-3.json");
        assert_says("");
    }
    give_sign("status.3-of-3.json");
    assert_says("no consumer runs as shard 2/3: its batches wait");
    now_ns += ABSENT_EVERY_NS;
    give_sign("status.3-of-3.json");
    assert_says("");
    now_ns += ABSENT_EVERY_NS;
    give_sign("status.2-of-3.json");
    give_sign("status.3-of-3.json");
    assert_says("a consumer runs as each shard again");
    absent_free(absent);
}
END_TEST

START_TEST(a_status_that_an_ended_shard_has_left_is_no_sign)
{
    be(2, 2);
    give_sign("status.1-of-2.json");
    for (; now_ns < ABSENT_PATIENCE_NS; now_ns += ABSENT_EVERY_NS / 2)
        assert_says("");
    assert_says("no consumer runs as shard 1/2");
    absent_free(absent);
}
END_TEST

START_TEST(who_is_alone_misses_nobody)
{
    be(1, 1);
    now_ns = 10 * ABSENT_PATIENCE_NS;
    assert_says("");
    absent_free(absent);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN(
        "consumer_absent", a_shard_that_nobody_runs_as_is_told_of_once_and_when_it_is_over,
        a_status_that_an_ended_shard_has_left_is_no_sign, who_is_alone_misses_nobody);
}
