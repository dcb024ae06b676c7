#include "producer/acknowledgements.h"

#include <errno.h>
#include <unistd.h>

#include "tests/unit/written_log.h"

/* Stands before the C library's function, in this program alone. */
static int flushes_until_one_fails = -1;

int fdatasync(int fd)
{
    (void)fd;
    if (flushes_until_one_fails == 0) {
        errno = EIO;
        return -1;
    }
    if (flushes_until_one_fails > 0)
        flushes_until_one_fails--;
    return 0;
}

static struct written_log logs[2];

static void decide(const struct written_log *log, const char *key, enum outcome outcome)
{
    struct rejection rejection = {.reason = REASON_HASH_MISMATCH};
    struct processed_record record = {
        .key = key, .file = "data.csv", .sha256 = "", .outcome = outcome, .rejection = &rejection};
    ck_assert_int_eq(processed_log_append(log->own, &record), 0);
}

static struct acknowledgements two_readers(void)
{
    logs[0] = written_log_new();
    logs[1] = written_log_new();
    return (struct acknowledgements){
        .logs = {logs[0].all, logs[1].all}, .paths = {"/a", "/b"}, .count = 2, .all_seen = true};
}

static void close_logs(void)
{
    written_log_close(&logs[0]);
    written_log_close(&logs[1]);
}

START_TEST(acknowledgements_have_a_batch_when_every_log_has_it_whatever_was_decided)
{
    struct acknowledgements seen = two_readers();
    ck_assert(!acknowledgements_have(&seen, 7));
    decide(&logs[0], "7", OUTCOME_PROCESSED);
    ck_assert(!acknowledgements_have(&seen, 7));
    decide(&logs[1], "7", OUTCOME_REJECTED);
    ck_assert(acknowledgements_have(&seen, 7));
    ck_assert(!acknowledgements_have(&seen, 8));
    close_logs();
}
END_TEST

START_TEST(acknowledgements_of_nobody_have_no_batch)
{
    struct acknowledgements seen = {.count = 0};
    const char *path;
    ck_assert(!acknowledgements_have(&seen, 7));
    ck_assert_uint_eq(acknowledgements_last_number(&seen, &path), 0);
    ck_assert_int_eq(acknowledgements_settle(&seen), 0);
}
END_TEST

START_TEST(acknowledgements_name_the_first_that_lacks_a_batch)
{
    struct acknowledgements seen = two_readers();
    ck_assert_uint_eq(acknowledgements_lacking(&seen, 7), 0);
    decide(&logs[0], "7", OUTCOME_PROCESSED);
    ck_assert_uint_eq(acknowledgements_lacking(&seen, 7), 1);
    decide(&logs[1], "7", OUTCOME_PROCESSED);
    ck_assert_uint_eq(acknowledgements_lacking(&seen, 7), 2);
    close_logs();
}
END_TEST

START_TEST(acknowledgements_end_at_the_last_number_of_any_log_and_say_whose_it_is)
{
    struct acknowledgements seen = two_readers();
    const char *path;
    decide(&logs[0], "41", OUTCOME_PROCESSED);
    decide(&logs[1], "500", OUTCOME_REJECTED);
    decide(&logs[1], "orders", OUTCOME_PROCESSED);
    ck_assert_uint_eq(acknowledgements_last_number(&seen, &path), 500);
    ck_assert_str_eq(path, "/b");
    ck_assert_uint_eq(acknowledgements_decisions(&seen), 3);
    close_logs();
}
END_TEST

START_TEST(acknowledgements_know_the_bytes_of_a_batch_that_any_log_has)
{
    static const char one[] = "11111111111111111111111111111111"
                              "11111111111111111111111111111111";
    static const char other[] = "22222222222222222222222222222222"
                                "22222222222222222222222222222222";
    struct acknowledgements seen = two_readers();
    struct processed_record record = {
        .key = "7", .file = "data_7.csv", .sha256 = one, .outcome = OUTCOME_PROCESSED};
    ck_assert(!acknowledgements_know(&seen, 7, one));
    ck_assert_int_eq(processed_log_append(logs[1].own, &record), 0);
    ck_assert(acknowledgements_know(&seen, 7, one));
    ck_assert(!acknowledgements_know(&seen, 7, other));
    ck_assert(!acknowledgements_know(&seen, 8, one));
    close_logs();
}
END_TEST

START_TEST(acknowledgements_settle_every_log_or_say_that_they_could_not)
{
    struct acknowledgements seen = two_readers();
    flushes_until_one_fails = 1;
    ck_assert_int_eq(acknowledgements_settle(&seen), -1);
    ck_assert_int_eq(errno, EIO);
    flushes_until_one_fails = 2;
    ck_assert_int_eq(acknowledgements_settle(&seen), 0);
    ck_assert_int_eq(flushes_until_one_fails, 0);
    close_logs();
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_acknowledgements",
                       acknowledgements_have_a_batch_when_every_log_has_it_whatever_was_decided,
                       acknowledgements_of_nobody_have_no_batch,
                       acknowledgements_name_the_first_that_lacks_a_batch,
                       acknowledgements_end_at_the_last_number_of_any_log_and_say_whose_it_is,
                       acknowledgements_know_the_bytes_of_a_batch_that_any_log_has,
                       acknowledgements_settle_every_log_or_say_that_they_could_not);
}
