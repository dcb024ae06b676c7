/*
 * options: no arguments and no environment crash the parsing; what is taken lies within the
 * bounds of its row; what is refused is refused in one line, which names the option.
 *
 * A line of the input is an argument, or, as $NAME=VALUE, a variable. It is parsed for the
 * consumer, and for a table with a row of every type.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "common/options.h"
#include "consumer/config/config.h"
#include "tests/fuzz/fuzz.h"

#define ARGUMENTS_MAX 12

struct every_type {
    const char *text;
    uint64_t count, size;
    struct option_range range;
    int64_t duration;
    struct option_period period;
    struct option_rate rate;
    struct option_list list;
    int choice;
    bool flag;
};

#define MEMBER(name) offsetof(struct every_type, name)

static const char *const CHOICES[] = {"one", "two", "three", NULL};

static const char *check_text(const char *value)
{
    return value[0] == 'x' ? "must not begin with x" : NULL;
}

static const struct option_row ROWS[] = {
    {.flag = "--text", .environment = "T", .check = check_text, .offset = MEMBER(text)},
    {.flag = "--count",
     .environment = "C",
     .type = OPTION_COUNT,
     .default_value = "7",
     .minimum = 3,
     .maximum = 99,
     .offset = MEMBER(count)},
    {.flag = "--size",
     .environment = "S",
     .type = OPTION_SIZE,
     .default_value = "1KiB",
     .minimum = 1,
     .maximum = UINT64_C(1) << 50,
     .offset = MEMBER(size)},
    {.flag = "--range",
     .environment = "R",
     .type = OPTION_RANGE,
     .default_value = "1-2",
     .minimum = 1,
     .maximum = 1000,
     .offset = MEMBER(range)},
    {.flag = "--duration",
     .environment = "D",
     .type = OPTION_DURATION,
     .default_value = "1s",
     .minimum = 1000,
     .maximum = UINT64_C(3600000000000),
     .offset = MEMBER(duration)},
    {.flag = "--period",
     .environment = "P",
     .type = OPTION_PERIOD,
     .default_value = "1s+-10%",
     .minimum = 1000,
     .maximum = UINT64_C(3600000000000),
     .offset = MEMBER(period)},
    {.flag = "--rate",
     .environment = "Q",
     .type = OPTION_RATE,
     .minimum = 1,
     .maximum = 1000000,
     .offset = MEMBER(rate)},
    {.flag = "--list", .environment = "L", .type = OPTION_LIST, .offset = MEMBER(list)},
    {.flag = "--choice",
     .environment = "H",
     .type = OPTION_CHOICE,
     .default_value = "one",
     .choices = CHOICES,
     .offset = MEMBER(choice)},
    {.flag = "--flag",
     .environment = "F",
     .type = OPTION_FLAG,
     .default_value = "0",
     .offset = MEMBER(flag)},
};

static const struct option_table EVERY_TYPE = {.program = "every-type",
                                               .summary = "Has every type.",
                                               .version = "1",
                                               .rows = ROWS,
                                               .row_count = sizeof ROWS / sizeof *ROWS};

/* --help answers on standard output. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)argc;
    (void)argv;
    FUZZ_REQUIRE(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0, "/dev/null");
    return 0;
}

/* ---- the input as arguments and variables ---- */

struct input {
    char *text;
    char *argv[ARGUMENTS_MAX + 2];
    int argc;
};

static void set_variable(const struct option_table *table, const char *name_and_value)
{
    const char *equals = strchr(name_and_value, '=');
    for (size_t i = 0; i < table->row_count && equals != NULL; i++) {
        const char *name = table->rows[i].environment;
        size_t length = (size_t)(equals - name_and_value);
        if (name == NULL || strlen(name) != length || memcmp(name, name_and_value, length) != 0)
            continue;
        FUZZ_REQUIRE(setenv(name, equals + 1, 1) == 0, "%s", name);
    }
}

static void unset_all(const struct option_table *table)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].environment != NULL)
            (void)unsetenv(table->rows[i].environment);
}

static struct input split(const uint8_t *bytes, size_t length, const struct option_table *table)
{
    struct input input = {.text = malloc(length + 1), .argc = 1};
    FUZZ_REQUIRE(input.text != NULL, "no memory");
    if (length > 0)
        memcpy(input.text, bytes, length);
    input.text[length] = '\0';
    input.argv[0] = input.text + length;
    for (char *at = input.text, *next; at != NULL && input.argc <= ARGUMENTS_MAX; at = next) {
        next = strchr(at, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (*at == '$')
            set_variable(table, at + 1);
        else
            input.argv[input.argc++] = at;
    }
    input.argv[input.argc] = NULL;
    return input;
}

/* ---- properties ---- */

static bool within(const struct option_row *row, uint64_t number)
{
    return row->maximum == 0 || (number >= row->minimum && number <= row->maximum);
}

static bool good_list(const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j <= i; j++)
            if (list->items[i][0] == '\0' || (j < i && strcmp(list->items[i], list->items[j]) == 0))
                return false;
    return list->count <= OPTION_LIST_MAX;
}

static bool good_period(const struct option_row *row, const struct option_period *period)
{
    return period->percent <= 100 && within(row, (uint64_t)period->mean_ns);
}

static bool good_rate(const struct option_row *row, const struct option_rate *rate)
{
    return rate->count == 0 || (rate->per_ns > 0 && within(row, rate->count));
}

static bool good_value(const struct option_row *row, const void *values)
{
    const void *member = (const char *)values + row->offset;
    const struct option_range *range = member;
    const char *text;
    switch (row->type) {
    case OPTION_COUNT:
    case OPTION_SIZE: return within(row, *(const uint64_t *)member);
    case OPTION_DURATION: return within(row, (uint64_t) * (const int64_t *)member);
    case OPTION_RANGE:
        return range->low <= range->high && within(row, range->low) && within(row, range->high);
    case OPTION_CHOICE: return *(const int *)member >= 0 && *(const int *)member < 4;
    case OPTION_FLAG: return *(const unsigned char *)member <= 1;
    case OPTION_PERIOD: return good_period(row, member);
    case OPTION_RATE: return good_rate(row, member);
    case OPTION_LIST: return good_list(member);
    case OPTION_TEXT: break;
    }
    memcpy(&text, member, sizeof text);
    return text == NULL || row->check == NULL || row->check(text) == NULL;
}

static bool names_a_row(const struct option_table *table, const char *error)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct option_row *row = &table->rows[i];
        if (strstr(error, row->flag) != NULL ||
            (row->environment != NULL && strstr(error, row->environment) != NULL))
            return true;
    }
    return strstr(error, "unknown option '") != NULL;
}

static void require_one_good_line(const struct option_table *table, const char *error)
{
    size_t program = strlen(table->program);
    FUZZ_REQUIRE(strncmp(error, table->program, program) == 0 && error[program] == ':', "%s",
                 error);
    FUZZ_REQUIRE(names_a_row(table, error), "%s", error);
    FUZZ_REQUIRE(strstr(error, "(try --help)") != NULL, "%s", error);
    for (const char *at = error; *at != '\0'; at++)
        FUZZ_REQUIRE((unsigned char)*at >= 0x20 && *at != 0x7F, "a control character");
}

static void check(const uint8_t *bytes, size_t length, const struct option_table *table,
                  void *values)
{
    char error[OPTIONS_ERROR_SIZE];
    struct input input = split(bytes, length, table);
    enum options_result result = options_parse(table, input.argc, input.argv, values, error);
    unset_all(table);
    if (result == OPTIONS_BAD_USAGE || result == OPTIONS_BAD_ENVIRONMENT)
        require_one_good_line(table, error);
    else
        FUZZ_REQUIRE(error[0] == '\0', "%s", error);
    for (size_t i = 0; i < table->row_count && result == OPTIONS_RUN; i++)
        FUZZ_REQUIRE(good_value(&table->rows[i], values), "%s", table->rows[i].flag);
    free(input.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct config config = {.jobs = 1, .results_path = NULL};
    struct every_type every = {.text = NULL};
    check(bytes, length, config_table(), &config);
    check(bytes, length, &EVERY_TYPE, &every);
    return 0;
}
