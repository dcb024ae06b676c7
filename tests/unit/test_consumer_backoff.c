#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/number.h"
#include "consumer/batch/backoff.h"
#include "tests/unit/support.h"

#define SECOND NUMBER_NS_PER_SECOND

static void fail_to(struct backoff *backoff, const char *operation, const char *name, int error,
                    int64_t now_ns)
{
    struct backoff_cause cause;
    errno = error;
    backoff_cause_set(&cause, operation, name);
    backoff_fail(backoff, &cause, now_ns);
}

START_TEST(backoff_doubles_its_wait_with_each_attempt_up_to_half_a_minute)
{
    static const int64_t SECONDS[] = {1, 2, 4, 8, 16, 30, 30};
    struct backoff backoff = {.condition.over = "over"};
    int64_t now_ns = 1000 * SECOND;
    for (size_t i = 0; i < sizeof SECONDS / sizeof *SECONDS; i++) {
        fail_to(&backoff, "write", "a", ENOSPC, now_ns);
        ck_assert_int_eq(backoff.until_ns - now_ns, SECONDS[i] * SECOND);
        now_ns = backoff.until_ns;
    }
    backoff_end(&backoff);
    fail_to(&backoff, "write", "a", ENOSPC, now_ns);
    ck_assert_int_eq(backoff.until_ns - now_ns, SECOND);
}
END_TEST

START_TEST(backoff_takes_failures_before_its_end_for_the_same_attempt)
{
    struct backoff backoff = {.condition.over = "over"};
    fail_to(&backoff, "write", "plot_8.png", ENOSPC, 1000 * SECOND);
    fail_to(&backoff, "write", "plot_9.png", ENOSPC, 1000 * SECOND + 1);
    fail_to(&backoff, "write", "plot_9.png", ENOSPC, 1001 * SECOND - 1);
    ck_assert_int_eq(backoff.until_ns, 1001 * SECOND);
}
END_TEST

static void fail_in_many_ways(void *context)
{
    struct backoff *backoff = context;
    fail_to(backoff, "write", "plot_8.png", ENOSPC, 1000 * SECOND);
    fail_to(backoff, "write", "plot_9.png", ENOSPC, 1001 * SECOND);
    fail_to(backoff, "write", "plot_8.png", ENOSPC, 1003 * SECOND);
    fail_to(backoff, "write", "plot_8.png", EIO, 1010 * SECOND);
    fail_to(backoff, "remove", "plot_8.png", EIO, 1020 * SECOND);
    backoff_end(backoff);
    backoff_end(backoff);
}

START_TEST(backoff_is_told_once_a_kind_whatever_the_names_are)
{
    static const char *const LINES[] = {"cannot write plot_8.png: No space left on device; trying",
                                        "cannot write plot_8.png: Input/output error; trying",
                                        "cannot remove plot_8.png: Input/output error; trying",
                                        "it works again", "\n"};
    struct backoff backoff = {.condition.over = "it works again"};
    char *said = support_capture_stdout(fail_in_many_ways, &backoff, NULL);
    const char *rest = said;
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        rest = strstr(rest, LINES[i]);
        ck_assert_msg(rest != NULL, "'%s' is not in %s", LINES[i], said);
    }
    ck_assert_ptr_null(strstr(said, "plot_9"));
    ck_assert_str_eq(rest, "\n");
    free(said);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_backoff",
                       backoff_doubles_its_wait_with_each_attempt_up_to_half_a_minute,
                       backoff_takes_failures_before_its_end_for_the_same_attempt,
                       backoff_is_told_once_a_kind_whatever_the_names_are);
}
