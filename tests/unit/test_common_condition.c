#include <stdlib.h>
#include <string.h>

#include "common/condition.h"
#include "common/log.h"
#include "tests/unit/support.h"

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

static void stay_full(void *context)
{
    struct condition *condition = context;
    for (int i = 0; i < 5; i++)
        condition_begin(condition, "the disk is full");
}

static void change_cause(void *context)
{
    condition_begin(context, "%s", "read-only");
}

static void end_twice(void *context)
{
    condition_end(context);
    condition_end(context);
}

START_TEST(condition_is_said_when_it_begins_when_it_changes_and_when_it_ends)
{
    static const struct {
        void (*action)(void *);
        const char *says;
    } STEPS[] = {{end_twice, NULL},
                 {stay_full, "warn  the disk is full"},
                 {stay_full, NULL},
                 {change_cause, "warn  read-only"},
                 {end_twice, "info  there is space again"},
                 {end_twice, NULL},
                 {stay_full, "the disk is full"}};
    struct condition condition = {.over = "there is space again"};
    log_open("data-producer", LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        char *said = support_capture_stdout(STEPS[i].action, &condition, NULL);
        ck_assert_uint_eq(count_lines(said), STEPS[i].says == NULL ? 0 : 1);
        ck_assert(STEPS[i].says == NULL || strstr(said, STEPS[i].says) != NULL);
        free(said);
    }
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_condition",
                       condition_is_said_when_it_begins_when_it_changes_and_when_it_ends);
}
